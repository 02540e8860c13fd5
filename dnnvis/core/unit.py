"""Define the address of anything that can be clicked."""

import re
from dataclasses import dataclass, replace

from dnnvis.core.errors import UnknownUnit

_TEXT = re.compile(
    r"(?P<layer>[^\[\]@#]+)\[(?P<channel>\d+)\](@(?P<y>\d+),(?P<x>\d+))?(#(?P<call>-?\d+))?"
)


@dataclass(frozen=True)
class Unit:
    """A channel of a layer, or one position of it."""

    layer: str
    channel: int
    #: Position (y, x) in its map; None = the whole map.
    position: tuple[int, int] | None = None
    #: Which of the layer's calls within one pass; -1 is the last.
    call: int = -1

    def __str__(self) -> str:
        position = "" if self.position is None else f"@{self.position[0]},{self.position[1]}"
        call = "" if self.call == -1 else f"#{self.call}"
        return f"{self.layer}[{self.channel}]{position}{call}"

    @classmethod
    def parse(cls, text: str) -> "Unit":
        """Parse a unit written as ``layer[channel]``, ``@y,x`` and ``#call`` being optional.

        Raises UnknownUnit for any other text.
        """
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise UnknownUnit(f"'{text}' is no unit; write it as conv5[151] or conv5[151]@6,7#2.")
        position = None if match["y"] is None else (int(match["y"]), int(match["x"]))
        call = -1 if match["call"] is None else int(match["call"])
        return cls(match["layer"].strip(), int(match["channel"]), position, call)

    def whole(self) -> "Unit":
        """Return the same channel without a position."""
        return replace(self, position=None)
