"""One process's way through its share of a data set: decode, run, reduce, merge, write down."""

import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass

import numpy as np
import torch

from dnnvis.core.errors import Cancelled, DnnvisError
from dnnvis.library.scan import progress
from dnnvis.library.scan.channel_summary import Columns, Reducer, Steps
from dnnvis.library.scan.prefetch import Chunk, ahead, decoded
from dnnvis.library.scan.progress import Job, Mask, News
from dnnvis.library.scan.running_statistics import Sums
from dnnvis.library.scan.top_k import Tops
from dnnvis.library.store import image_statistics
from dnnvis.library.store.blobs import png_of
from dnnvis.library.store.database import LibraryFile
from dnnvis.network.hooks import cancellable
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Data, Origin

SECONDS = 10.0  # between two writings
SHARE = 0.02  # of the time that writing may take; where it takes more, it comes less often
TOGETHER = 64  # pictures whose sums are added up at a time, always the same ones
MAP_BYTES = 24 << 20  # of the widest layer for a whole batch
MOST = 64  # pictures in a batch
WAITING = 48 << 20  # bytes of pictures that wait to be written
MANY = 1000  # of them from which on those that have left all lists are dropped meanwhile

Behind = Callable[[int], None]


@dataclass(frozen=True)
class Settings:
    """``batch`` pictures go through the network at once, decoded by ``workers`` threads."""

    batch: int
    workers: int


