"""Dissections in the library."""

from dataclasses import replace

import numpy as np

from dnnvis.core.probing.dissection import DissectedLayer
from dnnvis.library.store.dissections import list_dissections, read_dissection, save_dissection
from dnnvis.library.store.library import Library


def some(layer: str = "conv1", source: str = "made", value: float = 0.2) -> DissectedLayer:
    scores = np.array([[value, 0.1], [np.nan, np.nan]], np.float32)
    numbers = np.array([1.5, np.nan], np.float32)
    return DissectedLayer(
        "small",
        layer,
        source,
        ("red", "dots"),
        "iou",
        scores,
        numbers,
        numbers,
        50,
        14,
        notes=("n",),
    )


def test_what_is_kept_comes_back(library: Library) -> None:
    assert list_dissections(library) == {}
    assert read_dissection(library, "conv1", "made", "r", control=False) is None
    save_dissection(library, some(), "r")
    found = read_dissection(library, "conv1", "made", "r", control=False)
    assert found is not None
    for name in ("scores", "thresholds", "active"):
        np.testing.assert_array_equal(getattr(found, name), getattr(some(), name))
    for name in ("layer", "source", "concepts", "measure", "pictures", "points", "notes"):
        assert getattr(found, name) == getattr(some(), name)
    assert found.network == "small"
    assert found.created
    assert read_dissection(library, "conv1", "made", "other", control=False) is None
    assert read_dissection(library, "conv1", "made", "r", control=True) is None


def test_the_last_of_each_layer_is_listed_whatever_its_concepts(library: Library) -> None:
    save_dissection(library, some(value=0.2), "r")
    save_dissection(library, some("conv2"), "r")
    save_dissection(library, some(source="folder", value=0.3), "s")
    save_dissection(library, replace(some(value=0.01), control=True), "c")
    listed = list_dissections(library)
    assert sorted(listed) == ["conv1", "conv2"]
    assert listed["conv1"].source == "folder"
    assert list_dissections(library, control=True)["conv1"].scores[0, 0] < 0.02
    save_dissection(library, some(value=0.4), "t")
    assert list_dissections(library)["conv1"].scores[0, 0] > 0.39
    assert len(library.rows("SELECT layer FROM dissections")) == 4


def test_damaged_rows_are_left_out(library: Library) -> None:
    save_dissection(library, some(), "r")
    for column, value in (
        ("about", "{"),
        ("about", '{"concepts": ["a"], "measure": "iou", "pictures": 1, "points": 1, "notes": []}'),
        ("about", '{"concepts": ["a", "b"], "measure": "x"}'),
        ("scores", b"no arrays"),
    ):
        save_dissection(library, some(), "r")
        library.run(f"UPDATE dissections SET {column} = ?", value)
        assert list_dissections(library) == {}
