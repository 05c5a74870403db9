"""The fastest honest training loop in plain numpy that we know: what a hand-written loop reaches on one thread."""

import measure

try:
    import numpy as np
except ImportError as error:
    measure.leave_without("numpy", error)

WIDTHS = {
    "mlp": [measure.FEATURES, 128, measure.CLASSES],
    "2nn": [measure.FEATURES, 200, 200, measure.CLASSES],
}


class DenseNet:
    """
    Dense layers with relu between them, softmax cross-entropy, plain SGD; every large buffer is reused.

    Activations lie as [units, batch] and weights as [out, in]: OpenBLAS multiplies small batches faster so.
    """

    def __init__(self, widths, batch, learning_rate, seed):
        random = np.random.default_rng(seed)
        self.scale = np.float32(learning_rate / batch)
        self.batch = batch
        self.columns = np.arange(batch)
        self.ones = np.ones((batch, 1), np.float32)
        self.inputs = np.empty((batch, widths[0]), np.float32)
        self.activations = [self.inputs.T]
        self.weights, self.biases, self.weight_steps, self.bias_steps, self.deltas, self.active = ([] for _ in range(6))
        for fan_in, units in zip(widths, widths[1:]):
            bound = 1 / np.sqrt(fan_in)
            self.weights.append(random.uniform(-bound, bound, (units, fan_in)).astype(np.float32))
            self.biases.append(random.uniform(-bound, bound, (units, 1)).astype(np.float32))
            self.weight_steps.append(np.empty((units, fan_in), np.float32))
            self.bias_steps.append(np.empty((units, 1), np.float32))
            self.activations.append(np.empty((units, batch), np.float32))
            self.deltas.append(np.empty((units, batch), np.float32))
            self.active.append(np.empty((units, batch), bool))

    def step(self, features, labels, indices):
        """One step on the examples at `indices` (exactly one batch); returns their mean loss before the update."""
        # Without a mode, take() with out= makes a copy first.
        features.take(indices, axis=0, out=self.inputs, mode="clip")
        truth = (labels.take(indices), self.columns)
        self.forward()
        loss = self.loss_and_output_delta(truth)
        self.backward()
        return loss

    def forward(self):
        """Fills `activations`; the last are the logits."""
        last = len(self.weights) - 1
        for layer, weight in enumerate(self.weights):
            out = np.dot(weight, self.activations[layer], out=self.activations[layer + 1])
            out += self.biases[layer]
            if layer < last:
                np.maximum(out, 0, out=out)

    def loss_and_output_delta(self, truth):
        """Mean cross-entropy; the last delta becomes minus the learning rate times its gradient."""
        logits = self.activations[-1]
        logits -= logits.max(axis=0)
        true_logit_sum = logits[truth].sum()
        delta = np.exp(logits, out=self.deltas[-1])
        totals = delta.sum(axis=0)
        # Scaling this small array is cheaper than scaling every gradient.
        delta *= -self.scale / totals
        delta[truth] += self.scale
        return float((np.log(totals).sum() - true_logit_sum) / self.batch)

    def backward(self):
        """From the last delta to new weights and biases, in place."""
        for layer in range(len(self.weights) - 1, -1, -1):
            delta = self.deltas[layer]
            if layer > 0:
                below = np.dot(self.weights[layer].T, delta, out=self.deltas[layer - 1])
                below *= np.greater(self.activations[layer], 0, out=self.active[layer - 1])
            self.weights[layer] += np.dot(delta, self.activations[layer].T, out=self.weight_steps[layer])
            self.biases[layer] += np.dot(delta, self.ones, out=self.bias_steps[layer])


def epochs(arguments):
    """Trains forever on random examples, in a fresh order every epoch; yields each step's loss."""
    random = np.random.default_rng(measure.SEED)
    features = random.random((arguments.examples, measure.FEATURES), dtype=np.float32)
    labels = random.integers(0, measure.CLASSES, arguments.examples)
    net = DenseNet(WIDTHS[arguments.model], arguments.batch, measure.LEARNING_RATE, measure.SEED)
    while True:
        order = random.permutation(arguments.examples)
        for start in range(0, arguments.examples - arguments.batch + 1, arguments.batch):
            yield net.step(features, labels, order[start : start + arguments.batch])


if __name__ == "__main__":
    options = measure.parse_arguments(__doc__, list(WIDTHS))
    measure.measure("numpy", np.__version__, options, epochs(options))
