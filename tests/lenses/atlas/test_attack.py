"""Patches: which cells, whole receptive fields, the same spots; a planted weakness is found."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.introspect.atlas.atlas import AtlasLevel
from dnnvis.lenses.atlas.arrays import ImagesInMemory
from dnnvis.lenses.atlas.attack import (
    attack,
    cells_near_class,
    cut_patches,
    noise_patches,
    paste,
    predict,
)
from helpers.atlas_networks import LAYER, color_network, color_pictures


def level_of(attribution: list[list[float]], cells: list[tuple[int, int]]) -> AtlasLevel:
    count = len(cells)
    examples = np.full((count, 3, 3), -1, np.int64)
    examples[:, 0] = [[k, 1, 1] for k in range(count)]
    examples[:, 1] = [
        [k, 0, 5] for k in range(count)
    ]  # at the border: half of its field is padding
    return AtlasLevel(
        4,
        np.array(cells),
        np.full(count, 5),
        np.zeros((count, 4), np.float32),
        np.zeros((count, 4), np.float32),
        np.array(attribution, np.float32),
        examples,
        np.zeros((count, 1, 1, 3), np.uint8),
        np.arange(count),
    )


def test_the_nearest_cells_of_the_other_class_come_first() -> None:
    level = level_of(
        [[1, 0], [0, 1], [0.1, 2], [0, 3], [0.5, 0.4]], [(0, 0), (0, 1), (1, 0), (3, 3), (2, 0)]
    )
    # cells 1 and 2 touch a cell of class 0 (2 touches another, at (2, 0)); 2 speaks louder
    assert cells_near_class(level, 0, 1, 2).tolist() == [2, 1]
    assert cells_near_class(level, 0, 1, 9).tolist() == [2, 1, 3]
    with pytest.raises(BadInput, match="No cell of the atlas speaks"):
        cells_near_class(level_of([[1, 0]], [(0, 0)]), 0, 1, 2)


def test_patches_are_whole_receptive_fields() -> None:
    net, (images, _) = color_network(), color_pictures(3)
    level = level_of([[1, 0]] * 3, [(0, 0), (0, 1), (0, 2)])
    patches = cut_patches(net, LAYER, ImagesInMemory(images, [""] * 3), level, [2, 0])
    np.testing.assert_array_equal(patches, [images[2][:3, :3], images[0][:3, :3]])
    noise = noise_patches(patches, np.random.default_rng(0))
    assert [patch.shape for patch in noise] == [(3, 3, 3)] * 2
    level.examples[:, 0] = -1
    with pytest.raises(BadInput, match="lies whole inside"):
        cut_patches(net, LAYER, ImagesInMemory(images, [""] * 3), level, [0])


def test_a_patch_lies_inside_and_leaves_the_rest() -> None:
    picture, patch = np.zeros((10, 8, 3), np.uint8), np.full((3, 3, 3), 9, np.uint8)
    corner = paste(picture, patch, (0.0, 0.999))
    assert (corner[:3, 5:] == 9).all()
    assert corner.sum() == 81 * 3
    assert not picture.any()


def test_a_blue_patch_makes_red_pictures_blue_and_a_red_one_does_not() -> None:
    net, (images, labels) = color_network(), color_pictures(40)
    red = [image for image, label in zip(images, labels, strict=True) if label == 0]
    assert not predict(net, red).any()
    blue_patch = np.zeros((11, 11, 3), np.uint8)
    blue_patch[..., 2] = 255
    red_patch = blue_patch[..., ::-1].copy()
    count = attack(net, red, [blue_patch], 0, 1, seed=0)
    assert (count.pictures, count.flipped, count.reached) == (20, 20, 20)
    assert attack(net, red, [red_patch], 0, 1, seed=0).flipped == 0
