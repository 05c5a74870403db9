"""Writes the loss vectors: losses and their gradients by PyTorch, at ordinary and at extreme outputs."""

import json
import os
import pathlib

os.environ["OMP_NUM_THREADS"] = "1"

import torch
import torch.nn.functional as F

FOLDER = pathlib.Path(__file__).parent
LOGITS = [[0.5, -1.25, 2.0, 0.0], [3.0, 1.0, -2.5, 0.75], [1e4, -1e4, 0.0, 5.0], [-1e4, -1e4, 1e4, 1e4], [0.1, 0.2, 0.3, 0.4]]
TOKEN_LOGITS = [LOGITS[:3], LOGITS[2:]]
NUMBERS = [[0.5], [-3.25], [1e4], [-1e4], [0.75], [1e4]]


def case(name, loss, outputs, labels, spec):
    """`loss` is summed over what counts, so that no mean hides in it."""
    x = torch.tensor(outputs, requires_grad=True)
    value = loss(x)
    value.backward()
    return {"name": name, "loss": spec, "outputs": outputs, "labels": labels, "sum": float(value.detach()), "gradient": x.grad.tolist()}


def classes(name, labels, spec, **options):
    truth = torch.tensor(labels)
    return case(name, lambda x: F.cross_entropy(x, truth, reduction="sum", **options), LOGITS, labels, spec)


def tokens(name, labels, spec, **options):
    """Logits of [batch, time, tokens], as the losses of one position after another."""
    truth = torch.tensor(labels).flatten()
    entropy = lambda x: F.cross_entropy(x.flatten(0, 1), truth, reduction="sum", ignore_index=-1, **options)
    return case(name, entropy, TOKEN_LOGITS, labels, spec)


def numbers(name, labels, spec, loss):
    truth = torch.tensor(labels)
    return case(name, lambda x: loss(x[:, 0], truth), NUMBERS, labels, spec)


def main():
    torch.set_num_threads(1)
    ordinary, partly = [2, 0, 1, 0, 3], [2, -100, 1, -100, 3]
    targets, binary = [0.25, -1.0, -1e4, 1e4, 0.75, 1e4], [1.0, 0.0, 0.0, 1.0, 0.0, 1.0]
    entropy, of_tokens = "softmax-cross-entropy", "next-token-cross-entropy"
    sequences = [[2, -1, 1], [-1, 0, 3]]
    vectors = [
        classes("cross-entropy", ordinary, entropy),
        classes("cross-entropy, smoothed", ordinary, {"type": entropy, "labelSmoothing": 0.1}, label_smoothing=0.1),
        classes("cross-entropy, ignoring", partly, {"type": entropy, "ignoredLabel": -100}),
        classes(
            "cross-entropy, smoothed and ignoring",
            partly,
            {"type": entropy, "labelSmoothing": 0.3, "ignoredLabel": -100},
            label_smoothing=0.3,
        ),
        tokens("next token", sequences, of_tokens),
        tokens("next token, smoothed", sequences, {"type": of_tokens, "labelSmoothing": 0.1}, label_smoothing=0.1),
        numbers(
            "binary cross-entropy",
            binary,
            "binary-cross-entropy",
            lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="sum"),
        ),
        numbers("squared error", targets, "mean-squared-error", lambda x, y: F.mse_loss(x, y, reduction="sum")),
        numbers("absolute error", targets, "mean-absolute-error", lambda x, y: F.l1_loss(x, y, reduction="sum")),
        numbers("Huber", targets, "huber", lambda x, y: F.huber_loss(x, y, reduction="sum")),
        numbers(
            "Huber with delta 2.5",
            targets,
            {"type": "huber", "delta": 2.5},
            lambda x, y: F.huber_loss(x, y, reduction="sum", delta=2.5),
        ),
    ]
    content = {
        "tool": "PyTorch",
        "version": torch.__version__,
        "command": "python3 test/vectors/losses/make_losses.py",
        "vectors": vectors,
    }
    (FOLDER / "losses.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
