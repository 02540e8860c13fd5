"""Store hidden vectors on disk: one file of records of one size, read as arrays.

A record that was cut off by a kill is dropped when the file is opened again, so that the same
command goes on where it was.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import replace_file


def record_type(steps: int, width: int) -> np.dtype[Any]:
    """Return the type of a record.

    It has ``row`` in the data, ``label`` (-1: none), ``log_e``, ``predicted``, ``doubt``, and the
    hidden vectors ``h`` float32 (steps, width).
    """
    return np.dtype(
        [
            ("row", "<i8"),
            ("label", "<i4"),
            ("predicted", "<i4"),
            ("log_e", "<f4", (steps,)),
            ("doubt", "<f4"),
            ("h", "<f4", (steps, width)),
        ]
    )


class RowStore:
    """Records of one type in a file, which is created where there is none.

    ``append`` writes; ``view`` maps what is there into memory, read-only, without reading it.

    Args:
        path: The file.
        dtype: Type of a record; its field ``row`` (int) tells one from another.

    Raises:
        BadInput: The file cannot be written.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self.path, self.dtype = path, dtype
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                whole = file.tell() // self.dtype.itemsize
                file.truncate(whole * self.dtype.itemsize)
        except OSError as error:
            raise BadInput(f"{path} cannot be written: {error.strerror}.") from None

    def __len__(self) -> int:
        return self.path.stat().st_size // self.dtype.itemsize

    def append(self, records: NDArray[Any]) -> None:
        """Write records of this type at the end; raise BadInput where the disk is full."""
        try:
            with self.path.open("ab") as file:
                file.write(records.tobytes())
        except OSError as error:
            raise BadInput(f"{self.path} cannot be written: {error.strerror}.") from None

    def view(self) -> NDArray[Any]:
        """Return all records, in the order in which they were written."""
        if not len(self):
            return np.zeros(0, self.dtype)
        return np.memmap(self.path, self.dtype, "r")

    def rows(self) -> NDArray[np.int64]:
        """Return which rows of the data are there."""
        return np.array(self.view()["row"], np.int64)

    def drop_last(self, count: int) -> None:
        """Drop the last ``count`` records."""
        with self.path.open("ab") as file:
            file.truncate(max(0, len(self) - count) * self.dtype.itemsize)

    def merge(self, others: Iterable["RowStore"]) -> None:
        """Take over what others have and delete their files.

        In the order of the data's rows, each row once. Raises BadInput.
        """
        stores = [store for store in others if store.path != self.path]
        if not stores:
            return
        views = [self.view(), *(store.view() for store in stores)]
        rows = np.concatenate([view["row"] for view in views])
        source = np.concatenate([np.full(len(view), k) for k, view in enumerate(views)])
        offset = np.concatenate([np.arange(len(view)) for view in views])
        _, first = np.unique(rows, return_index=True)
        with replace_file(self.path) as temporary:
            with temporary.open("wb") as file:
                for at in first:
                    file.write(views[source[at]][offset[at]].tobytes())
            del views
        for store in stores:
            store.path.unlink(missing_ok=True)


class RecordStore(RowStore):
    """The records of hidden vectors in a file, see ``record_type``."""

    def __init__(self, path: Path, steps: int, width: int) -> None:
        super().__init__(path, record_type(steps, width))
