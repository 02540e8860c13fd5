"""Define what tests say of an attribution picture."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.translation.catalog import tr

Array = NDArray[np.float32]
CURVES = ("deletion", "deletion control", "insertion", "insertion control")
SAME_PICTURE = 0.5  # of the rank correlation, above which randomized weights change too little


@dataclass(frozen=True)
class WeightsComparison:
    """How like an attribution picture is the one on randomized weights."""

    #: Layers whose weights are shuffled, from the last one on.
    layers: int
    #: Of so many that have weights and lie on the unit's way.
    of: int
    #: Rank correlation of the pixels (Spearman), in [-1, 1]; NaN where one picture is constant.
    spearman: float
    #: Structural similarity of both pictures, each scaled to [0, 1]; NaN likewise.
    ssim: float


@dataclass(frozen=True, eq=False)
class AttributionAudit:
    """What two tests say of an attribution picture. Other fields are as in ``Picture``."""

    #: Name of the lens that was tested.
    lens: str
    #: Fractions of the pixels that are deleted or inserted, float32 (P,), from 0 to 1.
    fractions: Array
    #: The score at each fraction, float32 (P,): ``deletion``, ``insertion``, and in random order
    #: ``deletion control``, ``insertion control``; those done so far.
    curves: dict[str, Array] = field(default_factory=dict)
    #: Area under each of them.
    areas: dict[str, float] = field(default_factory=dict)
    #: The same lens on weights shuffled layer after layer from the last, those done so far.
    comparisons: tuple[WeightsComparison, ...] = ()
    #: The picture with all weights shuffled, float32 (H, W, C); None before.
    randomized: Array | None = None
    caption: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    unit: str = ""
    frame: int = -1
    network: str = ""
    progress: float = 1.0

    @property
    def sentence(self) -> str:
        """Return in one sentence what the picture says; "" before all is done."""
        return describe_audit(self) if self.progress >= 1 else ""


def describe_audit(audit: AttributionAudit) -> str:
    """Return what both tests say, in one sentence without any judgement of size."""
    areas, last = audit.areas, audit.comparisons[-1]
    points_out = areas["deletion"] < areas["deletion control"]
    points_in = areas["insertion"] > areas["insertion control"]
    if points_out and points_in:
        order = tr("Its order of pixels is better than random in both curves")
    elif points_out or points_in:
        order = tr("Its order of pixels is better than random in one curve only")
    else:
        order = tr("Its order of pixels is no better than random")
    if not np.isfinite(last.spearman):
        weights = tr("on shuffled weights there is no picture to compare it with")
    elif abs(last.spearman) >= SAME_PICTURE:
        weights = tr(
            "on shuffled weights it is much the same picture (rank correlation {value:.2f}): it "
            "shows the frame rather than what was learned",
            value=last.spearman,
        )
    else:
        weights = tr(
            "on shuffled weights it is another picture (rank correlation {value:.2f})",
            value=last.spearman,
        )
    return f"{order}; {weights}."
