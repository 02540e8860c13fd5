"""Concepts of the Game of Life: its small patterns, strewn over boards with exact masks."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.concept_set import ConceptPicture, stack_masks
from dnnvis.sources.concepts.synthetic import DEFAULT_PICTURES
from dnnvis.sources.data.dataset import digest

VERSION = 1  # goes up when the same numbers make other boards
MARGIN_CELLS = 1  # of dead cells around a pattern, which belong to it
SOUP_DENSITY = 0.4
SOUP_SIDE_CELLS = 5
MIN_SIDE_CELLS = 8
#: Rows of living (#) and dead (.) cells.
PATTERNS = {
    "block": ("##", "##"),
    "blinker": ("###",),
    "beehive": (".##.", "#..#", ".##."),
    "loaf": (".##.", "#..#", ".#.#", "..#."),
    "boat": ("##.", "#.#", ".#."),
    "toad": (".###", "###."),
    "beacon": ("##..", "##..", "..##", "..##"),
    "glider": (".#.", "..#", "###"),
    "r-pentomino": (".##", "##.", ".#."),
}
SOUP = "soup"


class BoardConcepts:
    """Boards uint8 (H, W, 1) of 0 and 255 that depend on the seed and their number alone.

    As many patterns as fit lie on each, turned and mirrored at random; a mask is the pattern's
    box with one cell around it. ``soup`` is a square of random cells.
    """

    has_masks = True
    in_order = False
    notes: tuple[str, ...] = ()

    def __init__(
        self, size: tuple[int, int], *, pictures: int = DEFAULT_PICTURES, seed: int = 0
    ) -> None:
        """Say which boards are made: their size (H, W), number and seed.

        Raises BadInput for boards of less than 8 cells a side.
        """
        if min(size) < MIN_SIDE_CELLS:
            raise BadInput(
                f"Concepts are made for boards of {MIN_SIDE_CELLS} cells or more a side, not "
                f"{size[0]} x {size[1]}; give a folder of concepts."
            )
        self.names = (*PATTERNS, SOUP)
        self._size, self._pictures, self._seed = size, pictures, seed
        self.mark = digest((VERSION, *size, pictures, seed, *self.names))
        self.address = f"made boards (seed {seed})"

    def __len__(self) -> int:
        return self._pictures

    def name(self, number: int) -> str:
        """Return the name of a board."""
        return f"made board {number}"

    def read(self, number: int) -> ConceptPicture:
        """Make a board and its masks."""
        rng = np.random.default_rng((self._seed, number))
        board = np.zeros(self._size, np.uint8)
        owner = np.full(self._size, -1)
        tries = max(4, board.size // 24)
        for _ in range(tries):
            concept = int(rng.integers(len(self.names)))
            cells = _turn(self._cells(concept, rng), rng)
            height, width = (length + 2 * MARGIN_CELLS for length in cells.shape)
            if height > self._size[0] or width > self._size[1]:
                continue
            top = int(rng.integers(0, self._size[0] - height + 1))
            left = int(rng.integers(0, self._size[1] - width + 1))
            box = np.s_[top : top + height, left : left + width]
            if (owner[box] >= 0).any():
                continue
            owner[box] = concept
            board[box] = np.pad(cells, MARGIN_CELLS) * 255
        concepts = tuple(int(k) for k in np.unique(owner) if k >= 0)
        masks = stack_masks(owner.shape, [owner == k for k in concepts])
        return ConceptPicture(board[..., None], concepts, masks)

    def _cells(self, concept: int, rng: Generator) -> NDArray[np.uint8]:
        name = self.names[concept]
        if name == SOUP:
            side = SOUP_SIDE_CELLS
            return (rng.random((side, side)) < SOUP_DENSITY).astype(np.uint8)
        return np.array([[cell == "#" for cell in row] for row in PATTERNS[name]], np.uint8)

    def close(self) -> None:
        """Do nothing: there is nothing open."""


def _turn(cells: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """Return cells turned by a random number of quarters, and mirrored or not."""
    turned = np.rot90(cells, int(rng.integers(4)))
    return turned[:, ::-1] if rng.random() < 0.5 else turned
