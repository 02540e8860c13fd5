"""Which examples of a data set are kept for the test, told by the pictures themselves."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dnnvis.lenses.activation_map import labels as split
from dnnvis.sources.datasets import Dataset, open_data

BRIGHT = 200  # the test's pictures are, the others are not
TRAIN, TEST = 30, 12


def idx(values: NDArray[np.uint8]) -> bytes:
    sizes = b"".join(int(n).to_bytes(4, "big") for n in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.tobytes()


def bright(data: Dataset, rows: NDArray[np.int64]) -> list[bool]:
    return [bool(np.asarray(data.read(int(row))[0]).max() >= BRIGHT) for row in rows]


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    for stem, many, level in (("train", TRAIN, 50), ("t10k", TEST, BRIGHT)):
        images = np.full((many, 4, 4), level, np.uint8)
        labels = np.arange(many).astype(np.uint8) % 10
        (tmp_path / f"{stem}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{stem}-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path


def test_exactly_the_t10k_pictures_of_mnist_are_for_the_test(mnist: Path) -> None:
    data = open_data(str(mnist))
    rows = np.arange(len(data))
    found = split.select_test(data, rows, 0)
    assert found.dtype == bool
    assert found.tolist() == bright(data, rows)
    assert (int(found.sum()), int((~found).sum())) == (TEST, TRAIN)
    some = np.random.default_rng(0).permutation(rows)[:20]  # in another order, not all
    assert split.select_test(data, some, 3).tolist() == bright(data, some)
    data.close()


@pytest.mark.parametrize("name", ["test", "val", "valid", "validation"])
def test_exactly_the_pictures_below_a_test_folder_are_for_the_test(
    tmp_path: Path, name: str
) -> None:
    for part, many, level in (("train", 7, 50), (name, 4, BRIGHT)):
        for k in range(many):
            place = tmp_path / part / str(k % 2) / f"{k}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (4, 4), level).save(place)
    data = open_data(str(tmp_path))
    rows = np.arange(len(data))
    assert split.select_test(data, rows, 0).tolist() == bright(data, rows)
    assert sum(bright(data, rows)) == 4
    data.close()
