"""``dnnvis compare``, as it is called."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from dnnvis.cli.analysis.compare import DataPictures
from dnnvis.cli.scan import parse_layer_names
from dnnvis.sources.datasets import open_data
from helpers.command_line import Say, make_picture

FACTORY = """
import torch
from torch import nn

def small(seed=0, classes=4):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(24, classes)
    )

def other():
    return small(1)

def wider():
    return small(1, 7)
"""
KEYS = ["a", "b", "pictures", "layers_a", "layers_b", "cka", "chance", "units", "threshold"]
KEYS += ["disagree", "notes"]
UNIT_KEYS = ["layer", "partner", "pairs", "chance", "without_a", "without_b"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nets.py").write_text(FACTORY)
    (tmp_path / "pictures").mkdir()
    for k in range(9):
        make_picture(tmp_path / "pictures" / f"{k}.png", k)
    return tmp_path


def arguments(folder: Path, a: str, b: str, *more: str) -> list[str]:
    nets = [f"{folder}/nets.py:{name}" if name.isalpha() else name for name in (a, b)]
    size = ("--size", "12", "--size-b", "12") if a.isalpha() else ()
    data = ("--data", str(folder / "pictures"))
    return ["compare", *nets, *data, "--trust-code", *size, *more]


def read(said: Any) -> dict[str, Any]:
    assert said.status == 0, said.err
    (line,) = said.out.splitlines()
    return dict(json.loads(line))


def test_the_keys_of_the_line_and_what_is_in_it(folder: Path, dnnvis: Say) -> None:
    record = read(dnnvis(*arguments(folder, "small", "other", "--json", "--threshold", "0.8")))
    assert list(record) == KEYS
    assert list(record["units"][0]) == UNIT_KEYS
    assert record["layers_a"] == record["layers_b"] == ["1", "output"]
    assert record["pictures"] == 9
    units = record["units"][0]
    weak = [i for i, _, value in units["pairs"] if value < 0.8]
    assert units["without_a"] == weak
    assert len(units["pairs"]) == 6
    assert any("Not both networks name their classes" in note for note in record["notes"])
    for row in record["disagree"]:
        assert list(row) == ["picture", "number", "label", "a", "b"]
        assert row["a"] != row["b"]


def test_the_same_network_agrees_with_itself_in_all(folder: Path, dnnvis: Say) -> None:
    said = dnnvis(*arguments(folder, "small", "small"))
    assert said.status == 0
    assert "are the same network" in said.out
    assert "They disagree on 0 of 9 pictures." in said.out
    assert "A 0 of 6; B 0 of 6" in said.out


def test_an_edit_of_b_is_seen(folder: Path, dnnvis: Say) -> None:
    words = ("--json", "--edit-b", "1[2] = 0", "--layers", "1")
    record = read(dnnvis(*arguments(folder, "small", "small", *words)))
    (units,) = record["units"]
    assert (units["without_a"], units["without_b"]) == ([2], [2])


def test_other_classes_are_said_in_a_sentence(folder: Path, dnnvis: Say) -> None:
    said = dnnvis(*arguments(folder, "small", "wider"))
    assert said.status == 0
    assert "has 4 classes and" in said.out
    assert "They disagree" not in said.out


def test_two_moments_of_a_training(folder: Path, dnnvis: Say) -> None:
    record = read(dnnvis(*arguments(folder, "life-3", "life-3@500", "--json", "--limit", "6")))
    assert (record["a"], record["b"]) == ("life-3", "life-3 at step 500")
    assert record["layers_a"] == record["layers_b"]
    said = dnnvis(*arguments(folder, "life-3", "life-3@501"))
    assert said.status == 2
    assert "the nearest of its 41 saved steps is @500" in said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("small", "nothing"), "nothing"),
        (("small", "other", "--layers", "conv9"), "Neither of"),
        (("net1-mnist", "net1-mnist@5"), "no saved moments"),
        (("small", "other", "--limit", "3"), "at least 4 pictures"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    folder: Path, dnnvis: Say, words: tuple[str, ...], sentence: str
) -> None:
    said = dnnvis(*arguments(folder, *words))
    assert said.status == 2
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


def test_weights_of_b_come_from_a_file(folder: Path, dnnvis: Say) -> None:
    torch.manual_seed(1)
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.Tanh(), nn.Identity(), nn.Identity())
    module.append(nn.Linear(24, 4))
    save_file(module.state_dict(), folder / "b.safetensors")
    words = ("--json", "--checkpoint-b", str(folder / "b.safetensors"))
    record = read(dnnvis(*arguments(folder, "small", "small", *words)))
    reference = read(dnnvis(*arguments(folder, "small", "other", "--json")))
    assert record["cka"] == reference["cka"]


def test_pictures_that_cannot_be_read_are_left_out_and_named(folder: Path) -> None:
    (folder / "pictures" / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    images = DataPictures(open_data(folder / "pictures"), limit=5)
    assert len(images) in (4, 5)
    whole = DataPictures(open_data(folder / "pictures"))
    assert len(whole) == 8
    assert "1 pictures could not be read:" in whole.notes[0]
    with Image.open(folder / "pictures" / "4.png") as image:
        np.testing.assert_array_equal(whole[3], np.asarray(image))
    assert len(whole[2:4]) == 2
    assert whole.name(3).endswith("4.png")


def test_layers_are_named_as_in_scan() -> None:
    assert parse_layer_names(["1,output", "0"]) == ["1", "output", "0"]
