"""Scan a data set: what each unit fires at most and least, and how it behaves."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.progress import Eta, Progress
from dnnvis.jobs import distributed
from dnnvis.library.scan import progress
from dnnvis.library.scan.channel_summary import assign_unit_ranges
from dnnvis.library.scan.malloc import retain_heap
from dnnvis.library.scan.output import ScanFiles
from dnnvis.library.scan.progress import Mask
from dnnvis.library.scan.worker import ScanWorker, choose_settings
from dnnvis.library.store.database import LibraryFile
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset, open_data

OUTDATED_NOTE = "Pictures changed, or are decoded otherwise now: the earlier scan of"
NATURAL_PICTURES = 250  # pictures whose own colors and spectrum are summed up


@dataclass(frozen=True)
class ScanProgress(Progress):
    """How far a scan is, in pictures of those that were left to do."""

    #: Pictures that could not be read so far.
    skipped: int = 0


Report = Callable[[ScanProgress], None]


@dataclass(frozen=True)
class ScanSummary:
    """Outcome of a scan."""

    #: Address of the data set.
    source: str
    #: Kind of the data set.
    kind: str
    #: Pictures scanned in this run.
    seen: int
    #: Pictures requested.
    total: int
    #: Pictures left for the next time where the scan was stopped.
    left: int
    #: Picture -> why it could not be read.
    skipped: dict[str, str]
    #: Layers scanned now; none where all was known before.
    layers: tuple[str, ...]
    #: Duration.
    seconds: float
    #: Path of the library.
    library: str
    #: What was assumed of the pictures that this process read, once for each assumption.
    notes: tuple[str, ...] = ()


def scan(
    net: Network,
    data: Dataset | str | Path,
    library: LibraryFile | str | Path,
    *,
    layers: Sequence[str] | None = None,
    k: int = 9,
    batch: int | None = None,
    workers: int | None = None,
    limit: int | None = None,
    every: int = 1,
    again: bool = False,
    report: Report | None = None,
    stop: threading.Event | None = None,
) -> ScanSummary:
    """Scan a data set: store each unit's top pictures and statistics in a library.

    One forward pass for all layers; no map is stored. A layer called several times counts by its
    last call. A scan that was stopped (by ``stop``, an error, a kill) continues where it last
    saved, some ten seconds before at most, and gives the same rows as one that was not; what is
    known is not computed again. Unreadable pictures are skipped and listed. On a CPU the network
    runs in channels_last meanwhile, where it gives the same answers in it.

    Under torchrun the pictures are split over the ranks, each writes a file of its own beside the
    library, and rank 0 merges them; the other ranks need only the library's path.

    Args:
        net: The network.
        data: The data set, or its path (see ``open_data``).
        library: The library's file, or its path.
        layers: Layers to scan; None takes all.
        k: Pictures stored at each end of every unit's range.
        batch: Pictures per pass; None decides by the size of the maps.
        workers: Decoding threads; None takes as many as there are spare cores.
        limit: Largest number of pictures, evenly spread; None takes all.
        every: Of a video, take each so many frames.
        again: Whether to discard what is known of this data.
        report: Receives the progress.
        stop: Stops the scan once it is set.

    Raises:
        BadInput: Data, numbers or the library cannot be used.
        UnknownUnit: The network has no such layer.
    """
    start = time.perf_counter()
    if min(number for number in (k, limit, batch, workers) if number is not None) < 1:
        raise BadInput("k, limit, batch and workers must be 1 or more.")
    names = sort_layers(net, layers)
    with ExitStack() as stack:
        stack.enter_context(distributed.process_group())
        dataset = _open_dataset(data, every, stack)
        files = ScanFiles(net, library, stack)
        requested = _spread_evenly(len(dataset), limit)
        job = files.begin(dataset, names, k, requested, again)
        seen_count, notes = 0, tuple[str, ...]()
        if job is not None:
            rank_scan = _RankScan(net, dataset, files, requested, batch, workers)
            seen_count = rank_scan.run(job, report, stop or threading.Event())
            notes = rank_scan.notes
        if files.has_discarded:
            notes = (f"{OUTDATED_NOTE} {dataset.address} was discarded.", *notes)
        skipped, left = distributed.broadcast_from_rank_zero(
            lambda: _load_outcome(files, dataset, job, requested)
        )
    total = int(requested.sum())
    if job is not None and len(skipped) >= total:
        raise BadInput(
            f"None of the {total} pictures in {dataset.address} can be read: "
            f"{next(iter(skipped.values()))}"
        )
    return ScanSummary(
        dataset.address,
        dataset.kind,
        seen_count,
        total,
        left,
        skipped,
        () if job is None else job.layers,
        time.perf_counter() - start,
        str(files.path),
        notes,
    )


def _open_dataset(data: Dataset | str | Path, every: int, stack: ExitStack) -> Dataset:
    """Return the data set; one that is opened here is closed with ``stack``."""
    if not isinstance(data, str | Path):
        return data
    return stack.enter_context(closing(open_data(data, every)))


def sort_layers(net: Network, layers: Sequence[str] | None) -> list[str]:
    """Return the layers in the order of the table; raise UnknownUnit for others."""
    if layers is not None:
        layers = [net.layer(name).name for name in layers]
    rare = set(net.table.rare) if layers is None else set()
    return [
        row.name
        for row in (net.layers if layers is None else net.table.layers)
        if (layers is None or row.name in layers) and net.table.owner(row.name) not in rare
    ]


def _spread_evenly(total: int, limit: int | None) -> Mask:
    """Return which pictures are requested, bool (total,)."""
    requested = np.ones(total, bool)
    if limit is not None and limit < total:
        requested[:] = False
        requested[np.arange(limit) * total // limit] = True
    return requested


def _subsample(requested: Mask) -> Mask:
    """Return at most ``NATURAL_PICTURES`` of the requested pictures, evenly spread."""
    numbers = np.flatnonzero(requested)
    subset = np.zeros_like(requested)
    subset[numbers[:: -(-len(numbers) // NATURAL_PICTURES)]] = True
    return subset


def _load_outcome(
    files: ScanFiles, data: Dataset, job: progress.ScanJob | None, requested: Mask
) -> tuple[dict[str, str], int]:
    """Return what could not be read, and how many pictures are left."""
    skipped = progress.load_skipped(files.main_library, data.address)
    return skipped, 0 if job is None else int((requested & ~job.done).sum())


class _RankScan:
    """The part of a scan that this process does."""

    def __init__(
        self,
        net: Network,
        data: Dataset,
        files: ScanFiles,
        requested: Mask,
        batch: int | None,
        workers: int | None,
    ) -> None:
        self.net, self.data, self.files, self.requested = net, data, files, requested
        self._batch_options = (batch, workers)
        self.notes: tuple[str, ...] = ()

    def run(self, job: progress.ScanJob, report: Report | None, stop: threading.Event) -> int:
        """Scan what is not done yet, and merge; return how many pictures all ranks saw.

        Args:
            job: The scan.
            report: Receives the progress.
            stop: Stops the scan once it is set.
        """
        previous_done = int(job.done.sum()) - len(job.skipped)
        error: DnnvisError | None = None
        try:
            self._sweep(job, report, stop)
        except DnnvisError as exception:
            error = exception
        distributed.raise_first_error(error)
        self.files.merge(job, self.requested)
        done_after: int = distributed.broadcast_from_rank_zero(
            lambda: int(job.done.sum()) - len(job.skipped)
        )
        return done_after - previous_done

    def _sweep(self, job: progress.ScanJob, report: Report | None, stop: threading.Event) -> None:
        unit_ranges = assign_unit_ranges(self.net, job.layers)
        settings = choose_settings(self.net, unit_ranges, *self._batch_options)
        batches = self._select_batches(_split_batches(self.requested, job.done, settings.batch))
        own_library, own_job = self.files.open_own(self.data, job, self.requested)
        clock = _ScanClock(int((self.requested & ~job.done).sum()), own_job, report)
        with use_channels_last(self.net, min(settings.batch, 2)), retain_heap():
            natural_mask = _subsample(self.requested)
            worker = ScanWorker(
                self.net, self.data, own_library, own_job, unit_ranges, settings, natural_mask
            )
            try:
                worker.run(batches, distributed.get_world_size() == 1, clock.report, stop)
            finally:
                self.notes = tuple(worker.notes)

    def _select_batches(self, batches: list[list[int]]) -> Sequence[list[int]]:
        """Return this process's batches; adjacent ones where data is read in order."""
        if not self.data.in_order:
            return distributed.own_shard(batches)
        ends = [
            round(len(batches) * n / distributed.get_world_size())
            for n in range(distributed.get_world_size() + 1)
        ]
        return batches[ends[distributed.get_rank()] : ends[distributed.get_rank() + 1]]


