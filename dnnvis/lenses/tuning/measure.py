"""Measure a unit's tuning curve, some pictures at a time."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import LensMissing
from dnnvis.core.probing.tuning import StimulusKind, TuningCurve
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.tuning.stimuli import draw_background, draw_stimuli, list_axes
from dnnvis.network.network import Network

BATCH = 16  # pictures in one pass


def measure_tuning(network: Network, unit: Unit, kind: StimulusKind) -> Iterator[TuningCurve]:
    """Measure what a unit responds to a family of pictures, after each batch of pictures.

    The response is the greatest value in the middle half of the unit's map, where no padding of the
    border is seen (of a position, its value there), and the mean over the pictures of one point.
    The pictures pass the network's own preprocessing; a network of one channel sees their mean
    over the colors.

    Args:
        network: The network.
        unit: The unit.
        kind: The family of pictures.

    Yields:
        The curve so far; the last one is whole.

    Raises:
        UnknownUnit: There is no such unit.
        LensMissing: The network sees boards, or no color where the hue is varied.
    """
    network.check(unit)
    reason = explain_missing(network, kind)
    if reason:
        raise LensMissing(reason)
    size = network.card.size
    axes = list_axes(kind, size)
    points = list(product(*(range(len(axis.values)) for axis in axes)))
    shape = (len(axes[0].values), len(axes[1].values) if len(axes) > 1 else 1)
    responses = np.full(shape, np.nan, np.float32)
    baseline = _respond(network, unit, draw_background(size)[None])[0]
    curve = TuningCurve(
        kind, str(unit), axes, responses, float(baseline), network=network.name, progress=0.0
    )
    greatest = -np.inf
    done = 0
    while done < len(points):
        group: list[tuple[int, ...]] = []
        pictures: list[NDArray[np.float32]] = []
        while done + len(group) < len(points) and sum(map(len, pictures)) < BATCH:
            point = points[done + len(group)]
            values = tuple(axis.values[k] for axis, k in zip(axes, point, strict=True))
            group.append(point)
            pictures.append(draw_stimuli(kind, values, size))
        values_of_all = _respond(network, unit, np.concatenate(pictures))
        start = 0
        for point, drawn in zip(group, pictures, strict=True):
            own = values_of_all[start : start + len(drawn)]
            start += len(drawn)
            mean = float(own.mean())
            responses[point if len(point) > 1 else (*point, 0)] = mean
            if mean > greatest:
                greatest = mean
                curve = replace(curve, preferred=_to_pixels(drawn[int(own.argmax())]))
        done += len(group)
        curve = replace(curve, responses=responses.copy(), progress=done / len(points))
        yield replace(curve, caption=_describe(curve, unit))


def explain_missing(network: Network, kind: StimulusKind) -> str:
    """Return why a network has no such curve; "" where it has."""
    if network.card.binary:
        return "The network sees boards of the Game of Life, no bars or colors."
    if kind == "hues" and network.card.channels != 3:
        return f"The network sees {network.card.channels} channel(s): no hues. Choose gratings."
    if network.card.channels not in (1, 3):
        return f"The network sees {network.card.channels} channels; curves need 1 or 3."
    return ""


def _respond(network: Network, unit: Unit, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the unit's response to each of the pictures (N, H, W, 3), float32 (N,)."""
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(network.device)
    if network.card.channels == 1:
        x = x.mean(1, keepdim=True)
    until = None if unit.layer == "output" else _stop_at(network, unit)
    maps = network.run(x.contiguous(), (unit.layer,), until=until).tensor(unit.layer, unit.call)
    own: Tensor = maps[:, unit.channel].float()
    if unit.position is not None:
        own = own[:, unit.position[0], unit.position[1], None, None]
    height, width = own.shape[1:]
    top, left = height // 4, width // 4
    middle = own[:, top : height - top, left : width - left]
    result: NDArray[np.float32] = middle.amax((1, 2)).cpu().numpy()
    return result


def _stop_at(network: Network, unit: Unit) -> tuple[str, int]:
    """Return (layer, calls) after which the pass may stop."""
    calls = network.layer(unit.layer).calls
    return unit.layer, unit.call % calls + 1


def _to_pixels(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = (picture * 255).round().astype(np.uint8)
    return pixels


def _describe(curve: TuningCurve, unit: Unit) -> str:
    where = (
        tr("value there")
        if unit.position is not None
        else tr("greatest value in the middle of the map")
    )
    over = {"gratings": tr(", mean over 4 phases"), "bars": tr(", mean of dark and light")}
    return tr(
        "{kind}: {where}{over}; background gray 0.5",
        kind=tr(curve.kind),
        where=where,
        over=over.get(curve.kind, ""),
    )
