"""Write the examples of an activation map as a table, without any Qt."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.activation_map.colors import visible_rows
from dnnvis.core.activation_map import MapData
from dnnvis.core.stable_file import replace_file
from dnnvis.session.map_state import MapChoice

HEADINGS = (
    "row",
    "data index",
    "step",
    "z1",
    "z2",
    "class",
    "predicted",
    "true log10 e",
    "expected log10 e (2-d)",
    "expected log10 e (richer)",
    "1 - max",
    "test",
)


def select_rows(map_data: MapData, choice: MapChoice) -> NDArray[np.int64]:
    """Return the rows of the table: the picked ones, else all that are visible, in order."""
    picked = np.array(sorted(choice.picked), np.int64)
    picked = picked[(picked >= 0) & (picked < len(map_data.z))]
    if len(picked):
        return picked
    return np.flatnonzero(visible_rows(map_data, choice.colour, choice.off, choice.part))


def write_table(map_data: MapData, rows: NDArray[np.int64], path: Path) -> Path:
    """Write one line for each of ``rows`` under HEADINGS, whole or not at all.

    What is not known is left empty.

    Args:
        map_data: The map.
        rows: Rows of the map, in order.
        path: The CSV file; replaced only once all is written.

    Returns:
        ``path``.

    Raises:
        BadInput: The file cannot be written.
    """
    with (
        replace_file(path, create_folder=False) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(zip(*_columns(map_data, rows), strict=True))
    return path


def _columns(map_data: MapData, rows: NDArray[np.int64]) -> list[list[object]]:
    unknown = np.full(len(map_data.z), np.nan, np.float32)
    expected = [map_data.expected.get(kind, unknown) for kind in ("2d", "rich")]
    numbers = [map_data.log_e, *expected, map_data.doubt]
    z = map_data.z[rows]
    return [
        rows.tolist(),
        map_data.shown[rows].tolist(),
        map_data.step[rows].tolist(),
        *([f"{v:.6g}" for v in z[:, k]] for k in (0, 1)),
        *(
            [_class_label(map_data, int(k)) for k in which[rows]]
            for which in (map_data.labels, map_data.predicted)
        ),
        *([f"{v:.5g}" if np.isfinite(v) else "" for v in values[rows]] for values in numbers),
        map_data.test[rows].astype(int).tolist(),
    ]


def _class_label(map_data: MapData, number: int) -> str:
    if number < 0:
        return ""
    return map_data.classes[number] if number < len(map_data.classes) else str(number)
