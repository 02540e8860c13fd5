"""Train a network to mark the way through mazes, and to get on with it for longer.

The loss is that of the last output alone. What the network decodes to before is never trained:
neither by a loss of its own, nor because the run ends there, for no run ends before
``MazeSetting.learned_steps`` steps. Else what it imagines on the way would be no evidence.

After the progressive loss of Bansal et al. 2022 each run begins with a random number of steps
without gradient, so that the cell learns to go on from wherever it has come to, and not to count.
They average that loss with the one of a run of full length from the encoder's state; here one
random number of free steps, which may be 0 and is larger the longer the training has gone on, is
followed by a fixed number of learned ones.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.core.mazes.maze import Mazes, validate_maze_size
from dnnvis.sources.mazes.draw import draw_mazes
from dnnvis.sources.mazes.truths import MazeTruths
from dnnvis.training.loop import TrainingTaskDefaults
from dnnvis.zoo.beyond.maze import MazeNet, MazeSpec

VALIDATION_MAZES_AND_SEED = 250, 7  # mazes, and their seed
TEST_MAZES_AND_SEED = 2000, 99  # the same of the score in the card
BATCHES_DRAWN = 50  # batches whose mazes are drawn at once
PATH_THRESHOLD = 0.5  # a square is on the path from here on


@dataclass(frozen=True)
class MazeSetting:
    """Settings of a run of a maze network."""

    #: Steps of the finished network, and of its scores.
    steps: int = 30
    #: Channels of the hidden state.
    channels: int = 32
    #: Rows and columns of the square training mazes.
    size: int = 9
    #: Mazes in a batch.
    batch: int = 64
    #: Steps of the cell with gradient, the last ones.
    learned_steps: int = 20
    #: Most steps without gradient before them at the end of the training; each batch draws from 0
    #: to a number that grows with the batches.
    free_steps: int = 80
    #: Largest learning rate.
    rate: float = 2e-3
    #: Batches in which the rate rises at the start.
    warm: int = 100
    #: Largest norm of a gradient.
    clip: float = 1.0
    #: Batches in all.
    most: int = 1500
    #: Random seed.
    seed: int = 0

    def __post_init__(self) -> None:
        validate_maze_size((self.size, self.size))
        if min(self.batch, self.learned_steps, self.most) < 1 or self.free_steps < 0:
            raise BadInput("A batch, the learned steps and the whole run begin at 1.")
        MazeSpec(self.steps, self.channels)

    @property
    def spec(self) -> MazeSpec:
        """Return the network's structure."""
        return MazeSpec(self.steps, self.channels)


