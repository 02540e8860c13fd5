"""One process's part of a scan: decode, run, reduce, merge, save."""

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

import numpy as np
import torch

from dnnvis.core.errors import Cancelled, DnnvisError
from dnnvis.library.scan import progress
from dnnvis.library.scan.channel_summary import BatchReductions, Reducer, UnitRange
from dnnvis.library.scan.map_reader import MapReader, list_overwritten_layers
from dnnvis.library.scan.prefetch import DecodedBatch, decode_batch, prefetch
from dnnvis.library.scan.progress import Mask, ScanJob, ScanUpdate
from dnnvis.library.scan.running_statistics import StatisticsAccumulator
from dnnvis.library.scan.top_k import TopK
from dnnvis.library.store import image_statistics
from dnnvis.library.store.blobs import encode_png
from dnnvis.library.store.database import LibraryFile
from dnnvis.network.hooks import cancellable
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset, Origin
from dnnvis.sources.images.notes import NoteFilter

WRITE_INTERVAL_SECONDS = 10.0  # between two saves
MAX_WRITE_FRACTION = (
    0.02  # of the time that saving may take; where it takes more, it happens less often
)
SUM_BATCH_PICTURES = 64  # pictures whose sums are added up at a time: fixed groups
MAX_MAP_BYTES = 24 << 20  # of the largest layer for a whole batch
MAX_BATCH_PICTURES = 64  # largest batch
MAX_PENDING_BYTES = 48 << 20  # of pictures that wait to be saved
MIN_PENDING_LIMIT = (
    1000  # of them from which on those that have left all lists are dropped meanwhile
)

ReportDone = Callable[[int], None]


@dataclass(frozen=True)
class ScanSettings:
    """Resources of a scan."""

    #: Pictures per pass.
    batch: int
    #: Decoding threads.
    workers: int


