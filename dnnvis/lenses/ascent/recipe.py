"""Everything that a synthesis is made with, as one flat list of settings."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeVar

from dnnvis.lenses.ascent.objectives import STATISTICS
from dnnvis.lenses.ascent.optimizers import OPTIMIZERS
from dnnvis.lenses.ascent.transforms import RandomTransform

PARAMETRISATIONS = ("fourier", "pixels", "phase", "board")
STARTS = ("noise", "mean", "frame")
STATISTICS_SOURCES = ("published", "library")
Group = Literal["Picture", "Steps", "Transforms", "Priors"]  # headings, in the window's order
T = TypeVar("T", int, float)


@dataclass(frozen=True)
class AscentStage:
    """A part of an ascent."""

    #: Fraction of the steps.
    share: float = 1.0
    #: Side of the picture relative to its final one.
    size: float = 1.0
    #: (first, last) factor on the learning rate.
    rate: tuple[float, float] = (1.0, 1.0)
    #: (first, last) blur of the picture, in pixels.
    blur: tuple[float, float] = (0.0, 0.0)


def setting(
    default: T, minimum: float, maximum: float, *, label: str, group: Group, help: str
) -> T:
    """Declare a numeric setting of a recipe with its bounds and what a user reads about it.

    Args:
        default: Its value where a preset says nothing.
        minimum: The least value that may be set.
        maximum: The greatest.
        label: What the window calls it.
        group: The window's heading above it.
        help: What it does, with its unit.
    """
    texts = {"label": label, "group": group, "help": help}
    return field(default=default, metadata={"range": (minimum, maximum), **texts})


def choice(*names: str, label: str, group: Group, help: str) -> str:
    """Declare a setting that is one of several names.

    Args:
        *names: Its values; the first one where a preset says nothing.
        label: What the window calls it.
        group: The window's heading above it.
        help: What it does.
    """
    texts = {"label": label, "group": group, "help": help}
    return field(default=names[0], metadata={"choices": names, **texts})


def switch(*, label: str, group: Group, help: str) -> bool:
    """Declare a setting that is on or off, and off where a preset says nothing.

    Args:
        label: What the window calls it.
        group: The window's heading above it.
        help: What it does.
    """
    texts = {"label": label, "group": group, "help": help}
    return field(default=False, metadata={"switch": True, **texts})


@dataclass(frozen=True)
class Recipe:
    """A preset, or one with changes.

    Pixels of ``pixels`` recipes are in the papers' 0-255 units where a rate or a noise is named.
    Jitters are pixels of a picture 224 wide, in proportion in others; blurs are pixels of the
    picture.
    """

    parametrisation: str = choice(
        *PARAMETRISATIONS,
        label="made of",
        group="Picture",
        help="fourier: decorrelated frequencies; pixels; phase: MACO; board: cells",
    )
    start: str = choice(
        *STARTS,
        label="starts from",
        group="Picture",
        help="noise, the mean image, or the present frame",
    )
    statistic: str = choice(
        *STATISTICS,
        label="aims at",
        group="Picture",
        help="which number of the unit's map is raised",
    )
    nature: str = choice(
        *STATISTICS_SOURCES,
        label="spectrum of",
        group="Picture",
        help="the colours and spectrum of published photographs, or of the library's",
    )
    steps: int = setting(128, 1, 10_000, label="steps", group="Steps", help="how many steps")
    move: str = choice(
        *OPTIMIZERS, label="optimiser", group="Steps", help="how a gradient becomes a step"
    )
    #: Of ``fourier`` recipes that of a canvas of 128 pixels, greater in proportion for smaller
    #: ones (to 64).
    rate: float = setting(
        0.05,
        0.0,
        1e9,
        label="rate",
        group="Steps",
        help="learning rate, in the units of the preset's paper",
    )
    wanted: float = setting(
        2.0,
        0.0,
        1e6,
        label="wanted",
        group="Steps",
        help="gain a step aims at, for the optimiser 'progress'",
    )
    #: Scales the rate so that the first step is that fraction of the start's norm; 0: as it is.
    auto: float = setting(
        0.0,
        0.0,
        1.0,
        label="auto rate",
        group="Steps",
        help="scales the rate: share of the start's norm that the first step moves",
    )
    #: The longest side of what moves; 0: the picture's own.
    canvas: int = setting(
        128,
        0,
        1024,
        label="canvas",
        group="Picture",
        help="longest side of what moves, in pixels; 0: the network's own size",
    )
    #: The least side of what the network is shown of it, widened to 1.3 receptive fields;
    #: 0: the whole picture.
    window: int = setting(
        0,
        0,
        1024,
        label="window",
        group="Picture",
        help="least side of what the network is shown at a step; 0: the whole picture",
    )
    size: int = setting(
        0,
        0,
        1024,
        label="size",
        group="Picture",
        help="side of the finished picture; 0: the network's own",
    )
    #: Windows a step.
    views: int = setting(
        1, 1, 64, label="views", group="Steps", help="windows shown to the network at a step"
    )
    sd: float = setting(
        0.01,
        0.0,
        255.0,
        label="start noise",
        group="Picture",
        help="standard deviation of the noise it starts from",
    )
    power: float = setting(
        0.0,
        0.0,
        8.0,
        label="cosine power",
        group="Steps",
        help="of the direction objective; 0: none",
    )
    falloff: float = setting(
        1.0,
        0.0,
        3.0,
        label="falloff",
        group="Picture",
        help="how much less the high frequencies move",
    )
    jitter: float = setting(
        0.0,
        0.0,
        128.0,
        label="jitter",
        group="Transforms",
        help="shift before the other transforms, in pixels of 224",
    )
    jitter_after: float = setting(
        0.0, 0.0, 128.0, label="jitter after", group="Transforms", help="shift after them"
    )
    rotate: float = setting(
        0.0, 0.0, 180.0, label="rotate", group="Transforms", help="up to so many degrees"
    )
    smallest: float = setting(
        1.0, 0.1, 4.0, label="least scale", group="Transforms", help="smallest zoom"
    )
    largest: float = setting(
        1.0, 0.1, 4.0, label="most scale", group="Transforms", help="largest zoom"
    )
    noise: float = setting(
        0.0, 0.0, 1.0, label="noise", group="Transforms", help="added to what the network is shown"
    )
    first_box: float = setting(
        0.0,
        0.0,
        1.0,
        label="first box",
        group="Transforms",
        help="side of the window at the first step, as a share",
    )
    last_box: float = setting(
        0.0, 0.0, 1.0, label="last box", group="Transforms", help="at the last step"
    )
    decay: float = setting(
        0.0,
        0.0,
        1.0,
        label="decay",
        group="Priors",
        help="share of the picture that is taken away at each step",
    )
    blur: float = setting(
        0.0, 0.0, 16.0, label="blur", group="Priors", help="sigma of the Gaussian, in pixels"
    )
    blur_every: int = setting(
        0, 0, 1000, label="blur every", group="Priors", help="so many steps; 0: never"
    )
    norm_cut: float = setting(
        0.0,
        0.0,
        100.0,
        label="norm cut",
        group="Priors",
        help="percentile of pixels with a small norm that are set to zero",
    )
    contribution_cut: float = setting(
        0.0,
        0.0,
        100.0,
        label="contribution cut",
        group="Priors",
        help="percentile of pixels that contribute little",
    )
    #: Counts pixels in standard deviations of the network's input.
    l2: float = setting(
        0.0, 0.0, 1e3, label="L2", group="Priors", help="weight of the squared distance from gray"
    )
    tv: float = setting(
        0.0, 0.0, 1e6, label="total variation", group="Priors", help="weight of the total variation"
    )
    tv_beta: float = setting(
        2.0,
        1.0,
        4.0,
        label="variation beta",
        group="Priors",
        help="exponent of the total variation",
    )
    alpha: float = setting(
        0.0, 0.0, 1e6, label="alpha norm", group="Priors", help="weight of the sixth-power norm"
    )
    ball: float = setting(
        0.0,
        0.0,
        1e6,
        label="norm ball",
        group="Priors",
        help="the picture's norm is held at this; 0: free",
    )
    levels: int = setting(
        0, 0, 8, label="Laplacian", group="Priors", help="levels of gradient normalisation; 0: none"
    )
    diversity: float = setting(
        0.0,
        0.0,
        1e4,
        label="diversity",
        group="Priors",
        help="weight that keeps several pictures apart",
    )
    hold: float = setting(
        0.0,
        0.0,
        1e4,
        label="hold",
        group="Priors",
        help="weight of the distance to the frame at an inner layer; 0: free",
    )
    hold_depth: float = setting(
        0.5,
        0.0,
        1.0,
        label="hold depth",
        group="Priors",
        help="where that layer lies: 0 the first, 1 the last before the unit",
    )
    #: Above 0 it ends a picture that gains less than that fraction over 16 steps.
    gain: float = setting(
        0.0,
        0.0,
        1.0,
        label="stop below",
        group="Steps",
        help="ends once 16 steps gain less than this share; 0: never",
    )
    clip: bool = switch(
        label="clip", group="Priors", help="keep every pixel within what a screen shows"
    )
    stages: tuple[AscentStage, ...] = (AscentStage(),)
    title: str = ""
    source: str = ""

    @property
    def transform(self) -> RandomTransform:
        """Return the random transform of every step."""
        boxes = (self.first_box, self.last_box) if self.first_box else None
        scale = (self.smallest, max(self.smallest, self.largest))
        return RandomTransform(
            self.jitter, self.jitter_after, self.rotate, scale, self.noise, boxes
        )

    @property
    def faint(self) -> bool:
        """Return whether pictures are nearly gray and thus shown with enhanced contrast."""
        return self.parametrisation == "pixels" and self.start != "frame"

    @property
    def is_penalized(self) -> bool:
        """Return whether the objective has a penalty on the picture itself."""
        return bool(self.l2 or self.tv or self.alpha)

    @property
    def lockstep(self) -> bool:
        """Return whether all pictures of a batch must be at the same step."""
        return self.diversity > 0 or self.stages != (AscentStage(),)

    def stage_at(self, step: int) -> tuple[int, AscentStage, float]:
        """Return (number, stage, progress in it in [0, 1)) of a step."""
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
        """Return the recipe with other settings."""
        return replace(self, **changes)

    def settings(self) -> dict[str, Any]:
        """Return the settings that can be changed, by name."""
        return {name: getattr(self, name) for name in SETTINGS}


SETTINGS = tuple(
    item.name for item in fields(Recipe) if item.name not in ("stages", "title", "source")
)
