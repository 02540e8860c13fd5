"""An atlas's file: there and back, and files that are none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.lenses.atlas.arrays import build_from_arrays
from dnnvis.lenses.atlas.atlas_file import (
    ATLAS_ARRAYS,
    LEVEL_ARRAYS,
    map_file_of,
    open_atlas,
    read_atlas,
    write_atlas,
)
from dnnvis.lenses.atlas.options import AtlasOptions
from helpers.atlas_networks import LAYER, color_network, color_pictures, short_map_fits


def build(layout: str, monkeypatch: pytest.MonkeyPatch) -> Atlas:
    images, labels = color_pictures(60)
    options = AtlasOptions(
        LAYER,
        layout=layout,
        grids=(2, 3),
        per_picture=4,
        steps=2,
        batch=8,
        min_members=1,  # type: ignore[arg-type]
    )
    with short_map_fits(monkeypatch):
        return build_from_arrays(color_network(), options, images, labels)


@pytest.mark.parametrize("layout", ["pca", "map"])
def test_all_of_it_is_there_again(
    layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    atlas, path = build(layout, monkeypatch), tmp_path / "a.atlas.safetensors"
    write_atlas(atlas, path)
    again = open_atlas(color_network(), path)
    for name in ATLAS_ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(atlas, name))
    for level, other in zip(atlas.levels, again.levels, strict=True):
        for name in (*LEVEL_ARRAYS, "pictures"):  # small pictures are stored without loss
            np.testing.assert_array_equal(getattr(other, name), getattr(level, name))
    assert (again.classes, again.notes, again.recipe["layer"]) == (
        atlas.classes,
        atlas.notes,
        LAYER,
    )
    square = np.array([[0.2, 0.4]])
    np.testing.assert_allclose(again.decode(square), atlas.decode(square), rtol=1e-5)
    assert map_file_of(path).is_file() == (layout == "map")


def test_large_pictures_are_kept_as_webp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    atlas, path = build("pca", monkeypatch), tmp_path / "a.atlas.safetensors"
    large = np.kron(atlas.levels[0].pictures, np.ones((1, 8, 8, 1), np.uint8))
    write_atlas(replace(atlas, levels=(replace(atlas.levels[0], pictures=large),)), path)
    pictures = read_atlas(path).levels[0].pictures
    assert pictures.shape == large.shape
    assert np.abs(pictures.astype(int) - large).mean() < 12
    assert path.stat().st_size < large.nbytes


def test_files_that_are_no_atlas_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    net, path = color_network(), tmp_path / "a.atlas.safetensors"
    with pytest.raises(BadInput, match="no atlas of"):
        open_atlas(net)
    with pytest.raises(BadInput, match="There is no atlas"):
        open_atlas(net, path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(BadInput, match="holds no atlas"):
        read_atlas(path)
    atlas = build("pca", monkeypatch)
    write_atlas(atlas, path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInput, match="damaged or none"):
        read_atlas(path)
    level = atlas.levels[0]
    write_atlas(replace(atlas, levels=(replace(level, counts=level.counts[:-1]),)), path)
    with pytest.raises(BadInput, match="damaged or none"):
        read_atlas(path)
    write_atlas(replace(atlas, fingerprint="another"), path)
    with pytest.raises(Mismatch, match="another checkpoint"):
        open_atlas(net, path)
