"""The window's lenses: the atlas, where a frame lies on it, what a cell saw."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnnvis
from dnnvis.core.atlas_view import AtlasCellExamples, AtlasPoint, AtlasView
from dnnvis.introspect.atlas.cells import number_cells
from dnnvis.lenses.atlas.building import build_atlas
from dnnvis.lenses.atlas.options import AtlasOptions
from dnnvis.lenses.catalog import LENSES
from dnnvis.lenses.look import looks
from dnnvis.network.network import Network
from helpers.atlas_networks import LAYER, color_network, color_pictures, write_color_folder


def see(net: Network, lens: str, image: Any = None, **params: Any) -> Any:
    return list(looks(net, lens, "output[0]", image=image, **params))[-1]


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "user"))
    return color_network()


def build(net: Network, tmp_path: Path, grids: tuple[int, ...] = (4,)) -> Any:
    data = write_color_folder(tmp_path / "pictures", 40)
    options = AtlasOptions(
        LAYER, str(data), "pca", grids, per_picture=4, steps=4, batch=8, min_members=3
    )
    return build_atlas(net, options)


def test_without_an_atlas_each_says_how_to_make_one(net: Network) -> None:
    image = color_pictures(1)[0][0]
    for lens in ("atlas", "atlas_point", "atlas_cell"):
        result = see(net, lens, image)
        assert "make one with `dnnvis atlas`" in result.message


def test_the_whole_atlas_is_there_once_it_is_asked_for_again(net: Network, tmp_path: Path) -> None:
    assert not see(net, "atlas").levels
    atlas = build(net, tmp_path, (2, 4))
    assert not see(net, "atlas").levels  # the same version
    view = see(net, "atlas", version=1)
    assert isinstance(view, AtlasView)
    assert (view.layer, view.layout, view.classes) == (LAYER, "pca", ("red", "blue"))
    for level, other in zip(view.levels, atlas.levels, strict=True):
        np.testing.assert_array_equal(level.pictures, other.pictures)
        np.testing.assert_array_equal(level.attribution, other.attribution)


def test_a_frame_lies_among_activations_of_its_color(net: Network, tmp_path: Path) -> None:
    atlas = build(net, tmp_path)
    images, labels = color_pictures(6, seed=7)
    for image, label in zip(images, labels, strict=True):
        point = see(net, "atlas_point", image, version=1)
        assert isinstance(point, AtlasPoint)
        assert point.points.shape == (1, 2)
        nearest = np.linalg.norm(atlas.points - point.points, axis=1).argmin()
        assert atlas.labels[nearest] == label


def test_a_cell_shows_what_was_seen_there(net: Network, tmp_path: Path) -> None:
    atlas = build(net, tmp_path)
    row, column = atlas.cells[0].tolist()
    result = see(net, "atlas_cell", version=1, grid=4, row=row, column=column, side=24)
    assert isinstance(result, AtlasCellExamples)
    assert result.cell == (4, row, column)
    assert result.thumbs.shape == (len(result.index), 24, 24, 3)
    inside = atlas.index[number_cells(atlas.points, 4) == row * 4 + column]
    assert set(result.index.tolist()) <= set(inside.tolist())
    empty = see(net, "atlas_cell", version=1, grid=9, row=0, column=0)
    assert "no level of 9 x 9" in empty.message
    assert not len(empty.thumbs)


def test_they_are_lenses_like_the_others() -> None:
    assert {"atlas", "atlas_point", "atlas_cell"} <= set(LENSES)
    assert LENSES["atlas"].layers_in(dnnvis.open("net1-mnist")) == ()
