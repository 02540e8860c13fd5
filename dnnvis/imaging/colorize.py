"""From float values to colours, without any Qt.

Values become indices first: 0 .. ``TOP`` are the data, ``MIDDLE`` is zero of signed data,
``LINE`` the lines between maps, ``BAD`` what is not a finite number (drawn magenta).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.lens_results import with_contrast
from dnnvis.imaging.colormaps import table

Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating]

TOP, LINE, BAD = 252, 253, 254
MIDDLE = TOP // 2
MAGENTA = (255, 0, 255)
_FINE = 4094  # steps before gamma (253 would show as bands); even, so that zero is one of them


def indices(
    maps: Floats,
    low: float | Floats,
    high: float | Floats,
    *,
    gamma: float = 1.0,
    signed: bool = False,
) -> Bytes:
    """Indices (N, H, W) of ``maps`` between ``low`` and ``high``, numbers or one per map (N,).

    With gamma g a value at t of the way is drawn at t^g; signed data keeps its sign:
    sign(t) |t|^g about the middle. A range of no width draws everything at its lowest colour.
    """
    low, high = _per_map(low), _per_map(high)
    top = TOP if gamma == 1.0 else _FINE
    width = high - low
    factor = np.where(width > 0, top / np.where(width > 0, width, 1), 0).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):  # with_bad marks what is not finite
        scaled = np.multiply(maps, factor, dtype=np.float32)
        scaled += (0.5 - low * factor).astype(np.float32)
        np.clip(scaled, 0, top, out=scaled)
        if gamma == 1.0:
            return scaled.astype(np.uint8)
        return _gamma_table(gamma, signed).take(scaled.astype(np.uint16), mode="clip")


def with_bad(drawn: Bytes, maps: Floats) -> tuple[Bytes, int]:
    """``drawn`` with ``BAD`` where ``maps`` is not finite, and how many such values there are."""
    bad = ~np.isfinite(maps)
    count = int(np.count_nonzero(bad))
    if count:
        drawn = drawn.copy()
        drawn[bad] = BAD
    return drawn, count


def extents(maps: Floats) -> tuple[Floats, Floats, bool]:
    """The least and greatest value of each map (N, H, W) -> (N,), (N,), and whether all
    values are finite; those that are not are left out, a map of none counts as 0."""
    flat = maps.reshape(len(maps), -1)
    low, high = flat.min(1), flat.max(1)
    if np.isfinite(low).all() and np.isfinite(high).all():
        return low, high, True
    finite = np.isfinite(flat)
    none = ~finite.any(1)
    low = np.where(none, 0, np.where(finite, flat, np.inf).min(1))
    high = np.where(none, 0, np.where(finite, flat, -np.inf).max(1))
    return low.astype(np.float32), high.astype(np.float32), False


def colours(name: str, line: tuple[int, int, int] = (0, 0, 0)) -> Bytes:
    """What each index looks like (256, 3): the table ``name``, then LINE and BAD."""
    full = np.zeros((256, 3), np.uint8)
    full[: TOP + 1] = table(name)[np.round(np.linspace(0, 255, TOP + 1)).astype(int)]
    if name == "signed":
        full[MIDDLE] = table(name)[127:129].max(0)
    full[LINE], full[BAD] = line, MAGENTA
    return full


def gammaed(t: Floats, gamma: float, signed: bool = False) -> Floats:
    """Where a value at ``t`` in [0, 1] of its range is drawn, in [0, 1]."""
    if not signed:
        return t**gamma
    centred = 2 * t - 1
    return (np.sign(centred) * np.abs(centred) ** gamma + 1) / 2


@lru_cache(16)
def _gamma_table(gamma: float, signed: bool) -> Bytes:
    t = gammaed(np.linspace(0, 1, _FINE + 1), gamma, signed)
    return (t * TOP + 0.5).astype(np.uint8)


def _per_map(bound: float | Floats) -> Floats:
    bound = np.asarray(bound, np.float32)
    return bound[:, None, None] if bound.ndim else bound


def picture_rgb(values: Floats, scale: str) -> tuple[Bytes, int]:
    """A Picture's values (H, W, C) as colours (H, W, 3), and how many were not finite.

    ``rgb``: [0, 1] as it is. ``centred``: with contrast about its middle colour. ``signed``:
    zero is mid-grey (128), the range symmetric about it.
    ``positive``: black is zero, white the greatest value. One channel is drawn gray; of two
    the third is empty; of more than three the first three are drawn.
    """
    finite = np.isfinite(values)
    clean = np.where(finite, values, 0).astype(np.float32)
    reach = float(np.abs(clean).max()) if clean.size else 0.0
    if scale == "centred":
        clean = with_contrast(clean)[0]
    if scale == "signed":
        clean = 0.5 + clean / (2 * reach) if reach > 0 else np.full_like(clean, 0.5)
    elif scale == "positive":
        clean = clean / reach if reach > 0 else clean
    drawn = three((np.clip(clean, 0, 1) * 255 + 0.5).astype(np.uint8))
    drawn[~finite.all(2)] = MAGENTA
    return drawn, int(finite.size - np.count_nonzero(finite))


def crop_rgb(values: Floats) -> Bytes:
    """The crop of a backward picture (H, W, C) as colours (H, W, 3): gray is zero, and the range
    ends where all but one value in 200 lie within, else a few strong pixels leave the others
    invisible."""
    finite = np.abs(values[np.isfinite(values)])
    reach = float(np.percentile(finite, 99.5)) if finite.size else 0.0
    return picture_rgb(np.clip(values, -reach, reach) if reach > 0 else values, "signed")[0]


def map_rgb(values: Floats, low: float, high: float, name: str, gamma: float = 1.0) -> Bytes:
    """One map (H, W) in the colours of a table (H, W, 3)."""
    drawn = indices(np.nan_to_num(values)[None], low, high, gamma=gamma, signed=name == "signed")
    pixels: Bytes = colours(name)[with_bad(drawn, values[None])[0][0]]
    return pixels


def three(pixels: Bytes) -> Bytes:
    """Pixels (H, W, C) as (H, W, 3), contiguous and safe to write to."""
    channels = pixels.shape[2]
    if channels == 1:
        return np.repeat(pixels, 3, 2)
    if channels == 2:
        return np.concatenate([pixels, np.zeros_like(pixels[:, :, :1])], 2)
    return np.array(pixels[:, :, :3], order="C")


def blend(seen: Bytes, map_: Floats, overlay: str, name: str) -> Bytes:
    """A unit's map (h, w) over the picture (H, W, C), as in Poznanski's toolbox.

    The map is brought to the picture's size, blurred with sigma = 2 % of the longer side and
    stretched to [0, 1]; weight = value^0.8. The photo shows through where the unit is active
    (``overlay`` active) or where it is not (inactive); elsewhere the map's colours show.
    """
    from dnnvis.core.lens_results import blurred

    height, width = seen.shape[:2]
    smooth = blurred(resized(map_, height, width), 0.02 * max(height, width))
    low, high = float(smooth.min()), float(smooth.max())
    unit = (smooth - low) / (high - low) if high > low else np.zeros_like(smooth)
    weight = unit[:, :, None] ** 0.8
    weight = 1 - weight if overlay == "inactive" else weight
    painted = map_rgb(unit, 0, 1, name).astype(np.float32)
    mixed = weight * three(seen) + (1 - weight) * painted
    return (mixed + 0.5).astype(np.uint8)


def resized(map_: Floats, height: int, width: int) -> Floats:
    """A map (h, w) at another size, between cell centres linearly, edges repeated."""
    rows, columns = map_.shape
    y = np.clip((np.arange(height) + 0.5) * rows / height - 0.5, 0, rows - 1)
    x = np.clip((np.arange(width) + 0.5) * columns / width - 0.5, 0, columns - 1)
    top, left = y.astype(int), x.astype(int)
    down, right = np.minimum(top + 1, rows - 1), np.minimum(left + 1, columns - 1)
    a, b = (y - top)[:, None].astype(np.float32), (x - left)[None].astype(np.float32)
    upper = map_[top][:, left] * (1 - b) + map_[top][:, right] * b
    lower = map_[down][:, left] * (1 - b) + map_[down][:, right] * b
    mixed: Floats = np.nan_to_num(upper * (1 - a) + lower * a).astype(np.float32)
    return mixed
