"""Fit a map for the network that runs, beside the window, and watch it take shape."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.activation_map.fit_preview import MapPreview
from dnnvis.app.activation_map.tabs.base import same_network
from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.job_commands import MapWish
from dnnvis.app.runtime.jobs import Jobs, JobState
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.app.widgets.panel import Panel, push_button
from dnnvis.core.activation_map import Cloud
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.paths import user_data
from dnnvis.session.map_state import CLOUD
from dnnvis.session.session import Session
from dnnvis.session.state import State

JOB = "map"
MOST = 2**31 - 1
SIZE = 460, 620  # pixels to begin with
PICTURES = "A folder of pictures (one per class, too), MNIST's files, a tar file or a film"
BOARDS = "Nothing: boards are made by the rule"
DEFAULT = "its dense activation layers, else all of them"
HOWS = {  # a layer that is maps is taken
    "auto": "as suits: the mean of each map",
    "mean": "the mean of each map",
    "whole": "every value of each map",
    "random": "random projections",
}
NO_UMAP = "UMAP needs the package umap-learn: pip install dnnvis[umap]"


class MapForm(Panel):
    """A window of its own over the main one, which goes on; ``ask`` shows it. One fit at a time;
    when it has ended well the session is told that there is another map."""

    def __init__(self, session: Session, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._jobs = jobs
        self.cloud: Cloud | None = None  # the map on show
        self._offered = ""  # the pictures that nobody typed
        self._of = ""  # the network that is fitted
        self.setWindowFlags(Qt.WindowType.Dialog)
        self.setWindowTitle("Fit a map")
        self.setAccessibleName("Fit a map")
        self.data, self.layers = QLineEdit(self), QLineEdit(self)
        self.folder = push_button(self, "Folder ...", "Choose a folder of pictures")
        self.file = push_button(self, "File ...", "Choose a tar file, a film or MNIST's images")
        self.limit = _number(self, "Examples at most", "all of them")
        self.seed = _number(self, "Seed of the fit; another one gives another map")
        self.steps = _number(self, "Steps of the fit; few are quick and poor", "as many as suit")
        self.how = QComboBox(self)
        for value, words in HOWS.items():
            self.how.addItem(words, value)
        self.record = QCheckBox("record of its learning", self)
        self.record.setToolTip("A second map: where some examples were as the network learned")
        self.umap = QCheckBox("UMAP beside it", self)
        self.replaces = Line(self, theme.small(self), muted=True)
        self.words = Line(self, theme.small(self), lines=4)
        self.fit = push_button(self, "Fit", "Begin, or go on where the same fit was stopped")
        self.preview = MapPreview(self)
        self.job = JobBar(JOB, jobs, self)
        self.job.end.setToolTip("End the fit; the same fit goes on another time")
        self._arrange()
        self._connect()
        self._show_umap()
        self.show_info(self.info)

    def _arrange(self) -> None:
        place = QHBoxLayout()
        place.setSpacing(theme.GAP // 2)
        for widget in (self.data, self.folder, self.file):
            place.addWidget(widget, 1 if widget is self.data else 0)
        form = QFormLayout()
        form.addRow("Pictures", place)
        form.addRow("Layers", self.layers)
        form.addRow("Feature maps", self.how)
        numbers = QHBoxLayout()
        numbers.addWidget(self.limit, 3)
        for words, field, share in (("Seed", self.seed, 2), ("Steps", self.steps, 3)):
            name = QLabel(words, self)
            name.setBuddy(field)
            numbers.addWidget(name)
            numbers.addWidget(field, share)
        form.addRow("Examples", numbers)
        checks = QHBoxLayout()
        checks.addWidget(self.record)
        checks.addWidget(self.umap)
        checks.addStretch(1)
        form.addRow("", checks)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addLayout(form)
        column.addWidget(self.replaces)
        said = QHBoxLayout()
        said.addWidget(self.fit, 0, Qt.AlignmentFlag.AlignTop)
        said.addWidget(self.words, 1)
        column.addLayout(said)
        column.addWidget(self.job)
        column.addWidget(self.preview, 1)
        self.data.setAccessibleName("Pictures that the map is fitted on")
        self.how.setAccessibleName("How layers that are maps are taken")
        self.how.setToolTip("How the activations of a layer that is maps are taken; of the others "
                            "every value is")  # fmt: skip
        self.layers.setAccessibleName("Layers whose activations make the map, with commas")
        self.layers.setToolTip("Names with commas, as in the list of layers; empty: those that "
                               "suit the network")  # fmt: skip
        self.resize(*SIZE)

    def _connect(self) -> None:
        self.folder.clicked.connect(lambda checked=False: self._ask_folder())
        self.file.clicked.connect(lambda checked=False: self._ask_file())
        self.data.textChanged.connect(lambda text: self._redraw())
        self.data.returnPressed.connect(self.begin)
        self.fit.clicked.connect(lambda checked=False: self.begin())

    def _show_umap(self) -> None:
        there = importlib.util.find_spec("umap") is not None  # it is not imported for that
        self.umap.setEnabled(there)
        self.umap.setToolTip("Another projection to compare with; takes a minute or two more"
                             if there else NO_UMAP)  # fmt: skip

    # -- what arrives

    def show_state(self, state: State) -> None:
        self.state = state

    def show_info(self, info: NetworkInfo | None) -> None:
        before = self.info
        super().show_info(info)
        if not same_network(before, info):
            self.cloud = None
            self._forget()
        boards = info is not None and info.binary
        states = 0 if info is None else len(info.states)
        self.data.setPlaceholderText(BOARDS if boards else PICTURES)
        self.data.setToolTip(PICTURES)
        self.layers.setPlaceholderText(f"its {states} hidden states" if states else DEFAULT)
        self.record.setVisible(info is not None and bool(info.moments))
        if info is None or before is None or before.moments != info.moments:
            self.record.setChecked(info is not None and bool(info.moments))
        self.setWindowTitle("Fit a map" if info is None else f"Fit a map of {info.name}")
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        if key == CLOUD:
            self.cloud = value if isinstance(value, Cloud) and len(value.z) else None
            self._redraw()
        elif key == f"job {JOB}":
            self.job.show_job(value)
            self._hear(value)

    def _hear(self, job: JobState) -> None:
        self.preview.show_dots(job.latest.get("preview"))
        if job.finished:
            self._ended(job)
        self._redraw()

    def _forget(self) -> None:
        """What was said and drawn is another network's, unless it is still fitted."""
        if not self._jobs.runs(JOB):
            self.words.setText("")
            self.job.hide()
            self.preview.forget()

    def _ended(self, job: JobState) -> None:
        """Say what came of it; where a map did, everybody looks at it."""
        self.job.hide()  # there is more to say than fits into its line
        if "map" in job.latest:
            notes = job.latest.get("notes")
            said = [str(note) for note in notes] if isinstance(notes, list) else []
            self._say(" ".join([job.words, *said]))
            choice = self.session.state.map
            self.session.update(
                map=replace(choice, fitted=choice.fitted + 1, data="", picked=(), place=())
            )
        elif job.failed:
            self._say(job.failed)
        else:
            self._say("Stopped. What is done is kept: Fit goes on.")

    def _say(self, words: str) -> None:
        """What came of a fit; of which network, where another one runs by now."""
        now = self.info.name if self.info is not None else ""
        self.words.setText(words if self._of in ("", now) else f"{self._of}: {words}")

    # -- verbs

    def ask(self) -> None:
        """Show the form, over the window."""
        mine = self.data.text() in ("", self._offered)
        if mine and self.info is not None and not self.info.binary:
            self._offered = self._usual()
            self.data.setText(self._offered)
        self._redraw()
        self.show()
        self.raise_()
        self.activateWindow()

    def _usual(self) -> str:
        """The pictures of the map on show, else those that are looked at, where there are many."""
        source = self.state.source
        ours = [self.state.map.data, self.cloud.data if self.cloud is not None else ""]
        ours += [source.path] if source.kind in ("pictures", "examples") else []
        return next((path for path in ours if path and many_in(Path(path))), "")

    @property
    def wish(self) -> MapWish:
        """What the fields say."""
        layers = ",".join(part.strip() for part in self.layers.text().split(",") if part.strip())
        recorded = not self.record.isVisibleTo(self) or self.record.isChecked()
        return MapWish(
            self.data.text().strip(), layers, self.limit.value(), self.seed.value(),
            self.steps.value(), recorded, self.umap.isEnabled() and self.umap.isChecked(),
            self.how.currentData(),
        )  # fmt: skip

    def fault(self) -> str:
        """Why nothing can be fitted now; "" where something can."""
        if self.info is None:
            return "Open a network first."
        if not self.info.binary and not self.wish.data:
            return f"Say on which pictures {self.info.name} is to be mapped."
        return ""

    def begin(self) -> None:
        """Begin the fit, or go on with one that was stopped."""
        if self.fault() or self._jobs.runs(JOB):
            return
        folder = user_data()
        args = job_commands.map_args(self.state.network, self.wish, folder)
        self.preview.forget()
        self.words.setText("")
        self._of = self.info.name if self.info is not None else ""
        self._jobs.begin(JOB, args)
        self._redraw()

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Pictures for the map", self.data.text())
        if path:
            self.data.setText(path)

    def _ask_file(self) -> None:
        path = QFileDialog.getOpenFileName(self, "Pictures for the map", self.data.text())[0]
        if path:
            self.data.setText(path)

    # -- drawing

    def _redraw(self) -> None:
        running, fault = self._jobs.runs(JOB), self.fault()
        for field in self._fields():
            field.setEnabled(not running)
        self._show_umap() if not running else self.umap.setEnabled(False)
        self.fit.setEnabled(not running and not fault)
        self.fit.setToolTip(fault or "Begin, or go on where the same fit was stopped")
        self.replaces.setText(replaced(self.cloud))

    def _fields(self) -> tuple[QLineEdit | QPushButton | QSpinBox | QCheckBox | QComboBox, ...]:
        return (self.data, self.layers, self.folder, self.file, self.limit, self.seed, self.steps,
                self.how, self.record)  # fmt: skip

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


def replaced(cloud: Cloud | None) -> str:
    """What becomes of the map on show when another one is fitted; "" where there is none."""
    if cloud is None:
        return ""
    many = f"{len(cloud.z) // max(cloud.rows_each, 1):,} examples"
    return f"This replaces the map of {many} (kept as the one before)."


def many_in(path: Path) -> bool:
    """Whether there may be many pictures: a folder, a tar file or a folder in it, MNIST's."""
    if path.is_dir():
        return True
    file = next((part for part in (path, *path.parents) if part.is_file()), None)
    return file is not None and any(mark in file.name for mark in (".tar", ".tgz", "-ubyte"))


def _number(parent: QWidget, name: str, nought: str = "") -> QSpinBox:
    made = QSpinBox(parent)
    made.setRange(0, MOST)
    made.setSpecialValueText(nought)
    made.setAccessibleName(name)
    made.setToolTip(name)
    return made
