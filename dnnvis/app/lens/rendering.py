"""What a lens panel draws of a picture, and its files, without any Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.widgets import messages
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Picture
from dnnvis.imaging import colorize
from dnnvis.imaging.views import view_of


@dataclass(frozen=True, eq=False)
class LensRendering:
    """Either ``pixels`` uint8 (H, W, 3), or ``counts`` (N,) of a histogram over ``value_range``, or
    ``message`` in their place; ``notes`` stand below."""

    pixels: NDArray[np.uint8] | None = None
    counts: NDArray[np.floating] | None = None
    value_range: tuple[float, float] | None = None
    message: str = ""
    notes: str = ""


def render_picture(picture: Picture, view: str) -> LensRendering:
    """``picture`` in ``view``, unless the lens has already made that view of it."""
    values, scale = picture.values, picture.scale
    if scale == "signed" and not np.isfinite(values).any():
        return LensRendering(message="Not one value of this picture is a finite number.")
    if scale != "rgb" and not values.any():
        return LensRendering(message=messages.ZERO_GRADIENT.format(unit=picture.unit or "the unit"))
    rendered_view = picture.recipe.get("view", "raw")
    value_range = _symmetric_range(values) if scale == "signed" else None
    if scale == "signed" and rendered_view == "raw":
        values, scale = view_of(np.nan_to_num(values), view)
        rendered_view = view
    if rendered_view == "histogram":
        return LensRendering(
            counts=values.reshape(-1),
            value_range=value_range,
            notes=describe_picture(picture, rendered_view, 0, value_range),
        )
    pixels, n_nonfinite = colorize.values_to_rgb(values, scale)
    return LensRendering(
        pixels=pixels, notes=describe_picture(picture, rendered_view, n_nonfinite, value_range)
    )


def describe_picture(
    picture: Picture, view: str, n_nonfinite: int, value_range: tuple[float, float] | None
) -> str:
    """The line below a picture: what its colours mean and how it was made."""
    range_text = (
        f"mid-grey = 0, range ±{format_number(value_range[1])}" if value_range else "mid-grey = 0"
    )
    meaning = {
        "raw": range_text if picture.scale == "signed" else "",
        "gray": f"mean over colours, {range_text}",
        "norm": "length over colours, black = 0",
        "normblur": "length over colours, blurred",
        "positive": "sum of positive parts, black = 0",
        "histogram": "values, red = the bin of zero",
    }.get(view, "")
    progress_text = f"{100 * picture.progress:.0f} %" if picture.progress < 1 else ""
    parts = (progress_text, meaning, picture.caption, messages.describe_nonfinite(n_nonfinite))
    return " · ".join(part for part in parts if part)


def zero_bin(count: int) -> int:
    """The bin that holds 0 of a histogram over a range symmetric about 0."""
    return count // 2


def _symmetric_range(values: NDArray[np.floating]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    max_abs = float(np.abs(finite).max(initial=0))
    return -max_abs, max_abs
