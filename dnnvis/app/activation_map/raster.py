"""The dots of an activation map and the field behind them as one picture, without any Qt.

Everything here runs on the map's own thread; 100,000 dots take some 20 ms.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dnnvis.app.activation_map import colors as map_palette
from dnnvis.app.activation_map.colors import Bounds, Dots, MapColors, Packed
from dnnvis.app.activation_map.viewport import MapViewport
from dnnvis.core.activation_map import MapData

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

HATCH_DISTANCE_PIXELS = 8  # picture dots from one line to the next
RING_COLOR = 0xFF101010  # around wrong examples, on any ground
MAX_RINGS = 1500  # with more wrong examples than this in sight only their colour tells them apart
MAX_PICKED = 5000  # so many picked examples are kept


@dataclass(frozen=True, eq=False)
class RenderRequest:
    """What is to be painted: ``map_data`` seen through ``view`` (in picture dots, ``ratio`` of
    them a pixel of the screen), coloured by ``colour`` with the estimate ``kind``, without the
    classes ``off``, of the ``part`` all | train | test, on the ``field`` or not, ``picked``
    rows marked; ``zoom`` how much closer than the whole map."""

    map_data: MapData
    view: MapViewport
    colour: str = "class"
    kind: str = "2d"
    off: tuple[int, ...] = ()
    part: str = "all"
    field: bool = True
    picked: tuple[int, ...] = ()
    map_colors: MapColors = map_palette.DARK
    ratio: float = 1.0
    zoom: float = 1.0


@dataclass(frozen=True, eq=False)
class RenderedMap:
    """``pixels`` 0xFFRRGGBB (H, W) of a wish; ``dots`` that it shows, seen or not; ``bounds``
    of log10 e on the colour bar, None where nothing is known; ``seconds`` it took; ``thread``
    that painted it."""

    pixels: NDArray[np.uint32]
    request: RenderRequest
    dots: Dots
    bounds: Bounds
    thread: str = ""


class MapRenderer:
    """Paints wishes one after another and keeps what the next has in common with the last.
    Used by one thread at a time."""

    def __init__(self) -> None:
        self._dots: tuple[tuple[object, ...], Dots] | None = None
        self._bounds: tuple[MapData, Bounds] | None = None

    def paint(self, request: RenderRequest) -> RenderedMap:
        """The picture of ``request``."""
        dots, bounds = self.dots(request), self.bounds(request.map_data)
        pixels = background(request, bounds)
        draw_dots(pixels, request, dots)
        return RenderedMap(pixels, request, dots, bounds)

    def dots(self, request: RenderRequest) -> Dots:
        """The dots in the order in which they are drawn."""
        key = (
            request.map_data,
            request.colour,
            request.kind,
            request.off,
            request.part,
            request.map_colors,
        )
        if self._dots is None or self._dots[0] != key:
            bounds = self.bounds(request.map_data)
            dots = map_palette.build_dots(
                request.map_data,
                request.colour,
                request.kind,
                request.off,
                request.part,
                bounds,
                request.map_colors,
            )
            self._dots = key, dots
        return self._dots[1]

    def bounds(self, map_data: MapData) -> Bounds:
        """The least and greatest log10 e of the colours, the same for field and dots."""
        if self._bounds is None or self._bounds[0] is not map_data:
            self._bounds = map_data, map_palette.error_bounds(map_data)
        return self._bounds[1]


def dot_size(count: int, zoom: float, ratio: float) -> int:
    """How wide a dot is in picture dots: 2 to 3 where the whole of a large map is seen, up to 7
    where there is more room for each."""
    base = 2.0 if count > 20_000 else 3.0 if count > 2_000 else 5.0
    width = float(min(base + 1.2 * np.log2(max(zoom, 1.0)), 7.0))
    return round(width * ratio)


def has_field(request: RenderRequest) -> bool:
    """Whether an error field lies behind the dots: it belongs to the map's own projection."""
    map_data = request.map_data
    return request.field and map_data.projection == "map" and map_data.empty.size > 0


def background(request: RenderRequest, bounds: Bounds) -> NDArray[np.uint32]:
    """The expected error at every picture dot, 0xFFRRGGBB (H, W), hatched and paler where no
    example lives; the bare ground where there is no field."""
    view, map_colors = request.view, request.map_colors
    shape = view.height, view.width
    if not has_field(request):
        return np.full(
            shape, map_palette.pack_rgb(np.array(map_colors.background, np.uint8)), np.uint32
        )
    values, empty = field_at(request.map_data, view)
    if bounds is None or not np.isfinite(values).any():
        shades = np.zeros(shape, np.uint8)
        table = np.broadcast_to(np.array(map_colors.background, np.uint8), (256, 3))
        tables = map_palette.pack_rgb(np.concatenate([table, table]))
    else:
        shades = map_palette.to_levels(values, bounds)
        tables = map_palette.build_field_palette(map_colors)
    index = shades.astype(np.uint16)
    index[empty] += 256
    pixels = tables[index]
    step = max(round(HATCH_DISTANCE_PIXELS * request.ratio), 2)
    first = np.arange(step + view.width) % step < max(round(request.ratio), 1)
    lines = sliding_window_view(first, view.width)[np.arange(view.height) % step]
    pixels[lines & empty] = map_palette.pack_rgb(np.array(map_colors.hatch, np.uint8))
    return pixels


