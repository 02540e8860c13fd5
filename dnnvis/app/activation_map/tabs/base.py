"""What the tabs beside the activation map have in common."""

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QWidget

from dnnvis.core.activation_map import Attacks, Cloud, Constellation, Here, Picked, PlaceSaid
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.imaging.class_colors import GRAY, class_colours
from dnnvis.session import map_state
from dnnvis.session.session import Session

MOST = 2000  # examples in a small map

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
NOTHING = np.zeros((0, 2), np.float32), np.zeros((0, 3), np.uint8)

T = TypeVar("T")

NO_CLOUD = "The map is not here yet: it is read with the first picture."


class Heard:
    """The newest value of each key, and the network that they are of."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.info: NetworkInfo | None = None
        self._own: Cloud | None = None
        self._thin: tuple[Cloud, Floats, Pixels] | None = None

    def take(self, key: str, value: Any) -> None:
        self.values[key] = value
        if key == map_state.CLOUD and isinstance(value, Cloud) and value.projection == "map":
            self._own = value

    def forget(self, info: NetworkInfo | None) -> None:
        """Another network runs: nothing that was heard is of it."""
        self.values.clear()
        self.info = info
        self._own = self._thin = None

    def why_not(self, *keys: str) -> str:
        """The sentence of what failed under one of ``keys``; "" where nothing did."""
        found = (self.values.get(key) for key in keys)
        return next((one.sentence for one in found if isinstance(one, Failure)), "")

    def _of(self, key: str, kind: type[T]) -> T | None:
        value = self.values.get(key)
        return value if isinstance(value, kind) else None

    @property
    def cloud(self) -> Cloud | None:
        return self._of(map_state.CLOUD, Cloud)

    @property
    def here(self) -> Here | None:
        return self._of(map_state.MAP, Here)

    @property
    def place(self) -> PlaceSaid | None:
        return self._of(map_state.PLACE, PlaceSaid)

    @property
    def picked(self) -> Picked | None:
        return self._of(map_state.PICKED, Picked)

    @property
    def noise(self) -> Constellation | None:
        return self._of(map_state.NOISE, Constellation)

    @property
    def attacks(self) -> Attacks | None:
        return self._of(map_state.ATTACK, Attacks)

    def backdrop(self) -> tuple[Floats, Pixels]:
        """Some examples (n, 2) of the map itself, whatever projection is on show, with their
        colours uint8 (n, 3); none while it is not known."""
        own = self._own
        if own is None:
            return NOTHING
        if self._thin is None or self._thin[0] is not own:
            rows = np.linspace(0, len(own.z) - 1, min(MOST, len(own.z))).astype(np.int64)
            shades = colours_of(own.labels[rows], len(own.classes))
            self._thin = own, own.z[rows], shades
        return self._thin[1:]

    def why_no_cloud(self) -> str:
        """Why there is no map to speak of; "" where there is one."""
        if self.cloud is not None and len(self.cloud.z):
            return ""
        words = self.cloud.words if self.cloud is not None else ""
        return self.why_not(map_state.CLOUD, map_state.MAP) or words or NO_CLOUD

    def class_name(self, k: int) -> str:
        """The name of class ``k``: the map's, else the network's, else its number."""
        if k < 0:
            return "no class"
        named = (self.cloud.classes if self.cloud else ()) or (
            self.info.labels if self.info else ()
        )
        return named[k] if k < len(named) else f"class {k}"


def same_network(before: NetworkInfo | None, now: NetworkInfo | None) -> bool:
    """Whether the same network runs on, at another moment of its training or on boards or
    pictures of another size: its map is not read again."""
    if before is None or now is None or before.choice != now.choice:
        return False
    return before.choice is not None or before.name == now.name


class MapTab(QWidget):
    """Draws what was ``heard``, and only while it is seen: ``redraw`` is called after each
    change of the state, and with each value whose key it ``hears``."""

    hears: tuple[str, ...] = ()

    def __init__(self, session: Session, heard: Heard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.heard = session, heard

    @property
    def choice(self) -> map_state.MapChoice:
        return self.session.state.map

    def choose(self, **changes: Any) -> None:
        """Change what is chosen on the map."""
        self.session.update(map=replace(self.choice, **changes))

    def redraw(self, key: str = "") -> None:
        """Draw, where anybody sees it; ``key`` says which value is new, "" any."""
        if self.isVisible():
            self.draw(key)

    def draw(self, key: str) -> None:
        """Bring everything to what is chosen and heard."""

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.redraw()


def colours_of(classes: NDArray[np.int64], count: int) -> NDArray[np.uint8]:
    """The colour of each of ``classes`` (n,), uint8 (n, 3); gray where it has none (-1)."""
    least = int(classes.max(initial=-1)) + 1
    table = np.concatenate([class_colours(max(count, least)), np.array([GRAY], np.uint8)])
    found: NDArray[np.uint8] = table[np.where(classes < 0, len(table) - 1, classes)]
    return found


def number(value: float) -> str:
    """A share or a distance on the map: .30, 1.25; "unknown" where it is none."""
    if not np.isfinite(value):
        return "unknown"
    text = signed(value, 2)
    return text.replace("0.", ".", 1) if text.startswith(("0.", "−0.")) else text


def signed(value: float, digits: int = 1) -> str:
    """So many digits after the point, with a true minus sign, and none before a nought."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
