"""Train a network that imagines the Game of Life, beside the window, and watch it learn."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.runtime.jobs import Jobs, JobState, time_words
from dnnvis.app.runtime.throttle import Pace
from dnnvis.app.training import rendering
from dnnvis.app.training import text as words
from dnnvis.app.training.curves import learning_of
from dnnvis.app.training.form import TrainForm
from dnnvis.app.training.run_status import KEY, Inquiry
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.errors import DnnvisError
from dnnvis.core.lens_results import Strip
from dnnvis.core.messages import Failure
from dnnvis.core.paths import user_data
from dnnvis.session.session import Session
from dnnvis.session.state import State, TrainChoice

TRAIN = "train"
LEARNING, ADVERSARIAL = "learning", "adversarial"  # the stages of a run
Row = tuple[float, ...]


@dataclass(frozen=True)
class Run:
    """A run that was begun here: of which choice, under which name; ``keep``: it is stopped in
    order to be written as it is, ``most``: it is only written."""

    choice: TrainChoice
    name: str
    keep: bool = False
    most: int = 0


class TrainPanel(Panel):
    """``name_of`` gives the name of a choice's network and raises where none can be trained;
    ``show_network`` is called with the file of a finished network that is to run."""

    def __init__(
        self,
        session: Session,
        jobs: Jobs,
        inquiry: Inquiry,
        name_of: Callable[[TrainChoice], str],
        show_network: Callable[[Path], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, parent)
        self._jobs, self._inquiry, self._name_of = jobs, inquiry, name_of
        self._show_network = show_network
        self.run: Run | None = None
        self.job: JobState | None = None
        self.standing: words.Standing | Failure | None = None
        self.strip: Strip | None = None
        self.curve: list[Row] = []
        self._stage = ""
        self._pace = Pace(self, self._redraw, 20)
        self.form = TrainForm(self._change, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)
        for button, verb in (
            (self.form.train, self.train),
            (self.form.hold, self.pause),
            (self.form.stop, self.stop),
            (self.form.keep, self.keep),
            (self.form.open, self.open),
            (self.form.anew, partial(self.train, restart=True)),
        ):
            button.clicked.connect(partial(_call, verb))
        self.show_state(self.state)

    # -- what arrives

    @property
    def choice(self) -> TrainChoice:
        """What the form says, or what runs."""
        return self.run.choice if self.run is not None and self.running else self.state.train

    @property
    def name(self) -> str:
        """The network's name; raises DnnvisError where none can be trained."""
        choice = self.choice
        usual = self._name_of(choice)
        return choice.name or (usual if choice.seed == 0 else f"{usual}-seed{choice.seed}")

    @property
    def running(self) -> bool:
        return self._jobs.runs(TRAIN) or (self.run is not None and self.run.keep)

    @property
    def file(self) -> Path:
        """Of the finished network."""
        return words.network_file(self.name, user_data())

    def fault(self) -> str:
        """Why nothing of this choice can be trained; "" where it can."""
        try:
            return words.fault_of(self.choice) or ("" if self.name else "It needs a name.")
        except DnnvisError as why:
            return str(why)

    def show_state(self, state: State) -> None:
        before, self.state = self.state, state
        if replace(before.train, shown=state.train.shown) != state.train:
            self.standing = None
            if not self.running:
                self._forget()
            if self.isVisible():
                self._ask()
        self._redraw()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._ask()
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        if key == f"job {TRAIN}":
            self._hear(value)
        elif key == KEY:
            self._stands(*value)
        else:
            return
        self._pace.ask()

    def _hear(self, job: JobState) -> None:
        """A word of the run."""
        self.job = job
        said = job.latest
        if said.get("stage", self._stage) != self._stage:
            self._stage = said["stage"]
            self.curve = self._curve_before()
        self.strip = rendering.strip_of(said) or self.strip
        right = said.get("accuracies")
        if isinstance(right, list) and len(right) > 1 and not job.finished:
            row = (job.done, said.get("loss", float("nan")), right[-1], 0.0, *right[:-1])
            if not self.curve or self.curve[-1][0] < job.done:
                self.curve.append(row)
        if job.finished:
            self._ask()

    def _curve_before(self) -> list[Row]:
        """What the run that goes on has behind it."""
        found = self._found()
        if found is not None and self._stage == ADVERSARIAL:
            found = found.later
        return [] if found is None else list(found.curve)

    def _ask(self) -> None:
        """Have it found out where the run of this name stands."""
        if not self.fault():
            folder = words.work_folder(self.choice, self.name, user_data())
            self._inquiry.ask((folder, self.file))

    def _stands(self, place: tuple[Path, Path], found: Any) -> None:
        if self.fault() or place[1] != self.file or self._jobs.runs(TRAIN):
            return
        self.standing = found
        standing, run = self._found(), self.run
        if run is not None and run.keep:
            self.run = replace(run, keep=False)
            if standing is not None and standing.step > 0:
                self._begin(Run(run.choice, run.name, most=standing.step))
            return
        if standing is not None and words.same_run(self.choice, standing):
            later = standing.later if self.choice.adversarial else None
            self._stage = LEARNING if later is None else ADVERSARIAL
            self.curve = list((later or standing).curve)

    def _found(self) -> words.Standing | None:
        return None if isinstance(self.standing, Failure) else self.standing

    def _forget(self) -> None:
        """Another run is on show now."""
        self.run = self.job = self.strip = None
        self.curve, self._stage = [], ""

    # -- verbs

    def _change(self, name: str, value: Any) -> None:
        choice = self.state.train
        if name == "game_steps" and value == choice.steps:
            value = 0  # it follows again
        self.session.update(train=replace(choice, **{name: value}))

    def train(self, restart: bool = False) -> None:
        """Begin, or go on where the run of this name stands."""
        if not self.fault() and not self.running:
            if restart:
                self._forget()
                self.standing = None
            self._begin(Run(self.choice, self.name), restart)

    def _begin(self, run: Run, restart: bool = False) -> None:
        args = words.train_args(run.choice, run.name, user_data(), most=run.most, restart=restart)
        self.job, self._stage = None, ""
        if self._jobs.begin(TRAIN, args):
            self.run = run
        self._redraw()

    def pause(self) -> None:
        """Hold the training, or let it go on."""
        self._jobs.pause(TRAIN)

    def stop(self) -> None:
        """End the training; what is learned stays."""
        self._jobs.stop(TRAIN)
        self._redraw()

    def keep(self) -> None:
        """Write the network as it is now; a run is stopped for it."""
        standing = self._found()
        if self._jobs.runs(TRAIN) and self.run is not None:
            self.run = replace(self.run, keep=True)
            self._jobs.stop(TRAIN)
            self._redraw()
        elif not self.fault() and standing is not None and standing.step > 0:
            self._begin(Run(self.choice, self.name, most=standing.step))

    def open(self) -> None:
        """Have the finished network run in the window."""
        file = self._to_open()
        if file is not None:
            self._show_network(file)

    def _to_open(self) -> Path | None:
        """The best network there is of this choice."""
        standing = self._found()
        if self.fault() or standing is None or not words.same_run(self.choice, standing):
            return None
        later = standing.later
        if self.choice.adversarial and later is not None and later.written >= 0:
            return words.adversarial_file(self.file)
        return self.file if standing.written >= 0 else None

    # -- drawing

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        fault, form, running = self.fault(), self.form, self.running
        name = "" if fault else self.name
        if not running:
            form.fields.show_choice(self.state.train, name)
        form.fields.setVisible(not running)
        form.head.setVisible(running)
        form.words.setVisible(not running)
        form.now.setVisible(running)
        (form.now if running else form.words).setText(fault or self._words(name))
        self._show_buttons(fault, running)
        self._show_progress(running)
        learning = learning_of(self.curve)
        later = self._stage == ADVERSARIAL
        form.curves.show_learning(learning, words.LATER_LOSS if later else "loss")
        form.order.setText(
            words.FROZEN if later else words.order(self.choice, learning.names, learning.first())
        )
        for part in (form.curves, form.order):
            part.setVisible(bool(self.curve))
        self._show_strip(running)

    def _words(self, name: str) -> str:
        """What goes on, what came of it, or what would."""
        job, standing = self.job, self._found()
        if self.running:
            return self._progress_words(name)
        parts = []
        if job is not None and job.finished and job.failed:
            parts.append(job.failed)
        elif job is not None and job.finished and job.stopped:
            parts.append("Stopped.")
        if isinstance(self.standing, Failure):
            parts.append(self.standing.sentence)
        elif standing is not None:
            parts.append(words.stands(self.choice, name, standing))
        elif not parts:
            parts.append(words.what(self.choice, name))
        return " ".join(parts)

    def _progress_words(self, name: str) -> str:
        job, run = self.job, self.run
        if run is not None and run.keep:
            return f"Stopping in order to keep {name} as it is now ..."
        if job is None:
            return "Starting ..."
        if job.stopped:
            return "Stopping: the step under way is finished and saved ..."
        parts = [job.words, f"step {job.done:,}" if job.done else ""]
        if job.total:
            parts[1] += f" of {job.total:,}"
        if job.paused:
            parts.append("paused: Continue goes on, Stop keeps the progress")
        elif job.seconds_left is not None:
            parts.append(f"{time_words(job.seconds_left)} left")
        elif job.done:
            parts.append(words.how_long(self.choice))
        return " · ".join(part for part in parts if part)

    def _show_buttons(self, fault: str, running: bool) -> None:
        form, job, standing = self.form, self.job, self._found()
        ending = running and (job is not None and job.stopped)
        alike = standing is not None and words.same_run(self.choice, standing)
        form.train.setVisible(not running)
        form.train.setEnabled(
            not fault and (standing is None or alike) and not words.is_done(self.choice, standing)
        )
        form.hold.setVisible(running and self._jobs.can_pause(TRAIN))
        form.hold.setText("Continue" if job is not None and job.paused else "Pause")
        form.stop.setVisible(running)
        for button in (form.hold, form.stop):
            button.setEnabled(not ending)
        form.keep.setEnabled(not ending and self._can_keep(running, alike))
        form.open.setVisible(not running)
        form.open.setEnabled(self._to_open() is not None)
        form.anew.setVisible(not running and (standing is not None or self._broken()))
        form.anew.setEnabled(not fault)

    def _can_keep(self, running: bool, alike: bool) -> bool:
        standing = self._found()
        if running:
            learning = self._stage == LEARNING and self.job is not None and self.job.done > 0
            return learning and self.run is not None and not self.run.most
        return alike and standing is not None and 0 < standing.step != standing.written

    def _broken(self) -> bool:
        return isinstance(self.standing, Failure)

    def _show_progress(self, running: bool) -> None:
        form, job = self.form, self.job
        form.bar.setVisible(running)
        if running:
            choice, name = self.choice, self.name
            form.head.setText(f"{name} · {_summary(choice)}")
            form.bar.setRange(0, job.total if job is not None else 0)
            form.bar.setValue(job.done if job is not None else 0)

    def _show_strip(self, running: bool) -> None:
        form, strip = self.form, self.strip
        if strip is None:
            form.strip.show_words(words.WAITING if running else words.NOTHING)
            return
        blank = theme.tones(self).rgb("base")
        rows = rendering.drawn(strip, blank)
        form.strip.show_rows(rows, rendering.headings(strip), strip.marks)

    def raw_values(self) -> Any:
        """The rows on show (rows, steps, H, W, C), NaN where there is no board."""
        from dnnvis.app.widgets.strip_rendering import numbers_of

        return None if self.strip is None else numbers_of(self.strip)


def _summary(choice: TrainChoice) -> str:
    """What is trained, in a few words."""
    parts = [f"{choice.game} game / {choice.steps} network steps", choice.cell]
    parts += [f"{choice.border} border", f"seed {choice.seed}"]
    parts += [] if choice.autoencoder else ["no autoencoder loss"]
    parts += [] if choice.shared else ["weights not shared"]
    return " · ".join(parts)


def _call(verb: Callable[[], None], checked: bool = False) -> None:
    verb()
