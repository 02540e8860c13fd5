"""Turn selected examples of a map into what the source shows next: pure functions."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from dnnvis.core.activation_map import MapData, SelectedExamples
from dnnvis.core.errors import BadInput
from dnnvis.core.life.board import Border
from dnnvis.core.translation.catalog import tr
from dnnvis.session.map_state import MapChoice
from dnnvis.session.state import SourceChoice

MAX_EXAMPLES = 200  # pictures that are played
SIZE = re.compile(r"x\s*=\s*(\d+)\s*,\s*y\s*=\s*(\d+)")


def pick_evenly(rows: Sequence[int], count: int) -> tuple[int, ...]:
    """Return at most ``count`` of the rows, in their order, spread evenly.

    Of more than one the first and the last are among them.
    """
    if len(rows) <= count:
        return tuple(rows)
    last = max(count - 1, 1)
    return tuple(rows[k * (len(rows) - 1) // last] for k in range(count))


def choose_coloring(choice: MapChoice, map_data: MapData | None) -> MapChoice:
    """Return the choice with the coloring that is shown: by predicted class without classes."""
    if map_data is None or choice.colour != "class":
        return choice
    has_classes = bool((map_data.labels >= 0).any())
    has_predictions = bool((map_data.predicted >= 0).any())
    return replace(choice, colour="predicted") if has_predictions and not has_classes else choice


def examples_source(
    choice: MapChoice, map_data: MapData, rows: Sequence[int], now: SourceChoice | None = None
) -> SourceChoice:
    """Return a source that plays the pictures of these rows of the map, each once.

    Of more than 200 rows it takes 200, spread evenly.

    Args:
        choice: The user's choice on the map; its ``data`` says where the pictures are.
        map_data: The map that the rows belong to.
        rows: Rows of the map; those outside of it are left out.
        now: The current source, for all other settings.

    Returns:
        The choice of the source.

    Raises:
        BadInput: The map's pictures are nowhere, or no row is one of the map.
    """
    path = choice.data or map_data.data
    if not path:
        raise BadInput(tr("The pictures of this map are not kept: there is nothing to play."))
    there = [int(map_data.shown[row]) for row in rows if 0 <= row < len(map_data.shown)]
    numbers = pick_evenly(tuple(dict.fromkeys(there)), MAX_EXAMPLES)
    if not numbers:
        raise BadInput(tr("No pictures were picked; pick some examples on the map first."))
    return replace(now or SourceChoice(), kind="examples", path=path, numbers=numbers)


def running_data(map_data: MapData, source: SourceChoice) -> str:
    """Return the path of the data set that runs, if it has the name of the map's; else "".

    A bundled map knows only that name.
    """
    if not map_data.data or source.kind != "examples":
        return ""
    return source.path if PurePath(map_data.data).name == PurePath(source.path).name else ""


def board_source(
    picked: SelectedExamples,
    which: int = 0,
    border: Border = "dead",
    now: SourceChoice | None = None,
) -> SourceChoice:
    """Return a selected example of a game as the board that runs.

    Args:
        picked: The selected examples.
        which: Number of the board among them.
        border: Border of the board.
        now: The current source, for all other settings.

    Returns:
        The choice of the source.

    Raises:
        BadInput: The selected examples have no such board.
    """
    if not 0 <= which < len(picked.boards):
        raise BadInput(tr("No boards were picked; pick some examples on the map first."))
    text = picked.boards[which]
    size = SIZE.search(text)
    columns, rows = (int(size[1]), int(size[2])) if size else (40, 40)
    source = now or SourceChoice()
    return replace(
        source, kind="life", path="", board=text, rows=rows, columns=columns, border=border, rule=""
    )
