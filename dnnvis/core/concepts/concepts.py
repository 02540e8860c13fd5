"""Define the concepts that a layer uses over a data set."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.unit import Unit

#: How a concept's importance is measured: its total Sobol index, or the drop of the class.
Measure = Literal["sobol", "drop"]
MEASURES: tuple[Measure, ...] = ("sobol", "drop")


@dataclass(frozen=True, eq=False)
class ConceptExample:
    """A piece of a picture in which a concept is strong."""

    #: The receptive field of the position, uint8 (h, w, C).
    pixels: NDArray[np.uint8]
    #: The coefficient there.
    value: float
    #: The picture's file, or its number and data set.
    where: str = ""


@dataclass(frozen=True, eq=False)
class Concept:
    """One direction of a layer that its activations over a data set are made of."""

    #: Its unit.
    unit: Unit
    #: Fraction of the energy of the sampled activations that it holds.
    share: float
    #: Its importance by each measure that was taken: the mean over pictures.
    importance: dict[str, float] = field(default_factory=dict)
    #: What it wants to see, uint8 (h, w, C); None where no picture was grown.
    picture: NDArray[np.uint8] | None = None
    #: Where it is strongest, the best first.
    examples: tuple[ConceptExample, ...] = ()


@dataclass(frozen=True, eq=False)
class ConceptSet:
    """The concepts of a layer over a data set, the most important first."""

    #: The layer.
    layer: str
    #: The layer of directions that the concepts are units of.
    name: str = ""
    #: The concepts.
    concepts: tuple[Concept, ...] = ()
    #: The measure that they are ordered by.
    measure: Measure = "sobol"
    #: The unit that importance is for.
    target: str = ""
    #: Address of the data set.
    data: str = ""
    #: Pictures whose activations were factored, and how many of each picture's positions at most.
    pictures: int = 0
    positions: int = 0
    #: Pictures that importance was measured on.
    measured: int = 0
    #: Why there are none, or what is missing.
    message: str = ""
    #: One line about them.
    caption: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    frame: int = -1
    network: str = ""
    progress: float = 1.0

    @property
    def explained(self) -> float:
        """Return the fraction of the energy of the sampled activations that all concepts hold."""
        return sum(concept.share for concept in self.concepts)