def field_at(map_data: MapData, view: MapViewport) -> tuple[Floats, Bools]:
    """The field float32 (H, W) between its places linearly, NaN without an estimator, and
    whether no example lives there: so it is everywhere outside the extent as well."""
    x0, x1, y0, y1 = map_data.extent
    side_y, side_x = map_data.empty.shape
    across = (view.xs() - x0) / (x1 - x0) * (side_x - 1)
    down = (view.ys() - y0) / (y1 - y0) * (side_y - 1)
    out_x, out_y = (across < 0) | (across > side_x - 1), (down < 0) | (down > side_y - 1)
    across, down = np.clip(across, 0, side_x - 1), np.clip(down, 0, side_y - 1)
    left, low = (
        np.minimum(np.floor(v).astype(int), n - 2) for v, n in ((across, side_x), (down, side_y))
    )
    weight_x = (across - left).astype(np.float32)
    weight_y = (down - low).astype(np.float32)[:, None]

    def between(grid: Floats) -> Floats:
        columns = grid[:, left] * (1 - weight_x) + grid[:, left + 1] * weight_x  # (G, W)
        values: Floats = columns[low] * (1 - weight_y) + columns[low + 1] * weight_y
        return values

    empty = between(map_data.empty.astype(np.float32)) >= 0.5
    return between(map_data.error_field), empty | out_y[:, None] | out_x[None]


def draw_dots(pixels: NDArray[np.uint32], request: RenderRequest, dots: Dots) -> None:
    """Put the dots onto ``pixels`` (H, W): squares while they are small, then discs; wrong
    examples with a ring and the picked ones in white and black, over all others."""
    size = dot_size(len(dots.rows), request.zoom, request.ratio)
    x, y = nearest_pixels(request.view, dots.z)
    margin = size // 2 + 3  # of the largest mark, from its middle
    visible = (x >= -margin) & (x < request.view.width + margin)
    visible &= (y >= -margin) & (y < request.view.height + margin)
    buffer = PixelBuffer(pixels, 2 * margin)
    buffer.put(x[visible], y[visible], size, dots.colors[visible])
    wrong = visible & dots.wrong
    if 0 < np.count_nonzero(wrong) <= MAX_RINGS:
        centers = x[wrong], y[wrong]
        buffer.put(*centers, size + 2, np.uint32(RING_COLOR))
        buffer.put(*centers, size, dots.colors[wrong])
    if request.picked:
        chosen = visible & np.isin(dots.rows, request.picked)
        centers = x[chosen], y[chosen]
        buffer.put(*centers, size + 4, np.uint32(0xFF000000))
        buffer.put(*centers, size + 2, np.uint32(0xFFFFFFFF))
        buffer.put(*centers, size, dots.colors[chosen])
    pixels[:] = buffer.pixels()


def nearest_pixels(view: MapViewport, z: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The columns x and rows y of the picture dots nearest to places (n, 2), each (n,): by
    whole columns, which takes a fifth of the time of pairs."""
    x = (z[:, 0].astype(np.float64) - view.x) * view.scale + (view.width / 2 - 0.5)
    y = (z[:, 1].astype(np.float64) - view.y) * -view.scale + (view.height / 2 - 0.5)
    return np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)


class PixelBuffer:
    """A picture with a margin, into which small squares and discs are put."""

    def __init__(self, pixels: NDArray[np.uint32], margin: int) -> None:
        self._margin, self._shape = margin, pixels.shape
        self._padded = np.pad(pixels, margin)
        self._flat = self._padded.reshape(-1)

    def put(self, x: NDArray[np.int64], y: NDArray[np.int64], size: int, colors: Packed) -> None:
        """A spot ``size`` wide at each of the places x, y (n,), in one colour or (n,)."""
        width = self._padded.shape[1]
        middle = (y + self._margin) * width + (x + self._margin)
        for dy, dx in spot_offsets(size):
            self._flat[middle + (dy * width + dx)] = colors

    def pixels(self) -> NDArray[np.uint32]:
        """The picture without its margin."""
        m, (height, width) = self._margin, self._shape
        return self._padded[m : m + height, m : m + width]


def spot_offsets(size: int) -> list[tuple[int, int]]:
    """The (y, x) of a spot about its middle: a square up to 3 wide, a disc from 4 on."""
    steps = range(-(size // 2), size - size // 2)
    if size <= 3:
        return [(y, x) for y in steps for x in steps]
    middle = (size - 1) / 2 - size // 2
    radius_squared = (size / 2) ** 2
    return [
        (y, x)
        for y in steps
        for x in steps
        if (y - middle) ** 2 + (x - middle) ** 2 <= radius_squared
    ]
