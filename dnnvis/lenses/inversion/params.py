"""What may be set of an inversion, and the learning rates that follow from it."""

import math
from dataclasses import dataclass, field

from dnnvis.lenses.lens import choice

GRAY_LEVELS = 255.0
FOURIER_STEPS = 150  # steps of ``fourier``
FOURIER_WEIGHT_FACTORS = (
    0.1,
    0.25,
)  # what ``fourier`` takes of the authors' weights: variation, sixth power
ALPHA_WEIGHT = 8e-10  # the authors' weight of the sixth power
SCHEDULES: dict[str, tuple[tuple[float, int], ...]] = {
    "paper": ((0.004, 100), (0.0004, 200), (0.00004, 100)),
    "long": ((1e-3, 800), (1e-4, 500), (1e-5, 500), (1e-6, 200), (1e-7, 100)),
}


@dataclass(frozen=True)
class InversionParams:
    """``preset``: ``mahendran`` is the paper's own way (pixels, momentum, its ``schedule`` of
    learning rates: ``paper`` 400 steps, ``long`` 2,100); ``fourier`` moves Fourier coefficients
    with Adam at ``rate``. ``steps``, ``tv`` (the weight of the total variation, with its exponent
    ``beta``) and ``alpha`` (the weight of the sixth power of the pixels) are the preset's own
    where None: the authors' weights, of which ``fourier``, whose pixels are smooth and bounded
    already, takes a tenth and a quarter. ``seeds`` pictures begin from ``seed``, ``seed`` + 1
    ... (the paper's restarts)."""

    preset: str = choice("fourier", "mahendran")
    schedule: str = choice("paper", "long")
    steps: int | None = field(default=None, metadata={"range": (1, 10_000)})
    rate: float = field(default=0.1, metadata={"range": (0.0, 10.0)})
    tv: float | None = field(default=None, metadata={"range": (0.0, 1e4)})
    beta: float = field(default=2.0, metadata={"range": (1.0, 4.0)})
    alpha: float | None = field(default=None, metadata={"range": (0.0, 1.0)})
    seed: int = field(default=0, metadata={"range": (0, 2**31 - 1)})
    seeds: int = field(default=1, metadata={"range": (1, 9)})


def count_steps(params: InversionParams) -> int:
    """How many steps there will be."""
    if params.steps is not None:
        return params.steps
    return FOURIER_STEPS if params.preset == "fourier" else len(schedule_rates(params.schedule))


def schedule_rates(schedule: str) -> list[float]:
    """The learning rate of each step of the authors' schedules, in gray levels."""
    return [rate for rate, count in SCHEDULES[schedule] for _ in range(count)]


def rate_at(params: InversionParams, step: int, steps: int) -> float:
    """The rate of a step: the schedule's, stretched to so many steps; of ``fourier`` half a
    cosine from ``rate`` down to a hundredth."""
    if params.preset == "fourier":
        return params.rate * (0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2)
    schedule = schedule_rates(params.schedule)
    return schedule[min(step * len(schedule) // steps, len(schedule) - 1)]
