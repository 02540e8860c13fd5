"""Train a cellular automaton to grow a picture, to keep it, and to heal it.

Source: Mordvintsev, Randazzo, Niklasson & Levin 2020, Growing Neural Cellular Automata, Distill,
sections 1 to 3. Kept: a pool of states from which each batch is drawn and into which its outcome
goes back, the worst of a batch replaced by seeds, the best damaged, mean squared error over red,
green, blue and alpha after a random number of steps, gradients normalized by weight, Adam. Ours:
two seeds a batch (there one), which pay for an alpha below 0.5 in their first 12 steps, or one day
all seeds die and nothing is learned any more; half of the damaged lose a half of themselves
(there: disks); steps grow from 32-48 to 48-80 over the first quarter of the run (there: 64-96); a
pool of 128 (there: 1,024); a cosine fall of the rate in the second half.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.core.life.automaton import ALPHA
from dnnvis.sources.canvas.target import GrowthTarget
from dnnvis.training.loop import TrainingProgress, TrainingTaskDefaults
from dnnvis.training.nca_steps import step_cells
from dnnvis.zoo.beyond.nca import NcaNet, NcaSpec, plant_seed

SCORE_INTERVAL_STEPS = 50  # steps between two measurements
GROWTH_STEPS = 96  # steps after which a target is to be there, and to be there again
FIRST_STEPS, LAST_STEPS = (32, 48), (48, 80)  # automaton steps of a training step, from and to
RAMP = 0.25  # fraction of the run in which the former become the latter
SURVIVAL_STEPS, SURVIVAL_ALPHA, SURVIVAL_WEIGHT = 12, 0.5, 0.2  # what seeds have to keep
MAX_SNAPSHOTS = 25


@dataclass(frozen=True)
class NcaSetting:
    """Settings of a run of an automaton."""

    #: What the target is, as a user wrote it.
    target: str
    #: sha256 of the target's pixels.
    target_digest: str
    #: Weights fingerprint of the automaton that it begins as; "": an untrained one.
    start: str = ""
    #: Cells around the target, on every side.
    padding: int = 4
    #: Channels of a cell.
    channels: int = 16
    #: Units of a cell's hidden layer.
    hidden: int = 80
    #: Probability that a cell fires at a step.
    fire_rate: float = 0.5
    #: States a training step.
    batch: int = 8
    #: States in the pool.
    pool: int = 128
    #: States of a batch that are replaced by seeds.
    seeds: int = 2
    #: States of a batch that are damaged.
    damage: int = 3
    #: Highest learning rate.
    rate: float = 2e-3
    #: Training steps.
    steps: int = 2000
    #: Seed of everything random.
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.padding, self.damage, self.seed) < 0 or min(self.batch, self.steps) < 1:
            raise BadInput("Padding, damage and seed begin at 0, batch and steps at 1.")
        if not 1 <= self.seeds <= self.batch - self.damage or self.batch > self.pool:
            raise BadInput(
                f"Of a batch of {self.batch}, out of a pool of {self.pool}, {self.seeds} are "
                f"replaced by seeds and {self.damage} are damaged: these must fit into it, and it "
                "into the pool."
            )

    @property
    def spec(self) -> NcaSpec:
        """Return the network's structure."""
        return NcaSpec(
            channels=self.channels,
            hidden=self.hidden,
            fire_rate=self.fire_rate,
            steps=GROWTH_STEPS,
        )


