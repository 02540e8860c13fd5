"""Estimate the error that is to be expected at a point of the map.

Source: Pardo et al. 2019, sections 2.4 and 2.7 and Table 2: a network of 3 x 200 ELU units with
one linear output, which learns log10 of e = 1/2 |y - y^|^2. Its input is cut from the
autoencoder, and its target from the classifier: no gradient leaves it.
"""

import torch
from torch import Tensor, nn

from dnnvis.introspect.mlp import build_mlp

KINDS = ("2d", "rich")  # from the map's two coordinates; from principal components of h


def build_estimator(width: int, mean: float, generator: torch.Generator) -> nn.Sequential:
    """Build a network that estimates log10 e.

    Args:
        width: Number of inputs.
        mean: Mean of the targets, at which the output begins.
        generator: Source of the random weights.

    Returns:
        The network, (B, width) -> (B, 1).
    """
    network = build_mlp(width, 1, generator)
    last = network[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.bias.fill_(mean)
    return network


def estimator_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Return 1/2 (e^ - log10 e)^2, the mean over (B,)."""
    return 0.5 * (predicted.squeeze(1) - target.detach()).square().mean()
