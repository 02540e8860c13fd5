"""Read two columns of numbers and a column of labels from a CSV file."""

import csv
import io
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane import PLANE_LIMIT, PlanePoints
from dnnvis.core.stable_file import read_stable
from dnnvis.sources.plane.sets import COUNTS, EXTENT, split_points

SUFFIXES = (".csv", ".tsv")
MAX_BYTES = 64 << 20
MAX_QUOTED_LETTERS = 30
MARK = "#"  # between the file and the names of its columns


def read_table(text: str, *, seed: int = 0) -> PlanePoints:
    """Read ``FILE.csv`` or ``FILE.csv#x,y,label``.

    Without names the first two columns in which most cells are numbers are the plane, and the last
    other column is the label. Between semicolons or tabs a number may have a decimal comma. Each
    axis is stretched to [-EXTENT, EXTENT].

    Args:
        text: The path, with the names (or numbers from 1) of three columns behind ``#``.
        seed: Of which rows are for testing.

    Returns:
        The points.

    Raises:
        BadInput: The file cannot be read, or a value in it is no number; the sentence names the
            line and the column.
    """
    path, names = split_columns(text)
    rows, header = _read_rows(path)
    columns = _choose_columns(rows, header, names, path)
    x, y = (_read_numbers(rows, header, column, path) for column in columns[:2])
    labels, classes = _read_labels(rows, header, columns[2], path)
    points, ranges = _fit_to_plane(np.stack([x, y], 1), header, columns, path)
    split = split_points(points, labels, seed=seed)
    axes = header[columns[0]], header[columns[1]]
    return PlanePoints(split.points, split.labels, split.is_test, axes, classes, ranges)


def split_columns(text: str) -> tuple[Path, tuple[str, ...]]:
    """Split ``FILE.csv#x,y,label`` into the path and the names of three columns, () for none."""
    whole = Path(text).expanduser()
    if whole.exists() or MARK not in text:
        return whole, ()
    file, _, names = text.rpartition(MARK)
    columns = tuple(name.strip() for name in names.split(","))
    if len(columns) != 3 or not all(columns):
        raise BadInput(f"Behind {MARK} stand three columns, x,y,label, not '{names}'.")
    return Path(file).expanduser(), columns


def _read_rows(path: Path) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Return (line number, cells) of each row of values, and what the columns are called."""
    content = _read_text(path)
    delimiter = max(";\t,", key=content[:4096].count)  # commas may be those of decimals
    try:
        reader = csv.reader(io.StringIO(content), delimiter=delimiter)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadInput(f"{path} is no table: {error}.") from None
    if delimiter != ",":
        rows = [(line, list(map(_point_decimals, row))) for line, row in rows]
    if not rows:
        raise BadInput(f"{path} holds no rows.")
    first = rows[0][1]
    for line, row in rows:
        if len(row) != len(first):
            columns = f"{len(row)} columns where the first has {len(first)}"
            raise BadInput(f"{path}, line {line}: {columns}.")
    if any(map(_is_number, first)):
        header = [str(k + 1) for k in range(len(first))]
    else:
        header, rows = [cell.strip() for cell in first], rows[1:]
    if not COUNTS[0] <= len(rows) <= COUNTS[1]:
        limits = f"{COUNTS[0]} to {COUNTS[1]:,}"
        found = f"{len(rows):,} row{'s' if len(rows) != 1 else ''} of values"
        raise BadInput(f"{path} has {found}; it takes {limits}.")
    return rows, header


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path} is larger than {MAX_BYTES >> 20} MB.")
        return read_stable(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text in UTF-8.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None


def _choose_columns(
    rows: list[tuple[int, list[str]]], header: list[str], names: tuple[str, ...], path: Path
) -> list[int]:
    """Return the indices of x, y and the label."""
    if names:
        numbered = {str(k + 1): k for k in range(len(header))}
        known = numbered | {name: k for k, name in enumerate(header)}
        missing = [name for name in names if name not in known]
        if missing:
            raise BadInput(
                f"{path} has no column {' and no '.join(missing)}; it has {', '.join(header)}."
            )
        return [known[name] for name in names]
    if len(header) < 3:
        found = "one column" if len(header) == 1 else "two columns"
        raise BadInput(f"{path} has {found}; three are needed: two numbers and a label.")
    label = len(header) - 1
    counts = [sum(_is_number(row[k]) for _, row in rows) for k in range(label)]
    numeric = [k for k, count in enumerate(counts) if count > len(rows) / 2]
    if len(numeric) < 2:
        raise BadInput(
            f"{path} has no two columns of numbers before its last, the label: line {rows[0][0]} "
            f"begins with {_quote(rows[0][1][0])}. Name three columns: {path.name}{MARK}x,y,label."
        )
    return [*numeric[:2], label]


def _read_numbers(
    rows: list[tuple[int, list[str]]], header: list[str], column: int, path: Path
) -> NDArray[np.float64]:
    values = np.empty(len(rows))
    for k, (line, row) in enumerate(rows):
        try:
            values[k] = float(row[column])
        except ValueError:
            values[k] = np.nan
        if not np.isfinite(values[k]):
            raise BadInput(
                f"{path}, line {line}: column {header[column]} holds {_quote(row[column])}, which "
                "is no number; mend or leave out the row."
            )
    return values


def _read_labels(
    rows: list[tuple[int, list[str]]], header: list[str], column: int, path: Path
) -> tuple[NDArray[np.float64], tuple[str, str]]:
    """Return labels -1 and 1, and what stood there for each."""
    texts = [row[column].strip() for _, row in rows]
    found = sorted(set(texts))
    if len(found) != 2 or "" in found:
        shown = ", ".join(map(_quote, found[:4])) + (", ..." if len(found) > 4 else "")
        raise BadInput(
            f"{path}: the labels in column {header[column]} are of {len(found)} "
            f"kind{'s' if len(found) != 1 else ''} ({shown}); the playground tells two apart."
        )
    return np.where(np.array(texts) == found[1], 1.0, -1.0), (found[0], found[1])


def _fit_to_plane(
    values: NDArray[np.float64], header: list[str], columns: list[int], path: Path
) -> tuple[NDArray[np.float64], tuple[tuple[float, float], tuple[float, float]]]:
    """Return the columns stretched to the plane, and what its edges stand for in their units."""
    low, high = values.min(0), values.max(0)
    for axis in (0, 1):
        if not high[axis] > low[axis]:
            name = header[columns[axis]]
            raise BadInput(f"{path}: all values in column {name} are {low[axis]:g}.")
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    edge = half * (PLANE_LIMIT / EXTENT)
    ranges = tuple((float(m - e), float(m + e)) for m, e in zip(middle, edge, strict=True))
    stretched = (values - middle) / half * EXTENT
    # nearly equal values of many digits are rounded, and would lie beyond the plane
    return np.clip(stretched, -EXTENT, EXTENT), (ranges[0], ranges[1])


def _point_decimals(cell: str) -> str:
    """Return a number with a decimal comma as one with a point; any other cell as it is."""
    is_decimal = re.fullmatch(r"\s*[+-]?\d+,\d+([eE][+-]?\d+)?\s*", cell)
    return cell.replace(",", ".") if is_decimal else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _quote(cell: str) -> str:
    text = cell.strip()
    short = text if len(text) <= MAX_QUOTED_LETTERS else f"{text[:MAX_QUOTED_LETTERS]}..."
    return f"'{short}'" if short else "nothing"
