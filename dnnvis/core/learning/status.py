"""Define how far a training is that the window watches."""

from dataclasses import dataclass, field

from dnnvis.core.learning.live_weights import Weights
from dnnvis.core.learning.moments import Moment


@dataclass(frozen=True, eq=False)
class LearningStatus:
    """A training at one time, and the moment of it that is on show."""

    #: Steps that were taken.
    step: int = 0
    #: Steps in all; 0 where it has no end.
    total: int = 0
    #: Fraction of the test data told right; NaN: not known.
    accuracy: float = float("nan")
    #: Whether it learns now.
    is_playing: bool = False
    #: Steps a second.
    speed: float = 0.0
    #: Loss on the training and on the test data at the moment on show; NaN: not known.
    losses: tuple[float, float] = (float("nan"), float("nan"))
    #: Why it does not learn, as a sentence; "" where it does.
    warning: str = ""
    #: Why the last command could not be carried out; "" where it could.
    error: str = ""
    #: A file that has just been written; "" for none.
    file: str = ""
    #: How the training has ended by itself, as a sentence; "" while it runs.
    ended: str = ""
    #: Moments of the training, in the order of their steps.
    moments: tuple[Moment, ...] = ()
    #: Index of the moment on show; -1: the newest.
    shown: int = -1
    #: The weights on show; empty before there are any.
    weights: Weights = field(default_factory=dict)

    @property
    def shown_step(self) -> int:
        """Return the step of the moment on show."""
        return self.moments[self.shown].step if self.moments else self.step
