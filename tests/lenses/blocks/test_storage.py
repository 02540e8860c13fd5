"""Directions in the library: they come back, and take what was of others with them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.lenses.blocks.storage import keep_directions, load_directions
from dnnvis.lenses.save_synthesis import save_synthesis
from dnnvis.library.store.directions import read_directions
from dnnvis.network.network import Network


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "kept"))


def build() -> Network:
    torch.manual_seed(0)
    return dnnvis.wrap(
        nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(216, 2)), size=8
    )


PICTURE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


def test_kept_directions_come_back_when_they_are_named() -> None:
    first = build()
    blocks = dnnvis.blocks(first, "1", PICTURE, k=2)
    again = build()
    assert len(again.directions) == 0  # not before they are asked for
    values = again.record(PICTURE, ["1~"])["1~"][0]
    np.testing.assert_allclose(values, blocks.groups, rtol=1e-5, atol=1e-6)
    assert again.directions.get("1~").digest == first.directions.get("1~").digest
    assert dnnvis.look(again, "gradient", "1~1", image=PICTURE).unit == "1~[1]"
    other = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Flatten()), size=8)
    assert load_directions(other) == []  # another network has a library of its own


def test_other_directions_forget_what_was_of_these(tmp_path: Path) -> None:
    net = build()
    dnnvis.blocks(net, "1", PICTURE, k=2)
    folder = tmp_path / "pictures"
    folder.mkdir()
    from PIL import Image

    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    from dnnvis.library.scan.scan import scan

    with dnnvis.library(net) as library:
        scan(net, folder, library, layers=["1", "1~"])
        assert len(library.top("1~[0]")) == 3
    result = dnnvis.look(net, "ascent", "1~[0]", preset="live", steps=2)
    save_synthesis(net, result)
    with dnnvis.library(net) as library:
        assert len(library.pictures("1~[0]")) == 1
    assert keep_directions(net, net.directions.get("1~")).is_saved  # the same: nothing happens
    with dnnvis.library(net) as library:
        assert len(library.top("1~[0]")) == 3
    dnnvis.blocks(net, "1", PICTURE[::-1], k=2)
    with dnnvis.library(net) as library:
        assert library.top("1~[0]") == []
        assert library.pictures("1~[0]") == []
        assert len(library.top("1[0]")) == 3
        names = [json.loads(row[0]) for row in library.rows("SELECT layers FROM scans")]
        assert names == [["1"]]
        scan(net, folder, library, layers=["1~"])  # and is done again
        assert len(library.top("1~[0]")) == 3


def test_pictures_of_directions_that_are_not_kept_are_not_saved() -> None:
    net = build()
    dnnvis.blocks(net, "1", PICTURE, k=2, keep=False)
    result: SynthesisResult = dnnvis.look(net, "ascent", "1~[0]", preset="live", steps=2)
    with pytest.raises(BadInput, match="hold the building blocks"):
        save_synthesis(net, result)
    keep_directions(net, net.directions.get("1~"))
    assert "kept in the library" in save_synthesis(net, result)


@pytest.mark.parametrize("vectors", [b"", b"no arrays"])
def test_directions_that_cannot_be_read_are_left_out(vectors: bytes) -> None:
    net = build()
    dnnvis.blocks(net, "1", PICTURE, k=2)
    with dnnvis.library(net) as library:
        library.run("UPDATE directions SET vectors = ?", vectors)
        assert read_directions(library) == []


def test_a_lasting_edit_of_directions_is_another_network() -> None:
    from dnnvis.network.editing.edits import make_lasting

    net = build()
    dnnvis.blocks(net, "1", PICTURE, k=2)
    fingerprint = net.fingerprint
    edited = build()
    make_lasting(edited, ["1~[0] = 0"])
    assert edited.fingerprint != fingerprint
    with pytest.raises(BadInput, match="opened with edits"):
        dnnvis.blocks(edited, "1", PICTURE[::-1], k=2)
    with pytest.raises(BadInput, match="opened with edits"):
        edited.add_directions("1", np.ones((2, 6)))
