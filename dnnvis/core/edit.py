"""Define an edit: what a layer returns, changed on its way into the rest of the network.

An edit is written as an assignment: ``conv4[5] = 0`` switches a unit off, ``conv5 *= 1.5`` scales a
layer, ``cell[3]#1 = mean`` sets a unit to its mean at one call, ``conv4[5]@3,4 = 0`` acts on one
position, ``conv4[5] <-> conv4[7]`` exchanges two units.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from dnnvis.core.errors import BadInput
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import (
    PLAIN_NAME,
    QUOTED_NAME,
    Unit,
    odd_names,
    quote_name,
    resolve_name,
)

EditAction = Literal["set", "mean", "scale", "swap"]
#: (top, left, bottom, right) of positions in a map, the last two outside.
Region = tuple[int, int, int, int]

EXAMPLES = "conv4[5] = 0, conv5 *= 1.5, conv4[5] = mean, or conv4[5] <-> conv4[7]"
MAX_CHANNELS = 65_536  # of one edit, so that a text like [0:999999999] fills no memory
_RANGE = r"\d+(?::\d+)?"
_CHANNELS = rf"\[(?P<channels>{_RANGE}(?:\s*,\s*{_RANGE})*)\]"
_REGION = rf"@(?P<rows>{_RANGE})\s*,\s*(?P<columns>{_RANGE})"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)"
_ACTION = (
    rf"(?P<off>off)|=\s*(?P<mean>mean)|=\s*(?P<number>{_NUMBER})|\*=\s*(?P<factor>{_NUMBER})"
    r"|<->\s*(?P<other>.+)"
)


@dataclass(frozen=True)
class Edit:
    """A change of what a layer returns, written as in the module's docstring."""

    layer: str
    #: The units; () is the whole layer.
    channels: tuple[int, ...] = ()
    #: The positions of their maps; None is all of them.
    region: Region | None = None
    #: The call of the layer within a pass; None is every call, -1 the last.
    call: int | None = None
    #: set to ``value`` | mean | scale by ``value`` | swap with the channel ``other``.
    action: EditAction = "set"
    #: The number, or the factor.
    value: float = 0.0
    #: The unit to exchange with, of the same layer.
    other: int = -1

    def __str__(self) -> str:
        actions = {
            "set": f"= {self.value:g}",
            "mean": "= mean",
            "scale": f"*= {self.value:g}",
            "swap": f"<-> {quote_name(self.layer)}[{self.other}]",
        }
        return f"{self.target} {actions[self.action]}"

    @property
    def target(self) -> str:
        """Return what is edited, as text: ``conv4[5]@3,4#1``."""
        channels = f"[{_join_ranges(self.channels)}]" if self.channels else ""
        region = ""
        if self.region is not None:
            top, left, bottom, right = self.region
            region = f"@{_format_range(top, bottom)},{_format_range(left, right)}"
        call = "" if self.call is None else f"#{self.call}"
        return f"{quote_name(self.layer)}{channels}{region}{call}"

    @property
    def is_off(self) -> bool:
        """Return whether it sets what it edits to zero."""
        return self.action in ("set", "scale") and self.value == 0

    @property
    def title(self) -> str:
        """Return the edit in short: ``conv4[5] off``, else as it is written."""
        return tr("{target} off", target=self.target) if self.is_off else str(self)

    @classmethod
    def switch_off(cls, unit: Unit) -> "Edit":
        """Return the edit that switches off a unit: its whole map, or its position, at all calls.

        A unit at a call that is not the last is switched off at that call alone.
        """
        region = None
        if unit.position is not None:
            y, x = unit.position
            region = (y, x, y + 1, x + 1)
        call = None if unit.call == -1 else unit.call
        return cls(unit.layer, (unit.channel,), region, call)

    @classmethod
    def parse(cls, text: "str | Edit", names: Collection[str] = ()) -> "Edit":
        """Parse an edit.

        Args:
            text: The text; an edit is returned as it is.
            names: Layer names that need no quotes, whatever is in them; a mapping also says
                which name each stands for.

        Returns:
            The edit.

        Raises:
            BadInput: For other text, and for numbers that are not finite.
        """
        if isinstance(text, Edit):
            return text
        name = rf"(?P<layer>{odd_names(names)}{QUOTED_NAME}|{PLAIN_NAME})"
        target = rf"{name}(?:{_CHANNELS}(?:{_REGION})?)?(?:#(?P<call>-?\d+))?"
        match = re.fullmatch(rf"{target}\s*(?:{_ACTION})", text.strip(), re.DOTALL)
        if match is None:
            raise BadInput(f"'{text}' is no edit; write {EXAMPLES}.")
        layer = resolve_name(match["layer"], names)
        channels = _read_channels(match["channels"], text)
        region = _read_region(match["rows"], match["columns"], text)
        call = None if match["call"] is None else int(match["call"])
        if match["other"] is not None:
            other = _read_other(match["other"].strip(), layer, names, text)
            if len(channels) != 1:
                raise BadInput(f"'{text}' exchanges one unit with another; name one on each side.")
            return cls(layer, channels, region, call, "swap", 0.0, other)
        if match["mean"]:
            return cls(layer, channels, region, call, "mean")
        number = match["number"] or match["factor"] or "0"
        value = float(number)
        if not math.isfinite(value):
            raise BadInput(f"'{text}' holds {number}; an edit takes a finite number, or mean.")
        return cls(layer, channels, region, call, "scale" if match["factor"] else "set", value)


def parse_edits(texts: "Collection[str | Edit]", names: Collection[str] = ()) -> tuple[Edit, ...]:
    """Return the edits of texts, in order; raise BadInput for one that is none."""
    return tuple(Edit.parse(text, names) for text in texts)


def _read_range(text: str, whole: str) -> range:
    first, colon, end = text.strip().partition(":")
    numbers = range(int(first), int(end) if colon else int(first) + 1)
    if not numbers:
        raise BadInput(f"'{whole}': {text.strip()} is an empty range; its end lies outside of it.")
    if len(numbers) > MAX_CHANNELS:
        raise BadInput(f"'{whole}': {text.strip()} is more than any layer has.")
    return numbers


def _read_channels(text: str | None, whole: str) -> tuple[int, ...]:
    if text is None:
        return ()
    numbers = (number for part in text.split(",") for number in _read_range(part, whole))
    return tuple(dict.fromkeys(numbers))


def _read_region(rows: str | None, columns: str | None, whole: str) -> Region | None:
    if rows is None or columns is None:
        return None
    down, across = _read_range(rows, whole), _read_range(columns, whole)
    return (down.start, across.start, down.stop, across.stop)


def _read_other(text: str, layer: str, names: Collection[str], whole: str) -> int:
    """Return the channel on the right of ``<->``: ``conv4[7]``, or ``[7]``."""
    match = re.fullmatch(r"(?P<layer>.*)\[(?P<channel>\d+)\]", text, re.DOTALL)
    if match is None:
        raise BadInput(f"'{whole}' is no edit; write {EXAMPLES}.")
    if match["layer"] and resolve_name(match["layer"], names) != layer:
        raise BadInput(f"'{whole}': units of two layers cannot be exchanged; name one of {layer}.")
    return int(match["channel"])


def _format_range(first: int, end: int) -> str:
    return str(first) if end == first + 1 else f"{first}:{end}"


def _join_ranges(numbers: tuple[int, ...]) -> str:
    """Return ``5,7:12`` for numbers in this order."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number:
            ranges[-1][1] += 1
        else:
            ranges.append([number, number + 1])
    return ",".join(_format_range(first, end) for first, end in ranges)
