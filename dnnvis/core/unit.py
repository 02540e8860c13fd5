"""Define the address of anything that can be clicked.

A layer's name stands for itself where it is plain, else in quotes: ``"3x3[1]"[2]``. Texts that are
read beside a network's layer names may do without the quotes.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from dnnvis.core.errors import UnknownUnit

#: A name that needs no quotes in any text, goals included.
PLAIN_NAME = r"[^\[\]@#+*\s\"\\-][^\[\]@#+*\s\"\\]*"
QUOTED_NAME = r'"(?:[^"\\]|\\.)*"'
_CHANNEL = r"\[(?P<channel>\d+)\](?:@(?P<y>\d+),(?P<x>\d+))?"
#: What may stand behind a layer's name.
SUFFIX = rf"(?:{_CHANNEL})?(?:#(?P<call>-?\d+))?"
_UNIT_SUFFIX = rf"{_CHANNEL}(?:#(?P<call>-?\d+))?"
#: Ends the name of a layer of directions, see ``network.directions``.
GROUP_MARK = "~"
_SHORT_GROUP = re.compile(r"~(\d+)(?![\w.~\[\"])")


@lru_cache(maxsize=8192)  # each lens asks for all names of its network, each frame
def quote_name(name: str) -> str:
    """Return a layer's name as units and goals write it: in quotes where it is not plain."""
    if re.fullmatch(PLAIN_NAME, name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote_name(text: str) -> str:
    """Return the layer's name that ``quote_name`` wrote."""
    if re.fullmatch(QUOTED_NAME, text, re.DOTALL):
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text


def odd_names(names: Collection[str]) -> str:
    """Return a pattern of the names that are not plain, the longest first; "" without any."""
    odd = sorted((name for name in names if quote_name(name) != name), key=len, reverse=True)
    return "".join(f"{re.escape(name)}|" for name in odd)


def write_out_groups(text: str, names: Collection[str] = ()) -> str:
    """Return a text with groups written as units: ``conv4~2`` as ``conv4~[2]``.

    It stays as it is where a layer of the network itself has such a name.
    """
    if GROUP_MARK not in text or any(map(_SHORT_GROUP.search, names)):
        return text
    return _SHORT_GROUP.sub(rf"{GROUP_MARK}[\1]", text)


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
        return f"{quote_name(self.layer)}[{self.channel}]{position}{call}"

    @classmethod
    def parse(cls, text: str, names: Collection[str] = ()) -> "Unit":
        """Parse a unit written as ``layer[channel]``, ``@y,x`` and ``#call`` being optional.

        ``conv4~2`` is read as ``conv4~[2]``, see ``write_out_groups``.

        Args:
            text: The text.
            names: Layer names that need no quotes, whatever is in them; a mapping also says
                which name each stands for.

        Returns:
            The unit.

        Raises:
            UnknownUnit: For any other text.
        """
        layer = rf"(?P<layer>{odd_names(names)}{QUOTED_NAME}|[^\[\]@#]+)"
        written = write_out_groups(text.strip(), names)
        match = re.fullmatch(layer + _UNIT_SUFFIX, written, re.DOTALL)
        if match is None:
            raise UnknownUnit(f"'{text}' is no unit; write it as conv5[151] or conv5[151]@6,7#2.")
        position = None if match["y"] is None else (int(match["y"]), int(match["x"]))
        call = -1 if match["call"] is None else int(match["call"])
        return cls(resolve_name(match["layer"], names), int(match["channel"]), position, call)

    def whole(self) -> "Unit":
        """Return the same channel without a position."""
        return replace(self, position=None)


def resolve_name(text: str, names: Collection[str]) -> str:
    """Return the layer's name that a text stands for; a mapping ``names`` holds titles, too."""
    name = text if text in names else unquote_name(text.strip())
    return names.get(name, name) if isinstance(names, Mapping) else name
