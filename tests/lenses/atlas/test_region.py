"""A part of an atlas, decoded: which places, what is said of them, and their pictures."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.core.atlas_view import AtlasRegion
from dnnvis.core.errors import BadInput
from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.lenses.atlas.building import build_atlas
from dnnvis.lenses.atlas.options import AtlasOptions
from dnnvis.lenses.atlas.region import grow_region, plan_region
from dnnvis.lenses.look import looks
from dnnvis.network.network import Network
from helpers.atlas_networks import LAYER, color_network, write_color_folder


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "user"))
    return color_network()


@pytest.fixture
def atlas(net: Network, tmp_path: Path) -> Atlas:
    data = write_color_folder(tmp_path / "pictures", 40)
    options = AtlasOptions(
        LAYER, str(data), "pca", (4,), per_picture=4, steps=4, batch=8, min_members=3
    )
    built = build_atlas(net, options)
    assert built is not None
    return built


def test_places_count_what_lies_in_them(atlas: Atlas) -> None:
    region, grid = (0.25, 0.5, 0.5), 3
    plan = plan_region(atlas, region, grid)
    assert plan.cells.tolist() == [[row, column] for row in range(grid) for column in range(grid)]
    x, down = atlas.points[:, 0], 1 - atlas.points[:, 1]
    for (row, column), count in zip(plan.cells.tolist(), plan.counts.tolist(), strict=True):
        left, top = 0.25 + column / 6, 0.5 + row / 6
        inside = (x >= left) & (x < left + 1 / 6) & (down > top) & (down <= top + 1 / 6)
        assert count == inside.sum()
    whole = plan_region(atlas, (0, 0, 1), 4)
    assert whole.counts.sum() == np.isfinite(atlas.points).all(1).sum()


def test_each_place_is_its_centers_whitened_direction(atlas: Atlas) -> None:
    plan = plan_region(atlas, (0.1, 0.2, 0.4), 2)
    centers = [[0.2, 0.7], [0.4, 0.7], [0.2, 0.5], [0.4, 0.5]]  # y upwards
    vectors = atlas.decode(np.array(centers)).astype(np.float64)
    centered = vectors - atlas.whitening.mean
    covariance = np.asarray(atlas.whitening.covariance, np.float64)
    white = np.linalg.solve(covariance, centered.T).T
    expected = white / np.linalg.norm(white, axis=1, keepdims=True)
    np.testing.assert_allclose(plan.directions, expected, atol=1e-4)


@pytest.mark.parametrize(
    "region", [(0.8, 0, 0.4), (-0.1, 0, 0.5), (0, 0, 0), (float("nan"), 0, 0.5), (0, 0, 2)]
)
def test_what_lies_outside_is_refused(atlas: Atlas, region: tuple[float, float, float]) -> None:
    with pytest.raises(BadInput, match="within the unit square"):
        plan_region(atlas, region, 4)
    with pytest.raises(BadInput, match="1 to 20 places"):
        plan_region(atlas, (0, 0, 1), 21)


def test_pictures_grow_from_the_middle_on(net: Network, atlas: Atlas) -> None:
    plan = plan_region(atlas, (0, 0, 1), 4)
    results = [r for r in grow_region(net, atlas, plan, steps=2) if r is not None]
    assert [int(result.done.sum()) for result in results] == [4, 8, 12, 16]
    first = results[0]
    assert {tuple(cell) for cell in first.cells[first.done].tolist()} == {
        (row, column) for row in (1, 2) for column in (1, 2)
    }
    assert (first.pictures[~first.done] == 128).all()
    last = results[-1]
    assert last.pictures.std(axis=(1, 2, 3)).min() > 0


def test_the_lens_says_where_it_comes_from_and_what_is_missing(net: Network, atlas: Atlas) -> None:
    settings: dict[str, Any] = {"version": 1, "x": 0.25, "y": 0.25, "side": 0.5, "grid": 2}
    result = list(looks(net, "atlas_region", "output[0]", **settings))[-1]
    assert isinstance(result, AtlasRegion)
    assert result.region == (0.25, 0.25, 0.5)
    assert result.pictures.shape[0] == 4
    assert result.pictures.shape[3] == 3
    assert result.done.all()
    refused = list(looks(net, "atlas_region", "output[0]", **{**settings, "x": 0.9}))[-1]
    assert isinstance(refused, AtlasRegion)
    assert "within the unit square" in refused.message
