"""The lens ``cloud``: the whole activation map, yielded once.

Source: Pardo et al. 2019, "Coloring the Black Box", sections 2.3 to 2.9.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.activation_map import LearningHistory, MapData
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.introspect import brainbow
from dnnvis.introspect.map import LearningRecord, Map
from dnnvis.introspect.pca import STD_MARGIN
from dnnvis.introspect.unit_ordering import preferred_classes, sort_units
from dnnvis.lenses.activation_map.example_images import is_path
from dnnvis.lenses.activation_map.frame_position import MapParams, alarm_lines
from dnnvis.lenses.activation_map.map_cache import compute_once, final_network, get_cached_map
from dnnvis.lenses.activation_map.neighbors import example_points, list_projections
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.network import Network

NO_CLASSES = "This map has no classes: its dots have one colour."
NO_ERROR = "This map expects no error: none was known when it was fitted."


@dataclass(frozen=True)
class MapDataLens(LensDefaults):
    """The data of the whole activation map.

    Yields one MapData; for a network at a snapshot of its training that of the final network, with
    a note. Without a map it is empty, and its ``message`` says how to get one.
    """

    name: str = "cloud"
    title: str = "activation map"
    source: str = "Pardo et al. 2019, sections 2.3 to 2.9"
    backward: bool = False
    Params: type[MapParams] = MapParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: MapParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[MapData]:
        """Yield the results for ``scene``, see the class."""
        map_data = load_map_data(scene.network, scene.params.version, scene.params.projection)
        fingerprint = final_network(scene.network).fingerprint
        yield replace(
            map_data, unit=str(scene.unit), version=scene.params.version, fingerprint=fingerprint
        )


def load_map_data(network: Network, version: int = 0, projection: str = "map") -> MapData:
    """Return the network's map under a projection, built once for each; see ``MapDataLens``.

    Args:
        network: The network, or a snapshot of its training.
        version: Version of the fitted map; another value reads it from disk again.
        projection: "map", "pca" or "umap".
    """
    final = final_network(network)
    cached = get_cached_map(final, version)
    if cached.map is None:
        return MapData(network=final.name, message=cached.reason)
    available = list_projections(cached.map)
    chosen = projection if projection in available else "map"
    map_data: MapData = compute_once(
        cached,
        ("cloud", chosen),
        lambda map_data: build_map_data(map_data, chosen, available, final.name),
    )
    if chosen != projection:
        map_data = replace(
            map_data, message=_join(map_data.message, _missing_projection(projection))
        )
    if final is not network:
        map_data = replace(
            map_data, message=_join(map_data.message, get_cached_map(network, version).reason)
        )
    return map_data


def _missing_projection(name: str) -> str:
    return f'This map has no {name.upper()} projection: tick "{name.upper()} beside it" in a fit.'


def _join(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def build_map_data(
    activation_map: Map, projection: str, available: tuple[str, ...], network: str
) -> MapData:
    """Return all that a map tells, under one projection.

    Args:
        activation_map: The map.
        projection: One of ``available``.
        available: Projections that the map has points for.
        network: Name of the network.
    """
    examples = activation_map.examples
    is_map = projection == "map"
    none = np.zeros((0, 0), np.float32)
    return MapData(
        z=example_points(activation_map, projection),
        projection=projection,
        projections=available,
        shown=examples.index,
        labels=examples.labels,
        predicted=examples.predicted,
        log_e=examples.log_e,
        expected=dict(examples.expected),
        doubt=examples.doubt,
        step=examples.step,
        test=examples.test,
        classes=activation_map.classes,
        error_field=activation_map.error_field if is_map else none,
        empty=activation_map.empty if is_map else none.astype(bool),
        extent=activation_map.extent
        if is_map
        else _extent(example_points(activation_map, projection)),
        lines=alarm_lines(activation_map),
        figures=dict(activation_map.figures),
        notes=(*activation_map.notes, _seed_note(activation_map)),
        record=None if activation_map.record is None else _history(activation_map.record),
        rows_each=activation_map.rows_each,
        data=_data_path(activation_map),
        message=_missing_message(activation_map),
        network=network,
        recipe={"lens": MAP_DATA.name, "source": MAP_DATA.source, "map": activation_map.recipe},
        **_unit_fields(activation_map),
    )


def _unit_fields(activation_map: Map) -> dict[str, Any]:
    """Return what is known of the units, by the names of MapData's fields (sections 2.8, 2.9)."""
    layers = tuple((part.layer, part.start, part.stop) for part in activation_map.columns_.parts)
    std = activation_map.basis.spread
    scale = np.where(np.isfinite(std), np.maximum(std - STD_MARGIN, 0), 0).astype(np.float32)
    reductions = tuple(part.how for part in activation_map.columns_.parts)
    units: dict[str, Any] = {
        "layers": layers,
        "reductions": reductions,
        "calls": activation_map.columns_.steps,
        "scale": scale,
        "middle": activation_map.basis.mean,
    }
    if not activation_map.classes:
        return units
    owner = preferred_classes(activation_map.class_h)
    order = [sort_units(owner, activation_map.class_h, start, stop) for _, start, stop in layers]
    palette = generate_class_colors(len(activation_map.classes))
    return units | {
        "owner": owner,
        "order": np.concatenate(order),
        "unit_colors": brainbow.unit_colors(activation_map.class_h, palette, scale, layers),
        "expected_h": activation_map.class_h,
    }


def _history(record: LearningRecord) -> LearningHistory:
    return LearningHistory(record.z, record.steps, record.labels, record.index)


def _data_path(activation_map: Map) -> str:
    address = str(activation_map.recipe.get("data", ""))
    return address if is_path(address) else ""


def _seed_note(activation_map: Map) -> str:
    return (
        "Two fits with different seeds give different maps, not only rotated ones; this one has "
        f"seed {activation_map.recipe.get('seed', 0)}."
    )


def _missing_message(activation_map: Map) -> str:
    """Return why the map has no classes or no expected error, as the fit reported it."""
    missing = ([] if activation_map.classes else [NO_CLASSES]) + (
        [] if activation_map.estimators else [NO_ERROR]
    )
    notes = [note for note in activation_map.notes if "has no classes" in note]
    return _join(*(notes[:1] or missing)) if missing else ""


def _extent(z: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Return the bounding box of the points with a margin of a twentieth."""
    low, high = z.min(0), z.max(0)
    margin = np.maximum((high - low) / 20, 1e-3)
    low, high = low - margin, high + margin
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


MAP_DATA = MapDataLens()
