"""The board of a source that is painted on: a Game of Life, a maze, or a canvas."""

from dataclasses import replace

from dnnvis.session.state import SourceChoice

LETTERS_PER_CELL = 40  # of a canvas: most of 16 channels are 0
BOARD_KINDS = ("life", "maze", "canvas")


def has_board(source: SourceChoice) -> bool:
    """Return whether the source is one that the mouse paints on."""
    return source.kind in BOARD_KINDS


def has_class_labels(source: SourceChoice) -> bool:
    """Return whether labels of its frames may be classes, and not what a board or position is."""
    return not has_board(source) and source.kind != "chess"


def board_text(source: SourceChoice) -> str:
    """Return the board that the source begins with, as text; "" for a new one or none."""
    if source.kind == "maze":
        return source.maze.text
    if source.kind == "canvas":
        return source.canvas
    return source.board if source.kind == "life" else ""


def with_board(source: SourceChoice, text: str) -> SourceChoice:
    """Return the source with another board as text; one that has none stays as it is."""
    if source.kind == "maze":
        return replace(source, maze=replace(source.maze, text=text))
    if source.kind == "canvas":
        return replace(source, canvas=text)
    return replace(source, board=text) if source.kind == "life" else source


def count_letters(source: SourceChoice) -> int:
    """Return about how many letters the text of a source's board has, before it is written."""
    if source.kind == "canvas":
        return source.canvas_side**2 * LETTERS_PER_CELL
    return source.rows * source.columns


def strip_board(source: SourceChoice) -> SourceChoice:
    """Return the source without what a board that runs changes: it, its speed, its density."""
    maze = replace(source.maze, text="", rate=0.0)
    return replace(source, board="", rate=0.0, density=0.0, maze=maze, canvas="")
