"""Train a network that imagines the Game of Life, beside the window, and watch it learn."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.training import rendering, text
from dnnvis.app.training.curves import TrainCurves, parse_curves
from dnnvis.app.training.form import TrainFields
from dnnvis.app.training.run_status import STATUS_KEY, RequestStatus
from dnnvis.app.training.track_row import NOTHING_TRAINED, TrackRow
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.strip_view import StripView
from dnnvis.core.errors import DnnvisError
from dnnvis.core.formatting import format_duration
from dnnvis.core.job_state import JobState
from dnnvis.core.lens_results import Strip
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.paths import user_data_folder
from dnnvis.core.training_status import TrainingStatus
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session
from dnnvis.session.state import State, TrainChoice
from dnnvis.session.steps import snapshot_index

TRAIN = "train"
LEARNING, ADVERSARIAL = "learning", "adversarial"  # the stages of a run
CurveRow = tuple[float, ...]


@dataclass(frozen=True)
class TrainingRun:
    """A run that was started from this panel."""

    #: What is trained.
    choice: TrainChoice
    #: The network's name.
    name: str
    #: Whether the run is stopped in order to write the network as it is.
    keep: bool = False
    #: Where not 0, the network is only written.
    max_steps: int = 0


class TrainPanel(Panel):
    """The panel that starts, shows and stops a training run.

    ``name_of`` returns the name of a choice's network and raises where none can be trained;
    ``show_network`` is called with the file of a finished network that is to run.
    """

    form_requested = pyqtSignal()  # all of the panel is to be shown

    def __init__(
        self,
        session: Session,
        jobs: Jobs,
        request_status: RequestStatus,
        name_of: Callable[[TrainChoice], str],
        show_network: Callable[[Path], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, parent)
        self._jobs, self._send_status_request, self._name_of = jobs, request_status, name_of
        self._show_network = show_network
        self.run: TrainingRun | None = None
        self.job: JobState | None = None
        self.status: TrainingStatus | Failure | None = None
        self.strip: Strip | None = None
        self.curve: list[CurveRow] = []
        self._stage = ""
        self._throttle = Throttle(self, self._redraw, 20)
        self.fields = TrainFields(self._change, self)
        self.title_label = ElidedLabel(self, theme.title_font(self))
        self.message = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.progress_label = ElidedLabel(self, theme.caption_font(self))
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(theme.GAP)
        self.bar.setAccessibleName(tr("Progress of the training"))
        self.strip_view = StripView(self)
        self.strip_view.setAccessibleName(tr("What the network imagines of one board"))
        self.strip_view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # nothing in it can be chosen
        self.curves = TrainCurves(self)
        self.order = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.train_button = create_push_button(
            self, "Train", "Begin, or go on where the run of this name stands"
        )
        self.pause_button = create_push_button(
            self, "Pause", "Hold the training where it is, or go on"
        )
        self.stop_button = create_push_button(
            self, "Stop", "End the training; it goes on another time"
        )
        self.keep_button = create_push_button(
            self,
            "Keep",
            "Stop, and write the network as it is now, to be opened; Train goes on from there",
        )
        self.open_button = create_push_button(
            self, "Open", "Show the finished network in the window, on a board"
        )
        self.restart_button = create_push_button(
            self, "Start over", "Forget the run of this name and begin again"
        )
        self.row = TrackRow(self)  # in a card
        self.open_form = self.row.open_form
        self.open_form.clicked.connect(lambda checked=False: self.form_requested.emit())
        self.row.track.chosen.connect(self._choose_moment)
        self._arrange()
        for button, callback in (
            (self.train_button, self.train),
            (self.pause_button, self.pause),
            (self.stop_button, self.stop),
            (self.keep_button, self.keep),
            (self.open_button, self.open),
            (self.restart_button, partial(self.train, restart=True)),
            (self.row.go_on, self.train),
        ):
            button.clicked.connect(partial(_call, callback))
        self.show_state(self.state)

    def _arrange(self) -> None:
        self._buttons = QWidget(self)
        buttons = QHBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(theme.GAP // 2)
        for button in (
            self.train_button,
            self.pause_button,
            self.stop_button,
            self.keep_button,
            self.open_button,
            self.restart_button,
        ):
            buttons.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addWidget(self.fields)
        column.addWidget(self.title_label)
        column.addWidget(self.message)
        column.addWidget(self.progress_label)
        column.addWidget(self._buttons)
        column.addWidget(self.bar)
        column.addWidget(self.strip_view, 9)
        column.addWidget(self.curves, 4)
        column.addWidget(self.order)
        column.addWidget(self.row)

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (self.fields, self.message, self._buttons, self.strip_view, self.order)

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.title_label, self.progress_label, self.bar, self.curves)

    def arrange_compact(self, on: bool) -> None:
        """Show the loss alone, with a button to the whole panel."""
        self.row.setVisible(on)
        self._redraw()

    @property
    def choice(self) -> TrainChoice:
        """Return the form's choice, or that of the run."""
        return self.run.choice if self.run is not None and self.running else self.state.train

    @property
    def name(self) -> str:
        """Return the network's name; raises DnnvisError where none can be trained."""
        choice = self.choice
        default_name = self._name_of(choice)
        return choice.name or (
            default_name if choice.seed == 0 else f"{default_name}-seed{choice.seed}"
        )

    @property
    def running(self) -> bool:
        return self._jobs.runs(TRAIN) or (self.run is not None and self.run.keep)

    @property
    def file(self) -> Path:
        """Return the file of the finished network."""
        return text.network_file(self.name, user_data_folder())

    def invalid_reason(self) -> str:
        """Return why this choice cannot be trained; "" where it can."""
        try:
            return text.choice_error(self.choice) or ("" if self.name else tr("It needs a name."))
        except DnnvisError as error:
            return str(error)

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if replace(previous.train, shown=state.train.shown) != state.train:
            self.status = None
            if not self.running:
                self._reset()
            if self.isVisible():
                self._request_status()
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self._redraw()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._request_status()
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key == f"job {TRAIN}":
            self._on_job(value)
        elif key == STATUS_KEY:
            self._on_status(*value)
        else:
            return
        self._throttle.request()

    def _on_job(self, job: JobState) -> None:
        """Show what the run reports."""
        self.job = job
        report = job.latest
        if report.get("stage", self._stage) != self._stage:
            self._stage = report["stage"]
            self.curve = self._previous_curve()
        self.strip = rendering.parse_strip(report) or self.strip
        accuracies = report.get("accuracies")
        if isinstance(accuracies, list) and len(accuracies) > 1 and not job.finished:
            row = (
                job.done,
                report.get("loss", float("nan")),
                accuracies[-1],
                0.0,
                *accuracies[:-1],
            )
            if not self.curve or self.curve[-1][0] < job.done:
                self.curve.append(row)
        if job.finished:
            self._request_status()

    def _previous_curve(self) -> list[CurveRow]:
        """Return the curve up to the point from which the run continues."""
        status = self._known_status()
        if status is not None and self._stage == ADVERSARIAL:
            status = status.later
        return [] if status is None else list(status.curve)

    def _request_status(self) -> None:
        """Request the status of the run of this name."""
        if not self.invalid_reason():
            folder = text.work_folder(self.choice, self.name, user_data_folder())
            self._send_status_request((folder, self.file))

    def _on_status(self, paths: tuple[Path, Path], result: Any) -> None:
        if self.invalid_reason() or paths[1] != self.file or self._jobs.runs(TRAIN):
            return
        self.status = result
        status, run = self._known_status(), self.run
        if run is not None and run.keep:
            self.run = replace(run, keep=False)
            if status is not None and status.step > 0:
                self._begin(TrainingRun(run.choice, run.name, max_steps=status.step))
            return
        if status is not None and text.is_same_run(self.choice, status):
            adversarial = status.later if self.choice.adversarial else None
            self._stage = LEARNING if adversarial is None else ADVERSARIAL
            self.curve = list((adversarial or status).curve)

    def _known_status(self) -> TrainingStatus | None:
        return None if isinstance(self.status, Failure) else self.status

    def _reset(self) -> None:
        """Forget the former run; another one is on show now."""
        self.run = self.job = self.strip = None
        self.curve, self._stage = [], ""

    def _change(self, name: str, value: Any) -> None:
        choice = self.state.train
        if name == "game_steps" and value == choice.steps:
            value = 0  # it follows again
        self.session.update(train=replace(choice, **{name: value}))

    def train(self, restart: bool = False) -> None:
        """Start a run, or continue the one of this name."""
        if not self.invalid_reason() and not self.running:
            if restart:
                self._reset()
                self.status = None
            self._begin(TrainingRun(self.choice, self.name), restart)

    def _begin(self, run: TrainingRun, restart: bool = False) -> None:
        args = text.build_train_args(
            run.choice, run.name, user_data_folder(), max_steps=run.max_steps, restart=restart
        )
        self.job, self._stage = None, ""
        if self._jobs.begin(TRAIN, args):
            self.run = run
        self._redraw()

    def pause(self) -> None:
        """Pause the training, or continue it."""
        self._jobs.pause(TRAIN)

    def stop(self) -> None:
        """End the training; what is learned stays."""
        self._jobs.stop(TRAIN)
        self._redraw()

    def keep(self) -> None:
        """Write the network as it is now; a run is stopped for it."""
        status = self._known_status()
        if self._jobs.runs(TRAIN) and self.run is not None:
            self.run = replace(self.run, keep=True)
            self._jobs.stop(TRAIN)
            self._redraw()
        elif not self.invalid_reason() and status is not None and status.step > 0:
            self._begin(TrainingRun(self.choice, self.name, max_steps=status.step))

    def open(self) -> None:
        """Run the finished network in the window."""
        file = self._file_to_open()
        if file is not None:
            self._show_network(file)

    def _file_to_open(self) -> Path | None:
        """Return the best network there is of this choice."""
        status = self._known_status()
        if self.invalid_reason() or status is None or not text.is_same_run(self.choice, status):
            return None
        adversarial = status.later
        if self.choice.adversarial and adversarial is not None and adversarial.written >= 0:
            return text.adversarial_file(self.file)
        return self.file if status.written >= 0 else None

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        invalid_reason, running = self.invalid_reason(), self.running
        name = "" if invalid_reason else self.name
        if self.compact:
            self._show_row(invalid_reason, name)
            return
        if not running:
            self.fields.show_choice(self.state.train, name)
        self.fields.setVisible(not running)
        self.title_label.setVisible(running)
        self.message.setVisible(not running)
        self.progress_label.setVisible(running)
        (self.progress_label if running else self.message).setText(
            invalid_reason or self._describe(name)
        )
        self._show_buttons(invalid_reason, running)
        self._show_progress(running)
        learning = parse_curves(self.curve, self.choice.steps)
        is_adversarial = self._stage == ADVERSARIAL
        self.curves.show_learning(
            learning, tr(text.ADVERSARIAL_LOSS_TITLE) if is_adversarial else tr("loss")
        )
        self.order.setText(
            tr(text.ADVERSARIAL_NOTE)
            if is_adversarial
            else text.describe_learning_order(self.choice, learning.names, learning.first())
        )
        for part in (self.curves, self.order):
            part.setVisible(bool(self.curve))
        self._show_strip(running)

    def _show_row(self, invalid_reason: str, name: str) -> None:
        """Show the training that runs or was stopped, else that of the network on show."""
        stopped = self._stopped_status()
        self.row.show_go_on(
            tr("Go on from step {step:,}", step=stopped.step) if stopped is not None else ""
        )
        self.row.go_on.setToolTip(self._describe(name))
        info = self.info
        snapshots = () if info is None else info.snapshots
        if snapshots and info is not None and not self.running:
            moment = snapshot_index(self.state, snapshots)
            self.row.label.setText(text.describe_moment(moment, snapshots))
            self.row.track.show_curve(info.losses, snapshots, moment)
            return
        is_own = self.running or stopped is not None
        described = self._describe(name) if is_own else text.describe_network_training(info)
        self.row.label.setText(invalid_reason or described)
        own = tuple((row[0], row[1]) for row in self.curve)
        others = () if info is None else info.losses
        self.row.track.show_curve(own if is_own else others, message=tr(NOTHING_TRAINED))

    def _stopped_status(self) -> TrainingStatus | None:
        """Return how far the run of this choice is; None where there is none to go on with."""
        status = self._known_status()
        if self.running or status is None or status.step < 1:
            return None
        is_over = text.is_done(self.choice, status) or not text.is_same_run(self.choice, status)
        return None if is_over else status

    def _choose_moment(self, k: int) -> None:
        """Show the network as it was at one of its training's moments."""
        steps, last = self.state.steps, len(self.row.track.moments) - 1
        self.session.update(steps=replace(steps, moment=-1 if k == last else k))

    def _describe(self, name: str) -> str:
        """Return the text about the present run, its result, or the plan."""
        job, status = self.job, self._known_status()
        if self.running:
            return self._describe_progress(name)
        parts = []
        if job is not None and job.finished and job.failed:
            parts.append(job.failed)
        elif job is not None and job.finished and job.stopped:
            parts.append(tr("Stopped."))
        if isinstance(self.status, Failure):
            parts.append(self.status.sentence)
        elif status is not None:
            parts.append(text.describe_status(self.choice, name, status))
        elif not parts:
            parts.append(text.describe_plan(self.choice, name))
        return " ".join(parts)

    def _describe_progress(self, name: str) -> str:
        job, run = self.job, self.run
        if run is not None and run.keep:
            return tr("Stopping in order to keep {name} as it is now ...", name=name)
        if job is None:
            return tr("Starting ...")
        if job.stopped:
            return tr("Stopping: the step under way is finished and saved ...")
        parts = [job.message, tr("step {step:,}", step=job.done) if job.done else ""]
        if job.total:
            parts[1] += tr(" of {total:,}", total=job.total)
        if job.paused:
            parts.append(tr("paused: Continue goes on, Stop keeps the progress"))
        elif job.seconds_left is not None:
            parts.append(tr("{duration} left", duration=format_duration(job.seconds_left)))
        elif job.done:
            parts.append(text.describe_duration(self.choice))
        return " · ".join(part for part in parts if part)

    def _show_buttons(self, invalid_reason: str, running: bool) -> None:
        job, status = self.job, self._known_status()
        is_stopping = running and (job is not None and job.stopped)
        is_same_run = status is not None and text.is_same_run(self.choice, status)
        self.train_button.setVisible(not running)
        self.train_button.setEnabled(
            not invalid_reason
            and (status is None or is_same_run)
            and not text.is_done(self.choice, status)
        )
        self.pause_button.setVisible(running and self._jobs.can_pause(TRAIN))
        self.pause_button.setText("Continue" if job is not None and job.paused else "Pause")
        self.stop_button.setVisible(running)
        for button in (self.pause_button, self.stop_button):
            button.setEnabled(not is_stopping)
        self.keep_button.setEnabled(not is_stopping and self._can_keep(running, is_same_run))
        self.open_button.setVisible(not running)
        self.open_button.setEnabled(self._file_to_open() is not None)
        self.restart_button.setVisible(not running and (status is not None or self._has_failed()))
        self.restart_button.setEnabled(not invalid_reason)

    def _can_keep(self, running: bool, is_same_run: bool) -> bool:
        status = self._known_status()
        if running:
            is_learning = self._stage == LEARNING and self.job is not None and self.job.done > 0
            return is_learning and self.run is not None and not self.run.max_steps
        return is_same_run and status is not None and 0 < status.step != status.written

    def _has_failed(self) -> bool:
        return isinstance(self.status, Failure)

    def _show_progress(self, running: bool) -> None:
        job = self.job
        self.bar.setVisible(running)
        if running:
            choice, name = self.choice, self.name
            self.title_label.setText(f"{name} · {_summarize(choice)}")
            self.bar.setRange(0, job.total if job is not None else 0)
            self.bar.setValue(job.done if job is not None else 0)

    def _show_strip(self, running: bool) -> None:
        strip = self.strip
        if strip is None:
            self.strip_view.show_message(
                tr(text.FIRST_LOOK_PENDING if running else text.STRIP_HELP)
            )
            return
        blank = theme.palette(self).rgb("base")
        rows = rendering.render_strip(strip, blank)
        self.strip_view.show_rows(rows, rendering.headings(strip), strip.marks)

    def export_values(self) -> Any:
        """Return the rows on show (rows, steps, H, W, C), NaN where there is no board."""
        from dnnvis.app.widgets.strip_rendering import stack_values

        return None if self.strip is None else stack_values(self.strip)


def _summarize(choice: TrainChoice) -> str:
    """Summarize what is trained in a few words."""
    parts = [
        tr("{game} game / {steps} network steps", game=choice.game, steps=choice.steps),
        choice.cell,
    ]
    parts += [tr("{border} border", border=choice.border), tr("seed {seed}", seed=choice.seed)]
    parts += [] if choice.autoencoder else [tr("no autoencoder loss")]
    parts += [] if choice.shared else [tr("weights not shared")]
    return " · ".join(parts)


def _call(callback: Callable[[], None], checked: bool = False) -> None:
    callback()
