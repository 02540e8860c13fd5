"""Boards in files: which format, which are refused, and how much is read."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.image_files import read_picture
from dnnvis.sources.life import files
from dnnvis.sources.life.files import inspect_board_file, is_board_file, read_board_file
from dnnvis.sources.life.record import MAX_CELLS
from dnnvis.sources.life.rle import write_rle

GLIDER = [[0, 1, 0], [0, 0, 1], [1, 1, 1]]
RLE = "x = 3, y = 3, rule = B3/S23\nbo$2bo$3o!\n"
FORMS = {
    "plain.rle": RLE,
    "bare.rle": "bo$2bo$3o!",
    "bare.txt": "bo$2bo$3o!",
    "bom.rle": "\ufeff" + RLE,
    "suffixless": "#N Glider\n" + RLE,
    "glider.cells": "!Name: Glider\n.O\n..O\nOOO\n",
    "cells.rle": ".O.\n..O\nOOO\n",
    "glider.lif": "#Life 1.06\n0 -1\n1 0\n-1 1\n0 1\n1 1\n",
    "glider105.lif": "#Life 1.05\n#N\n#P -1 -1\n.*.\n..*\n***\n",
    "points.txt": "#Life 1.06\r\n0 -1\r\n1 0\r\n-1 1\r\n0 1\r\n1 1\r\n",
    "glider.mc": "[M2] (golly 4.2)\n#R B3/S23\n.*$..*$***$\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_the_content_decides_which_format_it_is(tmp_path: Path, name: str) -> None:
    file, packed = tmp_path / name, tmp_path / f"{name}.gz"
    file.write_bytes(FORMS[name].encode())
    packed.write_bytes(gzip.compress(FORMS[name].encode()))
    for path in (file, packed):
        assert is_board_file(path)
        assert read_board_file(path).cells.tolist() == GLIDER


def test_bad_files_are_named(tmp_path: Path) -> None:
    bad, photo, short = (tmp_path / name for name in ("bad.rle", "photo", "short.rle.gz"))
    bad.write_text("x = 3, y = 3\n3?")
    photo.write_bytes(bytes(range(256)) * 20)
    short.write_bytes(gzip.compress(RLE.encode())[:-9])
    for file in (bad, photo):
        with pytest.raises(BadInput, match=f"{file.name} is no board that can be opened: "):
            read_board_file(file)
    with pytest.raises(
        BadInput, match=r"short\.rle\.gz cannot be read: it is damaged or cut short"
    ):
        read_board_file(short)
    with pytest.raises(BadInput, match=r"none\.rle cannot be read: No such file"):
        read_board_file(tmp_path / "none.rle")
    with pytest.raises(BadInput, match="cannot be read: Is a directory"):
        read_board_file(tmp_path)
    assert not is_board_file(photo)
    assert not is_board_file(tmp_path)


def test_a_file_that_is_far_too_large_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 1_000_000)
    file, packed = tmp_path / "large.rle", tmp_path / "bomb.rle.gz"
    file.write_bytes(b"x" * 1_000_001)
    packed.write_bytes(gzip.compress(b"b" * 50_000_000))
    for path in (file, packed):
        with pytest.raises(BadInput, match=rf"{path.name} .* larger than 1 MB"):
            read_board_file(path)


def test_of_a_large_file_only_the_header_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "large.rle"
    rows = "o$" * 60_000
    file.write_text(f"x = 1, y = 60000, rule = B36/S23:T9,70000\n{rows}???!")
    summary = inspect_board_file(file)
    assert (summary.size, summary.border) == ((70_000, 9), "periodic")
    with pytest.raises(BadInput, match=r"'\?' stands among the cells"):
        read_board_file(file)
    file.write_text(f"x = 1, y = 60000, rule = WireWorld\n{rows}!")
    with pytest.raises(BadInput, match=r"large\.rle .* its rule WireWorld is no rule"):
        inspect_board_file(file)
    small = tmp_path / "small.rle"
    small.write_text("x = 3, y = 3\n3?!")
    with pytest.raises(BadInput, match=r"small\.rle"):
        inspect_board_file(small)


def test_a_large_board_comes_back_as_it_was_written(tmp_path: Path) -> None:
    cells = (np.random.default_rng(0).random((700, 900)) < 0.5).astype(np.uint8)
    file = tmp_path / "noise.rle"
    file.write_text(write_rle(cells, rule="B2/S"))
    record = read_board_file(file)
    assert np.array_equal(record.cells, cells)
    assert record.rule == "B2/S"


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip, cut, double or splice some bytes, or let a number lie."""
    at, length = (int(rng.integers(0, len(content))) for _ in range(2))
    other = FORMS[str(rng.choice(list(FORMS)))].encode()
    return (
        content[:at] + bytes([int(rng.integers(0, 256))]) + content[at + 1 :],
        content[:at] + content[at + 1 + length :],
        content[:at] + content[at : at + length] * 5 + content[at:],
        content[:at] + other[length % len(other) :],
        content[:at] + str(int(rng.integers(0, 10**14))).encode() + content[at:],
    )[int(rng.integers(0, 5))]


@pytest.mark.parametrize("name", FORMS)
def test_what_was_mutated_opens_or_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    rng, file = np.random.default_rng(len(name)), tmp_path / name
    opened, refusals = 0, list[str]()
    for _ in range(100):
        file.write_bytes(mutate(mutate(FORMS[name].encode(), rng), rng))
        try:
            record = read_board_file(file)
        except BadInput as error:
            refusals.append(str(error))
        else:
            opened += 1
            assert record.cells.dtype == np.uint8
            assert record.cells.size <= MAX_CELLS
            assert record.cells.max() <= 1
    assert opened
    assert refusals
    assert all(text.startswith(f"{file} is no board that can be opened: ") for text in refusals)


@pytest.mark.parametrize("name", ["glider.rle", "glider.cells", "glider.lif", "glider.mc"])
def test_a_board_can_be_read_as_a_picture(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(FORMS.get(name, "x = 3, y = 3, rule = B3/S23\nbo$2bo$3o!\n"))
    picture = read_picture(file)
    assert picture.shape == (3, 3, 3)
    assert picture.dtype == np.uint8
    assert (picture[..., 1] // 255).tolist() == GLIDER
    file.write_text("no board")
    with pytest.raises(BadInput, match=name):
        read_picture(file)
