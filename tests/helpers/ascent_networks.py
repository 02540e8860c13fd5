"""Small seeded networks to climb on, and short words for climbing."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent.batch_ascent import BatchAscent
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

# a pass without chance, whole pictures, no folding to hide behind
STILL: dict[str, Any] = {
    "window": 0,
    "canvas": 0,
    "jitter": 0.0,
    "jitter_after": 0.0,
    "rotate": 0.0,
    "smallest": 1.0,
    "largest": 1.0,
    "noise": 0.0,
}


class Twice(nn.Module):
    """One convolution called two times, then classes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.head = nn.Linear(3, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(self.conv(x).tanh()).mean((2, 3)))


def seeded(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module with weights of trained scale."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            scale = (2 / weight[0].numel()) ** 0.5 if weight.dim() > 1 else 0.1
            weight.copy_(scale * torch.randn(weight.shape, generator=generator))
    return module.eval()


def small(size: int | tuple[int, int] = 16, channels: int = 3, seed: int = 0) -> Network:
    """conv - ELU - conv - ReLU - pool - flatten - classes, layers 0 ... 6."""
    module = nn.Sequential(
        nn.Conv2d(channels, 6, 3, padding=1),
        nn.ELU(),
        nn.Conv2d(6, 5, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(20, 4),
    )
    mean = (0.48, 0.46, 0.41) if channels == 3 else (0.45,)
    return wrap(seeded(module, seed), size=size, mean=mean, std=(0.25,), channels=channels)


def recipe(preset: str = "live", **changes: Any) -> Recipe:
    return PRESETS[preset].with_changes(changes)


def pictures(*shape: int, seed: int = 0) -> Tensor:
    """Noise in [0, 1)."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def climbing(
    net: Network,
    how: Recipe,
    goals: str | Sequence[str],
    seeds: Sequence[int] = (0,),
    pixels: Tensor | None = None,
) -> BatchAscent:
    """A climb with a picture per seed (of one goal), or per goal."""
    texts = [goals] * len(seeds) if isinstance(goals, str) else list(goals)
    wishes = [Objective.parse(text) for text in texts]
    climb = BatchAscent(net, how, wishes[0])
    climb.add(wishes, seeds, pixels)
    return climb