def _split_batches(requested: Mask, done: Mask, size: int) -> list[list[int]]:
    """Return the requested pictures in groups, without those that are done.

    The groups do not depend on what is done.
    """
    numbers = np.flatnonzero(requested)
    groups = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [group[~done[group]].tolist() for group in groups]


@contextmanager
def use_channels_last(net: Network, pictures: int) -> Iterator[None]:
    """Use the faster memory format for batches on a CPU within the ``with``.

    Where ``pictures`` of noise give the same answer in it; the network gets its own back.
    """
    previous_format = net.memory_format
    if net.device.type == "cpu":
        net.try_format(torch.channels_last, pictures)
    try:
        yield
    finally:
        if net.memory_format != previous_format:
            net.set_memory_format(previous_format)


class _ScanClock:
    """Reports the progress of all ranks, estimated from this one's, from its first batch on."""

    def __init__(self, total: int, job: progress.ScanJob, report: Report | None) -> None:
        self._total, self._job, self._report = total, job, report
        self._eta = Eta()
        self.report(0)

    def report(self, own_done: int) -> None:
        """Report that this process has done ``own_done`` pictures."""
        if self._report is None:
            return
        done = min(self._total, own_done * distributed.get_world_size())
        left = self._eta.estimate(done, self._total) if own_done else None
        self._report(ScanProgress("", done, self._total, left, len(self._job.skipped)))
