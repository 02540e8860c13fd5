"""The Units tab: all units at once, sorted by class: what this frame excites.

Source: Pardo et al. 2019, sections 2.8, 2.9, 3.2 and 3.3, Figures 3 and 4.
"""

import numpy as np
from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs import units_layout
from dnnvis.app.activation_map.tabs.base import MapTab, MapTabData
from dnnvis.app.activation_map.tabs.units_view import UnitsView
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.app.widgets.controls import create_check_box, create_combo
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.activation_map import Floats, Ints, MapData
from dnnvis.core.formatting import format_number, format_signed
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.imaging.colorize import pack_rgb
from dnnvis.session import map_state
from dnnvis.session.session import Session

SHOWN_LABELS = {
    "frame": "this frame",
    "place": "place under the mouse",
    "brainbow": "brainbow (eq. 11)",
    "owner": "class of each unit",
    "expected": "expected pattern of",
}
ORDER_LABELS = {"class": "by class", "original": "as they are"}
VALUE_PATTERNS = ("frame", "place", "expected")
SCALE_HINT = "red above, blue below the unit's mean, to 3 sd"
HINTS = {
    "brainbow": "Each unit in the mixed colour of the classes that excite it (equation 11).",
    "owner": "Each unit in the colour of the class that excites it most (equation 10).",
}
NO_FRAME = "No frame has been put on the map yet."
NO_POINT = "Rest the mouse on the map: what the decoder says of the place is shown here."
NO_CLASSES = "This map knows no classes, so its units cannot be given to any."


