"""Confidence intervals of a share that was counted."""

import math

Z_95 = 1.959963984540054  # of the normal distribution, two-sided 95 %


def wilson_interval(successes: int, count: int, z: float = Z_95) -> tuple[float, float]:
    """Return the score interval of a proportion (Wilson 1927; Brown et al. 2001, section 3.1.1).

    Args:
        successes: How often it happened, 0 to ``count``.
        count: Of how many trials, independent of one another; 0 gives (0, 1).
        z: Quantile of the normal distribution; 1.96 for 95 %.

    Returns:
        (low, high), in [0, 1].
    """
    if count == 0:
        return 0.0, 1.0
    p = successes / count
    spread = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    middle, scale = p + z * z / (2 * count), 1 + z * z / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
