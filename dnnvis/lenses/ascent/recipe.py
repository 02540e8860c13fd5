"""Everything that a synthesis is made with, as one flat list of settings."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

from dnnvis.lenses.ascent.objectives import STATISTICS
from dnnvis.lenses.ascent.optimizers import OPTIMIZERS
from dnnvis.lenses.ascent.transforms import RandomTransform

PARAMETRISATIONS = ("fourier", "pixels", "phase", "board")
STARTS = ("noise", "mean", "frame")
STATISTICS_SOURCES = ("published", "library")


@dataclass(frozen=True)
class AscentStage:
    """A part of an ascent: its ``share`` of the steps, the ``size`` of the picture against the
    whole, the (first, last) factor on the rate, and the (first, last) blur of the picture."""

    share: float = 1.0
    size: float = 1.0
    rate: tuple[float, float] = (1.0, 1.0)
    blur: tuple[float, float] = (0.0, 0.0)


def _choice(*names: str) -> Any:
    return field(default=names[0], metadata={"choices": names})


def _number(default: float | int, minimum: float, maximum: float) -> Any:
    return field(default=default, metadata={"range": (minimum, maximum)})


@dataclass(frozen=True)
class Recipe:
    """A preset, or one with changes. Pixels of ``pixels`` recipes are in the papers' 0-255
    units where a rate or a noise is named; the rate of ``fourier`` ones is that of a canvas of
    128 pixels, greater in proportion for smaller ones (to 64). Jitters are pixels of a picture 224
    wide, in proportion in others; blurs are pixels of the picture.

    ``canvas``: the longest side of what moves (0: the picture's own); ``window``: the least
    side of what the network is shown of it (0: the whole picture), widened to 1.3 receptive
    fields; ``views``: windows a step. ``auto`` scales the rate so that the first step is that
    share of the start's norm (0: the rate as it is). ``l2`` counts pixels in standard
    deviations of the network's input. ``gain`` > 0 ends a picture that gains less than that
    share over 16 steps.
    """

    parametrisation: str = _choice(*PARAMETRISATIONS)
    start: str = _choice(*STARTS)
    statistic: str = _choice(*STATISTICS)
    nature: str = _choice(*STATISTICS_SOURCES)
    steps: int = _number(128, 1, 10_000)
    move: str = _choice(*OPTIMIZERS)
    rate: float = _number(0.05, 0.0, 1e9)
    wanted: float = _number(2.0, 0.0, 1e6)
    auto: float = _number(0.0, 0.0, 1.0)
    canvas: int = _number(128, 0, 1024)
    window: int = _number(0, 0, 1024)
    size: int = _number(0, 0, 1024)
    views: int = _number(1, 1, 64)
    sd: float = _number(0.01, 0.0, 255.0)
    power: float = _number(0.0, 0.0, 8.0)
    falloff: float = _number(1.0, 0.0, 3.0)
    jitter: float = _number(0.0, 0.0, 128.0)
    jitter_after: float = _number(0.0, 0.0, 128.0)
    rotate: float = _number(0.0, 0.0, 180.0)
    smallest: float = _number(1.0, 0.1, 4.0)
    largest: float = _number(1.0, 0.1, 4.0)
    noise: float = _number(0.0, 0.0, 1.0)
    first_box: float = _number(0.0, 0.0, 1.0)
    last_box: float = _number(0.0, 0.0, 1.0)
    decay: float = _number(0.0, 0.0, 1.0)
    blur: float = _number(0.0, 0.0, 16.0)
    blur_every: int = _number(0, 0, 1000)
    norm_cut: float = _number(0.0, 0.0, 100.0)
    contribution_cut: float = _number(0.0, 0.0, 100.0)
    l2: float = _number(0.0, 0.0, 1e3)
    tv: float = _number(0.0, 0.0, 1e6)
    tv_beta: float = _number(2.0, 1.0, 4.0)
    alpha: float = _number(0.0, 0.0, 1e6)
    ball: float = _number(0.0, 0.0, 1e6)
    levels: int = _number(0, 0, 8)
    diversity: float = _number(0.0, 0.0, 1e4)
    gain: float = _number(0.0, 0.0, 1.0)
    clip: bool = field(default=False, metadata={"switch": True})
    stages: tuple[AscentStage, ...] = (AscentStage(),)
    title: str = ""
    source: str = ""

    @property
    def transform(self) -> RandomTransform:
        boxes = (self.first_box, self.last_box) if self.first_box else None
        scale = (self.smallest, max(self.smallest, self.largest))
        return RandomTransform(
            self.jitter, self.jitter_after, self.rotate, scale, self.noise, boxes
        )

    @property
    def faint(self) -> bool:
        """Whether pictures are nearly gray, and are shown with more contrast than they have."""
        return self.parametrisation == "pixels" and self.start != "frame"

    @property
    def lockstep(self) -> bool:
        """Whether all pictures of a batch must be at the same step."""
        return self.diversity > 0 or self.stages != (AscentStage(),)

    def stage_at(self, step: int) -> tuple[int, AscentStage, float]:
        """(number, stage, how far in it in [0, 1)) of a step."""
        total = sum(stage.share for stage in self.stages)
        ends, done = [], 0.0
        for stage in self.stages:
            done += stage.share / total
            ends.append(round(done * self.steps))
        number = next((k for k, end in enumerate(ends) if step < end), len(ends) - 1)
        first = ends[number - 1] if number else 0
        progress = (step - first) / max(ends[number] - first, 1)
        return number, self.stages[number], min(progress, 1.0)

    def with_changes(self, changes: dict[str, Any]) -> "Recipe":
        return replace(self, **changes)

    def settings(self) -> dict[str, Any]:
        """The settings that can be changed, by name."""
        return {name: getattr(self, name) for name in SETTINGS}


SETTINGS = tuple(
    item.name for item in fields(Recipe) if item.name not in ("stages", "title", "source")
)
