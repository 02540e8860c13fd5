"""All units at once, sorted by the class that each works for: what this frame excites.

Source: Pardo et al. 2019, sections 2.8, 2.9, 3.2 and 3.3, Figures 3 and 4.
"""

import numpy as np
from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs import units_layout
from dnnvis.app.activation_map.tabs.base import Heard, MapTab, signed
from dnnvis.app.activation_map.tabs.units_view import UnitsView
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.collapse_to_fit import Spare
from dnnvis.app.widgets.elided_label import Line
from dnnvis.core.activation_map import Cloud, Floats, Ints
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import class_colours
from dnnvis.imaging.pattern_mosaic import packed
from dnnvis.session import map_state
from dnnvis.session.session import Session

SHOWN = {
    "frame": "this frame",
    "place": "place under the mouse",
    "brainbow": "brainbow (eq. 11)",
    "owner": "class of each unit",
    "expected": "expected pattern of",
}
ORDERS = {"class": "by class", "original": "as they are"}
VALUES = ("frame", "place", "expected")
SCALE = "red above, blue below the unit's mean, to 3 sd"
HINTS = {
    "brainbow": "Each unit in the mixed colour of the classes that excite it (equation 11).",
    "owner": "Each unit in the colour of the class that excites it most (equation 10).",
}
NO_FRAME = "No frame has been put on the map yet."
NO_PLACE = "Rest the mouse on the map: what the decoder says of the place is shown here."
NO_CLASSES = "This map knows no classes, so its units cannot be given to any."


