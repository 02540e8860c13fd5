"""Define the InfoVAE: an autoencoder with a two-dimensional bottleneck of about N(0, I).

Source: Zhao et al. 2019, "InfoVAE" (its MMD variant with a deterministic encoder), as used by
Pardo et al. 2019, sections 2.4 and 2.5 and Table 2. The reconstruction is measured relative to
the variance of what is reconstructed, so that the weight of the MMD means the same for every
network; as the plain sum over 2,400 units it would drown the MMD.
"""

import torch
from torch import Tensor

KERNEL_WIDTH = 1.0
MMD_WEIGHT = 1.0  # relative to the reconstruction


def kernel(a: Tensor, b: Tensor, width: float = KERNEL_WIDTH) -> Tensor:
    """Return exp(-|a - b|^2 / (2 width^2)) for all pairs.

    Args:
        a: Points (N, d).
        b: Points (M, d).
        width: Width of the kernel.

    Returns:
        The kernel (N, M), in [0, 1].
    """
    return _kernel(_distance_factors(a / width)[0], _distance_factors(b / width)[1])


def mmd(z: Tensor, prior: Tensor, width: float = KERNEL_WIDTH) -> Tensor:
    """Return the squared maximum mean discrepancy, the biased V-statistic.

    Gretton et al. 2012, equation 5: mean k(z, z') + mean k(p, p') - 2 mean k(z, p).

    Args:
        z: Points (N, d).
        prior: Draws of the prior (M, d).
        width: Width of the kernel.

    Returns:
        A number in [0, 2].
    """
    (z, to_z), (prior, to_prior) = _distance_factors(z / width), _distance_factors(prior / width)
    within = _kernel(z, to_z).mean() + _kernel(prior, to_prior).mean()
    return within - 2 * _kernel(z, to_prior).mean()


def _distance_factors(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return (x, -|x|^2 / 2, 1) and (x, 1, -|x|^2 / 2).

    The product of one's and another's rows is -|x - y|^2 / 2, which is several times cheaper than
    from the differences themselves.
    """
    size = x.square().sum(1, keepdim=True) * -0.5
    one = torch.ones_like(size)
    return torch.cat([x, size, one], 1), torch.cat([x, one, size], 1)


def _kernel(x: Tensor, to_y: Tensor) -> Tensor:
    return torch.exp((x @ to_y.T).clamp_max(0))  # rounded, it can be above 0


def reconstruction_loss(reconstructed: Tensor, target: Tensor) -> Tensor:
    """Return 1/2 |reconstructed - target|^2, relative to the mean square of ``target``.

    The mean of ``target`` is 0.
    """
    return 0.5 * (reconstructed - target).square().mean() / target.square().mean().clamp_min(1e-12)


def loss(reconstructed: Tensor, target: Tensor, z: Tensor, prior: Tensor) -> Tensor:
    """Return the loss of the autoencoder: reconstruction + MMD_WEIGHT * MMD.

    Args:
        reconstructed: Reconstructed values (B, k).
        target: Their targets (B, k).
        z: Points in the bottleneck (B, 2).
        prior: As many draws of the prior (B, 2).

    Returns:
        A number.
    """
    return reconstruction_loss(reconstructed, target) + MMD_WEIGHT * mmd(z, prior)
