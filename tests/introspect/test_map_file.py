"""A map in a file: what is written is read, and what is no map is refused."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from dnnvis.core.errors import BadInput
from dnnvis.introspect import mlp
from dnnvis.introspect.fit import FitConfig, fit
from dnnvis.introspect.map import LearningRecord, Map
from dnnvis.introspect.map_file import FORMAT_VERSION, HEADER_KEY, read_map, write_map
from helpers.synthetic_maps import job, records

Array = NDArray[Any]


@pytest.fixture(scope="module")
def made() -> Iterator[Map]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlp, "HIDDEN", (16, 16, 16))
        some = records(120)
        some["h"][3, 0, 7] = np.nan
        found = fit(job(some, config=FitConfig(vae_steps=60, error_steps=40)))
    dice = np.random.default_rng(0)
    record = LearningRecord(
        dice.normal(size=(3, 5, 2)).astype(np.float32),
        np.array([0, 40_000, 80_000]),
        np.array([0, 1, 2, -1, 4]),
        np.array([5, 9, 70_000, 3, 1]),
    )
    return replace(found, record=record)


@pytest.fixture
def place(made: Map, tmp_path: Path) -> Path:
    write_map(made, tmp_path / "m.map.safetensors")
    return tmp_path / "m.map.safetensors"


def same(a: Any, b: Any) -> None:
    """Every field, arrays with their types."""
    for item in fields(a):
        one, other = getattr(a, item.name), getattr(b, item.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype, item.name
            assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f"), item.name
        elif isinstance(one, dict) and any(isinstance(v, np.ndarray) for v in one.values()):
            assert one.keys() == other.keys()
            assert all(np.array_equal(one[k], other[k], equal_nan=True) for k in one)
        elif item.name in ("basis", "examples", "record") and one is not None:
            same(one, other)
        elif item.name in ("encoder", "decoder", "estimators"):
            pass  # see below: by what they compute
        else:
            assert one == other, item.name


def test_a_map_comes_back_whole(made: Map, place: Path) -> None:
    found = read_map(place)
    same(made, found)
    h = records(120)["h"][:, 0]
    assert np.array_equal(found.encode(h), made.encode(h))
    assert np.array_equal(found.decode(made.z), made.decode(made.z))
    for kind in ("2d", "rich"):
        assert np.array_equal(found.error(h, kind), made.error(h, kind))
    assert found.columns == made.columns
    assert found.network is None
    with pytest.raises(BadInput, match=r"without its network: use open_map\(net\)"):
        found.harvest(np.zeros((1, 8, 8, 1), np.uint8))


def test_great_numbers_keep_their_place(made: Map, tmp_path: Path) -> None:
    index = made.index + 3_000_000_000
    labels = made.labels + 100_000
    examples = replace(made.examples, index=index, labels=labels)
    write_map(replace(made, examples=examples), tmp_path / "a")
    found = read_map(tmp_path / "a")
    assert np.array_equal(found.index, index)
    assert np.array_equal(found.labels, labels)


def test_a_map_without_classes_and_estimators_comes_back(tmp_path: Path) -> None:
    some = records(60)
    some["label"], some["log_e"] = -1, np.nan
    made = fit(job(some, classes=(), config=FitConfig(vae_steps=10, error_steps=10)))
    write_map(made, tmp_path / "deep" / "a")
    found = read_map(tmp_path / "deep" / "a")
    same(made, found)
    assert found.estimators == {}


def test_the_one_before_is_kept(made: Map, place: Path) -> None:
    before = place.read_bytes()
    write_map(replace(made, notes=("newer",)), place)
    assert place.with_name(f"{place.name}.previous").read_bytes() == before
    assert read_map(place).notes == ("newer",)
    assert sorted(path.name for path in place.parent.iterdir()) == [
        place.name,
        f"{place.name}.previous",
    ]


def test_what_cannot_be_written_leaves_what_was_there(made: Map, place: Path) -> None:
    before = place.read_bytes()
    place.with_name(f"{place.name}.new").mkdir()  # in the way
    with pytest.raises(BadInput, match="cannot be written"):
        write_map(made, place)
    assert place.read_bytes() == before


def rewritten(place: Path, about: dict[str, Any] | None = None, drop: str = "", **put: Any) -> None:
    with safe_open(place, "numpy") as file:
        said = json.loads(file.metadata()[HEADER_KEY])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    arrays = {k: v for k, v in (arrays | put).items() if k != drop}
    save_file(arrays, place, {HEADER_KEY: json.dumps(said | (about or {}))})


def test_another_version_is_refused_in_words(place: Path) -> None:
    rewritten(place, {"version": FORMAT_VERSION + 1})
    with pytest.raises(
        BadInput, match=rf"is a map of version {FORMAT_VERSION + 1}; this dnnvis reads"
    ):
        read_map(place)


@pytest.mark.parametrize("harm", ["garbage", "empty", "cut", "weights", "folder", "gone"])
def test_what_is_no_map_is_refused_in_words(place: Path, harm: str) -> None:
    if harm == "garbage":
        place.write_bytes(b"\x10\0\0\0\0\0\0\0 no header at all")
    elif harm == "empty":
        place.write_bytes(b"")
    elif harm == "cut":
        place.write_bytes(place.read_bytes()[:-100])
    elif harm == "weights":
        save_file({"fc.weight": np.zeros((2, 2), np.float32)}, place)
    else:
        place.unlink()
        if harm == "folder":
            place.mkdir()
    with pytest.raises(BadInput, match="holds no activation map that can be read"):
        read_map(place)


@pytest.mark.parametrize(
    ("about", "drop", "put"),
    [
        ({"columns": {"parts": []}}, "", {}),
        ({"columns": None}, "", {}),
        ({"extent": 4}, "", {}),
        ({}, "basis/axes", {}),
        ({}, "encoder/7", {}),
        ({}, "error_field", {}),
        ({}, "", {"examples/z": np.zeros((7, 2), np.float32)}),
        ({}, "", {"examples/z": np.zeros((120, 3), np.float32)}),
        ({}, "", {"examples/expected/2d": np.zeros(4, np.float32)}),
        ({}, "", {"encoder/0": np.zeros((16, 29), np.float32)}),
        ({}, "", {"class_h": np.zeros((5, 3), np.float32)}),
        ({"classes": ["a", "b"]}, "", {}),
        ({}, "", {"examples/z": np.full((120, 2), np.nan, np.float32)}),
        ({"extent": [0, 1]}, "", {}),
        ({"extent": ["a"] * 4}, "", {}),
        ({"unit": "many"}, "", {}),
        ({"unit": 10**400}, "", {}),
    ],
)
def test_a_map_whose_parts_do_not_belong_together_is_refused(
    place: Path, about: dict[str, Any], drop: str, put: dict[str, Array]
) -> None:
    rewritten(place, about, drop, **put)
    with pytest.raises(BadInput, match="holds no activation map that can be read"):
        read_map(place)
