"""The loss of an inversion: the distance of two codes, and how unnatural the picture is.

Source: Mahendran & Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them",
equations 1 to 4, with the numbers of the authors' code (deep-goggle).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.lenses.ascent import regularizers
from dnnvis.lenses.ascent.geometry import find_pass_end
from dnnvis.network.network import Network

SIGMA = 27098.11571533  # x0_sigma: norm of a typical mean-free picture of 0-255 pixels
SIGMA_SIZE = 3 * 227 * 227  # numbers in the picture that it belongs to
DEPTH_WEIGHTS = (
    (6 / 20, 1.0),
    (12 / 20, 10.0),
    (1.0, 100.0),
)  # layers 1-6, 7-12, 13-20 of CaffeNet


class BadCode(BadInput):
    """A layer's code of a picture cannot be inverted."""


@dataclass(frozen=True, eq=False)
class LayerCode:
    """What one call of a layer gave for a picture."""

    #: Name of the layer.
    layer: str
    #: Number of the call.
    call: int
    #: The code, float32 (1, C, H, W).
    values: Tensor
    #: Square of its norm.
    square: float
    #: Layer and number of calls after which a pass may stop; None for the end.
    until: tuple[str, int] | None

    def error(self, values: Tensor) -> Tensor:
        """Return the normalized error |values - code|^2 / |code|^2 (B,) of codes (B, C, H, W).

        0 is the same code, 1 as far away as a code of zeros.
        """
        if values.shape[1:] != self.values.shape[1:]:
            raise BadInput(f"{self.layer} has another shape when the picture changes.")
        return (values.float() - self.values).square().sum((1, 2, 3)) / self.square


def code_of(network: Network, x: Tensor, objective: Objective) -> LayerCode:
    """Return the code of a picture at the objective's layer and call.

    Args:
        network: The network.
        x: Picture (1, C, H, W) in [0, 1].
        objective: Its first term names layer and call.

    Raises:
        BadCode: The code is zero, or not finite.
    """
    term, until = objective.terms[0], find_pass_end(network, objective)
    values = network.run(x, [term.layer], until=until).tensor(term.layer, term.call)
    with torch.inference_mode(False):  # inference tensors could not be used with gradients
        values = values.detach().float().clone()
    square = float(values.to("cpu", torch.float64).square().sum())
    if not math.isfinite(square):
        raise BadCode(f"The code of this picture at {term.layer} is not finite.")
    if square == 0:
        raise BadCode(
            f"The code of this picture at {term.layer} is zero everywhere: nothing of the "
            "picture is left there to invert; choose an earlier layer, or another picture."
        )
    return LayerCode(term.layer, term.call, values, square, until)


def sigma_for(numbers: int) -> float:
    """Return the norm of a typical mean-free picture of so many numbers, in gray levels.

    The authors' constant for 3 x 227 x 227, the same root mean square (68.9) at other sizes.
    """
    return SIGMA * math.sqrt(numbers / SIGMA_SIZE)


def variation_weight(network: Network, layer: str) -> float:
    """Return the authors' weight of the total variation: 1, 10 or 100, by the layer's depth.

    Depth is the position among the network's layers (theirs are 1 to 6, 7 to 12 and 13 to 20 of
    CaffeNet's 20).
    """
    names = [info.name for info in network.layers if info.name != "output"]
    depth = (names.index(layer) + 1) / len(names) if layer in names else 1.0
    return next(weight for end, weight in DEPTH_WEIGHTS if depth <= end + 1e-9)


def penalty(x: Tensor, variation: float, beta: float, alpha: float) -> Tensor:
    """Return (variation / 2 * TV_beta + alpha / 2 * |x|_6^6) / sigma^2 of mean-free pictures.

    At the authors' 3 x 227 x 227 this is their formula. At other sizes both sums are scaled to that
    size: the sixth powers grow with the number n of pixels, the variation of the same scene with n
    ** (1 - beta / 2), so that the weights mean the same for a picture of 32 pixels.

    Args:
        x: (B, C, H, W) in gray levels (0-255), without the mean.
        variation: Weight of the total variation.
        beta: Exponent of the total variation.
        alpha: Weight of the sixth power.

    Returns:
        (B,).
    """
    size = x[0].numel() / SIGMA_SIZE
    total = x.new_zeros(len(x))
    if variation:
        total = total + variation / 2 * regularizers.total_variation(x, beta) / size ** (
            1 - beta / 2
        )
    if alpha:
        total = total + alpha / 2 * regularizers.alpha_norm(x, 6.0) / size
    return total / SIGMA**2
