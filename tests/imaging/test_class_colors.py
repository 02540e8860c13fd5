"""Colours of classes: told apart by eye, and the same wherever a class is drawn."""

import colorsys

import numpy as np
import pytest

from dnnvis.imaging.class_colors import (
    FIRST_TEN_COLORS,
    UNLABELED_COLOR,
    generate_class_colors,
    rgb_to_oklab,
)


@pytest.mark.parametrize("classes", [0, 1, 3, 10, 11, 40, 100, 1000])
def test_each_class_has_a_colour_of_its_own(classes: int) -> None:
    found = generate_class_colors(classes)
    assert (found.shape, found.dtype) == ((classes, 3), np.uint8)
    assert len({tuple(row) for row in found.tolist()}) == classes


def test_a_colour_does_not_depend_on_how_many_there_are() -> None:
    many = generate_class_colors(200)
    for classes in (3, 10, 12, 60):
        assert np.array_equal(generate_class_colors(classes), many[:classes])
    many[:] = 0  # its caller's own
    assert generate_class_colors(200).any()


@pytest.mark.parametrize(("classes", "apart"), [(10, 0.14), (20, 0.14), (100, 0.07)])
def test_no_two_look_alike_nor_like_the_gray_of_no_class(classes: int, apart: float) -> None:
    places = rgb_to_oklab(
        np.vstack([generate_class_colors(classes), [UNLABELED_COLOR]]).astype(np.int64)
    )
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2)
    own = gaps[:-1, :-1][~np.eye(classes, dtype=bool)]
    assert own.min() > apart
    assert gaps[-1, :-1].min() > 0.07
    assert 0.4 < places[:, 0].min() < places[:, 0].max() < 0.91  # neither black nor white


def test_the_ten_are_of_many_hues() -> None:
    hues = sorted(colorsys.rgb_to_hsv(*(v / 255 for v in colour))[0] for colour in FIRST_TEN_COLORS)
    assert max(b - a for a, b in zip(hues, [*hues[1:], hues[0] + 1], strict=True)) < 0.3


def test_oklab_has_its_known_places() -> None:
    """Ottosson 2020: white, and the primary colours as published with the CSS Color 4 module."""
    wanted = {
        (255, 255, 255): (1, 0, 0),
        (255, 0, 0): (0.62796, 0.22486, 0.12585),
        (0, 255, 0): (0.86644, -0.23389, 0.17950),
        (0, 0, 255): (0.45201, -0.03246, -0.31153),
        (0, 0, 0): (0, 0, 0),
    }
    found = rgb_to_oklab(np.array(list(wanted)))
    assert np.allclose(found, list(wanted.values()), atol=1e-4)
