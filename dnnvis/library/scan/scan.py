"""Looking through a data set: what each unit fires at most and least, and how it behaves."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dnnvis.core.errors import BadInput, DnnvisError
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

NATURAL_PICTURES = 250  # pictures whose own colours and spectrum are looked at


@dataclass(frozen=True)
class ScanProgress:
    """How far a scan is: ``done`` of ``total`` pictures (of those that were left to do),
    ``seconds_left`` as far as can be told by now, ``skipped`` unreadable ones so far."""

    done: int
    total: int
    seconds_left: float | None
    skipped: int


Report = Callable[[ScanProgress], None]


@dataclass(frozen=True)
class ScanSummary:
    """What a scan did: ``seen`` pictures of ``source`` looked at in this run, of ``total``
    asked for, ``left`` of them for the next time where it was stopped; ``skipped``: picture ->
    why it could not be read; ``layers`` looked into now, none where all was known before;
    ``library`` the file that holds it."""

    source: str
    kind: str
    seen: int
    total: int
    left: int
    skipped: dict[str, str]
    layers: tuple[str, ...]
    seconds: float
    library: str


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
    """Run ``net`` over a data set (see ``open_data``) and keep in its library the ``k`` pictures
    at each end of every unit's range, and the statistics of ``layers`` (None = all).

    One forward for all layers; no map is kept. A layer called several times counts by its last
    call. ``limit``: at most that many pictures, evenly spread; ``every``: of a film, each so
    many frames; ``again``: forget what was known of this data. A scan that was stopped (by
    setting ``stop``, by an error, a kill) goes on where it last wrote, some ten seconds before
    at most, and gives the same rows as one that was not; what is known is not done again.
    Pictures that cannot be read are skipped and listed. ``batch`` None: by the size of the
    maps; ``workers`` None: as many decoding threads as there are spare cores. On a processor
    the network runs in channels_last meanwhile, where it gives the same answers in it.

    Under torchrun the pictures are split over the ranks, each writes a file of its own beside
    the library, and rank 0 merges them; the other ranks need only the library's path.
    Raises BadInput for data, numbers or a library that cannot be used, UnknownUnit.
    """
    start = time.perf_counter()
    if min(number for number in (k, limit, batch, workers) if number is not None) < 1:
        raise BadInput("k, limit, batch and workers must be 1 or more.")
    names = _sort_layers(net, layers)
    with ExitStack() as stack:
        stack.enter_context(distributed.process_group())
        dataset = _open_dataset(data, every, stack)
        files = ScanFiles(net, library, stack)
        requested = _spread_evenly(len(dataset), limit)
        job = files.begin(dataset, names, k, requested, again)
        seen_count = 0
        if job is not None:
            rank_scan = _RankScan(net, dataset, files, requested, batch, workers)
            seen_count = rank_scan.run(job, report, stop or threading.Event())
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
    )


def _open_dataset(data: Dataset | str | Path, every: int, stack: ExitStack) -> Dataset:
    """The data; what is opened here is closed with ``stack``."""
    if not isinstance(data, str | Path):
        return data
    return stack.enter_context(closing(open_data(data, every)))


def _sort_layers(net: Network, layers: Sequence[str] | None) -> list[str]:
    """The layers in the order of the table. Raises UnknownUnit."""
    for name in layers or ():
        net.layer(name)
    return [row.name for row in net.layers if layers is None or row.name in layers]


def _spread_evenly(total: int, limit: int | None) -> Mask:
    """Which pictures are asked for, bool (total,)."""
    requested = np.ones(total, bool)
    if limit is not None and limit < total:
        requested[:] = False
        requested[np.arange(limit) * total // limit] = True
    return requested


def _subsample(requested: Mask) -> Mask:
    """At most ``NATURAL_PICTURES`` of them, evenly spread."""
    numbers = np.flatnonzero(requested)
    subset = np.zeros_like(requested)
    subset[numbers[:: -(-len(numbers) // NATURAL_PICTURES)]] = True
    return subset


def _load_outcome(
    files: ScanFiles, data: Dataset, job: progress.ScanJob | None, requested: Mask
) -> tuple[dict[str, str], int]:
    """What could not be read, and how many pictures are left."""
    skipped = progress.load_skipped(files.main_library, data.address)
    return skipped, 0 if job is None else int((requested & ~job.done).sum())


class _RankScan:
    """This process's share of a scan."""

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

    def run(self, job: progress.ScanJob, report: Report | None, stop: threading.Event) -> int:
        """Look at what is not done yet, and merge; how many pictures were seen by all."""
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
        with _use_channels_last(self.net, min(settings.batch, 2)), retain_heap():
            natural_mask = _subsample(self.requested)
            worker = ScanWorker(
                self.net, self.data, own_library, own_job, unit_ranges, settings, natural_mask
            )
            worker.run(batches, distributed.get_world_size() == 1, clock.report, stop)

    def _select_batches(self, batches: list[list[int]]) -> Sequence[list[int]]:
        """This process's batches; of data that is read in order, those of one stretch."""
        if not self.data.in_order:
            return distributed.own_shard(batches)
        ends = [
            round(len(batches) * n / distributed.get_world_size())
            for n in range(distributed.get_world_size() + 1)
        ]
        return batches[ends[distributed.get_rank()] : ends[distributed.get_rank() + 1]]


def _split_batches(requested: Mask, done: Mask, size: int) -> list[list[int]]:
    """The wanted pictures in groups that do not depend on what is done; the rest of each."""
    numbers = np.flatnonzero(requested)
    groups = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [group[~done[group]].tolist() for group in groups]


@contextmanager
def _use_channels_last(net: Network, pictures: int) -> Iterator[None]:
    """On a processor, the faster format for batches, where ``pictures`` of noise give the same
    answer in it; the network gets its own back."""
    previous_format = net.memory_format
    if net.device.type == "cpu":
        net.try_format(torch.channels_last, pictures)
    try:
        yield
    finally:
        if net.memory_format != previous_format:
            net.set_memory_format(previous_format)


class _ScanClock:
    """Tells how far all ranks are, as this one is, from its first batch on."""

    def __init__(self, total: int, job: progress.ScanJob, report: Report | None) -> None:
        self._total, self._job, self._report = total, job, report
        self._first_report: tuple[float, int] | None = None
        self.report(0)

    def report(self, own_done: int) -> None:
        """``seen`` pictures are behind this process."""
        if self._report is None:
            return
        done = min(self._total, own_done * distributed.get_world_size())
        left = None
        if own_done:
            now = time.perf_counter()
            start, previous_done = self._first_report = self._first_report or (now, done)
            if done > previous_done:
                left = (now - start) / (done - previous_done) * (self._total - done)
        self._report(ScanProgress(done, self._total, left, len(self._job.skipped)))
