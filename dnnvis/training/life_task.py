"""Train a network to predict a later state of the Game of Life.

Source: Wichers et al. 2022, section 2. Kept from the paper: the network is trained on pairs of a
first and a final state only, with L2 loss, and averaged with that the loss of encoder and
decoder as an autoencoder. No state in between is ever shown to it, and the number of steps is
the same from the first step on: either would make its imagination worthless as evidence. Ours:
small boards, a high constant rate until 99 % are right, then a short fall of the rate (the
authors: Adam at 1e-5 to 1e-3, up to 120,000 steps).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.sources.life.rule import history
from dnnvis.sources.life.starts import draw_boards
from dnnvis.training.loop import TrainingProgress, TrainingTaskDefaults
from dnnvis.zoo.life import CELL_KERNELS, LifeNet, LifeSpec

VALIDATION_INTERVAL_STEPS = 25  # steps between two scores on the validation boards
VALIDATION_COUNT_AND_SEED = 64, 7  # boards, and their seed
MAX_SNAPSHOTS = 64  # snapshots of a run
LEARNING_RATES = {"lean": 1e-2, "faithful": 5e-3}


@dataclass(frozen=True)
class LifeSetting:
    """Settings of a run of a life network."""

    #: Steps of the network.
    steps: int = 3
    #: Steps of the game.
    game_steps: int = 3
    #: Whether the autoencoder's loss counts.
    autoencoder: bool = True
    #: One cell for all steps, else one each.
    shared: bool = True
    #: lean | faithful.
    cell: str = "lean"
    #: Channels of the hidden state.
    channels: int = 20
    #: Convolutions of the encoder.
    encoder: int = 1
    #: Convolutions of the decoder.
    decoder: int = 1
    #: Whether h + cell(h) is the next state.
    residual: bool = True
    #: dead | periodic.
    border: str = "dead"
    #: Rows and columns of the square training boards.
    size: int = 16
    #: Boards a step.
    batch: int = 16
    #: Distribution of the first boards; one of sources.life.starts.STARTS.
    start: str = "mix"
    #: Learning rate; 0: the cell's own.
    rate: float = 0.0
    #: Steps in which the rate rises at the start.
    warm: int = 100
    #: Largest norm of a gradient.
    clip: float = 1.0
    #: Accuracy at which the rate begins to fall.
    goal: float = 0.99
    #: Steps in which the rate falls once ``goal`` is reached.
    cool: int = 400
    #: Maximum of processor seconds of learning, 0: any.
    cap: float = 0.0
    #: Maximum of steps in all.
    most: int = 50_000
    #: Random seed.
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cell not in CELL_KERNELS:
            raise BadInput(f"A cell is {' or '.join(CELL_KERNELS)}, not '{self.cell}'.")
        if self.game_steps < 1 or self.steps < 1:
            raise BadInput(
                f"A network of {self.steps} steps for {self.game_steps} steps of the game has "
                "nothing to learn; both begin at 1."
            )
        if self.size < 3 or self.batch < 1:
            raise BadInput("Training boards have at least 3 rows, and a step at least one of them.")
        if self.receptive_radius < self.game_steps:
            raise BadInput(
                f"This network sees {self.receptive_radius} cells far; {self.game_steps} steps of "
                f"the game need {self.game_steps}."
            )

    @property
    def spec(self) -> LifeSpec:
        """Return the network's structure."""
        return LifeSpec(
            steps=self.steps,
            channels=self.channels,
            cell=CELL_KERNELS[self.cell],
            encoder=self.encoder,
            decoder=self.decoder,
            shared=self.shared,
            residual=self.residual,
            border=self.border,
        )

    @property
    def receptive_radius(self) -> int:
        """Return how many cells away the network can see, in any direction."""
        kernels = [3] * (self.encoder + self.decoder) + [*CELL_KERNELS[self.cell]] * self.steps
        return sum(size // 2 for size in kernels)


class LifeTask(TrainingTaskDefaults):
    """The task of a life network; see ``loop.TrainingTask``. Boards are computed by the rule.

    ``network`` learns, and is the ``module`` too. ``reached`` is the step at which the validation
    boards' final state was right to ``goal``, None before; the run ends ``cool`` steps later, or
    at the cap. Rows of the curve hold after the seconds: the accuracy of decoder(h_0) against
    state 0, and, where network and game make equally many steps, of decoder(h_k) against state k
    for k = 1 ... before the last.
    """

    changeable_settings = ("most", "cap")

    def __init__(self, setting: LifeSetting, keep_snapshots: bool = True) -> None:
        torch.manual_seed(setting.seed)
        self.config = setting
        self.name = life_network_name(setting)
        self.setting: dict[str, Any] = asdict(setting)
        self.network = LifeNet(setting.spec).to(memory_format=torch.channels_last)
        self.module: nn.Module = self.network
        self.steps = setting.most
        self.reached: int | None = None
        self.rate = setting.rate or LEARNING_RATES[setting.cell]
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Adam(self.module.parameters(), lr=self.rate, fused=True)
        ]
        self.truth = make_boards(
            setting,
            VALIDATION_COUNT_AND_SEED[0],
            np.random.default_rng(VALIDATION_COUNT_AND_SEED[1]),
        )
        self._keep_snapshots = keep_snapshots
        self._chunk: tuple[int, Tensor] = (-1, self.truth)

    @property
    def has_end(self) -> bool:
        """Return whether it is known when the run ends: once its goal is reached."""
        return self.reached is not None

    @property
    def aligned(self) -> bool:
        """Return whether state k of the network belongs to state k of the game."""
        return self.config.steps == self.config.game_steps

    @property
    def curve_columns(self) -> list[str]:
        """Return the names of a curve row's numbers."""
        between = [f"state {k}" for k in range(1, self.config.steps)] if self.aligned else []
        return ["step", "loss", "accuracy", "seconds", "state 0", *between]

    def train_step(self, step: int) -> float:
        """Train on one batch; return the loss."""
        self.optimizers[0].param_groups[0]["lr"] = self.rate * self._rate_factor(step)
        states = self.batch(step)
        first, last = states[:, :1], states[:, -1:]
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
        """Return the accuracies in [0, 1] of the final state, of state 0, and of those between."""
        accuracy = accuracies(self.network, self.truth)
        final = accuracy[-1] if self.aligned else accuracy_of(self.network, self.truth)
        between = accuracy[1:-1] if self.aligned else []
        return [final, accuracy[0], *between]

    def on_progress(self, progress: TrainingProgress) -> None:
        """Check whether the goal is reached or the time spent, and take a snapshot."""
        validations = (
            row for row in progress.curve if row[0] % VALIDATION_INTERVAL_STEPS == 0
        )  # not at other steps, where it was saved
        self.reached = next(
            (int(row[0]) for row in validations if row[2] >= self.config.goal), None
        )
        self.steps = self.config.most
        if self.reached is not None:
            self.steps = min(self.reached + self.config.cool, self.config.most)
        if self.config.cap and progress.cpu >= self.config.cap:
            self.steps = progress.step
        is_validated = progress.step % VALIDATION_INTERVAL_STEPS == 0 or progress.step >= self.steps
        if self._keep_snapshots and is_validated and progress.step not in progress.moments:
            state = self.module.state_dict()
            progress.moments[progress.step] = {k: v.clone() for k, v in state.items()}
            thin_snapshots(progress.moments)

    def batch(self, step: int) -> Tensor:
        """Return the boards of a step with all their states, (batch, game_steps + 1, H, W)."""
        number, offset = divmod(step, VALIDATION_INTERVAL_STEPS)
        if self._chunk[0] != number:
            rng = np.random.default_rng([1000 + self.config.seed, number])
            self._chunk = (
                number,
                make_boards(self.config, VALIDATION_INTERVAL_STEPS * self.config.batch, rng),
            )
        return self._chunk[1][offset * self.config.batch : (offset + 1) * self.config.batch]

    def _rate_factor(self, step: int) -> float:
        """Return the factor of the rate at a step.

        It rises, stays, and falls once the goal is reached.
        """
        warmup = min((step + 1) / max(self.config.warm, 1), 1.0)
        if self.reached is None:
            return warmup
        cosine = math.cos(math.pi * (step - self.reached) / max(self.config.cool, 1))
        return warmup * 0.5 * (1 + cosine)


