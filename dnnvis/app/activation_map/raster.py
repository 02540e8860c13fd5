"""The dots of an activation map and the field behind them as one picture, without any Qt.

Everything here runs on the map's own thread; 100,000 dots take some 20 ms.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dnnvis.app.activation_map import colors
from dnnvis.app.activation_map.colors import Bounds, Dots, Inks, Packed
from dnnvis.app.activation_map.viewport import View
from dnnvis.core.activation_map import Cloud

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

HATCH = 8  # picture dots from one line to the next
RING = 0xFF101010  # around wrong examples, on any ground
RINGS = 1500  # with more wrong examples than this in sight only their colour tells them apart
PICKS = 5000  # so many picked examples are kept


@dataclass(frozen=True, eq=False)
class Wish:
    """What is to be painted: ``cloud`` seen through ``view`` (in picture dots, ``ratio`` of
    them a pixel of the screen), coloured by ``colour`` with the estimate ``kind``, without the
    classes ``off``, of the ``part`` all | train | test, on the ``field`` or not, ``picked``
    rows marked; ``zoom`` how much closer than the whole map."""

    cloud: Cloud
    view: View
    colour: str = "class"
    kind: str = "2d"
    off: tuple[int, ...] = ()
    part: str = "all"
    field: bool = True
    picked: tuple[int, ...] = ()
    inks: Inks = colors.DARK
    ratio: float = 1.0
    zoom: float = 1.0


@dataclass(frozen=True, eq=False)
class Painted:
    """``pixels`` 0xFFRRGGBB (H, W) of a wish; ``dots`` that it shows, seen or not; ``bounds``
    of log10 e on the colour bar, None where nothing is known; ``seconds`` it took; ``thread``
    that painted it."""

    pixels: NDArray[np.uint32]
    wish: Wish
    dots: Dots
    bounds: Bounds
    thread: str = ""


class Painter:
    """Paints wishes one after another and keeps what the next has in common with the last.
    Used by one thread at a time."""

    def __init__(self) -> None:
        self._dots: tuple[tuple[object, ...], Dots] | None = None
        self._bounds: tuple[Cloud, Bounds] | None = None

    def paint(self, wish: Wish) -> Painted:
        """The picture of ``wish``."""
        dots, bounds = self.dots(wish), self.bounds(wish.cloud)
        pixels = background(wish, bounds)
        draw_dots(pixels, wish, dots)
        return Painted(pixels, wish, dots, bounds)

    def dots(self, wish: Wish) -> Dots:
        """The dots in the order in which they are drawn."""
        key = (wish.cloud, wish.colour, wish.kind, wish.off, wish.part, wish.inks)
        if self._dots is None or self._dots[0] != key:
            bounds = self.bounds(wish.cloud)
            found = colors.dots_of(
                wish.cloud, wish.colour, wish.kind, wish.off, wish.part, bounds, wish.inks
            )
            self._dots = key, found
        return self._dots[1]

    def bounds(self, cloud: Cloud) -> Bounds:
        """The least and greatest log10 e of the colours, the same for field and dots."""
        if self._bounds is None or self._bounds[0] is not cloud:
            self._bounds = cloud, colors.bounds_of(cloud)
        return self._bounds[1]


def dot_size(count: int, zoom: float, ratio: float) -> int:
    """How wide a dot is in picture dots: 2 to 3 where the whole of a large map is seen, up to 7
    where there is more room for each."""
    base = 2.0 if count > 20_000 else 3.0 if count > 2_000 else 5.0
    wide = float(min(base + 1.2 * np.log2(max(zoom, 1.0)), 7.0))
    return round(wide * ratio)


# ---- the field ---------------------------------------------------------------------------


def has_field(wish: Wish) -> bool:
    """Whether an error field lies behind the dots: it belongs to the map's own projection."""
    cloud = wish.cloud
    return wish.field and cloud.projection == "map" and cloud.empty.size > 0


def background(wish: Wish, bounds: Bounds) -> NDArray[np.uint32]:
    """The expected error at every picture dot, 0xFFRRGGBB (H, W), hatched and paler where no
    example lives; the bare ground where there is no field."""
    view, inks = wish.view, wish.inks
    shape = view.height, view.width
    if not has_field(wish):
        return np.full(shape, colors.packed(np.array(inks.ground, np.uint8)), np.uint32)
    values, empty = field_at(wish.cloud, view)
    if bounds is None or not np.isfinite(values).any():
        shades = np.zeros(shape, np.uint8)
        table = np.broadcast_to(np.array(inks.ground, np.uint8), (256, 3))
        tables = colors.packed(np.concatenate([table, table]))
    else:
        shades = colors.shade(values, bounds)
        tables = colors.field_table(inks)
    index = shades.astype(np.uint16)
    index[empty] += 256
    pixels = tables[index]
    step = max(round(HATCH * wish.ratio), 2)
    first = np.arange(step + view.width) % step < max(round(wish.ratio), 1)
    lines = sliding_window_view(first, view.width)[np.arange(view.height) % step]
    pixels[lines & empty] = colors.packed(np.array(inks.hatch, np.uint8))
    return pixels


