"""Render the network's imagination that a run reports, as a strip and as colors, without any Qt."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.training.text import format_percent
from dnnvis.app.widgets.strip_rendering import (
    DIFFERENCE_NOTE,
    StripRow,
    render_difference,
)
from dnnvis.core.lens_results import Array, Strip
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging import colorize

Bytes = NDArray[np.uint8]
ROW_NOTES = {"imagination": "0 to 1", "difference": DIFFERENCE_NOTE}


def parse_strip(report: Mapping[str, Any]) -> Strip | None:
    """Parse the strip in a line that a run printed; None where it holds none.

    The columns are the states of the network; NaN fills the boards that have no counterpart where
    network and game take different numbers of steps (only the first and the last belong together
    there). ``marks`` state how many cells of each board are right.
    """
    try:
        height, width = (int(n) for n in report["size"])
        imagined = _decode_boards(report["imagined"], height, width).astype(np.float32) / 255
        truth = _decode_boards(report["truth"], height, width).astype(np.float32)
    except (KeyError, TypeError, ValueError):
        return None
    count = max(len(imagined), len(truth))
    imagined_states, true_states = _pad_boards(imagined, count), _pad_boards(truth, count)
    difference = imagined_states - true_states
    if len(imagined) != len(truth):
        difference[1:-1] = np.nan
    marks = [
        _format_mark(imagined_states[k], true_states[k]) if np.isfinite(difference[k]).all() else ""
        for k in range(count)
    ]
    rows = {"truth": true_states, "imagination": imagined_states, "difference": difference}
    return Strip({name: values[..., None] for name, values in rows.items()}, marks=tuple(marks))


def headings(strip: Strip) -> list[str]:
    """Return the names of the columns, those that the finished network's steps have."""
    count = len(strip.rows["imagination"])
    return name_steps(count)


def render_strip(strip: Strip, blank: tuple[int, int, int]) -> tuple[StripRow, ...]:
    """Render the rows as colors.

    Boards are gray from 0 to 1; the difference is what it is in the steps of a network that runs;
    ``blank`` is painted where there is no board.
    """
    rows = {name: values[..., 0] for name, values in strip.rows.items()}
    truth = rows["imagination"] - rows["difference"]
    pixels = {
        "truth": _render_gray(rows["truth"]),
        "imagination": _render_gray(rows["imagination"]),
        "difference": render_difference(rows["difference"], truth),
    }
    for name, values in rows.items():
        pixels[name][~np.isfinite(values)] = blank
    return tuple(
        StripRow(
            name,
            np.ascontiguousarray(p.reshape(-1, *p.shape[2:])),
            len(p),
            tr(ROW_NOTES.get(name, "")),
        )
        for name, p in pixels.items()
    )


def _decode_boards(encoded: Any, height: int, width: int) -> Bytes:
    """Decode boards as uint8 (boards, height, width), at least two.

    Raises:
        ValueError: The encoded boards do not fit.
        TypeError: They are no encoded boards.
    """
    values = np.frombuffer(base64.b64decode(encoded, validate=True), np.uint8)
    boards = values.reshape(-1, height, width)
    if len(boards) < 2:
        raise ValueError("a first and a last board are the least")
    return boards


def _pad_boards(boards: NDArray[np.floating], count: int) -> Array:
    """Pad ``boards`` to ``count``: all but the last first, then NaN, then the last one."""
    padded = np.full((count, *boards.shape[1:]), np.nan, np.float32)
    padded[: len(boards) - 1] = boards[:-1]
    padded[-1] = boards[-1]
    return padded


def _format_mark(imagined: Array, truth: Array) -> str:
    return format_percent(float(np.mean((imagined >= 0.5) == (truth >= 0.5))))


def _render_gray(boards: Array) -> Bytes:
    flat = np.nan_to_num(boards).reshape(-1, boards.shape[2])
    return colorize.map_to_rgb(flat, 0.0, 1.0, "gray").reshape(*boards.shape, 3)


def name_steps(count: int) -> list[str]:
    """Return what the steps of a network are called: ``0  encoder``, ``1  cell`` and so on."""
    return [tr("{number}  cell", number=k) if k else tr("0  encoder") for k in range(count)]
