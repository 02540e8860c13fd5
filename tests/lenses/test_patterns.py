"""The lens ``patterns``: thumbnails of what was kept."""

from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.lens_results import Patterns
from dnnvis.lenses import patterns
from dnnvis.lenses.look import look, looks
from dnnvis.lenses.patterns import make_thumbnail, to_rgb
from dnnvis.library.store.library import open_library
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.scan_networks import SIDE, Small


@pytest.fixture
def net() -> Network:
    return wrap(Small(), size=SIDE)


def keep(net: Network, place: Path, unit: str, shade: float) -> None:
    with open_library(net, place) as library:
        library.save_picture(unit, np.full((SIDE, SIDE, 3), shade, np.float32), {"preset": "live"})


def of(net: Network, place: Path, **params: object) -> Patterns:
    found = look(net, "patterns", "relu[0]", library=str(place), **params)
    assert isinstance(found, Patterns)
    return found


def test_each_unit_shows_the_picture_kept_last(net: Network, tmp_path: Path) -> None:
    place = tmp_path / "kept.sqlite"
    for unit, shade in (("relu[1]", 0.2), ("relu[4]", 1.0), ("relu[1]", 0.6), ("head[2]", 0.4)):
        keep(net, place, unit, shade)
    found = of(net, place, side=16)
    assert {channel: int(one[8, 8, 0]) for channel, one in found.thumbs.items()} == {1: 153, 4: 255}
    assert all(one.shape == (16, 16, 3) for one in found.thumbs.values())
    assert found.message == "2 of 6 units of relu have a kept picture."
    assert found.layer == "relu"
    assert found.network == net.name


def test_of_a_place_or_a_sum_no_tile_is_made(net: Network, tmp_path: Path) -> None:
    place = tmp_path / "kept.sqlite"
    for goal in ("relu[1]@2,3", "relu[1] + relu[2]", "relu", "-relu[3]"):
        keep(net, place, goal, 0.5)
    assert not of(net, place).thumbs


def test_nothing_kept_is_said_with_what_would_fill_it(net: Network, tmp_path: Path) -> None:
    fresh = wrap(Small(), size=SIDE + 3)
    assert "press Keep in the synthesis panel" in look(fresh, "patterns", "relu[0]").message
    with open_library(net, tmp_path / "empty.sqlite"):
        pass
    assert "dnnvis render" in of(net, tmp_path / "empty.sqlite").message


def test_a_layer_with_all_pictures_says_nothing(net: Network, tmp_path: Path) -> None:
    place = tmp_path / "kept.sqlite"
    for k in range(6):
        keep(net, place, f"relu[{k}]", k / 6)
    assert of(net, place).message == ""


def test_slow_libraries_are_shown_as_they_are_read(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "kept.sqlite"
    for k in range(3):
        keep(net, place, f"relu[{k}]", 0.5)
    monkeypatch.setattr(patterns, "PARTIAL_RESULT_SECONDS", -1.0)
    steps = list(looks(net, "patterns", "relu[0]", library=str(place)))
    assert [len(step.thumbs) for step in steps] == [1, 2, 3, 3]


def test_a_thumbnail_keeps_proportions_and_means() -> None:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (40, 80, 3), dtype=np.uint8)
    small = make_thumbnail(pixels, 20)
    assert small.shape == (20, 20, 3)
    assert (small[:5] == 128).all()
    assert (small[15:] == 128).all()
    blocks = pixels.reshape(10, 4, 20, 4, 3).mean((1, 3))
    assert np.abs(small[5:15] - blocks).max() <= 1


def test_a_small_picture_is_enlarged_in_squares() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    assert (make_thumbnail(pixels, 16) == np.kron(pixels, np.ones((4, 4, 1), np.uint8))).all()


@pytest.mark.parametrize(("channels", "shown"), [(1, (0, 0, 0)), (2, (0, 1, None)), (5, (0, 1, 2))])
def test_other_channels_than_three_have_colours(channels: int, shown: tuple[int | None]) -> None:
    pixels = np.random.default_rng(2).integers(1, 256, (3, 3, channels), dtype=np.uint8)
    made = to_rgb(pixels)
    assert made.shape == (3, 3, 3)
    for place, channel in enumerate(shown):
        assert (made[:, :, place] == (0 if channel is None else pixels[:, :, channel])).all()