class PatternTab(MapTab):
    """The picture of all units; a click on a unit selects it."""

    mail_keys = (map_state.MAP, map_state.MAP_DATA, map_state.MAP_POINT)

    def __init__(
        self, session: Session, tab_data: MapTabData, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, tab_data, parent)
        self.values: Floats | None = None  # (S, D), standardized, of what is shown
        self.raw: Floats | None = None
        self._hovered_unit: tuple[int, int] | None = None
        self._original_order: tuple[int, Ints] = 0, np.zeros(0, np.int64)
        self.shown = create_combo(self, "What is shown of the units", SHOWN_LABELS, min_letters=7)
        self.class_choice = create_combo(self, "Class", {}, min_letters=7)
        self.order = create_combo(
            self, "Order of the units within a layer", ORDER_LABELS, min_letters=7
        )
        self.all_steps = create_check_box(
            self, "all steps", "Every step of the recurrent network side by side, or its last"
        )
        self.view = UnitsView(self)
        self.description = ElidedLabel(self, theme.caption_font(self))
        self.hover = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.shown.activated.connect(lambda _: self.choose(pattern=self.shown.currentData()))
        self.class_choice.activated.connect(lambda k: self.choose(pattern_of=k))
        self.order.activated.connect(lambda _: self.choose(unit_order=self.order.currentData()))
        self.all_steps.toggled.connect(lambda on: self.choose(every_step=on))
        self.view.unit_hovered.connect(self._set_hovered)
        self.view.mouse_left.connect(lambda: self._set_hovered(None, None))
        self.view.clicked.connect(self._click)
        row, more = QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.shown, 3)
        row.addWidget(self.order, 2)
        more.addWidget(self.class_choice, 1)
        more.addWidget(self.all_steps, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(row)
        column.addLayout(more)
        column.addWidget(self.view, 1)
        column.addWidget(self.description)
        column.addWidget(self.hover)
        CollapseToFit(self, column, self.hover, self.description)

    def draw(self, key: str) -> None:
        live = {map_state.MAP: "frame", map_state.MAP_POINT: "place"}.get(key)
        if live is not None and live != self.choice.pattern:
            return
        map_data = self.tab_data.map_data
        if live is None:
            self._show_choices(map_data)
        reason = self.tab_data.no_map_reason() if map_data is None or not map_data.layers else ""
        if map_data is not None:
            reason = reason or self._load_values(map_data)
        if reason or map_data is None:
            self.values = self.raw = None
            self.view.show_message(reason)
            self.description.setText("")
            return
        by_class = self._is_sorted(map_data)
        self.view.show_units(
            map_data, self._unit_colors(map_data), self._order(map_data), striped=by_class
        )
        self.description.setText(self._describe(map_data))
        self._update_hover()

    def _is_sorted(self, map_data: MapData) -> bool:
        return self.choice.unit_order == "class" and len(map_data.order) > 0

    def _order(self, map_data: MapData) -> Ints:
        if self._is_sorted(map_data):
            return map_data.order
        width = map_data.layers[-1][2]
        if self._original_order[0] != width:
            self._original_order = width, np.arange(width)
        return self._original_order[1]

    def _load_values(self, map_data: MapData) -> str:
        """Load the values to show; returns why there are none, as a message."""
        pattern, width = self.choice.pattern, map_data.layers[-1][2]
        self.values = self.raw = None
        if pattern in ("brainbow", "owner"):
            return "" if len(map_data.owner) == width else tr(NO_CLASSES)
        if pattern == "expected":
            k = self.choice.pattern_of
            if not k < len(map_data.expected_h):
                return tr(NO_CLASSES)
            h, missing = map_data.expected_h[k : k + 1], self._no_example_reason(k, map_data)
        elif pattern == "place":
            point_info = self.tab_data.point_info if self.choice.place else None
            message = point_info.message if point_info is not None else ""
            missing = self.tab_data.failure_reason(map_state.MAP_POINT) or message or tr(NO_POINT)
            h = point_info.h[None] if point_info is not None else np.zeros((0, 0), np.float32)
        else:
            position = self.tab_data.frame_position
            missing = (
                self.tab_data.failure_reason(map_state.MAP)
                or (position.message if position else "")
                or tr(NO_FRAME)
            )
            h = position.h if position is not None else np.zeros((0, 0), np.float32)
            h = h if self.choice.every_step else h[-1:]
        if not h.size or h.shape[-1] != width or np.isnan(h).all():
            return missing
        self.raw, self.values = h, units_layout.standardize(h, map_data)
        return ""

    def _no_example_reason(self, k: int, map_data: MapData) -> str:
        return tr(
            "The map has no example of class {class_name}.", class_name=self.tab_data.class_name(k)
        )

    def _unit_colors(self, map_data: MapData) -> units_layout.Packed:
        if self.values is not None:
            return units_layout.color_values(self.values)
        if self.choice.pattern == "brainbow":
            return pack_rgb(map_data.unit_colors)[None]
        return pack_rgb(generate_class_colors(len(map_data.classes)))[map_data.owner][None]

    def _show_choices(self, map_data: MapData | None) -> None:
        names = map_data.classes if map_data is not None else ()
        with QSignalBlocker(self.class_choice), QSignalBlocker(self.all_steps):
            if (
                tuple(self.class_choice.itemText(k) for k in range(self.class_choice.count()))
                != names
            ):
                self.class_choice.clear()
                self.class_choice.addItems(names)
            self.class_choice.setCurrentIndex(min(self.choice.pattern_of, len(names) - 1))
            self.all_steps.setChecked(self.choice.every_step)
        self.class_choice.setVisible(self.choice.pattern == "expected" and bool(names))
        self.all_steps.setVisible(
            map_data is not None and map_data.rows_each > 1 and self.choice.pattern == "frame"
        )
        self.shown.setCurrentIndex(self.shown.findData(self.choice.pattern))
        self.order.setCurrentIndex(self.order.findData(self.choice.unit_order))
        self.order.setEnabled(map_data is not None and len(map_data.order) > 0)

    def _describe(self, map_data: MapData) -> str:
        """Describe which class' units fire most, where values are shown; else the colors."""
        if self.values is None:
            return tr(HINTS[self.choice.pattern])
        if not len(map_data.owner):
            return tr(NO_CLASSES)
        means = units_layout.mean_by_class(self.values[-1], map_data.owner, len(map_data.classes))
        known = [int(k) for k in np.argsort(-np.nan_to_num(means, nan=-np.inf), kind="stable")]
        best = [k for k in known if np.isfinite(means[k])][:2]
        texts = (f"{self.tab_data.class_name(k)} ({_format_deviation(means[k], 2)})" for k in best)
        return tr("fires most: units of ") + tr(", then of ").join(texts)

    def _set_hovered(self, column: int | None, step: int | None) -> None:
        self._hovered_unit = None if column is None or step is None else (column, step)
        self._update_hover()

    def _update_hover(self) -> None:
        map_data = self.tab_data.map_data
        if self._hovered_unit is None or map_data is None:
            self.hover.setText(tr(SCALE_HINT) if self.values is not None else "")
            return
        self.hover.setText(self.message(map_data, *self._hovered_unit))

    def message(self, map_data: MapData, column: int, step: int) -> str:
        """Describe the unit of a column of h, its class and its value.

        Args:
            map_data: The map with its layers and classes of units.
            column: Column of h.
            step: Index of the row that is shown.

        Returns:
            One line.
        """
        name, start, _ = map_data.layers[units_layout.layer_of(map_data, column)]
        unit = self._unit(map_data, column, step)
        parts = [str(unit.whole() if unit.position is None else unit)] if unit else []
        parts = parts or [tr("{name}, projection {number}", name=name, number=column - start)]
        if len(map_data.owner):
            parts.append(
                tr(
                    "works for {class_name}",
                    class_name=self.tab_data.class_name(int(map_data.owner[column])),
                )
            )
        if self.raw is not None and self.values is not None and step < len(self.raw):
            value, deviation = float(self.raw[step, column]), float(self.values[step, column])
            parts.append(
                tr(
                    "{value} ({deviation} sd)",
                    value=format_number(value),
                    deviation=_format_deviation(deviation),
                )
            )
        return " · ".join(parts)

    def _unit(self, map_data: MapData, column: int, step: int) -> Unit | None:
        """Return the unit; ``step`` counts the rows that are shown, which may be the last alone."""
        rows = 1 if self.raw is None else len(self.raw)
        return units_layout.unit_of(map_data, self.tab_data.info, column, step if rows > 1 else -1)

    def _click(self, column: int, step: int) -> None:
        map_data = self.tab_data.map_data
        unit = None if map_data is None else self._unit(map_data, column, step)
        if unit is not None:
            self.session.select(unit)


def _format_deviation(deviation: float, digits: int = 1) -> str:
    """Format a distance from the mean, with its sign."""
    text = format_signed(deviation, digits)
    return text if text.startswith("−") else f"+{text}"
