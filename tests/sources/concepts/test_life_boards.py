"""Boards with known patterns on them."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.life_boards import PATTERNS, SOUP, BoardConcepts


def test_each_mask_holds_its_patterns_and_nothing_else_lives() -> None:
    data = BoardConcepts((24, 30), pictures=40)
    for number in range(40):
        picture = data.read(number)
        board = picture.pixels[..., 0]
        assert set(np.unique(board)) <= {0, 255}
        assert not board[~picture.masks.any(0)].any()
        for concept, mask in zip(picture.concepts, picture.masks, strict=True):
            name = data.names[concept]
            if name == SOUP:
                continue
            cells = np.array([[cell == "#" for cell in row] for row in PATTERNS[name]], int)
            inside = np.where(mask, board // 255, 0).astype(int)
            fits = 0
            forms = {
                turned.tobytes() + bytes(turned.shape): turned
                for k in range(4)
                for turned in (np.rot90(cells, k), np.rot90(cells, k)[:, ::-1])
            }
            for form in forms.values():
                signed = np.pad(2 * form - 1, 1, constant_values=-1)  # a border that is dead
                hits = correlate2d(2 * np.pad(inside, 2) - 1, signed, mode="valid")
                fits += int((hits == signed.size).sum())
            assert fits * cells.sum() == inside.sum(), (name, number)


def test_boards_depend_on_seed_and_number_alone() -> None:
    first, second = (BoardConcepts((16, 16), seed=seed) for seed in (0, 0))
    np.testing.assert_array_equal(first.read(9).pixels, second.read(9).pixels)
    assert (BoardConcepts((16, 16), seed=1).read(9).pixels != first.read(9).pixels).any()


def test_boards_too_small_are_refused() -> None:
    with pytest.raises(BadInput, match="8 cells or more a side"):
        BoardConcepts((4, 30))
