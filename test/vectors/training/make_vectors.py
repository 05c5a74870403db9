"""Writes the training vectors: 20 training steps by PyTorch, checked against float64 and against numpy by hand."""

import json
import os
import pathlib
import sys

os.environ["OMP_NUM_THREADS"] = "1"
sys.dont_write_bytecode = True

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import numpy_check  # noqa: E402
import networks  # noqa: E402
from formula import vector_input, vector_labels, vector_parameter, vector_targets, vector_tokens  # noqa: E402
from models import MODELS, SETTINGS, STEPS  # noqa: E402

FOLDER = pathlib.Path(__file__).parent
IGNORED = -1
FORMULA = (
    "See README.md: element i of a stream is mix(mix(i) xor (salt * 0x9E3779B1)), mix the MurmurHash3 finaliser; "
    "inputs hash / 2^32, labels hash mod classes, targets 2 hash / 2^32 - 1, "
    "parameters (2 hash / 2^32 - 1) / sqrt(fanIn), rounded to float32."
)


def initial_params(model):
    """Float32 arrays by name, in layout order."""
    fills = {"zeros": np.zeros, "ones": np.ones}
    return {
        name: fills[start](shape, np.float32) if start else vector_parameter(index, name, shape, fan_in)
        for index, (name, shape, fan_in, start) in enumerate(model.specs())
    }


def batches(model, size, first=0, count=STEPS, ignored_below=0):
    """The features and labels or targets of every step; a label of -1 does not count."""
    for step in range(first, first + count):
        if model.task == "tokens":
            tokens = vector_tokens(step, size, model.feature_length + 1, networks.VOCABULARY)
            behind = tokens[:, 1:]
            yield tokens[:, :-1], np.where(behind < ignored_below, IGNORED, behind)
            continue
        features = vector_input(step, size, model.feature_length)
        if model.task == "targets":
            yield features, vector_targets(step, size)
        else:
            yield features, vector_labels(step, size, 2 if model.task == "binary" else 10)


def mean_loss(task, outputs, truth, dtype):
    """The mean over the batch of cross-entropy from logits, or of the squared error."""
    if task == "tokens":
        return F.cross_entropy(outputs.flatten(0, 1), truth.flatten(), ignore_index=IGNORED)
    if task == "classes":
        return F.cross_entropy(outputs, truth)
    if task == "binary":
        return F.binary_cross_entropy_with_logits(outputs[:, 0], truth.to(dtype))
    return F.mse_loss(outputs[:, 0], truth.to(dtype))


def create_optimizer(setting, params):
    """PyTorch's optimizer of that name, with its defaults."""
    common = {"lr": setting.learning_rate, "weight_decay": setting.weight_decay}
    if setting.optimizer == "adagrad":
        return torch.optim.Adagrad(params, **common)
    if setting.optimizer == "adam":
        return torch.optim.Adam(params, **common)
    if setting.optimizer == "adamw":
        return torch.optim.AdamW(params, **common)
    if setting.optimizer == "rmsprop":
        return torch.optim.RMSprop(params, momentum=setting.momentum, **common)
    nesterov = setting.optimizer == "nesterov"
    return torch.optim.SGD(params, momentum=setting.momentum, nesterov=nesterov, **common)


def update_words(setting):
    """What differs from plain SGD with momentum and weight decay, as fields of the file."""
    words = {} if setting.optimizer == "sgd" else {"optimizer": setting.optimizer}
    if setting.ignored_below:
        words["ignoredBelow"] = setting.ignored_below
    return words if setting.clipping_norm is None else {**words, "gradientClippingNorm": setting.clipping_norm}


def train(model, setting, dtype, noise=None):
    """Losses, each before its update, final parameters as float64 arrays by name, and the loss in evaluation."""
    rounded = (lambda v: v) if noise is None else lambda v: (v * (1 + 3e-7 * noise.standard_normal(v.shape))).astype(v.dtype)
    params = {
        name: torch.tensor(rounded(values), dtype=dtype, requires_grad="running" not in name)
        for name, values in initial_params(model).items()
    }
    moved = [values for values in params.values() if values.requires_grad]
    optimizer = create_optimizer(setting, moved)
    losses = []
    clipped = 0
    for features, truth in batches(model, setting.batch_size, ignored_below=setting.ignored_below):
        optimizer.zero_grad()
        outputs = model.outputs(tensor_of(features, dtype), params, True)
        loss = mean_loss(model.task, outputs, torch.tensor(truth), dtype)
        loss.backward()
        if setting.clipping_norm is not None:
            norm = torch.nn.utils.clip_grad_norm_(moved, setting.clipping_norm)
            clipped += float(norm) > setting.clipping_norm
        optimizer.step()
        losses.append(float(loss.detach()))
    assert setting.clipping_norm is None or 0 < clipped < STEPS, f"{clipped} of {STEPS} gradients were clipped"
    final = {name: values.detach().double().numpy() for name, values in params.items()}
    return losses, final, evaluate(model, setting, params, dtype)


