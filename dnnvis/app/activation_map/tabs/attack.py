"""The Attack tab: the present frame attacked towards each class, and its path on the map.

Source: Pardo et al. 2019, sections 2.10 and 3.5, Figure 6.
"""

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtGui import QColor, QIcon, QPixmap
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QSizePolicy,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.activation_map.tabs.attack_curve import AttackCurve, AttackCurves
from dnnvis.app.activation_map.tabs.base import MapTab, MapTabData, colors_of
from dnnvis.app.activation_map.tabs.mini_map import MiniMap, MiniMapScene, Polyline
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.app.widgets.controls import (
    create_label,
    create_push_button,
    create_slider,
)
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.activation_map import AttackPath, Attacks
from dnnvis.core.formatting import as_plain_text, format_map_value
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging import colorize
from dnnvis.session import map_state
from dnnvis.session.session import Session

HEADERS = ("target", "outcome", "flip", "2-d", "richer")
HEADER_TOOLTIPS = (
    "The class that the attack wants",
    "Whether the network's answer is the target, another class, or still the first one",
    "The first step at which the answer is another than at the start",
    "The first step above the 5 % false-alarm line of the 2-d estimate",
    "The same of the richer estimate",
)
OUTCOME_LABELS = {"target reached": "reached", "label changed": "changed"}
MAX_TARGET_WIDTH_FRACTION = 0.34  # fraction of the table's width that the targets' names take
NEVER, UNKNOWN = "never", "–"
EPS_STEP, MAX_EPS_STEPS, MAX_STEPS = 0.001, 100, 300
START_HINT = "Attack this frame: see which ways lead from it over the map to each other class."
ATTACKING = "Attacking the frame ..."


