"""The Examples panel: what the selected unit fires on, natural pictures, best first."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QPoint, QSignalBlocker, QTimer
from PyQt6.QtGui import QCursor, QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.examples import text as examples_text
from dnnvis.app.examples.class_bar import ClassBar
from dnnvis.app.examples.preview import ExampleDialog, ExamplePreview
from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_combo,
    create_double_spin_box,
    create_tool_button,
)
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.app.widgets.stale_mark import StaleMark
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.lens_results import Examples
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.paths import user_data_folder
from dnnvis.core.translation.catalog import tr
from dnnvis.session.plan_for import EXAMPLES
from dnnvis.session.recent import first_folder
from dnnvis.session.session import Session
from dnnvis.session.state import VIEWS_OF_EXAMPLES, ExamplesChoice, State

SCAN = "scan"
DEFAULT_MINUTES = 2.0  # of the running source, once they are requested
REFRESH_INTERVAL_MS = 3000  # milliseconds between two requests to the running memory
DEMO_ADDRESS = "photographs of the demo"  # of the data of a library that ships


class ExamplesPanel(Panel):
    """The natural pictures that activate the selected unit most.

    ``open_source`` is called with the path of a picture that is to be run.
    """

    def __init__(
        self,
        session: Session,
        jobs: Jobs,
        open_source: Callable[[str], None] = lambda path: None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, parent)
        self.received: Examples | Failure | None = None
        self._drawn_key: tuple[object, str, bool] = (None, "", False)
        self._jobs, self._open_source = jobs, open_source
        orders = {"max": "by max", "mean": "by mean"}
        views = {name: name for name in VIEWS_OF_EXAMPLES}
        sources = {"library": "library", "memory": "of the last"}
        self.by = create_combo(self, "Ordered by", orders, min_letters=4)
        self.end = create_combo(self, "Which end", {False: "top", True: "bottom"}, min_letters=4)
        self.shown_as = create_combo(self, "Shown as", views, min_letters=4)
        self.where = create_combo(self, "Pictures from", sources, min_letters=4)
        self.minutes = create_double_spin_box(
            self, "Minutes of the running source that are remembered", (0, 120), decimals=1
        )
        self.distinct = create_check_box(
            self, "one per picture", "Each picture once, with the place that the unit likes most"
        )
        self.refresh_button = create_tool_button(
            self, "↻", "Look again: there may be more by now", name="Look again"
        )
        self.view = ThumbnailGrid(tr("Natural pictures that the unit fires on"), self)
        self.classes = ClassBar(self)
        self.caption = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.line = ElidedLabel(self, theme.caption_font(self), muted=True)  # in a card
        self.note = ElidedLabel(self, theme.caption_font(self), muted=True)  # in a card
        self.mark = StaleMark(
            self, tr("Scan again"), tr("Run the network, as it is now, over the same pictures")
        )
        self.scan = QPushButton(tr("Scan a folder ..."), self)
        self.scan.setToolTip(
            tr(
                "Run the network over all pictures of a folder and keep, for each unit, those it "
                "fires on most"
            )
        )
        self.job = JobBar(SCAN, jobs, self)
        self.preview = ExamplePreview(self)
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setInterval(REFRESH_INTERVAL_MS)
        self._refresh_timer.timeout.connect(self.refresh)
        self._arrange()
        self._connect()
        self.show_state(self.state)

    def _arrange(self) -> None:
        self.minutes.setSuffix(" min")
        self.minutes.setSpecialValueText("off")
        self.minutes.setToolTip(tr("Minutes of the running source that are remembered; 0: none"))
        self._rows = QWidget(self), QWidget(self), QWidget(self)
        for row, widgets in zip(
            self._rows,
            (
                (self.end, self.by, self.shown_as),
                (self.where, self.minutes, self.scan, self.refresh_button),
                (self.distinct,),
            ),
            strict=True,
        ):
            layout = QHBoxLayout(row)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(theme.GAP // 2)
            for widget in widgets:
                layout.addWidget(widget, 0 if widget is self.refresh_button else 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        for row in self._rows:
            column.addWidget(row)
        column.addWidget(self.mark)
        column.addWidget(self.view, 1)
        column.addWidget(self.classes)
        column.addWidget(self.caption)
        column.addWidget(self.line)
        column.addWidget(self.note)
        column.addWidget(self.job)
        self.line.hide()
        self.note.hide()

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (*self._rows, self.classes)

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.caption,)

    def caption_part(self) -> QWidget:
        return self.line

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.view,)

    def arrange_compact(self, on: bool) -> None:
        self.view.labels_inside = on
        if not on:
            self.line.hide()

    def _connect(self) -> None:
        for combo, name in (
            (self.by, "by"),
            (self.end, "bottom"),
            (self.shown_as, "shown_as"),
            (self.where, "where"),
        ):
            combo.activated.connect(partial(self._on_choice, combo, name))
        self.distinct.clicked.connect(lambda on: self._update(distinct=on))
        self.minutes.valueChanged.connect(lambda value: self._update(minutes=value))
        self.refresh_button.clicked.connect(lambda checked=False: self.refresh())
        self.scan.clicked.connect(lambda checked=False: self.choose_folder())
        if self.mark.button is not None:
            self.mark.button.clicked.connect(lambda checked=False: self.scan_again())
        self.view.pointed.connect(self._preview)
        self.view.left.connect(self.preview.hide)
        self.view.clicked.connect(lambda k: self.react_to_click(partial(self.open_large, k)))

    @property
    def choice(self) -> ExamplesChoice:
        return self.state.examples

    @property
    def examples(self) -> Examples | None:
        return self.received if isinstance(self.received, Examples) else None

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if previous.unit != state.unit or previous.examples != state.examples:
            self.received = self.examples  # what failed may succeed now
        choice = state.examples
        for combo, value in (
            (self.by, choice.by),
            (self.end, choice.bottom),
            (self.shown_as, choice.shown_as),
            (self.where, choice.where),
        ):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(combo.findData(value), 0))
        self.distinct.setChecked(choice.distinct)
        with QSignalBlocker(self.minutes):
            self.minutes.setValue(choice.minutes)
        self._show_tools()
        self._update_refresh_timer()
        self._redraw()

    def _show_tools(self) -> None:
        """Show the control of the chosen source: minutes of the stream, or a scan."""
        library = self.choice.where == "library"
        self.minutes.setVisible(not library)
        self.scan.setVisible(library)
        self.scan.setEnabled(not self._jobs.runs(SCAN))

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.received = None
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key == EXAMPLES:
            self.received = value
            self._redraw()
        elif key == f"job {SCAN}":
            self.job.show_job(value)
            self.scan.setEnabled(value.finished)
            if value.finished:
                self.refresh()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._update_refresh_timer()
        self._redraw()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.preview.hide()
        self._refresh_timer.stop()

    def _update_refresh_timer(self) -> None:
        """Refresh at intervals while the running memory, which changes by itself, is on show."""
        is_growing = self.choice.where == "memory" and self.choice.minutes > 0
        if is_growing and self.isVisible() and not self.state.frozen:
            if not self._refresh_timer.isActive():
                self._refresh_timer.start()
        else:
            self._refresh_timer.stop()

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        examples = self.examples
        if examples is None or not examples.items:
            message = examples_text.explain_empty(self.info, self.state.unit, examples)
            self._show_message(
                self.received.sentence
                if isinstance(self.received, Failure)
                else self.label(message)
            )
            return
        drawn_key = examples, self.choice.shown_as, self.compact
        if drawn_key != self._drawn_key:
            self._drawn_key = drawn_key
            self.view.show_tiles(tuple(self._iter_thumbnails(examples)))
        self.classes.show_counts(examples.counts)
        reason = examples_text.explain_stale(
            examples, self.state.unit, self.info.name if self.info else None
        )
        self.view.show_stale(bool(reason))
        self.mark.show_reason(examples.stale)
        origin = " · ".join(part for part in (examples.message, examples.caption) if part)
        self.caption.setText(self.label(origin + (tr(" · stale") if reason else "")))
        self.caption.tip = (
            self.label(tr("These pictures are {reason}.", reason=reason)) if reason else ""
        )
        self.line.setText(tr("stale") if reason else examples.caption.split(tr(" of "))[0])
        self._show_note(examples.message)
        self.line.tip = self.caption.tip or self.label(origin)

    def _show_note(self, note: str) -> None:
        """Show in a card what is odd about the pictures, such as how few they are."""
        self.note.setText(self.label(note))
        self.note.setVisible(self.compact and bool(note))

    def _iter_thumbnails(self, examples: Examples) -> Any:
        for example in examples.items:
            box = examples_text.to_view_box(example) if self.choice.shown_as == "whole" else None
            pixels = examples_text.example_pixels(example, self.choice.shown_as)
            caption, name = (
                examples_text.format_caption(example),
                examples_text.name_example(example),
            )
            if examples_text.is_pending(example, self.choice.shown_as):
                name = tr(
                    "{name} (crop)", name=name
                ).strip()  # its backward picture is not there yet
            yield Thumbnail(pixels, caption, box, name)

    def _show_message(self, message: str) -> None:
        self._drawn_key = None, "", False
        self.preview.hide()
        self.view.show_message(message)
        self.view.show_stale(False)
        self.mark.show_reason("")
        self.classes.show_counts(())
        self.caption.setText("")
        self.line.setText("")
        self._show_note("")

    def _preview(self, k: int) -> None:
        examples = self.examples
        if examples is not None and k < len(examples.items):
            mouse_side = QPoint(self.mapToGlobal(QPoint(0, 0)).x(), QCursor.pos().y())
            self.preview.show_example(
                examples.items[k],
                self.label(examples.unit),
                mouse_side,
                mouse_side.x() + self.width(),
            )

    def open_large(self, k: int) -> ExampleDialog | None:
        """Open the picture in a window of its own."""
        examples = self.examples
        if examples is None or k >= len(examples.items):
            return None
        self.preview.hide()
        window = require(self.window())
        dialog = ExampleDialog(
            examples.items[k], self.label(examples.unit), self._open_source, window
        )
        dialog.center_over(window)
        dialog.show()
        return dialog

    def _update(self, **changes: Any) -> None:
        self.session.update(examples=replace(self.choice, **changes))

    def _on_choice(self, combo: QComboBox, name: str, row: int) -> None:
        if name == "where":
            self._set_source(combo.currentData())
        else:
            self._update(**{name: combo.currentData()})

    def switch_source(self) -> None:
        """Switch between the library and the last minutes of the running source."""
        self._set_source("library" if self.choice.where == "memory" else "memory")

    def _set_source(self, source: str) -> None:
        minutes = self.choice.minutes or (DEFAULT_MINUTES if source == "memory" else 0.0)
        self._update(where=source, minutes=minutes)

    def refresh(self) -> None:
        """Request the examples again: there may be more by now."""
        self._update(run=self.choice.run + 1)

    def choose_folder(self) -> None:
        """Ask which folder to scan, and start."""
        folder = first_folder(self.state.data_folder)
        path = QFileDialog.getExistingDirectory(self, tr("Scan a folder of pictures"), folder)
        if path:
            self.session.update(data_folder=path)
            self.scan_folder(path)

    def scan_again(self) -> None:
        """Scan the same pictures as the network takes them now; ask where they are, if need be."""
        data = self.examples.data if self.examples is not None else ()
        present = next((path for path in reversed(data) if Path(path).exists()), "")
        is_of_demo = any(path.startswith(DEMO_ADDRESS) for path in data)
        if present or is_of_demo:
            self.scan_folder(present or "demo")
        else:
            self.choose_folder()

    def scan_folder(self, path: str) -> None:
        """Scan a folder beside the window; the examples arrive again when it ends."""
        args = job_commands.build_scan_args(self.state.network, path, user_data_folder())
        self._jobs.begin(SCAN, args)
        self._show_tools()
