"""The row of choices above an activation map."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtGui import QAction, QStandardItemModel
from PyQt6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QMenu, QToolButton, QWidget

from dnnvis.app.activation_map import text
from dnnvis.app.activation_map.empty_state import FIT
from dnnvis.app.activation_map.tabs.examples import pictures_menu
from dnnvis.app.widgets import theme
from dnnvis.core.activation_map import Cloud
from dnnvis.session.session import Session
from dnnvis.session.state import State

ESTIMATE = (
    "Which estimate colours the dots (by expected error) and is told under Errors and Attack: "
    "2-d, from the place alone, or richer, from 50 components. The field is always the 2-d one."
)
BACK = {"previous": "Back to the map before", "bundled": "Back to the bundled map"}
NOT_OWN = "The field belongs to the map's own projection (InfoVAE)"
FIELD = "The error expected at each place, hatched where no example lives"


class MapTools(QWidget):
    """Changes ``state.map``. ``fit_asked``: a map is to be fitted; ``lasso`` whether a drag
    draws a line; ``picture_asked`` and ``table_asked``: the map is to be exported;
    ``pictures_asked``: its pictures are to be looked for, in a folder (True) or file;
    ``menu_opens``: somebody wants to see which ``show_ways_back`` there are; ``back_asked``: to
    the previous | bundled map."""

    fit_asked = pyqtSignal()
    lasso = pyqtSignal(bool)
    picture_asked = pyqtSignal()
    table_asked = pyqtSignal()
    pictures_asked = pyqtSignal(bool)
    menu_opens = pyqtSignal()
    back_asked = pyqtSignal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._of: Cloud | None = None
        self.colour = _combo(self, "Colour of the dots", text.COLOURINGS, 9)
        self.kind = _combo(self, ESTIMATE, text.KINDS, 8)
        self.projection = _combo(self, "Projection", {"map": text.PROJECTIONS["map"]}, 4)
        self.part = _combo(self, "Examples of", text.PARTS, 7)
        self.field = QCheckBox("field", self)
        self.trail = QCheckBox("trail", self)
        self.trail.setToolTip("Where the last frames were")
        self.line = QToolButton(self)
        self.line.setText("lasso")
        self.line.setCheckable(True)
        self.line.setToolTip("Draw a line around dots to pick them (or drag with Shift)")
        self.export = QToolButton(self)
        self.export.setText("export")
        self.export.setToolTip("The map as a picture, its examples as a table")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.export)
        menu.addAction("Picture (PNG) ...", self.picture_asked.emit)
        menu.addAction("Table (CSV) ...", self.table_asked.emit)
        self.export.setMenu(menu)
        self.fit = QToolButton(self)
        self.fit.setText("Fit a map ...")
        self.fit.setToolTip(f"{FIT}; the arrow: ways back, and where the pictures are")
        self.fit.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.back: dict[str, QAction] = {}
        self.fit.setMenu(self._fit_menu())
        self._arrange()
        self._connect()

    def _fit_menu(self) -> QMenu:
        menu = QMenu(self.fit)
        menu.aboutToShow.connect(self.menu_opens)
        for way, words in BACK.items():
            action = QAction(words, menu)
            action.triggered.connect(lambda checked=False, way=way: self.back_asked.emit(way))
            menu.addAction(action)
            self.back[way] = action
        self.show_ways_back(())
        menu.addSeparator()
        pictures = pictures_menu(menu, self.pictures_asked.emit)
        pictures.setTitle("Pictures of this map")
        menu.addMenu(pictures)
        return menu

    def show_ways_back(self, ways: tuple[str, ...]) -> None:
        """The maps that there are to go back to."""
        for way, action in self.back.items():
            action.setEnabled(way in ways)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP // 2)
        for combo in (self.colour, self.kind, self.projection, self.part):
            row.addWidget(combo, 1)
        for widget in (self.field, self.trail, self.line, self.export, self.fit):
            row.addWidget(widget)

    def _connect(self) -> None:
        for combo, name in self._combos():
            combo.activated.connect(partial(self._chosen, combo, name))
        self.field.toggled.connect(lambda on: self._update(field=on))
        self.trail.toggled.connect(lambda on: self._update(trail=on))
        self.line.toggled.connect(self.lasso)
        self.fit.clicked.connect(lambda checked=False: self.fit_asked.emit())

    def _combos(self) -> tuple[tuple[QComboBox, str], ...]:
        return (
            (self.colour, "colour"),
            (self.kind, "kind"),
            (self.projection, "projection"),
            (self.part, "part"),
        )

    def show_map(self, cloud: Cloud | None, state: State) -> None:
        """What can be chosen of that map, and what is."""
        names = cloud.projections if cloud is not None else ("map",)
        if [self.projection.itemData(k) for k in range(self.projection.count())] != list(names):
            with QSignalBlocker(self.projection):
                self.projection.clear()
                for name in names:
                    self.projection.addItem(text.PROJECTIONS.get(name, name), name)
        choice = state.map
        for combo, name in self._combos():
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(combo.findData(getattr(choice, name)), 0))
        for box, on in ((self.field, choice.field), (self.trail, choice.trail)):
            with QSignalBlocker(box):
                box.setChecked(on)
        self._show_known(cloud)
        own = cloud is None or cloud.projection == "map"
        self.field.setEnabled(own)
        self.field.setToolTip(FIELD if own else NOT_OWN)
        for widget in (self.colour, self.kind, self.projection, self.part, self.line, self.export):
            widget.setEnabled(cloud is not None)

    def _show_known(self, cloud: Cloud | None) -> None:
        """Only what is known of a map can be chosen."""
        if cloud is None or cloud is self._of:
            return
        self._of = cloud
        known = {"error": bool(np.isfinite(cloud.log_e).any()), "expected": bool(cloud.expected)}
        known |= {kind: kind in cloud.expected for kind in text.KINDS}
        for combo in (self.colour, self.kind):
            model = combo.model()
            for row in range(combo.count()):
                item = model.item(row) if isinstance(model, QStandardItemModel) else None
                if item is not None:
                    item.setEnabled(known.get(combo.itemData(row), True))

    def _chosen(self, combo: QComboBox, name: str, row: int) -> None:
        self._update(**{name: combo.currentData()})

    def _update(self, **changes: Any) -> None:
        self.session.update(map=replace(self.session.state.map, **changes))


def _combo(parent: QWidget, name: str, items: dict[str, str], least: int) -> QComboBox:
    """Shows at least so many letters of what is chosen."""
    combo = QComboBox(parent)
    for key, words in items.items():
        combo.addItem(words, key)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(least)
    combo.setAccessibleName(name)
    combo.setToolTip(name)
    return combo
