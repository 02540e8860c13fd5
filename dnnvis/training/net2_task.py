"""Train Net2 on CIFAR-10 in about two hours of one processor core.

Departures from Pardo et al. 2019, which the card repeats: batch norm while training
(folded away afterwards), Muon instead of Adam with cyclic rates, no dropout, flips and
shifted crops, and pictures that grow from 16 to 32 pixels as training goes on. Kept: the
structure, ELU, sigmoid outputs, and the loss 1/2 sum (y - y^)^2.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.training.loop import TrainingProgress, TrainingTaskDefaults
from dnnvis.training.muon import Muon
from dnnvis.zoo.net2 import net2

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)


@dataclass(frozen=True)
class Net2Setting:
    """Settings of a run of Net2."""

    #: (pixels, passes over the data) in turn.
    phases: tuple[tuple[int, float], ...] = ((16, 8.0), (24, 5.0), (32, 4.0))
    #: Pictures a step.
    batch: int = 256
    #: Peak of Muon's learning rate.
    muon_lr: float = 0.12
    #: Peak of AdamW's learning rate.
    adam_lr: float = 3e-3
    #: Random seed.
    seed: int = 0
    #: bfloat16 products, float32 sums, where the processor has them.
    half: bool = True


class Net2Task(TrainingTaskDefaults):
    """The task of Net2; see ``loop.TrainingTask``.

    ``train`` and ``test``: images uint8 (N, 3, 32, 32), labels. ``keep_snapshots``: the weights at
    the start and at every score are stored in the progress.
    """

    name = "net2-cifar10"

    def __init__(
        self,
        train: tuple[Tensor, Tensor],
        test: tuple[Tensor, Tensor],
        setting: Net2Setting,
        keep_snapshots: bool = False,
    ) -> None:
        self._keep_snapshots = keep_snapshots
        torch.manual_seed(setting.seed)
        self.config = setting
        self.setting: dict[str, Any] = asdict(setting)
        self.module = net2(norm=True).to(memory_format=torch.channels_last)
        _init_weights(self.module)
        images, self.labels = train
        self.images = F.pad(images, (4, 4, 4, 4), mode="reflect")  # room for shifted crops
        self.test = test
        self.batches_per_epoch = count_batches(len(images), setting.batch)
        self.phase_ends = _phase_ends(setting.phases, self.batches_per_epoch)
        self.steps = self.phase_ends[-1]
        hidden = [p for name, p in self.module.named_parameters() if _is_hidden_weight(name, p)]
        rest = [p for name, p in self.module.named_parameters() if not _is_hidden_weight(name, p)]
        self.optimizers: list[torch.optim.Optimizer] = [
            Muon(hidden, lr=setting.muon_lr),
            torch.optim.AdamW(rest, lr=setting.adam_lr, betas=(0.9, 0.98), weight_decay=0.0),
        ]

    def train_step(self, step: int) -> float:
        """Train on one batch; return the loss."""
        self._set_rates(step)
        self.module.train()
        x, y = self._batch(step)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.half):
            logits = self.module[:-1](x)
        loss = half_squared_error(logits.float().sigmoid(), y)
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in self.optimizers:
            optimizer.step()
        return float(loss.detach())

    def on_progress(self, progress: TrainingProgress) -> None:
        """Take a snapshot, where the task takes any."""
        if self._keep_snapshots and progress.step not in progress.moments:
            state = self.module.state_dict()
            progress.moments[progress.step] = {k: v.clone() for k, v in state.items()}

    @torch.no_grad()
    def score(self, step: int) -> float:
        """Return the test accuracy in [0, 1] after ``step`` steps, at the pixels trained on then.

        On every tenth picture, and on all of them at the end.
        """
        self.module.eval()
        images, labels = (part if step == self.steps else part[::10] for part in self.test)
        correct = 0
        for start in range(0, len(labels), 500):
            x, y = images[start : start + 500], labels[start : start + 500]
            x = resize(normalize(x), self._pixels(step - 1))
            correct += int((self.module(x).argmax(1) == y).sum())
        return correct / len(labels)

    def _set_rates(self, step: int) -> None:
        fraction = step / self.steps
        rate = min(fraction / 0.05, (1 - fraction) / 0.95)  # up over the first 5 %, then down to 0
        for optimizer, peak in zip(
            self.optimizers, (self.config.muon_lr, self.config.adam_lr), strict=True
        ):
            optimizer.param_groups[0]["lr"] = peak * max(rate, 1e-3)

    def _batch(self, step: int) -> tuple[Tensor, Tensor]:
        epoch, batch_index = divmod(step, self.batches_per_epoch)
        order = torch.randperm(
            len(self.images), generator=seeded_generator(self.config.seed, epoch, 0)
        )
        chosen = order[batch_index * self.config.batch : (batch_index + 1) * self.config.batch]
        generator = seeded_generator(self.config.seed, step, 1)
        dy, dx = (int(d) for d in torch.randint(0, 9, (2,), generator=generator))
        x = self.images[chosen][:, :, dy : dy + 32, dx : dx + 32]
        flip = torch.rand(len(x), generator=generator) < 0.5
        x = torch.where(flip[:, None, None, None], x.flip(3), x)
        x = resize(normalize(x), self._pixels(step))
        return x.contiguous(memory_format=torch.channels_last), self.labels[chosen]

    def _pixels(self, step: int) -> int:
        return next(
            p for (p, _), end in zip(self.config.phases, self.phase_ends, strict=True) if step < end
        )


def parse_phases(text: str) -> tuple[tuple[int, float], ...]:
    """Parse ``16x8,24x5,32x4``: pixels and passes over the data in turn.

    Raises BadInput for other text.
    """
    try:
        pairs = [part.strip().lower().split("x") for part in text.split(",")]
        phases = tuple((int(pixels), float(passes)) for pixels, passes in pairs)
    except ValueError:
        raise BadInput(f"Phases are pixels and passes, as 16x8,24x5,32x4, not '{text}'.") from None
    if any(pixels not in (16, 24, 32) or not 0 < passes < 1000 for pixels, passes in phases):
        raise BadInput(f"Phases have 16, 24 or 32 pixels and passes above 0, not '{text}'.")
    return phases


def half_squared_error(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the mean over the batch of e = 1/2 sum_k (y_k - y^_k)^2.

    Pardo et al. 2019, section 2.4. ``outputs`` (B, K), ``labels`` int64 (B,).
    """
    targets = F.one_hot(labels, outputs.shape[1]).to(outputs.dtype)
    return 0.5 * (outputs - targets).square().sum(1).mean()


