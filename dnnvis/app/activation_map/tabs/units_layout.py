"""All units of a map as one picture: where each lies, and in which colour, without any Qt."""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import Cloud, Floats, Ints, Pixels
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import class_colours
from dnnvis.imaging.colormaps import table
from dnnvis.imaging.pattern_mosaic import packed

ROWS = 200  # units below one another, at most
REACH = 3.0  # standard deviations from a unit's mean at which the colours end
STILL = 0.05  # a unit's least standard deviation: below it nothing would be seen but noise
GROUND = -1

Packed = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Blocks:
    """One block a layer, left to right; in it the units row by row, of a recurrent network one
    part a step. ``at`` int32 (H, W): what each pixel shows: column of h + width of h * step,
    or ``GROUND``; ``strip`` bool (H, W): the pixel tells the class of that unit instead.
    ``boxes``: (left, width) of each layer in pixels."""

    at: NDArray[np.int32]
    strip: NDArray[np.bool_]
    boxes: tuple[tuple[int, int], ...]


def blocks(
    layers: tuple[tuple[str, int, int], ...],
    order: Ints,
    size: tuple[int, int],
    *,
    steps: int = 1,
    striped: bool = True,
) -> Blocks:
    """The layout in ``size`` (H, W) pixels of ``layers`` (name, start, stop), whose units stand
    in ``order`` (D,); ``striped``: with a strip for the class at the left of each block."""
    high, wide = size
    at = np.full((high, wide), GROUND, np.int32)
    strip = np.zeros((high, wide), bool)
    across = [-(-(stop - start) // max(min(ROWS, high), 1)) for _, start, stop in layers]
    pitch = wide / max(len(layers), 1)
    gap = int(np.clip(pitch // 8, 1, 5))
    bar = int(np.clip(pitch // 6, 1, 5)) if striped else 0
    room = max(wide - (gap + bar) * len(layers) + gap, 0)
    edges = np.concatenate([[0], np.cumsum(across)]) * (room / max(sum(across), 1))
    boxes = []
    for k, (_, start, stop) in enumerate(layers):
        left = k * (gap + bar) + round(edges[k])
        inner = round(edges[k + 1]) - round(edges[k])
        own = order[start:stop].astype(np.int32)
        first, body = _block(own, across[k], (high, inner), steps, len(order))
        at[:, left + bar : left + bar + inner] = body[:, : wide - left - bar]
        at[:, left : left + bar] = first[:, None]
        strip[:, left : left + bar] = True
        boxes.append((left, bar + inner))
    return Blocks(at, strip, tuple(boxes))


def _block(
    own: NDArray[np.int32], across: int, size: tuple[int, int], steps: int, width: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The first unit of each row of pixels (H,), and what each pixel of a block shows."""
    high, wide = size
    rows = -(-len(own) // across)
    filled = np.full(rows * across, GROUND, np.int32)
    filled[: len(own)] = own
    y = np.arange(high) * rows // max(high, 1)
    x = np.arange(wide) * (across * steps) // max(wide, 1)
    step, column = x // across, x % across
    units = filled[y[:, None] * across + column[None]]
    return filled[y * across], np.where(units < 0, GROUND, units + width * step[None])


def standard(h: Floats, cloud: Cloud) -> Floats:
    """Activations (S, D) in standard deviations from each unit's mean."""
    if cloud.middle.shape != h.shape[-1:] or cloud.scale.shape != h.shape[-1:]:
        return h
    scale: Floats = np.maximum(cloud.scale, STILL)
    return (h - cloud.middle) / scale


def inked(values: Floats) -> Packed:
    """Colours 0xFFRRGGBB of standardised values: blue below the mean, red above; magenta where
    one is not finite."""
    finite = np.isfinite(values)
    share = np.clip(np.where(finite, values, 0) * (127.5 / REACH) + 128, 0, 255).astype(np.uint8)
    return np.where(finite, _signed()[share], np.uint32(0xFFFF00FF))


def _signed() -> Packed:
    return packed(table("signed"))


def painted(made: Blocks, colours: Packed, owner: Ints, classes: int, ground: Pixels) -> Packed:
    """The picture 0xFFRRGGBB (H, W): ``colours`` (S * D,) of all that ``made`` shows, strips in
    the class colours of ``owner`` (D,)."""
    whole = np.append(colours, packed(ground[None]))
    image = whole[made.at]
    if len(owner) and classes:
        of_class = packed(class_colours(classes))[owner]
        seen = made.strip & (made.at >= 0)
        image[seen] = of_class[made.at[seen]]
    return image


def by_class(values: Floats, owner: Ints, classes: int) -> NDArray[np.float64]:
    """The mean of ``values`` (D,) over the units of each class (K,), NaN where it has none."""
    counts = np.bincount(owner, minlength=classes)[:classes]
    sums = np.bincount(owner, np.nan_to_num(values), classes)[:classes]
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = sums / counts
    return found


def layer_of(cloud: Cloud, column: int) -> int:
    """The number of the layer that a column of h belongs to."""
    return next(k for k, (_, a, b) in enumerate(cloud.layers) if a <= column < b)


def unit_of(cloud: Cloud, info: NetworkInfo | None, column: int, step: int = -1) -> Unit | None:
    """The unit of a column of h at a step; None where it is none: a random projection."""
    k = layer_of(cloud, column)
    name, start, stop = cloud.layers[k]
    way = cloud.ways[k] if k < len(cloud.ways) else "whole"
    call = -1
    if cloud.calls and len(cloud.calls) > 1:
        name, call = cloud.calls[step][k]
    known = info.layer(name) if info is not None else None
    if way == "random" or known is None:
        return None
    channels, _, wide = known.shape
    if way == "mean" or stop - start == channels:
        return Unit(name, column - start, None, call)
    if stop - start != prod(known.shape):
        return None
    channel, place = divmod(column - start, known.shape[1] * wide)
    return Unit(name, channel, divmod(place, wide), call)
