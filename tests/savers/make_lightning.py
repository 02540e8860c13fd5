"""Write checkpoints of Lightning: ``python tests/savers/make_lightning.py FOLDER``.

Needs ``lightning==2.6.6`` and ``omegaconf==2.4.0``.
"""

import warnings
from argparse import Namespace
from typing import Any

import lightning
import torch
from cases import CaseFolder
from lightning.fabric import Fabric
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, WeightAveraging
from networks import Small, small, trained
from omegaconf import OmegaConf
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_avg_fn
from torchmetrics.classification import MulticlassAccuracy


class Training(lightning.LightningModule):
    """A network below ``model``, a weighted loss, a metric, and settings of many kinds."""

    def __init__(self, settings: Any) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.model = trained(small())
        self.criterion = nn.CrossEntropyLoss(weight=torch.ones(10))
        self.accuracy = MulticlassAccuracy(10)

    def training_step(self, batch: Any, index: int) -> Tensor:
        x, label = batch
        scores = self.model(x)
        self.accuracy(scores, label)
        loss: Tensor = self.criterion(scores, label)
        self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(self.parameters(), 1e-3)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]


class Itself(Small, lightning.LightningModule):
    """A network that is the training itself, as in Lightning's first example."""

    def training_step(self, batch: Any, index: int) -> Tensor:
        x, label = batch
        return nn.functional.cross_entropy(self(x), label)

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), 1e-3)


def fit(module: lightning.LightningModule, cases: CaseFolder, *callbacks: Any) -> Any:
    """Train a module for two steps, and return its trainer."""
    torch.manual_seed(0)
    pairs = [(torch.rand(3, 16, 16), n % 10) for n in range(8)]
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=cases.path,
        callbacks=[ModelCheckpoint(cases.path / "callback", monitor=None), *callbacks],
    )
    trainer.fit(module, torch.utils.data.DataLoader(pairs, 4))
    return trainer


def main() -> None:
    """Write all."""
    cases = CaseFolder(f"lightning {lightning.__version__}")
    settings = {
        "Namespace": Namespace(lr=0.1, folds=[1, 2]),
        "OmegaConf": OmegaConf.create({"lr": 0.1, "data": {"size": 16}}),
    }
    for kind, value in settings.items():
        module = Training(value)
        trainer = fit(module, cases, EarlyStopping("loss"))
        path = cases.path / f"{kind}.ckpt"
        trainer.save_checkpoint(path)
        expected = module.model.state_dict()
        form = f"Trainer.save_checkpoint, loss, metric, callbacks, {kind}"
        cases.add(form, path, "small", expected, note="below 'model'")
    trainer.save_checkpoint(cases.path / "weights.ckpt", weights_only=True)
    cases.add("Trainer.save_checkpoint, weights alone", "weights.ckpt", "small", expected)
    (written,) = list((cases.path / "callback").glob("*-v1.ckpt"))
    cases.add("ModelCheckpoint", written, "small", expected)
    itself = trained(Itself())
    fit(itself, cases).save_checkpoint(cases.path / "itself.ckpt")
    cases.add("the network itself", "itself.ckpt", "small", itself.state_dict())
    averaged = Training(None)
    average = WeightAveraging(avg_fn=get_ema_avg_fn(0.5))
    trainer = fit(averaged, cases, average)
    trainer.save_checkpoint(cases.path / "averaged.ckpt")
    cases.add("WeightAveraging", "averaged.ckpt", "small", averaged.model.state_dict())
    fabric = Fabric(accelerator="cpu")
    model, optimizer = fabric.setup(trained(small()), torch.optim.SGD(small().parameters(), 0.1))
    fabric.save(cases.path / "fabric.ckpt", {"model": model, "optimizer": optimizer, "step": 3})
    cases.add("Fabric.save", "fabric.ckpt", "small", model.module.state_dict())
    torch.save({"net": model}, cases.path / "fabric-module.ckpt")
    cases.add("Fabric's module", "fabric-module.ckpt", "small", model.module.state_dict())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
