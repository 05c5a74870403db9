"""What src/learn/self-test-nets.ts must find, computed in double precision. PyTorch 1.13.1, `python3 make.py`."""

import json

import numpy as np
import torch
import torch.nn.functional as F

COUNT, SIDE, CLASSES, TOKENS, TIME, WIDTH, UNITS = 6, 6, 4, 7, 2, 3, 5


def formula(count, salt):
    """The twin of `formula` in src/learn/self-test-nets.ts."""
    at = np.arange(count, dtype=np.int64)
    return (at * 7919 + salt * 3571 + 17 * at * at) % 1009 / 1009 - 0.5


def tensor(shape, salt):
    """Rounded to float32, as there."""
    rounded = formula(int(np.prod(shape)), salt).astype(np.float32).astype(np.float64)
    return torch.tensor(rounded).reshape(shape)


IMAGES = tensor([COUNT, 1, SIDE, SIDE], 1)
IDS = (torch.arange(COUNT * TIME) ** 2 + 3 * torch.arange(COUNT * TIME)).remainder(TOKENS).reshape(COUNT, TIME)
LABELS = torch.arange(COUNT) * 3 % CLASSES


def images_net(params):
    values = F.conv2d(IMAGES, params["conv1.weight"], params["conv1.bias"], padding=1)
    values = F.relu(F.max_pool2d(values, 2)).flatten(1)
    values = F.relu(values @ params["dense1.weight"] + params["dense1.bias"])
    return values @ params["dense2.weight"] + params["dense2.bias"]


def tokens_net(params):
    """The LSTM is written out, its gates in the order input, output, forget, cell."""
    vectors = params["embedding1.weight"][IDS]
    state = torch.zeros(COUNT, UNITS, dtype=torch.float64)
    cell = torch.zeros(COUNT, UNITS, dtype=torch.float64)
    for step in range(TIME):
        gates = vectors[:, step] @ params["lstm1.weight"] + state @ params["lstm1.recurrent"].T + params["lstm1.bias"]
        into, out, forget, candidate = gates.split(UNITS, dim=1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(into) * torch.tanh(candidate)
        state = torch.sigmoid(out) * torch.tanh(cell)
    return state @ params["dense1.weight"] + params["dense1.bias"]


def figures(net, shapes, trainings):
    params = {name: tensor(shape, 2 + index) for index, (name, shape) in enumerate(shapes.items())}
    initial = {name: value.clone() for name, value in params.items()}
    for value in params.values():
        value.requires_grad_(True)
    found = {}
    for number, (steps, settings) in enumerate(trainings):
        optimizer = torch.optim.SGD(params.values(), **settings)
        losses = []
        for _ in range(steps):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(params), LABELS)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        found[f"the loss of training {number + 1}"] = sum(losses) / steps
    with torch.no_grad():
        found["the loss of the evaluation"] = F.cross_entropy(net(params), LABELS, reduction="sum").item()
        flat = torch.cat([value.flatten() for value in params.values()])
        found["the checksum of the parameters"] = (flat * torch.tensor(formula(len(flat), 0))).sum().item()
        for name, value in params.items():
            found[f"the change of {name}"] = (value - initial[name]).norm().item()
    return {name: float(f"{value:.9g}") for name, value in found.items()}


images = {
    "conv1.weight": [4, 1, 3, 3],
    "conv1.bias": [4],
    "dense1.weight": [36, 12],
    "dense1.bias": [12],
    "dense2.weight": [12, CLASSES],
    "dense2.bias": [CLASSES],
}
tokens = {
    "embedding1.weight": [TOKENS, WIDTH],
    "lstm1.weight": [WIDTH, 4 * UNITS],
    "lstm1.recurrent": [4 * UNITS, UNITS],
    "lstm1.bias": [4 * UNITS],
    "dense1.weight": [UNITS, CLASSES],
    "dense1.bias": [CLASSES],
}
plain = {"lr": 0.1}
keeping = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}
print(json.dumps(figures(images_net, images, [(4, plain), (3, keeping)]), indent=2))
print(json.dumps(figures(tokens_net, tokens, [(1, {"lr": 1.0})]), indent=2))
