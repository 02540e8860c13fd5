"""Pictures of concepts that are made."""

import numpy as np
import pytest
from skimage.color import rgb2hsv

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.patterns import HUES
from dnnvis.sources.concepts.synthetic import PATCHES, SyntheticConcepts


def test_a_picture_depends_on_seed_and_number_alone() -> None:
    first = SyntheticConcepts((40, 56), pictures=50)
    second = SyntheticConcepts((40, 56), pictures=50)
    for number in (31, 4):
        a, b = first.read(number), second.read(number)
        assert a.pixels.shape == (40, 56, 3)
        np.testing.assert_array_equal(a.pixels, b.pixels)
        np.testing.assert_array_equal(a.masks, b.masks)
        assert a.concepts == b.concepts
    other = SyntheticConcepts((40, 56), pictures=50, seed=1)
    assert (other.read(4).pixels != first.read(4).pixels).any()


def test_masks_lie_beside_each_other_and_none_is_empty() -> None:
    data = SyntheticConcepts((32, 32), pictures=60)
    for number in range(60):
        picture = data.read(number)
        assert 1 <= len(picture.concepts) == len(set(picture.concepts)) <= PATCHES
        assert picture.masks.any((1, 2)).all()
        assert picture.masks.sum(0).max() == 1


def test_all_concepts_take_turns() -> None:
    data = SyntheticConcepts((32, 32), pictures=100)
    counts = np.zeros(len(data.names), int)
    for number in range(100):
        for concept in data.read(number).concepts:
            counts[concept] += 1
    assert counts.min() >= 5  # of 10 turns; some are hidden by later patches
    assert counts.max() <= 10


@pytest.mark.parametrize("name", sorted(HUES))
def test_where_a_hue_is_the_pixels_have_it(name: str) -> None:
    data = SyntheticConcepts((48, 48), pictures=200)
    at = data.names.index(name)
    hues = []
    for number in range(40):
        picture = data.read(number)
        if at in picture.concepts:
            hsv = rgb2hsv(picture.pixels)
            hues.append(hsv[picture.masks[picture.concepts.index(at)]])
    values = np.concatenate(hues)
    apart = (values[:, 0] * 360 - HUES[name] + 180) % 360 - 180
    assert np.abs(apart).max() < 8
    assert values[:, 1].min() > 0.5


def test_outside_of_hues_pictures_are_gray() -> None:
    data = SyntheticConcepts((48, 48), pictures=200)
    for number in range(20):
        picture = data.read(number)
        gray = np.ones((48, 48), bool)
        for concept, mask in zip(picture.concepts, picture.masks, strict=True):
            if data.names[concept] in HUES:
                gray &= ~mask
        pixels = picture.pixels[gray].astype(int)
        assert (pixels.max(1) - pixels.min(1)).max() <= 1


def test_a_gray_network_gets_no_hues_and_is_told() -> None:
    data = SyntheticConcepts((28, 28), channels=1)
    assert not set(HUES) & set(data.names)
    assert data.notes == ("The network sees no colors: concepts of hues are left out.",)


def test_pictures_too_small_for_a_pattern_are_refused() -> None:
    with pytest.raises(BadInput, match="8 pixels or more a side, not 4 x 9"):
        SyntheticConcepts((4, 9))
