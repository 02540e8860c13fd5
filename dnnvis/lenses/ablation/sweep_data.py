"""Sweep a layer over a data set, and go on where a sweep was stopped.

What is known lies in a file of the user's data folder, one for each network, layer, data set and
measure; it is written after each batch.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.paths import user_data_folder
from dnnvis.core.stable_file import read_stable, safetensors_metadata, write_whole
from dnnvis.core.unit import Unit
from dnnvis.lenses.ablation.sweep import (
    MAX_BATCH,
    Batch,
    ClampedTo,
    Sweep,
    SweepTotals,
    sweep_units,
)
from dnnvis.lenses.activation_map.collect import PictureBatches
from dnnvis.lenses.activation_map.labels import choose_classes
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset

FORMAT = 1
HEADER_KEY = "sweep"  # of the text in the file's header
_ARRAYS = ("changes", "fired", "means")  # of SweepTotals
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SweepProgress:
    """How far a sweep is."""

    #: Pictures that all units were switched off on, of ``total``.
    pictures: int
    total: int
    #: Passes that are done or were not needed, of ``passes_total``: units times pictures.
    done: int
    passes_total: int
    #: The sweep over the pictures so far; None before the first batch.
    sweep: Sweep | None = None


@dataclass(frozen=True)
class SweptData:
    """Outcome of a sweep over a data set."""

    #: None where it was stopped within the first batch.
    sweep: Sweep | None
    #: File that holds what is known.
    path: Path
    #: Pictures asked for, and those that are left.
    total: int
    left: int
    #: Name of each unreadable picture -> the reason, of those read now.
    unreadable: dict[str, str] = field(default_factory=dict)
    #: Pictures that no class of the network names, and that accuracy therefore leaves out.
    unlabeled: int = 0
    #: Sentences on what was assumed.
    notes: tuple[str, ...] = ()


@dataclass
class SavedSweep:
    """What a file holds of a sweep."""

    totals: SweepTotals = field(default_factory=SweepTotals)
    #: Groups of pictures that are done, those without a usable one among them.
    groups: int = 0
    #: Pictures left out for they have no class of the network.
    unlabeled: int = 0


Report = Callable[[SweepProgress], None]


def sweep_data(
    network: Network,
    layer: str,
    data: Dataset,
    *,
    unit: Unit | None = None,
    limit: int | None = None,
    clamped_to: ClampedTo = "zero",
    again: bool = False,
    report: Report = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> SweptData:
    """Switch each unit of a layer off in turn over a data set.

    The measure is the accuracy where the data's labels are the network's classes (decided on the
    first batch; pictures without such a label are left out), else the agreement with the
    network's own answers, or the mean of ``unit``.

    Args:
        network: The network.
        layer: The layer.
        data: The data set.
        unit: Measure this unit instead.
        limit: At most so many pictures, evenly spread; None takes all.
        clamped_to: What an off unit is set to: zero, or its mean on the first batch.
        again: Whether to discard what is known.
        report: Receives the progress, after each unit.
        should_stop: Asked before each unit; then the batch under way is left out.

    Returns:
        The sweep, and how much of it is left.

    Raises:
        UnknownUnit: There is no such layer or unit.
        BadInput: No picture can be read, or the file cannot be written.
    """
    layer = network.layer(layer).name
    if unit is not None:
        network.check(unit)
    rows = spread_evenly(len(data), limit)
    path = sweep_path(network, layer, data, rows, unit, clamped_to)
    saved = None if again else read_saved(path, network.layer(layer).shape[0])
    sweeper = _DataSweeper(
        network, layer, data, rows, saved or SavedSweep(), unit, clamped_to, report, should_stop
    )
    with suppress(Cancelled):
        sweeper.run(path)
    return sweeper.outcome(path)


def spread_evenly(total: int, limit: int | None) -> Ints:
    """Return the numbers of at most ``limit`` of ``total`` pictures, evenly spread."""
    if limit is None or limit >= total:
        return np.arange(total)
    return np.arange(limit) * total // limit


def sweep_path(
    network: Network,
    layer: str,
    data: Dataset,
    rows: Ints,
    unit: Unit | None,
    clamped_to: ClampedTo,
) -> Path:
    """Return the file of a sweep: another one for whatever changes its numbers."""
    card = network.card
    parts = (
        FORMAT,
        network.fingerprint,
        [str(edit) for edit in network.edits.active],
        card.preprocessing(),
        card.size,
        card.channels,
        list(card.labels),
        layer,
        data.address,
        data.mark,
        hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest(),
        "" if unit is None else str(unit),
        clamped_to,
        MAX_BATCH,
    )
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    return user_data_folder() / "sweeps" / network.fingerprint[:16] / f"{key}.sweep.safetensors"


class _DataSweeper:
    """One run of a sweep over what is left of a data set."""

    def __init__(
        self,
        network: Network,
        layer: str,
        data: Dataset,
        rows: Ints,
        saved: SavedSweep,
        unit: Unit | None,
        clamped_to: ClampedTo,
        report: Report,
        should_stop: Callable[[], bool],
    ) -> None:
        self._network, self._layer, self._unit = network, layer, unit
        self._groups = [rows[start : start + MAX_BATCH] for start in range(0, len(rows), MAX_BATCH)]
        self._saved, self._clamped_to = saved, clamped_to
        self._report, self._should_stop = report, should_stop
        self._units = network.layer(layer).shape[0]
        self._classes = choose_classes(network, data)
        self._reader = PictureBatches(network, data, self._classes)

    def run(self, path: Path) -> None:
        """Sweep what is left; raise Cancelled where it should stop."""
        self._report_unit(0, self._units)
        saved = self._saved
        for group in self._groups[saved.groups :]:
            batch, unlabeled = self._read(group)
            if batch is not None:
                sweep_units(
                    self._network,
                    self._layer,
                    [batch],
                    unit=self._unit,
                    clamped_to=self._clamped_to,
                    on_unit=self._report_unit,
                    totals=saved.totals,
                )
            saved.groups, saved.unlabeled = saved.groups + 1, saved.unlabeled + unlabeled
            if saved.totals.pictures:
                write_saved(path, saved)
            self._report_unit(0, self._units)
        if not saved.totals.pictures:
            reason = next(iter(self._reader.unreadable.values()), "")
            raise BadInput(reason or "There are no pictures to switch units off on.")

    def outcome(self, path: Path) -> SweptData:
        """Return what is known now."""
        saved = self._saved
        note = self._classes.note if saved.totals.measure == "accuracy" else ""
        return SweptData(
            self._conclude(),
            path,
            self._count(self._groups),
            self._count(self._groups[saved.groups :]),
            self._reader.unreadable,
            saved.unlabeled,
            (note,) if note else (),
        )

    def _read(self, group: Ints) -> tuple[Batch | None, int]:
        """Return the pictures of a group that the measure can use, and how many it cannot."""
        batch = next(self._reader([group]), None)
        if batch is None:
            return None, 0
        totals, labels = self._saved.totals, batch.labels
        if self._unit is not None:
            return (batch.pixels, None), 0
        measure = totals.measure or ("accuracy" if (labels >= 0).any() else "agreement")
        if measure == "agreement":
            return (batch.pixels, None), 0
        known = labels >= 0
        lost = int((~known).sum())
        if not known.any():
            return None, lost
        return (batch.pixels[torch.from_numpy(known)], labels[known]), lost

    def _report_unit(self, done: int, total: int) -> None:
        """Report that ``done`` of the units were off on the batch under way."""
        if self._should_stop():
            raise Cancelled("The sweep was stopped.")
        saved = self._saved
        behind = self._count(self._groups[: saved.groups])
        under_way = self._groups[saved.groups : saved.groups + 1]
        self._report(
            SweepProgress(
                behind,
                self._count(self._groups),
                behind * total + done * self._count(under_way),
                self._count(self._groups) * total,
                self._conclude(),
            )
        )

    def _conclude(self) -> Sweep | None:
        totals = self._saved.totals
        return totals.conclude(self._layer, range(self._units)) if totals.pictures else None

    @staticmethod
    def _count(groups: Sequence[Ints]) -> int:
        return sum(len(group) for group in groups)


def read_saved(path: Path, count: int) -> SavedSweep | None:
    """Return what a file knows of a sweep of ``count`` units; None where that is nothing."""
    if not path.is_file():
        return None
    try:
        content = read_stable(path)
        numbers = json.loads(safetensors_metadata(content)[HEADER_KEY])
        arrays = load(content)
        totals = SweepTotals(
            **numbers["totals"], **{name: arrays[name].astype(np.float64) for name in _ARRAYS}
        )
        saved = SavedSweep(totals, int(numbers["groups"]), int(numbers["unlabeled"]))
    except (BadInput, OSError, ValueError, TypeError, KeyError, SafetensorError):
        return None  # cut short, or of another version: it is made anew
    fits = totals.changes.shape == totals.fired.shape == (count,)
    return saved if fits and totals.means.shape in ((0,), (count,)) else None


def write_saved(path: Path, saved: SavedSweep) -> None:
    """Write what is known of a sweep, whole or not at all; raise BadInput where that fails."""
    totals = saved.totals
    plain = {
        each.name: getattr(totals, each.name) for each in fields(totals) if each.name not in _ARRAYS
    }
    numbers = {"totals": plain, "groups": saved.groups, "unlabeled": saved.unlabeled}
    arrays: dict[str, Any] = {name: getattr(totals, name) for name in _ARRAYS}
    write_whole(path, save(arrays, {HEADER_KEY: json.dumps(numbers)}))
