"""The error that is to be expected at a place of the map.

Source: Pardo et al. 2019, sections 2.4 and 2.7 and Table 2: a network of 3 x 200 ELU units with
one linear output, which learns log10 of e = 1/2 |y - y^|^2. Its input is cut from the
autoencoder, and its target from the classifier: no gradient leaves it.
"""

import torch
from torch import Tensor, nn

from dnnvis.introspect.mlp import stack

KINDS = ("2d", "rich")  # from the map's two coordinates; from principal components of h


def estimator(wide: int, mean: float, dice: torch.Generator) -> nn.Sequential:
    """``wide`` numbers -> log10 e, beginning at the targets' ``mean``."""
    made = stack(wide, 1, dice)
    last = made[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.bias.fill_(mean)
    return made


def half_squares(found: Tensor, wanted: Tensor) -> Tensor:
    """1/2 (e^ - log10 e)^2, the mean over (B,)."""
    return 0.5 * (found.squeeze(1) - wanted.detach()).square().mean()