def settings_for(
    net: Network, columns: dict[str, Columns], batch: int | None, workers: int | None
) -> Settings:
    """Where nothing is said: as many pictures as keep the widest layer's maps in the cache, and
    as many decoding threads as torch leaves cores to this process (of several)."""
    if batch is None:
        high, wide = net.card.size
        values = [net.card.channels * high * wide]
        values += [(part.stop - part.start) * part.places for part in columns.values()]
        batch = min(MOST, max(1, MAP_BYTES // (4 * max(values))))
    if workers is None:
        cores = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        workers = max(1, cores - torch.get_num_threads())
    return Settings(batch, workers)


class Sweep:
    """The lists and sums of one scan, going on from what ``library`` has written down."""

    def __init__(
        self,
        net: Network,
        data: Data,
        library: LibraryFile,
        job: Job,
        columns: dict[str, Columns],
        settings: Settings,
        looked: Mask,
    ) -> None:
        """``looked`` bool (total,): the pictures whose own colours and spectrum count."""
        self.job = job
        self._net, self._data, self._library = net, data, library
        self._columns, self._settings = columns, settings
        units = max(part.stop for part in columns.values())
        self._reducer = Reducer(columns)
        self._tops = Tops(units, job.k, net.device)
        self._sums = Sums(columns, net.device)
        self._natural = progress.natural_of(library, job)
        for name, (tops, sums) in progress.layers_of(library, job).items():
            self._tops.put(columns[name], tops)
            self._sums.put(name, sums)
        self._looked = looked
        self._waiting: dict[int, tuple[Origin, torch.Tensor | None]] = {}
        self._bytes = 0
        self._most = MANY
        self._whole = True  # False while a batch is half taken in
        self._merging: Future[None] | None = None  # the batch before, beside the next forward
        self._written = time.perf_counter()
        self._cost = 0.0  # seconds that the last writing took

    def run(
        self,
        batches: Sequence[Sequence[int]],
        finished: bool,
        behind: Behind,
        stop: threading.Event,
    ) -> bool:
        """Look at the pictures of ``batches`` that are not done; whether it got to the end.

        ``behind`` is told how many pictures of these are, after each batch. It ends early,
        with all written down, once ``stop`` is set. On an error, too, what was seen is kept.
        """
        left = [[number for number in batch if not self.job.done[number]] for batch in batches]
        together = max(1, round(TOGETHER / self._settings.batch))
        seen = 0
        try:
            with (
                ThreadPoolExecutor(1, thread_name_prefix="dnnvis-merge") as merger,
                closing(self._chunks([batch for batch in left if batch], stop)) as chunks,
            ):
                for place, batch in enumerate(left):
                    last = (place + 1) % together == 0
                    if batch:
                        self._look(next(chunks), merger, last, stop)
                        behind(seen := seen + len(batch))
                    if last:
                        self._write_if_due()
        except Cancelled:
            self.write(False)
            return False
        except BaseException:
            if self._whole:
                with suppress(DnnvisError):  # the first error is the one to tell
                    self.write(False)
            raise
        self.write(finished)
        return True

    def write(self, finished: bool) -> None:
        """Write everything down, in one transaction."""
        self._settle()
        began = time.perf_counter()
        self._whole = False
        self._sums.flush()
        used = set(self._tops.used().tolist())
        layers = {
            name: (self._tops.arrays(part), self._sums.arrays(name))
            for name, part in self._columns.items()
        }
        images = {
            number: (origin, self._net.card.channels, None if x is None else _png(x))
            for number, (origin, x) in self._waiting.items()
            if number in used
        }
        progress.save(self._library, self.job, News(layers, self._natural, used, images, finished))
        self._whole = True
        self._waiting.clear()
        self._bytes = 0
        self._written = time.perf_counter()
        self._cost = self._written - began

    def _write_if_due(self) -> None:
        if len(self._waiting) > self._most or self._bytes > WAITING:
            self._settle()
            used = set(self._tops.used().tolist())
            self._waiting = {n: kept for n, kept in self._waiting.items() if n in used}
            self._bytes = sum(x.nbytes for _, x in self._waiting.values() if x is not None)
            self._most = max(MANY, 2 * len(self._waiting))
        apart = max(SECONDS, self._cost / SHARE)
        if time.perf_counter() - self._written >= apart or self._bytes > WAITING:
            self.write(False)

    def _settle(self) -> None:
        """Wait for the batch that is being merged."""
        if self._merging is not None:
            self._merging.result()
            self._merging = None

    def _chunks(
        self, batches: Sequence[Sequence[int]], stop: threading.Event
    ) -> Generator[Chunk, None, None]:
        workers = 1 if self._data.in_order else self._settings.workers
        card = self._net.card
        return ahead(batches, lambda numbers: decoded(self._data, card, numbers, stop), workers)

    def _look(
        self, chunk: Chunk, merger: ThreadPoolExecutor, flush: bool, stop: threading.Event
    ) -> None:
        """Run a batch, and begin to take it in; raises Cancelled, with nothing changed, once
        ``stop`` is set."""
        net = self._net
        numbers = torch.tensor(chunk.numbers, dtype=torch.int64, device=net.device)
        x = chunk.pixels.to(net.device).float().div(255)
        x = x.contiguous(memory_format=net.memory_format)
        steps = None
        if len(x):
            with cancellable(stop):
                steps = self._reducer.run(net, x, numbers)
        self._settle()
        self._merging = merger.submit(self._take, chunk, x, steps, flush)

    def _take(self, chunk: Chunk, x: torch.Tensor, steps: Steps | None, flush: bool) -> None:
        """Take a batch in; ``steps`` is None where no picture of it could be read."""
        self._whole = False
        if steps is not None:
            reduced = steps.reduced()
            self._tops.take(torch.tensor(chunk.numbers), reduced)
            self._sums.take(reduced)
            self._take_natural(chunk, x)
            self._keep(chunk)
        self._tick(chunk)
        if flush:
            self._sums.flush()
        self._whole = True

    def _take_natural(self, chunk: Chunk, x: torch.Tensor) -> None:
        chosen = x[torch.from_numpy(self._looked[list(chunk.numbers)]).to(x.device)]
        if len(chosen):
            sums = image_statistics.summed(chosen)
            before = self._natural
            self._natural = sums if before is None else image_statistics.added(before, sums)

    def _keep(self, chunk: Chunk) -> None:
        """Hold what is to be written of the pictures, should they stay in a list."""
        for place, (number, origin) in enumerate(zip(chunk.numbers, chunk.origins, strict=True)):
            pixels = None if origin.path else chunk.pixels[place].clone()
            self._waiting[number] = (origin, pixels)
            self._bytes += 0 if pixels is None else pixels.nbytes

    def _tick(self, chunk: Chunk) -> None:
        """Mark them as done."""
        self.job.done[[*chunk.numbers, *chunk.skipped]] = True
        for number, why in chunk.skipped.items():
            self.job.skipped[self._data.name(number)] = why


def _png(x: torch.Tensor) -> bytes:
    return png_of(np.ascontiguousarray(x.permute(1, 2, 0).numpy()))
