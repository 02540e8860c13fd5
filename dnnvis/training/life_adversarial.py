"""The adversarial decoder stage: Wichers et al. 2022, section 2.3 (after Goodfellow et al. 2014).

A new decoder learns beside a discriminator that tells real states of the game from what the
decoder shows of hidden states in between. Encoder and cell are frozen; real states are those of
other boards, so that nothing says which state is the right one. Schedule, weights and the
discriminator's structure are as in the authors' published code where the paper is silent:
first prediction (and autoencoder) loss alone, then with the generator's loss, whose weight rises
from 0. Without ``adversarial`` all is the same but for that loss: the control.
"""

import copy
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.core.errors import LensMissing
from dnnvis.training.life_task import LifeCourse, LifeSetting, accuracies, accuracy_of, boards
from dnnvis.training.loop import CourseDefaults, Progress
from dnnvis.zoo.life import SLOPE, LifeNet, decoder


@dataclass(frozen=True)
class AdversarialSetting:
    """``quiet`` steps without the generator's loss, then ``steps`` with it; ``weight`` of that
    loss at the end; ``rate`` of the decoder, ``judge`` that of the discriminator; ``depth``:
    convolutions of the new decoder."""

    quiet: int = 400
    steps: int = 1200
    weight: float = 0.05
    rate: float = 2e-3
    judge: float = 1e-3
    depth: int = 2
    batch: int = 16
    clip: float = 1.0
    adversarial: bool = True


class AdversarialCourse(CourseDefaults):
    """See ``course.Course``; ``base`` is a trained network, which stays as it is. ``module``
    holds the new decoder and the discriminator; ``network`` is the result."""

    free = LifeCourse.free
    has_end = True  # its steps are counted from the first on

    def __init__(
        self, base: LifeNet, trained: LifeSetting, setting: AdversarialSetting | None = None
    ) -> None:
        self.plan, self.stage = trained, setting or AdversarialSetting()
        if trained.steps < 2:
            raise LensMissing(
                "A network of one step has no states in between for an adversarial stage."
            )
        torch.manual_seed(trained.seed + 5000)
        spec = replace(trained.spec, decoder=self.stage.depth)
        self.network = LifeNet(spec)
        self.network.load_state_dict(_without_decoder(base), strict=False)
        self.network.requires_grad_(False).to(memory_format=torch.channels_last)
        fresh = decoder(spec).to(memory_format=torch.channels_last)
        self.network.decoder = fresh
        self.module: nn.Module = nn.ModuleDict(
            {"decoder": fresh, "discriminator": discriminator(trained.size)}
        )
        self.setting: dict[str, Any] = asdict(trained) | {"stage": asdict(self.stage)}
        self.name = "adversarial" if self.stage.adversarial else "control"
        self.steps = self.stage.quiet + self.stage.steps
        self.judge = self.module["discriminator"]
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Adam(fresh.parameters(), lr=self.stage.rate, fused=True),
            torch.optim.Adam(self.judge.parameters(), lr=self.stage.judge, fused=True),
        ]
        self.truth = boards(trained, 64, np.random.default_rng(7))
        many = replace(trained, batch=2 * self.stage.batch, seed=trained.seed + 5000)
        self._base = LifeCourse(many, False)  # makes the boards

    @property
    def curve_columns(self) -> list[str]:
        """What a row of the curve holds."""
        return self._base.curve_columns

    def learn(self, step: int) -> float:
        states, others = torch.split(self._base.batch(step), self.stage.batch)
        first, last = states[:, :1], states[:, -1:]
        show = self.network.decoder
        with torch.no_grad():
            hidden = self.network.states(first)
        loss = F.mse_loss(show(hidden[-1]), last)
        if self.plan.autoencoder:
            loss = loss + F.mse_loss(show(hidden[0]), first)
        weight = self._weight(step)
        shown = None
        if weight is not None and self.stage.adversarial:
            shown = show(torch.cat(hidden[1:-1]))
            self.judge.train()
            torch.manual_seed(self.plan.seed * 1_000_003 + step)  # for its dropout
            loss = loss + weight * _called(self.judge(shown), True)
        self.optimizers[0].zero_grad()
        loss.backward(inputs=list(show.parameters()))  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(show.parameters(), self.stage.clip)
        self.optimizers[0].step()
        if shown is not None:
            self._judge(_real(others, len(shown), step, self.plan.seed), shown.detach())
        return float(loss.detach())

    def _judge(self, real: Tensor, shown: Tensor) -> None:
        """One step of the discriminator."""
        self.optimizers[1].zero_grad()
        loss = _called(self.judge(real), True) + _called(self.judge(shown), False)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.judge.parameters(), self.stage.clip)
        self.optimizers[1].step()

    def score(self, step: int) -> list[float]:
        """As ``LifeCourse.score``."""
        right = accuracies(self.network, self.truth)
        aligned = self.plan.steps == self.plan.game_steps
        final = right[-1] if aligned else accuracy_of(self.network, self.truth)
        return [final, right[0], *(right[1:-1] if aligned else [])]

    def follow(self, progress: Progress) -> None:
        """The stage has as many steps as it has."""

    def _weight(self, step: int) -> float | None:
        """The weight of the generator's loss; None in the steps before it counts."""
        done = step - self.stage.quiet
        return None if done < 0 else self.stage.weight * (done + 1) / self.stage.steps


def discriminator(size: int) -> nn.Sequential:
    """Three convolutions of stride 2 with 4, 8 and 16 channels, dropout 0.3, one number: how
    real a board (B, 1, size, size) looks, as a logit."""
    parts: list[nn.Module] = []
    before, side = 1, size
    for channels in (4, 8, 16):
        conv = nn.Conv2d(before, channels, 3, stride=2, padding=1)
        parts += [conv, nn.LeakyReLU(SLOPE), nn.Dropout(0.3)]
        before, side = channels, (side + 1) // 2
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(16 * side * side, 1))


def _real(states: Tensor, number: int, step: int, seed: int) -> Tensor:
    """``number`` random states after the first of ``states`` (B, T + 1, H, W)."""
    dice = np.random.default_rng([9000 + seed, step])
    count, times = states.shape[:2]
    which = torch.from_numpy(dice.integers(0, count, number))
    when = torch.from_numpy(dice.integers(1, times, number))
    return states[which, when][:, None]


def _called(logits: Tensor, real: bool) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def _without_decoder(net: LifeNet) -> dict[str, Tensor]:
    state = copy.deepcopy(net.state_dict())
    return {key: value for key, value in state.items() if not key.startswith("decoder.")}
