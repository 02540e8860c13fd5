"""The hidden vectors of a data set, streamed to disk: resumable, and shared out under torchrun.

Every process takes every so-many-th portion of the same size, so that the numbers do not depend
on how many there are.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.introspect.features import Columns
from dnnvis.introspect.harvest import BATCH_SIZE, Batch, encode_pictures, harvest_records
from dnnvis.introspect.record_file import RecordStore
from dnnvis.jobs import distributed
from dnnvis.lenses.activation_map.labels import ClassIndex
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset
from dnnvis.sources.life.rule import history
from dnnvis.sources.life.starts import draw_boards

Ints = NDArray[np.int64]
Report = Callable[[int, int], None]  # examples done, of how many
BOARD_SIDE = 16  # cells along a side of the boards that a network of a game is mapped on
DEFAULT_BOARD_COUNT = 3000  # of them, unless said


@dataclass(frozen=True, eq=False)
class CollectedRecords:
    """``store`` holds the records, by rank 0 alone; ``unreadable`` names with reasons."""

    store: RecordStore
    unreadable: dict[str, str] = field(default_factory=dict)


def collect_records(
    network: Network,
    columns: Columns,
    portions: Callable[[Sequence[Ints]], Iterator[Batch]],
    rows: Ints,
    path: Path,
    report: Report = lambda done, total: None,
    stop: threading.Event | None = None,
) -> RecordStore:
    """The records of ``rows``, in ``path``; those that are there already are not made again.

    ``portions`` gives a Batch for each portion of row numbers. Under torchrun each process
    writes its share beside, and rank 0 brings them together: only it may read the result.
    Raises Cancelled once ``stop`` is set, and loses nothing.
    """
    steps, width = len(columns.steps), columns.width
    own_store = RecordStore(distributed.rank_file(path), steps, width)
    row_batches = [rows[start : start + BATCH_SIZE] for start in range(0, len(rows), BATCH_SIZE)]
    _drop_partial_batch(own_store, row_batches)
    earlier = [path, *distributed.find_leftover_files(path)] if distributed.get_rank() == 0 else []
    stored = [
        RecordStore(stored_path, steps, width).rows()
        for stored_path in earlier
        if stored_path.is_file()
    ]
    known_rows = [
        part for parts in distributed.all_gather([*stored, own_store.rows()]) for part in parts
    ]
    done = set(np.concatenate(known_rows).tolist()) if known_rows else set()
    # of a portion with pictures that could not be read only these are tried again
    remaining = [
        np.array([row for row in row_batch if row not in done], np.int64)
        for row_batch in row_batches
    ]
    missing = [row_batch for row_batch in remaining if len(row_batch)]
    done_count = len(rows) - sum(len(row_batch) for row_batch in missing)
    stopped = False
    for records in harvest_records(network, columns, portions(distributed.own_shard(missing))):
        own_store.append(records)
        done_count += len(records) * distributed.get_world_size()
        report(min(done_count, len(rows)), len(rows))
        stopped = stop is not None and stop.is_set()
        if stopped:
            break
    if missing and not stopped:
        report(len(rows), len(rows))  # those that could not be read, too
    distributed.raise_first_error(
        Cancelled("Stopped; the same command goes on.") if stopped else None
    )
    collected = distributed.collect_files(path) if distributed.get_world_size() > 1 else []
    main = RecordStore(path, steps, width)
    if distributed.get_rank() == 0:
        others = {*collected, *distributed.find_leftover_files(path)}
        main.merge(RecordStore(stored_path, steps, width) for stored_path in sorted(others))
    distributed.barrier()
    return main


def _drop_partial_batch(own_store: RecordStore, row_batches: Sequence[Ints]) -> None:
    """Drop the last portion where it is not whole (a kill cuts one in two): made again in one
    piece it has the same numbers to the last bit."""
    rows = own_store.rows()
    last = next(
        (row_batch for row_batch in row_batches if len(rows) and rows[-1] in row_batch), None
    )
    if last is not None:
        stored = int(np.isin(rows[-len(last) :], last).sum())
        own_store.drop_last(stored if stored < len(last) else 0)


@dataclass
class PictureBatches:
    """Portions of a data set; pictures that cannot be read are left out and named."""

    network: Network
    data: Dataset
    classes: ClassIndex
    unreadable: dict[str, str] = field(default_factory=dict)

    def __call__(self, row_batches: Sequence[Ints]) -> Iterator[Batch]:
        for row_batch in row_batches:
            images, labels, rows = [], [], []
            for row in row_batch:
                try:
                    pixels, origin = self.data.read(int(row))
                except BadInput as error:
                    self.unreadable[self.data.name(int(row))] = str(error)
                    continue
                images.append(pixels)
                labels.append(self.classes.of(origin.label))
                rows.append(int(row))
            if images:
                same_shape = len({image.shape for image in images}) == 1
                stack = np.stack(images) if same_shape else images
                yield Batch(np.array(rows), encode_pictures(self.network, stack), np.array(labels))


@dataclass(frozen=True)
class BoardBatches:
    """Portions of boards that the rule made, for a network that foretells a game."""

    network: Network
    boards: NDArray[np.uint8]
    unreadable: dict[str, str] = field(default_factory=dict)  # none: nothing is read

    def __call__(self, row_batches: Sequence[Ints]) -> Iterator[Batch]:
        steps, border = self.network.info.game_steps, self.network.info.border
        for row_batch in row_batches:
            boards = self.boards[row_batch]
            truths = history(boards, steps, border)[:, -1] if steps else None
            x = self.network.encode(boards[:, :, :, None] * np.uint8(255))
            no_labels = np.full(len(row_batch), -1)
            answers = None if truths is None else truths.astype(np.float32)
            yield Batch(np.asarray(row_batch), x, no_labels, answers)


def boards_for(network: Network, count: int, seed: int) -> NDArray[np.uint8]:
    """The boards that a map of a game is made of, uint8 (many, H, W): densities and ages mixed
    (sources.life.starts, "mix"); the same for the same seed and number."""
    rng = np.random.default_rng(seed)
    return draw_boards("mix", count, (BOARD_SIDE, BOARD_SIDE), rng, network.info.border)
