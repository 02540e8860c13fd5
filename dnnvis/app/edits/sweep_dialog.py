"""The form that switches each unit of a layer off in turn, and the list of their effects."""

from typing import Any

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.edits.recent_frames import RecentFrames
from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_combo, create_label, create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.errors import DnnvisError
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.paths import user_data_folder
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.recent import first_folder
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.unit_effects import (
    SWEEP_JOB,
    UnitEffects,
    describe_measure,
    format_effect,
    read_effects,
)

MAX_ROWS = 200  # of the list: the most harmful losses
DEFAULT_LIMIT = 256
RECENT, DATA = "recent", "data"


class SweepDialog(Panel):
    """A window of its own over the main one, which goes on.

    ``open_dialog`` shows it. It sweeps the layer on show; one sweep at a time.
    """

    def __init__(self, session: Session, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._jobs = jobs
        self.frames = RecentFrames()
        self.effects: UnitEffects | None = None
        self._listed: tuple[object, ...] = ()  # what the list shows
        self.setWindowFlags(Qt.WindowType.Dialog)
        self.setWindowTitle(tr("Sweep of a layer"))
        self.setAccessibleName(tr("Sweep of a layer"))
        self.layer = create_label(self, theme.title_font(self))
        sources = {RECENT: "the last frames", DATA: "a data set"}
        self.where = create_combo(self, "Pictures of the sweep", sources, min_letters=14)
        self.where.setToolTip(tr("The frames that were on show last, or a folder or data set"))
        self.data = QLineEdit(self)
        self.data.setAccessibleName(tr("Path of the pictures"))
        self.data.setToolTip(
            tr("A folder of pictures, one folder a class for labels, or a data set")
        )
        self.folder = create_push_button(self, "Folder ...", "Choose a folder of pictures")
        self.limit = QSpinBox(self)
        self.limit.setRange(0, 1_000_000)
        self.limit.setSpecialValueText(tr("all of them"))
        self.limit.setValue(DEFAULT_LIMIT)
        self.limit.setAccessibleName(tr("Pictures at most"))
        self.limit.setToolTip(tr("More pictures take longer and leave less to chance"))
        measures = {"": "right answers", "unit": "the selected unit"}
        self.measure = create_combo(self, "What is measured", measures, min_letters=14)
        self.measure.setToolTip(
            tr(
                "The share of right answers where the pictures have labels, else of those that "
                "stay the network's own; or the mean of the selected unit"
            )
        )
        values = {"zero": "zero", "mean": "its mean"}
        self.set_to = create_combo(self, "What an off unit is set to", values, min_letters=8)
        self.set_to.setToolTip(tr("Zero, or the unit's mean over the same pictures"))
        self.start = create_push_button(
            self, "Sweep", "Begin, or go on where the same sweep was stopped"
        )
        self.order = create_push_button(
            self, "Order the mosaic by effect", "The unit whose loss hurts most stands first"
        )
        self.job = JobBar(SWEEP_JOB, jobs, self)
        self.job.stop_button.setToolTip(tr("End the sweep; the same sweep goes on another time"))
        self.message = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.list = QTableWidget(0, 3, self)
        self._arrange()
        self._connect()
        self._redraw()

    def _arrange(self) -> None:
        self.list.setAccessibleName(tr("Units by effect"))
        self.list.setHorizontalHeaderLabels([tr("unit"), tr("effect when off"), tr("fires on")])
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header, rows = self.list.horizontalHeader(), self.list.verticalHeader()
        assert header is not None  # a table has both
        assert rows is not None
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        rows.hide()
        pictures = QHBoxLayout()
        for widget in (self.where, self.data, self.folder):
            pictures.addWidget(widget, 1 if widget is self.data else 0)
        form = QFormLayout()
        form.addRow(tr("Pictures"), pictures)
        form.addRow(tr("At most"), self.limit)
        form.addRow(tr("Measured"), self.measure)
        form.addRow(tr("Off is"), self.set_to)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start)
        buttons.addWidget(self.order)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.addWidget(self.layer)
        column.addLayout(form)
        column.addLayout(buttons)
        column.addWidget(self.job)
        column.addWidget(self.message)
        column.addWidget(self.list, 1)
        self.resize(theme.GAP * 90, theme.GAP * 80)

    def _connect(self) -> None:
        self.where.currentIndexChanged.connect(lambda _: self._redraw())
        self.measure.currentIndexChanged.connect(lambda _: self._redraw())
        self.data.textChanged.connect(lambda _: self._redraw())
        self.folder.clicked.connect(lambda checked=False: self._browse())
        self.start.clicked.connect(lambda checked=False: self.begin())
        self.order.clicked.connect(lambda checked=False: self._order_mosaic())
        self.list.cellClicked.connect(lambda row, column: self._select(row))

    def open_dialog(self) -> None:
        """Show the form, over the window."""
        if not self.data.text() and self.state.source.kind in ("pictures", "examples"):
            self.data.setText(self.state.source.path)
            self.where.setCurrentIndex(self.where.findData(DATA))
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
        self.frames = RecentFrames()
        if info is None or self.effects is None or self.effects.network != info.name:
            self.effects = None
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if self.note_frame(key, value):
            return
        if isinstance(value, Live):
            self.frames.add(value.frame)
        elif key == f"job {SWEEP_JOB}":
            self.job.show_job(value)
            self.effects = read_effects(value) or self.effects
            self._redraw()

    def invalid_reason(self) -> str:
        """Return why nothing can be swept now; "" where something can."""
        if self.info is None or self.info.layer(self.state.layer) is None:
            return tr("Open a network first.")
        if self.where.currentData() == RECENT and not len(self.frames):
            return tr("No frame has run yet; start a source, or choose a data set.")
        if self.where.currentData() == DATA and not self.data.text().strip():
            return tr("Say on which pictures the units are switched off.")
        if self.measure.currentData() == "unit" and self.state.unit is None:
            return tr("Select the unit that is to be measured.")
        return ""

    def begin(self) -> None:
        """Start the sweep, or continue one that was stopped."""
        if self.invalid_reason() or self._jobs.runs(SWEEP_JOB):
            return
        folder = user_data_folder()
        data = self.data.text().strip()
        if self.where.currentData() == RECENT:
            path = folder / "sweeps" / "recent-frames.npz"
            try:
                self.frames.write(path)
            except DnnvisError as error:
                self._report(str(error))
                return
            data = str(path)
        unit = self.state.unit if self.measure.currentData() == "unit" else None
        args = job_commands.build_sweep_args(
            self.state.network,
            job_commands.SweepRequest(
                self.state.layer,
                data,
                "" if unit is None else str(unit),
                self.limit.value(),
                self.set_to.currentData(),
            ),
            folder,
        )
        self._jobs.begin(SWEEP_JOB, args)
        self._redraw()

    def _browse(self) -> None:
        folder = first_folder(self.state.data_folder)
        path = QFileDialog.getExistingDirectory(self, tr("Pictures of the sweep"), folder)
        if path:
            self.data.setText(path)
            self.where.setCurrentIndex(self.where.findData(DATA))
            self.session.update(data_folder=path)

    def _order_mosaic(self) -> None:
        if self.effects is not None:
            self.session.update(layer=self.effects.layer, order="effect")

    def _select(self, row: int) -> None:
        """Select the unit of a row of the list."""
        if self.effects is not None:
            channel = int(self.effects.order()[row])
            self.session.select(Unit(self.effects.layer, channel), call=self.state.call)

    def _redraw(self) -> None:
        is_data = self.where.currentData() == DATA
        self.data.setEnabled(is_data)
        name = self.label_layer(self.state.layer) if self.info is not None else ""
        self.layer.setText(tr("Layer {layer}", layer=name) if name else "")
        reason = self.invalid_reason()
        self.start.setEnabled(not reason and not self._jobs.runs(SWEEP_JOB))
        self.order.setEnabled(self.effects is not None)
        self._report(" ".join(part for part in (reason, self._describe()) if part))
        self._fill_list()

    def _describe(self) -> str:
        """Return what the list is of, and what is left out of the sweep."""
        parts = []
        if self.effects is not None:
            layer = self.label_layer(self.effects.layer)
            measure = self.label(describe_measure(self.effects))
            parts.append(tr("{layer}: {measure}.", layer=layer, measure=measure))
            left_out = len(self.effects.effects) - MAX_ROWS
            if left_out > 0:
                parts.append(tr("{count} further units are not listed.", count=left_out))
        if self.state.edits:
            parts.append(tr("A sweep runs the network as it is, without the edits of the strip."))
        return " ".join(parts)

    def _report(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.message.tip = sentence

    def _fill_list(self) -> None:
        """List the units, those whose loss hurts most first."""
        effects = self.effects
        listed = () if effects is None else (id(effects), effects.pictures)
        if listed == self._listed:
            return
        self._listed = listed
        order = () if effects is None else tuple(effects.order()[:MAX_ROWS].tolist())
        with QSignalBlocker(self.list):
            self.list.setRowCount(len(order))
            for row, channel in enumerate(order):
                assert effects is not None  # it has an order
                texts = (
                    self.label(str(Unit(effects.layer, channel))),
                    format_effect(float(effects.effects[channel]), effects.measure),
                    f"{100 * effects.fired[channel]:.0f} %",
                )
                for column, text in enumerate(texts):
                    self.list.setItem(row, column, QTableWidgetItem(text))
