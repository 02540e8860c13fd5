"""The small network behind the golden files: its weights are written by arithmetic, not by lot."""

import torch
from torch import nn


def net() -> nn.Module:
    """3 x 12 x 12 pixels to 3 classes, through two layers of maps and one of eight units."""
    module = nn.Sequential()
    module.add_module("conv1", nn.Conv2d(3, 4, 3, padding=1))
    module.add_module("relu1", nn.ReLU())
    module.add_module("conv2", nn.Conv2d(4, 5, 3, stride=2, padding=1))
    module.add_module("relu2", nn.ReLU())
    module.add_module("flat", nn.Flatten())
    module.add_module("dense", nn.Linear(5 * 36, 8))
    module.add_module("elu", nn.ELU())
    module.add_module("last", nn.Linear(8, 3))
    with torch.no_grad():
        for number, weight in enumerate(module.parameters(), 1):
            steps = torch.arange(weight.numel()) * (37 + 2 * number) % 101 - 50
            scale = 2.0 ** -round(5 + weight[0].numel().bit_length() / 2)
            weight.copy_(steps.reshape(weight.shape) * scale)
    return module
