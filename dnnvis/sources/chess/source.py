"""Show positions of king and rook against king as a source."""

from types import TracebackType
from typing import Self

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.sources.chess.krk import Squares, exact_play, index_positions
from dnnvis.sources.chess.positions import (
    draw_boards,
    parse_position,
    positions_with_line,
    split_positions,
    write_position,
)

POSITIONS_PER_SECOND = 0.5
MIN_PLIES = 4  # of play that is left in each position


class ChessSource:
    """Positions with White to move, from those that are kept for tests; or one that is given.

    Frames are uint8 (8, 8, 3), rank 8 on top: red the white king, green the rook, blue the black
    king. Their label is the position in FEN, and in how many moves White mates.
    """

    live = False
    name = "chess"

    def __init__(self, text: str = "", seed: int = 0) -> None:
        self._text, self._seed = text, seed
        self.rate = 0.0 if text else POSITIONS_PER_SECOND
        self._positions: Squares = np.zeros((0, 3), np.int64)
        self._index, self._steps = 0, 0

    def __enter__(self) -> Self:
        """Read or draw the positions; raise BadInput where the given one is not legal."""
        play = exact_play()
        if self._text:
            self._positions = parse_position(self._text, play)[None]
        else:
            test = split_positions(positions_with_line(play, MIN_PLIES))[1]
            self._positions = test[np.random.default_rng(self._seed).permutation(len(test))]
        self._index, self._steps = 0, 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._positions = self._positions[:0]

    def read(self) -> Frame:
        """Return the next position; after the last comes the first."""
        if not len(self._positions):
            raise BadInput("The positions are closed; open them first.")
        self._index = (self._index + self._steps) % len(self._positions)
        self._steps = 1
        position = self._positions[self._index]
        pixels = draw_boards(position).transpose(1, 2, 0) * np.uint8(255)
        return Frame(np.ascontiguousarray(pixels), source=self.name, label=describe(position))

    @property
    def position(self) -> float:
        """Return where among the positions the present one is, in [0, 1]."""
        return self._index / max(len(self._positions) - 1, 1)

    def move(self, steps: int) -> None:
        """Make the next read give the position so many further."""
        self._steps = steps

    def seek(self, fraction: float) -> None:
        """Move to a fraction in [0, 1] of the positions."""
        self._index = round(min(max(fraction, 0.0), 1.0) * (len(self._positions) - 1))
        self._steps = 0


def describe(position: Squares) -> str:
    """Return a position (3,) in FEN, and in how many moves White mates."""
    plies = int(exact_play().white_plies[index_positions(position)])
    return f"{write_position(position)}, mate in {(plies + 1) // 2}"
