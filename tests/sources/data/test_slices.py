"""DICOM files: of several slices, and without a suffix."""

from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.sources.data import slices
from dnnvis.sources.datasets import open_data
from dnnvis.sources.image_files import read_with_notes
from dnnvis.sources.parse import source_from_text
from dnnvis.sources.pictures import ImageFiles

pytest.importorskip("pydicom", reason="DICOM needs pydicom")

from helpers.dicom_files import write_dicom

STACK = np.random.default_rng(0).integers(700, 1400, (3, 12, 9), dtype=np.int16)


def expected(stored: np.ndarray) -> np.ndarray:
    """The window of 40 +- 200 HU, as PS3.3 C.11.2.1.2 has it."""
    return np.clip(((stored - 1000.0) - 39.5) / 399 + 0.5, 0, 1) * 255


def test_the_slices_of_a_file_are_pictures(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    write_dicom(path, STACK)
    assert source_from_text(str(path)) == ("examples", str(path), 0)
    data = open_data(path)
    assert (len(data), data.kind, data.name(2)) == (3, "slices", "slice 2")
    for number in (2, 0, 1):
        pixels, origin = data.read(number)
        assert np.abs(pixels[:, :, 0] - expected(STACK[number])).max() <= 1
        assert [note.kind for note in origin.notes] == ["range"]
    data.close()
    first = read_with_notes(path)
    assert np.array_equal(first.pixels, data.read(0)[0])
    assert {note.kind for note in first.notes} == {"range", "pages"}


def test_files_without_a_suffix_are_looked_into(tmp_path: Path) -> None:
    study = tmp_path / "study"
    study.mkdir()
    for name in ("IM10", "IM2", "1.2.840.7", "DICOMDIR", "readme.txt", ".hidden"):
        write_dicom(study / name, STACK[0])
    (study / "LICENSE").write_text("no picture" * 40)
    with ImageFiles(study) as source:
        names = [frame.source for frame in iter(source.read, None)]
    assert names == ["1.2.840.7", "IM2", "IM10"]
    assert source_from_text(str(study)) == ("pictures", str(study), 0)
    assert source_from_text(str(study / "IM2")) == ("pictures", str(study / "IM2"), 0)


def test_a_broken_slice_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "short.dcm"
    write_dicom(path, STACK, PixelData=STACK.tobytes()[:300])
    data = open_data(path)
    with pytest.raises(BadInput, match=r"slice 2 of .* is broken"):
        data.read(2)
    monkeypatch.setattr(slices, "MAX_BYTES", 100)
    with pytest.raises(BadInput, match="the most is"):
        open_data(path)
