"""What lenses share that measure a unit on a picture and on what takes its place, step by step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from torch import Tensor

from dnnvis.core.lens_results import SKIPPED, Picture, SkippedStep
from dnnvis.lenses.lens import Scene
from dnnvis.lenses.saliency.baselines import Fill, check_fill, fill_picture
from dnnvis.lenses.saliency.unit_score import UnitScore, require_frame


class FilledPicture(ABC):
    """A picture, what takes its place, and the unit that is measured on both.

    Attributes:
        x: the picture (1, C, H, W) in [0, 1].
        filled: what takes its place, of the same shape.
        score: the unit's score on pictures.
        batch: pictures in one pass.
        done: steps that were made, of ``total``.
    """

    def __init__(self, scene: Scene, x: Tensor, fill: Fill, total: int, batch: int = 0) -> None:
        """Create it.

        Args:
            scene: What is looked at.
            x: The picture (1, C, H, W) in [0, 1].
            fill: What takes its place.
            total: Number of steps.
            batch: Pictures in one pass; 0: as many as suit the machine.

        Raises:
            BadInput: The network cannot be given such a filling.
        """
        check_fill(scene.network, fill)
        self.scene, self.x, self.fill, self.total = scene, x, fill, total
        self.filled = fill_picture(x, fill)
        self.score = UnitScore(scene.network, scene.unit)
        self.batch = batch or self.score.batch_size(x)
        self.done = 0

    @property
    def is_finished(self) -> bool:
        """Return whether every step was made."""
        return self.done >= self.total

    @abstractmethod
    def step(self) -> None:
        """Make the next steps, as many as go through the network at once."""

    @abstractmethod
    def picture(self) -> Picture:
        """Return what is known so far."""


def yield_pictures(
    scene: Scene, name: str, begin: Callable[[Scene, Tensor], FilledPicture]
) -> Iterator[Picture | SkippedStep]:
    """Yield the pictures that somebody looks at, and the last; a SkippedStep for each other.

    Args:
        scene: What is looked at.
        name: The lens, for the message where there is no frame.
        begin: Creates the work on the frame's pixels (1, C, H, W) in [0, 1].

    Yields:
        The results of the lens.

    Raises:
        BadInput: There is no frame.
    """
    frame = scene.frame
    work = begin(scene, require_frame(scene.network, frame and frame.pixels, name))
    while not work.is_finished:
        work.step()
        yield work.picture() if work.is_finished or scene.is_watched() else SKIPPED
