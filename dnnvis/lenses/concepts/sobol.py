"""Total Sobol indices: how much of a function's variance each input is involved in.

ST_j = E[Var(f | all inputs but j)] / Var f, estimated from two independent designs A and B and, for
each input j, the design A with its column j taken from B. Sources: Jansen 1999, "Analysis of
variance designs for model output"; Janon et al. 2014, "Asymptotic normality and efficiency of two
Sobol index estimators"; used for concepts by Fel et al. 2023, "CRAFT", section 3.3.
"""

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput

Floats = NDArray[np.float64]


def draw_design(inputs: int, size: int, seed: int = 0) -> Floats:
    """Return the points at which a function is needed, in [0, 1), (size * (inputs + 2), inputs).

    Two halves of a scrambled Sobol sequence of twice as many dimensions: A, B, then A with the
    column of each input from B, one after the other.

    Raises:
        BadInput: ``size`` is no power of two of at least 2.
    """
    if size < 2 or size & (size - 1):
        raise BadInput(f"A design has a power of two of points, such as 16 or 32, not {size}.")
    from scipy.stats import qmc  # its import takes time

    points = qmc.Sobol(2 * inputs, scramble=True, seed=seed).random(size)
    a, b = points[:, :inputs], points[:, inputs:]
    mixed = np.repeat(a[None], inputs, 0)  # (inputs, size, inputs)
    for number in range(inputs):
        mixed[number, :, number] = b[:, number]
    return np.concatenate((a, b, mixed.reshape(-1, inputs)))


def split_values(values: Floats, inputs: int) -> tuple[Floats, Floats, Floats]:
    """Return the values at A (N,), at B (N,) and at the mixed designs (inputs, N)."""
    size = len(values) // (inputs + 2)
    return values[:size], values[size : 2 * size], values[2 * size :].reshape(inputs, size)


def estimate_jansen(values: Floats, inputs: int) -> Floats:
    """Return total indices by Jansen's estimator, (inputs,); zeros where nothing varies.

    sum (f(A) - f(A_j))^2 / (2 N) over the variance of f on A and B.

    Args:
        values: The function at the points of ``draw_design``.
        inputs: Number of inputs.
    """
    a, b, mixed = split_values(np.asarray(values, np.float64), inputs)
    variance = float(np.concatenate((a, b)).var())
    if not variance > 0:
        return np.zeros(inputs)
    result: Floats = ((a[None] - mixed) ** 2).mean(1) / (2 * variance)
    return result


def estimate_janon(values: Floats, inputs: int) -> Floats:
    """Return total indices by Janon's estimator, (inputs,); zeros where nothing varies.

    One less the correlation of f(A) and f(A_j), which share all inputs but j, with mean and
    variance pooled over both.

    Args:
        values: The function at the points of ``draw_design``.
        inputs: Number of inputs.
    """
    a, _, mixed = split_values(np.asarray(values, np.float64), inputs)
    mean = ((a[None] + mixed) / 2).mean(1, keepdims=True)  # (inputs, 1)
    variance = ((a[None] ** 2 + mixed**2) / 2).mean(1) - mean[:, 0] ** 2
    covariance = (a[None] * mixed).mean(1) - mean[:, 0] ** 2
    safe = np.where(variance > 0, variance, 1)
    return np.where(variance > 0, 1 - covariance / safe, 0.0)
