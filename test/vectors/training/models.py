"""The models and settings of the training vectors, with parameters named, shaped and ordered as in Tessera."""

from dataclasses import dataclass, field

import torch.nn.functional as F

import networks
import recurrent

STEPS = 20


@dataclass(frozen=True)
class Setting:
    """One vector file: what is trained, how, and on batches of which size."""

    model: str
    batch_size: int = 10
    learning_rate: float = 0.1
    momentum: float = 0.0
    weight_decay: float = 0.0
    optimizer: str = "sgd"
    clipping_norm: float = None
    #: Labels of tokens below this one do not count.
    ignored_below: int = 0


@dataclass(frozen=True)
class Model:
    """
    `parameters` holds (name, shape, fan-in) and, where the formula does not say it, how all elements start; `task`
    decides labels and loss. A `network` also hears whether it trains.
    """

    words: str
    task: str
    feature_length: int
    forward: callable
    parameters: list = field(default_factory=list)
    network: bool = False

    def specs(self):
        """(name, shape, fan-in, start) of every parameter."""
        return [(*parameter, None)[:4] for parameter in self.parameters]

    def outputs(self, values, params, training):
        return self.forward(values, params, training) if self.network else self.forward(values, params)


def dense(index, fan_in, units):
    """Weight [in, out] and bias [out] of dense layer number `index`, from 1."""
    return [(f"dense{index}.weight", [fan_in, units], fan_in), (f"dense{index}.bias", [units], fan_in)]


def conv(index, channels_in, channels_out, kernel):
    """Weight [out, in, kernel, kernel] and bias [out] of convolution number `index`, from 1."""
    fan_in = channels_in * kernel * kernel
    shape = [channels_out, channels_in, kernel, kernel]
    return [(f"conv{index}.weight", shape, fan_in), (f"conv{index}.bias", [channels_out], fan_in)]


def dense_forward(values, params, first=1):
    """Dense layers from number `first` on, relu between them."""
    last = max(int(name[5:-7]) for name in params if name.startswith("dense") and name.endswith(".weight"))
    for index in range(first, last + 1):
        values = values @ params[f"dense{index}.weight"] + params[f"dense{index}.bias"]
        if index < last:
            values = F.relu(values)
    return values


def cnn_forward(values, params):
    """Two convolutions, each with relu and max-pooling, then dense layers on the channel-major flattening."""
    values = values.reshape(-1, 1, 28, 28)
    for index in (1, 2):
        values = F.conv2d(values, params[f"conv{index}.weight"], params[f"conv{index}.bias"], padding=2)
        values = F.max_pool2d(F.relu(values), 2)
    return dense_forward(values.flatten(1), params)


def dense_model(words, task, widths):
    """A model of dense layers only."""
    parameters = []
    for index, (fan_in, units) in enumerate(zip(widths, widths[1:]), start=1):
        parameters += dense(index, fan_in, units)
    return Model(words, task, widths[0], dense_forward, parameters)


