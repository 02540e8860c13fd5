"""Show a long job's progress, with pause and stop."""

from collections.abc import Callable
from typing import Any

from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QVBoxLayout, QWidget

from dnnvis.app.runtime.jobs import Jobs, describe_progress
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.job_state import JobState
from dnnvis.core.translation.catalog import tr


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
