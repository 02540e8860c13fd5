"""The lens ``map_picked``: the pictures of examples selected on the map."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import SelectedExamples
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.example_images import (
    is_data_ready,
    load_boards,
    make_thumbnails,
    picture_reader,
)
from dnnvis.lenses.activation_map.map_cache import final_network, get_cached_map
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.sources.life.rle import write_rle

Ints = NDArray[np.int64]
MAX_PICTURES = 60  # of more selected examples only the first are shown
PARTIAL_RESULT_SECONDS = 0.1  # seconds between two partial results


@dataclass(frozen=True)
class SelectionParams:
    """Settings of the lens ``map_picked``."""

    #: Version of the fitted map; another value reads the map from disk again.
    version: int = 0
    #: Rows of the selected examples.
    rows: tuple[int, ...] = ()
    #: Path of the pictures; "" means where they were when the map was fitted.
    data: str = ""
    #: Side of a thumbnail in pixels.
    side: int = field(default=48, metadata={"range": (8, 512)})
    #: Number of pictures at most.
    limit: int = field(default=MAX_PICTURES, metadata={"range": (1, 512)})


@dataclass(frozen=True)
class SelectionLens(LensDefaults):
    """The pictures of selected examples of the map.

    Yields SelectedExamples, in parts where reading takes long: at most 60 pictures of the examples
    (``message`` says so), for a map of boards the boards too. Where there are no pictures it has
    the rows alone.
    """

    name: str = "map_picked"
    title: str = "picked examples of the map"
    source: str = "Pardo et al. 2019, section 3.2"
    backward: bool = False
    Params: type[SelectionParams] = SelectionParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: SelectionParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[SelectedExamples]:
        """Yield the results for ``scene``, see the class."""
        network, params = final_network(scene.network), scene.params
        cached = get_cached_map(network, params.version)
        result = SelectedExamples(
            unit=str(scene.unit),
            network=network.name,
            message=cached.reason,
            recipe={"lens": SELECTION.name, "source": SELECTION.source},
        )
        if cached.map is None:
            yield result
            return
        rows, message = _select_rows(cached.map, params.rows, params.limit)
        boards = load_boards(network, cached)
        lines = () if boards is None else _boards_as_rle(boards, cached.map, rows)
        result = replace(result, rows=rows, boards=lines, message=message)
        while not is_data_ready(cached, params.data):
            yield replace(result, rows=rows[:0], boards=(), progress=0.0)
        try:
            read = picture_reader(network, cached, params.data)
            thumbnails, start_time = (
                make_thumbnails(read, rows[:1], params.side),
                time.perf_counter(),
            )
            for done in range(1, len(rows)):
                if time.perf_counter() - start_time > PARTIAL_RESULT_SECONDS:
                    start_time = time.perf_counter()
                    yield replace(
                        result,
                        rows=rows[:done],
                        thumbs=thumbnails,
                        boards=lines[:done],
                        progress=done / len(rows),
                    )
                thumbnails = np.concatenate(
                    [thumbnails, make_thumbnails(read, rows[done : done + 1], params.side)]
                )
            yield replace(result, thumbs=thumbnails)
        except BadInput as error:
            yield replace(result, message=" ".join(filter(None, (message, str(error)))))


def _select_rows(activation_map: Map, rows: tuple[int, ...], limit: int) -> tuple[Ints, str]:
    """Return the rows to show, each once, and a message on those left out.

    Raises BadInput for rows that are no numbers.
    """
    try:
        unique = np.array(list(dict.fromkeys(rows)), np.int64)
    except (TypeError, ValueError):
        raise BadInput(f"Rows of the map are whole numbers, not {rows}.") from None
    valid = unique[(unique >= 0) & (unique < len(activation_map.z))]
    if len(valid) > limit:
        return valid[:limit], f"{limit} of {len(valid):,} picked examples are shown."
    return valid, ""


def _boards_as_rle(boards: NDArray[np.uint8], activation_map: Map, rows: Ints) -> tuple[str, ...]:
    """Return the boards of ``rows`` as run-length encoded text that a board can start from."""
    return tuple(write_rle(boards[activation_map.index[row]]) for row in rows)


SELECTION = SelectionLens()
