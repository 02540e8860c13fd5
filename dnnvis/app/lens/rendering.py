"""Turn the picture of a lens into pixels, counts or a message for its panel, without any Qt."""

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
    """What a lens panel draws: pixels, or a histogram, or a message, and notes below."""

    #: The picture, uint8 (H, W, 3); None for a histogram or a message.
    pixels: NDArray[np.uint8] | None = None
    #: Counts of the histogram's bins (N,), over ``value_range``; None where there is none.
    counts: NDArray[np.floating] | None = None
    #: Lowest and highest value of the histogram.
    value_range: tuple[float, float] | None = None
    #: Shown in place of pixels and counts.
    message: str = ""
    #: Shown below.
    notes: str = ""


def render_picture(picture: Picture, view: str) -> LensRendering:
    """Render ``picture`` in ``view``, unless the lens has already computed that view."""
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
    """Return the line below a picture: what its colors mean and how it was computed.

    Args:
        picture: The lens's picture; its scale, progress and caption are described.
        view: Name of the view, such as "raw", "gray", "norm" or "histogram".
        n_nonfinite: How many of its values are not finite.
        value_range: Lowest and highest value, symmetric about 0; None where there is none.

    Returns:
        The parts that apply, joined by " · ".
    """
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
    """Return the bin that holds 0 in a histogram over a range symmetric about 0."""
    return count // 2


def _symmetric_range(values: NDArray[np.floating]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    max_abs = float(np.abs(finite).max(initial=0))
    return -max_abs, max_abs
