"""The lens ``moving_map``: how a layer's vectors lie at this moment of a training.

A fitted map belongs to finished weights. While a network learns, its vectors are projected onto
their two main directions at each moment, turned onto the picture before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.activation_map import MovingMap
from dnnvis.core.errors import BadInput, Cancelled, DnnvisError
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.comparison.moving import align_to, project_onto_two
from dnnvis.lenses.activation_map.example_images import open_cached_data, start_opening
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset

PICTURES = 240  # of the data, evenly spaced
PICTURES_PER_STEP = 12
POSITIONS_PER_SIDE = 16  # of a frame whose places are the points
READING = "The pictures are being read ..."
ONE_POSITION = (
    "A point is a place of the frame, and this layer has but one: name the pictures that the "
    "network learns."
)

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MovingParams:
    """Settings of the lens ``moving_map``."""

    #: Path of pictures, each of which is a point; "": the places of the frame are the points.
    data: str = ""


@dataclass(eq=False)
class _PointsState:
    """What is known of one network's points in one layer, and of the next picture so far."""

    key: tuple[str, str] = ("", "")
    pixels: list[NDArray[np.uint8]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    total: int = 0  # pictures there are to read; 0: not known yet
    vectors: list[Floats] = field(default_factory=list)
    fingerprint: str = ""  # of the weights of the latest picture
    z: Floats | None = None
    previous: Floats | None = None
    explained: float = 0.0

    def take(self, vectors: Floats) -> None:
        """Project the vectors of all points, turned onto the picture before."""
        z, self.explained = project_onto_two(vectors)
        is_same = self.z is not None and len(self.z) == len(z)
        self.previous = self.z if is_same else None
        self.z = z if self.previous is None else align_to(z, self.previous)


#: Unlike the network's own caches they outlast new weights.
_STATES: "WeakKeyDictionary[Network, _PointsState]" = WeakKeyDictionary()


@dataclass(frozen=True)
class MovingMapLens(LensDefaults):
    """Where a layer's vectors lie now.

    Points are places of the frame, or pictures of a data set whose vectors are means over places;
    of those some run in each step, between which the weights may change. Yields a MovingMap after
    each step, the last of them with all points.
    """

    name: str = "moving_map"
    title: str = "map while it learns"
    source: str = "principal components; orthogonal Procrustes (Schoenemann 1966)"
    backward: bool = False
    reads_recording: bool = True
    Params: type[MovingParams] = MovingParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every layer."""
        return None

    def layers_of(self, params: MovingParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[MovingMap]:
        """Yield the results for ``scene``, see the class; BadInput without a frame."""
        network, params = scene.network, scene.params
        if scene.recording is None or scene.frame is None:
            raise BadInput("moving_map needs a picture to look at; pass image=.")
        key = (scene.unit.layer, params.data)
        state = _STATES.get(network)
        if state is None or state.key != key:
            state = _STATES[network] = _PointsState(key)
        header: dict[str, Any] = {
            "unit": str(scene.unit),
            "frame": scene.frame.number,
            "network": network.name,
            "kind": "picture" if params.data else "position",
            "recipe": {"lens": self.name, "data": params.data, "source": self.source},
        }
        try:
            parts = _run_pictures(state, scene) if params.data else _take_positions(state, scene)
            for progress, labels, classes in parts:
                yield _result(state, labels, classes, progress, header)
        except Cancelled:
            raise
        except DnnvisError as error:
            yield MovingMap(message=str(error), **header)


MOVING_MAP = MovingMapLens()
Part = tuple[float, Ints, tuple[str, ...]]  # finished fraction, labels, names of the classes


def _result(
    state: _PointsState,
    labels: Ints,
    classes: tuple[str, ...],
    progress: float,
    header: dict[str, Any],
) -> MovingMap:
    if state.z is None:
        return MovingMap(message=READING, progress=progress, **header)
    previous = state.z if state.previous is None else state.previous
    return MovingMap(
        z=state.z,
        previous=previous,
        labels=labels,
        classes=classes,
        explained=state.explained,
        progress=progress,
        **header,
    )


def _take_positions(state: _PointsState, scene: Scene) -> Iterator[Part]:
    """Take places of the frame; their classes are the signs of an answer of as many places."""
    assert scene.recording is not None
    values = scene.recording.tensor(scene.unit.layer).detach().float().cpu().numpy()
    if values.ndim != 4 or values.shape[2] * values.shape[3] < 2:
        raise BadInput(ONE_POSITION)
    rows, columns = (_spread(side, POSITIONS_PER_SIDE) for side in values.shape[2:])
    picked = values[0][:, rows[:, None], columns]  # (C, rows, columns)
    state.take(np.ascontiguousarray(picked.reshape(len(picked), -1).T))
    labels = np.full(rows.size * columns.size, -1, np.int64)
    classes: tuple[str, ...] = ()
    output = scene.recording.result
    if output is not None and tuple(output.shape[1:]) == (1, *values.shape[2:]):
        below = output.detach()[0, 0].cpu().numpy()[rows[:, None], columns].ravel() <= 0
        labels, classes = below.astype(np.int64), ("above 0", "below 0")  # as the playground: blue
    yield 1.0, labels, classes


def _run_pictures(state: _PointsState, scene: Scene) -> Iterator[Part]:
    """Run the pictures of the data, a few at a time, and take their vectors once all are there."""
    network, path = scene.network, scene.params.data
    if not state.names and not start_opening(path):
        yield 0.0, np.zeros(0, np.int64), ()
    if state.fingerprint == network.fingerprint and not state.vectors and state.z is not None:
        yield 1.0, *_label(state.names, network.card.labels)  # of the same weights
        return
    while True:
        if not state.total or len(state.names) < state.total:
            _read_more(state, open_cached_data(path))
        start = len(state.vectors)
        batch = state.pixels[start : start + PICTURES_PER_STEP]
        state.vectors += _find_vectors(network, scene.unit.layer, batch)
        is_complete = len(state.vectors) >= state.total
        if is_complete:
            state.take(np.stack(state.vectors))
            state.vectors.clear()
            state.fingerprint = network.fingerprint
        labels, classes = _label(state.names, network.card.labels)
        shown = 0 if state.z is None else len(state.z)
        yield (1.0 if is_complete else len(state.vectors) / state.total), labels[:shown], classes
        if is_complete:
            return


def _read_more(state: _PointsState, data: Dataset) -> None:
    """Read the next pictures; raise BadInput where one cannot be read."""
    numbers = _spread(len(data), PICTURES)
    state.total = len(numbers)
    for number in numbers[len(state.names) :][:PICTURES_PER_STEP].tolist():
        try:
            pixels, origin = data.read(number)
        except BadInput:
            raise BadInput(f"{data.name(number)} cannot be read; choose other data.") from None
        state.pixels.append(pixels)
        state.names.append(origin.label)


def _find_vectors(
    network: Network, layer: str, pictures: Sequence[NDArray[np.uint8]]
) -> list[Floats]:
    """Return a layer's mean vector over places for each picture, float32 (C,)."""
    inputs = [network.encode(pixels) for pixels in pictures]
    is_batch = not network.table.one_by_one and len({tuple(x.shape) for x in inputs}) == 1
    vectors: list[Floats] = []
    for x in [torch.cat(inputs)] if is_batch else inputs:
        recording = network.run(x, (layer,), batched=is_batch)
        values = recording.tensor(layer).detach().float()
        vectors += list(values.flatten(2).mean(2).cpu().numpy())
    return vectors


def _label(names: list[str], labels: tuple[str, ...]) -> tuple[Ints, tuple[str, ...]]:
    """Return the classes of pictures: the network's, where it knows their names."""
    classes = labels if set(names) & set(labels) else tuple(sorted(set(names) - {""}))
    index = {name: k for k, name in enumerate(classes)}
    return np.array([index.get(name, -1) for name in names], np.int64), tuple(classes)


def _spread(count: int, most: int) -> Ints:
    """Return at most so many numbers below ``count``, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
