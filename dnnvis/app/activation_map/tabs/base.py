"""The base class of the tabs beside the activation map, and the data they share."""

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.core.activation_map import (
    Attacks,
    Constellation,
    FramePosition,
    MapData,
    PointInfo,
    SelectedExamples,
)
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.class_colors import UNLABELED_COLOR, generate_class_colors
from dnnvis.session import map_state
from dnnvis.session.session import Session

MAX_BACKDROP_EXAMPLES = 2000  # examples in a small map

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
EMPTY_BACKDROP = np.zeros((0, 2), np.float32), np.zeros((0, 3), np.uint8)

T = TypeVar("T")

MAP_PENDING = "The map is not here yet: it is read with the first picture."


class MapTabData:
    """The newest value of each key, and the network that they belong to."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.info: NetworkInfo | None = None
        self._own_map: MapData | None = None
        self._backdrop: tuple[MapData, Floats, Pixels] | None = None

    def store(self, key: str, value: Any) -> None:
        self.values[key] = value
        if key == map_state.MAP_DATA and isinstance(value, MapData) and value.projection == "map":
            self._own_map = value

    def clear(self, info: NetworkInfo | None) -> None:
        """Forget all that arrived: another network runs."""
        self.values.clear()
        self.info = info
        self._own_map = self._backdrop = None

    def failure_reason(self, *keys: str) -> str:
        """Return the sentence of what failed under one of ``keys``; "" where nothing did."""
        values = (self.values.get(key) for key in keys)
        return next((value.sentence for value in values if isinstance(value, Failure)), "")

    def _value_of_type(self, key: str, value_type: type[T]) -> T | None:
        value = self.values.get(key)
        return value if isinstance(value, value_type) else None

    @property
    def map_data(self) -> MapData | None:
        return self._value_of_type(map_state.MAP_DATA, MapData)

    @property
    def frame_position(self) -> FramePosition | None:
        return self._value_of_type(map_state.MAP, FramePosition)

    @property
    def point_info(self) -> PointInfo | None:
        return self._value_of_type(map_state.MAP_POINT, PointInfo)

    @property
    def picked(self) -> SelectedExamples | None:
        return self._value_of_type(map_state.PICKED, SelectedExamples)

    @property
    def noise(self) -> Constellation | None:
        return self._value_of_type(map_state.NOISE, Constellation)

    @property
    def attacks(self) -> Attacks | None:
        return self._value_of_type(map_state.ATTACK, Attacks)

    def backdrop(self) -> tuple[Floats, Pixels]:
        """Return some examples (n, 2) of the map itself, with their colors uint8 (n, 3).

        They do not depend on the projection on show; none while the map is not known.
        """
        own = self._own_map
        if own is None:
            return EMPTY_BACKDROP
        if self._backdrop is None or self._backdrop[0] is not own:
            rows = np.linspace(0, len(own.z) - 1, min(MAX_BACKDROP_EXAMPLES, len(own.z))).astype(
                np.int64
            )
            shades = colors_of(own.labels[rows], len(own.classes))
            self._backdrop = own, own.z[rows], shades
        return self._backdrop[1:]

    def no_map_reason(self) -> str:
        """Return why there is no map to describe; "" where there is one."""
        if self.map_data is not None and len(self.map_data.z):
            return ""
        reason = self.map_data.message if self.map_data is not None else ""
        return self.failure_reason(map_state.MAP_DATA, map_state.MAP) or reason or tr(MAP_PENDING)

    def class_name(self, k: int) -> str:
        """Return the name of class ``k``: the map's, else the network's, else its number."""
        if k < 0:
            return tr("no class")
        names = (self.map_data.classes if self.map_data else ()) or (
            self.info.labels if self.info else ()
        )
        return names[k] if k < len(names) else tr("class {number}", number=k)


def same_network(previous: NetworkInfo | None, current: NetworkInfo | None) -> bool:
    """Return whether the same network runs on, so that its map is not read again.

    It may be at another step of its training, or on boards or pictures of another size.
    """
    if previous is None or current is None or previous.choice != current.choice:
        return False
    return previous.choice is not None or previous.name == current.name


class MapTab(QWidget):
    """A tab that draws what is in ``tab_data``, and only while it is visible.

    ``redraw`` is called after each change of the state, and with each value whose key is in its
    ``mail_keys``.
    """

    mail_keys: tuple[str, ...] = ()

    def __init__(
        self, session: Session, tab_data: MapTabData, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.session, self.tab_data = session, tab_data

    @property
    def choice(self) -> map_state.MapChoice:
        return self.session.state.map

    def choose(self, **changes: Any) -> None:
        """Change what is chosen on the map."""
        self.session.update(map=replace(self.choice, **changes))

    def redraw(self, key: str = "") -> None:
        """Draw if the tab is visible; ``key`` names the value that is new, "" any."""
        if self.isVisible():
            self.draw(key)

    def draw(self, key: str) -> None:
        """Bring everything to the present choice and data."""

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.redraw()


def colors_of(classes: NDArray[np.int64], count: int) -> NDArray[np.uint8]:
    """Return the color of each of ``classes`` (n,), uint8 (n, 3); gray where it has none (-1)."""
    needed = int(classes.max(initial=-1)) + 1
    table = np.concatenate(
        [generate_class_colors(max(count, needed)), np.array([UNLABELED_COLOR], np.uint8)]
    )
    colors: NDArray[np.uint8] = table[np.where(classes < 0, len(table) - 1, classes)]
    return colors
