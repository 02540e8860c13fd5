"""The window in which Net1 or Net2 learns again, while the cards show what it is like."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from dnnvis.app.playground.loss_plot import LossPlot
from dnnvis.app.runtime.live_training import LEARNING, LiveTraining
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_label,
    create_push_button,
    create_tool_button,
)
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import SideWindow
from dnnvis.core.formatting import format_value
from dnnvis.core.learning.status import LearningStatus
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.recent import first_folder
from dnnvis.session.session import Session
from dnnvis.session.state import State

#: What trains a network, by what its name begins with, and the data that it learns.
COMMANDS = {"net1": "MNIST", "net2": "CIFAR-10"}
HELP = (
    "{name} learns {data} from its first weights on, in a process of its own. Every second the "
    "cards take its newest weights: kernels, units, answers. The finished network is written into "
    "your networks; the one that runs stays as it is."
)
NO_COMMAND = "Only Net1 and Net2 can learn here; open net1-mnist or net2-cifar10 first."


def find_command(info: NetworkInfo | None) -> str:
    """Return which command trains the network that runs; "" where none does."""
    net = "" if info is None or info.choice is None else info.choice.net
    return next((command for command in COMMANDS if net.split("-")[0] == command), "")


def build_args(net: str, data: str, restart: bool) -> list[str]:
    """Build the command line of a training whose weights are watched.

    Args:
        net: Name of the network.
        data: Path of the data.
        restart: Whether earlier progress is dropped.
    """
    args = ["train", net.split("-")[0], "--data", data, "--live", "--moments"]
    args += ["--noise", "1"] if net.endswith("noise") else []
    return args + (["--restart"] if restart else [])


def describe_progress(status: LearningStatus) -> str:
    """Return one line on how far a training is."""
    if status.ended:
        return status.ended
    if not status.step:
        return tr("Reading the data ...")
    parts = [
        tr("step {step:,} of {total:,}", step=status.step, total=status.total),
        tr("loss {loss}", loss=format_value(status.losses[0], ".4f")),
    ]
    if status.accuracy == status.accuracy:
        parts.append(tr("{share:.1%} right", share=status.accuracy))
    return " · ".join(parts)


class LearnWindow(SideWindow):
    """Where the data are, whether it learns, and its losses."""

    def __init__(
        self, session: Session, learning: LiveTraining, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, tr("A network of pictures learns"), parent)
        self._learning = learning
        self.status = LearningStatus()
        self.help = create_label(self, theme.caption_font(self), muted=True)
        self.help.setWordWrap(True)
        self.data = QLineEdit(self)
        self.data.setAccessibleName(tr("Folder of the data"))
        self.data.setToolTip(tr("MNIST's files for Net1; CIFAR-10 for Net2, also as a tar file"))
        self.browse = create_tool_button(self, "Browse ...", "Choose the folder, or the tar file")
        self.restart = create_check_box(self, "Begin anew", "Forget what an earlier run learned")
        self.restart.setChecked(True)
        self.button = create_push_button(self, "Learn", "Begin, or stop: a stopped run goes on")
        self.plot = LossPlot(self)
        self.plot.setToolTip(
            tr("Loss of each batch (line), and the share of the test pictures told wrong (dashed)")
        )
        self.line = ElidedLabel(self, lines=2)
        row, below = QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.data)
        row.addWidget(self.browse)
        below.addWidget(self.button)
        below.addWidget(self.restart)
        below.addStretch(1)
        column = QVBoxLayout(self)
        column.addWidget(self.help)
        column.addLayout(row)
        column.addLayout(below)
        column.addWidget(self.plot, 1)
        column.addWidget(self.line)
        self.browse.clicked.connect(lambda checked=False: self._choose_data())
        self.button.clicked.connect(lambda checked=False: self.toggle())
        self._show_command()

    def sizeHint(self) -> QSize:
        return QSize(460, 420)

    @property
    def is_learning(self) -> bool:
        """Return whether a training runs that was begun here."""
        is_here = self.state.playground.pictures and bool(find_command(self.info))
        return is_here and self._learning.is_on and not self.status.ended

    def show_state(self, state: State) -> None:
        super().show_state(state)
        if state.playground.pictures != self.isVisible():
            self.setVisible(state.playground.pictures)

    def show_info(self, info: NetworkInfo | None) -> None:
        is_known, is_learning = self.runs_already(info), self.is_learning
        super().show_info(info)
        if not is_known:
            if is_learning:
                self._learning.end()
            self._show_command()

    def on_message(self, key: str, value: Any) -> None:
        if key == LEARNING and isinstance(value, LearningStatus) and self.isVisible():
            self.status = value
            self.plot.show_moments(value.moments, value.shown)
            self.line.setText(describe_progress(value) if self._learning.is_on else "")
            self._show_command()

    def toggle(self) -> None:
        """Begin to learn, or stop: what is learned stays, and goes on at the next time."""
        if self.is_learning:
            self._learning.end()
            self.line.setText(tr("Stopped; without Begin anew it goes on from there."))
        elif self.info is not None and self.info.choice is not None:
            data, net = self.data.text().strip(), self.info.choice.net
            if not Path(data).expanduser().exists() or not data:
                self.line.setText(tr("There is no folder '{data}'.", data=data))
                return
            choice = replace(self.state.playground, data=data)
            self.session.update(playground=choice)
            self._learning.begin(build_args(net, data, self.restart.isChecked()))
            self.status = LearningStatus()
            self.line.setText(describe_progress(self.status))
        self._show_command()

    def _show_command(self) -> None:
        command = find_command(self.info)
        name = "" if self.info is None else self.info.name
        data = COMMANDS.get(command, "")
        self.help.setText(tr(HELP, name=name, data=data) if command else tr(NO_COMMAND))
        self.button.setText(tr("Stop") if self.is_learning else tr("Learn"))
        self.button.setEnabled(bool(command))
        for control in (self.data, self.browse, self.restart):
            control.setEnabled(bool(command) and not self.is_learning)

    def _choose_data(self) -> None:
        folder = first_folder(self.state.data_folder)
        path = QFileDialog.getExistingDirectory(self, tr("Folder of the data"), folder)
        if path:
            self.data.setText(path)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """End the training: its window is where it is watched."""
        if self.is_learning:
            self._learning.end()
        choice = self.session.state.playground
        self.session.update(playground=replace(choice, pictures=False))
        super().closeEvent(event)
