"""Writes ONNX files as PyTorch exports them, and what 20 steps of SGD by PyTorch do to each model."""

import json
import os
import pathlib
import sys
import warnings

os.environ["OMP_NUM_THREADS"] = "1"
sys.dont_write_bytecode = True

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "training"))

from formula import vector_input, vector_labels, vector_parameter, vector_targets  # noqa: E402

STEPS = 20


class LeNet(nn.Module):
    """LeCun et al. 1998, with relu and max-pooling; flattened by the usual `view`."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = x.view(x.size(0), -1)
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


class Small(nn.Module):
    """A convolution with a stride, a pool that rounds up, and dropout at rate 0: exported in training mode."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, stride=2, padding=1)
        self.dropout = nn.Dropout(0.0)
        self.head = nn.Linear(36, 3)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv(x)), 2, ceil_mode=True)
        return self.head(self.dropout(x.view(x.size(0), -1)))


class Plain(nn.Module):
    """A matrix product with a tensor of its own, beside a branch that is added."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(12, 8))
        self.shift = nn.Parameter(torch.zeros(8))
        self.head = nn.Linear(8, 4)
        self.register_buffer("scale", torch.tensor(0.5))

    def forward(self, x):
        hidden = torch.sigmoid(x.reshape(-1, 12) @ self.weight + self.shift)
        return self.head(hidden + hidden * self.scale)


class ResNet(nn.Module):
    """He et al. 2016, small: two residual blocks with batch normalisation."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 6, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(6)
        self.first = self.block(6, 6, 1)
        self.second = self.block(6, 8, 2)
        self.shortcut = nn.Conv2d(6, 8, 1, stride=2, bias=False)
        self.head = nn.Linear(8, 4)

    @staticmethod
    def block(inputs, outputs, stride):
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x):
        x = torch.relu(self.norm(self.stem(x)))
        x = torch.relu(x + self.first(x))
        x = torch.relu(self.shortcut(x) + self.second(x))
        return self.head(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Mobile(nn.Module):
    """Depthwise and dilated convolutions, hard swish, squeeze and excitation, average pooling."""

    def __init__(self):
        super().__init__()
        self.wide = nn.Conv2d(2, 8, 3, stride=2, padding=1)
        self.depth = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=8)
        self.squeeze = nn.Conv2d(8, 4, 1)
        self.excite = nn.Conv2d(4, 8, 1)
        self.head = nn.Linear(72, 3)

    def forward(self, x):
        x = F.hardswish(self.wide(x))
        x = F.leaky_relu(self.depth(x), 0.1)
        gate = F.relu(self.squeeze(x.mean((2, 3), keepdim=True)))
        x = x * torch.sigmoid(self.excite(gate))
        return self.head(F.avg_pool2d(x, 3, stride=2, padding=1).flatten(1))


