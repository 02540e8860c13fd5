"""What a lens panel draws of a picture, and its files, without any Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.widgets import messages
from dnnvis.core.lens_results import Picture, view_of
from dnnvis.imaging import colorize


@dataclass(frozen=True, eq=False)
class Drawn:
    """Either ``pixels`` uint8 (H, W, 3), or ``counts`` (N,) of a histogram over ``span``, or
    ``words`` in their place; ``notes`` stand below."""

    pixels: NDArray[np.uint8] | None = None
    counts: NDArray[np.floating] | None = None
    span: tuple[float, float] | None = None
    words: str = ""
    notes: str = ""


def drawn(picture: Picture, view: str) -> Drawn:
    """``picture`` in ``view``, unless the lens has already made that view of it."""
    values, scale = picture.values, picture.scale
    if scale == "signed" and not np.isfinite(values).any():
        return Drawn(words="Not one value of this picture is a finite number.")
    if scale != "rgb" and not values.any():
        return Drawn(words=messages.ZERO.format(unit=picture.unit or "the unit"))
    made = picture.recipe.get("view", "raw")
    span = _span(values) if scale == "signed" else None
    if scale == "signed" and made == "raw":
        values, scale = view_of(np.nan_to_num(values), view)
        made = view
    if made == "histogram":
        return Drawn(counts=values.reshape(-1), span=span, notes=notes(picture, made, 0, span))
    pixels, bad = colorize.picture_rgb(values, scale)
    return Drawn(pixels=pixels, notes=notes(picture, made, bad, span))


def notes(picture: Picture, view: str, bad: int, span: tuple[float, float] | None) -> str:
    """The line below a picture: what its colours mean and how it was made."""
    reach = f"mid-grey = 0, range ±{messages.number(span[1])}" if span else "mid-grey = 0"
    meaning = {
        "raw": reach if picture.scale == "signed" else "",
        "gray": f"mean over colours, {reach}",
        "norm": "length over colours, black = 0",
        "normblur": "length over colours, blurred",
        "positive": "sum of positive parts, black = 0",
        "histogram": "values, red = the bin of zero",
    }.get(view, "")
    running = f"{100 * picture.progress:.0f} %" if picture.progress < 1 else ""
    parts = (running, meaning, picture.caption, messages.bad(bad))
    return " · ".join(part for part in parts if part)


def zero_bin(count: int) -> int:
    """The bin that holds 0 of a histogram over a range symmetric about 0."""
    return count // 2


def file_name(picture: Picture, lens: str) -> str:
    """A name for the picture's files, without a suffix: ``deconvnet conv3[17] frame 142``."""
    frame = f" frame {picture.frame}" if picture.frame >= 0 else ""
    name = f"{lens} {picture.unit}{frame}".strip()
    return "".join(letter if letter not in '/\\:*?"<>|' else "-" for letter in name)


def _span(values: NDArray[np.floating]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    reach = float(np.abs(finite).max(initial=0))
    return -reach, reach
