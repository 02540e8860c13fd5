"""Train Net1 on MNIST: Pardo et al. 2019, Table 1, with a faster schedule.

Kept from the paper: structure, ELU, sigmoid outputs, the loss 1/2 sum (y - y^)^2, dropout
with keep 0.9. Other: LeCun start (torch's own start stalls this 12-layer network), AdamW
with one rise and fall of the rate, 15 passes in batches of 256.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.training.loop import TrainingProgress, TrainingTaskDefaults
from dnnvis.training.net2_task import count_batches, half_squared_error, seeded_generator
from dnnvis.zoo.net1 import net1


@dataclass(frozen=True)
class Net1Setting:
    """Settings of a run of Net1."""

    #: Passes over the data.
    passes: int = 15
    #: Pictures a step.
    batch: int = 256
    #: Peak of the learning rate.
    lr: float = 1e-3
    #: Fraction of values dropped.
    dropout: float = 0.1
    #: Every batch gets Gaussian noise of sigma ~ U(0, noise); 0 = none.
    noise: float = 0.0
    #: Random seed.
    seed: int = 0


class Net1Task(TrainingTaskDefaults):
    """The task of Net1; see ``loop.TrainingTask``.

    ``train`` and ``test``: images uint8 (N, 1, 28, 28), labels. ``keep_snapshots``: the weights at
    the start and at every score are stored in the progress.
    """

    name = "net1-mnist"

    def __init__(
        self,
        train: tuple[Tensor, Tensor],
        test: tuple[Tensor, Tensor],
        setting: Net1Setting,
        keep_snapshots: bool = False,
    ) -> None:
        self._keep_snapshots = keep_snapshots
        torch.manual_seed(setting.seed)
        self.config = setting
        self.setting: dict[str, Any] = asdict(setting)
        self.module = net1(setting.dropout)
        for layer in self.module.modules():
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
                nn.init.zeros_(layer.bias)
        last = self.module.get_submodule("out")
        assert isinstance(last, nn.Linear)
        nn.init.xavier_uniform_(last.weight)
        self.train, self.test = train, test
        self.batches_per_epoch = count_batches(len(train[0]), setting.batch)
        self.steps = setting.passes * self.batches_per_epoch
        optimizer = torch.optim.AdamW(
            self.module.parameters(), lr=setting.lr, betas=(0.9, 0.98), weight_decay=0.0
        )
        self.optimizers: list[torch.optim.Optimizer] = [optimizer]

    def train_step(self, step: int) -> float:
        """Train on one batch; return the loss."""
        fraction = step / self.steps
        rate = min(fraction / 0.3, (1 - fraction) / 0.7)
        self.optimizers[0].param_groups[0]["lr"] = self.config.lr * max(rate, 1e-3)
        self.module.train()
        x, y = self._batch(step)
        loss = half_squared_error(self.module(x), y)
        self.optimizers[0].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizers[0].step()
        return float(loss.detach())

    def on_progress(self, progress: TrainingProgress) -> None:
        """Take a snapshot, where the task takes any."""
        if self._keep_snapshots and progress.step not in progress.moments:
            state = self.module.state_dict()
            progress.moments[progress.step] = {k: v.clone() for k, v in state.items()}

    @torch.no_grad()
    def score(self, step: int) -> float:
        """Return the accuracy in [0, 1] on the whole clean test set."""
        self.module.eval()
        images, labels = self.test
        return float((self.module(images.float() / 255).argmax(1) == labels).float().mean())

    def _batch(self, step: int) -> tuple[Tensor, Tensor]:
        images, labels = self.train
        epoch, batch_index = divmod(step, self.batches_per_epoch)
        order = torch.randperm(len(images), generator=seeded_generator(self.config.seed, epoch, 0))
        chosen = order[batch_index * self.config.batch : (batch_index + 1) * self.config.batch]
        x = images[chosen].float() / 255
        generator = seeded_generator(self.config.seed, step, 1)
        torch.manual_seed(int(torch.randint(0, 2**62, (1,), generator=generator)))  # for dropout
        if self.config.noise:
            sigma = self.config.noise * float(torch.rand(1, generator=generator))
            x = x + sigma * torch.randn(x.shape, generator=generator)
        return x, labels[chosen]
