"""The lens ``cloud``: the whole activation map, posted once.

Source: Pardo et al. 2019, "Coloring the Black Box", sections 2.3 to 2.9.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import Cloud, History
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import class_colours
from dnnvis.introspect import brainbow
from dnnvis.introspect.map import Map, Record
from dnnvis.introspect.pca import MARGIN
from dnnvis.introspect.unit_ordering import owners, sorted_units
from dnnvis.lenses.activation_map.example_images import is_place
from dnnvis.lenses.activation_map.frame_position import MapParams, lines_of
from dnnvis.lenses.activation_map.map_cache import once, opened, whole
from dnnvis.lenses.activation_map.neighbors import places, projections
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.network import Network

NO_CLASSES = "This map has no classes: its dots have one colour."
NO_ERROR = "This map expects no error: none was known when it was fitted."


@dataclass(frozen=True)
class CloudLens(LensDefaults):
    """Yields one Cloud: of a network at a moment of its training the finished one's, and words.
    Without a map it is empty, and its ``words`` say how to get one."""

    name: str = "cloud"
    title: str = "activation map"
    source: str = "Pardo et al. 2019, sections 2.3 to 2.9"
    backward: bool = False
    Params: type[MapParams] = MapParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: MapParams) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[Cloud]:
        made = cloud_of(scene.network, scene.params.version, scene.params.projection)
        mark = whole(scene.network).fingerprint
        yield replace(made, unit=str(scene.unit), version=scene.params.version, fingerprint=mark)


def cloud_of(network: Network, version: int = 0, projection: str = "map") -> Cloud:
    """The network's map under a projection, made once for each; see ``CloudLens``."""
    finished = whole(network)
    found = opened(finished, version)
    if found.map is None:
        return Cloud(network=finished.name, words=found.why)
    known = projections(found.map)
    wish = projection if projection in known else "map"
    made: Cloud = once(found, ("cloud", wish), lambda made: cloud(made, wish, known, finished.name))
    if wish != projection:
        made = replace(made, words=_joined(made.words, _no_projection(projection)))
    if finished is not network:
        made = replace(made, words=_joined(made.words, opened(network, version).why))
    return made


def _no_projection(name: str) -> str:
    return f'This map has no {name.upper()} projection: tick "{name.upper()} beside it" in a fit.'


def _joined(*words: str) -> str:
    return " ".join(filter(None, words))


def cloud(found: Map, projection: str, known: tuple[str, ...], network: str) -> Cloud:
    """All that is said of a map, under one of the ``known`` projections."""
    examples = found.examples
    own = projection == "map"
    nothing = np.zeros((0, 0), np.float32)
    return Cloud(
        z=places(found, projection),
        projection=projection,
        projections=known,
        shown=examples.index,
        labels=examples.labels,
        predicted=examples.predicted,
        log_e=examples.log_e,
        expected=dict(examples.expected),
        doubt=examples.doubt,
        step=examples.step,
        test=examples.test,
        classes=found.classes,
        error_field=found.error_field if own else nothing,
        empty=found.empty if own else nothing.astype(bool),
        extent=found.extent if own else _extent(places(found, projection)),
        lines=lines_of(found),
        figures=dict(found.figures),
        notes=(*found.notes, _of_seeds(found)),
        record=None if found.record is None else _history(found.record),
        rows_each=found.rows_each,
        data=_data(found),
        words=_words(found),
        network=network,
        recipe={"lens": CLOUD.name, "source": CLOUD.source, "map": found.recipe},
        **_units(found),
    )


def _units(found: Map) -> dict[str, Any]:
    """What is known of the units, by the names of Cloud's fields (sections 2.8 and 2.9)."""
    layers = tuple((part.layer, part.start, part.stop) for part in found.columns_.parts)
    spread = found.basis.spread
    scale = np.where(np.isfinite(spread), np.maximum(spread - MARGIN, 0), 0).astype(np.float32)
    ways = tuple(part.how for part in found.columns_.parts)
    units: dict[str, Any] = {
        "layers": layers, "ways": ways, "calls": found.columns_.steps,
        "scale": scale, "middle": found.basis.mean,
    }  # fmt: skip
    if not found.classes:
        return units
    owner = owners(found.class_h)
    order = [sorted_units(owner, found.class_h, start, stop) for _, start, stop in layers]
    palette = class_colours(len(found.classes))
    return units | {
        "owner": owner,
        "order": np.concatenate(order),
        "colours": brainbow.colours(found.class_h, palette, scale, layers),
        "expected_h": found.class_h,
    }


def _history(record: Record) -> History:
    return History(record.z, record.steps, record.labels, record.index)


def _data(found: Map) -> str:
    address = str(found.recipe.get("data", ""))
    return address if is_place(address) else ""


def _of_seeds(found: Map) -> str:
    return (
        "Two fits with different seeds give different maps, not only rotated ones; this one has "
        f"seed {found.recipe.get('seed', 0)}."
    )


def _words(found: Map) -> str:
    """Why the map has no classes or no expected error, as the fit said it where it did."""
    missing = ([] if found.classes else [NO_CLASSES]) + ([] if found.estimators else [NO_ERROR])
    told = [note for note in found.notes if "has no classes" in note]
    return _joined(*(told[:1] or missing)) if missing else ""


def _extent(z: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Of the dots, with a twentieth around them."""
    low, high = z.min(0), z.max(0)
    edge = np.maximum((high - low) / 20, 1e-3)
    low, high = low - edge, high + edge
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


CLOUD = CloudLens()
