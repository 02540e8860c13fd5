"""Write a finished run as a file of weights and a card."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from dnnvis.core.stable_file import write_whole
from dnnvis.network.card import Card, write_card
from dnnvis.network.snapshots import SUFFIX
from dnnvis.training.loop import TrainingProgress, TrainingTask
from dnnvis.training.net2_task import MEAN, STD
from dnnvis.zoo.net2 import fold

PAPER = "Pardo et al. 2019, Coloring the Black Box, Table 1"


def export_net1(task: TrainingTask, progress: TrainingProgress, folder: Path) -> None:
    """Write ``net1-mnist`` (or ``net1-mnist-noise``) and its card.

    Args:
        task: The task that was trained.
        progress: Its progress at the end.
        folder: Where the files are written.
    """
    card = Card(
        name=task.name,
        size=(28, 28),
        channels=1,
        labels=tuple("0123456789"),
        architecture="net1",
        about={
            "title": "Net1: 784 - 12 x 200 ELU - 10 sigmoid, MNIST",
            "source": PAPER,
            "data": "MNIST, 60,000 train / 10,000 test pictures",
            **describe_training(task, progress),
            "paper_accuracy": 0.9657,
            "departures": "LeCun start; AdamW with one rise and fall of the rate",
        },
    )
    write_network(task.module, card, folder)
    if len(progress.moments) > 1:
        write_snapshots(task, progress, folder / f"{card.name}{SUFFIX}")


def export_net2(
    task: TrainingTask, progress: TrainingProgress, labels: list[str], folder: Path
) -> None:
    """Write ``net2-cifar10``, batch norm folded away, and its card.

    Args:
        task: The task that was trained.
        progress: Its progress at the end.
        labels: Names of the classes.
        folder: Where the files are written.
    """
    card = Card(
        name=task.name,
        size=(32, 32),
        channels=3,
        mean=MEAN,
        std=STD,
        labels=tuple(labels),
        architecture="net2",
        about={
            "title": "Net2: all-convolutional, ELU, 10 sigmoid outputs, CIFAR-10",
            "source": PAPER,
            "data": "CIFAR-10 as JPEG quality 75, 50,000 train / 10,000 test pictures",
            **describe_training(task, progress),
            "paper_accuracy": 0.762,
            "departures": (
                "trained with batch norm after every hidden layer, folded into the weights "
                "afterwards; Muon and AdamW; no dropout; flips and shifted crops; pictures of "
                "16, 24 and 32 pixels in turn (the curve's accuracy is at the pixels of the "
                "moment, on every tenth test picture except in its last row)"
            ),
        },
    )
    assert isinstance(task.module, nn.Sequential)
    write_network(fold(task.module), card, folder)
    if len(progress.moments) > 1:
        folded_progress = replace(progress, moments=_fold_snapshots(task.module, progress.moments))
        write_snapshots(task, folded_progress, folder / f"{card.name}{SUFFIX}")


def _fold_snapshots(
    module: nn.Sequential, snapshots: dict[int, dict[str, Tensor]]
) -> dict[int, dict[str, Tensor]]:
    """Fold the batch norms of each snapshot's weights."""
    own_weights = {name: value.clone() for name, value in module.state_dict().items()}
    folded = {}
    for step, state in snapshots.items():
        module.load_state_dict(state)
        folded[step] = dict(fold(module).state_dict())
    module.load_state_dict(own_weights)
    return folded


def describe_training(task: TrainingTask, progress: TrainingProgress) -> dict[str, Any]:
    """Return a card's entries about the training."""
    return {
        "test_accuracy": round(progress.curve[-1][2], 4) if progress.curve else None,
        "setting": task.setting,
        "seed": task.setting["seed"],
        "steps": progress.step,
        "work_seconds": round(progress.seconds),
        "curve_columns": task.curve_columns,
        "curve": [_round_row(row) for row in progress.curve],
    }


def _round_row(row: list[float]) -> list[float]:
    step, loss, accuracy, seconds, *others = row
    return [int(step), round(loss, 4), round(accuracy, 4), int(seconds)] + [
        round(value, 4) for value in others
    ]


def write_network(module: nn.Module, card: Card, folder: Path) -> None:
    """Write the weights and the card, with the weights' sha256 in it.

    Args:
        module: The module whose weights are written.
        card: Its card, whose ``about`` gets the sha256.
        folder: Where the files are written; created where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{card.name}.safetensors"
    write_whole(path, save({k: v.contiguous() for k, v in module.state_dict().items()}))
    card.about["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    write_card(card, folder / f"{card.name}.json")


def write_snapshots(task: TrainingTask, progress: TrainingProgress, path: Path) -> None:
    """Write all snapshots into one file.

    It holds each weight stacked (snapshots, ...), ``steps`` int64 (snapshots,), and ``accuracy``
    float32 (snapshots, columns) where the curve has that step, else NaN.

    Args:
        task: The task that was trained.
        progress: Its progress, with the snapshots.
        path: The file.
    """
    steps = sorted(progress.moments)
    rows = {int(row[0]): [row[2], *row[4:]] for row in progress.curve}
    width = len(task.curve_columns) - 3
    measured = [rows.get(step, [torch.nan] * width) for step in steps]
    write_stacked_snapshots(steps, [progress.moments[step] for step in steps], measured, path)


def write_stacked_snapshots(
    steps: Sequence[int],
    weights: Sequence[Mapping[str, Tensor]],
    measured: Sequence[Sequence[float]],
    path: Path,
) -> None:
    """Write weights at several steps into one file, see ``write_snapshots``.

    Args:
        steps: Numbers of the steps, rising.
        weights: The weights at each, by name.
        measured: What was measured at each, as many columns every time.
        path: The file.
    """
    stacked: dict[str, Tensor] = {
        key: torch.stack([state[key].contiguous() for state in weights]) for key in weights[0]
    }
    stacked["steps"] = torch.tensor(steps)
    stacked["accuracy"] = torch.tensor(measured)
    write_whole(path, save(stacked))
