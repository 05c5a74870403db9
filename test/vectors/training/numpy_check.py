"""A second opinion on the PyTorch vectors: dense classifiers by hand in numpy, float64, gradients written out."""

import numpy as np


def train(start, learning_rate, batches):
    """
    Plain SGD on softmax cross-entropy, relu between dense layers.

    `start` maps names to float32 arrays and is not changed; `batches` yields (features, labels).
    Returns the losses, each before its update, and the final parameters.
    """
    layers = len(start) // 2
    weights = [start[f"dense{index + 1}.weight"].astype(np.float64) for index in range(layers)]
    biases = [start[f"dense{index + 1}.bias"].astype(np.float64) for index in range(layers)]
    losses = []
    for features, labels in batches:
        inputs = [features.astype(np.float64)]
        for index in range(layers - 1):
            inputs.append(np.maximum(inputs[-1] @ weights[index] + biases[index], 0))
        logits = inputs[-1] @ weights[-1] + biases[-1]
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        rows = np.arange(len(labels))
        losses.append(-log_probabilities[rows, labels].mean())
        delta = np.exp(log_probabilities)
        delta[rows, labels] -= 1
        delta /= len(labels)
        for index in reversed(range(layers)):
            below = (delta @ weights[index].T) * (inputs[index] > 0)
            weights[index] -= learning_rate * inputs[index].T @ delta
            biases[index] -= learning_rate * delta.sum(axis=0)
            delta = below
    final = {}
    for index in range(layers):
        final[f"dense{index + 1}.weight"] = weights[index]
        final[f"dense{index + 1}.bias"] = biases[index]
    return losses, final
