"""Pictures with concepts, fitted to a network."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.library.dissection.batches import decode_concepts, find_sources, fit_masks
from dnnvis.library.dissection.points import BatchPoints, LayerPoints, choose_grid
from dnnvis.network.card import Card
from dnnvis.sources.concepts.concept_set import ConceptPicture
from dnnvis.sources.concepts.mask_folder import MaskFolder
from helpers.concept_folders import save_mask, write_masks

CARD = Card("small", (12, 12), 3)
GO_ON = threading.Event()


def points(size: tuple[int, int] = (12, 12)) -> BatchPoints:
    grid = choose_grid(size, 100, 0)
    return BatchPoints((grid,), {"a": LayerPoints(0, size, size[0] * size[1])})


def test_planes_list_the_concepts_at_each_point(tmp_path: Path) -> None:
    data = MaskFolder(write_masks(tmp_path))
    batch = decode_concepts(data, CARD, range(5), 0, points(), GO_ON)
    (planes,) = batch.planes
    assert batch.numbers == (0, 1, 2, 3, 4)
    for row in range(5):
        picture = data.read(row)
        for concept in range(2):
            expected = np.zeros((12, 12), bool)
            if concept in picture.concepts:
                expected = picture.masks[picture.concepts.index(concept)]
            found = (planes[:, row] == concept).any(0).reshape(12, 12)
            np.testing.assert_array_equal(found, expected)
            assert batch.present[row, concept] == expected.any()


@pytest.mark.parametrize(
    "card",
    [
        replace(CARD, fit="stretch"),
        CARD,
        replace(CARD, fit="letterbox"),
        replace(CARD, crop_ratio=0.875),
        replace(CARD, size=(9, 15)),
    ],
    ids=lambda card: f"{card.fit} {card.crop_ratio} {card.size}",
)
def test_masks_are_cut_as_the_picture_is(card: Card) -> None:
    """A picture whose one half is white: where the fitted picture is white, the mask is."""
    pixels = np.zeros((60, 90, 3), np.uint8)
    pixels[20:50, 30:80] = 255
    picture = ConceptPicture(pixels, (0,), (pixels[..., 0] > 0)[None])
    (values,), is_seen = fit_masks(picture, card, [choose_grid(card.size, 100, 0)])
    from dnnvis.network.preprocess import fit_to_card

    fitted = fit_to_card(pixels[None], replace(card, mean=(0.01,)))[0, 0].numpy()
    sure = (fitted < 30) | (fitted > 225)
    np.testing.assert_array_equal(values.reshape(card.size)[sure], fitted[sure] > 128)
    assert is_seen.tolist() == [True]
    assert 0.05 < values.mean() < 0.7


def test_rows_and_columns_beyond_255_are_found() -> None:
    sources = find_sources((700, 900), replace(CARD, fit="stretch"))
    np.testing.assert_allclose(sources.rows[:, 0], (np.arange(12) + 0.5) * 700 / 12, atol=1)
    np.testing.assert_allclose(sources.columns[3], (np.arange(12) + 0.5) * 900 / 12, atol=1)


def test_a_concept_that_is_cut_off_is_not_in_the_picture(tmp_path: Path) -> None:
    write_masks(tmp_path, 1, side=12)
    mask = np.zeros((12, 36), np.uint8)
    mask[:, :4] = 255
    Image.new("RGB", (36, 12)).save(tmp_path / "images/00.png")
    save_mask(mask, tmp_path / "masks/top/00.png")
    batch = decode_concepts(MaskFolder(tmp_path), CARD, [0], 0, points(), GO_ON)
    assert not batch.present.any()
    assert (batch.planes[0] == 1).all()  # the only concept is 0, 1 is none


def test_what_cannot_be_read_is_skipped_with_its_reason(tmp_path: Path) -> None:
    write_masks(tmp_path, 4)
    (tmp_path / "images/01.png").write_bytes(b"")
    batch = decode_concepts(MaskFolder(tmp_path), CARD, range(4), 0, points(), GO_ON)
    assert batch.numbers == (0, 2, 3)
    assert batch.pixels.shape == (3, 3, 12, 12)
    assert "is empty" in batch.skipped[1]


def test_masks_of_another_size_than_the_picture_are_refused() -> None:
    picture = ConceptPicture(np.zeros((4, 5, 3), np.uint8), (0,), np.zeros((1, 5, 4), bool))
    with pytest.raises(BadInput, match=r"\(5, 4\) pixels, the picture of \(4, 5\)"):
        fit_masks(picture, CARD, [])


def test_reading_stops_when_told(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        decode_concepts(MaskFolder(write_masks(tmp_path)), CARD, [0], 0, points(), stop)


def test_nothing_readable_gives_empty_arrays(tmp_path: Path) -> None:
    write_masks(tmp_path, 1)
    (tmp_path / "images/00.png").write_bytes(b"")
    batch = decode_concepts(MaskFolder(tmp_path), CARD, [0], 0, points(), GO_ON)
    assert (batch.pixels.shape, batch.present.shape) == ((0, 3, 12, 12), (0, 1))
    assert batch.planes[0].shape == (1, 0, 144)


def test_a_picture_without_masks_has_no_concepts_anywhere(tmp_path: Path) -> None:
    write_masks(tmp_path, 2)
    Image.new("RGB", (12, 12)).save(tmp_path / "images/plain.png")
    batch = decode_concepts(MaskFolder(tmp_path), CARD, [2], 0, points(), GO_ON)
    assert batch.numbers == (2,)
    assert (batch.planes[0] == 2).all()
    assert not batch.present.any()
