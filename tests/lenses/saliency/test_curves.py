"""Deletion and insertion curves: closed forms, the control, what they need of a picture."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Picture
from dnnvis.lenses.saliency.curves import find_grain, order_at_random, order_pixels, rank_pixels
from helpers.patch_networks import (
    PatchDetector,
    linear_network,
    picture_with_patch,
    small_classifier,
)

RNG = np.random.default_rng(8)
IMAGE = RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)
PIXELS = IMAGE / 255.0


def _expected(weights: np.ndarray, order: np.ndarray, kind: str, points: int) -> np.ndarray:
    """Scores of a linear network (bias 0.25), pixel by pixel in plain loops."""
    from scipy.ndimage import gaussian_filter

    other = np.full_like(PIXELS, 0.5) if kind == "deletion" else gaussian_filter(PIXELS, (1, 1, 0))
    picture, last = (PIXELS, other) if kind == "deletion" else (other, PIXELS)
    picture, scores, done = picture.copy(), [], 0
    for k in range(points + 1):
        for pixel in order[done : round(k * 48 / points)]:
            picture[pixel // 8, pixel % 8] = last[pixel // 8, pixel % 8]
        done = round(k * 48 / points)
        scores.append((weights * picture).sum() + 0.25)
    return np.array(scores)


@pytest.mark.parametrize("kind", ["deletion", "insertion"])
@pytest.mark.parametrize(("lens", "signed"), [("integrated", True), ("gradient", False)])
def test_of_a_linear_network_it_is_a_sum_of_weights(kind: str, lens: str, signed: bool) -> None:
    network, weights = linear_network()
    picture = dnnvis.look(network, lens, "output[0]", image=IMAGE)
    fractions, scores, area = dnnvis.curve(picture, network, kind, points=12)
    counts = (weights[0] * PIXELS).sum(2) if signed else np.abs(weights[0]).sum(2)
    if lens == "gradient":  # from the unit's own activation, which is one factor
        counts = counts * abs(float(network.record(IMAGE).output[0]))
    order = np.argsort(-counts.reshape(-1), kind="stable")
    expected = _expected(weights[0], order, kind, 12)
    np.testing.assert_allclose(scores, expected, atol=2e-4)
    np.testing.assert_allclose(fractions, np.arange(13) / 12, atol=1e-6)
    assert area == pytest.approx(np.trapezoid(scores, fractions), rel=1e-5)


def test_it_begins_and_ends_with_the_unit_as_it_is_and_without_the_frame() -> None:
    network = small_classifier()
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    picture = dnnvis.look(network, "layercam", "output[2]", image=image)
    value = network.record(image).output[2]
    deletion, insertion = (
        dnnvis.curve(picture, network, kind) for kind in ("deletion", "insertion")
    )
    assert deletion.scores[0] == pytest.approx(value, abs=1e-5)
    assert insertion.scores[-1] == pytest.approx(value, abs=1e-5)
    with torch.no_grad():
        hidden = network.forward(torch.full((1, 3, 24, 24), 0.5))[0, 2]
    assert deletion.scores[-1] == pytest.approx(float(hidden), abs=1e-5)


def test_the_patch_goes_first_and_the_control_is_worse() -> None:
    network = dnnvis.wrap(PatchDetector(), size=32)
    for seed in range(10):
        image, _ = picture_with_patch(seed)
        picture = dnnvis.look(network, "occlusion", "output[1]", image=image, size=4, stride=2)
        for kind, sign in (("deletion", -1), ("insertion", 1)):
            own = dnnvis.curve(picture, network, kind).area
            control = dnnvis.curve(picture, network, kind, order="random", seed=seed).area
            assert sign * (own - control) > 0


def test_probabilities_are_the_softmax_of_the_class() -> None:
    network = small_classifier()
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    picture = dnnvis.look(network, "gradient", "output[1]", image=image)
    scores = dnnvis.curve(picture, network, score="probability").scores
    logits = network.record(image).output
    expected = np.exp(logits[1]) / np.exp(logits).sum()
    assert scores[0] == pytest.approx(expected, abs=1e-5)
    inner = dnnvis.look(network, "gradient", "3[1]", image=image)
    with pytest.raises(BadInput, match="no class"):
        dnnvis.curve(inner, network, score="probability")


def test_edits_count() -> None:
    network, _ = linear_network()
    picture = dnnvis.look(network, "integrated", "output[0]", image=IMAGE)
    plain = dnnvis.curve(picture, network)
    with network.edited("output *= 2"):
        doubled = dnnvis.curve(picture, network)
    np.testing.assert_allclose(doubled.scores, 2 * plain.scores, rtol=1e-4, atol=1e-4)


def test_a_picture_of_a_file_or_without_its_frame(tmp_path: Path) -> None:
    network, _ = linear_network()
    path = tmp_path / "frame.png"
    Image.fromarray(IMAGE).save(path)
    picture = dnnvis.look(network, "integrated", "output[0]", image=path)
    assert np.array_equal(picture.image, IMAGE)
    whole = dnnvis.curve(picture, network).scores
    again = dnnvis.curve(replace(picture, image=None), network).scores
    assert np.array_equal(whole, again)
    with pytest.raises(BadInput, match="does not hold its frame"):
        dnnvis.curve(replace(picture, image=None, recipe={}), network)


def test_other_words_and_pictures_are_refused() -> None:
    network, _ = linear_network()
    picture = dnnvis.look(network, "integrated", "output[0]", image=IMAGE)
    for settings, sentence in (
        ({"kind": "erasure"}, "kind is deletion or insertion"),
        ({"order": "best"}, "order is picture or random"),
        ({"score": "logit"}, "score is value or probability"),
        ({"points": 0}, "whole number from 1"),
    ):
        with pytest.raises(BadInput, match=sentence):
            dnnvis.curve(picture, network, **settings)
    with pytest.raises(BadInput, match="that look\\(\\) returned"):
        dnnvis.curve(np.zeros((6, 8)), network)
    with pytest.raises(BadInput, match="no attribution"):
        dnnvis.curve(replace(picture, scale="rgb"), network)
    small = dnnvis.wrap(nn.Flatten(), size=4)
    with pytest.raises(BadInput, match="differ in size"):
        dnnvis.curve(replace(picture, unit="output[0]"), small)


def test_a_picture_at_a_layer_is_no_picture_of_the_frame() -> None:
    network = small_classifier()
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    picture = dnnvis.look(network, "gradient", "output[1]", image=image, to="3")
    with pytest.raises(BadInput, match="differ in size \\(12 x 12 and 24 x 24\\)"):
        dnnvis.curve(picture, network)


def test_a_random_order_goes_square_by_square() -> None:
    order = order_at_random((7, 10), 3, 4)
    assert sorted(order) == list(range(70))
    squares = [(pixel // 10 // 3, pixel % 10 // 3) for pixel in order.tolist()]
    changes = 1 + sum(a != b for a, b in itertools.pairwise(squares))
    assert changes == len(set(squares)) == 12
    assert not np.array_equal(order, order_at_random((7, 10), 3, 5))
    assert np.array_equal(order, order_at_random((7, 10), 3, 4))


def test_pixels_that_count_the_same_come_in_random_order() -> None:
    order = order_pixels(np.array([[0.0, 2.0, 0.0], [0.0, 1.0, 0.0]]), 1)
    assert order[:2].tolist() == [1, 4]
    assert order[2:].tolist() != [0, 2, 3, 5]


def test_what_speaks_against_a_unit_comes_last_where_the_sign_says_so() -> None:
    values = np.array([[[-3.0, 1.0]], [[0.5, 0.0]]], np.float32)
    added = Picture(values, "signed", recipe={"lens": "integrated"})
    assert rank_pixels(added).tolist() == [[-2.0], [0.5]]
    assert rank_pixels(replace(added, recipe={"lens": "guided"})).tolist() == [[4.0], [0.5]]
    positive = Picture(np.abs(values), "positive", recipe={"lens": "layercam"})
    assert rank_pixels(positive).tolist() == [[4.0], [0.5]]


def test_the_control_is_as_coarse_as_the_picture() -> None:
    network = small_classifier()
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    for lens, settings, grain in (
        ("layercam", {"to": "3"}, 2),
        ("occlusion", {"size": 6, "stride": 4}, 4),
        ("guided", {}, 1),
    ):
        picture = dnnvis.look(network, lens, "output[0]", image=image, **settings)
        assert find_grain(picture, network) == grain
