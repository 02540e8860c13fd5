"""Open the pages of a TIFF file as pictures."""

import threading
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.sources.data.dataset import Origin, Pixels, compute_mark, read_stat
from dnnvis.sources.images.decode import DecodedPicture, map_values
from dnnvis.sources.images.limits import check_size
from dnnvis.sources.images.pillow import decode_with_pillow, open_image
from dnnvis.sources.images.tiff import decode_deep_page, open_tiff

TIFF_SUFFIXES = {".tif", ".tiff"}


def count_pages(path: Path) -> int:
    """Return the number of pages of a TIFF file; 0 for anything else."""
    if path.suffix.lower() not in TIFF_SUFFIXES:
        return 0
    try:
        with open_tiff(path) as file:
            return len(file.pages)
    except Exception:  # a broken file may fail in any way; reading it says so
        return 0


class TiffPages:
    """The pages of a TIFF file, in their order."""

    kind = "pages"
    in_order = False
    parts: tuple[int, ...] = ()

    def __init__(self, path: Path) -> None:
        self.address = str(path.resolve())
        self.mark = compute_mark(read_stat(path))
        self._path, self._lock = path, threading.Lock()
        try:
            self._file = open_tiff(path)
            self._count = len(self._file.pages)
        except (BadInput, MemoryError):
            raise  # a sentence of its own, and no fault of the file
        except Exception:
            raise BadInput(f"{path} is no whole TIFF file; get a whole copy of it.") from None

    def __len__(self) -> int:
        return self._count

    def name(self, number: int) -> str:
        """Return the name of a page."""
        return f"page {number}"

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a page uint8 (H, W, C); raise BadInput where it is broken."""
        with self._lock:
            decoded = self._decode(number)
        notes = tuple(note for note in decoded.notes if note.kind != "pages")
        return decoded.pixels, Origin(notes=notes)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _decode(self, number: int) -> DecodedPicture:
        name = f"page {number} of {self._path}"
        try:
            deep = decode_deep_page(self._file, number, name)
        except (BadInput, MemoryError):
            raise
        except Exception:
            raise BadInput(f"{name} is broken; get a whole copy of it.") from None
        if deep is not None:
            return map_values(deep.values, deep.is_inverted, deep.has_alpha)
        with open_image(self._path, name) as image:
            try:
                image.seek(number)
            except MemoryError:
                raise
            except Exception:
                raise BadInput(f"{name} is broken; get a whole copy of it.") from None
            check_size(name, *image.size)
            return DecodedPicture(*decode_with_pillow(image, name))
