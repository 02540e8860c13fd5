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
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.activation_map.fit_preview import MapPreview
from dnnvis.app.activation_map.tabs.base import same_network
from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.job_commands import MapFitRequest
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_combo,
    create_label,
    create_push_button,
    create_spin_box,
)
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.app.widgets.panel import SideWindow
from dnnvis.core.activation_map import MapData
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.job_state import JobState
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.paths import user_data_folder
from dnnvis.core.translation.catalog import tr
from dnnvis.session.map_state import MAP_DATA
from dnnvis.session.recent import find_folder, first_folder
from dnnvis.session.session import Session
from dnnvis.session.state import State

JOB = "map"
MAX_INT32 = 2**31 - 1
INITIAL_SIZE_PIXELS = 460, 620  # pixels at first
DATA_HELP = "A folder of pictures (one per class, too), MNIST's files, a tar file or a film"
BOARDS_HELP = "Nothing: boards are made by the rule"
DEFAULT_LAYERS_HELP = "its dense activation layers, else all of them"
REDUCTIONS = {  # a layer that is maps is taken
    "auto": "as suits: the mean of each map",
    "mean": "the mean of each map",
    "whole": "every value of each map",
    "random": "random projections",
}
UMAP_MISSING = "UMAP needs the package umap-learn: pip install dnnvis[umap]"


