"""Build Net1: the deep feed-forward MNIST classifier of Pardo et al. 2019, Table 1."""

from collections import OrderedDict

from torch import nn


def net1(dropout: float = 0.0, classes: int = 10) -> nn.Sequential:
    """Build 784 - 12 x 200 ELU - 10 sigmoid outputs, for images (B, 1, 28, 28) in [0, 1].

    ``dropout`` is the fraction of values dropped after each hidden ELU while training (the
    paper keeps 0.9); it adds no parameters, so a trained file fits either way.
    ``classes`` is 10 in the paper.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    width = 784
    for k in range(1, 13):
        layers[f"dense{k}"] = nn.Linear(width, 200)
        layers[f"elu{k}"] = nn.ELU()
        if dropout:
            layers[f"drop{k}"] = nn.Dropout(dropout)
        width = 200
    layers["out"] = nn.Linear(width, classes)
    layers["sigmoid"] = nn.Sigmoid()
    return nn.Sequential(layers)
