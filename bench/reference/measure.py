"""What both reference loops share: one thread, the command line, the clock, the JSON line."""

import argparse
import os
import sys

# BLAS and OpenMP read these when they are loaded, so they must be set before numpy or torch is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
    os.environ[name] = "1"

import json  # noqa: E402
import re  # noqa: E402
import time  # noqa: E402

FEATURES = 784
CLASSES = 10
LEARNING_RATE = 0.1
SEED = 0


def parse_arguments(description, models):
    """The command line of a reference loop; exits with code 2 and one sentence when it is wrong."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", choices=models, required=True)
    parser.add_argument("--batch", type=positive_integer, default=10, help="examples a step")
    parser.add_argument("--examples", type=positive_integer, default=6000, help="examples in memory")
    parser.add_argument("--warm-up", type=positive_integer, default=50, help="steps before the clock starts")
    parser.add_argument("--seconds", type=positive_number, default=3.0, help="wall time to measure for, at least")
    parser.add_argument("--data", choices=["random"], default="random")
    arguments = parser.parse_args()
    if arguments.examples < arguments.batch:
        parser.error(f"examples must be at least batch, got {arguments.examples}")
    return arguments


def positive_integer(text):
    """An integer of 1 or more."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer, got {text}")
    return int(text)


def positive_number(text):
    """A finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a positive number, got {text}")
    return value


def leave_without(package, error):
    """Ends with exit code 3 and one line on stderr: the reference engine is not installed."""
    print(f"{package} cannot be imported: {error}", file=sys.stderr)
    sys.exit(3)


def blas_name():
    """The BLAS this process computes with, or "unknown": the reference one is several times slower than the others."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            files = {line.split()[-1].lower() for line in maps if ".so" in line}
    except OSError:
        return "unknown"
    # LAPACK may bring a second library: where there is a libblas, that is the one numpy and torch call.
    system_blas = [file for file in files if "/libblas.so" in file]
    for name in ("openblas", "mkl", "blis", "atlas"):
        if any(re.search(rf"/(lib\w*)?{name}", file) for file in system_blas or files):
            return name
    return "reference" if system_blas else "unknown"


def measure(engine, version, arguments, epochs):
    """
    Runs whole steps until the time is up and prints one JSON line.

    `epochs` yields the training loss after every step, over batches of exactly `--batch` examples, forever.
    """
    for _ in range(arguments.warm_up):
        next(epochs)
    steps = 0
    loss_sum = 0.0
    cpu_start = time.process_time()
    wall_start = time.perf_counter()
    while time.perf_counter() - wall_start < arguments.seconds:
        loss_sum += next(epochs)
        steps += 1
    wall_seconds = time.perf_counter() - wall_start
    cpu_seconds = time.process_time() - cpu_start
    examples = steps * arguments.batch
    line = {
        "engine": engine,
        "version": version,
        "blas": blas_name(),
        "model": arguments.model,
        "batch": arguments.batch,
        "steps": steps,
        "examples": examples,
        "meanLoss": round(loss_sum / max(steps, 1), 6),
        "cpuSeconds": round(cpu_seconds, 6),
        "wallSeconds": round(wall_seconds, 6),
        "examplesPerCpuSecond": round(examples / cpu_seconds, 1) if cpu_seconds > 0 else 0,
    }
    print(json.dumps(line))
