"""Run a board as a source: it can be painted on, and goes back."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.life.board import Change, Fill, Paint, Put, Setup
from dnnvis.core.life.life_rule import LIFE_RULE, format_rule
from dnnvis.sources.life.board import (
    BoardHistory,
    create_board,
    paint_cells,
    resize_board,
    validate_border,
    validate_size,
)
from dnnvis.sources.life.files import read_board_file
from dnnvis.sources.life.record import BoardRecord
from dnnvis.sources.life.rle import read_rle, write_rle
from dnnvis.sources.source import ProblemCallback, ignore_problem

MAX_STEPS_PER_SECOND = 1000.0


class Life:
    """A Game-of-Life board of ``size`` (rows, columns), ``rate`` steps a second.

    It begins as ``board`` (RLE text), else with the pattern in the file ``path``, else as
    ``start`` says (see ``create_board``). A pattern from a file lies in the middle, and makes the
    board larger where it must; a file that names a bounded grid brings its own size and
    border. It runs by ``rule``; "" is the rule that text or file names, else Conway's. What was
    assumed of a file goes to ``on_problem``. Frames are uint8 (H, W, 1), 0 dead and 255 alive;
    they have the rule, and in their label generation and population. Stepping back undoes strokes
    and new boards, too.
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
        rule: str = "",
        on_problem: ProblemCallback = ignore_problem,
    ) -> None:
        self.name = Path(path).name or "board"
        self.rate = validate_rate(rate)
        self._size, self._border = validate_size(size), validate_border(border)
        self._start, self._density = start, density
        self._rule = format_rule(rule) if rule else ""
        self._on_problem = on_problem
        self._path, self._board_text, self._seed = path, board, seed
        self._history: BoardHistory | None = None
        self._steps = 0
        self._rng = np.random.default_rng(seed)

    def __enter__(self) -> Self:
        """Create the first board; raise BadInput where it cannot begin so."""
        self._rng = np.random.default_rng(self._seed)
        first = self._first_board()
        self._history = BoardHistory(
            first.cells, first.border or self._border, self._rule or first.rule, first.generation
        )
        self._steps = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._history = None

    def read(self) -> Frame:
        """Return the next generation; never the last."""
        history = self._require_open()
        steps, self._steps = self._steps, 1
        history.move(steps)
        pixels = (history.board * np.uint8(255))[:, :, None]
        return Frame(pixels, source=self.name, label=history.describe(), rule=history.rule)

    @property
    def position(self) -> float:
        """Return the position of the board in what is stored, in [0, 1]."""
        return self._history.position if self._history else 1.0

    def move(self, steps: int) -> None:
        """Make the next read give the board so many steps further."""
        self._steps = steps

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of what is stored."""
        self._require_open().seek(fraction)
        self._steps = 0

    def edit(self, change: Change) -> None:
        """Apply the change, which the next read shows; BadInput leaves all as it was."""
        history = self._require_open()
        if isinstance(change, Paint):
            board = paint_cells(history.board, change.cells, change.alive, history.border)
            history.change(board, as_new_step=change.new_stroke)
        elif isinstance(change, Fill):
            size = history.board.shape
            border, rule = history.border, history.rule
            board = create_board(change.start, size, self._rng, change.density, border, rule)
            history.change(board, 0)
        elif isinstance(change, Put):
            _put_board(history, change)
        elif isinstance(change, Setup):
            self._apply_setup(history, change)
        self._steps = 0

    def saved_state(self) -> str:
        """Return the board as RLE text; "" where it is closed. From any thread."""
        write = self.snapshot()
        return "" if write is None else write()

    def snapshot(self) -> Callable[[], str] | None:
        """Return what writes the board of this moment as RLE text; None where it is closed.

        Boards are never written to, so that this costs nothing until it is called. From any thread.
        """
        history = self._history
        if history is None:
            return None
        return partial(
            write_rle,
            history.board,
            rule=history.rule,
            border=history.border,
            generation=history.generation,
        )

    def _apply_setup(self, history: BoardHistory, change: Setup) -> None:
        board = history.board if change.size is None else resize_board(history.board, change.size)
        border = history.border if change.border is None else validate_border(change.border)
        rule = history.rule if change.rule is None else format_rule(change.rule)
        self.rate = self.rate if change.rate is None else validate_rate(change.rate)
        if rule != history.rule:
            history.set_rule(rule)
        if border != history.border:
            history.set_border(border)
        if board.shape != history.board.shape:
            history.restart(board, history.generation)

    def _first_board(self) -> BoardRecord:
        """Return the first board; its border is "" where the settings' own counts."""
        if self._board_text:
            return replace(read_rle(self._board_text), border="")
        if not self._path:
            rule = self._rule or LIFE_RULE
            cells = create_board(
                self._start, self._size, self._rng, self._density, self._border, rule
            )
            return BoardRecord(cells)
        record = read_board_file(self._path)
        for note in record.notes:
            self._on_problem(f"{self.name}: {note}")
        if record.border:
            return record
        rows, columns = (max(pair) for pair in zip(self._size, record.cells.shape, strict=True))
        return replace(record, cells=resize_board(record.cells, (rows, columns)))

    def _require_open(self) -> BoardHistory:
        if self._history is None:
            raise BadInput("The board is closed; open it first.")
        return self._history


def _put_board(history: BoardHistory, change: Put) -> None:
    """Go on with a board that was there, with its rule, border and generation."""
    record, border = read_rle(change.board), validate_border(change.border)
    history.set_rule(record.rule)
    history.set_border(border)
    if record.cells.shape == history.board.shape:
        history.change(record.cells, record.generation)
    else:
        history.restart(record.cells, record.generation)


def validate_rate(rate: float) -> float:
    """Return ``rate``; raise BadInput where no board can run so fast or slowly."""
    if not (math.isfinite(rate) and 0 < rate <= MAX_STEPS_PER_SECOND):
        raise BadInput(
            f"A board runs at up to {MAX_STEPS_PER_SECOND:.0f} steps a second, not at {rate}."
        )
    return float(rate)