def tensor_of(features, dtype):
    return torch.tensor(features) if features.dtype == np.int64 else torch.tensor(features, dtype=dtype)


def evaluate(model, setting, params, dtype):
    """The mean loss of the trained model in evaluation, on the batch behind the last."""
    ((features, truth),) = batches(model, setting.batch_size, STEPS, 1, setting.ignored_below)
    with torch.no_grad():
        outputs = model.outputs(tensor_of(features, dtype), params, False)
        return float(mean_loss(model.task, outputs, torch.tensor(truth), dtype))


def difference(one, other):
    """The larger of: relative difference of a loss, relative difference of a parameter in the L2 norm."""
    losses = max(abs(a - b) / abs(b) for a, b in zip(one[0], other[0]))
    norms = max(np.linalg.norm(one[1][name] - other[1][name]) / np.linalg.norm(other[1][name]) for name in other[1])
    return max(losses, float(norms))


def change_norms(model, final):
    """By name: the L2 norm of final minus initial values, which shows an error that the values themselves hide."""
    start = initial_params(model)
    return {name: float(np.linalg.norm(final[name] - start[name])) for name in start}


def check_values(model, setting):
    """Some values of the formula, for a twin in another language to compare with."""
    size = setting.batch_size
    last = STEPS - 1
    drawn = list(batches(model, size, ignored_below=setting.ignored_below))
    places = [(0, 0, 0), (0, size - 1, model.feature_length - 1), (last, 1, 7)]
    params = initial_params(model)
    return {
        "inputs": [
            {"batch": batch, "row": row, "column": column, "value": float(drawn[batch][0][row, column])}
            for batch, row, column in places
        ],
        "labels": [{"batch": batch, "values": drawn[batch][1].ravel().tolist()} for batch in (0, last)],
        "parameters": [
            {"name": name, "index": index, "value": float(values.flat[index])}
            for name, values in params.items()
            for index in (0, values.size - 1)
        ],
    }


def vector(name, setting):
    """The content of one vector file."""
    model = MODELS[setting.model]
    result = train(model, setting, torch.float32)
    double = train(model, setting, torch.float64)
    exact = max(difference(result, double), abs(result[2] - double[2]) / abs(double[2]))
    assert exact < 1e-5, f"{name} differs from its float64 run by {exact}"
    if model.network:
        # Another engine rounds otherwise: no input of a relu or a pool may lie so near a kink that this matters.
        for seed in range(3):
            other = train(model, setting, torch.float32, np.random.default_rng(seed))
            apart = max(abs(a - b) / abs(b) for a, b in zip(other[0], result[0]))
            assert apart < 1e-5, f"{name} changes by {apart} where the parameters start rounded otherwise"
    changes = change_norms(model, result[1])
    for parameter, change in change_norms(model, double[1]).items():
        # Beside values near 1, small changes are rounded.
        rounding = 3e-7 * np.linalg.norm(double[1][parameter])
        assert abs(changes[parameter] - change) < 1e-5 * change + rounding, f"{name}: {parameter} changed by {change}"
    print(f"{name}: losses {result[0][0]:.4f} to {result[0][-1]:.4f}, from float64 {exact:.1e}", end="")
    if name in ("logistic", "mlp", "2nn"):
        by_hand = numpy_check.train(initial_params(model), setting.learning_rate, batches(model, setting.batch_size))
        apart = difference(result, by_hand)
        assert apart < 1e-5, f"{name} differs from numpy by {apart}"
        print(f", from numpy {apart:.1e}", end="")
    print()
    return {
        "description": f"{STEPS} steps of {'SGD' if setting.optimizer == 'sgd' else setting.optimizer} on {setting.model} ({model.words}), float32, one thread",
        "tool": "PyTorch",
        "version": torch.__version__,
        "command": "python3 test/vectors/training/make_vectors.py",
        "formula": FORMULA,
        "model": setting.model,
        "task": model.task,
        "featureLength": model.feature_length,
        "batchSize": setting.batch_size,
        "learningRate": setting.learning_rate,
        "momentum": setting.momentum,
        "weightDecay": setting.weight_decay,
        **update_words(setting),
        "losses": result[0],
        "evaluation": {"batch": STEPS, "loss": result[2]},
        "parameters": [
            {
                "name": parameter,
                "shape": shape,
                "fanIn": fan_in,
                **({"start": start} if start else {}),
                "changeNorm": changes[parameter],
                "norm": float(np.linalg.norm(result[1][parameter])),
                "sum": float(result[1][parameter].sum()),
                "first": result[1][parameter].ravel()[:5].tolist(),
            }
            for parameter, shape, fan_in, start in model.specs()
        ],
        "checkValues": check_values(model, setting),
    }


def main():
    """Writes every file next to this script."""
    torch.set_num_threads(1)
    assert sum(np.prod(shape) for _, shape, _, _ in MODELS["cnn"].specs()) == 1_663_370
    for name, setting in SETTINGS.items():
        text = json.dumps(vector(name, setting), indent=1)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
