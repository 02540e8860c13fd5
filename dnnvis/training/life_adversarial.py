"""Train the adversarial decoder stage: Wichers et al. 2022, section 2.3.

After Goodfellow et al. 2014. A new decoder learns beside a discriminator that tells real states
of the game from what the decoder shows of hidden states in between. Encoder and cell are frozen;
real states are those of other boards, so that nothing says which state is the right one.
Schedule, weights and the discriminator's structure are as in the authors' published code where
the paper is silent: first prediction (and autoencoder) loss alone, then with the generator's
loss, whose weight rises from 0. Without ``adversarial`` all is the same but for that loss: the
control.
"""

import copy
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.core.errors import LensMissing
from dnnvis.training.life_task import LifeSetting, LifeTask, accuracies, accuracy_of, make_boards
from dnnvis.training.loop import TrainingProgress, TrainingTaskDefaults
from dnnvis.zoo.life import LEAKY_RELU_SLOPE, LifeNet, decoder


@dataclass(frozen=True)
class AdversarialSetting:
    """Settings of the adversarial stage."""

    #: Steps without the generator's loss.
    quiet: int = 400
    #: Steps with it, afterwards.
    steps: int = 1200
    #: Weight of that loss at the end.
    weight: float = 0.05
    #: Learning rate of the decoder.
    rate: float = 2e-3
    #: Learning rate of the discriminator.
    judge: float = 1e-3
    #: Convolutions of the new decoder.
    depth: int = 2
    #: Boards a step.
    batch: int = 16
    #: Largest norm of a gradient.
    clip: float = 1.0
    #: Whether the generator's loss counts; False: the control.
    adversarial: bool = True


class AdversarialTask(TrainingTaskDefaults):
    """The task of the adversarial stage; see ``loop.TrainingTask``.

    ``base`` is a trained network, which stays as it is. ``module`` holds the new decoder and the
    discriminator; ``network`` is the result.
    """

    changeable_settings = LifeTask.changeable_settings
    has_end = True  # its steps are counted from the first on

    def __init__(
        self, base: LifeNet, trained: LifeSetting, setting: AdversarialSetting | None = None
    ) -> None:
        self.config, self.stage = trained, setting or AdversarialSetting()
        if trained.steps < 2:
            raise LensMissing(
                "A network of one step has no states in between for an adversarial stage."
            )
        torch.manual_seed(trained.seed + 5000)
        spec = replace(trained.spec, decoder=self.stage.depth)
        self.network = LifeNet(spec)
        self.network.load_state_dict(_without_decoder(base), strict=False)
        self.network.requires_grad_(False).to(memory_format=torch.channels_last)
        new_decoder = decoder(spec).to(memory_format=torch.channels_last)
        self.network.decoder = new_decoder
        self.module: nn.Module = nn.ModuleDict(
            {"decoder": new_decoder, "discriminator": discriminator(trained.size)}
        )
        self.setting: dict[str, Any] = asdict(trained) | {"stage": asdict(self.stage)}
        self.name = "adversarial" if self.stage.adversarial else "control"
        self.steps = self.stage.quiet + self.stage.steps
        self.judge = self.module["discriminator"]
        self.optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Adam(new_decoder.parameters(), lr=self.stage.rate, fused=True),
            torch.optim.Adam(self.judge.parameters(), lr=self.stage.judge, fused=True),
        ]
        self.truth = make_boards(trained, 64, np.random.default_rng(7))
        board_setting = replace(trained, batch=2 * self.stage.batch, seed=trained.seed + 5000)
        self._base = LifeTask(board_setting, False)  # draws the boards

    @property
    def curve_columns(self) -> list[str]:
        """Return the names of a curve row's numbers."""
        return self._base.curve_columns

    def train_step(self, step: int) -> float:
        """Train decoder and discriminator on one batch; return the decoder's loss."""
        states, other_boards = torch.split(self._base.batch(step), self.stage.batch)
        first, last = states[:, :1], states[:, -1:]
        decode = self.network.decoder
        with torch.no_grad():
            hidden = self.network.states(first)
        loss = F.mse_loss(decode(hidden[-1]), last)
        if self.config.autoencoder:
            loss = loss + F.mse_loss(decode(hidden[0]), first)
        weight = self._weight(step)
        decoded = None
        if weight is not None and self.stage.adversarial:
            decoded = decode(torch.cat(hidden[1:-1]))
            self.judge.train()
            torch.manual_seed(self.config.seed * 1_000_003 + step)  # for its dropout
            loss = loss + weight * _discriminator_loss(self.judge(decoded), True)
        self.optimizers[0].zero_grad()
        loss.backward(inputs=list(decode.parameters()))  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(decode.parameters(), self.stage.clip)
        self.optimizers[0].step()
        if decoded is not None:
            self._train_discriminator(
                _draw_real_boards(other_boards, len(decoded), step, self.config.seed),
                decoded.detach(),
            )
        return float(loss.detach())

    def _train_discriminator(self, real: Tensor, decoded: Tensor) -> None:
        """Train the discriminator for one step."""
        self.optimizers[1].zero_grad()
        loss = _discriminator_loss(self.judge(real), True) + _discriminator_loss(
            self.judge(decoded), False
        )
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.judge.parameters(), self.stage.clip)
        self.optimizers[1].step()

    def score(self, step: int) -> list[float]:
        """Return the accuracies as ``LifeTask.score`` does."""
        accuracy = accuracies(self.network, self.truth)
        aligned = self.config.steps == self.config.game_steps
        final = accuracy[-1] if aligned else accuracy_of(self.network, self.truth)
        return [final, accuracy[0], *(accuracy[1:-1] if aligned else [])]

    def on_progress(self, progress: TrainingProgress) -> None:
        """Do nothing: the number of steps is fixed."""

    def _weight(self, step: int) -> float | None:
        """Return the weight of the generator's loss; None in the steps before it counts."""
        done = step - self.stage.quiet
        return None if done < 0 else self.stage.weight * (done + 1) / self.stage.steps


def discriminator(size: int) -> nn.Sequential:
    """Build a discriminator of boards (B, 1, size, size).

    Three convolutions of stride 2 with 4, 8 and 16 channels, dropout 0.3, one number: how real a
    board looks, as a logit.
    """
    parts: list[nn.Module] = []
    in_channels, side = 1, size
    for channels in (4, 8, 16):
        conv = nn.Conv2d(in_channels, channels, 3, stride=2, padding=1)
        parts += [conv, nn.LeakyReLU(LEAKY_RELU_SLOPE), nn.Dropout(0.3)]
        in_channels, side = channels, (side + 1) // 2
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(16 * side * side, 1))


def _draw_real_boards(states: Tensor, count: int, step: int, seed: int) -> Tensor:
    """Draw ``count`` random states after the first of ``states`` (B, T + 1, H, W)."""
    rng = np.random.default_rng([9000 + seed, step])
    board_count, times = states.shape[:2]
    board_indices = torch.from_numpy(rng.integers(0, board_count, count))
    state_indices = torch.from_numpy(rng.integers(1, times, count))
    return states[board_indices, state_indices][:, None]


def _discriminator_loss(logits: Tensor, real: bool) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def _without_decoder(net: LifeNet) -> dict[str, Tensor]:
    state = copy.deepcopy(net.state_dict())
    return {key: value for key, value in state.items() if not key.startswith("decoder.")}
