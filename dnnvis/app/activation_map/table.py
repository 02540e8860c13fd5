"""The examples of an activation map as a table, without any Qt."""

import csv
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.activation_map.colors import visible
from dnnvis.core.activation_map import Cloud
from dnnvis.core.errors import BadInput
from dnnvis.session.map_state import MapChoice

HEADINGS = (
    "row", "data index", "step", "z1", "z2", "class", "predicted", "true log10 e",
    "expected log10 e (2-d)", "expected log10 e (richer)", "1 - max", "test",
)  # fmt: skip


def rows_of(cloud: Cloud, choice: MapChoice) -> NDArray[np.int64]:
    """The rows of the table: the picked ones, else all that are visible, in order."""
    picked = np.array(sorted(choice.picked), np.int64)
    picked = picked[(picked >= 0) & (picked < len(cloud.z))]
    if len(picked):
        return picked
    return np.flatnonzero(visible(cloud, choice.colour, choice.off, choice.part))


def write_table(cloud: Cloud, rows: NDArray[np.int64], place: Path) -> Path:
    """Write one line for each of ``rows`` under HEADINGS, whole or not at all; what is not
    known is left empty. Raises BadInput where it cannot be written."""
    fresh = place.with_name(f"{place.name}.new")
    try:
        with fresh.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows(zip(*_columns(cloud, rows), strict=True))
        os.replace(fresh, place)
    except OSError as why:
        fresh.unlink(missing_ok=True)
        reason = (why.strerror or "it cannot be written").lower()
        raise BadInput(
            f"The table could not be written to {place}: {reason}. Choose another file."
        ) from None
    return place


def _columns(cloud: Cloud, rows: NDArray[np.int64]) -> list[list[object]]:
    nothing = np.full(len(cloud.z), np.nan, np.float32)
    expected = [cloud.expected.get(kind, nothing) for kind in ("2d", "rich")]
    numbers = [cloud.log_e, *expected, cloud.doubt]
    z = cloud.z[rows]
    return [
        rows.tolist(),
        cloud.shown[rows].tolist(),
        cloud.step[rows].tolist(),
        *([f"{v:.6g}" for v in z[:, k]] for k in (0, 1)),
        *([_name(cloud, int(k)) for k in which[rows]] for which in (cloud.labels, cloud.predicted)),
        *([f"{v:.5g}" if np.isfinite(v) else "" for v in values[rows]] for values in numbers),
        cloud.test[rows].astype(int).tolist(),
    ]


def _name(cloud: Cloud, number: int) -> str:
    if number < 0:
        return ""
    return cloud.classes[number] if number < len(cloud.classes) else str(number)
