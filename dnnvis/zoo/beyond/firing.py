"""Decide which cells of an automaton fire at a step: by seed and step number alone."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

CACHED_MASKS = 1024  # of a few KB each


@lru_cache(CACHED_MASKS)
def draw_firing_mask(seed: int, step: int, size: tuple[int, int], rate: float) -> NDArray[np.bool_]:
    """Draw which cells fire at a step, each with probability ``rate``.

    The same arguments give the same mask on every machine, so that two passes over one state agree.

    Args:
        seed: Seed of the network.
        step: Number of the step, from 0.
        size: Rows and columns.
        rate: Probability that a cell fires, in (0, 1].

    Returns:
        A mask (H, W), not to be written to.
    """
    mask: NDArray[np.bool_] = np.random.default_rng([seed, step]).random(size) < rate
    mask.flags.writeable = False
    return mask
