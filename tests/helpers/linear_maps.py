"""A map of one matrix product, and small networks to walk on it."""

import numpy as np
import torch
from torch import Tensor, nn

from dnnvis.introspect.features import choose_columns
from dnnvis.introspect.map import Map, MapExamples
from dnnvis.introspect.mlp import NumpyMLP
from dnnvis.introspect.pca import Basis
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

LINES = {"line 2d": 0.1, "line rich": 0.2}


class Passes:
    """A count that no trial pass puts back."""

    count = 0


class Dense(nn.Module):
    """12 pixels - 8 sigmoid units - 3 outputs, sigmoid or logits; counts its passes."""

    def __init__(self, logits: bool = False, seed: int = 0, scale: float = 1.0) -> None:
        super().__init__()
        self.first = nn.Linear(12, 8)
        self.hidden = nn.Sigmoid()
        self.last = nn.Linear(8, 3)
        self.logits = logits
        self.passes = Passes()
        dice = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for value in self.parameters():
                value.copy_(torch.randn(value.shape, generator=dice) * scale)

    def forward(self, x: Tensor) -> Tensor:
        self.passes.count += 1
        y = self.last(self.hidden(self.first(x.flatten(1))))
        return y if self.logits else y.sigmoid()


def dense(**settings: object) -> Network:
    return wrap(Dense(**settings), size=(3, 4), channels=1)  # type: ignore[arg-type]


def hand_map(network: Network, layers: str = "hidden", estimators: bool = True) -> Map:
    """z = h A + b with two linear estimators, all drawn with a seed."""
    columns = choose_columns(network, [layers])
    wide = columns.width
    dice = np.random.default_rng(3)

    def linear(out: int, many: int) -> NumpyMLP:
        return NumpyMLP(
            [
                dice.standard_normal((out, many)).astype(np.float32),
                dice.standard_normal(out).astype(np.float32),
            ]
        )

    encoder, two, rich = linear(2, wide), linear(1, 2), linear(1, wide)
    none = np.zeros(0, np.float32)
    whole = np.zeros(0, np.int64)
    return Map(
        columns,
        encoder,
        linear(wide, 2),
        {"2d": two, "rich": rich} if estimators else {},
        Basis(
            np.zeros(wide, np.float32),
            np.ones(wide, np.float32),
            np.eye(wide, 2, dtype=np.float32),
            1.0,
            none,
            np.zeros(wide, bool),
        ),
        MapExamples(
            np.zeros((0, 2), np.float32),
            whole,
            whole,
            none,
            none,
            whole,
            whole,
            np.zeros(0, bool),
            {},
        ),
        ("a", "b", "c"),
        none,
        none,
        none,
        none,
        np.zeros(0, bool),
        (-4.0, 4.0, -4.0, 4.0),
        network.fingerprint,
        {},
        dict(LINES) if estimators else {},
        network=network,
    )


def pictures(many: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).random((many, 1, 3, 4), np.float32))
