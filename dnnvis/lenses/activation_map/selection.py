"""The lens ``map_picked``: the pictures of examples that were picked on the map."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import Picked
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.example_images import at_hand, boards_of, reader, thumbs
from dnnvis.lenses.activation_map.map_cache import opened, whole
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.sources.life.rle import write_rle

Ints = NDArray[np.int64]
MOST = 60  # pictures that are shown
PATIENCE = 0.1  # seconds after which the pictures read so far are shown


@dataclass(frozen=True)
class PickedParams:
    """``rows`` of the map's examples; ``data``: where the pictures are, "" = where they were
    when the map was fitted; ``side`` of a thumbnail in pixels."""

    version: int = 0
    rows: tuple[int, ...] = ()
    data: str = ""
    side: int = field(default=48, metadata={"range": (8, 512)})


@dataclass(frozen=True)
class PickedLens(LensDefaults):
    """Yields Picked, in portions where reading takes long: at most 60 pictures of the examples
    (said), of a map of boards these too. Where there are no pictures it has the rows alone."""

    name: str = "map_picked"
    title: str = "picked examples of the map"
    source: str = "Pardo et al. 2019, section 3.2"
    backward: bool = False
    Params: type[PickedParams] = PickedParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: PickedParams) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[Picked]:
        network, params = whole(scene.network), scene.params
        known = opened(network, params.version)
        bare = Picked(
            unit=str(scene.unit), network=network.name, words=known.why,
            recipe={"lens": PICKED.name, "source": PICKED.source},
        )  # fmt: skip
        if known.map is None:
            yield bare
            return
        rows, words = _asked(known.map, params.rows)
        boards = boards_of(network, known)
        lines = () if boards is None else _lines(boards, known.map, rows)
        bare = replace(bare, rows=rows, boards=lines, words=words)
        while not at_hand(known, params.data):
            yield replace(bare, rows=rows[:0], boards=(), progress=0.0)
        try:
            read = reader(network, known, params.data)
            made, began = thumbs(read, rows[:1], params.side), time.perf_counter()
            for done in range(1, len(rows)):
                if time.perf_counter() - began > PATIENCE:
                    began = time.perf_counter()
                    yield replace(
                        bare, rows=rows[:done], thumbs=made, boards=lines[:done],
                        progress=done / len(rows),
                    )  # fmt: skip
                made = np.concatenate([made, thumbs(read, rows[done : done + 1], params.side)])
            yield replace(bare, thumbs=made)
        except BadInput as why:
            yield replace(bare, words=" ".join(filter(None, (words, str(why)))))


def _asked(found: Map, rows: tuple[int, ...]) -> tuple[Ints, str]:
    """The rows that are shown, each once, and what is to be said of the others. Raises BadInput
    for rows that are no numbers."""
    try:
        asked = np.array(list(dict.fromkeys(rows)), np.int64)
    except (TypeError, ValueError):
        raise BadInput(f"Rows of the map are whole numbers, not {rows}.") from None
    there = asked[(asked >= 0) & (asked < len(found.z))]
    if len(there) > MOST:
        return there[:MOST], f"{MOST} of {len(there):,} picked examples are shown."
    return there, ""


def _lines(boards: NDArray[np.uint8], found: Map, rows: Ints) -> tuple[str, ...]:
    """The boards of rows as text that a board can begin with."""
    return tuple(write_rle(boards[found.index[row]]) for row in rows)


PICKED = PickedLens()
