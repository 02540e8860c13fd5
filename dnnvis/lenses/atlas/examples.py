"""Cut what the vectors of a cell saw out of the pictures they come from."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.receptive_field import Box, crop_box, receptive_box
from dnnvis.introspect.atlas.atlas import AtlasLevel
from dnnvis.network.network import Network
from dnnvis.network.preprocess import as_batch, fit_to_card
from dnnvis.sources.datasets import Dataset

Pixels = NDArray[np.uint8]
PADDING_GRAY = 128.0


def fit_picture(network: Network, pixels: Pixels) -> Pixels:
    """Return a picture uint8 (H, W, C) at the size and with the channels of the network."""
    fitted = fit_to_card(as_batch(pixels)[0], network.card)[0]
    return np.ascontiguousarray(fitted.permute(1, 2, 0).cpu().numpy())


def clip_box(box: Box, size: tuple[int, int]) -> Box:
    """Return the part of a box (y, x, h, w) that lies in a picture of ``size`` (H, W)."""
    top, left, height, width = box
    bottom, right = min(top + height, size[0]), min(left + width, size[1])
    top, left = max(top, 0), max(left, 0)
    return top, left, max(bottom - top, 0), max(right - left, 0)


def read_crop(network: Network, layer: str, data: Dataset, example: NDArray[np.int64]) -> Pixels:
    """Return what one vector saw, uint8 (h, w, C): the receptive field in the picture it is of.

    Args:
        network: The network.
        layer: The layer.
        data: The data set.
        example: (picture, y, x).

    Raises:
        BadInput: The picture cannot be read, or there is none of that number.
    """
    number, y, x = map(int, example)
    if not 0 <= number < len(data):
        raise BadInput(f"The data has {len(data):,} pictures, no number {number:,}.")
    picture = fit_picture(network, data.read(number)[0])
    box = receptive_box(network.layer(layer).field, (y, x), picture.shape[:2])
    return crop_box(picture, box, PADDING_GRAY)


def iter_crops(
    network: Network, layer: str, data: Dataset, level: AtlasLevel, cell: int, count: int
) -> Iterator[Pixels]:
    """Yield what the vectors nearest to a cell's mean saw; unreadable pictures are left out.

    Args:
        network: The network.
        layer: The layer.
        data: The data set.
        level: A level of its atlas.
        cell: Which of its cells.
        count: At most so many.
    """
    for example in level.examples[cell][:count]:
        if example[0] < 0:
            return
        try:
            yield read_crop(network, layer, data, example)
        except BadInput:
            continue
