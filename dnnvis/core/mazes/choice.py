"""What is chosen of a source of mazes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MazeChoice:
    """The mazes that a source shows."""

    #: Rows of squares, odd.
    rows: int = 9
    #: Columns of squares, odd.
    columns: int = 9
    #: Mazes per second; 0: the same until another is requested.
    rate: float = 0.5
    #: Seed of the mazes.
    seed: int = 0
    #: The maze as it was left, as ``Mazes.text`` writes it; "": a new one.
    text: str = ""
