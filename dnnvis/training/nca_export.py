"""Write a finished automaton as a file of weights, a card, and its snapshots."""

import base64
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.network.card import Card
from dnnvis.network.snapshots import SUFFIX
from dnnvis.sources.canvas.target import GrowthTarget
from dnnvis.training.export import write_network, write_snapshots
from dnnvis.training.loop import TrainingProgress
from dnnvis.training.nca_measure import measure_growth
from dnnvis.training.nca_task import NcaTask
from dnnvis.zoo.beyond.nca_nets import nca_card

PAPER = "Mordvintsev et al. 2020, Growing Neural Cellular Automata, Distill"
DEPARTURES = (
    "a seed is 1 in every channel; firing follows from a seed and the step number; two seeds a "
    "batch, which have to survive 12 steps; half of the damaged lose one half; 32-48 to 48-80 "
    "steps, a pool of 128, a cosine fall of the rate"
)


def export_nca(
    task: NcaTask, progress: TrainingProgress, target: GrowthTarget, folder: Path, *, name: str = ""
) -> Card:
    """Write the network, its card with what was measured, and its snapshots.

    A network that did not reach its target is written too; the card says so.

    Args:
        task: The task that was trained.
        progress: Its progress at the end.
        target: What it was trained for.
        folder: Where the files are written.
        name: Name of the network; "": from its target.

    Returns:
        The card.
    """
    about: dict[str, Any] = {
        "title": f"Growing automaton: {target.about}",
        "source": PAPER,
        "data": target.about,
        "target": pack_target(task.target),
        "setting": task.setting,
        "seed": task.config.seed,
        "steps": progress.step,
        "work_seconds": round(progress.seconds),
        "learning_cpu_seconds": round(progress.cpu, 1),
        "curve_columns": task.curve_columns,
        "curve": [[int(row[0]), *(round(value, 5) for value in row[1:])] for row in progress.curve],
        "measured": round_values(measure_growth(task.network, task.target)),
        "departures": DEPARTURES,
    }
    card = nca_card(task.config.spec, name or task.name, task.size, about)
    write_network(task.network, card, folder)
    if len(progress.moments) > 1:
        write_snapshots(task, progress, folder / f"{card.name}{SUFFIX}")
    return card


def pack_target(target: Tensor) -> str:
    """Return a target (H, W, 4) in [0, 1] as text: zlib over uint8, in base64."""
    values = target.mul(255).round().to(torch.uint8).numpy()
    return base64.b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii")


def unpack_target(card: Card) -> Tensor | None:
    """Return the target (H, W, 4) that an automaton's card holds; None where it has none."""
    height, width = card.size
    length = height * width * 4
    try:
        packed = base64.b64decode(str(card.about.get("target", "")), validate=True)
        values = zlib.decompressobj().decompress(packed, length + 1)
    except (ValueError, zlib.error):
        return None
    if len(values) != length:
        return None
    pixels = np.frombuffer(values, np.uint8).reshape(height, width, 4)
    return torch.from_numpy(pixels.astype(np.float32) / 255)


def round_values(values: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of nested numbers, each with five digits behind the point."""
    return {
        key: round_values(value) if isinstance(value, dict) else round(value, 5)
        for key, value in values.items()
    }