class MapFitDialog(SideWindow):
    """A window of its own over the main one, which goes on.

    ``open_dialog`` shows it. One fit at a time; when it has succeeded the session is notified that
    there is another map.
    """

    def __init__(self, session: Session, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(session, tr("Fit a map"), parent, Qt.WindowType.Dialog)
        self._jobs = jobs
        self.map_data: MapData | None = None  # the map on show
        self._suggested_data = ""  # the path that was suggested, not typed
        self._fitted_network = ""  # the network that is fitted
        self.data, self.layers = QLineEdit(self), QLineEdit(self)
        self.folder = create_push_button(self, "Folder ...", "Choose a folder of pictures")
        self.file = create_push_button(
            self, "File ...", "Choose a tar file, a film or MNIST's images"
        )
        self.limit = _create_number_box(self, "Examples at most", "all of them")
        self.seed = _create_number_box(self, "Seed of the fit; another one gives another map")
        self.steps = _create_number_box(
            self, "Steps of the fit; few are quick and poor", "as many as suit"
        )
        self.how = create_combo(self, "How layers that are maps are taken", REDUCTIONS)
        self.how.setToolTip(
            tr(
                "How the activations of a layer that is maps are taken; of the others every value "
                "is"
            )
        )
        self.record = create_check_box(
            self,
            "record of its learning",
            "A second map: where some examples were as the network learned",
        )
        self.umap = create_check_box(self, "UMAP beside it", "")
        self.replaces = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.message = ElidedLabel(self, theme.caption_font(self), lines=4)
        self.fit = create_push_button(self, "Fit", "Begin, or go on where the same fit was stopped")
        self.preview = MapPreview(self)
        self.job = JobBar(JOB, jobs, self)
        self.job.stop_button.setToolTip(tr("End the fit; the same fit goes on another time"))
        self._arrange()
        self._connect()
        self._show_umap()
        self.show_info(self.info)

    def _arrange(self) -> None:
        data_row = QHBoxLayout()
        data_row.setSpacing(theme.GAP // 2)
        for widget in (self.data, self.folder, self.file):
            data_row.addWidget(widget, 1 if widget is self.data else 0)
        form = QFormLayout()
        form.addRow(tr("Pictures"), data_row)
        form.addRow(tr("Layers"), self.layers)
        form.addRow(tr("Feature maps"), self.how)
        numbers = QHBoxLayout()
        numbers.addWidget(self.limit, 3)
        for caption, field, stretch in (("Seed", self.seed, 2), ("Steps", self.steps, 3)):
            name = create_label(self, text=tr(caption))
            name.setBuddy(field)
            numbers.addWidget(name)
            numbers.addWidget(field, stretch)
        form.addRow(tr("Examples"), numbers)
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
        fit_row = QHBoxLayout()
        fit_row.addWidget(self.fit, 0, Qt.AlignmentFlag.AlignTop)
        fit_row.addWidget(self.message, 1)
        column.addLayout(fit_row)
        column.addWidget(self.job)
        column.addWidget(self.preview, 1)
        self.data.setAccessibleName(tr("Pictures that the map is fitted on"))
        self.layers.setAccessibleName(tr("Layers whose activations make the map, with commas"))
        self.layers.setToolTip(
            tr("Names with commas, as in the list of layers; empty: those that suit the network")
        )
        self.resize(*INITIAL_SIZE_PIXELS)

    def _connect(self) -> None:
        self.folder.clicked.connect(lambda checked=False: self._browse_folder())
        self.file.clicked.connect(lambda checked=False: self._browse_file())
        self.data.textChanged.connect(lambda text: self._redraw())
        self.data.returnPressed.connect(self.begin)
        self.fit.clicked.connect(lambda checked=False: self.begin())

    def _show_umap(self) -> None:
        installed = importlib.util.find_spec("umap") is not None  # it is not imported for that
        self.umap.setEnabled(installed)
        self.umap.setToolTip(
            tr("Another projection to compare with; takes a minute or two more")
            if installed
            else tr(UMAP_MISSING)
        )

    def show_state(self, state: State) -> None:
        self.state = state

    def show_info(self, info: NetworkInfo | None) -> None:
        previous = self.info
        super().show_info(info)
        if not same_network(previous, info):
            self.map_data = None
            self._clear_results()
        boards = info is not None and info.binary
        states = 0 if info is None else len(info.states)
        self.data.setPlaceholderText(tr(BOARDS_HELP) if boards else tr(DATA_HELP))
        self.data.setToolTip(tr(DATA_HELP))
        self.layers.setPlaceholderText(
            tr("its {states} hidden states", states=states) if states else tr(DEFAULT_LAYERS_HELP)
        )
        self.record.setVisible(info is not None and bool(info.snapshots))
        if info is None or previous is None or previous.snapshots != info.snapshots:
            self.record.setChecked(info is not None and bool(info.snapshots))
        self.setWindowTitle(
            tr("Fit a map") if info is None else tr("Fit a map of {name}", name=info.name)
        )
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key == MAP_DATA:
            self.map_data = value if isinstance(value, MapData) and len(value.z) else None
            self._redraw()
        elif key == f"job {JOB}":
            self.job.show_job(value)
            self._receive_job(value)

    def _receive_job(self, job: JobState) -> None:
        self.preview.show_dots(job.latest.get("preview"))
        if job.finished:
            self._report_end(job)
        self._redraw()

    def _clear_results(self) -> None:
        """Clear what was reported and drawn of another network, unless it is still fitted."""
        if not self._jobs.runs(JOB):
            self.message.setText("")
            self.job.hide()
            self.preview.clear()

    def _report_end(self, job: JobState) -> None:
        """Report the outcome; a new map is announced to all panels by the session's state."""
        self.job.hide()  # the outcome does not fit into its line
        if "map" in job.latest:
            notes = job.latest.get("notes")
            notes_text = [str(note) for note in notes] if isinstance(notes, list) else []
            self._report(" ".join([job.message, *notes_text]))
            choice = self.session.state.map
            self.session.update(
                map=replace(choice, fitted=choice.fitted + 1, data="", picked=(), place=())
            )
        elif job.failed:
            self._report(job.failed)
        else:
            self._report(tr("Stopped. What is done is kept: Fit goes on."))

    def _report(self, message: str) -> None:
        """Show the outcome of a fit, with its network's name where another one runs by now."""
        current = self.info.name if self.info is not None else ""
        self.message.setText(
            message
            if self._fitted_network in ("", current)
            else f"{self._fitted_network}: {message}"
        )

    def open_dialog(self) -> None:
        """Show the form, over the window."""
        mine = self.data.text() in ("", self._suggested_data)
        if mine and self.info is not None and not self.info.binary:
            self._suggested_data = self._default_data()
            self.data.setText(self._suggested_data)
        self._redraw()
        self.show()
        self.raise_()
        self.activateWindow()

    def _default_data(self) -> str:
        """Return the pictures of the map on show, else the running ones, where there are many."""
        source = self.state.source
        candidates = [self.state.map.data, self.map_data.data if self.map_data is not None else ""]
        candidates += [source.path] if source.kind in ("pictures", "examples") else []
        return next((path for path in candidates if path and may_be_large(Path(path))), "")

    @property
    def request(self) -> MapFitRequest:
        """Return the request that the fields describe."""
        layers = ",".join(part.strip() for part in self.layers.text().split(",") if part.strip())
        recorded = not self.record.isVisibleTo(self) or self.record.isChecked()
        return MapFitRequest(
            self.data.text().strip(),
            layers,
            self.limit.value(),
            self.seed.value(),
            self.steps.value(),
            recorded,
            self.umap.isEnabled() and self.umap.isChecked(),
            self.how.currentData(),
        )

    def invalid_reason(self) -> str:
        """Return why nothing can be fitted now; "" where something can."""
        if self.info is None:
            return tr("Open a network first.")
        if not self.info.binary and not self.request.data:
            return tr("Say on which pictures {name} is to be mapped.", name=self.info.name)
        return ""

    def begin(self) -> None:
        """Start the fit, or continue one that was stopped."""
        if self.invalid_reason() or self._jobs.runs(JOB):
            return
        folder = user_data_folder()
        args = job_commands.build_map_args(self.state.network, self.request, folder)
        self.preview.clear()
        self.message.setText("")
        self._fitted_network = self.info.name if self.info is not None else ""
        self._jobs.begin(JOB, args)
        self._redraw()

    def _browse_folder(self) -> None:
        folder = self._first_folder()
        self._take(QFileDialog.getExistingDirectory(self, tr("Pictures for the map"), folder))

    def _browse_file(self) -> None:
        folder = self._first_folder()
        self._take(QFileDialog.getOpenFileName(self, tr("Pictures for the map"), folder)[0])

    def _first_folder(self) -> str:
        return first_folder(find_folder(self.data.text()) or self.state.data_folder)

    def _take(self, path: str) -> None:
        """Fit on what was chosen in a dialog; "" for nothing."""
        if path:
            self.data.setText(path)
            self.session.update(data_folder=find_folder(path))

    def _redraw(self) -> None:
        running, reason = self._jobs.runs(JOB), self.invalid_reason()
        for field in self._fields():
            field.setEnabled(not running)
        self._show_umap() if not running else self.umap.setEnabled(False)
        self.fit.setEnabled(not running and not reason)
        self.fit.setToolTip(
            as_plain_text(reason or "Begin, or go on where the same fit was stopped")
        )
        self.replaces.setText(describe_replacement(self.map_data))

    def _fields(self) -> tuple[QLineEdit | QPushButton | QSpinBox | QCheckBox | QComboBox, ...]:
        return (
            self.data,
            self.layers,
            self.folder,
            self.file,
            self.limit,
            self.seed,
            self.steps,
            self.how,
            self.record,
        )

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


def describe_replacement(map_data: MapData | None) -> str:
    """Describe what replaces the map on show when another is fitted; "" without a map."""
    if map_data is None:
        return ""
    count_text = tr("{count:,} examples", count=len(map_data.z) // max(map_data.rows_each, 1))
    return tr(
        "This replaces the map of {count_text} (kept as the one before).", count_text=count_text
    )


def may_be_large(path: Path) -> bool:
    """Return whether there may be many pictures.

    True for a folder, a tar file or a folder in it, MNIST's.
    """
    if path.is_dir():
        return True
    file = next((part for part in (path, *path.parents) if part.is_file()), None)
    return file is not None and any(mark in file.name for mark in (".tar", ".tgz", "-ubyte"))


def _create_number_box(parent: QWidget, name: str, zero_text: str = "") -> QSpinBox:
    spin_box = create_spin_box(parent, name, 0, MAX_INT32)
    spin_box.setKeyboardTracking(True)
    spin_box.setSpecialValueText(tr(zero_text))
    return spin_box
