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
    if setting["task"] == "targets":
        return features, torch.from_numpy(vector_targets(step, size))
    return features, torch.from_numpy(vector_labels(step, size, setting["classes"]))


def mean_loss(task, outputs, truth):
    if task == "classes":
        return F.cross_entropy(outputs, truth)
    if task == "binary":
        return F.binary_cross_entropy_with_logits(outputs[:, 0], truth.float())
    return F.mse_loss(outputs[:, 0], truth)


def export(name, model, setting):
    mode = torch.onnx.TrainingMode.TRAINING if setting.get("training") else torch.onnx.TrainingMode.EVAL
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
        do_constant_folding=not setting.get("training"),
        training=mode,
    )


def record(name, setting, batch_size=8):
    """Exports the model, then trains it."""
    model = setting["model"]()
    fill(model)
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
    with torch.no_grad():
        outputs = model(batch(setting, 0, batch_size)[0])
    print(f"{name}: losses {losses[0]:.4f} to {losses[-1]:.4f}")
    return {
        "task": setting["task"],
        "featureShape": setting["shape"],
        "classes": setting.get("classes", 0),
        "batchSize": batch_size,
        "learningRate": setting.get("rate", 0.1),
        "parameters": [{"name": name, "shape": list(v.shape)} for name, v in model.named_parameters()],
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
