"""``dnnvis weights``: what stands out in a layer, and the circuit of a unit."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnnvis.lenses.recipe_files import read_recipe
from helpers.circuit_networks import write_planted
from helpers.command_line import Say, make_picture


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    return f"{write_planted(tmp_path)}:planted", "--trust-code", "--size", "12", "--threads", "1"


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_a_layer_is_summed_up_in_words_numbers_and_files(
    dnnvis: Say, words: tuple[str, ...], tmp_path: Path
) -> None:
    told = dnnvis("weights", *words, "relu_b")
    assert told.status == 0
    assert "relu_b (of b, before it): weight, 5 units of 6 inputs, kernels of 3 x 3" in told.out
    assert "duplicates (cosine 0.999 or more): none" in told.out
    record = json.loads(dnnvis("weights", *words, "d", "--json").out)
    assert (record["shape"], record["weights"]) == ([4, 8], 32)
    array, table = tmp_path / "w.npy", tmp_path / "w.csv"
    assert dnnvis("weights", *words, "d", "-o", str(array)).status == 0
    values = np.load(array)
    assert values.shape == (4, 8, 1, 1)
    np.testing.assert_allclose(record["norms"], np.linalg.norm(values.reshape(4, 8), axis=1))
    assert dnnvis("weights", *words, "d", "-o", str(table)).status == 0
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_allclose([float(row["norm"]) for row in rows], record["norms"], rtol=1e-6)


def test_kernels_and_matrices_are_drawn(
    dnnvis: Say, words: tuple[str, ...], tmp_path: Path
) -> None:
    sizes = {}
    for name, layer, options in (
        ("kernels", "a", ()),
        ("matrix", "a", ("--draw", "matrix")),
        ("other", "d", ("--sorted",)),
    ):
        file = tmp_path / f"{name}.png"
        assert dnnvis("weights", *words, layer, *options, "-o", str(file)).status == 0
        sizes[name] = size_of(file)
    assert sizes["matrix"] == (3 * 28, 6 * 28)
    assert sizes["other"] == (8 * 28, 4 * 28)
    assert sizes["kernels"] not in (sizes["matrix"], sizes["other"])
    assert read_recipe(tmp_path / "other.png")["is_sorted"] is True


def test_a_units_circuit_is_listed_and_drawn(
    dnnvis: Say, words: tuple[str, ...], tmp_path: Path
) -> None:
    picture = str(make_picture(tmp_path / "one.png", 3))
    unit = ("weights", *words, "relu_d", "--unit", "0")
    record = json.loads(dnnvis(*unit, "--image", picture, "-k", "3", "--json").out)
    assert record["feeders"][0]["unit"] == "relu_c[5]"
    assert record["feeder_count"] == 8
    assert record["total"] + record["bias"] == pytest.approx(record["computed"], abs=1e-4)
    by_weight = dnnvis(*unit, "-k", "3")
    assert by_weight.out.index("relu_c[5]") < by_weight.out.index("relu_c[2]")
    assert "No layer with weights takes what relu_d returns." in by_weight.out
    drawn, table = tmp_path / "circuit.png", tmp_path / "feeds.csv"
    assert dnnvis(*unit, "--depth", "3", "-k", "2", "-o", str(drawn)).status == 0
    one = tmp_path / "one_step.png"
    assert dnnvis(*unit, "-k", "2", "-o", str(one)).status == 0
    assert size_of(drawn)[0] > 1.7 * size_of(one)[0]
    assert dnnvis(*unit, "-o", str(table)).status == 0
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["unit"] for row in rows[:3]] == ["relu_c[5]", "relu_c[2]", "relu_c[7]"]
    far = dnnvis(*unit, "--to", "relu_b", "--linear")
    assert "as if they were the identity" in far.out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("d", "--by", "size"), "--by is auto, frame or weight"),
        (("d", "--draw", "pie"), "--draw is auto, kernels or matrix"),
        (("d", "-o", "out.gif"), "OUT.png, OUT.npy or OUT.csv"),
        (("d", "--unit", "two"), "--unit is a unit's number"),
        (("d", "--unit", "77"), "channels 0 to 3"),
        (("d", "--unit", "0", "-k", "0"), "k is the number of units"),
        (("d", "--unit", "0", "--by", "frame"), "needs a picture"),
        (("d", "--unit", "0", "--depth", "9", "-o", "out.png"), "1 to 6 layers back"),
        (("nothing",), "has no layer 'nothing'"),
        (("d", "--draw", "kernels", "-o", "out.png"), ""),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    dnnvis: Say,
    words: tuple[str, ...],
    options: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    told = dnnvis("weights", *words, *options)
    assert told.status == (2 if sentence else 0)
    assert sentence in told.err
    assert "Traceback" not in told.err
