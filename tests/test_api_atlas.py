"""The activation atlas as a script sees it: atlas, fit_atlas, open_atlas (API.md)."""

from pathlib import Path

import numpy as np
import pytest

import dnnvis
from dnnvis.core.errors import BadInput, UnknownUnit
from helpers.atlas_networks import LAYER, color_network, color_pictures, write_color_folder


def test_pictures_in_memory_make_an_atlas_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    images, labels = color_pictures(60)
    net = color_network()
    atlas = dnnvis.fit_atlas(net, images, LAYER, labels, layout="pca", grid=4, steps=4)
    assert isinstance(atlas, dnnvis.Atlas)
    count = len(atlas.cells)
    assert atlas.directions.shape == (count, 4)
    assert atlas.counts.shape == (count,)
    assert atlas.counts.min() >= 5
    np.testing.assert_allclose(np.linalg.norm(atlas.directions, axis=1), 1, rtol=1e-5)
    row, column = atlas.cells[-1].tolist()
    np.testing.assert_array_equal(atlas.picture(row, column), atlas.levels[0].pictures[-1])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadInput, match="no level of 9 x 9"):
        atlas.picture(0, 0, grid=9)
    empty = next(
        (r, c)
        for r in range(4)
        for c in range(4)
        if (r, c) not in set(map(tuple, atlas.cells.tolist()))
    )
    with pytest.raises(BadInput, match="too few activations lie there"):
        atlas.picture(*empty)
    assert atlas.class_column("blue") == atlas.class_column(1) == 1
    with pytest.raises(BadInput, match="knows no class 'green'; it has red, blue"):
        atlas.class_column("green")
    with pytest.raises(UnknownUnit):
        dnnvis.fit_atlas(net, images, "nowhere")


def test_a_data_set_makes_an_atlas_that_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "user"))
    data, net = write_color_folder(tmp_path / "pictures", 40), color_network()
    atlas = dnnvis.atlas(net, data, LAYER, layout="pca", grid=(2, 3), steps=4)
    assert [level.grid for level in atlas.levels] == [2, 3]
    again = dnnvis.open_atlas(net)
    np.testing.assert_array_equal(again.cells, atlas.cells)
    middle = np.array([[0.5, 0.5]])
    np.testing.assert_allclose(again.decode(middle), atlas.decode(middle), rtol=1e-5)


def test_a_part_of_an_atlas_is_drawn_between_its_cells() -> None:
    net = color_network()
    images, labels = color_pictures(40)
    atlas = dnnvis.fit_atlas(net, images, LAYER, labels, layout="pca", grid=4, steps=4)
    part = dnnvis.atlas_region(net, atlas, (0.2, 0.3, 0.1), 2, steps=2)
    assert part.pictures.shape[0] == len(part.cells) == len(part.counts) == 4
    assert part.done.all()
    with pytest.raises(dnnvis.Mismatch):
        dnnvis.atlas_region(dnnvis.open("net1-mnist"), atlas, (0, 0, 1))
