"""Train a network to predict the position after some plies of optimal play.

The pieces are king and rook against king, White is to move. Source: Wichers et al. 2022, the last
section: their network for chess problems showed none of the positions in between. As in
``life_task``, which has the same network and the same loss, the network sees first and last
positions only, and is an autoencoder of the first one beside that. Ours: an ending whose optimal
play is known, so that what lies between is no matter of opinion.
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
from dnnvis.sources.chess.krk import Squares, exact_play
from dnnvis.sources.chess.positions import (
    PIECES,
    draw_boards,
    positions_with_line,
    read_boards,
    split_positions,
)
from dnnvis.training.loop import TrainingTaskDefaults
from dnnvis.zoo.life import CELL_KERNELS, LifeNet, LifeSpec

VALIDATION_POSITIONS_AND_SEED = 1000, 7  # positions of the test share, and the seed that picks them
TEST_POSITIONS_AND_SEED = 2000, 99  # the same of the score in the card
MAX_PLIES = 30  # of a line: the longest mate takes 31


@dataclass(frozen=True)
class ChessSetting:
    """Settings of a run of a chess network."""

    #: Steps of the network, and plies of play between first and last position.
    steps: int = 4
    #: Channels of the hidden state.
    channels: int = 48
    #: lean | faithful.
    cell: str = "faithful"
    #: Whether the autoencoder's loss counts.
    autoencoder: bool = True
    #: Positions in a batch.
    batch: int = 64
    #: Largest learning rate.
    rate: float = 3e-3
    #: Batches in which the rate rises at the start.
    warm: int = 100
    #: Largest norm of a gradient.
    clip: float = 1.0
    #: Batches in all.
    most: int = 30_000
    #: Random seed.
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cell not in CELL_KERNELS:
            raise BadInput(f"A cell is {' or '.join(CELL_KERNELS)}, not '{self.cell}'.")
        if not 1 <= self.steps <= MAX_PLIES:
            raise BadInput(
                f"A line of king and rook against king has 1 to {MAX_PLIES} plies, "
                f"not {self.steps}."
            )
        if min(self.batch, self.most) < 1:
            raise BadInput("A batch and a run begin at 1.")

    @property
    def spec(self) -> LifeSpec:
        """Return the network's structure."""
        return LifeSpec(
            steps=self.steps, channels=self.channels, cell=CELL_KERNELS[self.cell], planes=3
        )


class ChessTask(TrainingTaskDefaults):
    """The task of a chess network; see ``loop.TrainingTask``.

    ``network`` learns, and is the ``module`` too. The accuracy is the fraction of last positions
    whose three pieces are where they should be, each read where its plane is largest; rows of the
    curve hold after the seconds the same of each piece, and of the first position from state 0.
    """

    def __init__(self, setting: ChessSetting) -> None:
        torch.manual_seed(setting.seed)
        self.config = setting
        self.name = "chess-krk"
        self.setting: dict[str, Any] = asdict(setting)
        self.network = LifeNet(setting.spec).to(memory_format=torch.channels_last)
        self.module: nn.Module = self.network
        self.steps = setting.most
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Adam(self.module.parameters(), lr=setting.rate, fused=True)
        ]
        self.lines, test = split_lines(setting.steps)
        count, seed = VALIDATION_POSITIONS_AND_SEED
        chosen = np.random.default_rng(seed).permutation(len(test))[:count]
        self.validation = test[chosen]

    @property
    def curve_columns(self) -> list[str]:
        """Return the names of a curve row's numbers."""
        return ["step", "loss", "accuracy", "seconds", "white king", "rook", "black king", "first"]

    def train_step(self, step: int) -> float:
        """Train on one batch; return the loss."""
        self.optimizers[0].param_groups[0]["lr"] = self.config.rate * self._rate_factor(step)
        first, last = self.batch(step)
        self.optimizers[0].zero_grad()
        hidden = self.network.states(first)
        decode = self.network.decoder
        loss = F.mse_loss(decode(hidden[-1]), last)
        if self.config.autoencoder:
            loss = (loss + F.mse_loss(decode(hidden[0]), first)) / 2
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.module.parameters(), self.config.clip)
        self.optimizers[0].step()
        return float(loss.detach())

    def score(self, step: int) -> list[float]:
        """Return the fractions of right positions, of each right piece, and of right first ones."""
        imagined = imagine_positions(self.network, self.validation[:, 0])
        read = read_boards(imagined[:, (0, -1)])  # (B, 2, 3)
        last = read[:, 1] == self.validation[:, -1]
        first = (read[:, 0] == self.validation[:, 0]).all(1).mean()
        return [float(last.all(1).mean()), *map(float, last.mean(0)), float(first)]

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return boards (B, 3, 8, 8) of first positions and of those after all plies."""
        rng = np.random.default_rng([1000 + self.config.seed, step])
        lines = self.lines[rng.integers(0, len(self.lines), self.config.batch)]
        return as_chess_input(lines[:, 0]), as_chess_input(lines[:, -1])

    def _rate_factor(self, step: int) -> float:
        """Return the factor of the rate at a step: it rises in a line and falls as a cosine."""
        warmup = min((step + 1) / max(self.config.warm, 1), 1.0)
        return warmup * 0.5 * (1 + math.cos(math.pi * step / self.config.most))


def split_lines(plies: int) -> tuple[Squares, Squares]:
    """Return lines (N, plies + 1, 3) of optimal play to train on, and those to test on.

    They begin in all positions with White to move from which mate takes as many plies or more.
    """
    play = exact_play()
    train, test = split_positions(positions_with_line(play, plies))
    return play.line(train, plies), play.line(test, plies)


def as_chess_input(positions: Squares) -> Tensor:
    """Return positions (B, 3) as a network's input (B, 3, 8, 8) of 0 and 1."""
    return torch.from_numpy(draw_boards(positions)).float()


@torch.inference_mode()
def imagine_positions(net: LifeNet, positions: Squares, batch: int = 250) -> NDArray[np.float32]:
    """Decode every state of a network that is given positions.

    Args:
        net: The network.
        positions: First positions (B, 3).
        batch: Positions in one pass.

    Returns:
        Raw values (B, steps + 1, 3, 8, 8).
    """
    parts = []
    for start in range(0, len(positions), batch):
        states = net.states(as_chess_input(positions[start : start + batch]))
        parts.append(torch.stack([net.decoder(state) for state in states], 1).numpy())
    return np.concatenate(parts)


def score_chess(net: LifeNet, setting: ChessSetting) -> dict[str, float]:
    """Score a network on the test positions, picked with a fixed seed.

    Returns:
        ``exact``, the fraction of last positions with all pieces right, one entry a piece, and how
        many ``positions`` it was.
    """
    count, seed = TEST_POSITIONS_AND_SEED
    lines = split_lines(setting.steps)[1]
    lines = lines[np.random.default_rng(seed).permutation(len(lines))[:count]]
    right = read_boards(imagine_positions(net, lines[:, 0])[:, -1]) == lines[:, -1]
    pieces = {name: round(float(v), 4) for name, v in zip(PIECES, right.mean(0), strict=True)}
    return {"exact": round(float(right.all(1).mean()), 4), **pieces, "positions": len(lines)}
