"""Turn float values into colors, without any Qt.

Values become indices first: 0 .. ``TOP_INDEX`` are the data, ``ZERO_INDEX`` is zero of signed
data, ``LINE_INDEX`` the lines between maps, ``NONFINITE_INDEX`` what is not a finite number
(drawn magenta).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging.colormaps import colormap
from dnnvis.imaging.views import gaussian_blur, with_contrast

Bytes = NDArray[np.uint8]
Floats = NDArray[np.floating]

TOP_INDEX, LINE_INDEX, NONFINITE_INDEX = 252, 253, 254
ZERO_INDEX = TOP_INDEX // 2
MAGENTA = (255, 0, 255)
CHUNK_VALUES = 1 << 16  # that are quantized at once: what lies in between stays in the cache
_GAMMA_STEPS = 4094  # before gamma (253 would show as bands); even, so that zero is one of them


def quantize(
    maps: Floats,
    low: float | Floats,
    high: float | Floats,
    *,
    gamma: float = 1.0,
    signed: bool = False,
) -> Bytes:
    """Quantize maps to indices.

    With gamma g a value at t of the way is drawn at t^g; signed data keeps its sign:
    sign(t) |t|^g about the middle. A range of no width draws everything at its lowest color.

    Args:
        maps: Maps (N, H, W).
        low: Value of the lowest index, one number or one per map (N,).
        high: Value of the highest index, one number or one per map (N,).
        gamma: Exponent, above 0.
        signed: Whether zero is the middle of the range.

    Returns:
        Indices uint8 (N, H, W) in 0 .. ``TOP_INDEX``.
    """
    low, high = _broadcast_per_map(low), _broadcast_per_map(high)
    top = TOP_INDEX if gamma == 1.0 else _GAMMA_STEPS
    width = high - low
    factor = np.where(width > 0, top / np.where(width > 0, width, 1), 0).astype(np.float32)
    offset = (0.5 - low * factor).astype(np.float32)
    table = None if gamma == 1.0 else _gamma_table(gamma, signed)
    indices = np.empty(maps.shape, np.uint8)
    step = max(1, CHUNK_VALUES * len(maps) // max(maps.size, 1))
    with np.errstate(over="ignore", invalid="ignore"):  # see mark_nonfinite
        for start in range(0, len(maps), step):
            part = slice(start, start + step)
            scaled = np.multiply(maps[part], _part(factor, part), dtype=np.float32)
            scaled += _part(offset, part)
            np.clip(scaled, 0, top, out=scaled)
            if table is None:
                indices[part] = scaled  # truncated
            else:
                table.take(scaled.astype(np.uint16), mode="clip", out=indices[part])
    return indices


def _part(bound: Floats, part: slice) -> Floats:
    """Return those of the numbers for each map that belong to some maps; one for all as it is."""
    return bound[part] if bound.ndim and len(bound) > 1 else bound


def mark_nonfinite(indices: Bytes, maps: Floats) -> tuple[Bytes, int]:
    """Return ``indices`` with ``NONFINITE_INDEX`` where ``maps`` is not finite.

    The second result is how many such values there are.
    """
    bad = ~np.isfinite(maps)
    count = int(np.count_nonzero(bad))
    if count:
        indices = indices.copy()
        indices[bad] = NONFINITE_INDEX
    return indices, count


def compute_ranges(maps: Floats) -> tuple[Floats, Floats, bool]:
    """Return the minimum (N,) and maximum (N,) of each map (N, H, W).

    The third result is whether all values are finite; those that are not are left out, a map of
    none counts as 0.
    """
    if not maps.size:
        return np.zeros(len(maps), np.float32), np.zeros(len(maps), np.float32), True
    flat = maps.reshape(len(maps), -1)
    low, high = flat.min(1), flat.max(1)
    if np.isfinite(low).all() and np.isfinite(high).all():
        return low, high, True
    finite = np.isfinite(flat)
    none = ~finite.any(1)
    low = np.where(none, 0, np.where(finite, flat, np.inf).min(1))
    high = np.where(none, 0, np.where(finite, flat, -np.inf).max(1))
    return low.astype(np.float32), high.astype(np.float32), False


def build_lookup_table(name: str, line: tuple[int, int, int] = (0, 0, 0)) -> Bytes:
    """Return what each index looks like (256, 3).

    The color map ``name`` comes first, then LINE_INDEX and NONFINITE_INDEX.
    """
    colors = np.zeros((256, 3), np.uint8)
    colors[: TOP_INDEX + 1] = colormap(name)[
        np.round(np.linspace(0, 255, TOP_INDEX + 1)).astype(int)
    ]
    if name == "signed":
        colors[ZERO_INDEX] = colormap(name)[127:129].max(0)
    colors[LINE_INDEX], colors[NONFINITE_INDEX] = line, MAGENTA
    return colors


def apply_gamma(t: Floats, gamma: float, signed: bool = False) -> Floats:
    """Return where a value is drawn in its range.

    Args:
        t: Values in [0, 1] of their range.
        gamma: Exponent, above 0.
        signed: Whether the middle of the range is zero.

    Returns:
        Values in [0, 1].
    """
    if not signed:
        return t**gamma
    centered = 2 * t - 1
    return (np.sign(centered) * np.abs(centered) ** gamma + 1) / 2


@lru_cache(16)
def _gamma_table(gamma: float, signed: bool) -> Bytes:
    t = apply_gamma(np.linspace(0, 1, _GAMMA_STEPS + 1), gamma, signed)
    return (t * TOP_INDEX + 0.5).astype(np.uint8)


def _broadcast_per_map(bound: float | Floats) -> Floats:
    bound = np.asarray(bound, np.float32)
    return bound[:, None, None] if bound.ndim else bound


def values_to_rgb(values: Floats, scale: str) -> tuple[Bytes, int]:
    """Return a Picture's values (H, W, C) as colors (H, W, 3), and how many were not finite.

    ``rgb``: [0, 1] as it is. ``centred``: with contrast about its middle color. ``signed``:
    zero is mid-gray (128), the range symmetric about it.
    ``positive``: black is zero, white the greatest value. One channel is drawn gray; of two
    the third is empty; of more than three the first three are drawn.
    """
    finite = np.isfinite(values)
    clean = np.where(finite, values, 0).astype(np.float32)
    max_abs = float(np.abs(clean).max()) if clean.size else 0.0
    if scale == "centred":
        clean = with_contrast(clean)[0]
    if scale == "signed":
        clean = 0.5 + clean / (2 * max_abs) if max_abs > 0 else np.full_like(clean, 0.5)
    elif scale == "positive":
        clean = clean / max_abs if max_abs > 0 else clean
    pixels = to_three_channels((np.clip(clean, 0, 1) * 255 + 0.5).astype(np.uint8))
    pixels[~finite.all(2)] = MAGENTA
    return pixels, int(finite.size - np.count_nonzero(finite))


def crop_to_rgb(values: Floats) -> Bytes:
    """Return the crop of a backward picture (H, W, C) as colors (H, W, 3): gray is zero.

    The range ends where all but one value in 200 lie within, else a few strong pixels leave the
    others invisible.
    """
    finite = np.abs(values[np.isfinite(values)])
    max_abs = float(np.percentile(finite, 99.5)) if finite.size else 0.0
    return values_to_rgb(np.clip(values, -max_abs, max_abs) if max_abs > 0 else values, "signed")[0]


def map_to_rgb(values: Floats, low: float, high: float, name: str, gamma: float = 1.0) -> Bytes:
    """Draw one map in the colors of a color map.

    Args:
        values: Map (H, W).
        low: Value of the lowest color.
        high: Value of the highest color.
        name: Color map.
        gamma: Exponent, above 0.

    Returns:
        Pixels uint8 (H, W, 3).
    """
    marked = quantize(np.nan_to_num(values)[None], low, high, gamma=gamma, signed=name == "signed")
    pixels: Bytes = build_lookup_table(name)[mark_nonfinite(marked, values[None])[0][0]]
    return pixels


def to_three_channels(pixels: Bytes) -> Bytes:
    """Return pixels (H, W, C) as (H, W, 3), contiguous and safe to write to."""
    channels = pixels.shape[2]
    if channels == 1:
        return np.repeat(pixels, 3, 2)
    if channels == 2:
        return np.concatenate([pixels, np.zeros_like(pixels[:, :, :1])], 2)
    return np.array(pixels[:, :, :3], order="C")


def pack_rgb(colors: Bytes) -> NDArray[np.uint32]:
    """Colours uint8 (..., 3) as 0xFFRRGGBB."""
    channels = colors.astype(np.uint32)
    pixels: NDArray[np.uint32] = (
        np.uint32(0xFF000000)
        | channels[..., 0] << np.uint32(16)
        | channels[..., 1] << np.uint32(8)
        | channels[..., 2]
    )
    return pixels


def blend(image: Bytes, map_: Floats, overlay: str, name: str) -> Bytes:
    """Blend a unit's map over the picture, as in Poznanski's toolbox.

    The map is resized to the picture's size, blurred with sigma = 2 % of the longer side and
    stretched to [0, 1]; weight = value^0.8.

    Args:
        image: Picture uint8 (H, W, C).
        map_: Map (h, w).
        overlay: Whether the photo shows through where the unit is active (``active``) or where it
            is not (``inactive``); elsewhere the map's colors show.
        name: Color map.

    Returns:
        Pixels uint8 (H, W, 3).
    """
    height, width = image.shape[:2]
    smooth = gaussian_blur(resize_bilinear(map_, height, width), 0.02 * max(height, width))
    low, high = float(smooth.min()), float(smooth.max())
    normalized = (smooth - low) / (high - low) if high > low else np.zeros_like(smooth)
    weight = normalized[:, :, None] ** 0.8
    weight = 1 - weight if overlay == "inactive" else weight
    colored = map_to_rgb(normalized, 0, 1, name).astype(np.float32)
    blended = weight * to_three_channels(image) + (1 - weight) * colored
    return (blended + 0.5).astype(np.uint8)


def resize_bilinear(map_: Floats, height: int, width: int) -> Floats:
    """Resize a map linearly between cell centers, edges repeated.

    Args:
        map_: Map (h, w).
        height: New height.
        width: New width.

    Returns:
        Map float32 (height, width); values that are not finite become finite, of no values 0.
    """
    if not map_.size:
        return np.zeros((height, width), np.float32)
    rows, columns = map_.shape
    y = np.clip((np.arange(height) + 0.5) * rows / height - 0.5, 0, rows - 1)
    x = np.clip((np.arange(width) + 0.5) * columns / width - 0.5, 0, columns - 1)
    top, left = y.astype(int), x.astype(int)
    down, right = np.minimum(top + 1, rows - 1), np.minimum(left + 1, columns - 1)
    a, b = (y - top)[:, None].astype(np.float32), (x - left)[None].astype(np.float32)
    upper = map_[top][:, left] * (1 - b) + map_[top][:, right] * b
    lower = map_[down][:, left] * (1 - b) + map_[down][:, right] * b
    blended: Floats = np.nan_to_num(upper * (1 - a) + lower * a).astype(np.float32)
    return blended
