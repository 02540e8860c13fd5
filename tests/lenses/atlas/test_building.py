"""A whole atlas of two known clusters: separated, resumed, refused in sentences."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput, Cancelled, LensMissing
from dnnvis.introspect import projections
from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.introspect.atlas.cells import number_cells
from dnnvis.lenses.atlas.arrays import ImagesInMemory, build_from_arrays
from dnnvis.lenses.atlas.atlas_file import open_atlas
from dnnvis.lenses.atlas.building import (
    GROWTH_MESSAGE,
    HARVEST_MESSAGE,
    AtlasProgress,
    average_attribution,
    build_atlas,
    plan_atlas,
)
from dnnvis.lenses.atlas.harvest import atlas_record_type
from dnnvis.lenses.atlas.options import AtlasOptions, list_atlases, work_folder
from helpers.atlas_networks import (
    LAYER,
    color_network,
    color_pictures,
    short_map_fits,
    write_color_folder,
)

OPTIONS = AtlasOptions(
    LAYER, layout="pca", grids=(4,), per_picture=4, steps=12, batch=4, min_members=3
)


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))


def build(count: int = 40, **changes: object) -> Atlas:
    images, labels = color_pictures(count)
    return build_from_arrays(color_network(), replace(OPTIONS, **changes), images, labels)  # type: ignore[arg-type]


def test_cells_separate_two_clusters_and_speak_for_their_class() -> None:
    atlas = build()
    level = atlas.levels[0]
    numbers = number_cells(atlas.points, 4)
    purely = 0
    for cell, (row, column) in enumerate(level.cells.tolist()):
        inside = atlas.labels[numbers == row * 4 + column]
        assert len(inside) == level.counts[cell]
        assert len(set(inside.tolist())) == 1
        purely += 1
        assert level.attribution[cell].argmax() == inside[0]
        red, blue = level.pictures[cell][..., 0].mean(), level.pictures[cell][..., 2].mean()
        assert (red > blue) == (inside[0] == 0)
        for picture, y, x in level.examples[cell].tolist():
            assert picture < 0 or (atlas.labels[atlas.index == picture][0] == inside[0])
            assert picture < 0 or (1 <= y <= 10 and 1 <= x <= 10)
    assert purely >= 2
    assert (atlas.cells == level.cells).all()
    assert atlas.picture(*level.cells[0].tolist()).shape == (12, 12, 3)
    assert atlas.classes == ("red", "blue")


def test_the_map_layout_knows_the_activations_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with short_map_fits(monkeypatch):
        atlas = build(60, layout="map", grids=(2, 4), min_members=1)
    assert atlas.map is not None
    assert [level.grid for level in atlas.levels] == [2, 4]
    centers = atlas.level(4).centers
    expected = atlas.map.decode(atlas.scale.invert(centers))
    np.testing.assert_allclose(atlas.decode(centers), expected, rtol=1e-5)
    images, _ = color_pictures(3)
    vectors = atlas.map.harvest(images)  # of a frame: its longest inner vector
    values = color_network().record(images, [LAYER])[LAYER][:, 0, :, 1:-1, 1:-1].reshape(3, 4, -1)
    longest = np.linalg.norm(values, axis=1).argmax(1)
    np.testing.assert_allclose(vectors, values[np.arange(3), :, longest], rtol=1e-5)
    assert (atlas.map.index < 60).all()


def test_attribution_of_a_cell_is_its_members_mean() -> None:
    records = np.zeros(4, atlas_record_type(2, 2))
    records["classes"] = [[3, 7], [7, 9], [3, 9], [3, 7]]
    records["attribution"] = [[1, 2], [4, 8], [16, 32], [64, 128]]
    means = average_attribution(records, np.array([0, 0, -1, 1]), 2, np.array([3, 7, 9]))
    np.testing.assert_allclose(means, [[0.5, 3, 4], [64, 128, 0]])


def test_a_stopped_atlas_goes_on_where_it_was_and_gives_the_same(tmp_path: Path) -> None:
    data, net = write_color_folder(tmp_path / "pictures", 40), color_network()
    options = replace(OPTIONS, data=str(data))
    whole = build_atlas(net, options, output=tmp_path / "whole.atlas.safetensors")
    assert whole is not None
    for message in (HARVEST_MESSAGE, GROWTH_MESSAGE):
        stop, seen = threading.Event(), []

        def report(
            progress: AtlasProgress,
            message: str = message,
            stop: threading.Event = stop,
            seen: list[str] = seen,
        ) -> None:
            seen.append(progress.message)
            if progress.message == message:
                stop.set()

        other = replace(options, again=message == HARVEST_MESSAGE)
        with pytest.raises(Cancelled):
            build_atlas(net, other, report=report, stop=stop)
        assert seen[-1] == message
    messages = []
    resumed = build_atlas(net, options, report=lambda progress: messages.append(progress.message))
    assert resumed is not None
    assert HARVEST_MESSAGE not in messages  # all vectors were there
    for name in ("cells", "counts", "vectors", "directions", "pictures", "nearest"):
        expected = getattr(whole.levels[0], name)
        np.testing.assert_array_equal(getattr(resumed.levels[0], name), expected)
    (path,) = list_atlases(net.fingerprint)
    assert open_atlas(net).figures == resumed.figures
    before = path.stat().st_mtime_ns
    again = build_atlas(net, options, report=lambda progress: pytest.fail("nothing is to do"))
    assert again is not None
    assert path.stat().st_mtime_ns == before
    plan = plan_atlas(net, options, _folder(data))
    folder = work_folder(net.fingerprint, plan.harvest_key)
    assert [file.name for file in folder.iterdir()] == ["harvest.rec", "lock"] or sorted(
        file.name for file in folder.iterdir()
    ) == ["harvest.rec", "lock"]


def _folder(path: Path):  # type: ignore[no-untyped-def]
    from dnnvis.sources.datasets import open_data

    return open_data(path)


def test_a_layer_without_positions_gives_each_pictures_vector_and_says_so() -> None:
    images, labels = color_pictures(60)
    net = color_network()
    atlas = build_from_arrays(net, replace(OPTIONS, layer="3"), images, labels)
    assert len(atlas.points) == 60
    assert any("no positions to choose from" in note for note in atlas.notes)
    expected = net.record(images, ["3"])["3"].reshape(60, 4).mean(0)
    np.testing.assert_allclose(atlas.whitening.mean, expected, rtol=1e-4)


def test_unreadable_pictures_are_left_out_and_named(tmp_path: Path) -> None:
    data = write_color_folder(tmp_path / "pictures", 40)
    (data / "red" / "000.png").write_bytes(b"no picture")
    atlas = build_atlas(color_network(), replace(OPTIONS, data=str(data)))
    assert atlas is not None
    assert len(atlas.points) == 39 * 4
    assert any("1 picture could not be read" in note for note in atlas.notes)


def test_what_makes_no_atlas_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="too few for 400 cells"):
        build(40, grids=(20,))
    with pytest.raises(BadInput, match="too few for an atlas"):
        build(4, grids=(2,))
    with pytest.raises(BadInput, match="no class 'green'"):
        build(classes=("green",))
    with pytest.raises(BadInput, match="No cell holds 999"):
        build(min_members=999)
    with pytest.raises(BadInput, match="A layout is"):
        build(layout="tsne")
    with pytest.raises(BadInput, match="A grid has"):
        build(grids=(0,))
    monkeypatch.setattr(projections, "is_umap_installed", lambda: False)
    with pytest.raises(LensMissing, match="umap-learn"):
        build(layout="umap")
    images, _ = color_pictures(40)
    with pytest.raises(BadInput, match="Labels are class indices"):
        build_from_arrays(color_network(), OPTIONS, images, [5] * 40)
    with pytest.raises(BadInput, match="not uint8"):
        ImagesInMemory(images.astype(float), [""] * 40).read(0)


def test_a_layer_that_is_all_zero_has_no_atlas() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    nn.init.zeros_(module[0].weight)
    nn.init.constant_(module[0].bias, -1.0)
    net = dnnvis.wrap(module, size=12)
    with pytest.raises(BadInput, match="vector is zero"):
        build_from_arrays(net, OPTIONS, color_pictures(40)[0])
