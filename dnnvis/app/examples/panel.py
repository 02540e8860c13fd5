"""What the selected unit fires on: natural pictures, best first."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import QPoint, QSignalBlocker, QTimer
from PyQt6.QtGui import QCursor, QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.examples import text
from dnnvis.app.examples.class_bar import ClassRow
from dnnvis.app.examples.preview import ExampleDialog, ExamplePreview
from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.app.widgets.thumbnail_grid import Tile, Tiles
from dnnvis.core.lens_results import Examples
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.paths import user_data
from dnnvis.session.plan_for import EXAMPLES
from dnnvis.session.session import Session
from dnnvis.session.state import VIEWS_OF_EXAMPLES, ExamplesChoice, State

SCAN = "scan"
MINUTES = 2.0  # of the running source, once somebody asks for them
FRESH = 3000  # milliseconds between two looks into the running memory


class ExamplesPanel(Panel):
    """``open_source`` is called with the path of a picture that is to be run."""

    def __init__(
        self,
        session: Session,
        jobs: Jobs,
        open_source: Callable[[str], None] = lambda path: None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, parent)
        self.got: Examples | Failure | None = None
        self._drawn: tuple[object, str] = (None, "")
        self._jobs, self._open_source = jobs, open_source
        self.by = _combo(self, "Ordered by", {"by max": "max", "by mean": "mean"})
        self.end = _combo(self, "Which end", {"top": False, "bottom": True})
        self.shown_as = _combo(self, "Shown as", {name: name for name in VIEWS_OF_EXAMPLES})
        places = {"library": "library", "of the last": "memory"}
        self.where = _combo(self, "Pictures from", places)
        self.minutes = QDoubleSpinBox(self)
        self.fresh = QToolButton(self)
        self.view = Tiles("Natural pictures that the unit fires on", self)
        self.classes = ClassRow(self)
        self.caption = Line(self, theme.small(self), lines=2)
        self.scan = QPushButton("Scan a folder ...", self)
        self.scan.setToolTip("Run the network over all pictures of a folder and keep, for each "
                             "unit, those it fires on most")  # fmt: skip
        self.job = JobBar(SCAN, jobs, self)
        self.preview = ExamplePreview(self)
        self._again = QTimer(self)
        self._again.setInterval(FRESH)
        self._again.timeout.connect(self.refresh)
        self._arrange()
        self._connect()
        self.show_state(self.state)

    def _arrange(self) -> None:
        self.minutes.setRange(0, 120)
        self.minutes.setDecimals(1)
        self.minutes.setSuffix(" min")
        self.minutes.setSpecialValueText("off")
        self.minutes.setKeyboardTracking(False)
        self.minutes.setAccessibleName("Minutes of the running source that are remembered")
        self.minutes.setToolTip("Minutes of the running source that are remembered; 0: none")
        self.fresh.setText("↻")
        self.fresh.setAccessibleName("Look again")
        self.fresh.setToolTip("Look again: there may be more by now")
        top, middle = QHBoxLayout(), QHBoxLayout()
        for layout, widgets in (
            (top, (self.end, self.by, self.shown_as)),
            (middle, (self.where, self.minutes, self.scan, self.fresh)),
        ):
            layout.setSpacing(theme.GAP // 2)
            for widget in widgets:
                layout.addWidget(widget, 0 if widget is self.fresh else 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(top)
        column.addLayout(middle)
        column.addWidget(self.view, 1)
        column.addWidget(self.classes)
        column.addWidget(self.caption)
        column.addWidget(self.job)

    def _connect(self) -> None:
        for combo, name in (
            (self.by, "by"),
            (self.end, "bottom"),
            (self.shown_as, "shown_as"),
            (self.where, "where"),
        ):
            combo.activated.connect(partial(self._chosen, combo, name))
        self.minutes.valueChanged.connect(lambda value: self._update(minutes=value))
        self.fresh.clicked.connect(lambda checked=False: self.refresh())
        self.scan.clicked.connect(lambda checked=False: self.ask_folder())
        self.view.pointed.connect(self._preview)
        self.view.left.connect(self.preview.hide)
        self.view.clicked.connect(self.open_large)

    # -- what arrives

    @property
    def choice(self) -> ExamplesChoice:
        return self.state.examples

    @property
    def found(self) -> Examples | None:
        return self.got if isinstance(self.got, Examples) else None

    def show_state(self, state: State) -> None:
        before, self.state = self.state, state
        if before.unit != state.unit or before.examples != state.examples:
            self.got = self.found  # what failed may do now
        choice = state.examples
        for combo, value in (
            (self.by, choice.by),
            (self.end, choice.bottom),
            (self.shown_as, choice.shown_as),
            (self.where, choice.where),
        ):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(combo.findData(value), 0))
        with QSignalBlocker(self.minutes):
            self.minutes.setValue(choice.minutes)
        self._show_tools()
        self._keep_fresh()
        self._redraw()

    def _show_tools(self) -> None:
        """What fills the place that the pictures come from."""
        library = self.choice.where == "library"
        self.minutes.setVisible(not library)
        self.scan.setVisible(library)
        self.scan.setEnabled(not self._jobs.runs(SCAN))

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.got = None
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        if key == EXAMPLES:
            self.got = value
            self._redraw()
        elif key == f"job {SCAN}":
            self.job.show_job(value)
            self.scan.setEnabled(value.finished)
            if value.finished:
                self.refresh()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._keep_fresh()
        self._redraw()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.preview.hide()
        self._again.stop()

    def _keep_fresh(self) -> None:
        """The running memory changes by itself: look into it again and again."""
        running = self.choice.where == "memory" and self.choice.minutes > 0
        if running and self.isVisible() and not self.state.frozen:
            if not self._again.isActive():
                self._again.start()
        else:
            self._again.stop()

    # -- drawing

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        found = self.found
        if found is None or not found.items:
            words = text.why_empty(self.info, self.state.unit, found)
            self._show_words(self.got.sentence if isinstance(self.got, Failure) else words)
            return
        if (found, self.choice.shown_as) != self._drawn:
            self._drawn = found, self.choice.shown_as
            self.view.show_tiles(tuple(self._tiles(found)))
        self.classes.show_counts(found.counts)
        why = text.why_stale(found, self.state.unit, self.info.name if self.info else None)
        self.view.show_stale(bool(why))
        stamp = " · ".join(part for part in (found.words, found.caption) if part)
        self.caption.setText(stamp + (" · stale" if why else ""))
        self.caption.tip = f"These pictures are {why}." if why else ""

    def _tiles(self, found: Examples) -> Any:
        for example in found.items:
            box = text.box_of(example) if self.choice.shown_as == "whole" else None
            pixels = text.pixels_of(example, self.choice.shown_as)
            yield Tile(pixels, messages.number(example.value), box)

    def _show_words(self, words: str) -> None:
        self._drawn = None, ""
        self.preview.hide()
        self.view.show_words(words)
        self.view.show_stale(False)
        self.classes.show_counts(())
        self.caption.setText("")

    # -- the mouse

    def _preview(self, k: int) -> None:
        found = self.found
        if found is not None and k < len(found.items):
            side = QPoint(self.mapToGlobal(QPoint(0, 0)).x(), QCursor.pos().y())
            self.preview.show_example(found.items[k], found.unit, side, side.x() + self.width())

    def open_large(self, k: int) -> ExampleDialog | None:
        """The picture in a window of its own."""
        found = self.found
        if found is None or k >= len(found.items):
            return None
        self.preview.hide()
        window = require(self.window())
        dialog = ExampleDialog(found.items[k], found.unit, self._open_source, window)
        dialog.stand_over(window)
        dialog.show()
        return dialog

    # -- what is chosen

    def _update(self, **changes: Any) -> None:
        self.session.update(examples=replace(self.choice, **changes))

    def _chosen(self, combo: QComboBox, name: str, row: int) -> None:
        if name == "where":
            self._from(combo.currentData())
        else:
            self._update(**{name: combo.currentData()})

    def other_source(self) -> None:
        """The library, or the last minutes of the running source."""
        self._from("library" if self.choice.where == "memory" else "memory")

    def _from(self, where: str) -> None:
        minutes = self.choice.minutes or (MINUTES if where == "memory" else 0.0)
        self._update(where=where, minutes=minutes)

    def refresh(self) -> None:
        """Look again: there may be more by now."""
        self._update(run=self.choice.run + 1)

    def ask_folder(self) -> None:
        """Ask which folder to scan, and begin."""
        path = QFileDialog.getExistingDirectory(self, "Scan a folder of pictures")
        if path:
            self.scan_folder(path)

    def scan_folder(self, path: str) -> None:
        """Scan a folder beside the window; the examples come again when it ends."""
        args = job_commands.scan_args(self.state.network, path, user_data())
        self._jobs.begin(SCAN, args)
        self._show_tools()


def _combo(parent: QWidget, name: str, items: dict[str, Any]) -> QComboBox:
    combo = QComboBox(parent)
    for words, value in items.items():
        combo.addItem(words, value)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(4)
    combo.setAccessibleName(name)
    combo.setToolTip(name)
    return combo