class AttackTab(MapTab):
    """One row a target; the chosen row's pictures, curve and path are shown."""

    mail_keys = (map_state.ATTACK, map_state.MAP_DATA)

    def __init__(
        self, session: Session, tab_data: MapTabData, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, tab_data, parent)
        self._selected_target = -1  # of the chosen row
        self.eps = create_slider(self, "Greatest change of a pixel in one step", 1, MAX_EPS_STEPS)
        self.steps = create_slider(self, "Steps of the attack", 1, MAX_STEPS)
        for slider in (self.eps, self.steps):
            slider.setMinimumWidth(50)
        self.eps_label, self.steps_label = (
            create_label(self, theme.value_font(self)) for _ in range(2)
        )
        self.start = create_push_button(self, "Attack this frame", "Begin with the present frame")
        self.progress_label = ElidedLabel(self, theme.caption_font(self))
        self.empty = create_label(self, muted=True)  # why there is no attack
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.results = QWidget(self)
        self.table = _table(self)
        self.pictures = ThumbnailGrid(tr("The frame, attacked, and what was added"), self)
        self.pictures.setMinimumHeight(54)
        self.map = MiniMap(tr("Paths of the attacks"), self)
        self.map.setToolTip(
            tr(
                "From the cross, the clean frame, towards each target in its class' colour; the "
                "chosen one thick, with a ring where the answer changes."
            )
        )
        self.curve = AttackCurve(self)
        self.note = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.eps.valueChanged.connect(lambda k: self.choose(eps=round(k * EPS_STEP, 6)))
        self.steps.valueChanged.connect(lambda k: self.choose(steps=k))
        self.start.clicked.connect(
            lambda _=False: self.choose(attack_run=self.choice.attack_run + 1)
        )
        self.table.itemSelectionChanged.connect(self._choose_row)
        self._arrange()

    def _arrange(self) -> None:
        self.setMinimumWidth(260)
        controls = QGridLayout()
        controls.setSpacing(theme.GAP // 2)
        for row, (caption, slider) in enumerate(
            ((self.eps_label, self.eps), (self.steps_label, self.steps))
        ):
            caption.setMinimumWidth(caption.fontMetrics().horizontalAdvance("steps 300 "))
            controls.addWidget(caption, row, 0)
            controls.addWidget(slider, row, 1)
        controls.addWidget(self.start, 0, 2)
        controls.addWidget(self.progress_label, 1, 2)
        controls.setColumnStretch(1, 1)
        controls.setColumnMinimumWidth(2, self.start.minimumWidth())
        grid = QGridLayout()
        grid.setSpacing(theme.GAP // 2)
        grid.addWidget(self.map, 0, 0, 2, 1)
        grid.addWidget(self.pictures, 0, 1)
        grid.addWidget(self.curve, 1, 1)
        for k, stretch in enumerate((3, 4)):
            grid.setColumnStretch(k, stretch)
            grid.setRowStretch(k, 1)
        inner = QVBoxLayout(self.results)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.GAP // 2)
        inner.addWidget(self.table, 4)
        inner.addWidget(self.note)
        inner.addLayout(grid, 5)
        CollapseToFit(self.results, inner, self.note)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.results)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(controls)
        column.addWidget(self.stack, 1)

    def draw(self, key: str) -> None:
        choice, attacks = self.choice, self.tab_data.attacks
        for slider, value in ((self.eps, round(choice.eps / EPS_STEP)), (self.steps, choice.steps)):
            with QSignalBlocker(slider):
                slider.setValue(value)
        self.eps_label.setText(tr("eps {eps:.3f}", eps=choice.eps))
        self.steps_label.setText(tr("steps {steps}", steps=choice.steps))
        message = self.tab_data.failure_reason(map_state.ATTACK)
        if not message and (attacks is None or not attacks.paths):
            message = attacks.message if attacks is not None else ""
            message = message or (tr(ATTACKING) if choice.attack_run else tr(START_HINT))
        if message or attacks is None:
            self._show_nothing(message)
        else:
            self._show(attacks)

    def _show_nothing(self, message: str) -> None:
        with QSignalBlocker(self.table):
            self.table.setRowCount(0)
        self.progress_label.setText("")
        self.empty.setText(message)
        self.stack.setCurrentWidget(self.empty)

    def _show(self, attacks: Attacks) -> None:
        self.stack.setCurrentWidget(self.results)
        done = attacks.done >= attacks.steps
        progress = (
            tr("done")
            if done
            else tr("step {done} of {steps}", done=attacks.done, steps=attacks.steps)
        )
        self.progress_label.setText(
            progress + (tr(" · frame {number}", number=attacks.frame) if attacks.frame >= 0 else "")
        )
        self._fill_table(attacks)
        k = self._selected_row(attacks)
        self._show_path(attacks, k)
        self._show_map(attacks, k)

    def _fill_table(self, attacks: Attacks) -> None:
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(attacks.paths))
            colors = colors_of(np.array([p.target for p in attacks.paths]), self._class_count())
            for row, path in enumerate(attacks.paths):
                for column, text in enumerate(self.row(attacks, path)):
                    _set_cell(self.table, row, column, text)
                target, end = (require(self.table.item(row, column)) for column in (0, 1))
                _set_color_icon(target, colors[row])
                target.setToolTip(as_plain_text(self.tab_data.class_name(path.target)))
                end.setToolTip(as_plain_text(outcome(attacks, path)))
            self.table.selectRow(self._selected_row(attacks))
        max_width = round(MAX_TARGET_WIDTH_FRACTION * require(self.table.viewport()).width())
        min_width = require(self.table.horizontalHeader()).sectionSizeHint(0)
        width = max(min(self.table.sizeHintForColumn(0) + 2, max_width), min_width)
        self.table.setColumnWidth(0, width)

    def row(self, attacks: Attacks, path: AttackPath) -> tuple[str, ...]:
        """Return the cells of a row of the table."""

        def step(k: int, known: bool = True) -> str:
            return (str(k) if k >= 0 else tr(NEVER)) if known else UNKNOWN

        return (
            self.tab_data.class_name(path.target),
            tr(OUTCOME_LABELS.get(path.outcome, path.outcome)),
            step(path.flipped),
            step(path.crossed, self._has_alarm_line(path, "2d")),
            step(path.crossed_rich, self._has_alarm_line(path, "rich")),
        )

    def _has_alarm_line(self, path: AttackPath, kind: str) -> bool:
        """Return whether there is an estimate of that kind with a line that it can cross."""
        map_data = self.tab_data.map_data
        return kind in path.expected and (map_data is None or kind in map_data.lines)

    def _selected_row(self, attacks: Attacks) -> int:
        """Return the chosen row, else the first with another target than the picture's class."""
        targets = [path.target for path in attacks.paths]
        if self._selected_target in targets:
            return targets.index(self._selected_target)
        return next((k for k, target in enumerate(targets) if target != attacks.label), 0)

    def _show_path(self, attacks: Attacks, k: int) -> None:
        path = attacks.paths[k]
        last = int(path.predicted[-1]) if len(path.predicted) else -1
        name = self.tab_data.class_name
        self.pictures.show_tiles(
            (
                Thumbnail(colorize.to_three_channels(attacks.clean), name(attacks.label)),
                Thumbnail(
                    colorize.to_three_channels(path.picture), tr("now {name}", name=name(last))
                ),
                Thumbnail(
                    colorize.values_to_rgb(path.perturbation, "signed")[0],
                    f"± {format_map_value(path.max_abs)}",
                ),
            )
        )
        stuck = (
            tr("; the gradient was exactly 0 at {count} steps", count=path.stuck)
            if path.stuck
            else ""
        )
        budget = min(attacks.eps * attacks.steps, 1)
        self.note.setText(
            tr(
                "towards {target}: {outcome}, no pixel changed by more than {max_abs} (the steps "
                "allow {budget}){stuck}. {message}",
                target=name(path.target),
                outcome=outcome(attacks, path),
                max_abs=format_map_value(path.max_abs),
                budget=format_map_value(budget),
                stuck=stuck,
                message=attacks.message,
            ).strip()
        )
        self._show_curve(attacks, k)

    def _show_curve(self, attacks: Attacks, k: int) -> None:
        kind, map_data = self.choice.kind, self.tab_data.map_data
        lines = tuple(path.expected.get(kind, np.zeros(0, np.float32)) for path in attacks.paths)
        if not len(lines[k]):
            self.curve.show_message(tr("No estimate of the error."))
            return
        colors = colors_of(np.array([p.target for p in attacks.paths]), self._class_count())
        alarm = map_data.lines.get(kind) if map_data is not None else None
        rgb_colors = tuple((int(r), int(g), int(b)) for r, g, b in colors)
        self.curve.show_curves(
            AttackCurves(lines, rgb_colors, k, attacks.steps, alarm, attacks.paths[k].flipped)
        )

    def _show_map(self, attacks: Attacks, k: int) -> None:
        colors = colors_of(np.array([p.target for p in attacks.paths]), self._class_count())
        polylines = [
            Polyline(path.z, (int(r), int(g), int(b)), strong=row == k)
            for row, (path, (r, g, b)) in enumerate(zip(attacks.paths, colors, strict=True))
        ]
        polylines.sort(key=lambda polyline: polyline.strong)
        path = attacks.paths[k]
        rings = (_to_point(path.z[path.flipped]),) if 0 <= path.flipped < len(path.z) else ()
        cross = _to_point(path.z[0]) if len(path.z) else None
        self.map.show_scene(
            MiniMapScene(
                *self.tab_data.backdrop(), polylines=tuple(polylines), cross=cross, rings=rings
            )
        )

    def _class_count(self) -> int:
        return len(self.tab_data.map_data.classes) if self.tab_data.map_data is not None else 0

    def _choose_row(self) -> None:
        attacks = self.tab_data.attacks
        rows = {index.row() for index in self.table.selectedIndexes()}
        if attacks is None or not rows or min(rows) >= len(attacks.paths):
            return
        self._selected_target = attacks.paths[min(rows)].target
        self._show_path(attacks, min(rows))
        self._show_map(attacks, min(rows))


