"""Turn the picture of a lens into pixels, counts or a message for its panel, without any Qt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.widgets import messages
from dnnvis.app.widgets.captioned_image import ColorScale
from dnnvis.core.edit import Edit
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Picture
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging import colorize
from dnnvis.imaging.overlay import overlay
from dnnvis.imaging.views import ClearView, PixelBox, clear_view, view_of

OVERLAID_LENSES = ("layercam", "occlusion")  # drawn over what they are about
CAPTIONED_LENSES = ("layercam", "occlusion", "integrated")  # say themselves why all is zero


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
    #: The cut-out in the whole picture, None where all of it is shown.
    cut_out: PixelBox | None = None
    #: Height and width of the whole picture.
    size: tuple[int, int] = (0, 0)
    #: What the colors mean, where gray levels are signed numbers; None elsewhere.
    scale: ColorScale | None = None


def render_picture(
    picture: Picture, view: str, seen: NDArray[np.uint8] | None = None
) -> LensRendering:
    """Render ``picture`` in ``view``, unless the lens has already computed that view.

    ``seen`` is what the network saw, (H, W, C): maps of importance are laid over it.
    """
    values, scale = picture.values, picture.scale
    if scale == "signed" and not np.isfinite(values).any():
        return LensRendering(message=tr("Not one value of this picture is a finite number."))
    if scale != "rgb" and not values.any() and picture.recipe.get("lens") in CAPTIONED_LENSES:
        return LensRendering(message=picture.caption)
    if scale != "rgb" and not values.any():
        return LensRendering(message=_explain_zero(picture))
    rendered_view = picture.recipe.get("view", "raw")
    value_range = _symmetric_range(values) if scale == "signed" else None
    is_plain = view in ("raw", "clear")  # the views from strength on show the map itself
    is_overlaid = is_plain and picture.recipe.get("lens") in OVERLAID_LENSES
    if is_overlaid and seen is not None and seen.shape[:2] == values.shape[:2]:
        return _render_over(picture, seen)
    if scale == "signed" and rendered_view == "raw" and view == "clear":
        return _render_clear(picture)
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
    notes = describe_picture(picture, rendered_view, n_nonfinite, value_range)
    return LensRendering(pixels=pixels, notes=notes, scale=_signed_scale(values, scale))


def _render_over(picture: Picture, seen: NDArray[np.uint8]) -> LensRendering:
    """Render a map of importance over the picture that it is about."""
    values = picture.values.mean(2)
    limit = format_number(_symmetric_range(values)[1])
    meaning = tr("orange speaks for the unit, up to {limit}", limit=limit)
    if (values < 0).any():
        meaning = tr("orange speaks for the unit, blue against it, up to ±{limit}", limit=limit)
    n_nonfinite = int(np.count_nonzero(~np.isfinite(picture.values)))
    progress_text = f"{100 * picture.progress:.0f} %" if picture.progress < 1 else ""
    parts = (progress_text, meaning, picture.caption, messages.describe_nonfinite(n_nonfinite))
    return LensRendering(
        pixels=overlay(values, seen), notes=" · ".join(part for part in parts if part)
    )


def _explain_zero(picture: Picture) -> str:
    """Return why a picture is zero everywhere."""
    unit = picture.unit or tr("the unit")
    edits = (picture.recipe.get("network") or {}).get("edits") or ()
    if not edits:
        return tr(messages.ZERO_GRADIENT, unit=unit)
    titles = ", ".join(Edit.parse(text).title for text in edits)
    return tr(messages.ZERO_GRADIENT_EDITED, unit=unit, edits=titles)


def _signed_scale(values: NDArray[np.floating], scale: str) -> ColorScale | None:
    """Return what the gray levels of signed values mean."""
    if scale != "signed":
        return None
    low, high = _symmetric_range(values)
    return ColorScale((low, high), "gray", signed=True)


def _render_clear(picture: Picture) -> LensRendering:
    """Render a signed picture cut to its strong part, see ``clear_view``."""
    clear = clear_view(picture.values)
    n_nonfinite = int(np.count_nonzero(~np.isfinite(picture.values)))
    size = picture.values.shape[:2]
    pixels = colorize.values_to_rgb(clear.values, "signed")[0]
    progress_text = f"{100 * picture.progress:.0f} %" if picture.progress < 1 else ""
    parts = (
        progress_text,
        describe_clear_view(clear, size),
        picture.caption,
        messages.describe_nonfinite(n_nonfinite),
    )
    notes = " · ".join(part for part in parts if part)
    cut_out = clear.box if clear.box[2:] != size else None
    limits = -clear.limit, clear.limit
    return LensRendering(
        pixels=pixels,
        notes=notes,
        cut_out=cut_out,
        size=size,
        scale=ColorScale(limits, "gray", clear.exponent, signed=True),
    )


def describe_clear_view(clear: ClearView, size: tuple[int, int]) -> str:
    """Return in a few words what was done to a picture of ``size`` (H, W)."""
    area = clear.box[2] * clear.box[3] / (size[0] * size[1])
    return ", ".join(
        part
        for part in (
            tr("clipped at ±{limit} (99.5 %)", limit=format_number(clear.limit)),
            tr("cut to {percent:.0f} % of the picture", percent=100 * area) if area < 1 else "",
            tr("weak values raised (γ {gamma:.2g})", gamma=clear.exponent)
            if clear.exponent < 1
            else "",
        )
        if part
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
        tr("mid-grey = 0, range ±{limit}", limit=format_number(value_range[1]))
        if value_range
        else tr("mid-grey = 0")
    )
    meaning = {
        "raw": range_text if picture.scale == "signed" else "",
        "gray": tr("mean over colours, {range}", range=range_text),
        "norm": tr("length over colours, black = 0"),
        "normblur": tr("length over colours, blurred"),
        "positive": tr("sum of positive parts, black = 0"),
        "histogram": tr("values, red = the bin of zero"),
    }.get(view, "")
    progress_text = f"{100 * picture.progress:.0f} %" if picture.progress < 1 else ""
    parts = (progress_text, meaning, picture.caption, messages.describe_nonfinite(n_nonfinite))
    return " · ".join(part for part in parts if part)


def are_equal(picture: Picture, other: Picture) -> bool:
    """Return whether two lenses gave the same picture of one unit and frame, zero ones aside."""
    one, two = picture.values, other.values
    if (picture.unit, picture.frame, one.shape) != (other.unit, other.frame, two.shape):
        return False
    tolerance = 1e-4 * float(np.abs(one).max(initial=0))
    if not tolerance > 0:
        return False
    for step in (101, 1):  # nearly all that differ do so at once
        if not np.allclose(one.reshape(-1)[::step], two.reshape(-1)[::step], 0, tolerance):
            return False
    return True


def describe_equal_lenses(lens: str, others: Sequence[str]) -> str:
    """Say why ``others`` show the same picture as ``lens``; "" where none does."""
    names = [name for name in dict.fromkeys(others) if name != lens]
    if not names:
        return ""
    return tr(
        "The same picture as {names}: these lenses differ only in how they go back through "
        "rectifiers, and none lies before this layer",
        names=tr(" and ").join(names),
    )


def zero_bin(count: int) -> int:
    """Return the bin that holds 0 in a histogram over a range symmetric about 0."""
    return count // 2


def _symmetric_range(values: NDArray[np.floating]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    max_abs = float(np.abs(finite).max(initial=0))
    return -max_abs, max_abs
