"""Keep tuning curves in a network's library, the latest of each unit and kind."""

import json
import math
from typing import Any

import numpy as np

from dnnvis.core.probing.tuning import StimulusKind, TuningAxis, TuningCurve
from dnnvis.library.store.database import utc_now
from dnnvis.library.store.library import Library

#: Made when the first curve is kept: libraries of before have no such table.
TABLE = """
CREATE TABLE IF NOT EXISTS tunings (
    unit TEXT NOT NULL, kind TEXT NOT NULL, made TEXT NOT NULL, curve TEXT NOT NULL,
    PRIMARY KEY (unit, kind)) WITHOUT ROWID
"""
_HAS_TABLE = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'tunings'"


def save_tuning(library: Library, curve: TuningCurve) -> None:
    """Keep a whole curve in the place of the one before.

    Raises:
        BadInput: The library cannot be written.
        Busy: Another process writes into it.
    """
    data = {
        "axes": [[a.name, list(a.values), a.unit, a.period] for a in curve.axes],
        "responses": curve.responses.astype(float).tolist(),
        "baseline": curve.baseline,
        "caption": curve.caption,
        "recipe": curve.recipe,
    }
    with library.transaction():
        library.run(TABLE)
        library.run(
            "INSERT OR REPLACE INTO tunings VALUES (?, ?, ?, ?)",
            *(curve.unit, curve.kind, utc_now(), json.dumps(data)),
        )


def read_tuning(library: Library, unit: str, kind: StimulusKind) -> TuningCurve | None:
    """Return the curve that was kept of a unit; None where there is none that can be read."""
    if not library.rows(_HAS_TABLE):
        return None
    rows = library.rows("SELECT made, curve FROM tunings WHERE unit = ? AND kind = ?", unit, kind)
    if not rows:
        return None
    try:
        return _read(json.loads(rows[0][1]), unit, kind, library.network, str(rows[0][0]))
    except (ValueError, TypeError, KeyError, AttributeError):  # not as we write it
        return None


def _read(data: Any, unit: str, kind: StimulusKind, network: str, created: str) -> TuningCurve:
    axes = tuple(
        TuningAxis(str(name), tuple(map(float, values)), str(measure), float(period))
        for name, values, measure, period in data["axes"]
    )
    responses = np.array(data["responses"], np.float32)
    shape = (len(axes[0].values), len(axes[1].values) if len(axes) > 1 else 1)
    if responses.shape != shape or not math.isfinite(float(data["baseline"])):
        raise ValueError(shape)
    return TuningCurve(
        kind,
        unit,
        axes,
        responses,
        float(data["baseline"]),
        str(data["caption"]),
        dict(data["recipe"]),
        network,
        created=created,
    )
