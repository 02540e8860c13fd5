"""Picked examples of a map as what the source shows next: pure functions."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from dnnvis.core.activation_map import Cloud, Picked
from dnnvis.core.board import Border
from dnnvis.core.errors import BadInput
from dnnvis.session.map_state import MapChoice
from dnnvis.session.state import SourceChoice

MOST = 200  # pictures that are played
SIZE = re.compile(r"x\s*=\s*(\d+)\s*,\s*y\s*=\s*(\d+)")


def evenly(rows: Sequence[int], many: int) -> tuple[int, ...]:
    """At most ``many`` of the rows, in their order, as far apart as they can be: of more than
    one the first and the last are among them."""
    if len(rows) <= many:
        return tuple(rows)
    last = max(many - 1, 1)
    return tuple(rows[k * (len(rows) - 1) // last] for k in range(many))


def source_of(
    choice: MapChoice, cloud: Cloud, rows: Sequence[int], now: SourceChoice | None = None
) -> SourceChoice:
    """A source that plays the pictures of these ``rows`` of the map, each once; of more than
    200 it takes 200 evenly. What it does not say is as ``now``.

    Raises BadInput where the map's pictures are nowhere, or no row is one of the map.
    """
    place = choice.data or cloud.data
    if not place:
        raise BadInput("The pictures of this map are not kept: there is nothing to play.")
    there = [int(cloud.shown[row]) for row in rows if 0 <= row < len(cloud.shown)]
    numbers = evenly(tuple(dict.fromkeys(there)), MOST)
    if not numbers:
        raise BadInput("No pictures were picked; pick some examples on the map first.")
    return replace(now or SourceChoice(), kind="examples", path=place, numbers=numbers)


def running_data(cloud: Cloud, source: SourceChoice) -> str:
    """The path of the data set that runs, where it has the name of the map's (a bundled map
    knows only that); else ""."""
    if not cloud.data or source.kind != "examples":
        return ""
    return source.path if PurePath(cloud.data).name == PurePath(source.path).name else ""


def board_source(
    picked: Picked, which: int = 0, border: Border = "dead", now: SourceChoice | None = None
) -> SourceChoice:
    """The board number ``which`` of picked examples of a game, as the board that runs.

    Raises BadInput where the picked examples have no such board.
    """
    if not 0 <= which < len(picked.boards):
        raise BadInput("No boards were picked; pick some examples on the map first.")
    text = picked.boards[which]
    size = SIZE.search(text)
    columns, rows = (int(size[1]), int(size[2])) if size else (40, 40)
    source = now or SourceChoice()
    return replace(
        source, kind="life", path="", board=text, rows=rows, columns=columns, border=border
    )
