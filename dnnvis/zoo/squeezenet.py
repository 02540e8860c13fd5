"""Build SqueezeNet 1.1 (Iandola et al. 2016) with the layer names of torchvision's.

Built here because importing torchvision takes longer than everything else at a start.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

ARCHITECTURE = "squeezenet1_1"
HEAD = "classifier.1.weight"
#: Squeeze and expand channels of the fire modules; None is a pool of 3 x 3, stride 2.
FIRES = (
    (16, 64),
    (16, 64),
    None,
    (32, 128),
    (32, 128),
    None,
    (48, 192),
    (48, 192),
    (64, 256),
    (64, 256),
)


class Fire(nn.Module):
    """Squeeze by a 1 x 1 convolution, then expand by a 1 x 1 and a 3 x 3 beside each other."""

    def __init__(self, channels: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 2 expanded, H, W) for (B, channels, H, W)."""
        x = self.squeeze_activation(self.squeeze(x))
        narrow = self.expand1x1_activation(self.expand1x1(x))
        return torch.cat([narrow, self.expand3x3_activation(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1 for pictures (B, 3, H, W); returns logits (B, classes)."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(inplace=True), _pool()]
        channels = 64
        for fire in FIRES:
            layers.append(_pool() if fire is None else Fire(channels, *fire))
            channels = channels if fire is None else 2 * fire[1]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Conv2d(channels, classes, 1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d((1, 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, classes) of pictures (B, 3, H, W)."""
        return torch.flatten(self.classifier(self.features(x)), 1)


def count_classes(state: Mapping[str, Tensor]) -> int | None:
    """Return the number of classes in weights of this architecture; None in others."""
    return int(state[HEAD].shape[0]) if HEAD in state else None


def _pool() -> nn.Module:
    return nn.MaxPool2d(3, 2, ceil_mode=True)
