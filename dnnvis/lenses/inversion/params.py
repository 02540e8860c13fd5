"""Settings of an inversion, and the learning rates that follow from them."""

import math
from dataclasses import dataclass, field

from dnnvis.lenses.lens import choice

GRAY_LEVELS = 255.0
FOURIER_STEPS = 150  # steps of the preset ``fourier``
FOURIER_WEIGHT_FACTORS = (
    0.1,
    0.25,
)  # of the authors' weights in ``fourier``: variation, sixth power
ALPHA_WEIGHT = 8e-10  # the authors' weight of the sixth power
SCHEDULES: dict[str, tuple[tuple[float, int], ...]] = {
    "paper": ((0.004, 100), (0.0004, 200), (0.00004, 100)),
    "long": ((1e-3, 800), (1e-4, 500), (1e-5, 500), (1e-6, 200), (1e-7, 100)),
}


@dataclass(frozen=True)
class InversionParams:
    """Settings of the lens ``inversion``.

    The default weights are the authors', of which ``fourier``, whose pixels are smooth and bounded
    already, takes a tenth (``tv``) and a quarter (``alpha``).
    """

    #: ``mahendran`` is the paper's own way (pixels, momentum, its ``schedule``); ``fourier``
    #: optimizes Fourier coefficients with Adam at ``rate``.
    preset: str = choice("fourier", "mahendran")
    #: Learning rates of ``mahendran``: ``paper`` 400 steps, ``long`` 2,100.
    schedule: str = choice("paper", "long")
    #: Number of steps; None takes the preset's.
    steps: int | None = field(default=None, metadata={"range": (1, 10_000)})
    #: Learning rate of ``fourier``.
    rate: float = field(default=0.1, metadata={"range": (0.0, 10.0)})
    #: Weight of the total variation; None takes the preset's.
    tv: float | None = field(default=None, metadata={"range": (0.0, 1e4)})
    #: Exponent of the total variation.
    beta: float = field(default=2.0, metadata={"range": (1.0, 4.0)})
    #: Weight of the sixth power of the pixels; None takes the preset's.
    alpha: float | None = field(default=None, metadata={"range": (0.0, 1.0)})
    #: Seed of the first picture; the next ones take ``seed`` + 1 ... (the paper's restarts).
    seed: int = field(default=0, metadata={"range": (0, 2**31 - 1)})
    #: Number of pictures.
    seeds: int = field(default=1, metadata={"range": (1, 9)})


def count_steps(params: InversionParams) -> int:
    """Return the number of steps."""
    if params.steps is not None:
        return params.steps
    return FOURIER_STEPS if params.preset == "fourier" else len(schedule_rates(params.schedule))


def schedule_rates(schedule: str) -> list[float]:
    """Return the learning rate of each step of the authors' schedules, in gray levels."""
    return [rate for rate, count in SCHEDULES[schedule] for _ in range(count)]


def rate_at(params: InversionParams, step: int, steps: int) -> float:
    """Return the learning rate of a step.

    Args:
        params: The settings.
        step: Number of the step, from 0.
        steps: Number of all steps.

    Returns:
        The schedule's rate, stretched to so many steps; for ``fourier`` half a cosine from ``rate``
        down to a hundredth.
    """
    if params.preset == "fourier":
        return params.rate * (0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2)
    schedule = schedule_rates(params.schedule)
    return schedule[min(step * len(schedule) // steps, len(schedule) - 1)]