class Attention(nn.Module):
    """A transformer block: causal attention with two heads, layer normalisation before each part, GELU."""

    def __init__(self, width=8, heads=2, steps=5):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.mix = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.register_buffer("mask", torch.triu(torch.ones(steps, steps), 1) == 1)

    def attend(self, x):
        batch, steps, width = x.size()
        split = (batch, steps, self.heads, width // self.heads)
        q, k, v = (part.view(split).transpose(1, 2) for part in self.mix(x).chunk(3, -1))
        scores = q @ k.transpose(-2, -1) / (width // self.heads) ** 0.5
        shares = scores.masked_fill(self.mask, -1e9).softmax(-1)
        return self.out((shares @ v).transpose(1, 2).reshape(batch, steps, width))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    """Two blocks over five steps of eight numbers, with positions that are learnt; the last step decides."""

    def __init__(self):
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(5, 8))
        self.blocks = nn.Sequential(Attention(), Attention())
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        return self.head(self.blocks(x + self.positions)[:, -1])


class Gru(nn.Module):
    """Two layers, both ways, over six steps of three numbers; the last step decides."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 7, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(14, 4)

    def forward(self, x):
        return self.head(self.gru(x)[0][:, -1])


class Lstm(nn.Module):
    """A language model: tokens embedded, two layers, an output at each step."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 5)
        self.lstm = nn.LSTM(5, 9, num_layers=2, batch_first=True)
        self.head = nn.Linear(9, 11)

    def forward(self, x):
        return self.head(self.lstm(self.embedding(x))[0])


class Rnn(nn.Module):
    """One layer with relu, over time first inside; the last state decides."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(3, 6, nonlinearity="relu")
        self.head = nn.Linear(6, 4)

    def forward(self, x):
        return self.head(self.rnn(x.transpose(0, 1))[1][0])


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 32), nn.ReLU(), nn.Linear(32, 10))


MODELS = {
    "logistic": dict(model=lambda: nn.Linear(20, 5), shape=[20], task="classes", classes=5, opset=13),
    "binary": dict(model=lambda: nn.Linear(13, 1), shape=[13], task="binary", classes=2, opset=17),
    "linear": dict(model=lambda: nn.Linear(13, 1), shape=[13], task="targets", opset=13),
    "mlp": dict(model=mlp, shape=[1, 8, 8], task="classes", classes=10, opset=13),
    "lenet": dict(model=LeNet, shape=[1, 28, 28], task="classes", classes=10, opset=17, rate=0.05),
    "small-fixed-batch": dict(
        model=Small, shape=[2, 9, 9], task="classes", classes=3, opset=17, dynamic=False
    ),
    "small-training": dict(model=Small, shape=[2, 9, 9], task="classes", classes=3, opset=17, training=True),
    "resnet": dict(model=ResNet, shape=[1, 10, 10], task="classes", classes=4, opset=17, training=True),
    "resnet-evaluation": dict(
        model=ResNet, shape=[1, 10, 10], task="classes", classes=4, opset=13, preserve=True, fold=False
    ),
    "mobile": dict(model=Mobile, shape=[2, 11, 11], task="classes", classes=3, opset=17),
    "transformer": dict(model=Transformer, shape=[5, 8], task="classes", classes=4, opset=17, fold=False),
    "transformer-folded": dict(model=Transformer, shape=[5, 8], task="classes", classes=4, opset=13),
    "gru": dict(model=Gru, shape=[6, 3], task="classes", classes=4, opset=17, fold=False),
    "rnn": dict(model=Rnn, shape=[6, 3], task="classes", classes=4, opset=13, fold=False),
    "lstm": dict(model=Lstm, shape=[7], task="tokens", classes=11, opset=17, fold=False, rate=1.0),
    "lstm-folded": dict(model=Lstm, shape=[7], task="tokens", classes=11, opset=13, rate=1.0, tensors=9),
    "plain": dict(model=Plain, shape=[3, 4], task="classes", classes=4, opset=13),
}


def fill(model):
    """Starts every parameter at the formula's values."""
    with torch.no_grad():
        for index, (name, values) in enumerate(model.named_parameters()):
            fan_in = values[0].numel() if values.dim() > 1 else values.numel()
            values.copy_(torch.from_numpy(vector_parameter(index, name, list(values.shape), fan_in)))


def batch(setting, step, size):
    """Features and labels or targets of one step."""
    length = int(torch.tensor(setting["shape"]).prod())
    features = torch.from_numpy(vector_input(step, size, length)).reshape(size, *setting["shape"])
    if setting["task"] == "tokens":
        # Each token is to follow the one before; the labels of one stream are the tokens of the next.
        tokens = [torch.from_numpy(vector_labels(s, size * length, setting["classes"])) for s in (step, step + 1)]
        return tuple(part.reshape(size, length) for part in tokens)
    if setting["task"] == "targets":
        return features, torch.from_numpy(vector_targets(step, size))
    return features, torch.from_numpy(vector_labels(step, size, setting["classes"]))


def mean_loss(task, outputs, truth):
    if task == "classes":
        return F.cross_entropy(outputs, truth)
    if task == "tokens":
        return F.cross_entropy(outputs.flatten(0, 1), truth.flatten())
    if task == "binary":
        return F.binary_cross_entropy_with_logits(outputs[:, 0], truth.float())
    return F.mse_loss(outputs[:, 0], truth)


def folds(setting):
    """Folding transposes the weights of some linear layers, and gives them names of its own."""
    return setting.get("fold", not setting.get("training"))


def export(name, model, setting):
    mode = torch.onnx.TrainingMode.TRAINING if setting.get("training") else torch.onnx.TrainingMode.EVAL
    if setting.get("preserve"):
        mode = torch.onnx.TrainingMode.PRESERVE
        model.eval()
    dynamic = {"x": {0: "batch"}, "y": {0: "batch"}} if setting.get("dynamic", True) else None
    example, _ = batch(setting, 0, 1)
    torch.onnx.export(
        model,
        example,
        str(FOLDER / f"{name}.onnx"),
        opset_version=setting["opset"],
        input_names=["x"],
        output_names=["y"],
        dynamic_axes=dynamic,
        do_constant_folding=folds(setting),
        training=mode,
    )


def record(name, setting, batch_size=8):
    """Exports the model, then trains it."""
    model = setting["model"]()
    fill(model)
    # An export in training mode runs the model once, and the file has the running statistics after that.
    export(name, model, setting)
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=setting.get("rate", 0.1))
    losses = []
    for step in range(STEPS):
        features, truth = batch(setting, step, batch_size)
        optimizer.zero_grad()
        loss = mean_loss(setting["task"], model(features), truth)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    model.eval()
    with torch.no_grad():
        outputs = model(batch(setting, 0, batch_size)[0])
    print(f"{name}: losses {losses[0]:.4f} to {losses[-1]:.4f}")
    return {
        "task": setting["task"],
        "featureShape": setting["shape"],
        "classes": setting.get("classes", 0),
        "batchSize": batch_size,
        "learningRate": setting.get("rate", 0.1),
        "folded": folds(setting),
        "tensors": setting.get("tensors", sum(1 for _ in model.parameters())),
        "parameters": [{"name": name, "shape": list(v.shape)} for name, v in model.named_parameters()],
        "statistics": [
            {"name": name, "values": v.tolist()} for name, v in model.named_buffers() if "running" in name
        ],
        "losses": losses,
        "outputs": outputs.flatten().tolist(),
    }


def main():
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", category=UserWarning)
    recorded = {name: record(name, setting) for name, setting in MODELS.items()}
    content = {
        "tool": "PyTorch",
        "version": torch.__version__,
        "command": "python3 test/vectors/onnx/make_models.py",
        "models": recorded,
    }
    (FOLDER / "recorded.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
