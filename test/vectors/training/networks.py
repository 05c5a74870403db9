"""Networks of the training vectors beyond dense layers: convolutional, residual, normalised, attentive."""

import math

import torch
import torch.nn.functional as F


class Builder:
    """Collects (name, shape, fan-in, start) in the order of Tessera's layers, numbered by kind."""

    def __init__(self):
        self.parameters = []
        self.counts = {}

    def name(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"

    def add(self, name, shape, fan_in, start=None):
        self.parameters.append((name, shape, fan_in, start))

    def dense(self, fan_in, units, name=None):
        name = name or self.name("dense")
        self.add(f"{name}.weight", [fan_in, units], fan_in)
        self.add(f"{name}.bias", [units], fan_in)

    def conv(self, channels, filters, kernel, axes=2, groups=1, bias=True):
        name = self.name("conv")
        fan_in = channels // groups * kernel**axes
        self.add(f"{name}.weight", [filters, channels // groups] + [kernel] * axes, fan_in)
        if bias:
            self.add(f"{name}.bias", [filters], fan_in)

    def norm(self, kind, shape):
        name = self.name(kind)
        self.add(f"{name}.weight", shape, 1, "ones")
        self.add(f"{name}.bias", shape, 1, "zeros")
        if kind == "batchNorm":
            self.add(f"{name}.runningMean", shape, 1, "zeros")
            self.add(f"{name}.runningVariance", shape, 1, "ones")


class Net:
    """Parameters by name, taken in order of kind; `training` decides about batch normalisation."""

    def __init__(self, params, training):
        self.params = params
        self.training = training
        self.counts = {}

    def name(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"

    def dense(self, x, name=None):
        name = name or self.name("dense")
        return x @ self.params[f"{name}.weight"] + self.params[f"{name}.bias"]

    def conv(self, x, stride=1, padding=0, dilation=1, groups=1):
        name = self.name("conv")
        weight = self.params[f"{name}.weight"]
        convolve = F.conv2d if weight.dim() == 4 else F.conv1d
        return convolve(x, weight, self.params.get(f"{name}.bias"), stride, padding, dilation, groups)

    def batch_norm(self, x):
        name = self.name("batchNorm")
        part = [self.params[f"{name}.{what}"] for what in ("runningMean", "runningVariance", "weight", "bias")]
        return F.batch_norm(x, *part, training=self.training, momentum=0.1)

    def layer_norm(self, x):
        name = self.name("layerNorm")
        weight = self.params[f"{name}.weight"]
        return F.layer_norm(x, list(weight.shape), weight, self.params[f"{name}.bias"])

    def group_norm(self, x, groups, kind="groupNorm"):
        name = self.name(kind)
        return F.group_norm(x, groups, self.params[f"{name}.weight"], self.params[f"{name}.bias"])

    def attention(self, x, heads, causal):
        name = self.name("attention")
        batch, time, width = x.shape
        split = (batch, time, heads, width // heads)
        q, k, v = (part.reshape(split).transpose(1, 2) for part in self.dense(x, f"{name}.qkv").chunk(3, -1))
        scores = q @ k.transpose(-2, -1) / math.sqrt(width // heads)
        if causal:
            scores = scores.masked_fill(torch.triu(torch.ones(time, time), 1) == 1, -math.inf)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, time, width)
        return self.dense(mixed, f"{name}.output")

    def block(self, x, heads, causal):
        x = x + self.attention(self.layer_norm(x), heads, causal)
        return x + self.dense(F.gelu(self.dense(self.layer_norm(x))))


def block_parameters(b, width, hidden):
    b.norm("layerNorm", [width])
    name = b.name("attention")
    b.dense(width, 3 * width, f"{name}.qkv")
    b.dense(width, width, f"{name}.output")
    b.norm("layerNorm", [width])
    b.dense(width, hidden)
    b.dense(hidden, width)


def lenet_parameters():
    b = Builder()
    b.conv(1, 6, 5)
    b.conv(6, 16, 5)
    for fan_in, units in ((400, 120), (120, 84), (84, 10)):
        b.dense(fan_in, units)
    return b.parameters


def lenet(x, params, training):
    net = Net(params, training)
    x = F.max_pool2d(F.relu(net.conv(x.reshape(-1, 1, 28, 28), padding=2)), 2)
    x = F.max_pool2d(F.relu(net.conv(x)), 2).flatten(1)
    return net.dense(F.relu(net.dense(F.relu(net.dense(x)))))


RESNET_BLOCKS = ((16, 16, 1), (16, 32, 2), (32, 64, 2))


def resnet_parameters():
    b = Builder()

    def normalised(channels, filters, kernel):
        b.conv(channels, filters, kernel, bias=False)
        b.norm("batchNorm", [filters])

    normalised(3, 16, 3)
    for channels, filters, stride in RESNET_BLOCKS:
        normalised(channels, filters, 3)
        normalised(filters, filters, 3)
        if stride > 1:
            normalised(channels, filters, 1)
    b.dense(64, 10)
    return b.parameters


def resnet(x, params, training):
    net = Net(params, training)
    x = F.relu(net.batch_norm(net.conv(x.reshape(-1, 3, 12, 12), padding=1)))
    for _, _, stride in RESNET_BLOCKS:
        y = F.relu(net.batch_norm(net.conv(x, stride, 1)))
        y = net.batch_norm(net.conv(y, 1, 1))
        x = F.relu(y + (net.batch_norm(net.conv(x, stride)) if stride > 1 else x))
    return net.dense(x.mean((2, 3)))


def norms_parameters():
    b = Builder()
    b.conv(2, 8, 3, bias=False)
    b.norm("groupNorm", [8])
    b.conv(8, 8, 3, groups=2)
    b.norm("layerNorm", [8, 5, 5])
    b.conv(8, 8, 3, groups=8, bias=False)
    b.norm("instanceNorm", [8])
    b.dense(8, 10)
    return b.parameters


def norms(x, params, training):
    net = Net(params, training)
    x = F.gelu(net.group_norm(net.conv(x.reshape(-1, 2, 10, 10), padding=1), 4))
    x = F.avg_pool2d(x, 2)
    x = F.silu(net.layer_norm(net.conv(x, padding=1, groups=2)))
    x = F.hardswish(net.group_norm(net.conv(x, padding=2, dilation=2, groups=8), 8, "instanceNorm"))
    return net.dense(x.mean((2, 3)))


def sequence_parameters():
    b = Builder()
    b.conv(3, 8, 5, axes=1, bias=False)
    b.norm("batchNorm", [8])
    b.conv(8, 12, 3, axes=1, groups=2)
    b.dense(7, 6)
    b.add("position1.weight", [12, 6], 6)
    block_parameters(b, 6, 10)
    b.dense(72, 10)
    return b.parameters


def sequence(x, params, training):
    net = Net(params, training)
    x = F.leaky_relu(net.batch_norm(net.conv(x.reshape(-1, 3, 30), stride=2, padding=2)), 0.1)
    x = F.max_pool1d(net.conv(x, padding=2, dilation=2, groups=2), 3, 2, 1)
    x = torch.tanh(F.avg_pool1d(x, 2, 1))
    x = net.dense(x) + params["position1.weight"]
    return net.dense(net.block(x, 2, False).flatten(1))


VOCABULARY, TIME, WIDTH, HEADS, LAYERS = 40, 12, 128, 4, 2


def transformer_parameters():
    b = Builder()
    b.add("embedding1.weight", [VOCABULARY, WIDTH], WIDTH)
    b.add("position1.weight", [TIME, WIDTH], WIDTH)
    for _ in range(LAYERS):
        block_parameters(b, WIDTH, 4 * WIDTH)
    b.norm("layerNorm", [WIDTH])
    b.add("tiedOutput.bias", [VOCABULARY], WIDTH)
    return b.parameters


def transformer(x, params, training):
    net = Net(params, training)
    x = params["embedding1.weight"][x] + params["position1.weight"]
    for _ in range(LAYERS):
        x = net.block(x, HEADS, True)
    return net.layer_norm(x) @ params["embedding1.weight"].T + params["tiedOutput.bias"]