class NcaWithPool(nn.Module):
    """The automaton beside its pool, so that both are saved and resumed as one."""

    pool: Tensor

    def __init__(self, network: NcaNet, pool: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("pool", pool)  # (pool, H, W, C)


class NcaTask(TrainingTaskDefaults):
    """The task of an automaton; see ``loop.TrainingTask``.

    ``network`` learns, ``start`` is what it begins as; ``module`` has the pool beside it. Rows of
    the curve hold the mean squared error ``GROWTH_STEPS`` after a seed, and after the seconds that
    of the same state after losing its left half and so many steps more.
    """

    curve_columns: list[str] = ["step", "loss", "grown MSE", "seconds", "healed MSE"]  # noqa: RUF012

    def __init__(
        self, setting: NcaSetting, target: GrowthTarget, start: NcaNet | None = None
    ) -> None:
        if setting.target_digest != target.digest:
            raise BadInput("The setting is of another target.")
        torch.manual_seed(setting.seed)
        self.config = setting
        self.name = f"nca-{target.name}"
        self.setting: dict[str, Any] = asdict(setting)
        self.network = NcaNet(setting.spec)
        if start is not None:
            self.network.load_state_dict(start.state_dict())
        self.target = pad_target(target, setting.padding)  # (H, W, 4)
        self.seed_state = plant_seed(setting.spec, self.size).permute(0, 2, 3, 1).contiguous()
        pool = self.seed_state.repeat(setting.pool, 1, 1, 1)
        self.module: nn.Module = NcaWithPool(self.network, pool)
        self.steps = setting.steps
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Adam(self.network.parameters(), lr=setting.rate)
        ]

    @property
    def size(self) -> tuple[int, int]:
        """Return rows and columns of the grid."""
        return int(self.target.shape[0]), int(self.target.shape[1])

    @property
    def pool(self) -> Tensor:
        """Return the pool (pool, H, W, C)."""
        assert isinstance(self.module, NcaWithPool)
        return self.module.pool

    def train_step(self, step: int) -> float:
        """Train on one batch; return the loss."""
        rng = np.random.default_rng([2000 + self.config.seed, step])
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        slots = torch.from_numpy(rng.choice(self.config.pool, self.config.batch, replace=False))
        state, slots = self._draw_batch(slots, rng)
        self.optimizers[0].param_groups[0]["lr"] = self.config.rate * self._rate_factor(step)
        self.optimizers[0].zero_grad()
        lack = torch.zeros(())
        for k in range(self._draw_step_count(step, rng)):
            fires = torch.rand(state.shape[:3], generator=generator) < self.config.fire_rate
            state = step_cells(self.network.cell, state, fires)
            if k < SURVIVAL_STEPS:
                lack = lack + self._lack_of_life(state[: self.config.seeds])
        loss = self._losses(state).mean()
        (loss + SURVIVAL_WEIGHT * lack / SURVIVAL_STEPS).backward()  # type: ignore[no-untyped-call]
        for weight in self.network.parameters():
            if weight.grad is not None:
                weight.grad /= weight.grad.norm() + 1e-8
        self.optimizers[0].step()
        self.pool[slots] = state.detach()
        return float(loss.detach())

    def score(self, step: int) -> list[float]:
        """Return the mean squared errors when grown, and when healed of a lost left half."""
        state = grow(self.network, plant_seed(self.config.spec, self.size))
        damaged = state.clone()
        damaged[..., : self.size[1] // 2] = 0
        healed = grow(self.network, damaged, first_step=GROWTH_STEPS)
        return [self.error(state), self.error(healed)]

    def error(self, state: Tensor) -> float:
        """Return the mean squared error of a state (1, C, H, W) over red, green, blue and alpha."""
        return float(self._losses(state.permute(0, 2, 3, 1)).mean())

    def on_progress(self, progress: TrainingProgress) -> None:
        """Take a snapshot of the weights, at steps that a resumed run has too."""
        if progress.step % SCORE_INTERVAL_STEPS and progress.step < self.steps:
            return
        weights = self.network.state_dict()
        progress.moments[progress.step] = {key: value.clone() for key, value in weights.items()}
        while len(progress.moments) > MAX_SNAPSHOTS:
            _drop_densest(progress.moments)

    def _losses(self, state: Tensor) -> Tensor:
        return (state[..., :4] - self.target).square().mean((1, 2, 3))

    @torch.no_grad()
    def _draw_batch(self, slots: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return the states at ``slots`` of the pool, the worst as seeds, the best damaged."""
        state = self.pool[slots]
        order = self._losses(state).argsort(descending=True)
        state, slots = state[order], slots[order]
        state[: self.config.seeds] = self.seed_state[0]
        for k in range(len(state) - self.config.damage, len(state)):
            state[k] *= torch.from_numpy(draw_damage(self.size, rng))[..., None]
        return state, slots

    def _lack_of_life(self, state: Tensor) -> Tensor:
        """Return by how much the alpha of the seeds' own cells is too low, in the mean."""
        height, width = self.size
        return (SURVIVAL_ALPHA - state[:, height // 2, width // 2, ALPHA]).relu().mean()

    def _draw_step_count(self, step: int, rng: np.random.Generator) -> int:
        progress = min(step / (RAMP * self.steps), 1.0)
        pairs = zip(FIRST_STEPS, LAST_STEPS, strict=True)
        low, high = (round(a + (b - a) * progress) for a, b in pairs)
        return int(rng.integers(low, high + 1))

    def _rate_factor(self, step: int) -> float:
        """Return the factor of the rate: 1, and from the middle of the run on a cosine to 0.02."""
        progress = max(2 * step / self.steps - 1, 0.0)
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))


def pad_target(target: GrowthTarget, padding: int) -> Tensor:
    """Return the target with empty cells around it, (H, W, 4)."""
    pixels = torch.from_numpy(target.pixels)
    return nn.functional.pad(pixels, (0, 0, padding, padding, padding, padding))


@torch.inference_mode()
def grow(
    network: NcaNet, state: Tensor, steps: int = GROWTH_STEPS, *, first_step: int = 0
) -> Tensor:
    """Return a state (1, C, H, W) after so many steps, with the network's own firing."""
    for step in range(first_step, first_step + steps):
        state = network.cell(state, step)
    return state


def draw_damage(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw which cells survive, float32 (H, W) of 0 and 1: a disk is lost, or one half.

    The half lies on one side of a line of any direction near the middle.
    """
    height, width = size
    y, x = np.mgrid[:height, :width].astype(np.float32)
    side = min(height, width)
    if rng.random() < 0.5:
        center = rng.uniform(0.25, 0.75, 2) * size
        lost = np.hypot(y - center[0], x - center[1]) < rng.uniform(0.1, 0.35) * side
    else:
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.06, 0.06) * side
        along = (x - (width - 1) / 2) * np.cos(angle) + (y - (height - 1) / 2) * np.sin(angle)
        lost = along > offset
    survives: NDArray[np.float32] = (~lost).astype(np.float32)
    return survives


def _drop_densest(moments: dict[int, Any]) -> None:
    """Drop the snapshot whose neighbors lie closest together; the first and the last stay."""
    steps = sorted(moments)
    gaps = {b: c - a for a, b, c in zip(steps, steps[1:], steps[2:], strict=False)}
    del moments[min(gaps, key=lambda step: (gaps[step], step))]
