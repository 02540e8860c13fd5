"""How a network learns to tell a later state of the Game of Life: Wichers et al. 2022, section 2.

Kept from the paper: the network is trained on pairs of a first and a final state only, with
L2 loss, and averaged with that the loss of encoder and decoder as an autoencoder. No state in
between is ever shown to it, and the number of steps is the same from the first step on: either
would make its imagination worthless as evidence. Ours: small boards, a high constant rate until
99 % are right, then a short fall of the rate (the authors: Adam at 1e-5 to 1e-3, up to 120,000
steps).
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
from dnnvis.sources.life.starts import starts
from dnnvis.training.loop import CourseDefaults, Progress
from dnnvis.zoo.life import CELLS, LifeNet, LifeSpec

EVERY = 25  # steps between two looks at the validation boards
VALIDATION = 64, 7  # boards, and their seed
MOMENTS = 64  # most checkpoints on the way that are kept
RATES = {"lean": 1e-2, "faithful": 5e-3}


@dataclass(frozen=True)
class LifeSetting:
    """``steps`` of the network, ``game_steps`` of the game; ``cell`` lean | faithful; ``size``
    of the square training boards, ``batch`` of them a step, begun as ``start``; ``rate`` 0: the
    cell's own; ``cool``: steps in which the rate falls once ``goal`` is reached; ``cap``: the
    most processor seconds of learning, 0: any; ``most`` steps in all."""

    steps: int = 3
    game_steps: int = 3
    autoencoder: bool = True
    shared: bool = True
    cell: str = "lean"
    channels: int = 20
    encoder: int = 1
    decoder: int = 1
    residual: bool = True
    border: str = "dead"
    size: int = 16
    batch: int = 16
    start: str = "mix"
    rate: float = 0.0
    warm: int = 100
    clip: float = 1.0
    goal: float = 0.99
    cool: int = 400
    cap: float = 0.0
    most: int = 50_000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise BadInput(f"A cell is {' or '.join(CELLS)}, not '{self.cell}'.")
        if self.game_steps < 1 or self.steps < 1:
            raise BadInput(
                f"A network of {self.steps} steps for {self.game_steps} steps of the game has "
                "nothing to learn; both begin at 1."
            )
        if self.size < 3 or self.batch < 1:
            raise BadInput("Training boards have at least 3 rows, and a step at least one of them.")
        if self.reach < self.game_steps:
            raise BadInput(
                f"This network sees {self.reach} cells far; {self.game_steps} steps of the game "
                f"need {self.game_steps}."
            )

    @property
    def spec(self) -> LifeSpec:
        """The network's structure."""
        return LifeSpec(
            steps=self.steps, channels=self.channels, cell=CELLS[self.cell], encoder=self.encoder,
            decoder=self.decoder, shared=self.shared, residual=self.residual, border=self.border,
        )  # fmt: skip

    @property
    def reach(self) -> int:
        """How many cells away the network can see, in any direction."""
        kernels = [3] * (self.encoder + self.decoder) + [*CELLS[self.cell]] * self.steps
        return sum(size // 2 for size in kernels)


class LifeCourse(CourseDefaults):
    """See ``course.Course``. Boards come from the rule as they are needed.

    ``network`` learns, and is the ``module`` too. ``reached`` is the step at which the validation
    boards' final state was right to ``goal``, None before; the run ends ``cool`` steps later, or
    at the cap. Rows of the curve hold after the seconds: the accuracy of decoder(h_0) against
    state 0, and, where network and game make equally many steps, of decoder(h_k) against state k
    for k = 1 ... before the last.
    """

    free = ("most", "cap")

    def __init__(self, setting: LifeSetting, keep_moments: bool = True) -> None:
        torch.manual_seed(setting.seed)
        self.plan = setting
        self.name = name_of(setting)
        self.setting: dict[str, Any] = asdict(setting)
        self.network = LifeNet(setting.spec).to(memory_format=torch.channels_last)
        self.module: nn.Module = self.network
        self.steps = setting.most
        self.reached: int | None = None
        self.rate = setting.rate or RATES[setting.cell]
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Adam(self.module.parameters(), lr=self.rate, fused=True)
        ]
        self.truth = boards(setting, VALIDATION[0], np.random.default_rng(VALIDATION[1]))
        self._keep = keep_moments
        self._chunk: tuple[int, Tensor] = (-1, self.truth)

    @property
    def has_end(self) -> bool:
        """Whether it is known when the course ends: once its goal is reached."""
        return self.reached is not None

    @property
    def aligned(self) -> bool:
        """Whether state k of the network belongs to state k of the game."""
        return self.plan.steps == self.plan.game_steps

    @property
    def curve_columns(self) -> list[str]:
        """What a row of the curve holds."""
        between = [f"state {k}" for k in range(1, self.plan.steps)] if self.aligned else []
        return ["step", "loss", "accuracy", "seconds", "state 0", *between]

    def learn(self, step: int) -> float:
        self.optimizers[0].param_groups[0]["lr"] = self.rate * self._share(step)
        states = self.batch(step)
        first, last = states[:, :1], states[:, -1:]
        self.optimizers[0].zero_grad()
        hidden = self.network.states(first)
        show = self.network.decoder
        loss = F.mse_loss(show(hidden[-1]), last)
        if self.plan.autoencoder:
            loss = (loss + F.mse_loss(show(hidden[0]), first)) / 2
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.module.parameters(), self.plan.clip)
        self.optimizers[0].step()
        return float(loss.detach())

    def score(self, step: int) -> list[float]:
        """Accuracy in [0, 1] of the final state, of state 0, and of those between."""
        right = accuracies(self.network, self.truth)
        final = right[-1] if self.aligned else accuracy_of(self.network, self.truth)
        between = right[1:-1] if self.aligned else []
        return [final, right[0], *between]

    def follow(self, progress: Progress) -> None:
        """Find out whether the goal is reached or the time spent, and keep a checkpoint."""
        looks = (row for row in progress.curve if row[0] % EVERY == 0)  # not where it was kept
        self.reached = next((int(row[0]) for row in looks if row[2] >= self.plan.goal), None)
        self.steps = self.plan.most
        if self.reached is not None:
            self.steps = min(self.reached + self.plan.cool, self.plan.most)
        if self.plan.cap and progress.cpu >= self.plan.cap:
            self.steps = progress.step
        looked = progress.step % EVERY == 0 or progress.step >= self.steps
        if self._keep and looked and progress.step not in progress.moments:
            state = self.module.state_dict()
            progress.moments[progress.step] = {k: v.clone() for k, v in state.items()}
            thin(progress.moments)

    def batch(self, step: int) -> Tensor:
        """The boards of a step with all their states, (batch, game_steps + 1, H, W)."""
        number, place = divmod(step, EVERY)
        if self._chunk[0] != number:
            dice = np.random.default_rng([1000 + self.plan.seed, number])
            self._chunk = number, boards(self.plan, EVERY * self.plan.batch, dice)
        return self._chunk[1][place * self.plan.batch : (place + 1) * self.plan.batch]

    def _share(self, step: int) -> float:
        """The share of the rate at a step: it rises, stays, and falls once the goal is reached."""
        rise = min((step + 1) / max(self.plan.warm, 1), 1.0)
        if self.reached is None:
            return rise
        fallen = math.cos(math.pi * (step - self.reached) / max(self.plan.cool, 1))
        return rise * 0.5 * (1 + fallen)


