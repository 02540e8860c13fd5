"""Dissect a network: find out which concept each unit detects (Bau et al. 2017)."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput, Cancelled, DnnvisError
from dnnvis.core.paths import user_data_folder
from dnnvis.core.probing.dissection import DissectedLayer
from dnnvis.core.progress import Eta, Progress
from dnnvis.jobs import distributed
from dnnvis.library.dissection.batches import ConceptBatch, decode_concepts
from dnnvis.library.dissection.concept_pass import BatchCounts, ConceptPass, RangesByScore
from dnnvis.library.dissection.conclude import KnownCounts, conclude
from dnnvis.library.dissection.counting import RangeTotals, plan_points
from dnnvis.library.dissection.points import choose_side
from dnnvis.library.dissection.progress import (
    FORMAT,
    DissectionProgress,
    read_progress,
    write_progress,
)
from dnnvis.library.dissection.roc import MaximaFile
from dnnvis.library.dissection.thresholds import PilotSampler, choose_pilot
from dnnvis.library.scan.channel_summary import assign_unit_ranges
from dnnvis.library.scan.malloc import retain_heap
from dnnvis.library.scan.prefetch import prefetch
from dnnvis.library.scan.scan import sort_layers, use_channels_last
from dnnvis.library.scan.worker import MAX_WRITE_FRACTION, WRITE_INTERVAL_SECONDS, choose_settings
from dnnvis.network.network import Network
from dnnvis.sources.concepts.concept_set import LabeledConcepts
from dnnvis.sources.images.notes import NoteFilter

PILOT_MESSAGE, COUNT_MESSAGE = "Finding thresholds", "Dissecting"
Report = Callable[[Progress], None]


@dataclass(frozen=True)
class DissectionOptions:
    """How a dissection is done."""

    #: Layers; None takes all.
    layers: tuple[str, ...] | None = None
    #: At most so many pictures, evenly spread; None takes all.
    limit: int | None = None
    #: Points a side at which maps and masks are compared; None: as many as are enough.
    side: int | None = None
    #: Whether maps are brought to pixels as Bau et al. do, see ``points``.
    upsamples: bool = False
    #: Pictures per pass; None decides by the size of the maps.
    batch: int | None = None
    #: Decoding threads; None takes as many as there are spare cores.
    workers: int | None = None


@dataclass(frozen=True)
class DissectionOutcome:
    """Outcome of a dissection, or of the part of it that was done."""

    #: What is known of each layer; () where it was stopped.
    layers: tuple[DissectedLayer, ...]
    #: Pictures asked for, and those that are left.
    total: int
    left: int
    #: Picture -> why it could not be read.
    skipped: dict[str, str] = field(default_factory=dict)
    #: What was assumed, in sentences.
    notes: tuple[str, ...] = ()
    #: Pictures looked at in this run, and its duration.
    seen: int = 0
    seconds: float = 0.0


def dissect_units(
    net: Network,
    data: LabeledConcepts,
    options: DissectionOptions | None = None,
    *,
    salt: str = "",
    again: bool = False,
    report: Report | None = None,
    stop: threading.Event | None = None,
) -> DissectionOutcome:
    """Compare the units of a network with concepts.

    A layer with positions is scored by IoU where the concepts have masks, every other by AUROC of
    each unit's largest value. A layer called several times counts by its last call. Some pictures
    are looked at first, for the thresholds; then all of them once. A run that was stopped goes on
    where it last saved, and gives the same numbers. Memory does not grow with the pictures.

    Under torchrun the pictures are split over the ranks; all of them return the same. A stopped
    run goes on with as many ranks as it had.

    Args:
        net: The network.
        data: The concepts.
        options: How it is done.
        salt: Names what the fingerprint does not tell apart, as a network with shuffled weights.
        again: Whether to discard what an earlier run that was stopped has saved.
        report: Receives the progress.
        stop: Stops it once it is set.

    Returns:
        The layers, in the order of the table.

    Raises:
        BadInput: Concepts, numbers or the file of the progress cannot be used.
        UnknownUnit: The network has no such layer.
    """
    options = options or DissectionOptions()
    numbers = (options.limit, options.side, options.batch, options.workers)
    if min((number for number in numbers if number is not None), default=1) < 1:
        raise BadInput("limit, points, batch and workers must be 1 or more.")
    with ExitStack() as stack:
        stack.enter_context(distributed.process_group())
        run = _Dissection(net, data, options, salt, report, stop or threading.Event())
        return run.run(again)


def spread_evenly(total: int, limit: int | None) -> NDArray[np.int64]:
    """Return the numbers of at most ``limit`` of ``total`` pictures, evenly spread."""
    if limit is None or limit >= total:
        return np.arange(total)
    return np.arange(limit) * total // limit


def compute_key(net: Network, data: LabeledConcepts, options: DissectionOptions, salt: str) -> str:
    """Return a text that is another one for whatever changes a layer's numbers."""
    rows = spread_evenly(len(data), options.limit)
    parts = (
        FORMAT,
        net.fingerprint,
        net.card.preprocessing(),
        data.address,
        data.mark,
        hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest(),
        options.side or choose_side(len(rows)),
        options.upsamples,
        [str(edit) for edit in net.edits.active],
        salt,
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


class _Dissection:
    """One run of a dissection over what is left."""

    def __init__(
        self,
        net: Network,
        data: LabeledConcepts,
        options: DissectionOptions,
        salt: str,
        report: Report | None,
        stop: threading.Event,
    ) -> None:
        self._net, self._data = net, data
        self._report, self._stop = report, stop
        names = sort_layers(net, options.layers)
        ranges = assign_unit_ranges(net, names)
        self._settings = choose_settings(net, ranges, options.batch, options.workers)
        self._rows = spread_evenly(len(data), options.limit)
        size = self._settings.batch
        groups = [self._rows[start : start + size] for start in range(0, len(self._rows), size)]
        self._groups = list(distributed.own_shard(list(enumerate(groups))))
        side = options.side or choose_side(len(self._rows))
        self._plan = plan_points(
            net, ranges if data.has_masks else {}, side, upsamples=options.upsamples
        )
        self._ranges = RangesByScore.split(ranges, self._plan.layers)
        shard = f"{distributed.get_rank()} of {distributed.get_world_size()}"
        parts = (compute_key(net, data, options, salt), names, size, shard)
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        folder = user_data_folder() / "dissections" / net.fingerprint[:16]
        self._path = folder / f"{key}.dissection.safetensors"
        self._maxima_path = folder / f"{key}.maxima"
        self._progress = DissectionProgress()
        self._notes = NoteFilter(self._progress.notes.append)
        self._maxima: MaximaFile | None = None
        self._seen = 0
        self._eta = Eta()
        self._last_write, self._write_seconds = time.perf_counter(), 0.0

    def run(self, again: bool) -> DissectionOutcome:
        """Do what is left, and conclude."""
        start = time.perf_counter()
        self._restore(again)
        try:
            is_done = self._try_counting()
            every = distributed.all_gather(
                (is_done, self._count_left(), self._seen, self._progress)
            )
            layers: tuple[DissectedLayer, ...] = ()
            if all(done for done, *_ in every):
                layers = self._conclude([progress for *_, progress in every])
        finally:
            if self._maxima is not None:
                self._maxima.close()
        if layers:
            self._path.unlink(missing_ok=True)
            self._maxima_path.unlink(missing_ok=True)
        notes = dict.fromkeys(note for *_, progress in every for note in progress.notes)
        return DissectionOutcome(
            layers,
            len(self._rows),
            sum(left for _, left, *_ in every),
            {name: reason for *_, progress in every for name, reason in progress.skipped.items()},
            (*self._data.notes, *notes),
            sum(seen for *_, seen, _ in every),
            time.perf_counter() - start,
        )

    def _restore(self, again: bool) -> None:
        """Take over what an earlier run has saved, where all of it is there."""
        units = self._ranges.roc_units
        saved = None
        if not again:
            saved = read_progress(self._path, self._ranges.channels, len(self._data.names))
        if saved is not None and MaximaFile.holds(self._maxima_path, units, saved.pictures):
            self._progress = saved
            self._notes = NoteFilter(saved.notes.append)
        if units:
            self._maxima = MaximaFile(self._maxima_path, units, self._progress.pictures)

    def _try_counting(self) -> bool:
        """Count every picture; return whether all ranks did. An error is raised on all of them."""
        error: DnnvisError | None = None
        is_done = False
        try:
            with use_channels_last(self._net, min(self._settings.batch, 2)), retain_heap():
                is_done = self._count_all()
        except DnnvisError as exception:
            error = exception
        distributed.raise_first_error(error)
        return is_done

    def _count_left(self) -> int:
        return sum(len(group) for _, group in self._groups[self._progress.batches :])

    def _count_all(self) -> bool:
        """Find the thresholds, and count every picture; return whether all is done."""
        concepts = len(self._data.names)
        with ConceptPass(self._net, self._ranges, concepts, self._stop) as concept_pass:
            try:
                if self._ranges.iou and not self._progress.edges:
                    self._find_candidates(concept_pass)
                self._notify(COUNT_MESSAGE, self._count_done(), self._count_total())
                with closing(self._decode(self._groups[self._progress.batches :])) as chunks:
                    for chunk in chunks:
                        self._commit(chunk, concept_pass.count(chunk, self._progress.edges))
                        self._write_if_due()
            except Cancelled:
                self._write()
                return False
            except DnnvisError:
                if self._progress.batches:
                    self._write()
                raise
        return True

    def _decode(
        self, groups: Sequence[tuple[int, NDArray[np.int64]]]
    ) -> Generator[ConceptBatch, None, None]:
        def decode(group: tuple[int, NDArray[np.int64]]) -> ConceptBatch:
            number, rows = group
            points = self._plan.build(number)
            card = self._net.card
            return decode_concepts(self._data, card, rows.tolist(), number, points, self._stop)

        return prefetch(groups, decode, 1 if self._data.in_order else self._settings.workers)

    def _find_candidates(self, concept_pass: ConceptPass) -> None:
        """Look at some pictures, and choose the candidates of each unit; the same on all ranks."""
        self._progress.edges = distributed.broadcast_from_rank_zero(
            lambda: self._sample_pilot(concept_pass)
        )
        concepts = len(self._data.names)
        self._progress.totals = {
            start: RangeTotals.create(channels, concepts)
            for start, channels in self._ranges.channels.items()
        }

    def _sample_pilot(self, concept_pass: ConceptPass) -> dict[int, Tensor]:
        pilot = self._rows[choose_pilot(len(self._rows))]
        size = self._settings.batch
        groups = [(k, pilot[k * size : (k + 1) * size]) for k in range(-(-len(pilot) // size))]
        samplers = {
            unit_range.start: PilotSampler(unit_range, len(pilot))
            for unit_range in self._ranges.iou.values()
        }
        done, reasons = 0, dict[int, str]()
        self._notify(PILOT_MESSAGE, 0, len(pilot))
        with closing(self._decode(groups)) as chunks:
            for chunk in chunks:
                concept_pass.sample(chunk, samplers)
                reasons |= chunk.skipped
                done += len(chunk.numbers) + len(chunk.skipped)
                self._notify(PILOT_MESSAGE, done, len(pilot))
        if any(sampler.is_empty for sampler in samplers.values()):
            raise BadInput(
                f"None of the {len(pilot)} pictures of {self._data.address} that were looked at "
                f"can be read: {next(iter(reasons.values()), '')}"
            )
        edges = {start: sampler.candidates() for start, sampler in samplers.items()}
        for start, shared in concept_pass.shared.items():
            edges[start] = shared.move_edges(edges[start], edges[shared.source])
        return edges

    def _commit(self, chunk: ConceptBatch, counts: BatchCounts) -> None:
        """Add a batch to what is known."""
        progress = self._progress
        for start, (layer_counts, present) in counts.layers.items():
            progress.totals[start].add(layer_counts, present)
        if self._maxima is not None:
            self._maxima.add(counts.maxima)
        for name, notes in chunk.notes:
            self._notes.report_new(name, notes)
        progress.skipped |= {
            self._data.name(number): reason for number, reason in chunk.skipped.items()
        }
        progress.present.append(chunk.present)
        progress.pictures += len(chunk.numbers)
        progress.batches += 1
        self._seen += len(chunk.numbers)
        self._notify(COUNT_MESSAGE, self._count_done(), self._count_total())

    def _count_total(self) -> int:
        return sum(len(group) for _, group in self._groups)

    def _count_done(self) -> int:
        return self._count_total() - self._count_left()

    def _notify(self, message: str, done: int, total: int) -> None:
        """Report the progress of all ranks, estimated from this one's."""
        if self._report is not None:
            left = self._eta.estimate(done, total, message)
            count = distributed.get_world_size() if message == COUNT_MESSAGE else 1
            every = len(self._rows) if message == COUNT_MESSAGE else total
            self._report(Progress(message, min(every, done * count), every, left))

    def _write_if_due(self) -> None:
        interval = max(WRITE_INTERVAL_SECONDS, self._write_seconds / MAX_WRITE_FRACTION)
        if time.perf_counter() - self._last_write >= interval:
            self._write()

    def _write(self) -> None:
        start = time.perf_counter()
        if self._maxima is not None:
            self._maxima.flush()
        write_progress(self._path, self._progress, len(self._data.names))
        self._last_write = time.perf_counter()
        self._write_seconds = self._last_write - start

    def _conclude(self, parts: Sequence[DissectionProgress]) -> tuple[DissectedLayer, ...]:
        """Return all layers, from what all ranks have counted; the same on all of them."""
        pictures = sum(part.pictures for part in parts)
        if not pictures:
            reason = next((reason for part in parts for reason in part.skipped.values()), "")
            raise BadInput(
                f"None of the {len(self._rows)} pictures of {self._data.address} can be read: "
                f"{reason}"
            )
        first = parts[0]
        for other in parts[1:]:
            for start, counts in other.totals.items():
                first.totals[start].merge(counts)
        read_maxima: Callable[[Sequence[int]], NDArray[np.float32]] | None = None
        if self._maxima is not None and len(parts) == 1:
            read_maxima = self._maxima.read_columns
        elif self._maxima is not None:
            own = self._maxima.read_columns(range(self._ranges.roc_units))
            gathered = np.concatenate(distributed.all_gather(own))
            read_maxima = lambda units: gathered[:, list(units)]  # noqa: E731
        concepts = len(self._data.names)
        known = KnownCounts(
            first.edges,
            first.totals,
            np.concatenate([part.stack_present(concepts) for part in parts]),
            read_maxima,
        )
        return conclude(self._net.name, self._data, self._ranges, known, self._plan)