class MazeTask(TrainingTaskDefaults):
    """The task of a maze network; see ``loop.TrainingTask``. Mazes are drawn as it learns.

    ``network`` learns, and is the ``module`` too. Rows of the curve hold after the seconds the
    fraction of right floor squares; the accuracy is the fraction of mazes whose path is exact.
    """

    def __init__(self, setting: MazeSetting) -> None:
        torch.manual_seed(setting.seed)
        self.config = setting
        self.name = "maze-9" if setting.size == 9 else f"maze-{setting.size}"
        self.setting: dict[str, Any] = asdict(setting)
        self.network = MazeNet(setting.spec).to(memory_format=torch.channels_last)
        self.module: nn.Module = self.network
        self.steps = setting.most
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Adam(self.module.parameters(), lr=setting.rate, fused=True)
        ]
        count, seed = VALIDATION_MAZES_AND_SEED
        size = (setting.size, setting.size)
        self.validation = draw_mazes(count, size, np.random.default_rng(seed))
        self._chunk: tuple[int, Mazes, NDArray[np.bool_]] | None = None

    @property
    def curve_columns(self) -> list[str]:
        """Return the names of a curve row's numbers."""
        return ["step", "loss", "accuracy", "seconds", "squares"]

    def train_step(self, step: int) -> float:
        """Train on one batch; return the loss."""
        self.optimizers[0].param_groups[0]["lr"] = self.config.rate * self._rate_factor(step)
        pictures, path, floor = self.batch(step)
        rng = np.random.default_rng([2000 + self.config.seed, step])
        free = int(rng.integers(0, self.free_steps_at(step) + 1))
        self.optimizers[0].zero_grad()
        if free:
            with torch.no_grad():
                state = self.network.think(self.network.encode(pictures), pictures, free)
        else:
            state = self.network.encode(pictures)
        state = self.network.think(state, pictures, self.config.learned_steps)
        each = F.binary_cross_entropy_with_logits(
            self.network.logits(state), path, reduction="none"
        )
        loss = (each * floor).sum() / floor.sum()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.module.parameters(), self.config.clip)
        self.optimizers[0].step()
        return float(loss.detach())

    def score(self, step: int) -> list[float]:
        """Return the fraction of exact paths, and of right floor squares."""
        marked = mark_paths(self.network, self.validation, (self.config.steps,))[0]
        exact, squares = path_accuracy(marked, self.validation)
        return [exact, squares]

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return pictures (B, 3, H, W) in [0, 1], and path and floor (B, 1, H, W) of 0 and 1."""
        number, offset = divmod(step, BATCHES_DRAWN)
        if self._chunk is None or self._chunk[0] != number:
            rng = np.random.default_rng([1000 + self.config.seed, number])
            size = (self.config.size, self.config.size)
            mazes = draw_mazes(BATCHES_DRAWN * self.config.batch, size, rng)
            self._chunk = (number, mazes, MazeTruths(mazes).path)
        part = slice(offset * self.config.batch, (offset + 1) * self.config.batch)
        mazes, path = self._chunk[1][part], self._chunk[2][part]
        squares = [torch.from_numpy(values)[:, None].float() for values in (path, mazes.floor)]
        return as_maze_input(mazes), squares[0], squares[1]

    def free_steps_at(self, step: int) -> int:
        """Return the most steps without gradient at a step of the training."""
        return round(self.config.free_steps * step / self.config.most)

    def _rate_factor(self, step: int) -> float:
        """Return the factor of the rate at a step: it rises in a line and falls as a cosine."""
        warmup = min((step + 1) / max(self.config.warm, 1), 1.0)
        return warmup * 0.5 * (1 + math.cos(math.pi * step / self.config.most))


def as_maze_input(mazes: Mazes) -> Tensor:
    """Return mazes as a network's input (B, 3, H, W) in [0, 1]."""
    pixels = torch.from_numpy(mazes.pictures())
    return pixels.permute(0, 3, 1, 2).to(torch.float32).div_(255)


@torch.inference_mode()
def mark_paths(
    net: MazeNet, mazes: Mazes, steps: tuple[int, ...], batch: int = 64
) -> NDArray[np.bool_]:
    """Return the squares that a network marks after several numbers of steps.

    Args:
        net: The network.
        mazes: The mazes.
        steps: Numbers of steps, ascending, from 0.
        batch: Mazes in one pass.

    Returns:
        Whether each square is marked (len(steps), B, H, W).
    """
    marked = np.zeros((len(steps), *mazes.floor.shape), np.bool_)
    for first in range(0, len(mazes), batch):
        part = slice(first, first + batch)
        pictures = as_maze_input(mazes[part])
        state, done = net.encode(pictures), 0
        for k, number in enumerate(steps):
            state, done = net.think(state, pictures, number - done), number
            marked[k, part] = (net.decoder(state)[:, 0] >= PATH_THRESHOLD).numpy()
    return marked


def path_accuracy(marked: NDArray[np.bool_], mazes: Mazes) -> tuple[float, float]:
    """Return the fraction of mazes whose path is exact, and of floor squares that are right.

    Args:
        marked: The squares that a network marks, (B, H, W); on walls they do not count.
        mazes: The mazes.
    """
    right = (marked == MazeTruths(mazes).path) | ~mazes.floor
    exact = right.all((1, 2)).mean()
    return float(exact), float(right[mazes.floor].mean())


def score_maze(net: MazeNet, setting: MazeSetting) -> dict[str, Any]:
    """Score a network on fresh mazes of the training's size after the setting's steps.

    Returns:
        ``exact``, the fraction of exact paths, ``squares``, of right floor squares, and how many
        ``mazes`` it was.
    """
    count, seed = TEST_MAZES_AND_SEED
    mazes = draw_mazes(count, (setting.size, setting.size), np.random.default_rng(seed))
    exact, squares = path_accuracy(mark_paths(net, mazes, (setting.steps,))[0], mazes)
    return {"exact": round(exact, 4), "squares": round(squares, 5), "mazes": count}
