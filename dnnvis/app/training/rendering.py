"""What a run tells of its network's imagination, as a strip and as colours, without any Qt."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.training.text import share
from dnnvis.app.widgets.strip_rendering import ALIVE, DEAD, MISSED, TOO_ALIVE, DrawnRow
from dnnvis.core.lens_results import Array, Strip
from dnnvis.imaging import colorize

Bytes = NDArray[np.uint8]
NOTES = {"imagination": "0 to 1", "difference": "red: not alive\nblue: missed"}


def strip_of(said: Mapping[str, Any]) -> Strip | None:
    """The strip in a line that a run printed; None where there is none in it.

    The columns are the states of the network; NaN fills the boards that have no counterpart
    where network and game take different numbers of steps (only the first and the last belong
    together there). ``marks`` say how many cells of each board are right.
    """
    try:
        high, wide = (int(n) for n in said["size"])
        imagined = _boards(said["imagined"], high, wide).astype(np.float32) / 255
        truth = _boards(said["truth"], high, wide).astype(np.float32)
    except (KeyError, TypeError, ValueError):
        return None
    count = max(len(imagined), len(truth))
    made, true = _spread(imagined, count), _spread(truth, count)
    difference = made - true
    if len(imagined) != len(truth):
        difference[1:-1] = np.nan
    marks = [_mark(made[k], true[k]) if np.isfinite(difference[k]).all() else ""
             for k in range(count)]  # fmt: skip
    rows = {"truth": true, "imagination": made, "difference": difference}
    return Strip({name: values[..., None] for name, values in rows.items()}, marks=tuple(marks))


def headings(strip: Strip) -> list[str]:
    """The names of the columns."""
    count = len(strip.rows["imagination"])
    return ["start", *(f"state {k}" for k in range(1, count - 1)), "final"]


def drawn(strip: Strip, blank: tuple[int, int, int]) -> tuple[DrawnRow, ...]:
    """The rows as colours: boards gray from 0 to 1, in the difference the wrong cells over the
    others' ghost; ``blank`` where there is no board."""
    rows = {name: values[..., 0] for name, values in strip.rows.items()}
    made, true = rows["imagination"] >= 0.5, rows["truth"] >= 0.5
    table = np.array((DEAD, MISSED, TOO_ALIVE, ALIVE), np.uint8)
    pixels = {
        "truth": _gray(rows["truth"]),
        "imagination": _gray(rows["imagination"]),
        "difference": table[2 * made + true],
    }
    for name, values in rows.items():
        pixels[name][~np.isfinite(values)] = blank
    return tuple(
        DrawnRow(
            name, np.ascontiguousarray(p.reshape(-1, *p.shape[2:])), len(p), NOTES.get(name, "")
        )
        for name, p in pixels.items()
    )


def _boards(coded: Any, high: int, wide: int) -> Bytes:
    """uint8 (boards, high, wide), at least two; raises ValueError or TypeError."""
    values = np.frombuffer(base64.b64decode(coded, validate=True), np.uint8)
    boards = values.reshape(-1, high, wide)
    if len(boards) < 2:
        raise ValueError("a first and a last board are the least")
    return boards


def _spread(boards: NDArray[np.floating], count: int) -> Array:
    """``boards`` in ``count`` places: the last one in the last place, NaN before it."""
    spread = np.full((count, *boards.shape[1:]), np.nan, np.float32)
    spread[: len(boards) - 1] = boards[:-1]
    spread[-1] = boards[-1]
    return spread


def _mark(made: Array, true: Array) -> str:
    return share(float(np.mean((made >= 0.5) == (true >= 0.5))))


def _gray(boards: Array) -> Bytes:
    flat = np.nan_to_num(boards).reshape(-1, boards.shape[2])
    return colorize.map_rgb(flat, 0.0, 1.0, "gray").reshape(*boards.shape, 3)
