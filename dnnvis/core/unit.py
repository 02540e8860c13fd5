"""The address of anything that can be clicked."""

import re
from dataclasses import dataclass, replace

from dnnvis.core.errors import UnknownUnit

_TEXT = re.compile(
    r"(?P<layer>[^\[\]@#]+)\[(?P<channel>\d+)\](@(?P<y>\d+),(?P<x>\d+))?(#(?P<call>-?\d+))?"
)


@dataclass(frozen=True)
class Unit:
    """A channel of a layer; ``place`` (y, x) is one position of its map, None the whole map;
    ``call`` counts the layer's calls within one pass, -1 is the last."""

    layer: str
    channel: int
    place: tuple[int, int] | None = None
    call: int = -1

    def __str__(self) -> str:
        place = "" if self.place is None else f"@{self.place[0]},{self.place[1]}"
        call = "" if self.call == -1 else f"#{self.call}"
        return f"{self.layer}[{self.channel}]{place}{call}"

    @classmethod
    def parse(cls, text: str) -> "Unit":
        """The unit written as ``layer[channel]``, ``@y,x`` and ``#call`` being optional.

        Raises UnknownUnit for any other text.
        """
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise UnknownUnit(f"'{text}' is no unit; write it as conv5[151] or conv5[151]@6,7#2.")
        place = None if found["y"] is None else (int(found["y"]), int(found["x"]))
        call = -1 if found["call"] is None else int(found["call"])
        return cls(found["layer"].strip(), int(found["channel"]), place, call)

    def whole(self) -> "Unit":
        """The same channel without a place."""
        return replace(self, place=None)
