"""Collect the hidden vectors of a data set on disk, resumable and split over torchrun's ranks.

Every process takes every n-th batch of the same size, so that the numbers do not depend on how many
processes there are.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, Cancelled, DnnvisError
from dnnvis.introspect.features import Columns
from dnnvis.introspect.harvest import BATCH_SIZE, Batch, encode_pictures, harvest_records
from dnnvis.introspect.record_file import RecordStore, RowStore
from dnnvis.jobs import distributed
from dnnvis.lenses.activation_map.labels import ClassIndex
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset
from dnnvis.sources.life.rule import history
from dnnvis.sources.life.starts import draw_boards

Ints = NDArray[np.int64]
Report = Callable[[int, int], None]  # (examples done, examples in all)
STOPPED_MESSAGE = "Stopped; the same command goes on."
Store = TypeVar("Store", bound=RowStore)
BOARD_SIDE = 16  # cells along a side of the boards that a game network is mapped on
DEFAULT_BOARD_COUNT = 3000  # boards of a map unless a limit is given


@dataclass(frozen=True, eq=False)
class CollectedRecords:
    """Records of a data set and what could not be read."""

    #: The records; on rank 0 alone.
    store: RecordStore
    #: Name of each unreadable picture -> the reason.
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
    """Return the records of ``rows`` in ``path``; those already there are not computed again.

    Under torchrun each process writes its part to a file beside ``path``, and rank 0 merges them:
    only rank 0 may read the result.

    Args:
        network: The network that the pictures run through.
        columns: Which activations make up a hidden vector, and its recurrent steps.
        portions: Yields one Batch for each array of row numbers that it is given.
        rows: int64 (N,), row numbers of the data set, in order.
        path: File of the records; what it holds already is reused.
        report: Receives (examples done, examples in all) after each batch.
        stop: Ends the work after the current batch once it is set.

    Returns:
        The store in ``path``, complete unless pictures could not be read.

    Raises:
        Cancelled: ``stop`` was set; nothing is lost, and the same call continues.
    """
    steps, width = len(columns.steps), columns.width
    return collect_rows(
        lambda stored_path: RecordStore(stored_path, steps, width),
        lambda row_batches: harvest_records(network, columns, portions(row_batches)),
        rows,
        path,
        report,
        stop,
    )


def collect_rows(
    open_store: Callable[[Path], Store],
    compute: Callable[[Sequence[Ints]], Iterator[NDArray[Any]]],
    rows: Ints,
    path: Path,
    report: Report = lambda done, total: None,
    stop: threading.Event | None = None,
    batch: int = BATCH_SIZE,
) -> Store:
    """Return records of ``rows`` in a file; those already there are not computed again.

    Processes and files as for ``collect_records``.

    Args:
        open_store: Opens the store in a file.
        compute: Yields the records of each of the arrays of row numbers that it is given, as far as
            there are any.
        rows: int64 (N,), row numbers, in order.
        path: File of the records; what it holds already is reused.
        report: Receives (rows done, rows in all) after each batch.
        stop: Ends the work after the current batch once it is set.
        batch: Rows that are computed at once.

    Returns:
        The store in ``path``.

    Raises:
        Cancelled: ``stop`` was set; nothing is lost, and the same call continues.
    """
    own_store = open_store(distributed.rank_file(path))
    row_batches = [rows[start : start + batch] for start in range(0, len(rows), batch)]
    _drop_partial_batch(own_store, row_batches)
    earlier = [path, *distributed.find_leftover_files(path)] if distributed.get_rank() == 0 else []
    stored = [open_store(stored_path).rows() for stored_path in earlier if stored_path.is_file()]
    known_rows = [
        part for parts in distributed.all_gather([*stored, own_store.rows()]) for part in parts
    ]
    done = set(np.concatenate(known_rows).tolist()) if known_rows else set()
    # of a batch with unreadable pictures only these are tried again
    remaining = [
        np.array([row for row in row_batch if row not in done], np.int64)
        for row_batch in row_batches
    ]
    missing = [row_batch for row_batch in remaining if len(row_batch)]
    done_count = len(rows) - sum(len(row_batch) for row_batch in missing)
    error: DnnvisError | None = None
    try:
        for records in compute(distributed.own_shard(missing)):
            own_store.append(records)
            done_count += len(records) * distributed.get_world_size()
            report(min(done_count, len(rows)), len(rows))
            if stop is not None and stop.is_set():
                raise Cancelled(STOPPED_MESSAGE)
        if missing:
            report(len(rows), len(rows))  # unreadable ones count as done
    except DnnvisError as failure:
        error = failure
    distributed.raise_first_error(error)
    collected = distributed.collect_files(path) if distributed.get_world_size() > 1 else []
    main = open_store(path)
    if distributed.get_rank() == 0:
        others = {*collected, *distributed.find_leftover_files(path)}
        main.merge(open_store(stored_path) for stored_path in sorted(others))
    distributed.barrier()
    return main


def _drop_partial_batch(own_store: RowStore, row_batches: Sequence[Ints]) -> None:
    """Drop the last batch if it is incomplete, as after a kill in the middle of it.

    Computed again in one piece it has the same numbers to the last bit.
    """
    rows = own_store.rows()
    last = next(
        (row_batch for row_batch in row_batches if len(rows) and rows[-1] in row_batch), None
    )
    if last is not None:
        stored = int(np.isin(rows[-len(last) :], last).sum())
        own_store.drop_last(stored if stored < len(last) else 0)


@dataclass
class PictureBatches:
    """Batches of a data set; unreadable pictures are left out and listed."""

    #: The network that encodes the pictures.
    network: Network
    #: The data set.
    data: Dataset
    #: Maps the data set's labels to the network's classes.
    classes: ClassIndex
    #: Name of each unreadable picture -> the reason; filled while batches are read.
    unreadable: dict[str, str] = field(default_factory=dict)

    def __call__(self, row_batches: Sequence[Ints]) -> Iterator[Batch]:
        """Yield a batch for each array of row numbers that has readable pictures."""
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
    """Batches of generated boards, for a network that predicts a game."""

    #: The network that encodes the boards.
    network: Network
    #: uint8 (N, H, W) of 0 and 1.
    boards: NDArray[np.uint8]
    #: Always empty: no file is read.
    unreadable: dict[str, str] = field(default_factory=dict)

    def __call__(self, row_batches: Sequence[Ints]) -> Iterator[Batch]:
        """Yield a batch for each array of row numbers, with the boards after the game's steps."""
        steps, border = self.network.info.game_steps, self.network.info.border
        for row_batch in row_batches:
            boards = self.boards[row_batch]
            truths = history(boards, steps, border)[:, -1] if steps else None
            x = self.network.encode(boards[:, :, :, None] * np.uint8(255))
            no_labels = np.full(len(row_batch), -1)
            answers = None if truths is None else truths.astype(np.float32)
            yield Batch(np.asarray(row_batch), x, no_labels, answers)


def boards_for(network: Network, count: int, seed: int) -> NDArray[np.uint8]:
    """Return the boards that the map of a game network is fitted on.

    Densities and ages are mixed (``sources.life.starts``, "mix").

    Args:
        network: Network whose card names the border of its boards.
        count: Number of boards N.
        seed: Seed of the random generator; the same seed and count give the same boards.

    Returns:
        uint8 (N, H, W) of 0 and 1.
    """
    rng = np.random.default_rng(seed)
    return draw_boards("mix", count, (BOARD_SIDE, BOARD_SIDE), rng, network.info.border)
