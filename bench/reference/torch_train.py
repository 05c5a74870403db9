"""An ordinary PyTorch training loop on one thread: nn.Module, torch.optim.SGD, tensors in memory."""

import measure

try:
    import torch
except ImportError as error:
    measure.leave_without("torch", error)

from torch import nn

from torch_language import LANGUAGE_MODELS

MODELS = {
    "mlp": lambda: nn.Sequential(
        nn.Linear(measure.FEATURES, 128),
        nn.ReLU(),
        nn.Linear(128, measure.CLASSES),
    ),
    "2nn": lambda: nn.Sequential(
        nn.Linear(measure.FEATURES, 200),
        nn.ReLU(),
        nn.Linear(200, 200),
        nn.ReLU(),
        nn.Linear(200, measure.CLASSES),
    ),
    "cnn": lambda: nn.Sequential(
        nn.Conv2d(1, 32, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding="same"),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 512),
        nn.ReLU(),
        nn.Linear(512, measure.CLASSES),
    ),
}


def image_task(arguments):
    """A model, random images and their labels."""
    shape = (1, 28, 28) if arguments.model == "cnn" else (measure.FEATURES,)
    labels = torch.randint(0, measure.CLASSES, (arguments.examples,))
    return MODELS[arguments.model](), torch.rand(arguments.examples, *shape), labels


def language_task(arguments):
    """A model, random sequences and the token behind each position."""
    create, vocabulary, length = LANGUAGE_MODELS[arguments.model]
    tokens = torch.randint(0, vocabulary, (arguments.examples, length + 1))
    return create(vocabulary, length), tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()


def epochs(arguments):
    """Trains forever on random examples, in a fresh order every epoch; yields each step's loss."""
    torch.set_num_threads(1)
    torch.manual_seed(measure.SEED)
    model, features, labels = language_task(arguments) if arguments.model in LANGUAGE_MODELS else image_task(arguments)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=measure.LEARNING_RATE)
    while True:
        order = torch.randperm(arguments.examples)
        for start in range(0, arguments.examples - arguments.batch + 1, arguments.batch):
            batch = order[start : start + arguments.batch]
            optimizer.zero_grad(set_to_none=True)  # the default since PyTorch 2, and a little faster
            loss = criterion(model(features.index_select(0, batch)).flatten(0, -2), labels.index_select(0, batch).flatten())
            loss.backward()
            optimizer.step()
            yield loss.item()


if __name__ == "__main__":
    options = measure.parse_arguments(__doc__, [*MODELS, *LANGUAGE_MODELS])
    measure.measure("pytorch", torch.__version__, options, epochs(options))
