"""The present frame attacked towards each class, and where that leads on the map.

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
    QSlider,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.activation_map.tabs.attack_curve import AttackCurve, Course
from dnnvis.app.activation_map.tabs.base import Heard, MapTab, colours_of, number
from dnnvis.app.activation_map.tabs.mini_map import Scene, SmallMap, Trail
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import Spare
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.panel import label, push_button
from dnnvis.app.widgets.qt_optional import require
from dnnvis.app.widgets.thumbnail_grid import Tile, Tiles
from dnnvis.core.activation_map import AttackPath, Attacks
from dnnvis.imaging import colorize
from dnnvis.session import map_state
from dnnvis.session.session import Session

HEADS = ("target", "outcome", "flip", "2-d", "richer")
TIPS = (
    "The class that the attack wants",
    "Whether the network's answer is the target, another class, or still the first one",
    "The first step at which the answer is another than at the start",
    "The first step above the 5 % false-alarm line of the 2-d estimate",
    "The same of the richer estimate",
)
SHORT = {"target reached": "reached", "label changed": "changed"}
WIDEST = 0.34  # share of the table's width that the targets' names take
NEVER, UNKNOWN = "never", "–"
FINEST, MOST_EPS, MOST_STEPS = 0.001, 100, 300
ASK = "Attack this frame: see which ways lead from it over the map to each other class."
WAITING = "Attacking the frame ..."


class AttackTab(MapTab):
    """One row a target; the chosen row's pictures, curve and path are shown."""

    hears = (map_state.ATTACK, map_state.CLOUD)

    def __init__(self, session: Session, heard: Heard, parent: QWidget | None = None) -> None:
        super().__init__(session, heard, parent)
        self._target = -1  # of the chosen row
        self.eps = _slider(self, MOST_EPS, "Greatest change of a pixel in one step")
        self.steps = _slider(self, MOST_STEPS, "Steps of the attack")
        self.eps_words, self.steps_words = (label(self, theme.numbers(self)) for _ in range(2))
        self.start = push_button(self, "Attack this frame", "Begin with the present frame")
        self.said = Line(self, theme.small(self))
        self.empty = label(self, muted=True)  # why there is nothing
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.found = QWidget(self)
        self.table = _table(self)
        self.pictures = Tiles("The frame, attacked, and what was added", self)
        self.pictures.setMinimumHeight(54)
        self.map = SmallMap("Paths of the attacks", self)
        self.map.setToolTip(
            "From the cross, the clean frame, towards each target in its class' colour; the "
            "chosen one thick, with a ring where the answer changes."
        )
        self.curve = AttackCurve(self)
        self.note = Line(self, theme.small(self), lines=3)
        self.eps.valueChanged.connect(lambda k: self.choose(eps=round(k * FINEST, 6)))
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
        for row, (words, slider) in enumerate(
            ((self.eps_words, self.eps), (self.steps_words, self.steps))
        ):
            words.setMinimumWidth(words.fontMetrics().horizontalAdvance("steps 300 "))
            controls.addWidget(words, row, 0)
            controls.addWidget(slider, row, 1)
        controls.addWidget(self.start, 0, 2)
        controls.addWidget(self.said, 1, 2)
        controls.setColumnStretch(1, 1)
        controls.setColumnMinimumWidth(2, self.start.minimumWidth())
        seen = QGridLayout()
        seen.setSpacing(theme.GAP // 2)
        seen.addWidget(self.map, 0, 0, 2, 1)
        seen.addWidget(self.pictures, 0, 1)
        seen.addWidget(self.curve, 1, 1)
        for k, share in enumerate((3, 4)):
            seen.setColumnStretch(k, share)
            seen.setRowStretch(k, 1)
        inner = QVBoxLayout(self.found)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.GAP // 2)
        inner.addWidget(self.table, 4)
        inner.addWidget(self.note)
        inner.addLayout(seen, 5)
        Spare(self.found, inner, self.note)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.found)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(controls)
        column.addWidget(self.stack, 1)

    # -- drawing

    def draw(self, key: str) -> None:
        choice, found = self.choice, self.heard.attacks
        for slider, value in ((self.eps, round(choice.eps / FINEST)), (self.steps, choice.steps)):
            with QSignalBlocker(slider):
                slider.setValue(value)
        self.eps_words.setText(f"eps {choice.eps:.3f}")
        self.steps_words.setText(f"steps {choice.steps}")
        words = self.heard.why_not(map_state.ATTACK)
        if not words and (found is None or not found.paths):
            words = found.words if found is not None else ""
            words = words or (WAITING if choice.attack_run else ASK)
        if words or found is None:
            self._show_nothing(words)
        else:
            self._show(found)

    def _show_nothing(self, words: str) -> None:
        with QSignalBlocker(self.table):
            self.table.setRowCount(0)
        self.said.setText("")
        self.empty.setText(words)
        self.stack.setCurrentWidget(self.empty)

    def _show(self, found: Attacks) -> None:
        self.stack.setCurrentWidget(self.found)
        done = found.done >= found.steps
        far = "done" if done else f"step {found.done} of {found.steps}"
        self.said.setText(far + (f" · frame {found.frame}" if found.frame >= 0 else ""))
        self._fill(found)
        k = self._row(found)
        self._show_path(found, k)
        self._show_map(found, k)

    def _fill(self, found: Attacks) -> None:
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(found.paths))
            colours = colours_of(np.array([p.target for p in found.paths]), self._classes())
            for row, path in enumerate(found.paths):
                for column, text in enumerate(self.row(found, path)):
                    _put(self.table, row, column, text)
                target, end = (require(self.table.item(row, column)) for column in (0, 1))
                _ink(target, colours[row])
                target.setToolTip(self.heard.class_name(path.target))
                end.setToolTip(outcome(found, path))
            self.table.selectRow(self._row(found))
        most = round(WIDEST * require(self.table.viewport()).width())
        least = require(self.table.horizontalHeader()).sectionSizeHint(0)
        width = max(min(self.table.sizeHintForColumn(0) + 2, most), least)
        self.table.setColumnWidth(0, width)

    def row(self, found: Attacks, path: AttackPath) -> tuple[str, ...]:
        """What stands in a row of the table."""

        def step(k: int, known: bool = True) -> str:
            return (str(k) if k >= 0 else NEVER) if known else UNKNOWN

        return (
            self.heard.class_name(path.target),
            SHORT.get(path.outcome, path.outcome),
            step(path.flipped),
            step(path.crossed, self._alarms(path, "2d")),
            step(path.crossed_rich, self._alarms(path, "rich")),
        )

    def _alarms(self, path: AttackPath, kind: str) -> bool:
        """Whether there is an estimate of that kind with a line that it can cross."""
        cloud = self.heard.cloud
        return kind in path.expected and (cloud is None or kind in cloud.lines)

    def _row(self, found: Attacks) -> int:
        """The chosen row, else the first whose target is another class than the picture's."""
        targets = [path.target for path in found.paths]
        if self._target in targets:
            return targets.index(self._target)
        return next((k for k, target in enumerate(targets) if target != found.label), 0)

    def _show_path(self, found: Attacks, k: int) -> None:
        path = found.paths[k]
        last = int(path.predicted[-1]) if len(path.predicted) else -1
        name = self.heard.class_name
        self.pictures.show_tiles(
            (
                Tile(colorize.three(found.clean), name(found.label)),
                Tile(colorize.three(path.picture), f"now {name(last)}"),
                Tile(
                    colorize.picture_rgb(path.perturbation, "signed")[0], f"± {number(path.reach)}"
                ),
            )
        )
        stuck = f"; the gradient was exactly 0 at {path.stuck} steps" if path.stuck else ""
        budget = min(found.eps * found.steps, 1)
        self.note.setText(
            f"towards {name(path.target)}: {outcome(found, path)}, no pixel changed by more than "
            f"{number(path.reach)} (the steps allow {number(budget)}){stuck}. {found.words}".strip()
        )
        self._show_curve(found, k)

    def _show_curve(self, found: Attacks, k: int) -> None:
        kind, cloud = self.choice.kind, self.heard.cloud
        lines = tuple(path.expected.get(kind, np.zeros(0, np.float32)) for path in found.paths)
        if not len(lines[k]):
            self.curve.show_words("No estimate of the error.")
            return
        colours = colours_of(np.array([p.target for p in found.paths]), self._classes())
        alarm = cloud.lines.get(kind) if cloud is not None else None
        inks = tuple((int(r), int(g), int(b)) for r, g, b in colours)
        self.curve.show_course(Course(lines, inks, k, found.steps, alarm, found.paths[k].flipped))

    def _show_map(self, found: Attacks, k: int) -> None:
        colours = colours_of(np.array([p.target for p in found.paths]), self._classes())
        trails = [
            Trail(path.z, (int(r), int(g), int(b)), strong=row == k)
            for row, (path, (r, g, b)) in enumerate(zip(found.paths, colours, strict=True))
        ]
        trails.sort(key=lambda trail: trail.strong)
        path = found.paths[k]
        rings = (_place(path.z[path.flipped]),) if 0 <= path.flipped < len(path.z) else ()
        cross = _place(path.z[0]) if len(path.z) else None
        self.map.show_scene(
            Scene(*self.heard.backdrop(), trails=tuple(trails), cross=cross, rings=rings)
        )

    def _classes(self) -> int:
        return len(self.heard.cloud.classes) if self.heard.cloud is not None else 0

    def _choose_row(self) -> None:
        found = self.heard.attacks
        rows = {index.row() for index in self.table.selectedIndexes()}
        if found is None or not rows or min(rows) >= len(found.paths):
            return
        self._target = found.paths[min(rows)].target
        self._show_path(found, min(rows))
        self._show_map(found, min(rows))


