"""Define a dissection: which named concept each unit of a layer detects.

Source: Bau et al. 2017, "Network Dissection: Quantifying Interpretability of Deep Visual
Representations", section 3 (IoU of a unit's thresholded map with a concept's mask, equation 1).
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: iou: intersection over union of map and mask. auroc: area under the ROC curve of the map's
#: maximum, pictures with the concept against those without.
ConceptMeasure = Literal["iou", "auroc"]
TOP_FRACTION = 0.005  # of a unit's values lie above its threshold (Bau et al.: P(a > T) = 0.005)
#: From which score on a unit has the name of its best concept. That of IoU is Bau et al.'s, that
#: of AUROC is ours: they have none.
MIN_SCORES: dict[ConceptMeasure, float] = {"iou": 0.04, "auroc": 0.9}
MEASURE_NAMES: dict[ConceptMeasure, str] = {"iou": "IoU", "auroc": "AUROC"}


@dataclass(frozen=True, eq=False)
class DissectedLayer:
    """What a dissection found out about the units of one layer."""

    #: Name of the network.
    network: str
    layer: str
    #: Address of the set of concepts.
    source: str
    #: Names of the concepts.
    concepts: tuple[str, ...]
    measure: ConceptMeasure
    #: float32 (C, K), the score of each unit and concept in [0, 1]; NaN where there is none: the
    #: unit never fires, or too few pictures have the concept.
    scores: NDArray[np.float32]
    #: float32 (C,), the value above which a unit counts as active; NaN where it never fires, and
    #: for AUROC.
    thresholds: NDArray[np.float32]
    #: float32 (C,), the fraction of a unit's values above its threshold; 0.005 but where its
    #: values do not allow it (it fires less often, or is stuck at a largest value).
    active: NDArray[np.float32]
    #: Number of pictures.
    pictures: int
    #: Points a side at which map and mask were compared in each picture; 0 for AUROC.
    points: int = 0
    #: Whether these are the units of a network with shuffled weights.
    control: bool = False
    #: When it was stored, UTC as ISO text.
    created: str = ""
    #: What was assumed, in sentences.
    notes: tuple[str, ...] = field(default=())

    @property
    def best(self) -> NDArray[np.int64]:
        """Return the concept with each unit's greatest score, (C,); -1 for a unit without any."""
        if not self.scores.size:
            return np.full(len(self.scores), -1)
        known = np.isfinite(self.scores).any(1)
        best: NDArray[np.int64] = np.nan_to_num(self.scores, nan=-1.0).argmax(1)
        return np.where(known, best, -1)

    @property
    def best_scores(self) -> NDArray[np.float32]:
        """Return each unit's greatest score, (C,); NaN for a unit without any."""
        best = self.best
        if not self.scores.size:
            return np.full(len(best), np.nan, np.float32)
        scores = self.scores[np.arange(len(best)), np.maximum(best, 0)]
        return np.where(best >= 0, scores, np.float32(np.nan))

    @property
    def has_name(self) -> NDArray[np.bool_]:
        """Return which units have the name of a concept, (C,)."""
        with np.errstate(invalid="ignore"):
            named: NDArray[np.bool_] = self.best_scores >= MIN_SCORES[self.measure]
        return named

    @property
    def fires(self) -> NDArray[np.bool_]:
        """Return which units have any score, (C,): the others never leave their smallest value."""
        return self.best >= 0

    def name(self, channel: int) -> str:
        """Return the name of a unit, "" where no concept fits it well enough."""
        return self.concepts[self.best[channel]] if self.has_name[channel] else ""

    def count_by_concept(self) -> dict[str, NDArray[np.int64]]:
        """Return concept -> the channels of that name, best first; of concepts with any.

        Those with most units come first, of equal ones the earlier in ``concepts``.
        """
        best, scores = np.where(self.has_name, self.best, -1), self.best_scores
        groups: dict[str, NDArray[np.int64]] = {}
        for number, concept in enumerate(self.concepts):
            channels = np.flatnonzero(best == number)
            if len(channels):
                groups[concept] = channels[np.argsort(-scores[channels], kind="stable")]
        return dict(sorted(groups.items(), key=lambda item: -len(item[1])))


@dataclass(frozen=True, eq=False)
class LayerConcepts:
    """The names of a layer's units, as the window shows them."""

    #: Name of the network.
    network: str
    layer: str
    measure: ConceptMeasure
    #: Number of units.
    units: int
    #: Channel -> its concept, and how well that fits, of the units that have a name.
    names: dict[int, tuple[str, float]]
    #: Concept -> number of the control's units that have its name; None without a control.
    control: dict[str, int] | None = None
    #: Number of pictures.
    pictures: int = 0

    def count_by_concept(self) -> dict[str, list[int]]:
        """Return concept -> its channels, best first; the concept with most units first."""
        groups: dict[str, list[int]] = {}
        for channel, _ in sorted(self.names.items(), key=lambda item: (-item[1][1], item[0])):
            groups.setdefault(self.names[channel][0], []).append(channel)
        return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def summarize_layer(layer: DissectedLayer, control: DissectedLayer | None) -> LayerConcepts:
    """Return the names of a layer's units.

    Args:
        layer: The scores.
        control: Those of shuffled weights, None without; they count only where they are of the
            same concepts and pictures.
    """
    scores = layer.best_scores
    names = {
        int(k): (layer.concepts[layer.best[k]], float(scores[k]))
        for k in np.flatnonzero(layer.has_name)
    }
    counts = None
    if control is not None and _is_comparable(layer, control):
        counts = {name: len(units) for name, units in control.count_by_concept().items()}
    return LayerConcepts(
        layer.network,
        layer.layer,
        layer.measure,
        len(layer.scores),
        names,
        counts,
        layer.pictures,
    )


def _is_comparable(a: DissectedLayer, b: DissectedLayer) -> bool:
    return all(
        getattr(a, name) == getattr(b, name)
        for name in ("source", "concepts", "measure", "pictures", "points")
    )
