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
from dnnvis.introspect.harvest import BATCH, Batch, encoded, harvested
from dnnvis.introspect.record_file import Store
from dnnvis.jobs import distributed
from dnnvis.lenses.activation_map.labels import Classes
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Data
from dnnvis.sources.life.rule import history
from dnnvis.sources.life.starts import starts

Ints = NDArray[np.int64]
Report = Callable[[int, int], None]  # examples done, of how many
BOARD = 16  # cells along a side of the boards that a network of a game is mapped on
BOARDS = 3000  # of them, unless said


@dataclass(frozen=True, eq=False)
class Gathered:
    """``store`` holds the records, by rank 0 alone; ``unreadable`` names with reasons."""

    store: Store
    unreadable: dict[str, str] = field(default_factory=dict)


def gather(
    network: Network,
    columns: Columns,
    portions: Callable[[Sequence[Ints]], Iterator[Batch]],
    rows: Ints,
    place: Path,
    report: Report = lambda done, total: None,
    stop: threading.Event | None = None,
) -> Store:
    """The records of ``rows``, in ``place``; those that are there already are not made again.

    ``portions`` gives a Batch for each portion of row numbers. Under torchrun each process
    writes its share beside, and rank 0 brings them together: only it may read the result.
    Raises Cancelled once ``stop`` is set, and loses nothing.
    """
    steps, width = len(columns.steps), columns.width
    own = Store(distributed.own_file(place), steps, width)
    shares = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    _cut_short(own, shares)
    before = [place, *distributed.left_over(place)] if distributed.rank() == 0 else []
    there = [Store(path, steps, width).rows() for path in before if path.is_file()]
    known = [part for parts in distributed.gathered([*there, own.rows()]) for part in parts]
    done = set(np.concatenate(known).tolist()) if known else set()
    # of a portion with pictures that could not be read only these are tried again
    left = [np.array([row for row in share if row not in done], np.int64) for share in shares]
    missing = [share for share in left if len(share)]
    behind = len(rows) - sum(len(share) for share in missing)
    stopped = False
    for records in harvested(network, columns, portions(distributed.mine(missing))):
        own.append(records)
        behind += len(records) * distributed.world()
        report(min(behind, len(rows)), len(rows))
        stopped = stop is not None and stop.is_set()
        if stopped:
            break
    if missing and not stopped:
        report(len(rows), len(rows))  # those that could not be read, too
    distributed.all_went_well(Cancelled("Stopped; the same command goes on.") if stopped else None)
    sent = distributed.collected(place) if distributed.world() > 1 else []
    main = Store(place, steps, width)
    if distributed.rank() == 0:
        others = {*sent, *distributed.left_over(place)}
        main.merge(Store(path, steps, width) for path in sorted(others))
    distributed.barrier()
    return main


def _cut_short(own: Store, shares: Sequence[Ints]) -> None:
    """Drop the last portion where it is not whole (a kill cuts one in two): made again in one
    piece it has the same numbers to the last bit."""
    rows = own.rows()
    last = next((share for share in shares if len(rows) and rows[-1] in share), None)
    if last is not None:
        there = int(np.isin(rows[-len(last) :], last).sum())
        own.cut(there if there < len(last) else 0)


@dataclass
class Pictures:
    """Portions of a data set; pictures that cannot be read are left out and named."""

    network: Network
    data: Data
    classes: Classes
    unreadable: dict[str, str] = field(default_factory=dict)

    def __call__(self, shares: Sequence[Ints]) -> Iterator[Batch]:
        for share in shares:
            images, labels, rows = [], [], []
            for row in share:
                try:
                    pixels, origin = self.data.read(int(row))
                except BadInput as why:
                    self.unreadable[self.data.name(int(row))] = str(why)
                    continue
                images.append(pixels)
                labels.append(self.classes.of(origin.label))
                rows.append(int(row))
            if images:
                alike = len({image.shape for image in images}) == 1
                stack = np.stack(images) if alike else images
                yield Batch(np.array(rows), encoded(self.network, stack), np.array(labels))


@dataclass(frozen=True)
class Boards:
    """Portions of boards that the rule made, for a network that foretells a game."""

    network: Network
    boards: NDArray[np.uint8]
    unreadable: dict[str, str] = field(default_factory=dict)  # none: nothing is read

    def __call__(self, shares: Sequence[Ints]) -> Iterator[Batch]:
        ahead, border = self.network.info.game_steps, self.network.info.border
        for share in shares:
            boards = self.boards[share]
            truths = history(boards, ahead, border)[:, -1] if ahead else None
            x = self.network.encode(boards[:, :, :, None] * np.uint8(255))
            none = np.full(len(share), -1)
            answers = None if truths is None else truths.astype(np.float32)
            yield Batch(np.asarray(share), x, none, answers)


def boards_for(network: Network, many: int, seed: int) -> NDArray[np.uint8]:
    """The boards that a map of a game is made of, uint8 (many, H, W): densities and ages mixed
    (sources.life.starts, "mix"); the same for the same seed and number."""
    dice = np.random.default_rng(seed)
    return starts("mix", many, (BOARD, BOARD), dice, network.info.border)
