"""The colours of an activation map: of its dots and of the field behind them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import Cloud
from dnnvis.imaging import colorize
from dnnvis.imaging.class_colors import GRAY, class_colours
from dnnvis.imaging.colormaps import table
from dnnvis.imaging.pattern_mosaic import packed as packed

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Packed = NDArray[np.uint32] | np.uint32
Bounds = tuple[float, float] | None
RGB = tuple[int, int, int]

FIELD = "magma"  # dark is safe, bright is not; the class colours stand out from it
MUTED, PALE = 0.5, 0.16  # how much of the field's colour is left, and where no example lives
NARROWEST = 0.5  # decades of e on the colour bar


@dataclass(frozen=True)
class Inks:
    """The ``ground`` on which all is drawn, and the lines of the ``hatch``."""

    ground: RGB
    hatch: RGB


DARK = Inks((23, 25, 29), (58, 64, 73))  # in both themes: a glow is seen on dark ground only


@dataclass(frozen=True, eq=False)
class Dots:
    """Dots in the order in which they are drawn: ``rows`` (n,) of the cloud, ``z`` (n, 2),
    ``colours`` 0xFFRRGGBB (n,), which are ``wrong`` bool (n,)."""

    rows: Ints
    z: Floats
    colours: NDArray[np.uint32]
    wrong: Bools


def groups(cloud: Cloud, colour: str) -> Ints:
    """The class of each row that the legend speaks of: the predicted one where the dots are
    coloured by it, else the true one; -1 = none."""
    return cloud.predicted if colour == "predicted" else cloud.labels


def counts(cloud: Cloud, colour: str, part: str) -> dict[int, int]:
    """How many rows of each class there are in that part, -1 (none) last."""
    found = np.bincount(groups(cloud, colour)[of_part(cloud, part)] + 1,
                        minlength=len(cloud.classes) + 1)  # fmt: skip
    many = {k: int(n) for k, n in enumerate(found[1:])}
    return {**many, -1: int(found[0])} if found[0] else many


def of_part(cloud: Cloud, part: str) -> Bools:
    """Which rows are of the part all | train | test."""
    if part == "all":
        return np.ones(len(cloud.z), bool)
    return cloud.test if part == "test" else ~cloud.test


def visible(cloud: Cloud, colour: str, off: tuple[int, ...], part: str) -> Bools:
    """Which rows are drawn: of that part, of no class that is ``off``, and of a finite place."""
    found = of_part(cloud, part) & np.isfinite(cloud.z).all(1)
    return found & ~np.isin(groups(cloud, colour), off) if off else found


def bounds_of(cloud: Cloud) -> Bounds:
    """The range of log10 e on the colour bar: where examples live, and of all but one in a
    hundred examples themselves; None where no error is known."""
    field = cloud.error_field[~cloud.empty] if cloud.error_field.size else cloud.error_field
    found = []
    for values in (field, cloud.log_e, *cloud.expected.values()):
        known = values[np.isfinite(values)]
        if known.size:
            found.append(np.percentile(known, (1, 99)))
    if not found:
        return None
    low, high = float(min(f[0] for f in found)), float(max(f[1] for f in found))
    missing = max(NARROWEST - (high - low), 0) / 2
    return low - missing, high + missing


def shade(values: Floats, bounds: tuple[float, float]) -> NDArray[np.uint8]:
    """Where in 0..255 each value lies between the bounds; what is not finite is 0."""
    low, high = bounds
    share = np.clip((np.nan_to_num(values, nan=low) - low) * (255 / (high - low)), 0, 255)
    rounded: NDArray[np.uint8] = (share + 0.5).astype(np.uint8)
    return rounded


@lru_cache(8)
def field_table(inks: Inks) -> NDArray[np.uint32]:
    """Colours 0xFFRRGGBB (512,) of the field: 256 muted ones, and as many where it is empty."""
    full, ground = table(FIELD).astype(np.float32), np.array(inks.ground, np.float32)
    mixed = [ground + share * (full - ground) for share in (MUTED, PALE)]
    return packed((np.concatenate(mixed) + 0.5).astype(np.uint8))


def dots_of(
    cloud: Cloud,
    colour: str,
    kind: str,
    off: tuple[int, ...],
    part: str,
    bounds: Bounds,
    inks: Inks,
) -> Dots:
    """The visible dots, mixed so that no class covers another; those without a colour below
    them, the wrong ones on top."""
    colours, known = dot_colours(cloud, colour, kind, bounds)
    wrong = (cloud.labels >= 0) & (cloud.predicted >= 0) & (cloud.labels != cloud.predicted)
    wrong &= colour == "class"
    order = np.random.default_rng(0).permutation(len(cloud.z))
    rows = order[visible(cloud, colour, off, part)[order]]
    rows = rows[np.argsort(known[rows].astype(np.int8) + wrong[rows], kind="stable")]
    return Dots(rows, cloud.z[rows], packed(colours[rows]), wrong[rows])


def dot_colours(
    cloud: Cloud, colour: str, kind: str, bounds: Bounds
) -> tuple[NDArray[np.uint8], Bools]:
    """The colour of each row (N, 3), and which have one: the others are gray."""
    gray = np.array(GRAY, np.uint8)
    if colour in ("class", "predicted"):
        which = groups(cloud, colour)
        named = class_colours(max(len(cloud.classes), int(which.max(initial=-1)) + 1))
        return np.concatenate([named, gray[None]])[which], which >= 0
    values = cloud.log_e if colour == "error" else cloud.expected.get(kind)
    if values is None or bounds is None or not len(values):
        return np.broadcast_to(gray, (len(cloud.z), 3)), np.zeros(len(cloud.z), bool)
    known = np.isfinite(values)
    made = colorize.colours(FIELD)[
        (shade(values, bounds) / 255 * colorize.TOP + 0.5).astype(np.uint8)
    ]
    return np.where(known[:, None], made, gray), known