def count_batches(image_count: int, batch: int) -> int:
    """Return how many whole batches there are; raise BadInput where there is none."""
    if image_count < batch:
        raise BadInput(f"There are {image_count} training pictures; one batch alone takes {batch}.")
    return image_count // batch


def normalize(images: Tensor) -> Tensor:
    """Turn uint8 (B, 3, H, W) into what Net2 takes: (x / 255 - mean) / std."""
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in (MEAN, STD))
    return ((images.float() / 255 - mean) / std).to(memory_format=torch.channels_last)


def resize(x: Tensor, pixels: int) -> Tensor:
    """Resize (B, 3, 32, 32) to (B, 3, pixels, pixels)."""
    if pixels == x.shape[-1]:
        return x
    return F.interpolate(x, size=pixels, mode="area" if pixels == 16 else "bilinear")


def _init_weights(module: nn.Module) -> None:
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")


def _is_hidden_weight(name: str, parameter: Tensor) -> bool:
    return parameter.dim() >= 2 and not name.startswith("out")


def _phase_ends(phases: tuple[tuple[int, float], ...], per_pass: int) -> list[int]:
    ends, total = [], 0
    for _, passes in phases:
        total += round(passes * per_pass)
        ends.append(total)
    return ends


def seeded_generator(*numbers: int) -> torch.Generator:
    """Return a random generator that depends on all of ``numbers`` and on nothing else."""
    seed = 0
    for number in numbers:
        seed = (seed * 1_000_003 + number + 1) % (2**63)
    return torch.Generator().manual_seed(seed)
