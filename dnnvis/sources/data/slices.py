"""Open the slices of a DICOM file as pictures."""

import threading
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.sources.data.dataset import Origin, Pixels, compute_mark, read_stat
from dnnvis.sources.images.decode import map_slice
from dnnvis.sources.images.dicom import count_slices, open_dicom, read_slice
from dnnvis.sources.images.limits import MAX_BYTES


class DicomSlices:
    """The slices (frames) of one DICOM file, in their order."""

    kind = "slices"
    in_order = False
    parts: tuple[int, ...] = ()

    def __init__(self, path: Path) -> None:
        self.address = str(path.resolve())
        size, time = read_stat(path)
        if size > MAX_BYTES:
            raise BadInput(f"{path} has {size / 1e9:.1f} GB; the most is {MAX_BYTES / 1e9:.1f} GB.")
        self.mark = compute_mark((size, time))
        self._path, self._lock = path, threading.Lock()
        self._file = open_dicom(path, str(path))
        self._count = count_slices(self._file)

    def __len__(self) -> int:
        return self._count

    def name(self, number: int) -> str:
        """Return the name of a slice."""
        return f"slice {number}"

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a slice uint8 (H, W, 3); raise BadInput where it is broken."""
        with self._lock:
            decoded = map_slice(read_slice(self._file, number, f"slice {number} of {self._path}"))
        notes = tuple(note for note in decoded.notes if note.kind != "pages")
        return decoded.pixels, Origin(notes=notes)

    def close(self) -> None:
        """Do nothing: no file stays open."""
