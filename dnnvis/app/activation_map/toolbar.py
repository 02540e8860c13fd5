"""The row of choices above an activation map."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtGui import QAction, QStandardItemModel
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QToolButton, QWidget

from dnnvis.app.activation_map import text as map_text
from dnnvis.app.activation_map.empty_state import FIT_TOOLTIP
from dnnvis.app.activation_map.tabs.examples import pictures_menu
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_check_box, create_combo, create_tool_button
from dnnvis.core.activation_map import MapData
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session
from dnnvis.session.state import State

ESTIMATE_HELP = (
    "Which estimate colours the dots (by expected error) and is told under Errors and Attack: "
    "2-d, from the place alone, or richer, from 50 components. The field is always the 2-d one."
)
BACKUP_LABELS = {"previous": "Back to the map before", "bundled": "Back to the bundled map"}
FIELD_UNAVAILABLE_HELP = "The field belongs to the map's own projection (InfoVAE)"
FIELD_HELP = "The error expected at each place, hatched where no example lives"


class MapToolbar(QWidget):
    """The controls of ``state.map``.

    ``fit_requested``: a map is to be fitted; ``lasso`` whether a drag draws a line;
    ``picture_requested`` and ``table_requested``: the map is to be exported;
    ``pictures_requested``: its pictures are to be looked for, in a folder (True) or file;
    ``menu_opens``: the menu needs to know which backups ``show_backups`` lists;
    ``restore_requested``: back to the previous | bundled map.
    """

    fit_requested = pyqtSignal()
    lasso = pyqtSignal(bool)
    picture_requested = pyqtSignal()
    table_requested = pyqtSignal()
    pictures_requested = pyqtSignal(bool)
    menu_opens = pyqtSignal()
    restore_requested = pyqtSignal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._shown_map: MapData | None = None
        self.colour = create_combo(
            self, "Colour of the dots", map_text.COLORING_LABELS, min_letters=9
        )
        self.kind = create_combo(self, ESTIMATE_HELP, map_text.KIND_LABELS, min_letters=8)
        self.projection = create_combo(
            self, "Projection", {"map": map_text.PROJECTION_LABELS["map"]}, min_letters=4
        )
        self.part = create_combo(self, "Examples of", map_text.PART_LABELS, min_letters=7)
        self.field = create_check_box(self, "field", "")
        self.trail = create_check_box(self, "trail", "Where the last frames were")
        self.second = create_check_box(
            self, "second cross", "Of the network that is compared with, which runs on for it"
        )
        self.second.hide()  # until there is one
        self.pictures = create_check_box(self, "pictures", "Of examples, where dots are rare")
        self.line = create_tool_button(
            self, "lasso", "Draw a line around dots to pick them (or drag with Shift)"
        )
        self.line.setCheckable(True)
        self.export = create_tool_button(
            self, "export", "The map as a picture, its examples as a table"
        )
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.export)
        menu.addAction(tr("Picture (PNG) ..."), self.picture_requested.emit)
        menu.addAction(tr("Table (CSV) ..."), self.table_requested.emit)
        self.export.setMenu(menu)
        self.fit = create_tool_button(
            self,
            tr("Fit a map ..."),
            tr(
                "{fit_tooltip}; the arrow: ways back, and where the pictures are",
                fit_tooltip=tr(FIT_TOOLTIP),
            ),
        )
        self.fit.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.backup_actions: dict[str, QAction] = {}
        self.fit.setMenu(self._build_fit_menu())
        self._arrange()
        self._connect()

    def _build_fit_menu(self) -> QMenu:
        menu = QMenu(self.fit)
        menu.aboutToShow.connect(self.menu_opens)
        for backup, text in BACKUP_LABELS.items():
            action = QAction(tr(text), menu)
            action.triggered.connect(
                lambda checked=False, backup=backup: self.restore_requested.emit(backup)
            )
            menu.addAction(action)
            self.backup_actions[backup] = action
        self.show_backups(())
        menu.addSeparator()
        pictures = pictures_menu(menu, self.pictures_requested.emit)
        pictures.setTitle(tr("Pictures of this map"))
        menu.addMenu(pictures)
        return menu

    def show_backups(self, backups: tuple[str, ...]) -> None:
        """List the maps that can be restored."""
        for backup, action in self.backup_actions.items():
            action.setEnabled(backup in backups)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP // 2)
        for combo in (self.colour, self.kind, self.projection, self.part):
            row.addWidget(combo, 1)
        for box in (self.field, self.trail, self.second, self.pictures):
            row.addWidget(box)
        for button in (self.line, self.export, self.fit):
            row.addWidget(button)

    def _connect(self) -> None:
        for combo, name in self._combos():
            combo.activated.connect(partial(self._set_choice, combo, name))
        self.field.toggled.connect(lambda on: self._update(field=on))
        self.trail.toggled.connect(lambda on: self._update(trail=on))
        self.second.toggled.connect(lambda on: self._update(second=on))
        self.pictures.toggled.connect(lambda on: self._update(pictures=on))
        self.line.toggled.connect(self.lasso)
        self.fit.clicked.connect(lambda checked=False: self.fit_requested.emit())

    def _combos(self) -> tuple[tuple[QComboBox, str], ...]:
        return (
            (self.colour, "colour"),
            (self.kind, "kind"),
            (self.projection, "projection"),
            (self.part, "part"),
        )

    def show_map(self, map_data: MapData | None, state: State) -> None:
        """Show what can be chosen of that map, and what is."""
        names = map_data.projections if map_data is not None else ("map",)
        if [self.projection.itemData(k) for k in range(self.projection.count())] != list(names):
            with QSignalBlocker(self.projection):
                self.projection.clear()
                for name in names:
                    self.projection.addItem(map_text.PROJECTION_LABELS.get(name, name), name)
        choice = state.map
        for combo, name in self._combos():
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(combo.findData(getattr(choice, name)), 0))
        for box, name in (
            (self.field, "field"),
            (self.trail, "trail"),
            (self.second, "second"),
            (self.pictures, "pictures"),
        ):
            with QSignalBlocker(box):
                box.setChecked(getattr(choice, name))
        self.second.setVisible(bool(state.second.net))
        self._enable_known(map_data)
        own = map_data is None or map_data.projection == "map"
        self.field.setEnabled(own)
        self.field.setToolTip(tr(FIELD_HELP) if own else tr(FIELD_UNAVAILABLE_HELP))
        for widget in (self.colour, self.kind, self.projection, self.part, self.line, self.export):
            widget.setEnabled(map_data is not None)

    def _enable_known(self, map_data: MapData | None) -> None:
        """Enable only the choices that are known of a map."""
        if map_data is None or map_data is self._shown_map:
            return
        self._shown_map = map_data
        known = {
            "error": bool(np.isfinite(map_data.log_e).any()),
            "expected": bool(map_data.expected),
        }
        known |= {kind: kind in map_data.expected for kind in map_text.KIND_LABELS}
        for combo in (self.colour, self.kind):
            model = combo.model()
            for row in range(combo.count()):
                item = model.item(row) if isinstance(model, QStandardItemModel) else None
                if item is not None:
                    item.setEnabled(known.get(combo.itemData(row), True))

    def _set_choice(self, combo: QComboBox, name: str, row: int) -> None:
        self._update(**{name: combo.currentData()})

    def _update(self, **changes: Any) -> None:
        self.session.update(map=replace(self.session.state.map, **changes))
