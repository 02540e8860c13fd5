"""The Examples tab: pictures of the picked examples, and of those near a point of the map."""

from collections.abc import Callable

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs.base import MapTab, MapTabData
from dnnvis.app.activation_map.tabs.captions import caption_row, name_rows, tile_rows
from dnnvis.app.activation_map.tabs.near import NearTab
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.app.widgets.controls import create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.thumbnail_grid import ThumbnailGrid
from dnnvis.core.activation_map import SelectedExamples
from dnnvis.core.translation.catalog import tr
from dnnvis.session import map_state
from dnnvis.session.session import Session

NONE_PICKED = "Nothing is picked. Click a dot on the map, or draw a lasso around some."
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
        self.picked = ThumbnailGrid(tr("Picked examples"), self)
        self.near_tab = NearTab(session, tab_data, self)
        self.description, self.near = self.near_tab.description, self.near_tab.near
        self.picked.clicked.connect(lambda k: self._pick(self.tab_data.picked, k))
        self.near_tab.chosen.connect(self.chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        for widget, stretch in (
            (self.head, 0),
            (self.picked, 3),
            (self.near_tab, 2),
        ):
            column.addWidget(widget, stretch)
        column.insertWidget(1, self.pictures, 0, Qt.AlignmentFlag.AlignLeft)
        self.picked.setMinimumHeight(60)
        CollapseToFit(self, column, self.head)

    def take_near(self) -> None:
        """Show the nearest examples below the picked ones again."""
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.addWidget(self.near_tab, 2)
        self.near_tab.show()

    def draw(self, key: str) -> None:
        if key != map_state.MAP_POINT:
            self._draw_picked()
        if key != map_state.PICKED and self.near_tab.parentWidget() is self:
            self.near_tab.draw(key)
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
            self.picked.show_message(reason or tr(NONE_PICKED))
        elif selected is None:
            self.picked.show_message(tr(READING))
        elif not len(selected.thumbs):
            self.picked.show_message(selected.message or name_rows(self.tab_data, selected.rows))
        else:
            tiles = tile_rows(self.tab_data, selected.rows, selected.thumbs)
            self.picked.show_tiles(tiles)

    def _no_map_reason(self) -> str:
        return self.tab_data.no_map_reason()

    def caption(self, row: int) -> str:
        """Return the class of an example, and the predicted class where that is another."""
        return caption_row(self.tab_data, row)

    def _pick(self, examples: SelectedExamples | None, k: int) -> None:
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
        return tr("Picked")
    shown = 0 if selected is None else len(selected.thumbs)
    more = tr(", the first {shown} shown", shown=shown) if 0 < shown < len(rows) else ""
    return tr("{count:,} picked", count=len(rows)) + more
