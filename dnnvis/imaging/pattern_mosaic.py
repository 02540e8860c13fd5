"""Draw pattern mode: the saved picture of each unit in its tile, without any Qt.

Source: Yosinski et al. 2015, section 2 (key ``s`` of the toolbox). What is ours: the edge of
each tile keeps showing the unit's current maximum, so that the view stays live.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.lens_results import Patterns
from dnnvis.core.messages import Failure
from dnnvis.imaging.colorize import pack_rgb
from dnnvis.imaging.mosaic import MosaicGrid
from dnnvis.imaging.tiling import choose_large_tiling, choose_tiling

Bytes = NDArray[np.uint8]
MAX_PIXELS = 1.2e6  # of the whole mosaic, about: more than a screen shows is wasted time
DEFAULT_TILE_SIDE = 48  # of a tile while there is no picture to take the size from


def shrink(image: Bytes, factor: int) -> Bytes:
    """Return a picture (h, w, 3) whose sides are ``factor`` times smaller, each pixel a mean."""
    height, width = (edge // factor * factor for edge in image.shape[:2])
    blocks = image[:height, :width].reshape(height // factor, factor, width // factor, factor, 3)
    mean: Bytes = blocks.mean((1, 3)).astype(np.uint8)
    return mean


class PatternMosaic:
    """The tiles of a layer of ``count`` units.

    ``empty`` is the color of those without a picture. All pictures are as large as the first.
    """

    def __init__(self, patterns: Patterns, count: int, empty: tuple[int, int, int]) -> None:
        thumbs = {k: image for k, image in patterns.thumbs.items() if k < count}
        height, width = (
            next(iter(thumbs.values())).shape[:2]
            if thumbs
            else (DEFAULT_TILE_SIDE, DEFAULT_TILE_SIDE)
        )
        factor = max(1, round(np.sqrt(count * height * width / MAX_PIXELS)))
        factor = min(factor, height, width)
        height, width = height // factor, width // factor
        edge = self.edge = max(2, round(min(height, width) / 14))
        self._tiles = np.empty((count, height + 2 * edge, width + 2 * edge), np.uint32)
        self._tiles[:] = pack_rgb(np.array(empty, np.uint8))
        for k, image in thumbs.items():
            small = pack_rgb(shrink(image, factor))
            if small.shape == (height, width):
                self._tiles[k, edge:-edge, edge:-edge] = small
        self.count = count

    def grid(
        self,
        aspect: float,
        *,
        order: NDArray[np.int64] | None = None,
        with_large: bool = False,
    ) -> MosaicGrid:
        """Return how the tiles are laid out, see ``build_grid``; each is one position."""
        _, height, width = self._tiles.shape
        choose = choose_large_tiling if with_large else choose_tiling
        return MosaicGrid(choose(self.count, height, width, aspect), (height, width), order)

    def render(
        self, grid: MosaicGrid, edges: Bytes, fill: tuple[int, int, int]
    ) -> NDArray[np.uint32]:
        """Draw the mosaic, each tile with an edge of its color.

        Args:
            grid: Layout of the tiles.
            edges: Colors of the edges, uint8 (N, 3).
            fill: Color of the lines between the tiles.

        Returns:
            Pixels 0xFFRRGGBB (H, W).
        """
        colors, edge = pack_rgb(edges)[:, None, None], self.edge
        for part in (
            np.s_[:, :edge],
            np.s_[:, -edge:],
            np.s_[:, :, :edge],
            np.s_[:, :, -edge:],
        ):
            self._tiles[part] = colors
        line = int(pack_rgb(np.array(fill, np.uint8)))
        return np.ascontiguousarray(grid.assemble(self._tiles, line), np.uint32)


def merge_patterns(
    previous: Patterns | Failure | None, update: Patterns | Failure
) -> Patterns | Failure:
    """Merge ``update``, which arrives in parts, over what is known of the same layer.

    No tile is empty for a moment while the pictures are read again.
    """
    if not (isinstance(previous, Patterns) and isinstance(update, Patterns) and update.thumbs):
        return update
    if (previous.layer, previous.network) != (update.layer, update.network):
        return update
    return replace(update, thumbs={**previous.thumbs, **update.thumbs})
