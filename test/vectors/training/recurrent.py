"""Recurrent language models of the training vectors."""

import torch

from networks import VOCABULARY, Builder, Net

UNITS, EMBEDDING, STATE = 16, 8, 12


def embedding_parameters(b, width, layers, recurrent):
    """Tokens as vectors within 1, so that gates differ, then recurrent layers of `UNITS`; `recurrent` adds one."""
    b.add("embedding1.weight", [VOCABULARY, width], 1)
    for layer in range(layers):
        recurrent(b, UNITS if layer else width)


def lstm_parameters():
    b = Builder()

    def layer(b, features):
        name = b.name("lstm")
        b.add(f"{name}.weight", [features, 4 * UNITS], features)
        b.add(f"{name}.recurrent", [4 * UNITS, UNITS], UNITS)
        b.add(f"{name}.bias", [4 * UNITS], UNITS)

    embedding_parameters(b, EMBEDDING, 2, layer)
    b.dense(UNITS, VOCABULARY)
    return b.parameters


def lstm(x, params, training):
    """PyTorch's own operator, as `nn.LSTM` calls it; its gates stand as input, forget, cell, output."""
    net = Net(params, training)
    x = params["embedding1.weight"][x]
    for _ in range(2):
        name = net.name("lstm")
        weight, recurrent, bias = (params[f"{name}.{what}"] for what in ("weight", "recurrent", "bias"))
        parts = [reordered(each, (0, 2, 3, 1)) for each in (weight.T, recurrent, bias, torch.zeros_like(bias))]
        start = x.new_zeros(1, x.shape[0], UNITS)
        x = torch.lstm(x, (start, start), parts, True, 1, 0.0, training, False, True)[0]
    return net.dense(x)


def gru_parameters():
    b = Builder()

    def layer(b, features):
        name = b.name("gru")
        b.add(f"{name}.weight", [features, 3 * UNITS], features)
        b.add(f"{name}.recurrent", [3 * UNITS, UNITS], UNITS)
        b.add(f"{name}.bias", [3 * UNITS], UNITS)
        b.add(f"{name}.recurrentBias", [3 * UNITS], UNITS)

    embedding_parameters(b, EMBEDDING, 1, layer)
    b.dense(UNITS, VOCABULARY)
    return b.parameters


def gru(x, params, training):
    """PyTorch's own operator, as `nn.GRU` calls it; its gates stand as reset, update, new."""
    net = Net(params, training)
    name = net.name("gru")
    weight, recurrent, *biases = (params[f"{name}.{what}"] for what in ("weight", "recurrent", "bias", "recurrentBias"))
    parts = [reordered(each, (1, 0, 2)) for each in (weight.T, recurrent, *biases)]
    x = params["embedding1.weight"][x]
    start = x.new_zeros(1, x.shape[0], UNITS)
    return net.dense(torch.gru(x, start, parts, True, 1, 0.0, training, False, True)[0])


def reordered(rows, order):
    """Blocks of rows, one a gate, in another order."""
    parts = rows.chunk(len(order))
    return torch.cat([parts[gate] for gate in order])


def cifg_parameters():
    b = Builder()

    def layer(b, features):
        name = b.name("cifg")
        b.add(f"{name}.weight", [features, 3 * UNITS], features)
        b.add(f"{name}.recurrent", [3 * UNITS, STATE], STATE)
        b.add(f"{name}.bias", [3 * UNITS], UNITS)
        b.add(f"{name}.projection", [STATE, UNITS], UNITS)

    embedding_parameters(b, STATE, 1, layer)
    b.add("tiedOutput.bias", [VOCABULARY], STATE)
    return b.parameters


def cifg(x, params, training):
    """Hard et al. (2018), section 3, step by step: input, output, cell; what is let in takes the place of the old."""
    weight, recurrent, bias, projection = (params[f"cifg1.{what}"] for what in ("weight", "recurrent", "bias", "projection"))
    x = params["embedding1.weight"][x]
    state = x.new_zeros(x.shape[0], STATE)
    cell = x.new_zeros(x.shape[0], UNITS)
    states = []
    for step in range(x.shape[1]):
        enter, leave, candidate = (x[:, step] @ weight + state @ recurrent.T + bias).chunk(3, 1)
        enter = torch.sigmoid(enter)
        cell = (1 - enter) * cell + enter * torch.tanh(candidate)
        state = (torch.sigmoid(leave) * torch.tanh(cell)) @ projection.T
        states.append(state)
    return torch.stack(states, 1) @ params["embedding1.weight"].T + params["tiedOutput.bias"]
