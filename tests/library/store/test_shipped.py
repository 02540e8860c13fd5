"""A library that ships: packed small, and the beginning of a user's own."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.library.store import blobs, shipped
from dnnvis.library.store import library as library_module
from dnnvis.library.store.blobs import (
    decode_picture,
    encode_jpeg,
    encode_png,
    encode_webp,
    pack_arrays,
    squeeze_arrays,
    unpack_arrays,
)
from dnnvis.library.store.shipped import install_shipped, pack_library
from dnnvis.network.network import Network


@pytest.fixture
def net() -> Network:
    torch.manual_seed(0)
    return dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), size=16)


def smooth(side: int) -> np.ndarray:
    rows = np.linspace(0, 1, side, dtype=np.float32)
    values = np.stack(
        [np.tile(rows, (side, 1)), np.tile(rows[:, None], (1, side)), rows + 0 * rows[:, None]], 2
    )
    return values.astype(np.float32)


def make_library(net: Network, path: Path) -> Path:
    recipe = {
        "lens": "ascent",
        "preset": "default",
        "seed": 0,
        "steps": 128,
        "l2": 0.0,
        "unit": "0[1]",
    }
    with dnnvis.library(net, path) as library:
        library.save_picture("0[1]", smooth(256), recipe, curve=np.ones(5, np.float32))
        noise = np.random.default_rng(0).random((256, 256, 3), np.float32)
        library.save_picture("0[2]", noise, recipe)
    return path


def test_a_packed_library_has_the_same_pictures_small(net: Network, tmp_path: Path) -> None:
    source = make_library(net, tmp_path / "a.sqlite")
    pack_library(source, tmp_path / "b.sqlite")
    with dnnvis.library(net, tmp_path / "b.sqlite") as packed:
        (picture,) = packed.pictures("0[1]")
    assert picture.pixels.shape == (80, 80, 3)
    assert np.abs(picture.pixels / 255 - smooth(80)).mean() < 0.02
    assert picture.recipe["preset"] == "default"
    assert picture.recipe["steps"] == 128
    assert "l2" not in picture.recipe
    assert picture.recipe["packed"] == "WebP, 80 pixels"
    assert (tmp_path / "b.sqlite").stat().st_size < source.stat().st_size / 2
    pack_library(tmp_path / "b.sqlite", tmp_path / "c.sqlite")  # packing again loses nothing
    with dnnvis.library(net, tmp_path / "c.sqlite") as packed:
        assert np.array_equal(packed.pictures("0[1]")[0].pixels, picture.pixels)


def test_a_users_library_begins_as_the_one_that_ships(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    file = make_library(net, tmp_path / "shipped.sqlite")
    monkeypatch.setattr(shipped, "shipped_library", lambda name: file)
    with dnnvis.library(net) as library:
        assert len(library.pictures("0[1]")) == 1
        library.write_note("0[1]", "mine")
    with dnnvis.library(net) as library:
        assert library.notes() == {"0[1]": "mine"}  # and is not copied again
    assert not install_shipped(
        net.name, net.fingerprint, library_module.library_path(net.fingerprint)
    )
    other = tmp_path / "other.sqlite"
    assert not install_shipped(net.name, "0" * 64, other)  # of other weights
    file.write_bytes(b"no library")
    assert not install_shipped(net.name, net.fingerprint, other)
    assert not other.exists()


def test_a_folder_that_cannot_be_written_is_no_error(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_library(net, tmp_path / "shipped.sqlite")
    monkeypatch.setattr(shipped, "shipped_library", lambda name: file)

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    assert not install_shipped(net.name, net.fingerprint, tmp_path / "x" / "own.sqlite")
    assert list((tmp_path / "x").iterdir()) == []


@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_is_read_like_a_png(channels: int) -> None:
    pixels = np.ascontiguousarray((smooth(64)[:, :, :channels] * 255).astype(np.uint8))
    read = decode_picture(encode_jpeg(pixels, 90), channels)
    assert read.shape == pixels.shape
    assert np.abs(read.astype(int) - pixels).mean() < 3
    assert np.array_equal(decode_picture(encode_png(pixels), channels), pixels)
    for broken in (b"\xff\xd8\xff", encode_jpeg(pixels, 90)[:40], b"", b"\xff\xd8\xff" * 400_000):
        with pytest.raises(ValueError, match="not a"):
            decode_picture(broken, channels)
    with pytest.raises(ValueError, match="not a"):
        decode_picture(encode_jpeg(pixels, 90), 4 - channels)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_webp_is_read_like_a_png(channels: int) -> None:
    pixels = np.ascontiguousarray((smooth(64)[:40, :, :channels] * 255).astype(np.uint8))
    data = encode_webp(pixels, 60)
    read = decode_picture(data, channels)
    assert read.shape == pixels.shape
    assert np.abs(read.astype(int) - pixels).mean() < 3
    larger = data[:26] + b"\xff\x3f\xff\x3f" + data[30:]  # says 16,383 pixels a side
    for broken in (data[:40], data[:16], larger, data + bytes(1 << 20)):
        with pytest.raises(ValueError, match="not a"):
            decode_picture(broken, channels)
    with pytest.raises(ValueError, match="not a"):
        decode_picture(data, 2)


def test_squeezed_arrays_are_the_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.zeros(1000, np.int64)}
    data = squeeze_arrays(arrays)
    assert len(data) < len(pack_arrays(arrays)) / 10
    read = unpack_arrays(data)
    assert read.keys() == arrays.keys()
    assert all(np.array_equal(read[name], arrays[name]) for name in arrays)
    for broken in (data[:-9], data[:8], data[:8] + b"none"):
        with pytest.raises(ValueError, match="not whole"):
            unpack_arrays(broken)
    monkeypatch.setattr(blobs, "MAX_ARRAY_BYTES", 1000)
    with pytest.raises(ValueError, match="too large"):
        unpack_arrays(data)


def test_what_ships_belongs_to_the_network_that_ships() -> None:
    for path in shipped.shipped_library("x").parent.glob("*.library.sqlite"):
        net = dnnvis.open(path.name.removesuffix(".library.sqlite"))
        assert shipped._read_fingerprint(path) == net.fingerprint
        assert path.stat().st_size <= 14 << 20
        with dnnvis.library(net, path) as library:
            rows = library.rows("SELECT goal, recipe FROM pictures LIMIT 5")
        assert all(json.loads(recipe)["lens"] == "ascent" for _, recipe in rows)


def test_a_packed_picture_that_is_too_large_is_packed_again(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_library(net, tmp_path / "a.sqlite")
    monkeypatch.setattr(shipped, "PICTURE_SIDE", 96)
    pack_library(tmp_path / "a.sqlite", tmp_path / "b.sqlite")
    monkeypatch.setattr(shipped, "PICTURE_SIDE", 80)
    pack_library(tmp_path / "b.sqlite", tmp_path / "c.sqlite")
    with dnnvis.library(net, tmp_path / "c.sqlite") as packed:
        (picture,) = packed.pictures("0[1]")
    assert picture.pixels.shape == (80, 80, 3)
    assert picture.recipe["packed"] == "WebP, 80 pixels"
