"""Read slices of DICOM files, where pydicom is installed."""

import io
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.images.limits import check_size, check_values
from dnnvis.sources.images.value_range import ValueWindow


class DicomSlice(NamedTuple):
    """The first slice of a DICOM file."""

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
    try:
        import pydicom  # lazy: optional
    except ImportError:
        raise BadInput(
            f"{name} is a DICOM file; install pydicom (pip install pydicom) to open it, or save "
            "the slice as PNG."
        ) from None
    try:
        file = pydicom.dcmread(io.BytesIO(data))
        rows, columns = int(file.Rows), int(file.Columns)
        frames = int(file.get("NumberOfFrames") or 1)
        samples = int(file.get("SamplesPerPixel", 1))
    except Exception:
        raise BadInput(f"{name} is a DICOM file without a picture that can be read.") from None
    check_size(name, columns, rows)
    check_values(name, (frames, rows, columns, samples), 4)
    try:
        return _read_slice(file, frames)
    except Exception:
        raise BadInput(
            f"{name} is broken, or packed in a way that pydicom needs another library for "
            "(pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg)."
        ) from None


def _read_slice(file: Any, frames: int) -> DicomSlice:
    from pydicom.pixels import apply_modality_lut, convert_color_space  # lazy: optional

    stored = file.pixel_array
    stored = stored[0] if frames > 1 else stored
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
