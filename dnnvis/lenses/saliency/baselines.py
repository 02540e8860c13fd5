"""What stands for "nothing": the colors that hide a part of a picture, or that a path begins at."""

from typing import Literal

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.translation.catalog import tr
from dnnvis.lenses.ascent.regularizers import gaussian_blur
from dnnvis.network.network import Network

Fill = Literal["black", "gray", "mean", "blurred"]
GRAY = 0.5  # of pixels in [0, 1]
BLUR_FRACTION = 1 / 16  # of the shorter side: sigma of a blurred picture


def fill_picture(x: Tensor, fill: Fill) -> Tensor:
    """Return a picture without the content of ``x``.

    Args:
        x: Pixels (1, C, H, W) in [0, 1].
        fill: ``black`` 0; ``gray`` 0.5; ``mean`` the mean color of ``x``; ``blurred`` a Gaussian of
            a sixteenth of the shorter side.

    Returns:
        Like ``x``.
    """
    if fill == "black":
        return torch.zeros_like(x)
    if fill == "gray":
        return torch.full_like(x, GRAY)
    if fill == "mean":
        return x.mean((2, 3), keepdim=True).expand_as(x).clone()
    return gaussian_blur(x, blur_sigma(x)).clamp(0, 1)


def blur_sigma(x: Tensor) -> float:
    """Return the sigma in pixels of a blurred picture."""
    return max(min(x.shape[2:]) * BLUR_FRACTION, 1.0)


def check_fill(network: Network, fill: Fill) -> None:
    """Raise BadInput where a network of boards is to be shown anything but dead cells."""
    if network.card.binary and fill != "black":
        raise BadInput(f"A board has cells 0 and 1 only, nothing {fill}: take black (dead cells).")


def describe_fill(x: Tensor, fill: Fill, binary: bool = False) -> str:
    """Return what a fill is, in a few words."""
    if binary:
        return tr("dead cells")
    if fill == "mean":
        color = ", ".join(f"{value:.2f}" for value in x.mean((0, 2, 3)).tolist())
        return tr("the picture's mean color ({color})", color=color)
    if fill == "blurred":
        return tr("the blurred picture (sigma {sigma:.3g} pixels)", sigma=blur_sigma(x))
    return tr("black (0)") if fill == "black" else tr("gray (0.5)")