def outcome(found: Attacks, path: AttackPath) -> str:
    """What became of an attack; one that was resisted may have changed the answer on its way."""
    said = path.outcome
    if said == "resisted" and path.flipped >= 0:
        said = "resisted in the end"
    return said if found.done >= found.steps else f"{said}, so far"


def _slider(parent: QWidget, most: int, name: str) -> QSlider:
    made = QSlider(Qt.Orientation.Horizontal, parent)
    made.setRange(1, most)
    made.setMinimumWidth(50)
    made.setAccessibleName(name)
    made.setToolTip(name)
    return made


def _table(parent: QWidget) -> QTableWidget:
    made = QTableWidget(0, len(HEADS), parent)
    made.setAccessibleName("Attacks, one a target")
    made.setHorizontalHeaderLabels(HEADS)
    for column, tip in enumerate(TIPS):
        require(made.horizontalHeaderItem(column)).setToolTip(tip)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setShowGrid(False)
    made.setFont(theme.small(parent))
    side = require(made.verticalHeader())
    side.hide()
    side.setDefaultSectionSize(made.fontMetrics().height() + 3)
    header = require(made.horizontalHeader())
    header.setFont(theme.small(parent))
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    header.setMinimumSectionSize(24)
    made.setMinimumHeight(3 * (made.fontMetrics().height() + 4))
    return made


def _put(table: QTableWidget, row: int, column: int, text: str) -> None:
    item = table.item(row, column)
    if item is None:
        item = QTableWidgetItem(text)
        if column > 1:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        table.setItem(row, column, item)
    elif item.text() != text:
        item.setText(text)


def _ink(item: QTableWidgetItem, colour: np.ndarray) -> None:
    """A square of the class' colour before its name."""
    wanted = tuple(int(part) for part in colour)
    if item.data(Qt.ItemDataRole.UserRole) != wanted:
        item.setData(Qt.ItemDataRole.UserRole, wanted)
        square = QPixmap(9, 9)
        square.fill(QColor(*wanted))
        item.setIcon(QIcon(square))


def _place(z: np.ndarray) -> tuple[float, float]:
    return float(z[0]), float(z[1])
