"""Show a long job's progress, with pause and stop; the form of one over a layer."""

from collections.abc import Callable, Sequence
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.runtime.jobs import Jobs, describe_progress
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_push_button, create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import SideWindow
from dnnvis.core.job_state import JobState
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.recent import first_folder
from dnnvis.session.session import Session
from dnnvis.session.state import State

MAX_PICTURES = 1_000_000
EDITS_NOTE = "It runs the network as it is, without the edits of the strip."


class JobBar(QWidget):
    """The progress of a job; hidden until the job reports something.

    What it reported last stays until the next begins.
    """

    def __init__(self, name: str, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self._jobs = name, jobs
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.GAP)
        self.label = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.bar.setAccessibleName(tr("Progress of {name}", name=name))
        self.pause_button = self._create_flat(
            "Pause", tr("Hold the job '{name}', or go on", name=name), lambda: jobs.pause(name)
        )
        self.stop_button = self._create_flat(
            "Stop", "End the job; what is done stays in the library", lambda: jobs.stop(name)
        )
        self.close_button = self._create_flat("✕", "Put this line away", self.hide)
        self.close_button.setAccessibleName(tr("Dismiss"))
        row = QHBoxLayout()
        row.setSpacing(theme.GAP // 2)
        row.addWidget(self.label, 1)
        for button in (self.pause_button, self.stop_button, self.close_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.bar)
        column.addLayout(row)
        self.hide()

    def _create_flat(self, text: str, tip: str, callback: Callable[[], Any]) -> QToolButton:
        button = create_tool_button(self, text, tip, flat=True)
        button.clicked.connect(lambda checked=False: callback())
        return button

    def show_job(self, state: JobState) -> None:
        self.bar.setRange(0, state.total)
        self.bar.setValue(state.done)
        self.bar.setVisible(not state.finished)
        self.label.setText(describe_progress(state))
        self.pause_button.setText(tr("Continue" if state.paused else "Pause"))
        self.pause_button.setVisible(not state.finished and self._jobs.can_pause(self.name))
        self.stop_button.setVisible(not state.finished)
        self.close_button.setVisible(state.finished)
        self.show()


class LayerJobWindow(SideWindow):
    """A window of its own over the main one, which goes on; ``open_dialog`` shows it.

    A subclass adds rows to ``form``, builds the job's arguments and says what follows. One such
    job runs at a time; one that was stopped goes on with the same settings.
    """

    def __init__(
        self,
        session: Session,
        jobs: Jobs,
        name: str,
        title: str,
        verb: str,
        limit: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, title, parent, Qt.WindowType.Dialog)
        self._jobs, self._name = jobs, name
        self.layer = create_label(self, theme.title_font(self))
        self.data = QLineEdit(self)
        self.data.setAccessibleName(tr("Path of the pictures"))
        self.data.setToolTip(
            tr("A folder of pictures, one folder a class for labels, or a data set")
        )
        self.folder = create_push_button(self, "Folder ...", "Choose a folder of pictures")
        self.limit = QSpinBox(self)
        self.limit.setRange(0, MAX_PICTURES)
        self.limit.setSpecialValueText(tr("all of them"))
        self.limit.setValue(limit)
        self.limit.setAccessibleName(tr("Pictures at most"))
        self.limit.setToolTip(tr("More pictures take longer and leave less to chance"))
        self.start = create_push_button(
            self, verb, "Begin, or go on where the same job was stopped"
        )
        self.job = JobBar(name, jobs, self)
        self.job.stop_button.setToolTip(tr("End the job; the same one goes on another time"))
        self.message = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.form = QFormLayout()
        pictures = QHBoxLayout()
        pictures.addWidget(self.data, 1)
        pictures.addWidget(self.folder)
        self.form.addRow(tr("Pictures"), pictures)
        self.form.addRow(tr("At most"), self.limit)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.addWidget(self.layer)
        column.addLayout(self.form)
        column.addLayout(buttons)
        column.addWidget(self.job)
        column.addWidget(self.message)
        column.addStretch(1)
        self.resize(theme.GAP * 80, theme.GAP * 44)
        self.data.textChanged.connect(lambda _: self._redraw())
        self.folder.clicked.connect(lambda checked=False: self._browse())
        self.start.clicked.connect(lambda checked=False: self.begin())
        self._redraw()

    def build_args(self) -> Sequence[str]:
        """Return the job's arguments, without the program's name."""
        raise NotImplementedError

    def on_success(self) -> None:
        """Show what the job has made."""

    def open_dialog(self) -> None:
        """Show the form, over the window."""
        if not self.data.text() and self.state.source.kind in ("pictures", "examples"):
            self.data.setText(self.state.source.path)
        self._redraw()
        self.show()
        self.raise_()
        self.activateWindow()

    def show_state(self, state: State) -> None:
        super().show_state(state)
        if self.isVisible():
            self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key != f"job {self._name}" or not isinstance(value, JobState):
            return
        self.job.show_job(value)
        if value.finished and not value.failed and not value.stopped:
            self.on_success()
        self._redraw()

    def invalid_reason(self) -> str:
        """Return why the job cannot begin now; "" where it can."""
        if self.info is None or self.info.layer(self.state.layer) is None:
            return tr("Open a network first.")
        if not self.data.text().strip():
            return tr("Choose the pictures.")
        return ""

    def begin(self) -> None:
        """Start the job, or continue one that was stopped."""
        if self.invalid_reason() or self._jobs.runs(self._name):
            return
        self._jobs.begin(self._name, list(self.build_args()))
        self._redraw()

    def _browse(self) -> None:
        folder = first_folder(self.state.data_folder)
        path = QFileDialog.getExistingDirectory(self, tr("Folder of pictures"), folder)
        if path:
            self.data.setText(path)
            self.session.update(data_folder=path)

    def _redraw(self) -> None:
        name = self.label_layer(self.state.layer) if self.info is not None else ""
        self.layer.setText(tr("Layer {layer}", layer=name) if name else "")
        reason = self.invalid_reason()
        self.start.setEnabled(not reason and not self._jobs.runs(self._name))
        parts = [reason, tr(EDITS_NOTE) if self.state.edits else ""]
        text = " ".join(part for part in parts if part)
        self.message.setText(text)
        self.message.tip = text
