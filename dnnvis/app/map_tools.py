"""The row of choices above an activation map."""

from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QMenu, QToolButton, QWidget

from dnnvis.app import say_map, theme
from dnnvis.app.panel import push_button
from dnnvis.core.mapped import Cloud
from dnnvis.session.session import Session
from dnnvis.session.state import State

ESTIMATE = "Which estimate of the error: from the place alone, or from 50 components"
NOT_OWN = "The field belongs to the map's own projection (InfoVAE)"
FIELD = "The error expected at each place, hatched where no example lives"


class MapTools(QWidget):
    """Changes ``state.map``. ``fit_asked``: a map is to be fitted; ``lasso`` whether a drag
    draws a line; ``picture_asked`` and ``table_asked``: the map is to be exported."""

    fit_asked = pyqtSignal()
    lasso = pyqtSignal(bool)
    picture_asked = pyqtSignal()
    table_asked = pyqtSignal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.colour = _combo(self, "Colour of the dots", say_map.COLOURINGS)
        self.kind = _combo(self, ESTIMATE, say_map.KINDS)
        self.projection = _combo(self, "Projection", {"map": say_map.PROJECTIONS["map"]})
        self.part = _combo(self, "Examples of", say_map.PARTS)
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
        self.fit = push_button(self, "Fit a map ...", "Fit a map for this network on a data set")
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP // 2)
        for widget in (self.colour, self.kind, self.projection, self.part):
            row.addWidget(widget, 1)
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
                    self.projection.addItem(say_map.PROJECTIONS.get(name, name), name)
        choice = state.map
        for combo, name in self._combos():
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(combo.findData(getattr(choice, name)), 0))
        for box, on in ((self.field, choice.field), (self.trail, choice.trail)):
            with QSignalBlocker(box):
                box.setChecked(on)
        own = cloud is None or cloud.projection == "map"
        self.field.setEnabled(own)
        self.field.setToolTip(FIELD if own else NOT_OWN)
        for widget in (self.colour, self.kind, self.projection, self.part, self.line, self.export):
            widget.setEnabled(cloud is not None)

    def _chosen(self, combo: QComboBox, name: str, row: int) -> None:
        self._update(**{name: combo.currentData()})

    def _update(self, **changes: Any) -> None:
        self.session.update(map=replace(self.session.state.map, **changes))


def _combo(parent: QWidget, name: str, items: dict[str, str]) -> QComboBox:
    combo = QComboBox(parent)
    for key, words in items.items():
        combo.addItem(words, key)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(5)
    combo.setAccessibleName(name)
    combo.setToolTip(name)
    return combo