MODELS = {
    "logistic": dense_model("784-10 softmax regression", "classes", [784, 10]),
    "mlp": dense_model("784-128-10, relu", "classes", [784, 128, 10]),
    "2nn": dense_model("784-200-200-10, relu", "classes", [784, 200, 200, 10]),
    "linear": dense_model("13-1 linear regression", "targets", [13, 1]),
    "binary": dense_model("13-1 logistic regression with one output", "binary", [13, 1]),
    "cnn": Model(
        "conv 5x5x32 SAME, relu, max-pool 2x2, conv 5x5x64 SAME, relu, max-pool 2x2, dense 512, relu, dense 10",
        "classes",
        784,
        cnn_forward,
        conv(1, 1, 32, 5) + conv(2, 32, 64, 5) + dense(1, 64 * 7 * 7, 512) + dense(2, 512, 10),
    ),
    "lenet": Model("LeNet-5 with relu and max-pooling", "classes", 784, networks.lenet, networks.lenet_parameters(), True),
    "resnet8": Model(
        "three residual blocks with batch normalisation, on images of 3x12x12",
        "classes",
        432,
        networks.resnet,
        networks.resnet_parameters(),
        True,
    ),
    "norms": Model(
        "group, layer and instance normalisation between convolutions with groups and dilation, on images of 2x10x10",
        "classes",
        200,
        networks.norms,
        networks.norms_parameters(),
        True,
    ),
    "sequence": Model(
        "1-d convolutions, pools, batch normalisation, attention to all positions, on 3 channels of 30",
        "classes",
        90,
        networks.sequence,
        networks.sequence_parameters(),
        True,
    ),
    "transformer": Model(
        f"causal transformer: {networks.LAYERS} blocks of width {networks.WIDTH}, {networks.VOCABULARY} tokens, sequences of {networks.TIME}",
        "tokens",
        networks.TIME,
        networks.transformer,
        networks.transformer_parameters(),
        True,
    ),
    "lstm": Model(
        f"two LSTMs of {recurrent.UNITS} units, {networks.VOCABULARY} tokens in {recurrent.EMBEDDING} dimensions, sequences of {networks.TIME}",
        "tokens",
        networks.TIME,
        recurrent.lstm,
        recurrent.lstm_parameters(),
        True,
    ),
    "gru": Model(
        f"a GRU of {recurrent.UNITS} units, {networks.VOCABULARY} tokens in {recurrent.EMBEDDING} dimensions, sequences of {networks.TIME}",
        "tokens",
        networks.TIME,
        recurrent.gru,
        recurrent.gru_parameters(),
        True,
    ),
    "cifg": Model(
        f"a coupled LSTM of {recurrent.UNITS} units projected to {recurrent.STATE}, outputs tied to the embedding of {networks.VOCABULARY} tokens, sequences of {networks.TIME}",
        "tokens",
        networks.TIME,
        recurrent.cifg,
        recurrent.cifg_parameters(),
        True,
    ),
}

SETTINGS = {
    "logistic": Setting("logistic", learning_rate=0.02),
    "mlp": Setting("mlp"),
    "2nn": Setting("2nn"),
    "cnn": Setting("cnn", batch_size=4, learning_rate=0.05),
    "linear": Setting("linear"),
    "binary": Setting("binary"),
    "lenet": Setting("lenet", batch_size=8, learning_rate=0.05),
    "resnet8": Setting("resnet8", batch_size=6, learning_rate=0.05),
    "norms": Setting("norms", batch_size=8, learning_rate=0.5),
    "sequence": Setting("sequence", batch_size=8, learning_rate=0.2),
    "transformer": Setting("transformer", batch_size=4, learning_rate=0.1),
    "transformer-clipped-momentum": Setting(
        "transformer", batch_size=4, learning_rate=0.05, momentum=0.9, weight_decay=0.01, clipping_norm=2.0
    ),
    "lstm": Setting("lstm", batch_size=4, learning_rate=2.0, ignored_below=4),
    "gru": Setting("gru", batch_size=4, learning_rate=1.0, ignored_below=4),
    "cifg": Setting("cifg", batch_size=4, learning_rate=1.0, ignored_below=4),
    "mlp-momentum": Setting("mlp", momentum=0.9),
    "mlp-weight-decay": Setting("mlp", weight_decay=0.01),
    "mlp-momentum-weight-decay": Setting("mlp", momentum=0.9, weight_decay=0.01),
    "mlp-nesterov": Setting("mlp", momentum=0.9, weight_decay=0.01, optimizer="nesterov"),
    "mlp-adagrad": Setting("mlp", learning_rate=0.02, weight_decay=0.01, optimizer="adagrad"),
    "mlp-rmsprop": Setting("mlp", learning_rate=0.002, weight_decay=0.01, optimizer="rmsprop"),
    "mlp-rmsprop-momentum": Setting("mlp", learning_rate=0.0005, momentum=0.9, optimizer="rmsprop"),
    "mlp-adam": Setting("mlp", learning_rate=0.002, weight_decay=0.01, optimizer="adam"),
    "mlp-adamw": Setting("mlp", learning_rate=0.002, weight_decay=0.1, optimizer="adamw"),
    "mlp-clipped": Setting("mlp", learning_rate=0.1, weight_decay=0.01, clipping_norm=1.5),
    "mlp-clipped-momentum": Setting("mlp", momentum=0.9, clipping_norm=1.5),
}
