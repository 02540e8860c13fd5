"""Occlusion: closed forms of linear networks, Captum, a planted patch, edits, odd settings."""

import itertools

import numpy as np
import pytest
import torch

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.lenses.saliency.occlusion import list_offsets
from helpers.patch_networks import (
    PATCH,
    linear_network,
    picture_with_patch,
    small_classifier,
)
from helpers.patch_networks import PatchDetector as Detector

RNG = np.random.default_rng(5)
IMAGE = RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)
PIXELS = IMAGE / 255.0


@pytest.mark.parametrize("patch", ["gray", "mean", "blurred"])
@pytest.mark.parametrize("k", [0, 1])
def test_a_linear_network_loses_weight_times_what_a_pixel_loses(patch: str, k: int) -> None:
    from scipy.ndimage import gaussian_filter

    network, weights = linear_network()
    picture = dnnvis.look(
        network, "occlusion", f"output[{k}]", image=IMAGE, patch=patch, size=1, stride=1
    )
    filled = {
        "gray": np.full_like(PIXELS, 0.5),
        "mean": np.broadcast_to(PIXELS.mean((0, 1)), PIXELS.shape),
        "blurred": gaussian_filter(PIXELS, (1, 1, 0)),
    }[patch]
    expected = (weights[k] * (PIXELS - filled)).sum(2)
    np.testing.assert_allclose(picture.values[..., 0], expected, atol=2e-5)
    assert picture.scale == "signed"


def test_where_patches_overlap_a_pixel_has_their_mean() -> None:
    network, weights = linear_network()
    picture = dnnvis.look(network, "occlusion", "output[0]", image=IMAGE, size=3, stride=2)
    change = (weights[0] * (PIXELS - 0.5)).sum(2)
    expected, counts = np.zeros((6, 8)), np.zeros((6, 8))
    for y in (0, 2, 3):
        for x in (0, 2, 4, 5):
            expected[y : y + 3, x : x + 3] += change[y : y + 3, x : x + 3].sum()
            counts[y : y + 3, x : x + 3] += 1
    np.testing.assert_allclose(picture.values[..., 0], expected / counts, atol=2e-5)
    assert "12 of 12 patches" in picture.caption
    assert "gray (0.5)" in picture.caption


def test_it_is_that_of_captum_where_patches_fit_exactly() -> None:
    attr = pytest.importorskip("captum.attr", reason="Captum is not installed")
    network = small_classifier()
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    x = network.encode(image)
    oracle = attr.Occlusion(lambda pixels: network.forward(pixels))
    with torch.no_grad():
        expected = oracle.attribute(
            x, (3, 6, 6), strides=(3, 3, 3), target=2, baselines=0.5, perturbations_per_eval=4
        )
    picture = dnnvis.look(network, "occlusion", "output[2]", image=image, size=6, stride=3)
    np.testing.assert_allclose(picture.values[..., 0], expected[0, 0].numpy(), atol=1e-5)


@pytest.mark.parametrize("lens", ["occlusion", "layercam"])
def test_it_points_into_a_planted_patch(lens: str) -> None:
    network = dnnvis.wrap(Detector(), size=32)
    hits = 0
    for seed in range(200):
        image, (y, x) = picture_with_patch(seed)
        settings = {"size": 4, "stride": 2} if lens == "occlusion" else {}
        values = dnnvis.look(network, lens, "output[1]", image=image, **settings).values.sum(2)
        row, column = np.unravel_index(values.argmax(), values.shape)
        hits += y <= row < y + PATCH and x <= column < x + PATCH
    assert hits >= 190


def test_the_first_class_of_the_same_network_does_not_see_the_patch() -> None:
    network = dnnvis.wrap(Detector(), size=32)
    hits = 0
    for seed in range(30):
        image, (y, x) = picture_with_patch(seed)
        values = dnnvis.look(network, "occlusion", "output[0]", image=image).values.sum(2)
        row, column = np.unravel_index(values.argmax(), values.shape)
        hits += y <= row < y + PATCH and x <= column < x + PATCH
    assert hits < 15


def test_it_grows_patch_by_patch_and_its_batch_changes_nothing() -> None:
    network = small_classifier()
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    steps = list(dnnvis.looks(network, "occlusion", "0[4]@3,5", image=image, batch=10))
    progress = [step.progress for step in steps]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert max(progress[:-1]) < 1
    whole = dnnvis.look(network, "occlusion", "0[4]@3,5", image=image, batch=1000)
    np.testing.assert_allclose(steps[-1].values, whole.values, atol=1e-6)
    assert steps[0].values[-1].any() == False  # noqa: E712
    assert np.argwhere(whole.values[..., 0] != 0).max(0).tolist() <= [6, 8]  # the unit's own place


def test_it_follows_edits() -> None:
    network = small_classifier()
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    plain = dnnvis.look(network, "occlusion", "output[1]", image=image).values
    with network.edited("output *= 3"):
        tripled = dnnvis.look(network, "occlusion", "output[1]", image=image).values
    np.testing.assert_allclose(tripled, 3 * plain, atol=1e-5)
    assert np.array_equal(plain, dnnvis.look(network, "occlusion", "output[1]", image=image).values)


def test_what_cannot_be_hidden_is_refused_in_a_sentence() -> None:
    network, _ = linear_network()
    with pytest.raises(BadInput, match="patch of 7 pixels does not fit into a picture of 6"):
        dnnvis.look(network, "occlusion", "output[0]", image=IMAGE, size=7)
    with pytest.raises(BadInput, match="needs a picture"):
        dnnvis.look(network, "occlusion", "output[0]")
    with pytest.raises(BadInput, match="one of gray, mean, blurred"):
        dnnvis.look(network, "occlusion", "output[0]", image=IMAGE, patch="pink")
    big = dnnvis.wrap(torch.nn.Identity(), size=400)
    with pytest.raises(BadInput, match="more than 100,000"):
        dnnvis.look(
            big, "occlusion", "output[0]", image=np.zeros((400, 400, 3), np.uint8), size=1, stride=1
        )


def test_a_board_is_hidden_by_dead_cells() -> None:
    network = dnnvis.open("life-3")
    board = RNG.integers(0, 2, network.card.size, dtype=np.uint8) * 255
    layer = next(row.name for row in network.layers if row.shape[1] > 1)
    picture = dnnvis.look(network, "occlusion", f"{layer}[0]@5,5", image=board, size=1, stride=1)
    assert "dead cells" in picture.caption
    assert not picture.values[board == 0].any()  # hiding a dead cell changes nothing


@pytest.mark.parametrize(("side", "size", "stride"), [(10, 3, 2), (8, 4, 4), (5, 5, 1), (7, 3, 9)])
def test_patches_cover_the_whole_side_and_end_with_it(side: int, size: int, stride: int) -> None:
    offsets = list_offsets(side, size, stride)
    assert offsets == sorted(set(offsets))
    assert offsets[0] == 0 or side == size
    assert offsets[-1] + size == side
    assert all(b - a <= stride for a, b in itertools.pairwise(offsets))
