"""Bins of the histogram: half octaves, read from the bits of a float32."""

import numpy as np
import torch
from torch import Tensor

MIN_EXPONENT, MAX_EXPONENT = -10, 12  # exponents of two between which bins are narrow
BINS_PER_SIDE = 2 * (MAX_EXPONENT - MIN_EXPONENT)  # half octaves on each side of zero
BIN_COUNT = 2 * (BINS_PER_SIDE + 2)


def bin_edges() -> np.ndarray:
    """Return the edges of all bins, float64 (bins + 1,).

    Minus infinity, -2**12 ... -2**-10, 0, 2**-10 ... 2**12, infinity. Between powers of two lies
    one edge, at 1.5 times the lower. A bin includes its upper edge, not its lower one; so 0 lies in
    the bin below it.
    """
    powers = 2.0 ** np.arange(MIN_EXPONENT, MAX_EXPONENT)
    side = np.concatenate(
        [np.stack([powers, 1.5 * powers], 1).ravel(), [2.0**MAX_EXPONENT, np.inf]]
    )
    return np.concatenate([-side[::-1], [0.0], side])


def _build_bin_table() -> Tensor:
    """Return the bin of each sign, exponent and first bit of the fraction (plus 512)."""
    first = 2 * (MIN_EXPONENT + 127) - 1
    steps = (torch.arange(512) - first).clamp(0, BINS_PER_SIDE + 1)
    half = BIN_COUNT // 2
    return torch.cat([(half - 1 - steps).flip(0), half + steps]).to(torch.int32)


BIN_TABLE = _build_bin_table()


def bin_index(values: Tensor) -> Tensor:
    """Return the bin int32 of each float32; NaN counts as infinite."""
    bits = values.view(torch.int32)
    sign = bits >> 31  # 0 or -1
    index = (sign & 0x7FFFFFFF).bitwise_xor_(bits)  # ordered as the values
    index = index.sub_(1).sub_(sign)  # 0 and -0 just below 0
    index = index.bitwise_right_shift_(22).add_(512).flatten()
    table = BIN_TABLE if values.device == BIN_TABLE.device else BIN_TABLE.to(values.device)
    return table.index_select(0, index).view(values.shape)  # far faster than table[index]
