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
from dnnvis.library.scan.channel_summary import columns_of
from dnnvis.library.scan.malloc import keeping_heap
from dnnvis.library.scan.output import Place
from dnnvis.library.scan.progress import Mask
from dnnvis.library.scan.worker import Sweep, settings_for
from dnnvis.library.store.database import LibraryFile
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Data, open_data

NATURAL = 250  # pictures whose own colours and spectrum are looked at


@dataclass(frozen=True)
class Standing:
    """How far a scan is: ``done`` of ``total`` pictures (of those that were left to do),
    ``seconds_left`` as far as can be told by now, ``skipped`` unreadable ones so far."""

    done: int
    total: int
    seconds_left: float | None
    skipped: int


Report = Callable[[Standing], None]


@dataclass(frozen=True)
class Scanned:
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
    data: Data | str | Path,
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
) -> Scanned:
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
    began = time.perf_counter()
    if min(number for number in (k, limit, batch, workers) if number is not None) < 1:
        raise BadInput("k, limit, batch and workers must be 1 or more.")
    names = _in_order(net, layers)
    with ExitStack() as open_:
        open_.enter_context(distributed.together())
        opened = _opened(data, every, open_)
        place = Place(net, library, open_)
        wanted = _wanted(len(opened), limit)
        job = place.begin(opened, names, k, wanted, again)
        seen = 0
        if job is not None:
            work = _Work(net, opened, place, wanted, batch, workers)
            seen = work.run(job, report, stop or threading.Event())
        skipped, left = distributed.told(lambda: _outcome(place, opened, job, wanted))
    total = int(wanted.sum())
    if job is not None and len(skipped) >= total:
        raise BadInput(
            f"None of the {total} pictures in {opened.address} can be read: "
            f"{next(iter(skipped.values()))}"
        )
    return Scanned(
        opened.address, opened.kind, seen, total, left, skipped,
        () if job is None else job.layers, time.perf_counter() - began, str(place.path),
    )  # fmt: skip


def _opened(data: Data | str | Path, every: int, open_: ExitStack) -> Data:
    """The data; what is opened here is closed with ``open_``."""
    if not isinstance(data, str | Path):
        return data
    return open_.enter_context(closing(open_data(data, every)))


def _in_order(net: Network, layers: Sequence[str] | None) -> list[str]:
    """The layers in the order of the table. Raises UnknownUnit."""
    for name in layers or ():
        net.layer(name)
    return [row.name for row in net.layers if layers is None or row.name in layers]


def _wanted(total: int, limit: int | None) -> Mask:
    """Which pictures are asked for, bool (total,)."""
    wanted = np.ones(total, bool)
    if limit is not None and limit < total:
        wanted[:] = False
        wanted[np.arange(limit) * total // limit] = True
    return wanted


def _some(wanted: Mask) -> Mask:
    """At most ``NATURAL`` of them, evenly spread."""
    numbers = np.flatnonzero(wanted)
    some = np.zeros_like(wanted)
    some[numbers[:: -(-len(numbers) // NATURAL)]] = True
    return some


def _outcome(
    place: Place, data: Data, job: progress.Job | None, wanted: Mask
) -> tuple[dict[str, str], int]:
    """What could not be read, and how many pictures are left."""
    skipped = progress.skipped_of(place.main, data.address)
    return skipped, 0 if job is None else int((wanted & ~job.done).sum())


class _Work:
    """This process's share of a scan."""

    def __init__(
        self, net: Network, data: Data, place: Place, wanted: Mask,
        batch: int | None, workers: int | None,
    ) -> None:  # fmt: skip
        self.net, self.data, self.place, self.wanted = net, data, place, wanted
        self._given = (batch, workers)

    def run(self, job: progress.Job, report: Report | None, stop: threading.Event) -> int:
        """Look at what is not done yet, and merge; how many pictures were seen by all."""
        before = int(job.done.sum()) - len(job.skipped)
        error: DnnvisError | None = None
        try:
            self._sweep(job, report, stop)
        except DnnvisError as why:
            error = why
        distributed.all_went_well(error)
        self.place.merge(job, self.wanted)
        after: int = distributed.told(lambda: int(job.done.sum()) - len(job.skipped))
        return after - before

    def _sweep(self, job: progress.Job, report: Report | None, stop: threading.Event) -> None:
        columns = columns_of(self.net, job.layers)
        settings = settings_for(self.net, columns, *self._given)
        batches = self._share(_batches(self.wanted, job.done, settings.batch))
        own, mine = self.place.own(self.data, job, self.wanted)
        clock = _Clock(int((self.wanted & ~job.done).sum()), mine, report)
        with _channels_last(self.net, min(settings.batch, 2)), keeping_heap():
            looked = _some(self.wanted)
            sweep = Sweep(self.net, self.data, own, mine, columns, settings, looked)
            sweep.run(batches, distributed.world() == 1, clock.tell, stop)

    def _share(self, batches: list[list[int]]) -> Sequence[list[int]]:
        """This process's batches; of data that is read in order, those of one stretch."""
        if not self.data.in_order:
            return distributed.mine(batches)
        ends = [
            round(len(batches) * n / distributed.world()) for n in range(distributed.world() + 1)
        ]
        return batches[ends[distributed.rank()] : ends[distributed.rank() + 1]]


def _batches(wanted: Mask, done: Mask, size: int) -> list[list[int]]:
    """The wanted pictures in groups that do not depend on what is done; the rest of each."""
    numbers = np.flatnonzero(wanted)
    groups = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return [group[~done[group]].tolist() for group in groups]


@contextmanager
def _channels_last(net: Network, pictures: int) -> Iterator[None]:
    """On a processor, the faster format for batches, where ``pictures`` of noise give the same
    answer in it; the network gets its own back."""
    before = net.memory_format
    if net.device.type == "cpu":
        net.try_format(torch.channels_last, pictures)
    try:
        yield
    finally:
        if net.memory_format != before:
            net.set_format(before)


class _Clock:
    """Tells how far all ranks are, as this one is, from its first batch on."""

    def __init__(self, total: int, job: progress.Job, report: Report | None) -> None:
        self._total, self._job, self._report = total, job, report
        self._first: tuple[float, int] | None = None
        self.tell(0)

    def tell(self, seen: int) -> None:
        """``seen`` pictures are behind this process."""
        if self._report is None:
            return
        done = min(self._total, seen * distributed.world())
        left = None
        if seen:
            now = time.perf_counter()
            began, behind = self._first = self._first or (now, done)
            if done > behind:
                left = (now - began) / (done - behind) * (self._total - done)
        self._report(Standing(done, self._total, left, len(self._job.skipped)))
