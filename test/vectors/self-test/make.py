"""What src/learn/self-test.ts must find, computed in double precision. PyTorch 1.13.1, `python3 make.py`."""

import json

import numpy as np
import torch
import torch.nn.functional as F

COUNT, SIDE, CLASSES = 6, 6, 4


def formula(count, salt):
    """The twin of `formula` in src/learn/self-test.ts, rounded to float32 as there."""
    at = np.arange(count, dtype=np.int64)
    values = (at * 7919 + salt * 3571 + 17 * at * at) % 1009 / 1009 - 0.5
    return values


def tensor(shape, salt):
    rounded = formula(int(np.prod(shape)), salt).astype(np.float32).astype(np.float64)
    return torch.tensor(rounded).reshape(shape)


features = tensor([COUNT, 1, SIDE, SIDE], 1)
labels = torch.arange(COUNT) * 3 % CLASSES
shapes = {
    "conv1.weight": [4, 1, 3, 3],
    "conv1.bias": [4],
    "dense1.weight": [36, 12],
    "dense1.bias": [12],
    "dense2.weight": [12, CLASSES],
    "dense2.bias": [CLASSES],
}
params = {name: tensor(shape, 2 + index) for index, (name, shape) in enumerate(shapes.items())}
initial = {name: value.clone() for name, value in params.items()}
for value in params.values():
    value.requires_grad_(True)


def loss(reduction):
    values = F.conv2d(features, params["conv1.weight"], params["conv1.bias"], padding=1)
    values = F.relu(F.max_pool2d(values, 2)).flatten(1)
    values = F.relu(values @ params["dense1.weight"] + params["dense1.bias"])
    values = values @ params["dense2.weight"] + params["dense2.bias"]
    return F.cross_entropy(values, labels, reduction=reduction)


def train(steps, **settings):
    optimizer = torch.optim.SGD(params.values(), lr=0.1, **settings)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        step_loss = loss("mean")
        step_loss.backward()
        optimizer.step()
        losses.append(step_loss.item())
    return sum(losses) / steps


figures = {
    "the loss of plain steps": train(5),
    "the loss of steps with momentum": train(2, momentum=0.9, weight_decay=0.01),
}
with torch.no_grad():
    figures["the loss of the evaluation"] = loss("sum").item()
    flat = torch.cat([value.flatten() for value in params.values()])
    figures["the checksum of the parameters"] = (flat * torch.tensor(formula(len(flat), 0))).sum().item()
    for name, value in params.items():
        figures[f"the change of {name}"] = (value - initial[name]).norm().item()
print(json.dumps({name: float(f"{value:.9g}") for name, value in figures.items()}, indent=2))
