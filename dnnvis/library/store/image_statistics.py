"""Statistics of natural pictures at a network's input: colors and spectrum.

Synthesis in decorrelated Fourier space needs them (Olah et al. 2017; MACO, Fel et al. 2023). The
sums are named arrays: ``images`` (1,), ``pixels`` (1,) per picture, ``mean`` (C,), ``scatter`` (C,
C) over all pixels, ``spectrum`` (C, H, W // 2 + 1), the sum of |rfft2|.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.library.store.blobs import unpack_arrays
from dnnvis.library.store.damage import refuses_damage
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.records import NaturalStatistics

ImageSums = dict[str, NDArray[Any]]


def sum_batch(x: Tensor) -> ImageSums:
    """Return the sums of a batch (B, C, H, W) in [0, 1]."""
    images, channels = x.shape[:2]
    pixels = x.shape[2] * x.shape[3]
    flat = x.transpose(0, 1).reshape(channels, -1)  # (C, B * H * W)
    mean = flat.mean(1, keepdim=True)
    deviations = flat - mean
    return {
        "images": np.array([images]),
        "pixels": np.array([pixels]),
        "mean": mean[:, 0].cpu().double().numpy(),
        "scatter": (deviations @ deviations.T).cpu().double().numpy(),
        "spectrum": torch.fft.rfft2(x).abs().sum(0).cpu().double().numpy(),
    }


def merge_sums(a: ImageSums, b: ImageSums) -> ImageSums:
    """Return the sums over all pictures of ``a`` and of ``b``."""
    count_a, count_b = int(a["images"][0]), int(b["images"][0])
    if not count_a or not count_b:
        return b if not count_a else a
    delta = b["mean"] - a["mean"]
    weight = count_a * count_b / (count_a + count_b) * a["pixels"][0]
    return {
        "images": a["images"] + b["images"],
        "pixels": a["pixels"],
        "mean": a["mean"] + delta * (count_b / (count_a + count_b)),
        "scatter": a["scatter"] + b["scatter"] + np.outer(delta, delta) * weight,
        "spectrum": a["spectrum"] + b["spectrum"],
    }


@refuses_damage
def read_natural_statistics(library: LibraryFile) -> NaturalStatistics | None:
    """Return the statistics over all data sets, each counted once; see ``Library.natural``."""
    rows = library.rows("SELECT data, numbers FROM naturals ORDER BY data, scan")
    largest: dict[int, ImageSums] = {}
    for data, blob in rows:
        sums = unpack_arrays(blob)
        if data not in largest or sums["images"][0] > largest[data]["images"][0]:
            largest[data] = sums
    total: ImageSums | None = None
    for sums in largest.values():
        total = sums if total is None else merge_sums(total, sums)
    if total is None or not total["images"][0]:
        return None
    images = int(total["images"][0])
    return NaturalStatistics(
        total["mean"],
        total["scatter"] / (images * total["pixels"][0]),
        (total["spectrum"] / images).astype(np.float32),
        images,
    )
