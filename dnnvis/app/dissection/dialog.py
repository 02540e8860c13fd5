"""The form that dissects the network, and the table of the concepts in the layer on show."""

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

from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_combo,
    create_label,
    create_push_button,
)
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.paths import user_data_folder
from dnnvis.core.probing.dissection import MEASURE_NAMES, LayerConcepts
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.recent import first_folder
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.unit_concepts import DISSECT_JOB, UnitConcepts

SYNTHETIC, FOLDER = "made", "folder"
THIS_LAYER, ALL_LAYERS = "layer", "all"
DEFAULT_LIMIT = 1000


class DissectDialog(Panel):
    """A window of its own over the main one, which goes on.

    ``open_dialog`` shows it. One dissection at a time; its names go to the library, the mosaic, the
    Unit card and the search.
    """

    def __init__(self, session: Session, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._jobs = jobs
        self.concepts = UnitConcepts()
        self._listed: LayerConcepts | None = None  # what the table shows
        self._rows: list[int] = []  # the best unit of each row's concept, -1 for none
        self.setWindowFlags(Qt.WindowType.Dialog)
        self.setWindowTitle(tr("Dissection of the network"))
        self.setAccessibleName(tr("Dissection of the network"))
        self.layer = create_label(self, theme.title_font(self))
        kinds = {SYNTHETIC: "made by dnnvis", FOLDER: "a folder"}
        self.kind = create_combo(self, "Concepts", kinds, min_letters=14)
        self.kind.setToolTip(
            tr("Colors, stripes, textures ... with exact masks, or pictures and masks of your own")
        )
        self.path = QLineEdit(self)
        self.path.setAccessibleName(tr("Path of the concepts"))
        self.path.setToolTip(
            tr(
                "A folder with images and masks, with JSON files of labelme, or a folder for each "
                "class"
            )
        )
        self.folder = create_push_button(self, "Folder ...", "Choose a folder of concepts")
        scopes = {THIS_LAYER: "this layer", ALL_LAYERS: "all layers"}
        self.scope = create_combo(self, "Layers to dissect", scopes, min_letters=12)
        self.scope.setToolTip(tr("All layers take one pass, too, and little longer than one"))
        self.limit = QSpinBox(self)
        self.limit.setRange(0, 1_000_000)
        self.limit.setSpecialValueText(tr("all of them"))
        self.limit.setValue(DEFAULT_LIMIT)
        self.limit.setAccessibleName(tr("Pictures at most"))
        self.limit.setToolTip(tr("More pictures take longer and leave less to chance"))
        self.control = create_check_box(
            self, "Control", "Dissect the same network with shuffled weights, too: chance level"
        )
        self.control.setChecked(True)
        self.upsample = create_check_box(
            self,
            "Maps to pixels",
            "Bring each map to the pixels of the mask, as Bau et al. do, not the mask to the map; "
            "slower",
        )
        self.start = create_push_button(
            self, "Dissect", "Begin, or go on where the same dissection was stopped"
        )
        self.job = JobBar(DISSECT_JOB, jobs, self)
        self.job.stop_button.setToolTip(tr("End the dissection; the same one goes on another time"))
        self.message = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.list = QTableWidget(0, 4, self)
        self._arrange()
        self._connect()
        self._redraw()

    def _arrange(self) -> None:
        self.list.setAccessibleName(tr("Concepts of the layer"))
        self.list.setHorizontalHeaderLabels(
            [tr("concept"), tr("units"), tr("shuffled weights"), tr("best unit")]
        )
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header, rows = self.list.horizontalHeader(), self.list.verticalHeader()
        assert header is not None  # a table has both
        assert rows is not None
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        rows.hide()
        source = QHBoxLayout()
        for widget in (self.kind, self.path, self.folder):
            source.addWidget(widget, 1 if widget is self.path else 0)
        options = QHBoxLayout()
        for part in (self.scope, self.control, self.upsample):
            options.addWidget(part)
        options.addStretch(1)
        form = QFormLayout()
        form.addRow(tr("Concepts"), source)
        form.addRow(tr("At most"), self.limit)
        form.addRow(tr("Of"), options)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start)
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
        self.kind.currentIndexChanged.connect(lambda _: self._redraw())
        self.path.textChanged.connect(lambda _: self._redraw())
        self.folder.clicked.connect(lambda checked=False: self._browse())
        self.start.clicked.connect(lambda checked=False: self.begin())
        self.list.cellClicked.connect(lambda row, column: self._select(row))

    def open_dialog(self) -> None:
        """Show the form, over the window."""
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
        self.concepts.follow("" if info is None else info.name)
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key == f"job {DISSECT_JOB}":
            self.job.show_job(value)
            self.concepts.receive(key, value)
            self._redraw()
        elif self.concepts.receive(key, value):
            self._redraw()

    def invalid_reason(self) -> str:
        """Return why nothing can be dissected now; "" where something can."""
        if self.info is None or self.info.layer(self.state.layer) is None:
            return tr("Open a network first.")
        if self.kind.currentData() == FOLDER and not self.path.text().strip():
            return tr("Choose a folder of concepts, or have them made.")
        return ""

    def begin(self) -> None:
        """Start the dissection, or continue one that was stopped."""
        if self.invalid_reason() or self._jobs.runs(DISSECT_JOB):
            return
        is_folder = self.kind.currentData() == FOLDER
        request = job_commands.DissectRequest(
            self.path.text().strip() if is_folder else SYNTHETIC,
            self.state.layer if self.scope.currentData() == THIS_LAYER else "",
            self.limit.value(),
            self.control.isChecked(),
            self.upsample.isChecked(),
        )
        args = job_commands.build_dissect_args(self.state.network, request, user_data_folder())
        self._jobs.begin(DISSECT_JOB, args)
        self._redraw()

    def _browse(self) -> None:
        folder = first_folder(self.state.data_folder)
        path = QFileDialog.getExistingDirectory(self, tr("Folder of concepts"), folder)
        if path:
            self.path.setText(path)
            self.kind.setCurrentIndex(self.kind.findData(FOLDER))
            self.session.update(data_folder=path)

    def _select(self, row: int) -> None:
        """Select the best unit of a row's concept."""
        if self._listed is not None and self._rows[row] >= 0:
            unit = Unit(self._listed.layer, self._rows[row])
            self.session.select(unit, call=self.state.call)

    def _redraw(self) -> None:
        is_folder = self.kind.currentData() == FOLDER
        self.path.setEnabled(is_folder)
        name = self.label_layer(self.state.layer) if self.info is not None else ""
        self.layer.setText(tr("Layer {layer}", layer=name) if name else "")
        reason = self.invalid_reason()
        self.start.setEnabled(not reason and not self._jobs.runs(DISSECT_JOB))
        layer = self.concepts.layer(self.state.layer)
        has_layer = self.info is not None and self.info.layer(self.state.layer) is not None
        parts = [reason, describe_layer(layer) if has_layer else ""]
        if self.state.edits:
            parts.append(
                tr("A dissection runs the network as it is, without the edits of the strip.")
            )
        text = " ".join(part for part in parts if part)
        self.message.setText(text)
        self.message.tip = text
        self._fill_list(layer)

    def _fill_list(self, layer: LayerConcepts | None) -> None:
        """List the concepts that units have, and those that only the control has."""
        if layer is self._listed:
            return
        self._listed = layer
        groups = {} if layer is None else layer.count_by_concept()
        control = (layer.control or {}) if layer is not None else {}
        names = list(dict.fromkeys((*groups, *control)))
        self._rows = [groups[name][0] if name in groups else -1 for name in names]
        with QSignalBlocker(self.list):
            self.list.setRowCount(len(names))
            for row, name in enumerate(names):
                for column, text in enumerate(self._format_row(layer, groups, name)):
                    self.list.setItem(row, column, QTableWidgetItem(text))

    def _format_row(
        self, layer: LayerConcepts | None, groups: dict[str, list[int]], name: str
    ) -> tuple[str, ...]:
        assert layer is not None  # it has rows
        channels = groups.get(name, [])
        control = "–" if layer.control is None else str(layer.control.get(name, 0))
        best = ""
        if channels:
            score = layer.names[channels[0]][1]
            best = f"{self.label(str(Unit(layer.layer, channels[0])))}  {score:.2f}"
        return name, str(len(channels)), control, best


def describe_layer(layer: LayerConcepts | None) -> str:
    """Return how many units of a layer have a name, beside the control."""
    if layer is None:
        return tr("This layer was not dissected yet.")
    text = tr(
        "{count} of {units} units detect a concept ({measure}, {pictures} pictures).",
        count=len(layer.names),
        units=layer.units,
        measure=MEASURE_NAMES[layer.measure],
        pictures=layer.pictures,
    )
    if layer.control is None:
        return text
    count = sum(layer.control.values())
    return tr("{text} With shuffled weights: {count}.", text=text, count=count)
