"""Paint where a unit fires over the picture that it looks at."""

import numpy as np
from numpy.typing import NDArray

from dnnvis.imaging import colorize

GRAY_LEVEL = 0.8  # of the picture's own brightness, so that the colors stand out


def paint_heat(
    image: NDArray[np.uint8],
    map_: NDArray[np.float32],
    bounds: tuple[float, float],
    name: str,
    gamma: float,
) -> NDArray[np.uint8]:
    """Paint a unit's map over a gray picture, the more the stronger it is.

    Args:
        image: Picture uint8 (H, W, C).
        map_: Map (h, w); one of a single value paints nothing, for it is nowhere.
        bounds: Values of the weakest and of the strongest color.
        name: Color map; of ``signed`` both ends are strong.
        gamma: Exponent of the colors.

    Returns:
        Pixels uint8 (H, W, 3).
    """
    height, width = image.shape[:2]
    gray = colorize.to_three_channels(image).astype(np.float32).mean(2, keepdims=True) * GRAY_LEVEL
    gray = np.repeat(gray, 3, axis=2)  # (H, W, 3)
    low, high = bounds
    if map_.size <= 1 or not high > low:
        plain: NDArray[np.uint8] = (gray + 0.5).astype(np.uint8)
        return plain
    resized = colorize.resize_bilinear(map_, height, width)
    t = np.clip((resized - low) / (high - low), 0, 1)
    strength = np.abs(2 * t - 1) if name == "signed" else t
    weight = (strength**gamma)[:, :, None]
    colors = colorize.map_to_rgb(resized, low, high, name, gamma).astype(np.float32)
    blended: NDArray[np.uint8] = (gray * (1 - weight) + colors * weight + 0.5).astype(np.uint8)
    return blended
