"""Networks with repeated calls, and the game played cell by cell."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dnnvis.network.card import Card
from dnnvis.network.network import Network
from dnnvis.zoo.life import LifeNet, LifeSpec


def life(
    spec: LifeSpec | None = None, *, game_steps: int | None = None, size: int = 12, **about: Any
) -> Network:
    """An untrained network that plays the Game of Life, with its card."""
    spec = spec or LifeSpec(channels=6)
    torch.manual_seed(3)
    told = {"border": spec.border, "autoencoder": True, "life": spec.as_dict()}
    told |= {"game_steps": spec.steps if game_steps is None else game_steps} | about
    card = Card(
        name="life",
        size=(size, size),
        channels=1,
        fit="free",
        binary=True,
        architecture="life",
        states=spec.states,
        decoder="decoder",
        about=told,
    )
    return Network(LifeNet(spec), card)


def board(size: int = 12, seed: int = 0) -> np.ndarray:
    """uint8 (size, size, 1) of 0 and 255, as a source gives it."""
    alive = np.random.default_rng(seed).random((size, size, 1)) < 0.4
    return (alive * 255).astype(np.uint8)


def games(cells: np.ndarray, steps: int, border: str, born: tuple[int, ...] = (3,)) -> np.ndarray:
    """(steps + 1, H, W), counting neighbours cell by cell; survival is Conway's."""
    states = [np.array(cells)]
    high, wide = cells.shape
    for _ in range(steps):
        now, then = states[-1], np.zeros_like(cells)
        for y in range(high):
            for x in range(wide):
                around = 0
                for dy in (-1, 0, 1):
                    for dx in (-1, 0, 1):
                        v, u = y + dy, x + dx
                        if border == "periodic":
                            v, u = v % high, u % wide
                        elif not (0 <= v < high and 0 <= u < wide):
                            continue
                        around += now[v, u] if (dy, dx) != (0, 0) else 0
                then[y, x] = around in ((2, 3) if now[y, x] else born)
        states.append(then)
    return np.stack(states)


class Counted(nn.Module):
    """A module that counts its calls."""

    def __init__(self, inner: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.inner = inner
        self.counter = itertools.count()  # nothing that a trial pass puts back

    def forward(self, x: Tensor) -> Tensor:
        next(self.counter)
        return self.inner(x)

    @property
    def calls(self) -> int:
        """Return the number of calls so far."""
        return int(self.counter.__reduce__()[1][0])


class Reader(nn.Module):
    """Reads a picture row by row with a cell; a dense layer answers."""

    def __init__(self, hidden: int = 7, classes: int = 5) -> None:
        super().__init__()
        self.cell = nn.RNNCell(8, hidden)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        state = torch.zeros(len(x), self.cell.hidden_size)
        for row in x[:, 0].unbind(1):
            state = self.cell(row, state)
        return self.head(state)


class Shared(nn.Module):
    """A residual network with one block for all depths."""

    def __init__(self, channels: int = 6) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Linear(channels, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for _ in range(3):
            x = x + self.block(x)
        return self.head(x.mean((2, 3)))


class Painter(nn.Module):
    """A latent vector that is changed three times by one layer, and then painted."""

    def __init__(self, painter: nn.Module) -> None:
        super().__init__()
        self.look = nn.Sequential(nn.Flatten(), nn.Linear(64, 6))
        self.think = nn.Sequential(nn.Linear(6, 6), nn.Tanh())
        self.paint = painter

    def forward(self, x: Tensor) -> Tensor:
        z = self.look(x)
        for _ in range(3):
            z = self.think(z)
        return self.paint(z)


class Looking(nn.Module):
    """A small transformer with one block for all depths and a class token."""

    def __init__(self, width: int = 8, classes: int = 5) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, width, 4, 4)
        self.first = nn.Parameter(torch.randn(1, 1, width))
        self.block = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width))
        self.norm = nn.LayerNorm(width)
        self.answer = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.first.expand(len(x), 1, -1), tokens], 1)
        for _ in range(3):
            tokens = self.block(tokens)
        return self.answer(tokens[:, 0])
