"""Concepts of a data set: planted ones are found, ranked, kept, and gone on with."""

from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput, Cancelled, UnknownUnit
from dnnvis.lenses.concepts.job import ConceptOptions, ConceptProgress, find_concepts
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "kept"))


def build() -> Network:
    """Three colors, each of two channels; the first class is red, a little green, never blue."""
    conv = nn.Conv2d(3, 6, 1)
    head = nn.Linear(6, 2)
    with torch.no_grad():
        conv.weight.zero_()
        conv.bias.zero_()
        for color in range(3):
            conv.weight[2 * color, color] = 1
            conv.weight[2 * color + 1, color] = 0.5
        head.weight[:] = torch.tensor([[4, 4, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0.0]])
        head.bias.zero_()
    module = nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    return dnnvis.wrap(module, size=8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of patches of pure red, green or blue."""
    result = tmp_path / "pictures"
    result.mkdir()
    rng = np.random.default_rng(0)
    for number in range(8):
        colors = rng.integers(0, 3, (4, 4))
        pixels = np.zeros((4, 4, 3), np.uint8)
        light = rng.integers(100, 256, (4, 4))
        for color in range(3):
            pixels[..., color] = np.where(colors == color, light, 0)
        large = pixels.repeat(2, 0).repeat(2, 1)
        Image.fromarray(large).save(result / f"{number}.png")
    return result


def test_planted_concepts_are_found_and_ranked(folder: Path) -> None:
    net = build()
    result = dnnvis.concepts(net, folder, "1", 3, target="output[0]", positions=16, preset="")
    vectors = net.directions.get("1.concepts~").vectors.numpy()
    truth = np.zeros((3, 6))
    for color in range(3):
        truth[color, 2 * color : 2 * color + 2] = np.array([2, 1]) / np.sqrt(5)
    cosines = vectors @ truth.T
    assert (cosines.max(0) >= 0.95).all()
    colors = [int(cosines[each.unit.channel].argmax()) for each in result.concepts]
    assert colors == [0, 1, 2]  # red matters most for the class, blue not at all
    importance = [each.importance["sobol"] for each in result.concepts]
    assert importance[0] > 0.7
    assert importance[2] == pytest.approx(0, abs=1e-3)
    drops = [each.importance["drop"] for each in result.concepts]
    assert drops[0] > drops[1] > abs(drops[2])
    assert result.explained == pytest.approx(1, abs=1e-3)
    assert result.measured == 8
    for each in result.concepts:
        assert each.examples
        channel = colors[[one.unit for one in result.concepts].index(each.unit)]
        crop = each.examples[0].pixels
        assert crop[..., channel].max() > 0
        assert np.delete(crop, channel, 2).max() == 0  # a crop of the concept's own color


def test_a_second_run_does_nothing_again_and_another_measure_is_taken(folder: Path) -> None:
    net = build()
    first = dnnvis.concepts(net, folder, "1", 3, preset="live")
    assert all(each.picture is not None for each in first.concepts)
    stages: list[ConceptProgress] = []
    again = build()
    options = ConceptOptions("1", 3)
    second = find_concepts(again, open_data(folder), options, report=stages.append)
    assert "collecting" not in {each.stage for each in stages}
    assert [each.unit for each in second.concepts] == [each.unit for each in first.concepts]
    assert second.caption == first.caption
    with dnnvis.library(again) as library:
        assert len(library.pictures(first.concepts[0].unit)) == 1  # not grown twice
    third = dnnvis.concepts(again, folder, "1", 3, by="drop", preset="")
    assert third.measure == "drop"
    assert "sobol" not in third.concepts[0].importance
    kept = dnnvis.look(build(), "concepts", "1[0]")
    assert [each.unit for each in kept.concepts] == [each.unit for each in third.concepts]


def test_it_goes_on_where_it_was_stopped(folder: Path) -> None:
    net, stop = build(), Event()
    measured: list[int] = []

    def report(progress: ConceptProgress) -> None:
        if progress.stage == "measuring":
            measured.append(progress.done)
            if progress.done == 2:
                stop.set()

    options = ConceptOptions("1", 3, preset="")
    with pytest.raises(Cancelled):
        find_concepts(net, open_data(folder), options, report=report, stop=stop)
    whole = find_concepts(build(), open_data(folder), options)
    other = build()
    straight = find_concepts(other, open_data(folder), options, again=True)
    for one, two in zip(whole.concepts, straight.concepts, strict=True):
        assert one.importance == pytest.approx(two.importance, rel=1e-5, abs=1e-6)


def test_what_cannot_be_done_is_said(folder: Path) -> None:
    net = build()
    data = open_data(folder)
    for options, part in (
        (ConceptOptions("1", 0), "1 to 60"),
        (ConceptOptions("1", 4), "choose 3 or fewer"),
        (ConceptOptions("1", 3, design=12), "power of two"),
        (ConceptOptions("output", 2), "not what one module returns"),
        (ConceptOptions("1", 3, estimator="other"), "jansen"),
        (ConceptOptions("1", 3, limit=0), "1 or more"),
    ):
        with pytest.raises(BadInput, match=part):
            find_concepts(net, data, options)
    with pytest.raises(UnknownUnit):
        find_concepts(net, data, ConceptOptions("1", 3, target="output[9]"))
    kept = dnnvis.look(net, "concepts", "1[0]")
    assert not kept.concepts
    assert "dnnvis concepts" in kept.message
