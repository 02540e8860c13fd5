"""Read slices of DICOM files, where pydicom is installed."""

import io
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.formats import HEAD_BYTES
from dnnvis.sources.images.limits import check_size, check_values
from dnnvis.sources.images.value_range import ValueWindow

MAGIC, MAGIC_OFFSET = b"DICM", 128  # where a file says what it is


class DicomSlice(NamedTuple):
    """One slice of a DICOM file."""

    #: (H, W, C), in the unit of the modality (HU for CT).
    values: NDArray[Any]
    #: The window that the file names; None where it names none.
    window: ValueWindow | None
    #: Whether the greatest value is black.
    is_inverted: bool
    #: Number of slices in the file.
    frames: int


def read_dicom(data: bytes, name: str) -> DicomSlice:
    """Read the first slice.

    Raises:
        BadInput: pydicom is not installed, or the file is broken, too large, without pixels, or
            packed in a way that needs another library.
    """
    return read_slice(open_dicom(io.BytesIO(data), name), 0, name)


def is_dicom(path: str | Path) -> bool:
    """Return whether a file begins like a DICOM file, whatever its name."""
    try:
        with open(path, "rb") as file:
            return file.read(HEAD_BYTES)[MAGIC_OFFSET:] == MAGIC
    except OSError:
        return False


def open_dicom(source: BinaryIO | Path, name: str) -> Any:
    """Open a file: a pydicom Dataset; raise BadInput where that is not possible."""
    try:
        import pydicom  # lazy: optional
    except ImportError:
        raise BadInput(
            f"{name} is a DICOM file; install pydicom (pip install pydicom) to open it, or save "
            "the slice as PNG."
        ) from None
    try:
        file = pydicom.dcmread(source)
        _ = int(file.Rows), int(file.Columns), count_slices(file)
    except Exception:
        raise BadInput(f"{name} is a DICOM file without a picture that can be read.") from None
    return file


def count_slices(file: Any) -> int:
    """Return the number of slices (frames) in an opened file, at least 1."""
    return max(1, int(file.get("NumberOfFrames") or 1))


def count_file_slices(path: Path) -> int:
    """Return the number of slices in a file, without its pixels; 0 where it cannot be read."""
    if not is_dicom(path):
        return 0
    try:
        import pydicom  # lazy: optional

        return count_slices(pydicom.dcmread(path, stop_before_pixels=True))
    except Exception:  # a broken file may fail in any way; reading it says so
        return 0


def read_slice(file: Any, number: int, name: str) -> DicomSlice:
    """Read slice ``number``, from 0, of an opened file, and decode no other.

    Raises:
        BadInput: It is broken, too large, or packed in a way that needs another library.
    """
    try:
        rows, columns, samples = (
            int(file.get(key, 1)) for key in ("Rows", "Columns", "SamplesPerPixel")
        )
    except Exception:
        raise BadInput(f"{name} is broken; get a whole copy of it.") from None
    check_size(name, columns, rows)
    check_values(name, (rows, columns, samples), 4)
    try:
        return _decode_slice(file, number)
    except Exception:
        raise BadInput(
            f"{name} is broken, or packed in a way that pydicom needs another library for "
            "(pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg)."
        ) from None


def _decode_slice(file: Any, number: int) -> DicomSlice:
    from pydicom.pixels import (  # lazy: optional
        apply_modality_lut,
        convert_color_space,
        pixel_array,
    )

    frames = count_slices(file)
    stored = pixel_array(file, index=number, raw=True)
    photometric = str(file.get("PhotometricInterpretation", "MONOCHROME2"))
    if stored.ndim == 3:
        if photometric.startswith("YBR"):
            stored = convert_color_space(stored, photometric, "RGB")
        return DicomSlice(stored, None, False, frames)
    values = np.asarray(apply_modality_lut(stored, file), np.float64)[:, :, None]
    return DicomSlice(values, _find_window(file, values), photometric == "MONOCHROME1", frames)


def _find_window(file: Any, values: NDArray[Any]) -> ValueWindow | None:
    center, width = _first_number(file, "WindowCenter"), _first_number(file, "WindowWidth")
    if center is None or width is None or width < 1:
        return _choose_whole_range(values)
    low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2  # PS3.3 C.11.2.1.2
    high = high if high > low else low + 1
    note = f"values as its own window says: {low:g} is black, {high:g} white"
    return ValueWindow(low, high, note)


def _choose_whole_range(values: NDArray[Any]) -> ValueWindow:
    low, high = (float(value) for value in np.percentile(values, (0.1, 99.9)))
    low, high = (low, high) if low < high else (float(values.min()), float(values.max()))
    high = high if high > low else low + 1
    return ValueWindow(low, high, f"it names no window: {low:g} is black, {high:g} white")


def _first_number(file: Any, key: str) -> float | None:
    value = file.get(key)
    values = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    try:
        return float(next(iter(values)))
    except (TypeError, ValueError, StopIteration):
        return None
