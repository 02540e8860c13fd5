"""Arrays of NumPy as data sets."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.datasets import open_data
from dnnvis.sources.parse import source_from_text

RANDOM = np.random.default_rng(0)


def test_the_mnist_of_keras_has_both_parts_and_its_classes(tmp_path: Path) -> None:
    train, test = (RANDOM.integers(0, 256, (n, 28, 28), dtype=np.uint8) for n in (5, 4))
    path = tmp_path / "mnist.npz"
    labels = {"y_train": np.array([3, 1, 4, 1, 5]), "y_test": np.arange(4)}
    np.savez(path, x_test=test, x_train=train, **labels)
    assert source_from_text(str(path))[0] == "examples"
    data = open_data(path)
    assert data.parts == (5, 4)
    pictures = [data.read(n) for n in range(9)]
    expected = np.concatenate([train, test])
    assert all(np.array_equal(p[0][:, :, 0], e) for p, e in zip(pictures, expected, strict=True))
    assert [origin.label for _, origin in pictures] == list("314150123")


def test_medmnist_has_three_parts_and_columns_of_labels(tmp_path: Path) -> None:
    arrays = {}
    for part, count in (("test", 2), ("val", 3), ("train", 4)):
        arrays[f"{part}_images"] = RANDOM.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
        arrays[f"{part}_labels"] = np.full((count, 1), count, np.uint8)
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    data = open_data(tmp_path / "a.npz")
    assert data.parts == (4, 3, 2)
    assert [data.read(n)[1].label for n in range(9)] == list("444433322")


def test_a_stack_of_a_detector_has_one_range_for_all(tmp_path: Path) -> None:
    values = RANDOM.integers(0, 1000, (10, 20, 30)).astype(np.uint16)
    values[9] = 4095
    np.save(tmp_path / "a.npy", values)
    data = open_data(tmp_path / "a.npy")
    assert len(data) == 10
    pixels, origin = data.read(3)
    assert np.abs(pixels[:, :, 0] - values[3] / 4095 * 255).max() <= 1
    assert {note.kind for note in origin.notes} == {"shape", "range"}


def test_what_holds_no_pictures_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", weights=np.arange(5), names=np.array(["a", "b"]))
    with pytest.raises(BadInput, match="no array of pictures, only weights"):
        open_data(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(BadInput, match=r"no whole \.npz"):
        open_data(tmp_path / "b.npz")


def test_a_small_file_of_huge_arrays_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnnvis.sources.images.limits.MAX_BYTES", 1_000_000)
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((2000, 28, 28), np.uint8))
    with zipfile.ZipFile(tmp_path / "a.npz") as file:
        assert file.infolist()[0].compress_size < 10_000
    with pytest.raises(BadInput, match="the most that is read at once"):
        open_data(tmp_path / "a.npz")


def test_an_archive_whose_names_are_damaged_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", pictures=np.zeros((2, 8, 8), np.uint8))
    content = (tmp_path / "a.npz").read_bytes()
    damaged = content.replace(b"pictures", b"\x86ictures")
    central = damaged.rindex(b"PK\x01\x02")
    flags = central + 8  # names are UTF-8
    damaged = damaged[:flags] + b"\x00\x08" + damaged[flags + 2 :]
    (tmp_path / "a.npz").write_bytes(damaged)
    with pytest.raises(BadInput, match=r"no whole \.npz"):
        open_data(tmp_path / "a.npz")
