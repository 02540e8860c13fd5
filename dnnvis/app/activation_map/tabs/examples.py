"""The Examples tab: pictures of the picked examples, and of those near a point of the map."""

from collections.abc import Callable

import numpy as np
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from dnnvis.app.activation_map import text
from dnnvis.app.activation_map.tabs.base import MapTab, MapTabData
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.app.widgets.controls import create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.activation_map import Ints, Pixels, PointInfo, SelectedExamples
from dnnvis.core.formatting import format_map_value
from dnnvis.session import map_state
from dnnvis.session.session import Session

NONE_PICKED = "Nothing is picked. Click a dot on the map, or draw a lasso around some."
NO_POINT = "Rest the mouse on the map to see which examples live there."
READING = "Reading the pictures ..."


class ExamplesTab(MapTab):
    """The pictures of picked or near examples.

    ``chosen`` carries the row of a picture that was clicked: it alone is to be picked;
    ``pictures_requested``: the user knows the folder (True) or file where the pictures are.
    """

    chosen = pyqtSignal(object)
    pictures_requested = pyqtSignal(bool)
    mail_keys = (map_state.PICKED, map_state.MAP_POINT, map_state.MAP_DATA)

    def __init__(
        self, session: Session, tab_data: MapTabData, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, tab_data, parent)
        self._drawn_values: dict[str, object] = {}
        self.head = ElidedLabel(self, theme.caption_font(self))
        self.pictures = create_tool_button(
            self, "Pictures ...", "Say where the pictures are that this map was fitted on"
        )
        self.pictures.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.pictures.setMenu(pictures_menu(self.pictures, self.pictures_requested.emit))
        self.pictures.hide()
        self.picked = ThumbnailGrid("Picked examples", self)
        self.description = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.near = ThumbnailGrid("Examples that live nearest to the place", self)
        self.picked.clicked.connect(lambda k: self._pick(self.tab_data.picked, k))
        self.near.clicked.connect(lambda k: self._pick(self.tab_data.point_info, k))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        for widget, stretch in (
            (self.head, 0),
            (self.picked, 3),
            (self.description, 0),
            (self.near, 2),
        ):
            column.addWidget(widget, stretch)
        column.insertWidget(1, self.pictures, 0, Qt.AlignmentFlag.AlignLeft)
        for tiles in (self.picked, self.near):
            tiles.setMinimumHeight(60)
        CollapseToFit(self, column, self.head, self.description)

    def draw(self, key: str) -> None:
        if key != map_state.MAP_POINT:
            self._draw_picked()
        if key != map_state.PICKED:
            self._draw_point()
        self.pictures.setVisible(self._without_pictures())

    def _without_pictures(self) -> bool:
        """Return whether examples are requested whose pictures are missing."""
        info = self.tab_data.info
        if info is not None and info.binary:
            return False
        picked = self.tab_data.picked if self.choice.picked else None
        point_info = self.tab_data.point_info if self.choice.place else None
        return any(
            examples is not None and len(examples.rows) > 0 and not len(examples.thumbs)
            for examples in (picked, point_info)
        )

    def _draw_picked(self) -> None:
        rows, selected = self.choice.picked, self.tab_data.picked
        reason = self.tab_data.failure_reason(map_state.PICKED) or self._no_map_reason()
        self.head.setText(describe_picked(rows, selected))
        if reason or not rows:
            self.picked.show_message(reason or NONE_PICKED)
        elif selected is None:
            self.picked.show_message(READING)
        elif not len(selected.thumbs):
            self.picked.show_message(selected.message or self._names(selected.rows))
        else:
            self.picked.show_tiles(self._tiles(selected.rows, selected.thumbs))

    def _draw_point(self) -> None:
        point_info = self.tab_data.point_info if self.choice.place else None
        reason = self.tab_data.failure_reason(map_state.MAP_POINT)
        self.description.setText("" if point_info is None else describe_point(point_info))
        if reason or point_info is None:
            self.near.show_message(reason or ("" if self._no_map_reason() else NO_POINT))
        elif not len(point_info.thumbs):
            self.near.show_message(point_info.message or self._names(point_info.rows))
        else:
            self.near.show_tiles(self._tiles(point_info.rows, point_info.thumbs))

    def _no_map_reason(self) -> str:
        return self.tab_data.no_map_reason()

    def _tiles(self, rows: Ints, thumbs: Pixels) -> tuple[Thumbnail, ...]:
        return tuple(
            Thumbnail(np.ascontiguousarray(thumb), self.caption(int(row)))
            for row, thumb in zip(rows, thumbs, strict=False)
        )

    def _names(self, rows: Ints) -> str:
        return ", ".join(self.caption(int(row)) for row in rows[:30])

    def caption(self, row: int) -> str:
        """Return the class of an example, and the predicted class where that is another."""
        map_data = self.tab_data.map_data
        if map_data is None or not 0 <= row < len(map_data.z):
            return ""
        label, predicted = int(map_data.labels[row]), int(map_data.predicted[row])
        if label < 0:
            return "" if predicted < 0 else f"said {self.tab_data.class_name(predicted)}"
        name = self.tab_data.class_name(label)
        return (
            name
            if predicted in (label, -1)
            else f"{name}, said {self.tab_data.class_name(predicted)}"
        )

    def _pick(self, examples: SelectedExamples | PointInfo | None, k: int) -> None:
        if examples is not None and k < len(examples.rows):
            self.chosen.emit((int(examples.rows[k]),))


def pictures_menu(parent: QWidget, on_choose: Callable[[bool], object]) -> QMenu:
    """Create a menu of where the pictures may be.

    ``on_choose`` is called with whether they are in a folder.
    """
    menu = QMenu(parent)
    menu.addAction("Folder ...", lambda: on_choose(True))
    menu.addAction("File ...", lambda: on_choose(False))
    return menu


def describe_picked(rows: tuple[int, ...], selected: SelectedExamples | None) -> str:
    """Describe how many examples are picked, and how many of them are shown."""
    if not rows:
        return "Picked"
    shown = 0 if selected is None else len(selected.thumbs)
    more = f", the first {shown} shown" if 0 < shown < len(rows) else ""
    return f"{len(rows):,} picked" + more


def describe_point(point_info: PointInfo) -> str:
    """Describe a point of the map."""
    x, y = point_info.z
    parts = [f"At ({format_map_value(x)}, {format_map_value(y)})"]
    if np.isfinite(point_info.expected):
        parts.append(f"expected log₁₀ error {text.format_log_error(point_info.expected)}")
    if point_info.empty:
        parts.append("no example lives here, so do not trust it")
    return ": ".join((parts[0], ", ".join(parts[1:]))) if len(parts) > 1 else parts[0]
