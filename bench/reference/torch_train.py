"""An ordinary PyTorch training loop on one thread: nn.Module, torch.optim.SGD, tensors in memory."""

import measure

try:
    import torch
except ImportError as error:
    measure.leave_without("torch", error)

from torch import nn

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


def epochs(arguments):
    """Trains forever on random examples, in a fresh order every epoch; yields each step's loss."""
    torch.set_num_threads(1)
    torch.manual_seed(measure.SEED)
    shape = (1, 28, 28) if arguments.model == "cnn" else (measure.FEATURES,)
    features = torch.rand(arguments.examples, *shape)
    labels = torch.randint(0, measure.CLASSES, (arguments.examples,))
    model = MODELS[arguments.model]()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=measure.LEARNING_RATE)
    while True:
        order = torch.randperm(arguments.examples)
        for start in range(0, arguments.examples - arguments.batch + 1, arguments.batch):
            batch = order[start : start + arguments.batch]
            optimizer.zero_grad(set_to_none=True)  # the default since PyTorch 2, and a little faster
            loss = criterion(model(features.index_select(0, batch)), labels.index_select(0, batch))
            loss.backward()
            optimizer.step()
            yield loss.item()


if __name__ == "__main__":
    options = measure.parse_arguments(__doc__, list(MODELS))
    measure.measure("pytorch", torch.__version__, options, epochs(options))
