"""Show a region of the screen."""

from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame

RATE_HZ = 10.0  # each picture costs the window's thread some milliseconds
MIN_SIDE = 8
MAX_COORDINATE = 100_000


class Region(NamedTuple):
    """A rectangle of the desktop, in its pixels; screens to the left have negative ones."""

    #: Left edge.
    x: int
    #: Upper edge.
    y: int
    #: Width.
    width: int
    #: Height.
    height: int


#: Returns the pixels uint8 (H, W, 3) of a region, of the whole screen for None; raises BadInput.
Grab = Callable[[Region | None], NDArray[np.uint8]]


def reject_grab(region: Region | None) -> NDArray[np.uint8]:
    """Raise BadInput: no screen can be read here."""
    raise BadInput("Only the window reads the screen; start it with --source screen:.")


def parse_region(text: str) -> Region | None:
    """Parse ``x,y,width,height``; None, the whole screen, for an empty text.

    Raises:
        BadInput: It is none, or smaller than 8 pixels.
    """
    if not text.strip():
        return None
    try:
        region = Region(*map(int, text.split(",")))
    except (TypeError, ValueError):
        region = Region(0, 0, 0, 0)
    if min(region.width, region.height) < MIN_SIDE or max(map(abs, region)) > MAX_COORDINATE:
        raise BadInput(
            f"'{text[:40]}' is no region of the screen; write screen:x,y,width,height in pixels, "
            f"{MIN_SIDE} at least, or screen: for all of it."
        )
    return region


class Screen:
    """A region of the screen, ten times a second."""

    live = True
    rate = RATE_HZ

    def __init__(self, region: str, *, grab: Grab = reject_grab) -> None:
        """Set the region; raise BadInput where the text is none.

        Args:
            region: ``x,y,width,height``, or "" for the whole screen.
            grab: Called on the reading thread.
        """
        self.region = parse_region(region)
        self.name = f"screen {region}" if region else "screen"
        self._grab = grab

    def __enter__(self) -> Self:
        """Read the screen once; raise BadInput where that is not possible."""
        try:
            self._grab(self.region)
        except BadInput:
            self.live = False  # it is forbidden: trying again every second is of no use
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing: nothing stays open."""

    def read(self) -> Frame | None:
        """Read the region as it is now; raise BadInput where that is not possible any more."""
        return Frame(self._grab(self.region), source=self.name)

    def skip(self) -> None:
        """Do nothing: a picture that is not read costs nothing."""
