"""Regularizers: what keeps a synthesis from being noise; pure functions on rows of pictures.

Sources: Yosinski et al. 2015, section 3 (decay, blur, small norm, small contribution); Simonyan et
al. 2013 (L2); Erhan et al. 2009 (norm ball); Mahendran & Vedaldi 2015, equations 3 and 4 (total
variation, alpha norm); Mordvintsev 2016, "DeepDreaming with TensorFlow" (Laplacian normalization of
the gradient).
"""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

KERNEL = (1.0, 4.0, 6.0, 4.0, 1.0)


def gaussian_blur(x: Tensor, sigma: float) -> Tensor:
    """Return rows (B, C, H, W) blurred by a Gaussian of ``sigma`` pixels, cut at 4 sigma.

    Edges are mirrored with the edge pixel repeated (as scipy.ndimage.gaussian_filter, which the
    published numbers were made with).
    """
    if sigma <= 0:
        return x
    vertical, horizontal = _blur_matrix(x.shape[-2], sigma), _blur_matrix(x.shape[-1], sigma)
    return vertical.to(x) @ x @ horizontal.to(x).T


@lru_cache(maxsize=64)
def _blur_matrix(size: int, sigma: float) -> Tensor:
    """Return the blur of a line of ``size`` pixels as a matrix."""
    radius = int(4 * sigma + 0.5)
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, dtype=torch.float64) / sigma) ** 2)
    kernel /= kernel.sum()
    matrix = torch.zeros(size, size, dtype=torch.float64)
    rows = torch.arange(size)
    for offset, weight in zip(range(-radius, radius + 1), kernel, strict=True):
        column = (rows + offset) % (2 * size)
        column = torch.where(column < size, column, 2 * size - 1 - column)
        matrix[rows, column] += weight
    return matrix.float()


def clip_small_norm(x: Tensor, percent: float) -> Tensor:
    """Set pixels to 0 whose norm over colors is below that percentile of their picture."""
    return _clip_below_percentile(x, x.norm(dim=1), percent)


def clip_small_contribution(x: Tensor, gradient: Tensor, percent: float) -> Tensor:
    """Set pixels to 0 that contribute least.

    Those whose |sum over colors of -gradient * x| is below a percentile of their picture (Yosinski
    et al. 2015, section 3).

    Args:
        x: (B, C, H, W).
        gradient: (B, C, H, W), gradient of the objective.
        percent: Percentile in [0, 100]; 0 changes nothing.

    Returns:
        Like ``x``.
    """
    return _clip_below_percentile(x, (gradient * x).sum(1).abs(), percent)


def _clip_below_percentile(x: Tensor, weights: Tensor, percent: float) -> Tensor:
    """Set pixels to 0 below numpy.percentile's bound (linear interpolation) of each row."""
    if percent <= 0:
        return x
    bound = torch.quantile(weights.flatten(1), percent / 100, dim=1)
    is_large = weights >= bound[:, None, None]
    return x * is_large[:, None]


def project_to_ball(x: Tensor, radius: float) -> Tensor:
    """Scale each row to the L2 norm ``radius``; zero rows stay."""
    norm = x.flatten(1).norm(dim=1).clamp(min=1e-12)
    factor: Tensor = (radius / norm).view(-1, 1, 1, 1)
    return x * factor


def total_variation(x: Tensor, beta: float = 2.0) -> Tensor:
    """Return (B,) sum of (dx^2 + dy^2) ** (beta / 2) (Mahendran & Vedaldi, equation 4)."""
    dx = x[:, :, :-1, 1:] - x[:, :, :-1, :-1]
    dy = x[:, :, 1:, :-1] - x[:, :, :-1, :-1]
    square = dx.square() + dy.square()
    if beta != 2:
        square = (square + 1e-12) ** (beta / 2)
    return square.sum((1, 2, 3))


def alpha_norm(x: Tensor, alpha: float = 6.0) -> Tensor:
    """Return (B,) sum of |x| ** alpha (Mahendran & Vedaldi, equation 3)."""
    return x.abs().pow(alpha).sum((1, 2, 3))


def normalize_laplacian(gradient: Tensor, levels: int) -> Tensor:
    """Divide each level of the gradient's Laplacian pyramid by its own root mean square.

    Put together again, low frequencies get their part.
    """
    parts, rest = [], gradient
    for _ in range(levels):
        if min(rest.shape[-2:]) < 2:
            break
        low = _downsample(rest)
        parts.append(rest - _upsample(low, rest.shape))
        rest = low
    result = _unit_rms(rest)
    for part in reversed(parts):
        result = _upsample(result, part.shape) + _unit_rms(part)
    return result


def _unit_rms(x: Tensor) -> Tensor:
    rms = x.square().mean((1, 2, 3), keepdim=True).sqrt()
    return x / rms.clamp(min=1e-10)


def _kernel(x: Tensor) -> Tensor:
    line = torch.tensor(KERNEL).to(x)
    square = torch.outer(line, line)
    return (square / square.sum()).expand(x.shape[1], 1, 5, 5).contiguous()


def _downsample(x: Tensor) -> Tensor:
    return F.conv2d(x, _kernel(x), stride=2, padding=2, groups=x.shape[1])


def _upsample(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    kernel = 4 * _kernel(x)
    padding = (shape[-2] - (2 * x.shape[-2] - 1), shape[-1] - (2 * x.shape[-1] - 1))
    return F.conv_transpose2d(
        x, kernel, stride=2, padding=2, output_padding=padding, groups=x.shape[1]
    )
