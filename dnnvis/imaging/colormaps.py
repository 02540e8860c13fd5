"""Provide the color maps, 256 entries each, from published control points."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

COLORMAPS = ("viridis", "gray", "cividis", "magma", "turbo", "signed")

AUTO = "auto"  # by the sign of what is drawn
SEQUENTIAL = "magma"  # for what has no negative values
SIGNED_FRACTION = 0.2  # of the maximum; a minimum farther below zero makes values signed

# 33 samples of matplotlib's CC0 tables (viridis, cividis, magma), of Mikhailov's turbo, and
# the eleven colors of ColorBrewer's RdBu, blue first.
_POINTS = {
    "gray": "000000ffffff",
    "viridis": "440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e29"
    "7a8e26828e23898e21908c1f978b1f9f8821a68527ad8131b57b3ebc744dc26c5cc8636ece5882d3"
    "4d95d840aadc32c0df25d5e21aeae51afde725",
    "cividis": "00204d00265a002c6900306f05366e1f3c6d2d426c38486b414d6b4a536b52596c595f6d61646f68"
    "6a716f70737676767c7c788481798b8779938e789b9477a39a76aca174b4a872bcaf6fc5b56ccebc"
    "68d7c463e0cb5ee9d358f2da50fbe248ffea46",
    "magma": "0000040303120a0822130d341d114729115a36106b440f7650127c5d177f691c817621818226818f"
    "2a819c2e7fa9337db6367ac33b75cf4070db476ae65164ee5c5ef46a5cf9785dfb8861fd9668fea5"
    "71feb47bfec287fed194fde0a1fceeb0fcfdbf",
    "turbo": "30123b392a734040a24456c7466be34680f64293ff37a7fa28bbec1dccd918dcc31ee8b031f2994c"
    "f97e6bfe648aff4ca2fc3cb8f735cced34dee037edd03af7c03afdad35fe982cfb8022f56818ec52"
    "0fe14109d23105c12302ac1701950d017a0403",
    "signed": "0530612166ac4393c392c5ded1e5f0f7f7f7fddbc7f4a582d6604db2182b67001f",
}


@cache
def colormap(name: str) -> NDArray[np.uint8]:
    """Return the colors (256, 3) of a color map, lowest value first.

    ``signed`` is blue-white-red with white in the middle. Raises ValueError for another name.
    """
    if name not in _POINTS:
        raise ValueError(f"There is no colour table '{name}'; there are {', '.join(COLORMAPS)}.")
    points = np.frombuffer(bytes.fromhex(_POINTS[name]), np.uint8).reshape(-1, 3)
    positions = np.linspace(0, 255, len(points))
    channels = [np.interp(np.arange(256), positions, points[:, c]) for c in range(3)]
    colors = (np.stack(channels, 1) + 0.5).astype(np.uint8)
    colors.setflags(write=False)
    return colors


def resolve_colormap(name: str, low: float = 0.0, high: float = 1.0) -> str:
    """Return the color map to draw in.

    Args:
        name: A color map, or AUTO: ``signed`` where there are negative values that count (a
            GELU's small ones do not), else SEQUENTIAL.
        low: Minimum of the layer.
        high: Maximum of the layer.

    Returns:
        A name of COLORMAPS.
    """
    if name != AUTO:
        return name
    return "signed" if low < -SIGNED_FRACTION * max(high, 0.0) else SEQUENTIAL