def field_at(cloud: Cloud, view: View) -> tuple[Floats, Bools]:
    """The field float32 (H, W) between its places linearly, NaN without an estimator, and
    whether no example lives there: so it is everywhere outside the extent as well."""
    x0, x1, y0, y1 = cloud.extent
    side_y, side_x = cloud.empty.shape
    across = (view.xs() - x0) / (x1 - x0) * (side_x - 1)
    down = (view.ys() - y0) / (y1 - y0) * (side_y - 1)
    out_x, out_y = (across < 0) | (across > side_x - 1), (down < 0) | (down > side_y - 1)
    across, down = np.clip(across, 0, side_x - 1), np.clip(down, 0, side_y - 1)
    left, low = (np.minimum(np.floor(v).astype(int), n - 2)
                 for v, n in ((across, side_x), (down, side_y)))  # fmt: skip
    share_x = (across - left).astype(np.float32)
    share_y = (down - low).astype(np.float32)[:, None]

    def between(grid: Floats) -> Floats:
        wide = grid[:, left] * (1 - share_x) + grid[:, left + 1] * share_x  # (G, W)
        found: Floats = wide[low] * (1 - share_y) + wide[low + 1] * share_y
        return found

    empty = between(cloud.empty.astype(np.float32)) >= 0.5
    return between(cloud.error_field), empty | out_y[:, None] | out_x[None]


# ---- the dots ----------------------------------------------------------------------------


def draw_dots(pixels: NDArray[np.uint32], wish: Wish, dots: Dots) -> None:
    """Put the dots onto ``pixels`` (H, W): squares while they are small, then discs; wrong
    examples with a ring and the picked ones in white and black, over all others."""
    size = dot_size(len(dots.rows), wish.zoom, wish.ratio)
    x, y = nearest(wish.view, dots.z)
    reach = size // 2 + 3  # of the largest mark, from its middle
    seen = (x >= -reach) & (x < wish.view.width + reach)
    seen &= (y >= -reach) & (y < wish.view.height + reach)
    sheet = Sheet(pixels, 2 * reach)
    sheet.put(x[seen], y[seen], size, dots.colours[seen])
    wrong = seen & dots.wrong
    if 0 < np.count_nonzero(wrong) <= RINGS:
        at = x[wrong], y[wrong]
        sheet.put(*at, size + 2, np.uint32(RING))
        sheet.put(*at, size, dots.colours[wrong])
    if wish.picked:
        chosen = seen & np.isin(dots.rows, wish.picked)
        at = x[chosen], y[chosen]
        sheet.put(*at, size + 4, np.uint32(0xFF000000))
        sheet.put(*at, size + 2, np.uint32(0xFFFFFFFF))
        sheet.put(*at, size, dots.colours[chosen])
    pixels[:] = sheet.pixels()


def nearest(view: View, z: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The columns x and rows y of the picture dots nearest to places (n, 2), each (n,): by
    whole columns, which takes a fifth of the time of pairs."""
    x = (z[:, 0].astype(np.float64) - view.x) * view.scale + (view.width / 2 - 0.5)
    y = (z[:, 1].astype(np.float64) - view.y) * -view.scale + (view.height / 2 - 0.5)
    return np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)


class Sheet:
    """A picture with a margin, into which small squares and discs are put."""

    def __init__(self, pixels: NDArray[np.uint32], margin: int) -> None:
        self._margin, self._shape = margin, pixels.shape
        self._wide = np.pad(pixels, margin)
        self._flat = self._wide.reshape(-1)

    def put(self, x: NDArray[np.int64], y: NDArray[np.int64], size: int, colours: Packed) -> None:
        """A spot ``size`` wide at each of the places x, y (n,), in one colour or (n,)."""
        width = self._wide.shape[1]
        middle = (y + self._margin) * width + (x + self._margin)
        for dy, dx in spot(size):
            self._flat[middle + (dy * width + dx)] = colours

    def pixels(self) -> NDArray[np.uint32]:
        """The picture without its margin."""
        m, (height, width) = self._margin, self._shape
        return self._wide[m : m + height, m : m + width]


def spot(size: int) -> list[tuple[int, int]]:
    """The (y, x) of a spot about its middle: a square up to 3 wide, a disc from 4 on."""
    steps = range(-(size // 2), size - size // 2)
    if size <= 3:
        return [(y, x) for y in steps for x in steps]
    middle = (size - 1) / 2 - size // 2
    reach = (size / 2) ** 2
    return [(y, x) for y in steps for x in steps
            if (y - middle) ** 2 + (x - middle) ** 2 <= reach]  # fmt: skip
