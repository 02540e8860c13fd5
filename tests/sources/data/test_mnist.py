"""MNIST's files as they come: gzipped or not, with dots, of two sizes, lying."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.datasets import open_data
from dnnvis.sources.idx import read_idx

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 5, 4), dtype=np.uint8)


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return head + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize("is_packed", [(False, True), (True, False), (True, True)])
@pytest.mark.parametrize("separator", ["-", "."])
def test_labels_lie_beside_in_any_form(
    tmp_path: Path, is_packed: tuple[bool, bool], separator: str
) -> None:
    contents = (("images", "3", IMAGES), ("labels", "1", np.array([7, 2, 9])))
    for packed, (kind, axes, array) in zip(is_packed, contents, strict=True):
        data = gzip.compress(idx(array)) if packed else idx(array)
        name = f"t10k-{kind}{separator}idx{axes}-ubyte{'.gz' if packed else ''}"
        (tmp_path / name).write_bytes(data)
    data = open_data(tmp_path)
    assert [data.read(n)[1].label for n in range(3)] == ["7", "2", "9"]
    np.testing.assert_array_equal(data.read(1)[0][:, :, 0], IMAGES[1])


def test_training_and_test_images_may_differ_in_size(tmp_path: Path) -> None:
    other = np.ones((2, 7, 7), np.uint8)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(other))
    data = open_data(tmp_path)
    assert data.parts == (3, 2)
    assert [data.read(n)[0].shape for n in (2, 3)] == [(5, 4, 1), (7, 7, 1)]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_header_that_promises_gigabytes_is_refused_at_once(tmp_path: Path, suffix: str) -> None:
    data = b"\0\0\x08\x03" + struct.pack(">III", 3_000_000, 28, 28) + bytes(1000)
    path = tmp_path / f"t10k-images-idx3-ubyte{suffix}"
    path.write_bytes(gzip.compress(data) if suffix else data)
    with pytest.raises(BadInput, match=r"2\.4 GB"):
        read_idx(path)


def test_more_than_the_header_says_is_refused_without_unpacking_it(tmp_path: Path) -> None:
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx(IMAGES) + bytes(50_000_000)))
    with pytest.raises(BadInput, match="not a whole idx"):
        read_idx(path)


def test_more_axes_than_images_have_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a-idx3-ubyte"
    path.write_bytes(b"\0\0\x08\x7f" + b"\0\0\0\1" * 127 + b"x")
    with pytest.raises(BadInput, match="not a whole idx file"):
        read_idx(path)
