"""Open tables of pictures as the Hugging Face hub has them, where pyarrow is installed."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.sources.data.dataset import Origin, Pixels, compute_mark, read_stat
from dnnvis.sources.image_files import read_with_notes

LABEL_COLUMNS = ("label", "labels", "fine_label", "class", "cls")


class ParquetImages:
    """The pictures of parquet files; fast only in order, since a group of rows is read at once."""

    kind = "parquet"
    in_order = True
    parts: tuple[int, ...] = ()

    def __init__(self, path: Path, files: Sequence[Path]) -> None:
        self.address = str(path.resolve())
        self.mark = compute_mark(read_stat(file) for file in files)
        self._lock = threading.Lock()
        self._files = [_open_table(file) for file in files]
        self._image, self._label, self._names = _find_columns(self._files[0], path)
        #: Of each group of rows: table, number of the group, first picture.
        self._groups: list[tuple[Any, int, int]] = []
        self._count = 0
        for table in self._files:
            for group in range(table.num_row_groups):
                self._groups.append((table, group, self._count))
                self._count += table.metadata.row_group(group).num_rows
        self._current: tuple[int, Any, Any] | None = None

    def __len__(self) -> int:
        return self._count

    def name(self, number: int) -> str:
        """Return the name of a picture."""
        return f"row {number}"

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a picture uint8 (H, W, C), and its class; raise BadInput where it is broken."""
        with self._lock:
            value, label = self._read_row(number)
        data = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(data, bytes):
            raise BadInput(f"Row {number} of {self.address} holds no picture, at most its name.")
        decoded = read_with_notes(Path("row"), data, f"row {number} of {self.address}")
        return decoded.pixels, Origin(label=self._format_label(label), notes=decoded.notes)

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for table in self._files:
                table.close()

    def _read_row(self, number: int) -> tuple[Any, Any]:
        index = max(k for k, (_, _, first) in enumerate(self._groups) if first <= number)
        if self._current is None or self._current[0] != index:
            table, group, _ = self._groups[index]
            columns = [self._image] + ([self._label] if self._label else [])
            try:
                rows = table.read_row_group(group, columns=columns)
            except Exception:
                raise BadInput(f"{self.address} is broken; get a whole copy of it.") from None
            labels = rows.column(self._label) if self._label else None
            self._current = index, rows.column(self._image), labels
        _, images, labels = self._current
        row = number - self._groups[index][2]
        return images[row].as_py(), None if labels is None else labels[row].as_py()

    def _format_label(self, label: Any) -> str:
        if isinstance(label, int) and 0 <= label < len(self._names):
            return self._names[label]
        return "" if label is None else str(label)


def _open_table(file: Path) -> Any:
    try:
        import pyarrow.parquet  # lazy: optional
    except ImportError:
        raise BadInput(
            f"{file} is a parquet table; install pyarrow (pip install pyarrow) to open it."
        ) from None
    try:
        return pyarrow.parquet.ParquetFile(file)
    except Exception:
        raise BadInput(f"{file} is no whole parquet table; get a whole copy of it.") from None


def _find_columns(table: Any, path: Path) -> tuple[str, str, list[str]]:
    """Return the columns of the pictures and of their classes ("" for none), and their names."""
    schema = table.schema_arrow
    images = [
        field.name
        for field in schema
        if str(field.type) in ("binary", "large_binary") or "bytes: binary" in str(field.type)
    ]
    if not images:
        raise BadInput(f"{path} has no column of pictures, only {', '.join(schema.names)}.")
    image = next((name for name in images if name in ("image", "img")), images[0])
    label = next((name for name in LABEL_COLUMNS if name in schema.names), "")
    return image, label, _read_class_names(schema.metadata or {}, label)


def _read_class_names(metadata: dict[bytes, bytes], label: str) -> list[str]:
    """Return the names of the classes in what the library `datasets` writes beside a table."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        names = features[label]["names"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [str(name) for name in names] if isinstance(names, list) else []
