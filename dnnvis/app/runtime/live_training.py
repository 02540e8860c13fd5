"""Keep a training beside the window in step with what the user chose, without any Qt."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from dnnvis.core.errors import BadInput
from dnnvis.core.job_state import JobState
from dnnvis.core.learning.live_weights import LatestWeights, LiveWeights, decode_weights
from dnnvis.core.learning.moments import Moment, Moments
from dnnvis.core.learning.status import LearningStatus
from dnnvis.core.translation.catalog import tr
from dnnvis.session.learning.playground import LearningChoice

LEARNING = "learning"  # the key under which the status is posted
NEWEST = -1  # of the moments: the one that learns


class ListeningJob(Protocol):
    """The part of ``jobs.child_process.Job`` that takes commands."""

    @property
    def state(self) -> JobState: ...
    def start(self) -> None: ...
    def send(self, command: Mapping[str, Any]) -> bool: ...
    def stop(self) -> None: ...
    def close(self) -> Any: ...


#: Builds a job from its arguments and what takes its states, on a thread of its own.
CreateLearner = Callable[[Sequence[str], Callable[[str, JobState], None]], ListeningJob]


class LiveTraining:
    """One training at a time: its process, its moments, and which of them is on show.

    Every method is for the window's thread; reports come on the job's own. The weights on show go
    into ``latest``, where the engine takes them; ``rerun`` has it run the frame again.
    """

    def __init__(
        self,
        create: CreateLearner,
        latest: LatestWeights,
        post: Callable[[str, Any], None],
        rerun: Callable[[], None],
    ) -> None:
        self._create, self._latest, self._post, self._rerun = create, latest, post, rerun
        self._lock = threading.RLock()
        self._job: ListeningJob | None = None
        self._choice: LearningChoice | None = None
        self._number = 0  # of the job: a late report of one before counts no more
        self._moments, self._shown = Moments(), NEWEST
        self._status = LearningStatus()
        self._taken_net = ""  # the network that the reports are of

    @property
    def status(self) -> LearningStatus:
        """Return how far the training is."""
        with self._lock:
            return self._status

    @property
    def is_on(self) -> bool:
        """Return whether a training is there, playing or not."""
        return self._job is not None

    def follow(self, choice: LearningChoice | None, resting: str = "") -> None:
        """Train what is chosen; None ends the training.

        Settings, data and seed change while it learns; another network begins anew.

        Args:
            choice: What is trained.
            resting: Name of the network whose training is held, not ended, where ``choice`` is
                None.
        """
        previous = self._choice
        if choice is None and previous is not None and previous.net == resting:
            self.hold()
            return
        self._choice = choice
        if choice is None:
            if previous is not None:
                self.end()
        elif choice == previous:  # one that ended by itself is not tried again and again
            return
        elif previous is None or self._job is None or self._job.state.finished:
            args = ["train", "plane", "--listen", "--net", choice.net, "--seed", str(choice.seed)]
            self.begin(args)
            self.send({"data": dict(choice.data), "set": dict(choice.setting)})
        else:
            self._change(previous, choice)

    def begin(self, args: Sequence[str]) -> None:
        """Begin the training of a command line in the place of the one that runs."""
        self.end()
        with self._lock:
            self._number += 1
            number = self._number
        self._job = self._create(args, lambda key, state: self._on_state(number, state))
        self._job.start()

    def _change(self, previous: LearningChoice, choice: LearningChoice) -> None:
        command: dict[str, Any] = {}
        if choice.net != previous.net:
            command["net"] = choice.net
        if choice.data != previous.data:
            command["data"] = dict(choice.data)
        if choice.setting != previous.setting:
            command["set"] = dict(choice.setting)
        if choice.seed != previous.seed:
            command["reset"] = choice.seed
        if "net" in command or "reset" in command:
            self.show(NEWEST)
        self.send(command)

    def send(self, command: Mapping[str, Any]) -> None:
        """Send a command to the training, where there is one."""
        if self._job is not None and command:
            self._job.send(command)

    def play(self, on: bool) -> None:
        """Learn, or wait; to learn shows the newest moment."""
        if on:
            self.show(NEWEST)
        self.send({"play": on})

    def hold(self) -> None:
        """Wait, with the moment on show as it is."""
        if self.status.is_playing:
            self.send({"play": False})

    def step(self) -> None:
        """Take one step."""
        self.show(NEWEST)
        self.send({"step": 1})

    def reset(self) -> None:
        """Begin anew with the chosen seed."""
        self.show(NEWEST)
        if self._choice is not None:
            self.send({"reset": self._choice.seed})

    def keep(self, name: str = "") -> None:
        """Have the network and its moments written into the user's networks."""
        self.send({"keep": name})

    def show(self, index: int) -> None:
        """Show a moment of the training; NEWEST follows it."""
        with self._lock:
            if not -1 <= index < len(self._moments.kept):
                return
            self._shown = index
            moments = self._moments.kept
            if moments:
                self._put(moments[index].live)
            self._status = self._with_shown(self._status)
            self._post(LEARNING, self._status)

    def end(self) -> None:
        """End the training; the network runs as it was opened again."""
        job, self._job = self._job, None
        if job is None:
            return
        with self._lock:
            self._number += 1
        job.stop()
        self._forget()

    def close(self) -> None:
        """End the training, and wait until its process has ended."""
        job = self._job
        self.end()
        if job is not None:
            job.close()

    def _forget(self) -> None:
        with self._lock:
            self._moments, self._shown = Moments(), NEWEST
            self._status = LearningStatus()
            self._latest.put(None)
            self._post(LEARNING, self._status)
        self._rerun()

    def _put(self, live: LiveWeights) -> None:
        if self._latest.get() is not live:
            self._latest.put(live)
            self._rerun()

    def _on_state(self, number: int, state: JobState) -> None:
        """Take in a report, on the job's thread."""
        with self._lock:
            if number != self._number:
                return
            report = state.latest
            if state.finished:
                self._status = replace(
                    self._status, is_playing=False, speed=0.0, ended=_describe_end(state)
                )
            elif "weights" in report:
                self._take(report)
            elif state.done:
                self._take_file(state)
            else:
                return
            self._post(LEARNING, self._status)

    def _take(self, report: Mapping[str, Any]) -> None:
        try:
            weights = decode_weights(report["weights"])
        except BadInput as error:
            self._status = replace(self._status, error=str(error))
            return
        net, step = str(report.get("net", "")), int(report.get("done", 0))
        if net != self._taken_net:
            self._taken_net, self._moments = net, Moments()
            self._shown = NEWEST
        losses = _read_loss(report.get("loss")), _read_loss(report.get("test_loss"))
        self._add(Moment(LiveWeights(step, weights), *losses))
        self._status = self._with_shown(
            replace(
                self._status,
                step=step,
                is_playing=bool(report.get("playing")),
                speed=float(report.get("speed") or 0.0),
                warning=str(report.get("warning", "")),
                error=str(report.get("error", "")),
                file=str(report.get("file", "")),
                ended="",
            )
        )

    def _take_file(self, state: JobState) -> None:
        """Take in a report of a training that writes its weights into a file."""
        report, loss = state.latest, _read_loss(state.latest.get("loss"))
        path = report.get("weights_file")
        if isinstance(path, str):
            self._put(LiveWeights(state.done, path=path))
        accuracy = _read_loss(report.get("accuracy"))
        if not self._moments.kept or self._moments.kept[-1].step < state.done:
            self._moments.add(Moment(LiveWeights(state.done), loss, 1 - accuracy))
        self._status = replace(
            self._status,
            step=state.done,
            total=state.total,
            is_playing=True,
            accuracy=accuracy,
            losses=(loss, float("nan")),
            moments=tuple(self._moments.kept),
        )

    def _add(self, moment: Moment) -> None:
        """Add a moment; while another one is on show, that one stays on show."""
        kept = self._moments.kept
        chosen = None if self._shown == NEWEST else kept[self._shown]
        if kept and kept[-1].step == moment.step:
            kept[-1] = moment
        else:
            self._moments.add(moment)
        if chosen is not None:
            steps = [each.step for each in self._moments.kept]
            self._shown = steps.index(chosen.step) if chosen.step in steps else NEWEST
        if self._shown == NEWEST:
            self._put(self._moments.kept[-1].live)

    def _with_shown(self, status: LearningStatus) -> LearningStatus:
        moments = tuple(self._moments.kept)
        if not moments:
            return replace(status, moments=(), shown=NEWEST)
        shown = moments[self._shown]
        return replace(
            status,
            moments=moments,
            shown=self._shown,
            losses=(shown.train, shown.test),
            weights=shown.live.weights,
        )


def _describe_end(state: JobState) -> str:
    if state.failed:
        return state.failed
    return tr("The training was stopped.") if state.stopped else tr("The training has ended.")


def _read_loss(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else float("nan")
