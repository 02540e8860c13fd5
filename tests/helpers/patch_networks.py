"""Networks whose attribution is known: linear ones, and one that sees a planted patch alone."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import dnnvis
from dnnvis.network.network import Network

SIDE, PATCH = 32, 6  # of the pictures and of the planted patch, in pixels


class Linear(nn.Module):
    """Two sums of the pixels with weights of their own."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(weights[0].numel(), len(weights))
        with torch.no_grad():
            self.linear.weight.copy_(weights.flatten(1))
            self.linear.bias.copy_(torch.tensor([0.25, -0.5]))

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.linear(self.flatten(x))
        return answer


def linear_network(height: int = 6, width: int = 8) -> tuple[Network, NDArray[np.float32]]:
    """A linear network, and its weights (2, H, W, 3)."""
    weights = torch.randn((2, 3, height, width), generator=torch.Generator().manual_seed(3))
    network = dnnvis.wrap(Linear(weights), size=(height, width))
    return network, weights.permute(0, 2, 3, 1).numpy()


class PatchDetector(nn.Module):
    """Class 1 fires where a red-green checkered patch lies, class 0 on brightness elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        pattern = planted_patch().astype(np.float32).transpose(2, 0, 1) / 255  # (3, PATCH, PATCH)
        kernel = torch.from_numpy(pattern - pattern.mean((1, 2), keepdims=True))
        self.detect = nn.Conv2d(3, 2, PATCH, padding=PATCH // 2)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.flatten = nn.Flatten()
        self.out = nn.Linear(2, 2)
        with torch.no_grad():
            self.detect.weight[0] = 0.05
            self.detect.weight[1] = kernel
            self.detect.bias.copy_(torch.tensor([0.0, -4.0]))
            self.out.weight.copy_(torch.eye(2))
            self.out.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.out(self.flatten(self.pool(self.relu(self.detect(x)))))
        return answer


def planted_patch() -> NDArray[np.uint8]:
    """The patch that the detector sees, uint8 (PATCH, PATCH, 3)."""
    rows, columns = np.indices((PATCH, PATCH)) // 2
    patch = np.zeros((PATCH, PATCH, 3), np.uint8)
    patch[..., 0] = 255 * ((rows + columns) % 2)
    patch[..., 1] = 255 - patch[..., 0]
    return patch


def picture_with_patch(seed: int) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Smooth noise uint8 (SIDE, SIDE, 3) with the patch somewhere, and where it begins (y, x)."""
    dice = np.random.default_rng(seed)
    coarse = torch.from_numpy(dice.random((1, 3, 5, 5)))
    smooth = nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bilinear")[0]
    image = (smooth.permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    y, x = (int(number) for number in dice.integers(0, SIDE - PATCH + 1, 2))
    image[y : y + PATCH, x : x + PATCH] = planted_patch()
    return image, (y, x)


def small_classifier(seed: int = 0) -> Network:
    """A convolutional network of three classes with random weights, 24 x 24 pixels."""
    torch.manual_seed(seed)
    module = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 3),
    )
    return dnnvis.wrap(module, size=24, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))
