"""Pictures of the examples that were picked on the map, and of those that live at a place."""

from collections.abc import Callable

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from dnnvis.app.activation_map import text
from dnnvis.app.activation_map.tabs.base import Heard, MapTab, number
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import Spare
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.thumbnail_grid import Tile, Tiles
from dnnvis.core.activation_map import Ints, Picked, Pixels, PlaceSaid
from dnnvis.session import map_state
from dnnvis.session.session import Session

NONE_PICKED = "Nothing is picked. Click a dot on the map, or draw a lasso around some."
NO_PLACE = "Rest the mouse on the map to see which examples live there."
READING = "Reading the pictures ..."


class SelectedTab(MapTab):
    """``chosen`` with the row of a picture that was clicked: it alone is to be picked;
    ``pictures_asked``: somebody knows the folder (True) or file where the pictures are."""

    chosen = pyqtSignal(object)
    pictures_asked = pyqtSignal(bool)
    hears = (map_state.PICKED, map_state.PLACE, map_state.CLOUD)

    def __init__(self, session: Session, heard: Heard, parent: QWidget | None = None) -> None:
        super().__init__(session, heard, parent)
        self._drawn: dict[str, object] = {}
        self.head = Line(self, theme.small(self))
        self.pictures = QToolButton(self)
        self.pictures.setText("Pictures ...")
        self.pictures.setToolTip("Say where the pictures are that this map was fitted on")
        self.pictures.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.pictures.setMenu(pictures_menu(self.pictures, self.pictures_asked.emit))
        self.pictures.hide()
        self.picked = Tiles("Picked examples", self)
        self.said = Line(self, theme.small(self), lines=2)
        self.near = Tiles("Examples that live nearest to the place", self)
        self.picked.clicked.connect(lambda k: self._pick(self.heard.picked, k))
        self.near.clicked.connect(lambda k: self._pick(self.heard.place, k))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        for widget, share in ((self.head, 0), (self.picked, 3), (self.said, 0), (self.near, 2)):
            column.addWidget(widget, share)
        column.insertWidget(1, self.pictures, 0, Qt.AlignmentFlag.AlignLeft)
        for tiles in (self.picked, self.near):
            tiles.setMinimumHeight(60)
        Spare(self, column, self.head, self.said)

    def draw(self, key: str) -> None:
        if key != map_state.PLACE:
            self._draw_picked()
        if key != map_state.PICKED:
            self._draw_place()
        self.pictures.setVisible(self._without_pictures())

    def _without_pictures(self) -> bool:
        """Whether examples are asked for whose pictures are not found."""
        info = self.heard.info
        if info is not None and info.binary:
            return False
        picked = self.heard.picked if self.choice.picked else None
        place = self.heard.place if self.choice.place else None
        return any(
            found is not None and len(found.rows) > 0 and not len(found.thumbs)
            for found in (picked, place)
        )

    def _draw_picked(self) -> None:
        wish, found = self.choice.picked, self.heard.picked
        failed = self.heard.why_not(map_state.PICKED) or self._no_cloud()
        self.head.setText(picked_line(wish, found))
        if failed or not wish:
            self.picked.show_words(failed or NONE_PICKED)
        elif found is None:
            self.picked.show_words(READING)
        elif not len(found.thumbs):
            self.picked.show_words(found.words or self._names(found.rows))
        else:
            self.picked.show_tiles(self._tiles(found.rows, found.thumbs))

    def _draw_place(self) -> None:
        found = self.heard.place if self.choice.place else None
        failed = self.heard.why_not(map_state.PLACE)
        self.said.setText("" if found is None else place_line(found))
        if failed or found is None:
            self.near.show_words(failed or ("" if self._no_cloud() else NO_PLACE))
        elif not len(found.thumbs):
            self.near.show_words(found.words or self._names(found.rows))
        else:
            self.near.show_tiles(self._tiles(found.rows, found.thumbs))

    def _no_cloud(self) -> str:
        return self.heard.why_no_cloud()

    def _tiles(self, rows: Ints, thumbs: Pixels) -> tuple[Tile, ...]:
        return tuple(
            Tile(np.ascontiguousarray(thumb), self.caption(int(row)))
            for row, thumb in zip(rows, thumbs, strict=False)
        )

    def _names(self, rows: Ints) -> str:
        return ", ".join(self.caption(int(row)) for row in rows[:30])

    def caption(self, row: int) -> str:
        """The class of an example, and what the network says where that is another."""
        cloud = self.heard.cloud
        if cloud is None or not 0 <= row < len(cloud.z):
            return ""
        label, said = int(cloud.labels[row]), int(cloud.predicted[row])
        if label < 0:
            return "" if said < 0 else f"said {self.heard.class_name(said)}"
        name = self.heard.class_name(label)
        return name if said in (label, -1) else f"{name}, said {self.heard.class_name(said)}"

    def _pick(self, found: Picked | PlaceSaid | None, k: int) -> None:
        if found is not None and k < len(found.rows):
            self.chosen.emit((int(found.rows[k]),))


def pictures_menu(parent: QWidget, ask: Callable[[bool], object]) -> QMenu:
    """A menu of the places where pictures can be: ``ask`` is called with whether in a folder."""
    menu = QMenu(parent)
    menu.addAction("Folder ...", lambda: ask(True))
    menu.addAction("File ...", lambda: ask(False))
    return menu


def picked_line(wish: tuple[int, ...], found: Picked | None) -> str:
    """How many examples are picked, and how many of them are shown."""
    if not wish:
        return "Picked"
    shown = 0 if found is None else len(found.thumbs)
    more = f", the first {shown} shown" if 0 < shown < len(wish) else ""
    return f"{len(wish):,} picked" + more


def place_line(found: PlaceSaid) -> str:
    """What the map says of a place."""
    x, y = found.z
    parts = [f"At ({number(x)}, {number(y)})"]
    if np.isfinite(found.expected):
        parts.append(f"expected log₁₀ error {text.decades(found.expected)}")
    if found.empty:
        parts.append("no example lives here, so do not trust it")
    return ": ".join((parts[0], ", ".join(parts[1:]))) if len(parts) > 1 else parts[0]
