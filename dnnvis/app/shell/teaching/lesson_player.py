"""Play a lesson in the real window: its steps forth and back, and what each waits for."""

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from dnnvis.app.shell.teaching.lesson_commands import LessonStage, Snapshot
from dnnvis.core.errors import BadInput
from dnnvis.core.translation.catalog import tr
from dnnvis.session.lesson import Lesson, LessonCommand, LessonStep, Wait
from dnnvis.session.plan_for import parse_objective

if TYPE_CHECKING:
    from dnnvis.app.shell.window import Window

TICK_MILLISECONDS = 50  # between two looks at what is waited for
WAIT_TEXTS: dict[Wait, str] = {
    "unit": "Select another unit to go on.",
    "layer": "Go to another layer to go on.",
    "step": "Go to another step to go on.",
    "enlarged": "Enlarge a card to go on.",
    "picture": "The first picture is growing ...",
    "frame": "The network is opening ...",
    "grown": "The picture is growing ...",
}


@dataclass(frozen=True)
class _Baseline:
    """What there was when a step began to wait."""

    snapshot: Snapshot
    frame: Any
    picture: Any


class LessonPlayer(QObject):
    """Plays one lesson at a time; ``changed`` after everything that one can see of it.

    A step's commands are carried out one after the other, each as soon as the window is ready for
    it. Going back restores what the window showed when the learner left that step.
    """

    changed = pyqtSignal()

    def __init__(self, stage: LessonStage, window: "Window") -> None:
        super().__init__(window)
        self._stage, self._window = stage, window
        self.lesson: Lesson | None = None
        self.index = 0
        #: What could not be done, in a sentence; "" for nothing.
        self.error = ""
        #: Commands of the present step that changed nothing.
        self.idle: list[LessonCommand] = []
        self._entries: list[Snapshot] = []  # what each step found, as far as they were entered
        self._pending: deque[LessonCommand] = deque()
        self._baseline: _Baseline | None = None  # None: nothing is waited for
        self._network = ""  # the one that the lesson opens just now
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MILLISECONDS)
        self._timer.timeout.connect(self._tick)

    @property
    def step(self) -> LessonStep | None:
        """Return the step on show; None where no lesson is played."""
        return None if self.lesson is None else self.lesson.steps[self.index]

    @property
    def is_last(self) -> bool:
        """Return whether the last step is on show."""
        return self.lesson is not None and self.index == len(self.lesson.steps) - 1

    @property
    def is_pending(self) -> bool:
        """Return whether commands of the step are still to be carried out."""
        return bool(self._pending)

    @property
    def waiting(self) -> str:
        """Return what is waited for, in a sentence; "" for nothing."""
        step = self.step
        if step is None or not (self._pending or self._baseline):
            return ""
        if self._pending and self._stage.info is None:
            return WAIT_TEXTS["frame"]
        return WAIT_TEXTS[step.wait] if step.wait is not None else tr("One moment ...")

    def start(self, lesson: Lesson) -> None:
        """Play a lesson from its first step; one that is played is left as it is."""
        if self.lesson is None:
            self._entries = []
        self.lesson = lesson
        self._stage = replace(self._stage, folder=lesson.folder)
        state = self._stage.context.state
        origin = self._entries[0] if self._entries else self._stage.capture()
        if state.unlocked:
            self._stage.context.view.enter_mode(state.mode)
        self._entries = [origin]
        self._run_step(0)

    def next(self) -> None:
        """Go on to the next step; after the last one the lesson ends."""
        if self.lesson is None:
            return
        if self.is_last:
            self.finish()
            return
        self._entries = [*self._entries[: self.index + 1], self._stage.capture()]
        self._run_step(self.index + 1)

    def back(self) -> None:
        """Go back to the step before, as the learner left it."""
        if self.lesson is None or self.index == 0:
            return
        snapshot = self._entries[self.index]
        self._entries = self._entries[: self.index]
        self._run_step(self.index - 1, snapshot)

    def restart(self) -> None:
        """Begin again with the first step, as the window was then."""
        if self.lesson is not None:
            self._entries = self._entries[:1]
            self._stage.restore(self._entries[0])
            self._run_step(0)

    def leave(self) -> None:
        """End the lesson, and show what was on show before it."""
        if self.lesson is not None:
            origin = self._entries[0]
            self._stop()
            self._stage.restore(origin)

    def finish(self) -> None:
        """End the lesson, and leave everything as it is now."""
        self._stop()

    def _stop(self) -> None:
        self._timer.stop()
        self._pending.clear()
        self._baseline, self.lesson, self.error = None, None, ""
        self.changed.emit()

    def _run_step(self, index: int, snapshot: Snapshot | None = None) -> None:
        """Enter a step: its commands are carried out, or a snapshot of it is shown instead."""
        self.index, self.error, self.idle = index, "", []
        self._baseline, self._network = None, ""
        step = self.step
        self._pending = deque(step.commands if step is not None and snapshot is None else ())
        if snapshot is not None:
            self._stage.restore(snapshot)
        else:
            self._timer.start()
            self._tick()
        self.changed.emit()

    def _tick(self) -> None:
        """Carry out what is ready, then look whether what is waited for has come."""
        previous = self.waiting, self.error
        self._note_failed_network()
        while self._pending and self._stage.is_ready(self._pending[0]):
            self._carry_out(self._pending.popleft())
        if not self._pending:
            self._wait()
        if (self.waiting, self.error) != previous:
            self.changed.emit()

    def _carry_out(self, command: LessonCommand) -> None:
        if command.name == "network":
            self._network = str(command.value)
        try:
            if not self._stage.carry_out(command):
                self.idle.append(command)
        except BadInput as error:
            self.error = str(error)

    def _note_failed_network(self) -> None:
        """Drop what needs a network that could not be opened."""
        if not self._network or self._stage.info is None:
            return
        if not self._stage.context.state.network.net.endswith(self._network):
            self.error = tr(
                "The network {name} could not be opened; see Problems.", name=self._network
            )
            self._pending.clear()
        self._network = ""

    def _wait(self) -> None:
        step = self.step
        if step is None or step.wait is None or self.error:
            self._timer.stop()
            self._baseline = None
        elif self._baseline is None:
            self._baseline = self._note_present()
        elif self._has_come(step.wait, self._baseline):
            self._timer.stop()
            self._baseline = None

    def _note_present(self) -> _Baseline:
        window = self._window
        return _Baseline(self._stage.capture(), window.input.live, window.synthesis.result)

    def _has_come(self, wait: Wait, baseline: _Baseline) -> bool:
        state, previous = self._stage.context.state, baseline.snapshot.state
        if wait in ("picture", "grown"):
            return self._has_picture(wait, baseline.picture)
        if wait == "frame":
            live, info = self._window.input.live, self._stage.info
            return live is not None and info is not None and live.network == info.name
        return {
            "unit": state.unit not in (None, previous.unit),
            "layer": state.layer != previous.layer,
            "step": (state.layer, state.call) != (previous.layer, previous.call),
            "enlarged": self._stage.page.enlarged not in ("", baseline.snapshot.enlarged),
        }[wait]

    def _has_picture(self, wait: Wait, previous: Any) -> bool:
        """Return whether a picture of what grows now has come, or is complete."""
        result, state = self._window.synthesis.result, self._stage.context.state
        objective = parse_objective(state.synthesis.goal, self._stage.info)
        if result is None or result is previous or result.unit != str(objective):
            return False
        return wait == "picture" or result.progress >= 1
