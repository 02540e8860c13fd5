"""Shuffle the weights of a network, and say how alike two pictures are.

Source: Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3 (cascading randomization
from the last layer on; similarity by Spearman's rank correlation and SSIM). They draw new weights;
here each weight tensor is shuffled, so that its numbers stay what they were in any architecture.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.errors import LensMissing
from dnnvis.core.translation.catalog import tr
from dnnvis.network.network import Network
from dnnvis.network.opening.module_copy import copy_module

SSIM_SIGMA, SSIM_TRUNCATE = 1.5, 3.5  # of Wang et al. 2004: a Gaussian of 11 pixels
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2  # ... and their constants, for a range of 1


def list_weighted_modules(network: Network, layer: str) -> list[str]:
    """Return the modules with weights of their own up to a layer, in the order in which they run.

    Modules that have no row (they return no tensor) count where their names stand, at the end.
    """
    table = network.table
    rows = [row.name for row in table.layers]
    ran = rows[: rows.index(layer) + 1] if layer in rows else rows
    order = dict.fromkeys(table.hooked_module(name) for name in ran)
    later = set(map(table.hooked_module, rows)) - set(order)
    own = {
        name
        for name, module in network.module.named_modules()
        if any(_is_weight(value) for value in module.parameters(recurse=False))
    }
    with_rows = [name for name in order if name in own]
    without = [name for name in _in_order(network.module, own) if name not in order]
    return with_rows + [name for name in without if name not in later]


def _in_order(module: nn.Module, names: set[str]) -> list[str]:
    return [name for name, _ in module.named_modules() if name in names]


def _is_weight(value: Tensor) -> bool:
    return value.is_floating_point() and value.numel() > 1


def randomize_weights(network: Network, modules: Sequence[str], seed: int = 0) -> Network:
    """Return a copy of a network with the weights of some modules shuffled.

    Args:
        network: The network, which stays as it is; its edits apply to the copy, too.
        modules: Names of the modules, see ``list_weighted_modules``. What they share with others
            is shuffled for all.
        seed: Seed of the order.

    Raises:
        LensMissing: The network cannot be copied, or the modules have no weights.
    """
    module, _ = copy_module(network.module)
    if module is network.module:
        raise LensMissing(tr("The network cannot be copied, so its weights are not shuffled."))
    generator = torch.Generator().manual_seed(seed)
    shuffled: set[int] = set()
    with torch.inference_mode(False), torch.no_grad():
        for name in modules:
            part = module.get_submodule(name)
            for value in part.parameters(recurse=False):
                if not _is_weight(value) or id(value) in shuffled:
                    continue
                shuffled.add(id(value))
                order = torch.randperm(value.numel(), generator=generator)
                value.copy_(value.detach().flatten()[order.to(value.device)].view_as(value))
    if not shuffled:
        raise LensMissing(tr("This network has no weights that could be shuffled."))
    result = network.copy_with(module)
    result.caches = {}  # what was computed of the network is not of the copy
    result.__dict__.pop("weights_fingerprint", None)
    return result


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return Spearman's rank correlation of two arrays, ties at their mean rank.

    NaN where either is constant or not finite.
    """
    a, b = (_mean_ranks(np.asarray(values, np.float64).reshape(-1)) for values in (first, second))
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a @ a) * (b @ b)))
    is_finite = bool(np.isfinite(first).all() and np.isfinite(second).all())
    return float(a @ b) / length if length > 0 and is_finite else float("nan")


def _mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts - 1) / 2)[inverse]
    return ranks


def structural_similarity(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the mean SSIM of two pictures (H, W), each scaled to [0, 1] (Wang et al. 2004).

    NaN where either is constant or not finite.
    """
    scaled = []
    for picture in (first, second):
        values: NDArray[np.float64] = np.asarray(picture, np.float64)
        low, high = float(values.min()), float(values.max())
        if not (np.isfinite(low) and np.isfinite(high) and high > low):
            return float("nan")
        scaled.append((values - low) / (high - low))
    a, b = scaled
    mean_a, mean_b = _smooth(a), _smooth(b)
    var_a, var_b = _smooth(a * a) - mean_a**2, _smooth(b * b) - mean_b**2
    covariance = _smooth(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + SSIM_C1) / (mean_a**2 + mean_b**2 + SSIM_C1)
    structure = (2 * covariance + SSIM_C2) / (var_a + var_b + SSIM_C2)
    return float((luminance * structure).mean())


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.ndimage import gaussian_filter  # lazy: the window needs none of it to start

    smooth: NDArray[np.float64] = gaussian_filter(values, SSIM_SIGMA, truncate=SSIM_TRUNCATE)
    return smooth
