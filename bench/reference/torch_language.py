"""Language models in PyTorch, as a careful user would write them: sizes as in Tessera's models of the same names."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class CharLstm(nn.Module):
    """McMahan et al. (2017): characters in 8 dimensions, two LSTMs of 256 units, by PyTorch's own operator."""

    def __init__(self, vocabulary, _length):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 8)
        self.lstm = nn.LSTM(8, 256, num_layers=2, batch_first=True)
        self.output = nn.Linear(256, vocabulary)

    def forward(self, tokens):
        return self.output(self.lstm(self.embedding(tokens))[0])


class WordCifg(nn.Module):
    """Hard et al. (2018): a coupled LSTM, projected, outputs tied to the embedding. PyTorch has no such cell."""

    def __init__(self, vocabulary, _length, width=96, units=670):
        super().__init__()
        self.units = units
        self.embedding = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.embedding.weight, std=1 / math.sqrt(width))
        self.inputs = nn.Linear(width, 3 * units)
        self.recurrent = nn.Linear(width, 3 * units, bias=False)
        self.projection = nn.Linear(units, width, bias=False)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, tokens):
        # The inputs' part of all steps is one product.
        parts = self.inputs(self.embedding(tokens)).unbind(1)
        state = parts[0].new_zeros(len(tokens), self.projection.out_features)
        cell = parts[0].new_zeros(len(tokens), self.units)
        states = []
        for part in parts:
            squashed, candidate = (part + self.recurrent(state)).split([2 * self.units, self.units], 1)
            enter, leave = squashed.sigmoid().chunk(2, 1)
            cell = torch.lerp(cell, candidate.tanh(), enter)
            state = self.projection(leave * cell.tanh())
            states.append(state)
        return F.linear(torch.stack(states, 1), self.embedding.weight, self.bias)


class Block(nn.Module):
    """Normalisation in front; queries, keys and values out of one product."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.before_perceptron = nn.LayerNorm(width)
        self.perceptron = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x, mask):
        x = x + self.attention(self.before_attention(x), mask)
        return x + self.perceptron(self.before_perceptron(x))

    def attention(self, x, mask):
        batch, time, width = x.shape
        shape = (batch, time, self.heads, width // self.heads)
        queries, keys, values = (part.view(shape).transpose(1, 2) for part in self.qkv(x).chunk(3, 2))
        scores = (queries / math.sqrt(shape[-1])) @ keys.transpose(-2, -1) + mask
        return self.output((scores.softmax(-1) @ values).transpose(1, 2).reshape(batch, time, width))


class Transformer(nn.Module):
    """Two causal blocks of width 128 with four heads, learnt positions, outputs tied to the embedding."""

    def __init__(self, vocabulary, length, width=128, heads=4):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.positions = nn.Parameter(0.02 * torch.randn(length, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(2))
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.register_buffer("mask", torch.full((length, length), -math.inf).triu(1))

    def forward(self, tokens):
        x = self.embedding(tokens) + self.positions
        for block in self.blocks:
            x = block(x, self.mask)
        return F.linear(self.norm(x), self.embedding.weight, self.bias)


# Model, vocabulary, tokens a sequence.
LANGUAGE_MODELS = {
    "char-lstm": (CharLstm, 90, 80),
    "word-cifg": (WordCifg, 10_000, 20),
    "transformer": (Transformer, 90, 64),
}