def choose_settings(
    net: Network, unit_ranges: dict[str, UnitRange], batch: int | None, workers: int | None
) -> ScanSettings:
    """Return the settings of a scan, chosen for this machine where they are None.

    Args:
        net: The network.
        unit_ranges: Layer -> its range of units.
        batch: Pictures per pass; None takes as many as keep the largest layer's maps in the cache.
        workers: Decoding threads; None takes as many as torch leaves cores to this process (of
            several).
    """
    if batch is None:
        height, width = net.card.size
        values = [net.card.channels * height * width]
        values += [
            (unit_range.stop - unit_range.start) * unit_range.positions
            for unit_range in unit_ranges.values()
        ]
        batch = min(MAX_BATCH_PICTURES, max(1, MAX_MAP_BYTES // (4 * max(values))))
        if net.table.one_by_one:  # the maps of all layers are held meanwhile
            batch = 1
    if workers is None:
        cores = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        workers = max(1, cores - torch.get_num_threads())
    return ScanSettings(batch, workers)


class ScanWorker:
    """The lists and sums of one scan, continued from what ``library`` has saved."""

    def __init__(
        self,
        net: Network,
        data: Dataset,
        library: LibraryFile,
        job: ScanJob,
        unit_ranges: dict[str, UnitRange],
        settings: ScanSettings,
        natural_mask: Mask,
    ) -> None:
        """Restore what was saved.

        ``natural_mask`` bool (total,): the pictures whose own colors and spectrum count.
        """
        self.job = job
        self._net, self._data, self._library = net, data, library
        self._unit_ranges, self._settings = unit_ranges, settings
        units = max(unit_range.stop for unit_range in unit_ranges.values())
        self._reducer = Reducer(unit_ranges)  # until ``run`` has a second thread
        self._top_k = TopK(units, job.k, net.device)
        self._statistics = StatisticsAccumulator(unit_ranges, net.device)
        self._image_sums = progress.load_image_sums(library, job)
        for name, (tops, sums) in progress.load_layers(library, job).items():
            self._top_k.restore(unit_ranges[name], tops)
            self._statistics.restore(name, sums)
        self._natural_mask = natural_mask
        self.notes: list[str] = []  # what was assumed of pictures, once for each assumption
        self._note_filter = NoteFilter(self.notes.append)
        self._pending: dict[int, tuple[Origin, torch.Tensor | None]] = {}
        self._pending_bytes = 0
        self._pending_limit = MIN_PENDING_LIMIT
        self._is_consistent = True  # False while a batch is being taken in
        self._merge_future: Future[None] | None = None  # merges beside the next pass
        self._last_write = time.perf_counter()
        self._write_seconds = 0.0  # duration of the last save

    def run(
        self,
        batches: Sequence[Sequence[int]],
        finished: bool,
        report_done: ReportDone,
        stop: threading.Event,
    ) -> bool:
        """Scan the pictures of ``batches`` that are not done.

        On an error, too, what was seen is saved.

        Args:
            batches: Numbers of the pictures.
            finished: Whether the scan is finished after them.
            report_done: Receives how many of these pictures are done, after each batch.
            stop: Ends the scan early, with everything saved, once it is set.

        Returns:
            Whether all batches were scanned.
        """
        remaining = [[number for number in batch if not self.job.done[number]] for batch in batches]
        batches_per_flush = max(1, round(SUM_BATCH_PICTURES / self._settings.batch))
        done = 0
        try:
            with (
                self._read_beside(),
                ThreadPoolExecutor(1, thread_name_prefix="dnnvis-merge") as merger,
                closing(
                    self._decode_batches([batch for batch in remaining if batch], stop)
                ) as chunks,
            ):
                for batch_number, batch in enumerate(remaining):
                    is_flush = (batch_number + 1) % batches_per_flush == 0
                    if batch:
                        self._run_batch(next(chunks), merger, is_flush, stop)
                        report_done(done := done + len(batch))
                    if is_flush:
                        self._write_if_due()
        except Cancelled:
            self.write(False)
            return False
        except BaseException:
            if self._is_consistent:
                with suppress(DnnvisError):  # the first error is the one to report
                    self.write(False)
            raise
        self.write(finished)
        return True

    def write(self, finished: bool) -> None:
        """Save everything, in one transaction."""
        self._wait_for_merge()
        start = time.perf_counter()
        self._is_consistent = False
        self._statistics.flush()
        used = set(self._top_k.used_numbers().tolist())
        layers = {
            name: (self._top_k.as_arrays(unit_range), self._statistics.as_arrays(name))
            for name, unit_range in self._unit_ranges.items()
        }
        images = {
            number: (origin, self._net.card.channels, None if x is None else _encode_png(x))
            for number, (origin, x) in self._pending.items()
            if number in used
        }
        progress.save(
            self._library, self.job, ScanUpdate(layers, self._image_sums, used, images, finished)
        )
        self._is_consistent = True
        self._pending.clear()
        self._pending_bytes = 0
        self._last_write = time.perf_counter()
        self._write_seconds = self._last_write - start

    def _write_if_due(self) -> None:
        if len(self._pending) > self._pending_limit or self._pending_bytes > MAX_PENDING_BYTES:
            self._wait_for_merge()
            used = set(self._top_k.used_numbers().tolist())
            self._pending = {n: entry for n, entry in self._pending.items() if n in used}
            self._pending_bytes = sum(x.nbytes for _, x in self._pending.values() if x is not None)
            self._pending_limit = max(MIN_PENDING_LIMIT, 2 * len(self._pending))
        interval = max(WRITE_INTERVAL_SECONDS, self._write_seconds / MAX_WRITE_FRACTION)
        if (
            time.perf_counter() - self._last_write >= interval
            or self._pending_bytes > MAX_PENDING_BYTES
        ):
            self.write(False)

    @contextmanager
    def _read_beside(self) -> Iterator[None]:
        """Read maps beside the pass within the ``with``, on a processor."""
        if self._net.device.type != "cpu":  # where kernels are queued anyway
            yield
            return
        layers = list(self._unit_ranges)
        overwritten = list_overwritten_layers(self._net, layers)
        with MapReader() as reader:
            self._reducer = Reducer(self._unit_ranges, reader, overwritten)
            yield

    def _wait_for_merge(self) -> None:
        """Wait for the batch that is being merged."""
        if self._merge_future is not None:
            self._merge_future.result()
            self._merge_future = None

    def _decode_batches(
        self, batches: Sequence[Sequence[int]], stop: threading.Event
    ) -> Generator[DecodedBatch, None, None]:
        workers = 1 if self._data.in_order else self._settings.workers
        card = self._net.card
        return prefetch(
            batches, lambda numbers: decode_batch(self._data, card, numbers, stop), workers
        )

    def _run_batch(
        self, chunk: DecodedBatch, merger: ThreadPoolExecutor, flush: bool, stop: threading.Event
    ) -> None:
        """Run a batch, and begin to merge it.

        Raises Cancelled, with nothing changed, once ``stop`` is set.
        """
        net = self._net
        numbers = torch.tensor(chunk.numbers, dtype=torch.int64, device=net.device)
        x = chunk.pixels.to(net.device).float().div(255)
        x = x.contiguous(memory_format=net.memory_format)
        steps = None
        if len(x):
            with cancellable(stop):
                steps = self._reducer.run(net, x, numbers)
        self._wait_for_merge()
        self._merge_future = merger.submit(self._merge_batch, chunk, x, steps, flush)

    def _merge_batch(
        self, chunk: DecodedBatch, x: torch.Tensor, steps: BatchReductions | None, flush: bool
    ) -> None:
        """Merge a batch; ``steps`` is None where none of its pictures could be read."""
        self._is_consistent = False
        if steps is not None:
            summary = steps.summarize()
            self._top_k.update(torch.tensor(chunk.numbers), summary)
            self._statistics.update(summary)
            self._add_image_sums(chunk, x)
            self._hold_pixels(chunk)
        self._mark_done(chunk)
        if flush:
            self._statistics.flush()
        self._is_consistent = True

    def _add_image_sums(self, chunk: DecodedBatch, x: torch.Tensor) -> None:
        selected = x[torch.from_numpy(self._natural_mask[list(chunk.numbers)]).to(x.device)]
        if len(selected):
            sums = image_statistics.sum_batch(selected)
            previous = self._image_sums
            self._image_sums = (
                sums if previous is None else image_statistics.merge_sums(previous, sums)
            )

    def _hold_pixels(self, chunk: DecodedBatch) -> None:
        """Hold what must be saved of the pictures, should they stay in a list."""
        for row, (number, origin) in enumerate(zip(chunk.numbers, chunk.origins, strict=True)):
            self._note_filter.report_new(self._data.name(number), origin.notes)
            pixels = None if origin.path else chunk.pixels[row].clone()
            self._pending[number] = (origin, pixels)
            self._pending_bytes += 0 if pixels is None else pixels.nbytes

    def _mark_done(self, chunk: DecodedBatch) -> None:
        """Mark the pictures as done."""
        self.job.done[[*chunk.numbers, *chunk.skipped]] = True
        for number, reason in chunk.skipped.items():
            self.job.skipped[self._data.name(number)] = reason


def _encode_png(x: torch.Tensor) -> bytes:
    return encode_png(np.ascontiguousarray(x.permute(1, 2, 0).numpy()))
