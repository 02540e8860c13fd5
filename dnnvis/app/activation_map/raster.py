"""Render the dots of an activation map and the field behind them, without any Qt.

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
RING_COLOR = 0xFF101010  # around wrong examples, on any background
MAX_RINGS = 1500  # with more visible wrong examples than this only their color marks them
MAX_PICKED = 5000  # at most this many picked examples are stored


@dataclass(frozen=True, eq=False)
class RenderRequest:
    """What is to be rendered."""

    #: The map.
    map_data: MapData
    #: The part on show, in picture dots.
    view: MapViewport
    #: What colors the dots: class | predicted | error | expected.
    colour: str = "class"
    #: Estimator of the expected error: "2d" or "rich".
    kind: str = "2d"
    #: Classes that are hidden.
    off: tuple[int, ...] = ()
    #: all | train | test.
    part: str = "all"
    #: Whether the error field lies behind the dots.
    field: bool = True
    #: Rows that are marked.
    picked: tuple[int, ...] = ()
    #: Colors of the background.
    map_colors: MapColors = map_palette.DARK
    #: Picture dots a pixel of the screen.
    ratio: float = 1.0
    #: How much closer than the whole map.
    zoom: float = 1.0


@dataclass(frozen=True, eq=False)
class RenderedMap:
    """A rendered request."""

    #: Colors 0xFFRRGGBB (H, W).
    pixels: NDArray[np.uint32]
    #: What was rendered.
    request: RenderRequest
    #: All of its dots, visible or not.
    dots: Dots
    #: Range of log10 e on the color bar; None where nothing is known.
    bounds: Bounds
    #: Name of the thread that rendered it.
    thread: str = ""


class MapRenderer:
    """Renders requests one after another and reuses what the next shares with the last.

    Used by one thread at a time.
    """

    def __init__(self) -> None:
        self._dots: tuple[tuple[object, ...], Dots] | None = None
        self._bounds: tuple[MapData, Bounds] | None = None

    def paint(self, request: RenderRequest) -> RenderedMap:
        """Return the picture of ``request``."""
        dots, bounds = self.dots(request), self.bounds(request.map_data)
        pixels = background(request, bounds)
        draw_dots(pixels, request, dots)
        return RenderedMap(pixels, request, dots, bounds)

    def dots(self, request: RenderRequest) -> Dots:
        """Return the dots in the order in which they are drawn."""
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
        """Return the lowest and highest log10 e of the colors, the same for field and dots."""
        if self._bounds is None or self._bounds[0] is not map_data:
            self._bounds = map_data, map_palette.error_bounds(map_data)
        return self._bounds[1]


def dot_size(count: int, zoom: float, ratio: float) -> int:
    """Return the width of a dot, in picture dots.

    It is 2 to 3 where the whole of a large map is on show, up to 7 where there is more room for
    each.

    Args:
        count: Number of dots.
        zoom: How much closer than the whole map.
        ratio: Picture dots a pixel of the screen.

    Returns:
        The width of a dot.
    """
    base = 2.0 if count > 20_000 else 3.0 if count > 2_000 else 5.0
    width = float(min(base + 1.2 * np.log2(max(zoom, 1.0)), 7.0))
    return round(width * ratio)


def has_field(request: RenderRequest) -> bool:
    """Return whether an error field lies behind the dots.

    It belongs to the map's own projection.
    """
    map_data = request.map_data
    return request.field and map_data.projection == "map" and map_data.empty.size > 0


def background(request: RenderRequest, bounds: Bounds) -> NDArray[np.uint32]:
    """Return the expected error at every picture dot as colors 0xFFRRGGBB (H, W).

    It is hatched and paler where no example lives; the plain background where there is no field.
    """
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
    """Return the field float32 (H, W), and whether no example lives there.

    The field is linear between its grid points, NaN without an estimator; everywhere outside of the
    extent no example lives.
    """
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
    """Draw the dots onto a picture: squares while they are small, then discs.

    Wrong examples have a ring, and the picked ones white and black, over all others.

    Args:
        pixels: Colors 0xFFRRGGBB (H, W); changed in place.
        request: View, zoom and picked rows.
        dots: The dots in the order in which they are drawn.
    """
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
    """Return the columns x and rows y of the picture dots nearest to positions (n, 2).

    Each is (n,). Computed by whole columns, which takes a fifth of the time of pairs.
    """
    x = (z[:, 0].astype(np.float64) - view.x) * view.scale + (view.width / 2 - 0.5)
    y = (z[:, 1].astype(np.float64) - view.y) * -view.scale + (view.height / 2 - 0.5)
    return np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)


class PixelBuffer:
    """A picture with a margin, into which small squares and discs are drawn."""

    def __init__(self, pixels: NDArray[np.uint32], margin: int) -> None:
        self._margin, self._shape = margin, pixels.shape
        self._padded = np.pad(pixels, margin)
        self._flat = self._padded.reshape(-1)

    def put(self, x: NDArray[np.int64], y: NDArray[np.int64], size: int, colors: Packed) -> None:
        """Draw a spot at each of the positions.

        Args:
            x: Columns (n,).
            y: Rows (n,).
            size: Width of a spot, in picture dots.
            colors: One color 0xFFRRGGBB, or (n,).
        """
        width = self._padded.shape[1]
        middle = (y + self._margin) * width + (x + self._margin)
        for dy, dx in spot_offsets(size):
            self._flat[middle + (dy * width + dx)] = colors

    def pixels(self) -> NDArray[np.uint32]:
        """Return the picture without its margin."""
        m, (height, width) = self._margin, self._shape
        return self._padded[m : m + height, m : m + width]


def spot_offsets(size: int) -> list[tuple[int, int]]:
    """Return the (y, x) of a spot about its middle: a square up to 3 wide, a disc from 4 on."""
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
