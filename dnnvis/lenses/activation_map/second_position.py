"""Where a second network's activations lie on the first network's activation map.

The map was fitted on the first network's units. A second network is put on it as if its units were
these: units of the same place in the same layer, or in one of the same shape.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from dnnvis.core.activation_map import FramePosition
from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.messages import LayerInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.introspect.features import Columns, LayerColumns
from dnnvis.lenses.activation_map.frame_position import locate_vectors, read_prediction
from dnnvis.lenses.activation_map.map_cache import get_cached_map
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording


@dataclass(frozen=True)
class SecondColumns:
    """How the hidden vector of the first network's map is read from a second network."""

    #: The columns with the second network's layers; None where it has none.
    columns: Columns | None
    #: Why there are none, or which layers stand for which; "" for layers of the same names.
    message: str = ""

    @property
    def layers(self) -> tuple[str, ...]:
        """Return the layers to record."""
        return () if self.columns is None else self.columns.layers


def find_second_columns(first: Network, second: Network, version: int = 0) -> SecondColumns:
    """Return how a second network is put on the map of the first.

    Args:
        first: The network that may have a map.
        second: The other.
        version: Version of the fitted map.
    """
    cached = get_cached_map(first, version)
    if cached.map is None:
        return SecondColumns(None, cached.reason)
    columns = cached.map.columns_
    try:
        names: dict[str, str] = {}
        for step in columns.steps:
            for (layer, _), part in zip(step, columns.parts, strict=True):
                if layer not in names:  # states of a recurrent network share the columns of one
                    row = first.layer(layer)
                    names[layer] = _find_counterpart(columns, part, row, second, names.values())
    except BadInput as error:
        return SecondColumns(None, str(error))
    steps = tuple(tuple((names[layer], call) for layer, call in step) for step in columns.steps)
    others = [f"{other} ~ {layer}" for layer, other in names.items() if other != layer]
    message = tr("Layers of the same shape: {pairs}.", pairs=", ".join(others)) if others else ""
    return SecondColumns(replace(columns, steps=steps), message)


def _find_counterpart(
    columns: Columns, part: LayerColumns, row: LayerInfo, second: Network, taken: Collection[str]
) -> str:
    """Return the second network's layer with the shape and the calls of a layer of the map.

    The shape is that of the map's own pictures, or of the first network on those that run now.

    One of the same name, else of the same kind, else any; the last of several, as the map is made
    of the layers nearest to the answer.
    """
    shape = part.shape
    calls = 1 + max(call for step in columns.steps for name, call in step if name == row.name)
    similar = [
        each
        for each in second.layers
        if tuple(each.shape) in (tuple(shape), tuple(row.shape))
        and each.calls >= calls
        and each.name not in (OUTPUT, *taken)
    ]
    if similar:
        return max(
            reversed(similar), key=lambda each: (each.name == row.name, each.kind == row.kind)
        ).name
    raise BadInput(
        tr(
            "{name} has no place on this map: the map is made of {layer} ({shape}, called "
            "{calls}x), and no layer of {name} is like it.",
            name=second.name,
            layer=row.name,
            shape=" x ".join(map(str, shape)),
            calls=calls,
        )
    )


def locate_second(
    first: Network,
    second: Network,
    recording: Recording,
    found: SecondColumns,
    **params: Any,
) -> FramePosition:
    """Return where a second network is on the map of the first.

    Args:
        first: The network whose map it is.
        second: The other network.
        recording: What it did with a picture, with the layers of ``found``.
        found: How the hidden vector is read from it.
        **params: Of the lens ``map``: version, projection.

    Returns:
        The position; an empty one whose message says why there is none.
    """
    header: dict[str, Any] = {"network": second.name, "version": int(params.get("version", 0))}
    if found.columns is None:
        return FramePosition(message=found.message, **header)
    try:
        h = found.columns.rows(recording)[0].detach().cpu().numpy()  # (steps, D)
        cached = get_cached_map(first, header["version"])
        projection = str(params.get("projection", "map"))
        prediction = read_prediction(second, recording)
        position = locate_vectors(cached, projection, h, prediction, header)
    except DnnvisError as error:
        return FramePosition(message=str(error), **header)
    messages = (found.message, position.message)
    return replace(position, message=" ".join(filter(None, messages)))
