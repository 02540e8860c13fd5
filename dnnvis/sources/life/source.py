"""The board as a source: it runs, can be painted on, and goes back."""

import math
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from dnnvis.core.board import Change, Fill, Paint, Setup
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.life.board import (
    Past,
    begun,
    checked_border,
    checked_size,
    painted,
    resized,
)
from dnnvis.sources.life.rle import Written, read_rle, read_rle_file, write_rle
from dnnvis.sources.life.rule import Board

MOST_RATE = 1000.0


class Life:
    """A Game-of-Life board of ``size`` (rows, columns), ``rate`` steps a second.

    It begins as ``board`` (RLE text), else with the pattern in the file ``path``, else as
    ``start`` says (see ``begun``). A pattern from a file lies in the middle, and makes the
    board larger where it must; a file that names a bounded grid brings its own size and
    border. Frames are uint8 (H, W, 1), 0 dead and 255 alive; their label tells generation and
    population. Stepping back undoes strokes and new boards, too.
    """

    live = False

    def __init__(
        self,
        size: tuple[int, int] = (40, 40),
        *,
        border: str = "dead",
        rate: float = 10.0,
        start: str = "half",
        density: float = 0.3,
        path: str = "",
        board: str = "",
        seed: int = 0,
    ) -> None:
        self.name = Path(path).name or "board"
        self.rate = checked_rate(rate)
        self._size, self._border = checked_size(size), checked_border(border)
        self._start, self._density = start, density
        self._path, self._text, self._seed = path, board, seed
        self._past: Past | None = None
        self._steps = 0
        self._dice = np.random.default_rng(seed)

    def __enter__(self) -> Self:
        """Raises BadInput where the board cannot begin so."""
        self._dice = np.random.default_rng(self._seed)
        board = self._first()  # may bring its own border
        self._past = Past(board, self._border)
        self._steps = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._past = None

    def read(self) -> Frame:
        """The next generation; never the last."""
        past = self._open()
        steps, self._steps = self._steps, 1
        past.go(steps)
        pixels = (past.board * np.uint8(255))[:, :, None]
        return Frame(pixels, source=self.name, label=past.told())

    @property
    def position(self) -> float:
        return self._past.position if self._past else 1.0

    def move(self, steps: int) -> None:
        self._steps = steps

    def seek(self, share: float) -> None:
        self._open().seek(share)
        self._steps = 0

    def edit(self, change: Change) -> None:
        """Do the change, which the next read shows; BadInput leaves all as it was."""
        past = self._open()
        if isinstance(change, Paint):
            board = painted(past.board, change.cells, change.alive, past.border)
            past.change(board, fresh=change.fresh)
        elif isinstance(change, Fill):
            size = past.board.shape
            past.change(begun(change.start, size, self._dice, change.density, past.border), 0)
        else:
            self._set_up(past, change)
        self._steps = 0

    def kept(self) -> str:
        """The board as RLE text; "" where it is closed. From any thread."""
        past = self._past
        return "" if past is None else write_rle(past.board)

    def _set_up(self, past: Past, change: Setup) -> None:
        board = past.board if change.size is None else resized(past.board, change.size)
        border = past.border if change.border is None else checked_border(change.border)
        self.rate = self.rate if change.rate is None else checked_rate(change.rate)
        if border != past.border:
            past.surround(border)
        if board.shape != past.board.shape:
            past.begin(board, past.generation)

    def _first(self) -> Board:
        if self._text:
            return read_rle(self._text).cells
        if not self._path:
            return begun(self._start, self._size, self._dice, self._density, self._border)
        written: Written = read_rle_file(self._path)
        if written.border:
            self._border = written.border
            return written.cells
        rows, columns = (max(pair) for pair in zip(self._size, written.cells.shape, strict=True))
        return resized(written.cells, (rows, columns))

    def _open(self) -> Past:
        if self._past is None:
            raise BadInput("The board is closed; open it first.")
        return self._past


def checked_rate(rate: float) -> float:
    """``rate``, or BadInput where no board can run so fast or slowly."""
    if not (math.isfinite(rate) and 0 < rate <= MOST_RATE):
        raise BadInput(f"A board runs at up to {MOST_RATE:.0f} steps a second, not at {rate}.")
    return float(rate)
