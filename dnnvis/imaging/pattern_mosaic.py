"""Pattern mode: the kept picture of each unit in its tile, without any Qt.

Source: Yosinski et al. 2015, section 2 (key ``s`` of the toolbox). What is ours: the edge of
each tile keeps showing the unit's present maximum, so that the view stays live.
"""

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.lens_results import Patterns
from dnnvis.imaging.mosaic import Grid
from dnnvis.imaging.tiling import mosaic, tiling_for

Bytes = NDArray[np.uint8]
MOST = 1.2e6  # pixels of the whole mosaic, about: more than a screen shows is wasted time
SIDE = 48  # of a tile while there is no picture to take the size from


def packed(colours: Bytes) -> NDArray[np.uint32]:
    """Colours uint8 (..., 3) as 0xFFRRGGBB."""
    shade = colours.astype(np.uint32)
    found: NDArray[np.uint32] = (
        np.uint32(0xFF000000)
        | shade[..., 0] << np.uint32(16)
        | shade[..., 1] << np.uint32(8)
        | shade[..., 2]
    )
    return found


def shrunk(picture: Bytes, factor: int) -> Bytes:
    """A picture (h, w, 3) whose sides are ``factor`` times smaller, each pixel a mean."""
    height, width = (edge // factor * factor for edge in picture.shape[:2])
    blocks = picture[:height, :width].reshape(height // factor, factor, width // factor, factor, 3)
    mean: Bytes = blocks.mean((1, 3)).astype(np.uint8)
    return mean


class PatternTiles:
    """The tiles of a layer of ``count`` units; ``empty`` is the colour of those without a
    picture. All pictures are as large as the first."""

    def __init__(self, patterns: Patterns, count: int, empty: tuple[int, int, int]) -> None:
        thumbs = {k: picture for k, picture in patterns.thumbs.items() if k < count}
        height, width = next(iter(thumbs.values())).shape[:2] if thumbs else (SIDE, SIDE)
        factor = max(1, round(np.sqrt(count * height * width / MOST)))
        factor = min(factor, height, width)
        height, width = height // factor, width // factor
        edge = self.edge = max(2, round(min(height, width) / 14))
        self._tiles = np.empty((count, height + 2 * edge, width + 2 * edge), np.uint32)
        self._tiles[:] = packed(np.array(empty, np.uint8))
        for k, picture in thumbs.items():
            small = packed(shrunk(picture, factor))
            if small.shape == (height, width):
                self._tiles[k, edge:-edge, edge:-edge] = small
        self.count = count

    def grid(self, aspect: float) -> Grid:
        """How the tiles are laid out; each is one place."""
        _, height, width = self._tiles.shape
        return Grid(tiling_for(self.count, height, width, aspect), (height, width))

    def painted(
        self, grid: Grid, edges: Bytes, between: tuple[int, int, int]
    ) -> NDArray[np.uint32]:
        """The mosaic, each tile with an edge of its colour of ``edges`` (N, 3)."""
        colours, edge = packed(edges)[:, None, None], self.edge
        for part in (
            np.s_[:, :edge],
            np.s_[:, -edge:],
            np.s_[:, :, :edge],
            np.s_[:, :, -edge:],
        ):
            self._tiles[part] = colours
        line = int(packed(np.array(between, np.uint8)))
        return np.ascontiguousarray(mosaic(self._tiles, grid.tiling, line), np.uint32)
