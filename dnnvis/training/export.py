"""A finished run becomes a file of weights and a card."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from dnnvis.network.card import Card, write_card
from dnnvis.network.snapshots import SUFFIX
from dnnvis.training.loop import Course, Progress
from dnnvis.training.net2_task import MEAN, STD
from dnnvis.zoo.net2 import fold

PAPER = "Pardo et al. 2019, Coloring the Black Box, Table 1"


def net1(course: Course, progress: Progress, folder: Path) -> None:
    """Write ``net1-mnist`` (or its noise-trained sister) and its card into ``folder``."""
    card = Card(
        name=course.name,
        size=(28, 28),
        channels=1,
        labels=tuple("0123456789"),
        architecture="net1",
        about={
            "title": "Net1: 784 - 12 x 200 ELU - 10 sigmoid, MNIST",
            "source": PAPER,
            "data": "MNIST, 60,000 train / 10,000 test pictures",
            **training_of(course, progress),
            "paper_accuracy": 0.9657,
            "departures": "LeCun start; AdamW with one rise and fall of the rate",
        },
    )
    written(course.module, card, folder)
    if len(progress.moments) > 1:
        write_moments(course, progress, folder / f"{card.name}{SUFFIX}")


def net2(course: Course, progress: Progress, labels: list[str], folder: Path) -> None:
    """Write ``net2-cifar10``, batch norm folded away, and its card into ``folder``."""
    card = Card(
        name=course.name,
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
            **training_of(course, progress),
            "paper_accuracy": 0.762,
            "departures": (
                "trained with batch norm after every hidden layer, folded into the weights "
                "afterwards; Muon and AdamW; no dropout; flips and shifted crops; pictures of "
                "16, 24 and 32 pixels in turn (the curve's accuracy is at the pixels of the "
                "moment, on every tenth test picture except in its last row)"
            ),
        },
    )
    assert isinstance(course.module, nn.Sequential)
    written(fold(course.module), card, folder)
    if len(progress.moments) > 1:
        told = replace(progress, moments=_folded(course.module, progress.moments))
        write_moments(course, told, folder / f"{card.name}{SUFFIX}")


def _folded(
    module: nn.Sequential, moments: dict[int, dict[str, Tensor]]
) -> dict[int, dict[str, Tensor]]:
    """Weights with batch norms, each moment's folded into those without."""
    last = {name: value.clone() for name, value in module.state_dict().items()}
    found = {}
    for step, state in moments.items():
        module.load_state_dict(state)
        found[step] = dict(fold(module).state_dict())
    module.load_state_dict(last)
    return found


def training_of(course: Course, progress: Progress) -> dict[str, Any]:
    """What a card says of the training."""
    return {
        "test_accuracy": round(progress.curve[-1][2], 4) if progress.curve else None,
        "setting": course.setting,
        "seed": course.setting["seed"],
        "steps": progress.step,
        "work_seconds": round(progress.seconds),
        "curve_columns": course.curve_columns,
        "curve": [_short(row) for row in progress.curve],
    }


def _short(row: list[float]) -> list[float]:
    step, loss, accuracy, seconds, *others = row
    return [int(step), round(loss, 4), round(accuracy, 4), int(seconds)] + [
        round(value, 4) for value in others
    ]


def written(module: nn.Module, card: Card, folder: Path) -> None:
    """Write the weights and the card, with the weights' sha256 in it, into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{card.name}.safetensors"
    save_file({k: v.contiguous() for k, v in module.state_dict().items()}, place)
    card.about["sha256"] = hashlib.sha256(place.read_bytes()).hexdigest()
    write_card(card, folder / f"{card.name}.json")


def write_moments(course: Course, progress: Progress, place: Path) -> None:
    """All moments in one file: each weight stacked (moments, ...), ``steps`` int64 (moments,),
    ``accuracy`` float32 (moments, columns) where the curve has that step, else NaN."""
    steps = sorted(progress.moments)
    first = progress.moments[steps[0]]
    stacked: dict[str, Tensor] = {
        key: torch.stack([progress.moments[step][key].contiguous() for step in steps])
        for key in first
    }
    rows = {int(row[0]): [row[2], *row[4:]] for row in progress.curve}
    width = len(course.curve_columns) - 3
    stacked["steps"] = torch.tensor(steps)
    stacked["accuracy"] = torch.tensor([rows.get(step, [torch.nan] * width) for step in steps])
    save_file(stacked, place)
