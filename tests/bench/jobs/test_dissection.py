"""The bench of dissection, on a small network."""

import os
from pathlib import Path

import numpy as np

from dnnvis.bench.jobs.dissection import (
    DissectionBenchConfig,
    RepeatedConcepts,
    make_concepts,
    measure,
)
from helpers.ascent_networks import small


def test_figures_are_measured_and_the_folder_of_the_user_is_left_alone(tmp_path: Path) -> None:
    lines: list[str] = []
    before = os.environ.get("DNNVIS_DATA")
    figures = measure(small(), DissectionBenchConfig(12, 1, 40), lines.append)
    assert os.environ.get("DNNVIS_DATA") == before
    assert (figures["pictures"], figures["concepts"], figures["units"]) == (12, 9, 51)
    ratio = figures["dissection_per_s"] / figures["bare_per_s"]
    assert abs(figures["dissection_ratio"] - ratio) < 0.05 * ratio + 0.002
    assert figures["upsampled_ratio"] > 0
    assert {"rss_mb", "rss_growth_mb"} <= set(figures)
    assert len(lines) == 4


def test_made_concepts_have_two_masks_a_picture(tmp_path: Path) -> None:
    data = make_concepts(tmp_path / "c", 9)
    picture = data.read(4)
    assert (len(data), len(picture.concepts), picture.pixels.shape) == (9, 2, (256, 256, 3))
    assert (picture.masks.mean((1, 2)) > 0.01).all()
    again = RepeatedConcepts(data, 30)
    assert len(again) == 30
    np.testing.assert_array_equal(again.read(22).pixels, picture.pixels)
