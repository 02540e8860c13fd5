"""CIFAR in the forms it is given away, without running its pickles."""

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from dnnvis.core.errors import BadInput
from dnnvis.core.inert_pickle import read_plain
from dnnvis.sources.datasets import open_data
from dnnvis.sources.parse import source_from_text

NAMES = ["airplane", "automobile", "bird", "cat"]


class Batches:
    """Two training batches and a test batch of four pictures each."""

    def __init__(self) -> None:
        self.rows = np.random.default_rng(0).integers(0, 256, (3, 4, 3072), dtype=np.uint8)
        self.labels = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 1, 2, 2]]

    def check(self, path: Path) -> None:
        data = open_data(path)
        assert source_from_text(str(path))[0] == "examples"
        assert (len(data), data.parts) == (12, (8, 4))
        for n in range(12):
            pixels, origin = data.read(n)
            red, green, blue = self.rows[n // 4, n % 4].reshape(3, 32, 32)
            np.testing.assert_array_equal(pixels, np.dstack([red, green, blue]))
            assert origin.label == NAMES[self.labels[n // 4][n % 4]]
        data.close()


FILES = ("data_batch_1", "data_batch_2", "test_batch")


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_python_batches(tmp_path: Path, protocol: int) -> None:
    batches, folder = Batches(), tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for k, name in enumerate(FILES):
        value = {b"data": batches.rows[k], b"labels": batches.labels[k], b"batch_label": b"one"}
        (folder / name).write_bytes(pickle.dumps(value, protocol))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": NAMES}, protocol))
    batches.check(folder)
    batches.check(tmp_path)
    with tarfile.open(tmp_path / "cifar-10-python.tar.gz", "w:gz") as tar:
        tar.add(folder, folder.name)
    batches.check(tmp_path / "cifar-10-python.tar.gz")


def test_binary_batches(tmp_path: Path) -> None:
    batches, folder = Batches(), tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for k, name in enumerate(FILES):
        rows = np.hstack([np.array(batches.labels[k], np.uint8)[:, None], batches.rows[k]])
        (folder / f"{name}.bin").write_bytes(rows.tobytes())
    (folder / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")
    batches.check(folder)


def test_matlab_batches(tmp_path: Path) -> None:
    batches, folder = Batches(), tmp_path / "cifar-10-batches-mat"
    folder.mkdir()
    for k, name in enumerate(FILES):
        labels = np.array(batches.labels[k], np.uint8)[:, None]
        scipy.io.savemat(folder / f"{name}.mat", {"data": batches.rows[k], "labels": labels})
    names = np.array(NAMES, object)[:, None]
    scipy.io.savemat(folder / "batches.meta.mat", {"label_names": names})
    batches.check(folder)


def test_cifar_100_has_fine_classes(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).integers(0, 256, (2, 3072), dtype=np.uint8)
    python, binary = tmp_path / "cifar-100-python", tmp_path / "cifar-100-binary"
    for folder in (python, binary):
        folder.mkdir()
    value = {b"data": rows, b"fine_labels": [1, 0], b"coarse_labels": [7, 7]}
    (python / "test").write_bytes(pickle.dumps(value))
    (python / "meta").write_bytes(pickle.dumps({b"fine_label_names": [b"apple", b"train"]}))
    (binary / "test.bin").write_bytes(
        np.hstack([[[7, 1], [7, 0]], rows]).astype(np.uint8).tobytes()
    )
    (binary / "fine_label_names.txt").write_text("apple\ntrain\n")
    for folder in (python, binary):
        data = open_data(folder)
        assert [data.read(n)[1].label for n in range(2)] == ["train", "apple"]
        np.testing.assert_array_equal(data.read(1)[0][:, :, 1], rows[1, 1024:2048].reshape(32, 32))


def test_a_batch_cut_short_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    (folder / "test_batch.bin").write_bytes(bytes(5000))
    with pytest.raises(BadInput, match="cut short"):
        open_data(folder)


class Marker:
    """Leaves a trace where a pickle runs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_never_runs(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "marker"
    with pytest.raises(BadInput, match="plain numbers"):
        read_plain(pickle.dumps({"data": Marker(marker)}, protocol), "a")
    assert not marker.exists()


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_and_lists_come_back_as_pickle_gives_them(protocol: int) -> None:
    shared = [1, -2, 3_000_000_000, 1.5, None, True, "ü", b"\xff"]
    value = {
        "a": np.arange(12, dtype=">i4").reshape(3, 4),
        "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "list": shared,
        "again": shared,
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "n": np.float32(0.25),
    }
    result = read_plain(pickle.dumps(value, protocol), "a")
    for key, expected in value.items():
        np.testing.assert_array_equal(np.asarray(result[key], object), np.asarray(expected, object))


@pytest.mark.parametrize("cut", [1, 10, 50])
def test_a_pickle_cut_short_is_refused(cut: int) -> None:
    data = pickle.dumps({"data": np.arange(100)})
    for broken in (data[:-cut], data[cut:], io.BytesIO(data).read()[:cut]):
        with pytest.raises(BadInput, match="no whole pickle"):
            read_plain(broken, "a")


@pytest.mark.parametrize(
    "value", ["text", 3, [1], {}, {"data": "x"}, {"labels": ["a"]}, {"labels": None}]
)
def test_a_pickle_of_anything_else_is_refused(tmp_path: Path, value: object) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "test_batch").write_bytes(pickle.dumps(value))
    with pytest.raises(BadInput, match="get it again"):
        open_data(folder)


def test_names_that_are_none_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": 3}))
    with pytest.raises(BadInput, match="no names of classes"):
        open_data(folder)