def make_boards(setting: LifeSetting, count: int, rng: np.random.Generator) -> Tensor:
    """Draw boards and compute their later states.

    Args:
        setting: Their size, distribution and border, and the steps of the game.
        count: Number of boards.
        rng: Source of random numbers.

    Returns:
        Boards float32 (count, game_steps + 1, H, W) of 0 and 1.
    """
    size = (setting.size, setting.size)
    first = draw_boards(setting.start, count, size, rng, setting.border)
    return torch.from_numpy(history(first, setting.game_steps, setting.border)).float()


@torch.inference_mode()
def accuracies(net: LifeNet, truth: Tensor, batch: int = 16) -> list[float]:
    """Return the accuracy of each decoded state, decoder(h_k) against state k.

    Args:
        net: The network.
        truth: Boards with their states (B, T + 1, H, W).
        batch: Boards in one pass.

    Returns:
        Fraction of right cells, for every k that both have.
    """
    correct = torch.zeros(min(net.spec.steps + 1, truth.shape[1]), dtype=torch.float64)
    for part in torch.split(truth, batch):
        alive = net.imagine(part[:, :1])[:, : len(correct)] >= 0.5
        correct += (alive == (part[:, : len(correct)] > 0)).double().mean((2, 3)).sum(0)
    return (correct / len(truth)).tolist()


@torch.inference_mode()
def accuracy_of(net: LifeNet, truth: Tensor, batch: int = 16) -> float:
    """Return the accuracy of the network's output against the final state.

    Args:
        net: The network.
        truth: Boards with their states (B, T + 1, H, W).
        batch: Boards in one pass.

    Returns:
        Fraction of right cells.
    """
    correct = 0.0
    for part in torch.split(truth, batch):
        matches = (net(part[:, :1]) >= 0.5) == (part[:, -1:] > 0)
        correct += float(matches.double().mean((1, 2, 3)).sum())
    return correct / len(truth)


def thin_snapshots(snapshots: dict[int, Any]) -> None:
    """Thin out too many snapshots to a coarser grid, evenly over the whole training.

    The first and the last stay.
    """
    _, *others = sorted(snapshots)
    grid = VALIDATION_INTERVAL_STEPS
    while len(snapshots) > MAX_SNAPSHOTS:
        grid *= 2
        for step in others[:-1]:
            if step % grid and step in snapshots:
                del snapshots[step]


def life_network_name(setting: LifeSetting) -> str:
    """Return ``life-3``, ``life-2-3`` (game, network), and what is special."""
    steps = str(setting.steps)
    if setting.steps != setting.game_steps:
        steps = f"{setting.game_steps}-{setting.steps}"
    suffixes = [
        "" if setting.cell == "lean" else f"-{setting.cell}",
        "" if setting.autoencoder else "-no-autoencoder",
        "" if setting.shared else "-unshared",
        "" if setting.border == "dead" else f"-{setting.border}",
    ]
    return f"life-{steps}{''.join(suffixes)}"
