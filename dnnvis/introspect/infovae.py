"""The InfoVAE: an autoencoder with a two-dimensional bottleneck of about N(0, I).

Source: Zhao et al. 2019, "InfoVAE" (its MMD variant with a deterministic encoder), as used by
Pardo et al. 2019, sections 2.4 and 2.5 and Table 2. The reconstruction is measured relative to
the variance of what is reconstructed, so that the weight of the MMD means the same for every
network; as the plain sum over 2,400 units it would drown the MMD.
"""

import torch
from torch import Tensor

WIDTH = 1.0  # of the kernel
WEIGHT = 1.0  # of the MMD beside the reconstruction


def kernel(a: Tensor, b: Tensor, width: float = WIDTH) -> Tensor:
    """exp(-|a - b|^2 / (2 width^2)) for all pairs, (N, M)."""
    # for two dimensions cheaper, and gentler to small distances, than cdist
    gaps = (a[:, None, :] - b[None, :, :]).square().sum(2)
    return torch.exp(gaps * (-0.5 / width**2))


def mmd(z: Tensor, prior: Tensor, width: float = WIDTH) -> Tensor:
    """Squared maximum mean discrepancy, the biased V-statistic (Gretton et al. 2012,
    equation 5): mean k(z, z') + mean k(p, p') - 2 mean k(z, p). In [0, 2]."""
    both = kernel(torch.cat([z, prior]), torch.cat([z, prior]), width)
    n = len(z)
    within = both[:n, :n].mean() + both[n:, n:].mean()
    return within - 2 * both[:n, n:].mean()


def reconstruction(found: Tensor, wanted: Tensor) -> Tensor:
    """1/2 |found - wanted|^2, as a share of the mean square of ``wanted`` (whose mean is 0)."""
    return 0.5 * (found - wanted).square().mean() / wanted.square().mean().clamp_min(1e-12)


def loss(found: Tensor, wanted: Tensor, z: Tensor, prior: Tensor) -> Tensor:
    """What the autoencoder lessens."""
    return reconstruction(found, wanted) + WEIGHT * mmd(z, prior)