def boards(setting: LifeSetting, number: int, dice: np.random.Generator) -> Tensor:
    """Boards with their later states, float32 (number, game_steps + 1, H, W)."""
    size = (setting.size, setting.size)
    first = starts(setting.start, number, size, dice, setting.border)
    return torch.from_numpy(history(first, setting.game_steps, setting.border)).float()


@torch.inference_mode()
def accuracies(net: LifeNet, truth: Tensor, batch: int = 16) -> list[float]:
    """Share of right cells of decoder(h_k) against state k, for every k that both have."""
    right = torch.zeros(min(net.spec.steps + 1, truth.shape[1]), dtype=torch.float64)
    for part in torch.split(truth, batch):
        alive = net.imagine(part[:, :1])[:, : len(right)] >= 0.5
        right += (alive == (part[:, : len(right)] > 0)).double().mean((2, 3)).sum(0)
    return (right / len(truth)).tolist()


@torch.inference_mode()
def accuracy_of(net: LifeNet, truth: Tensor, batch: int = 16) -> float:
    """Share of right cells of the network's output against the final state."""
    right = 0.0
    for part in torch.split(truth, batch):
        same = (net(part[:, :1]) >= 0.5) == (part[:, -1:] > 0)
        right += float(same.double().mean((1, 2, 3)).sum())
    return right / len(truth)


def thin(moments: dict[int, Any]) -> None:
    """Of too many moments keep those of a coarser grid, evenly over the whole training; the
    first and the last stay."""
    first, *others = sorted(moments)
    grid = EVERY
    while len(moments) > MOMENTS:
        grid *= 2
        for step in others[:-1]:
            if step % grid and step in moments:
                del moments[step]


def name_of(setting: LifeSetting) -> str:
    """``life-3``, ``life-2-3`` (game, network), and what is special."""
    steps = str(setting.steps)
    if setting.steps != setting.game_steps:
        steps = f"{setting.game_steps}-{setting.steps}"
    special = [
        "" if setting.cell == "lean" else f"-{setting.cell}",
        "" if setting.autoencoder else "-no-autoencoder",
        "" if setting.shared else "-unshared",
        "" if setting.border == "dead" else f"-{setting.border}",
    ]
    return f"life-{steps}{''.join(special)}"
