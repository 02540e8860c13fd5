"""Define how far the training of a life network is, as read from disk."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class TrainingStatus:
    """The progress and results of a run."""

    #: Folder of the run's progress.
    folder: Path
    #: Steps of the optimizer that are done.
    step: int
    #: Rows of the learning curve, as in ``training.loop.TrainingProgress``.
    curve: tuple[tuple[float, ...], ...]
    #: The fields of the ``LifeSetting`` that it trains.
    setting: dict[str, Any]
    #: Whether it has learned all it will.
    ended: bool = False
    #: The step at which the network in the file of that name was finished, -1 where there is
    #: none of this run.
    written: int = -1
    #: The scores of that network, as its card has them.
    scores: dict[str, Any] = field(default_factory=dict)
    #: The same of the adversarial stage, None where none was begun.
    later: "TrainingStatus | None" = None

    @property
    def finished(self) -> bool:
        """Return whether the network was written once all was learned."""
        return self.ended and self.written == self.step
