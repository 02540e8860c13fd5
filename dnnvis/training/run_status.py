"""Read how far a run of a life network is from its files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from dnnvis.core.errors import BadInput
from dnnvis.core.training_status import TrainingStatus
from dnnvis.network.card import read_card
from dnnvis.training.life_task import LifeSetting

PROGRESS_FILE = "progress.pt"
CHANGEABLE_SETTINGS = ("most", "cap")  # of a setting: they may change while a run goes on


def read_status(folder: Path, network: Path) -> TrainingStatus | None:
    """Read how far the run in ``folder`` is, and its adversarial stage in a folder within.

    None where none was begun. ``network``: the file of weights it writes at the end.

    Raises BadInput where the progress cannot be read.
    """
    status = _read(folder, network)
    if status is None:
        return None
    adversarial_network = network.with_name(f"{network.stem}-adversarial{network.suffix}")
    return replace(status, later=_read(folder / "adversarial", adversarial_network))


def _read(folder: Path, network: Path) -> TrainingStatus | None:
    path = folder / PROGRESS_FILE
    if not path.is_file():
        return None
    try:
        state = torch.load(path, weights_only=True)
        setting: dict[str, Any] = json.loads(state["setting"])
        progress = state["progress"]
        step, curve = int(progress["step"]), [tuple(row) for row in progress["curve"]]
        ended = _has_ended(setting, step, curve)
    except Exception:  # a broken archive raises anything
        raise BadInput(f"{path} is damaged, or no progress of a training; begin anew.") from None
    about = _read_about(setting, network)
    scores = about.get("scores")
    return TrainingStatus(
        folder,
        step,
        tuple(curve),
        setting,
        ended,
        about.get("steps", -1),
        scores if isinstance(scores, dict) else {},
    )


def _has_ended(setting: dict[str, Any], step: int, curve: list[tuple[float, ...]]) -> bool:
    stage = setting.get("stage")
    if stage is not None:
        return step >= int(stage["quiet"]) + int(stage["steps"])
    reached = next((row[0] for row in curve if row[2] >= setting["goal"]), None)
    max_steps = LifeSetting().most
    return step >= (max_steps if reached is None else min(reached + setting["cool"], max_steps))


def _read_about(setting: dict[str, Any], network: Path) -> dict[str, Any]:
    """Return the card's entries about the training; nothing where they are of another run."""
    file = network.with_suffix(".json")
    if not (network.is_file() and file.is_file()):
        return {}
    try:
        about = read_card(file).about
    except BadInput:
        return {}
    known = isinstance(about.get("setting"), dict) and isinstance(about.get("steps"), int)
    return about if known and _is_same_run(about["setting"], setting) else {}


def _is_same_run(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether both are settings of the same run."""
    names = (one.keys() | other.keys()) - set(CHANGEABLE_SETTINGS)
    return all(one.get(name) == other.get(name) for name in names)
