"""How much of the pictures can be seen, by ``dnnvis bench contrast``."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import dnnvis
from dnnvis.bench import contrast
from dnnvis.core.errors import BadInput


def test_gray_is_counted_within_eight_levels_as_shown_and_raw() -> None:
    values = np.zeros((20, 20, 3), np.float32)
    values[:, :, 0] = np.linspace(0, 1, 400).reshape(20, 20)
    shown, raw = contrast.measure_gray_fractions(values)
    assert raw == pytest.approx(17 / 255, abs=0.01)  # levels 128 to 136 of the upper half
    assert 0 < shown <= raw + 0.01
    spike = np.random.default_rng(0).normal(size=(64, 64, 3)).astype(np.float32)
    spike[0, 0] = 1000
    shown, raw = contrast.measure_gray_fractions(spike)
    assert raw > 0.99
    assert shown < 0.65


def test_dark_is_what_lies_near_the_lowest_color_lines_aside() -> None:
    indices = np.array([[0, 0, 252, 253], [0, 1, 200, 253]], np.uint8)
    assert contrast.measure_dark_fraction(indices, "gray") == pytest.approx(4 / 6)


def test_a_mosaic_with_one_bright_value_is_no_longer_dark() -> None:
    maps = np.random.default_rng(1).uniform(0.2, 1, (30, 9, 9)).astype(np.float32)
    maps[3, 2, 2] = 500
    figure = contrast.measure_mosaic(maps)
    assert figure.plain > 0.99
    assert figure.shown < 0.05
    assert figure.zero == 0
    assert not figure.signed
    assert contrast.measure_mosaic(maps - 0.6).signed


def test_both_are_measured_on_every_photograph(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    for number in range(3):
        pixels = draw.integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3), torch.nn.ReLU())
    network = dnnvis.wrap(module, size=16)
    config = contrast.ContrastBenchConfig(tmp_path, ("1",), units=4, pairs=2, limit=2)
    lines: list[str] = []
    figures = contrast.measure(network, config, lines.append)
    assert figures["photographs"] == 2
    assert figures["backward_pictures"] + figures["pictures_of_silent_units"] == 2 * 2 * 3
    assert figures["gray_fraction"]["median"] <= 0.65
    assert {"asked", "median", "plain", "zero"} == set(figures["dark_fraction"])
    assert len(lines) == len(figures["rows"])


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no folder"):
        list(contrast.read_photographs(tmp_path / "nowhere"))