def outcome(attacks: Attacks, path: AttackPath) -> str:
    """Describe the outcome of an attack.

    One that was resisted may have changed the answer on its way.
    """
    text = path.outcome
    if text == "resisted" and path.flipped >= 0:
        text = "resisted in the end"
    text = tr(text)
    return text if attacks.done >= attacks.steps else tr("{text}, so far", text=text)


def _table(parent: QWidget) -> QTableWidget:
    table = QTableWidget(0, len(HEADERS), parent)
    table.setAccessibleName(tr("Attacks, one a target"))
    table.setHorizontalHeaderLabels([tr(header) for header in HEADERS])
    for column, tip in enumerate(HEADER_TOOLTIPS):
        require(table.horizontalHeaderItem(column)).setToolTip(tr(tip))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setFont(theme.caption_font(parent))
    side = require(table.verticalHeader())
    side.hide()
    side.setDefaultSectionSize(table.fontMetrics().height() + 3)
    header = require(table.horizontalHeader())
    header.setFont(theme.caption_font(parent))
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    header.setMinimumSectionSize(24)
    table.setMinimumHeight(3 * (table.fontMetrics().height() + 4))
    return table


def _set_cell(table: QTableWidget, row: int, column: int, text: str) -> None:
    item = table.item(row, column)
    if item is None:
        item = QTableWidgetItem(text)
        if column > 1:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        table.setItem(row, column, item)
    elif item.text() != text:
        item.setText(text)


def _set_color_icon(item: QTableWidgetItem, color: np.ndarray) -> None:
    """Show a square of the class' color before its name."""
    rgb = tuple(int(part) for part in color)
    if item.data(Qt.ItemDataRole.UserRole) != rgb:
        item.setData(Qt.ItemDataRole.UserRole, rgb)
        square = QPixmap(9, 9)
        square.fill(QColor(*rgb))
        item.setIcon(QIcon(square))


def _to_point(z: np.ndarray) -> tuple[float, float]:
    return float(z[0]), float(z[1])
