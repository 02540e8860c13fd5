"""The Playground panel: the network as a graph, its answer large, and how it learns."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.playground import text
from dnnvis.app.playground.answer_view import AnswerView
from dnnvis.app.playground.controls import Controls
from dnnvis.app.playground.graph_view import GraphView
from dnnvis.app.playground.learn_window import LearnWindow
from dnnvis.app.playground.loss_plot import LossPlot
from dnnvis.app.runtime.backend import Backend
from dnnvis.app.runtime.live_training import LEARNING, NEWEST
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.controls import create_slider, create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.errors import DnnvisError
from dnnvis.core.formatting import format_value
from dnnvis.core.learning.plane import PlanePoints
from dnnvis.core.learning.plane_lessons import find_plane_lesson
from dnnvis.core.learning.plane_network import Mlp2dSpec
from dnnvis.core.learning.status import LearningStatus
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import PlaygroundChoice
from dnnvis.session.learning.playground import (
    ANSWER,
    apply_lesson,
    find_shown_lesson,
    is_plane_network,
    plane_layers,
)
from dnnvis.session.recent import first_folder
from dnnvis.session.state import SourceChoice, State

NUMBERS_PER_SECOND = 12  # of the line, the slider and the plot
MAX_PAINTED = 2000  # points
ANSWER_STRETCH = 3, 6  # of one answer, and of two, beside the losses' 2
TABLE_FILTER = "Tables (*.csv *.tsv);;All files (*)"


@dataclass(frozen=True, eq=False)
class Marked:
    """An answer that later ones are compared with."""

    #: The step of the training.
    step: int
    #: The answer (h, w).
    answer: NDArray[np.floating]
    #: Its loss on the test points.
    test: float


class PlaygroundPanel(Panel):
    """A network over the plane while it learns; a click on a unit selects it everywhere."""

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(backend.session, parent)
        self._backend, self.learning = backend, backend.learning
        self.setAccessibleName(tr("Playground"))
        self.live: Live | None = None
        self.status = LearningStatus()
        self.marked: Marked | None = None
        self.columns: tuple[str, ...] = ()
        self.data: PlanePoints | None = None
        self._data_key: tuple[Any, ...] = ()
        self._no_data = ""  # why the points that were chosen cannot be learned
        self.controls = Controls(self)
        self.graph = GraphView(tr("The network as a graph"), self)
        self.answer = AnswerView(tr("Its answer over the plane"), self)
        self.plot = LossPlot(self)
        self.line = ElidedLabel(self)
        self.note = ElidedLabel(self, theme.caption_font(self), lines=2)  # what was done last
        self.note.hide()
        self.axes = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.slider = create_slider(self, "Moment of the training", 0, 0)
        self.slider.setToolTip(tr("Go back to what the network was at an earlier step"))
        self.mark_button = create_tool_button(
            self, "Mark", "Hold this moment's answer, to compare later ones with it; or let it go"
        )
        self.learn_window = LearnWindow(backend.session, backend.learning, self)
        self._lay_out()
        self._connect()
        self._numbers = Throttle(self, self._show_numbers, NUMBERS_PER_SECOND)

    def _lay_out(self) -> None:
        below = self._below = QHBoxLayout()
        below.setSpacing(theme.GAP)
        below.addWidget(self.answer, ANSWER_STRETCH[0])
        below.addWidget(self.plot, 2)
        back = QHBoxLayout()
        back.setSpacing(theme.GAP)
        back.addWidget(self.slider, 1)
        back.addWidget(self.mark_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.controls)
        column.addWidget(self.graph, 4)
        column.addLayout(below, 5)
        column.addWidget(self.axes)
        column.addWidget(self.line)
        column.addWidget(self.note)
        column.addLayout(back)

    def _connect(self) -> None:
        controls = self.controls
        controls.played.connect(self.toggle_play)
        controls.stepped.connect(lambda: self.learning.step())
        controls.reset.connect(self._reset)
        controls.kept.connect(lambda: self.learning.keep())
        controls.changed.connect(self._change)
        controls.data_chosen.connect(self.choose_data)
        controls.file_requested.connect(self._ask_for_table)
        controls.network_chosen.connect(self._choose_network)
        controls.network_refused.connect(self.show_note)
        controls.lesson_chosen.connect(self.play_lesson)
        controls.cleared.connect(lambda: self._change("points", ()))
        self.graph.clicked.connect(self._select)
        self.answer.painted.connect(self._paint_point)
        self.answer.placed.connect(self._select_position)
        self.slider.valueChanged.connect(self.show_moment)
        self.mark_button.clicked.connect(lambda checked=False: self.toggle_mark())

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.graph,)

    def is_double_click_free(self) -> bool:
        return False  # two quick clicks select two units

    @property
    def choice(self) -> PlaygroundChoice:
        """Return what was chosen."""
        return self.state.playground

    def show_state(self, state: State) -> None:
        previous = self.state
        super().show_state(state)
        self.learn_window.show_state(state)
        self.controls.show_state(state, text.read_spec(state.network.net))
        if state.source != previous.source or state.network != previous.network:
            self._drop_mark()
            if state.source.kind != "plane":
                self.live = None
                self._show_frame()
        self._load_data()
        self._mark_selected()

    def show_info(self, info: NetworkInfo | None) -> None:
        is_known = self.runs_already(info)
        super().show_info(info)
        self.learn_window.show_info(info)
        if is_known:
            return
        self.live = None
        self._drop_mark()
        self.columns = plane_layers(info) if info is not None and is_plane_network(info) else ()
        self._show_frame()
        self._mark_selected()

    def on_message(self, key: str, value: Any) -> None:
        self.learn_window.on_message(key, value)
        if isinstance(value, Live):
            self.live = value
            if self.isVisible():
                self._show_frame()
        elif key == LEARNING and isinstance(value, LearningStatus):
            self._take_status(value)

    def _take_status(self, status: LearningStatus) -> None:
        previous, self.status = self.status, status
        if status.file:
            self._report_file(status.file)
        if status.step < previous.step:
            self._drop_mark()
        if self.isVisible():
            if status.weights is not previous.weights:
                self._show_weights()
            self._numbers.request()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._show_weights()
        self._show_frame()
        self._show_numbers()

    def _show_frame(self) -> None:
        """Draw the units and the answer of the latest frame."""
        live, columns = self.live, self.columns
        if not columns:
            sentence = self.no_network if self.info is None else tr(text.OTHER_NETWORK)
            self.graph.show_message(sentence)
            self.answer.show_message("")
            return
        if live is None or any(name not in live.maps for name in columns):
            is_plane = self.state.source.kind == "plane"
            self.graph.show_message(tr(messages.NO_FRAME if is_plane else text.OTHER_SOURCE))
            return
        spec = text.read_spec(self.state.network.net)
        features = () if spec is None else spec.features
        maps = [live.maps[name] for name in columns]
        titles = [
            text.title_units(name, len(values), features)
            for name, values in zip(columns, maps, strict=True)
        ]
        self.graph.show_maps(maps, titles)
        self._show_answers(maps[-1][0])

    def _show_answers(self, answer: NDArray[np.floating]) -> None:
        if self.marked is None:
            self.answer.show_answers([(answer, "")])
            return
        test = tr("test {loss}", loss=format_value(self.status.losses[1], ".4f"))
        marked_step = tr("step {step:,}", step=self.marked.step)
        now = tr("step {step:,}", step=self.status.shown_step)
        earlier = tr("test {loss}", loss=format_value(self.marked.test, ".4f"))
        self.answer.show_answers(
            [(self.marked.answer, f"{marked_step} · {earlier}"), (answer, f"{now} · {test}")]
        )

    def _show_weights(self) -> None:
        weights = self.status.weights
        matrices = [
            value.reshape(value.shape[:2])
            for name, value in weights.items()
            if name.endswith(".weight") and value.ndim == 4
        ]
        self.graph.show_weights(matrices)

    def _show_numbers(self) -> None:
        """Show the losses, the moments, and what to do next."""
        status, is_on = self.status, self.learning.is_on
        self.controls.show_status(status, is_on)
        line = self._no_data or text.describe_status(status, is_on) if self.columns else ""
        if line != self.line.text():
            self.line.setText(line)
        self.plot.show_moments(status.moments, status.shown)
        last = max(len(status.moments) - 1, 0)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, last)
            self.slider.setValue(last if status.shown == NEWEST else status.shown)
        self.slider.setEnabled(last > 0)
        self.mark_button.setEnabled(self.live is not None and bool(self.columns))

    def _load_data(self) -> None:
        """Get the points that are chosen, where they are others than before."""
        choice, data = self.choice, text.describe_source(self.state)
        points = choice.points if data == "painted" else ()
        key = (data, choice.noise, choice.seed, points)
        self.answer.set_painting(data == "painted")
        if data and key != self._data_key and (choice.shown or self.isVisible()):
            self._data_key, self.data = key, None
            self.show_note("")
            self._no_data = text.explain_painted(points) if data == "painted" else ""
            if self._no_data:
                self.data = text.gather_painted(points)
            else:
                self._read_data(data, choice)
        self.answer.show_data(self.data, choice.test_shown)
        self.axes.setText(self.answer.describe_axes())
        self.axes.setVisible(bool(self.axes.text()))
        if self.isVisible():
            self._show_numbers()

    def _read_data(self, data: str, choice: PlaygroundChoice) -> None:
        get_points = self._backend.services.plane_points
        try:
            self.data = get_points(
                data, noise=choice.noise, seed=choice.seed, painted=choice.points
            )
            lesson = find_shown_lesson(self.state)
            self.show_note("; ".join(self.data.notes) if lesson is None else tr(lesson.text))
        except DnnvisError as error:
            self._no_data = str(error)

    def show_note(self, sentence: str) -> None:
        """Say what was done, or why it was not; "" says nothing."""
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))

    def toggle_play(self) -> None:
        """Learn, or hold."""
        self.learning.play(not self.status.is_playing)

    def _reset(self) -> None:
        """Begin anew, also where the training has ended by itself."""
        if self.status.ended:
            self.learning.follow(None)
            self._backend.follow(self.session.state)
        else:
            self.learning.reset()

    def show_moment(self, index: int) -> None:
        """Show a moment of the training; the last one follows it."""
        last = len(self.status.moments) - 1
        self.learning.show(NEWEST if index >= last else index)

    def toggle_mark(self) -> None:
        """Hold the answer of the present moment, or let it go."""
        live = self.live
        if self.marked is None and live is not None and ANSWER in live.maps:
            status = self.status
            answer = live.maps[ANSWER][0]
            self.marked = Marked(status.shown_step, answer, status.losses[1])
        else:
            self.marked = None
        self._show_marked()
        self._show_frame()

    def _show_marked(self) -> None:
        """Give two answers more room than one."""
        self.mark_button.setText(tr("Mark") if self.marked is None else tr("Let go"))
        self._below.setStretch(0, ANSWER_STRETCH[self.marked is not None])

    def _drop_mark(self) -> None:
        if self.marked is not None:
            self.marked = None
            self._show_marked()

    def _change(self, name: str, value: Any) -> None:
        self.session.update(playground=replace(self.choice, **{name: value}))

    def choose_data(self, name: str) -> None:
        """Put data on the plane; a network over it opens where another runs."""
        changes: dict[str, Any] = {"source": SourceChoice(kind="plane", path=name)}
        if not is_plane_network(self.info):
            changes["network"] = NetworkChoice(net=Mlp2dSpec().as_name())
        self.session.update(**changes)

    def _ask_for_table(self) -> None:
        folder = first_folder(self.state.data_folder)
        title = tr("Two columns of numbers and a label")
        path = QFileDialog.getOpenFileName(self, title, folder, tr(TABLE_FILTER))[0]
        if path:
            self.choose_data(path)
        else:
            self.controls.show_state(self.state, text.read_spec(self.state.network.net))

    def _choose_network(self, spec: Mlp2dSpec) -> None:
        self.show_note("")
        self.session.update(network=NetworkChoice(net=spec.as_name()))

    def play_lesson(self, name: str) -> None:
        """Open what a lesson shows, and say what that is."""
        lesson = find_plane_lesson(name)
        self.session.update(**apply_lesson(self.state, lesson))
        self.show_note(tr(lesson.text))

    def _select(self, column: int, number: int) -> None:
        if column < len(self.columns):
            self.session.select(Unit(self.columns[column], number))

    def _select_position(self, row: int, column: int) -> None:
        if self.columns:
            self.session.select(Unit(ANSWER, 0, (row, column)))

    def _mark_selected(self) -> None:
        unit = self.state.unit
        names = {"output": ANSWER, "last": ANSWER}
        layer = "" if unit is None else names.get(unit.layer, unit.layer)
        layer = layer.replace("dense", "active")
        chosen = None
        if unit is not None and layer in self.columns:
            chosen = self.columns.index(layer), unit.channel
        self.graph.mark(chosen)

    def _paint_point(self, x: float, y: float, label: float) -> None:
        points = self.choice.points[-3 * (MAX_PAINTED - 1) :]
        new = (round(x, 3), round(y, 3), label)
        self._change("points", (*points, *new))

    def _report_file(self, path: str) -> None:
        self.show_note(
            tr(
                "Kept as {path}: open it to go through its training, or compare two moments of it.",
                path=path,
            )
        )

    def export_values(self) -> NDArray[Any] | None:
        """Return the answer over the plane (h, w)."""
        if self.live is None or ANSWER not in self.live.maps:
            return None
        answer: NDArray[Any] = self.live.maps[ANSWER][0]
        return answer