class PatternTab(MapTab):
    """A click on a unit selects it."""

    hears = (map_state.MAP, map_state.CLOUD, map_state.PLACE)

    def __init__(self, session: Session, heard: Heard, parent: QWidget | None = None) -> None:
        super().__init__(session, heard, parent)
        self.values: Floats | None = None  # (S, D), standardised, of what is shown
        self.raw: Floats | None = None
        self._over: tuple[int, int] | None = None
        self._plain: tuple[int, Ints] = 0, np.zeros(0, np.int64)
        self.shown = _combo(self, "What is shown of the units", SHOWN)
        self.of = _combo(self, "Class", {})
        self.order = _combo(self, "Order of the units within a layer", ORDERS)
        self.every = QCheckBox("all steps", self)
        self.every.setToolTip("Every step of the recurrent network side by side, or its last")
        self.view = UnitsView(self)
        self.said = Line(self, theme.small(self))
        self.hover = Line(self, theme.small(self), muted=True)
        self.shown.activated.connect(lambda _: self.choose(pattern=self.shown.currentData()))
        self.of.activated.connect(lambda k: self.choose(pattern_of=k))
        self.order.activated.connect(lambda _: self.choose(unit_order=self.order.currentData()))
        self.every.toggled.connect(lambda on: self.choose(every_step=on))
        self.view.pointed.connect(self._point)
        self.view.left.connect(lambda: self._point(None, None))
        self.view.clicked.connect(self._click)
        row, more = QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.shown, 3)
        row.addWidget(self.order, 2)
        more.addWidget(self.of, 1)
        more.addWidget(self.every, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(row)
        column.addLayout(more)
        column.addWidget(self.view, 1)
        column.addWidget(self.said)
        column.addWidget(self.hover)
        Spare(self, column, self.hover, self.said)

    # -- drawing

    def draw(self, key: str) -> None:
        live = {map_state.MAP: "frame", map_state.PLACE: "place"}.get(key)
        if live is not None and live != self.choice.pattern:
            return
        cloud = self.heard.cloud
        if live is None:
            self._show_choices(cloud)
        words = self.heard.why_no_cloud() if cloud is None or not cloud.layers else ""
        if cloud is not None:
            words = words or self._find(cloud)
        if words or cloud is None:
            self.values = self.raw = None
            self.view.show_words(words)
            self.said.setText("")
            return
        sorted_ = self._sorted(cloud)
        self.view.show_units(cloud, self._colours(cloud), self._order(cloud), striped=sorted_)
        self.said.setText(self._told(cloud))
        self._tell()

    def _sorted(self, cloud: Cloud) -> bool:
        return self.choice.unit_order == "class" and len(cloud.order) > 0

    def _order(self, cloud: Cloud) -> Ints:
        if self._sorted(cloud):
            return cloud.order
        width = cloud.layers[-1][2]
        if self._plain[0] != width:
            self._plain = width, np.arange(width)
        return self._plain[1]

    def _find(self, cloud: Cloud) -> str:
        """Take up the values of what is shown; in words why there are none."""
        pattern, width = self.choice.pattern, cloud.layers[-1][2]
        self.values = self.raw = None
        if pattern in ("brainbow", "owner"):
            return "" if len(cloud.owner) == width else NO_CLASSES
        if pattern == "expected":
            k = self.choice.pattern_of
            if not k < len(cloud.expected_h):
                return NO_CLASSES
            h, missing = cloud.expected_h[k : k + 1], self._unseen(k, cloud)
        elif pattern == "place":
            found = self.heard.place if self.choice.place else None
            said = found.words if found is not None else ""
            missing = self.heard.why_not(map_state.PLACE) or said or NO_PLACE
            h = found.h[None] if found is not None else np.zeros((0, 0), np.float32)
        else:
            here = self.heard.here
            missing = self.heard.why_not(map_state.MAP) or (here.words if here else "") or NO_FRAME
            h = here.h if here is not None else np.zeros((0, 0), np.float32)
            h = h if self.choice.every_step else h[-1:]
        if not h.size or h.shape[-1] != width or np.isnan(h).all():
            return missing
        self.raw, self.values = h, units_layout.standard(h, cloud)
        return ""

    def _unseen(self, k: int, cloud: Cloud) -> str:
        return f"The map has no example of class {self.heard.class_name(k)}."

    def _colours(self, cloud: Cloud) -> units_layout.Packed:
        if self.values is not None:
            return units_layout.inked(self.values)
        if self.choice.pattern == "brainbow":
            return packed(cloud.colours)[None]
        return packed(class_colours(len(cloud.classes)))[cloud.owner][None]

    def _show_choices(self, cloud: Cloud | None) -> None:
        names = cloud.classes if cloud is not None else ()
        with QSignalBlocker(self.of), QSignalBlocker(self.every):
            if tuple(self.of.itemText(k) for k in range(self.of.count())) != names:
                self.of.clear()
                self.of.addItems(names)
            self.of.setCurrentIndex(min(self.choice.pattern_of, len(names) - 1))
            self.every.setChecked(self.choice.every_step)
        self.of.setVisible(self.choice.pattern == "expected" and bool(names))
        self.every.setVisible(
            cloud is not None and cloud.rows_each > 1 and self.choice.pattern == "frame"
        )
        self.shown.setCurrentIndex(self.shown.findData(self.choice.pattern))
        self.order.setCurrentIndex(self.order.findData(self.choice.unit_order))
        self.order.setEnabled(cloud is not None and len(cloud.order) > 0)

    # -- words

    def _told(self, cloud: Cloud) -> str:
        """Which class' units fire most, where values are shown; else what the colours are."""
        if self.values is None:
            return HINTS[self.choice.pattern]
        if not len(cloud.owner):
            return NO_CLASSES
        means = units_layout.by_class(self.values[-1], cloud.owner, len(cloud.classes))
        known = [int(k) for k in np.argsort(-np.nan_to_num(means, nan=-np.inf), kind="stable")]
        best = [k for k in known if np.isfinite(means[k])][:2]
        each = (f"{self.heard.class_name(k)} ({_apart(means[k], 2)})" for k in best)
        return "fires most: units of " + ", then of ".join(each)

    def _point(self, column: int | None, step: int | None) -> None:
        self._over = None if column is None or step is None else (column, step)
        self._tell()

    def _tell(self) -> None:
        cloud = self.heard.cloud
        if self._over is None or cloud is None:
            self.hover.setText(SCALE if self.values is not None else "")
            return
        self.hover.setText(self.words(cloud, *self._over))

    def words(self, cloud: Cloud, column: int, step: int) -> str:
        """The unit of a column of h, its class and its value."""
        name, start, _ = cloud.layers[units_layout.layer_of(cloud, column)]
        unit = self._unit(cloud, column, step)
        parts = [str(unit.whole() if unit.place is None else unit)] if unit else []
        parts = parts or [f"{name}, projection {column - start}"]
        if len(cloud.owner):
            parts.append(f"works for {self.heard.class_name(int(cloud.owner[column]))}")
        if self.raw is not None and self.values is not None and step < len(self.raw):
            value, apart = float(self.raw[step, column]), float(self.values[step, column])
            parts.append(f"{messages.number(value)} ({_apart(apart)} sd)")
        return " · ".join(parts)

    def _unit(self, cloud: Cloud, column: int, step: int) -> Unit | None:
        """``step`` counts the rows that are shown, which may be the last alone."""
        rows = 1 if self.raw is None else len(self.raw)
        return units_layout.unit_of(cloud, self.heard.info, column, step if rows > 1 else -1)

    def _click(self, column: int, step: int) -> None:
        cloud = self.heard.cloud
        unit = None if cloud is None else self._unit(cloud, column, step)
        if unit is not None:
            self.session.select(unit)


def _apart(value: float, digits: int = 1) -> str:
    """A distance from the mean, with its sign."""
    text = signed(value, digits)
    return text if text.startswith("−") else f"+{text}"


def _combo(parent: QWidget, name: str, items: dict[str, str]) -> QComboBox:
    made = QComboBox(parent)
    for value, words in items.items():
        made.addItem(words, value)
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(7)
    return made
