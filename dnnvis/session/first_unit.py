"""Choose what is on show before anybody has chosen: a middle layer, and its strongest unit."""

import numpy as np

from dnnvis.core.messages import LayerInfo, Live, NetworkInfo
from dnnvis.core.receptive_field import per_axis
from dnnvis.core.unit import Unit
from dnnvis.session.layers import list_layers
from dnnvis.session.learning.playground import is_plane_network, plane_layers

MIN_MAP_FRACTION = 1 / 20  # of the input's side that a middle layer's maps have at least
MIN_MAP_SIDE = 4  # places
MIN_CHANNELS = 8
RECTIFIERS = ("ReLU", "ReLU6", "LeakyReLU", "ELU", "GELU", "SiLU", "Hardswish", "PReLU", "Mish")


def choose_middle_layer(info: NetworkInfo) -> str:
    """Return the layer that shows most at a first look.

    It is the last whose maps still have places to look at, after a rectifier if there is one:
    deep enough to respond to parts of things, and not the maps of the classes themselves.

    Args:
        info: The network.

    Returns:
        The name of the layer; the last hidden state of a network that has some, the last hidden
        layer of one over the plane, and "" where no layer has maps.
    """
    if info.states:
        return info.states[-1][0]
    if is_plane_network(info):  # its layers are small, and the first is only what it is given
        return plane_layers(info)[-2]
    outputs = next((row.shape[0] for row in info.layers if row.name == "output"), 0)
    side = max(MIN_MAP_SIDE, min(info.size) * MIN_MAP_FRACTION)
    rows = [row for row in list_layers(info) if _has_maps(row, side, outputs)]
    rectified = [row for row in rows if row.kind in RECTIFIERS]
    return (rectified or rows)[-1].name if rows else ""


def _has_maps(row: LayerInfo, side: float, outputs: int) -> bool:
    channels, height, width = row.shape
    if row.name == "output" or channels == outputs or channels < MIN_CHANNELS:
        return False
    return min(height, width) >= side


def choose_unit_at(
    live: Live, row: LayerInfo, call: int, point: tuple[float, float]
) -> Unit | None:
    """Return the unit with the largest value at a place of the picture; None where none fires.

    Args:
        live: The frame, with the maps (C, H, W) of the layers on show.
        row: The layer.
        call: Which of its calls is on show.
        point: (y, x) in pixels of the picture as the network sees it.
    """
    maps = live.maps.get(row.name)
    if maps is None or not maps.size:
        return None
    field = None if row.field is None else per_axis(row.field)
    position: list[int] = []
    for axis, (pixel, count) in enumerate(zip(point, maps.shape[1:], strict=True)):
        if field is None:
            index = pixel / live.pixels.shape[axis] * count - 0.5
        else:  # the field of the unit at k has its middle at offset + k * stride
            index = (pixel - 0.5 - field.offset[axis]) / field.stride[axis]
        position.append(min(max(round(index), 0), count - 1))
    values = np.nan_to_num(maps[:, position[0], position[1]], nan=-np.inf)  # (C,)
    channel = int(np.argmax(values))
    return Unit(row.name, channel, None, call) if values[channel] > 0 else None


def choose_strongest_unit(live: Live, layer: str, call: int) -> Unit | None:
    """Return the unit with the largest value of a layer on a frame; None where none fires.

    Args:
        live: The frame, with the maps (C, H, W) of the layers on show.
        layer: Name of the layer.
        call: Which of its calls is on show.
    """
    maps = live.maps.get(layer)
    if maps is None or not maps.size:
        return None
    peaks = np.nanmax(np.where(np.isfinite(maps), maps, -np.inf), axis=(1, 2))  # (C,)
    channel = int(np.argmax(peaks))
    return Unit(layer, channel, None, call) if peaks[channel] > 0 else None
