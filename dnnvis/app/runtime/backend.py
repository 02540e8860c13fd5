"""Connect the running parts behind the window: sources, engine, session."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from dnnvis.app.runtime.frame_recorder import FrameRecorder, RecorderFactory, reject_recording
from dnnvis.app.runtime.jobs import JobFactory, JobLike, Jobs
from dnnvis.app.runtime.latest_worker import LatestWorker
from dnnvis.app.runtime.live_training import CreateLearner, ListeningJob, LiveTraining
from dnnvis.app.runtime.network_openings import NetworkOpenings
from dnnvis.app.runtime.source_finder import Fields, ParsedSource, SourceFinder
from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.frame import Frame
from dnnvis.core.learning.live_weights import LatestWeights
from dnnvis.core.learning.plane import PlanePoints
from dnnvis.core.lens_settings import LensSettings
from dnnvis.core.life.board import Change, Pattern, Put, Setup, describe_change
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.core.messages import (
    Failure,
    InputPreview,
    Live,
    NetworkInfo,
    RecognizedWeights,
    RecordingStatus,
    WeightsPart,
)
from dnnvis.core.paths import is_factory
from dnnvis.core.training_status import TrainingStatus
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.engine.engine import Engine
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.boards.source_board import board_text, has_board, strip_board, with_board
from dnnvis.session.choices import with_choices
from dnnvis.session.first_unit import choose_middle_layer, choose_strongest_unit
from dnnvis.session.learning.playground import learning_choice, resting_net
from dnnvis.session.plan_for import fits, invalid_reason, parse_objective, plan_for
from dnnvis.session.recent import remember_network, remember_source
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice, State, TrainChoice
from dnnvis.session.state_file import OpenedState, check_preset
from dnnvis.session.steps import at_call, call_of

STATE_FILE = "a file of a state"  # what a note about one is about
SOURCE, TORCHVISION_NAMES, CAMERAS = "source", "names", "cameras"


class FeederLike(Protocol):
    """The part of ``sources.feeder.Feeder`` that the window needs."""

    @property
    def rate(self) -> float: ...
    @property
    def position(self) -> float | None: ...
    def open(self, make: Callable[[], Any], cap: float) -> None: ...
    def pause(self, paused: bool) -> None: ...
    def step(self, steps: int = 1) -> None: ...
    def seek(self, fraction: float) -> None: ...
    def next(self) -> None: ...
    def previous(self) -> None: ...
    def edit(self, change: Change) -> None: ...
    def saved_state(self) -> str: ...
    def snapshot(self) -> Callable[[], str] | None: ...
    def stop(self) -> object: ...


def reject_job(name: str, args: Sequence[str]) -> JobLike:
    """Raise LensMissing: no jobs can be run here."""
    raise LensMissing(tr("'{name}' cannot be run from here.", name=name))


def reject_learner(args: Sequence[str], on_state: Any) -> ListeningJob:
    """Raise LensMissing: nothing can be trained here."""
    raise LensMissing(tr("Nothing can be trained here."))


def reject_points(data: str, **options: Any) -> PlanePoints:
    """Raise BadInput: no points are known here."""
    raise BadInput(tr("No points are known here."))


def reject_fetch(address: str) -> str:
    """Raise BadInput: nothing is fetched here."""
    raise BadInput(tr("Nothing is fetched from the web here; save the picture first, and drop it."))


def reject_preview(choice: NetworkChoice, pixels: Any) -> InputPreview:
    """Raise BadInput: nothing is known of networks here."""
    raise BadInput(tr("What the network gets is not known here."))


def reject_export(frames: Any, path: Path, source: str = "") -> int:
    """Raise LensMissing: no frames are written here."""
    raise LensMissing(tr("Nothing can be recorded here."))


def reject_weights(file: str) -> RecognizedWeights:
    """Raise BadInput: no weights are recognized here."""
    raise BadInput(tr("{file} is not looked into here.", file=file))


@dataclass(frozen=True, kw_only=True)
class Services:
    """What there is to open and to know, from rooms that ``app`` does not import."""

    #: The fields of a SourceChoice that a text (a path, webcam:0, demo, life) names; it looks into
    #: files: not on the window's thread.
    choice_from_text: Callable[[str], dict[str, Any]]
    #: Number and title of each camera; may open them: not on the window's thread.
    cameras: Callable[[], Sequence[tuple[int, str]]]
    #: Names of the networks that ship.
    bundled: Callable[[], Sequence[str]]
    #: Names of torchvision's networks; slow the first time: not on the window's thread.
    torchvision: Callable[[], Sequence[str]]
    #: Fetches the picture at a web address, and returns its path; not on the window's thread.
    fetch_picture: Callable[[str], str] = reject_fetch
    #: Presets and settings of the synthesis.
    settings: LensSettings = field(default_factory=LensSettings)
    #: Builds a job that is not started from its name and command line.
    create_job: JobFactory = reject_job
    #: Patterns to place on a board.
    patterns: Callable[[], Sequence[Pattern]] = tuple
    #: The usual name of the network that a choice trains.
    life_name: Callable[[TrainChoice], str] = lambda choice: f"life-{choice.steps}"
    #: How far a training run is, from its folder and its network's file.
    training_status: Callable[[Path, Path], TrainingStatus | None] = lambda folder, network: None
    #: Which earlier versions of a map can be restored, from its network's name and fingerprint.
    available_backups: Callable[[str, str], tuple[str, ...]] = lambda name, fingerprint: ()
    #: What each network that ships is, in a few words, by its name.
    bundled_titles: Callable[[], Mapping[str, str]] = dict
    #: What a pretrained network of torchvision's downloads, in one sentence.
    describe_download: Callable[[str], str] = lambda name: ""
    #: Prepares a picture as the network of a choice would get it; not on the window's thread.
    preview_input: Callable[[NetworkChoice, Any], InputPreview] = reject_preview
    #: The known network that a file of weights fits; not on the window's thread.
    recognize_weights: Callable[[str], RecognizedWeights] = reject_weights
    #: The sets of weights in a file; not on the window's thread.
    list_parts: Callable[[str], Sequence[WeightsPart]] = lambda file: ()
    #: Begins a recording on disk.
    create_recorder: RecorderFactory = reject_recording
    #: Writes results of frames to a file, what they are of in a few words; returns their number.
    export_frames: Callable[[Sequence[Live], Path, str], int] = reject_export
    #: Writes (pixels uint8 (H, W, 3), seconds) as a film; returns their number.
    write_film: Callable[[Iterator[tuple[Any, float]], Path], int] = reject_export
    #: Whether a middle layer and its strongest unit are on show before anybody chose.
    selects_first: bool = False
    #: Builds a training that takes commands.
    create_learner: CreateLearner = reject_learner
    #: The newest weights of a training, which the engine takes.
    latest_weights: LatestWeights = field(default_factory=LatestWeights)
    #: The points of the plane's data by name, with ``noise``, ``seed`` and ``painted`` points.
    plane_points: Callable[..., PlanePoints] = reject_points
    #: Brings one of them back.
    restore: Callable[[str, str, str], object] = lambda name, fingerprint, which: None


class Backend:
    """Keeps sources and engine in step with the session's state.

    Lives on the window's thread. ``create_source`` turns a choice into a source (on the source
    thread). ``info`` is the network that runs, None before the first is open.
    """

    def __init__(
        self,
        session: Session,
        engine: Engine,
        feeder: FeederLike,
        mailbox: Mailbox,
        create_source: Callable[[SourceChoice], Any],
        services: Services,
    ) -> None:
        self.services = services
        self.jobs = Jobs(services.create_job)
        self.session, self.engine, self.feeder, self.mailbox = session, engine, feeder, mailbox
        self.info: NetworkInfo | None = None
        self._running_choice = session.state.network  # the last choice that could be opened
        self._alternatives: dict[NetworkChoice, NetworkChoice] = {}
        self._opened_choices: State | None = None  # of a file, until its network is open
        self._create_source = create_source
        self._opened_source: SourceChoice | None = None
        self._hidden = self._held = self._stopped = False
        self._names_requested = False
        self._finder = SourceFinder(mailbox)
        self._names_worker = LatestWorker("dnnvis-names", self._deliver_names, stay=False)
        session.read_source = self.current_source
        session.read_board = self._read_board
        session.history.read_position = self._read_position
        session.seek = lambda position: self.feeder.seek(position)
        #: What a dialog learns of files, and of networks that were opened.
        self.openings = NetworkOpenings(mailbox)
        #: The latest frame that was shown; None before one was.
        self.live: Live | None = None
        #: The last seconds, and the recording on disk.
        self.recorder = FrameRecorder(mailbox, services.create_recorder)
        #: The training that is watched.
        self.learning = LiveTraining(
            services.create_learner,
            services.latest_weights,
            mailbox.post,
            lambda: engine.see(None),
        )
        session.listen(self.follow)

    def start(self) -> None:
        self._stopped = False
        self.engine.listener = self.recorder.take
        self.engine.start()
        self.follow(self.session.state)

    def stop(self) -> None:
        self._remember(self.current_source())
        self.session.update(**remember_source(self.session.state, self.session.state.source))
        self._finder.close()
        self.jobs.close()
        self.learning.close()
        self._stopped = True  # a late signal of a panel must not open a source again
        self.feeder.stop()
        self.engine.stop()
        self.recorder.close()

    def follow(self, state: State) -> None:
        """Bring sources and engine to what ``state`` requests, unless all has ended."""
        if self._stopped:
            return
        info = self.info if state.network == self._running_choice else None
        self.recorder.follow(state.recording)
        self.learning.follow(learning_choice(state, info), resting_net(state, info))
        plan = plan_for(state, info)
        self.engine.follow(replace(plan, recording=True) if self.recorder.is_on else plan)
        previous, self._opened_source = self._opened_source, state.source
        if previous is not None and _is_same_board(previous, state.source):
            self._put_board(previous, state.source)
        elif state.source != previous:
            self.feeder.open(lambda: self._create_source(state.source), state.source.cap)
        self.feeder.pause(state.frozen or self._hidden or self._held)

    def _put_board(self, previous: SourceChoice, source: SourceChoice) -> None:
        """Go on with the board, or the canvas, of ``source``, in the source that runs."""
        if source.kind == "canvas":
            side = source.canvas_side
            if side != previous.canvas_side or source.canvas_rate != previous.canvas_rate:
                self.feeder.edit(Setup(size=(side, side), rate=source.canvas_rate))
        elif source.rate != previous.rate or source.maze.rate != previous.maze.rate:
            rate = source.maze.rate if source.kind == "maze" else source.rate
            self.feeder.edit(Setup(rate=rate))
        board = board_text(source)
        if board != board_text(previous) and board != self.feeder.saved_state():
            self.feeder.edit(Put(board, source.border))

    def run(self, choice: NetworkChoice, reload: bool = False) -> None:
        """Run this network; one that was refused before is tried again.

        One that runs is read again if ``reload``.
        """
        if choice == self.session.state.network:
            self.engine.retry(reload)
        else:
            self.session.update(network=choice, meaning="auto")

    def run_weights(self, path: str) -> None:
        """Run the weights in a file or folder.

        Where the user's own network runs they are tried on it first; those that do not fit it are
        opened as a network of their own.
        """
        alone, current = NetworkChoice(net=path), self._running_choice
        if self.info is None or not is_factory(current.net):
            return self.run(alone)
        loaded = replace(current, checkpoint=path, weights=None)
        self._alternatives = {loaded: alone}
        self.run(loaded)

    def start_recording(self, path: Path) -> None:
        """Record every frame that is run, into a new file."""
        state = self.session.state
        if self.recorder.start(path, state.recording, state.source):
            self.follow(state)

    def stop_recording(self) -> None:
        """End the recording; how it ended comes through the mailbox."""
        self.recorder.stop()
        self.follow(self.session.state)

    def note_recording(self, status: RecordingStatus) -> None:
        """Note how far the recording is, or how it ended."""
        self.recorder.show_status(status)
        if status.ended:
            self.follow(self.session.state)

    def hide(self, hidden: bool) -> None:
        """Pause while the window is not visible."""
        self._hidden = hidden
        self.feeder.pause(self.session.state.frozen or hidden or self._held)

    def hold_frame(self, frame: Frame) -> None:
        """Hold the picture still, and show a frame of a while ago."""
        self.session.update(frozen=True)
        self.engine.see(frame)

    def hold(self, held: bool) -> None:
        """Hold the source for as long as a hand is at work on it; what was chosen stays chosen."""
        self._held = held
        self.feeder.pause(self.session.state.frozen or self._hidden or held)

    def on_network_opened(self, info: NetworkInfo) -> None:
        """Keep what the new network has of the selection, and remember its choice."""
        with self.session.adjusting(of_network=True):
            self._follow_network(info)
        opened, self._opened_choices = self._opened_choices, None
        if opened is not None and _is_same_network(info, opened):
            self._report_lost(opened, info)

    def open_state(self, opened: OpenedState, name: str) -> None:
        """Show what a file of a state held, as one step for undo.

        Args:
            opened: The choices in it.
            name: Name of the file.
        """
        opened = check_preset(
            opened, tuple(preset.name for preset in self.services.settings.presets)
        )
        if opened.docks and self.session.state.unlocked:
            with self.session.adjusting():  # they are taken over as the panels are unlocked
                self.session.update(unlocked=False)
        if opened.docks:
            self.session.settle(window_docks=opened.docks)
        state = with_choices(self.session.state, opened.choices)
        if state.network == self._running_choice.without_trust:  # the user agreed to run it
            state = replace(state, network=self._running_choice)
        with self.session.one_step(tr("open {name}", name=name)):
            self.session.update(**vars(state))
        self.report_opened(opened, name)

    def report_opened(self, opened: OpenedState, name: str) -> None:
        """Go to the position that a file of a state names, and report what is missing."""
        if opened.position is not None:
            self.feeder.seek(opened.position)
        if sentence := opened.describe_missing(name):
            self._report_note(sentence)
        state = self.session.state
        if self.info is not None and state.network == self._running_choice:
            self._report_lost(state, self.info)
            self._fit_selection()
        else:
            self._opened_choices = state

    def _report_lost(self, state: State, info: NetworkInfo) -> None:
        """Report what a file of a state names of a network that has no such thing."""
        units = [str(unit) for unit in (state.unit, state.pinned) if unit and not fits(unit, info)]
        layers = [state.layer] if state.layer and info.layer(state.layer) is None else []
        if lost := [*dict.fromkeys(units), *layers]:
            text = tr(
                "{name} has no {lost}, which the state names; what it has is shown.",
                name=info.name,
                lost=tr(" and no ").join(lost),
            )
            self._report_note(text)

    def _report_note(self, text: str) -> None:
        self.mailbox.post_each("problem", Failure(text, kind="Note", about=STATE_FILE))

    def _follow_network(self, info: NetworkInfo) -> None:
        previous, self.info, state = self.info, info, self.session.state
        self.recorder.info = info
        self._running_choice = info.choice or state.network
        self.session.logits = info.logits
        layer = state.layer if info.layer(state.layer) else self._choose_layer(info)
        unit = state.unit if state.unit and fits(state.unit, info) else None
        pinned = state.pinned if state.pinned and fits(state.pinned, info) else None
        panels = {
            k: p if _has_target(info, p.to) else replace(p, to="input")
            for k, p in state.panels.items()
        }
        grid = state.grid
        if grid == "backward" and unit is None and pinned is None:
            grid = "forward"  # nothing is left that it could start from
        objective = parse_objective(state.synthesis.goal, info)
        goal = state.synthesis.goal if objective and not invalid_reason(objective, info) else ""
        synthesis = replace(state.synthesis, goal=goal)
        is_another = previous is not None and previous.choice != info.choice
        if is_another and gc.get_freeze_count():  # see app.main.freeze_startup_objects
            gc.collect()  # here: on another thread it could delete Qt's objects
        steps = replace(state.steps, decoder="", moment=-1) if is_another else state.steps
        self.session.update(
            layer=layer,
            call=call_of(info.layer(layer), state.call),
            unit=unit,
            pinned=pinned,
            grid=grid,
            panels=panels,
            **remember_network(state, self._running_choice),
            synthesis=synthesis,
            steps=steps,
        )
        self.follow(self.session.state)
        self.openings.deliver(info)

    def _choose_layer(self, info: NetworkInfo) -> str:
        middle = choose_middle_layer(info) if self.services.selects_first else ""
        return middle or choose_first_layer(info)

    def on_frame(self, live: Live) -> None:
        """Note a frame; select the strongest unit of the layer on show where none is selected."""
        self.live = live
        state, info = self.session.state, self.info
        is_chosen = state.unit is not None or not self.services.selects_first
        if is_chosen or info is None or live.network != info.name or live.call != state.call:
            return
        unit = choose_strongest_unit(live, state.layer, state.call)
        if unit is not None:
            with self.session.adjusting():
                self.session.select(at_call(unit, info, state.call), False, call=state.call)

    def on_open_failed(self, failure: Failure) -> None:
        """Keep the network before as the chosen one: another could not be opened."""
        self.openings.deliver(failure)
        if self.info is None or failure.about != self.session.state.network:
            return
        with self.session.adjusting(of_network=True):
            alternative = self._alternatives.pop(failure.about, None)
            if alternative is not None and failure.kind == "Mismatch":
                return self.run(alternative)
            self.session.update(network=self._running_choice)
            self._follow_network(self.info)

    def undo(self) -> None:
        """Take back the last choice."""
        if self.session.undo():
            self._fit_selection()

    def redo(self) -> None:
        """Choose again what was undone last."""
        if self.session.redo():
            self._fit_selection()

    def _fit_selection(self) -> None:
        """Keep of the selection what the network that runs has."""
        if self.info is not None and self.session.state.network == self._running_choice:
            with self.session.adjusting():
                self._follow_network(self.info)

    def load_names(self) -> None:
        """Load torchvision's names on a thread of their own, and post them under ``names``."""
        if self._names_requested:
            return
        self._names_requested = True
        self._names_worker.submit(TORCHVISION_NAMES, lambda: tuple(self.services.torchvision()))

    def load_cameras(self) -> None:
        """List the cameras on a thread of their own, and post them under ``cameras``."""
        self._names_worker.submit(CAMERAS, lambda: tuple(self.services.cameras()))

    def _deliver_names(self, key: str, names: Any) -> None:
        """Post the names, or the failure to where problems are listed.

        After a failure they may be requested again.
        """
        if isinstance(names, Failure):
            self._names_requested &= key != TORCHVISION_NAMES
            key = f"problem {key}"
        self.mailbox.post(key, names)

    def edit(self, change: Change | None, **fields: Any) -> None:
        """Change the running source without opening it again, and remember ``fields``.

        The ``fields`` are those of its choice.
        """
        text = describe_change(change, of_canvas=self.session.state.source.kind == "canvas")
        if not text:
            self._edit(change, fields)
            return
        self.session.record_board(text)
        with self.session.adjusting():
            self._edit(change, fields)

    def _edit(self, change: Change | None, fields: dict[str, Any]) -> None:
        source = replace(self.session.state.source, **fields)
        if change is None:
            self._remember(source)
            return
        self._remember(with_board(source, ""))  # else an undo to what was opened is no change
        self.feeder.edit(change)

    def _read_board(self) -> Callable[[], str] | None:
        """Return what writes the present board as text; None where the source is none."""
        return self.feeder.snapshot() if has_board(self.session.state.source) else None

    def _read_position(self) -> float | None:
        """Return where in its film or folder the source is; None for what has none of its own.

        A board or canvas has one in its past, which is not the same once it went on.
        """
        return None if has_board(self.session.state.source) else self.feeder.position

    def current_source(self) -> SourceChoice:
        """Return the source's choice, with the present board where it is one."""
        source = self.session.state.source
        if not has_board(source):
            return source
        return with_board(source, self.feeder.saved_state() or board_text(source))

    def _remember(self, source: SourceChoice) -> None:
        """Update the state with the present choice of the source."""
        if self._opened_source is not None:
            self._opened_source = source
            self.session.update(source=source)

    def find_source(self, find: Callable[[], Fields], about: str) -> None:
        """Open what ``find`` finds on a thread of its own, unless another source is opened before.

        Args:
            find: Returns the fields of a SourceChoice, or raises BadInput, a line in Problems.
            about: Names it there.
        """
        self._finder.submit(find, about)

    def open_parsed(self, parsed: ParsedSource) -> None:
        """Open what was found, where nothing else was chosen since."""
        if self._finder.is_latest(parsed):
            self.open_source(replace(self.current_source(), **parsed.fields))

    def open_source(self, source: SourceChoice) -> None:
        """Change the source, remember files among the recent ones, and run."""
        self._finder.cancel()
        self.session.update(**remember_source(self.session.state, self.session.state.source))
        recent = remember_source(self.session.state, source)
        self._opened_source = None  # the same file again is opened again
        self.session.update(source=source, frozen=False, **recent)
        self.follow(self.session.state)


def _is_same_board(previous: SourceChoice, source: SourceChoice) -> bool:
    """Return whether the source that runs need not be opened again to show another board."""
    if source.kind == "canvas":
        side, rate = source.canvas_side, source.canvas_rate
        return replace(previous, canvas_side=side, canvas_rate=rate, canvas=source.canvas) == source
    if not board_text(source):
        return source == previous

    def strip(choice: SourceChoice) -> SourceChoice:
        same: dict[str, Any] = {"rows": 1, "columns": 1, "rule": "", "border": "dead", "start": ""}
        return replace(strip_board(choice), maze=MazeChoice(), **same)

    return strip(previous) == strip(source)


def choose_first_layer(info: NetworkInfo) -> str:
    """Return the layer to start with.

    The last hidden state, where there are some; else the first that keeps maps after an activation;
    without any maps the first that has weights, or the first.
    """
    if info.states:
        return info.states[-1][0]
    with_maps = [layer for layer in info.layers if layer.shape[1] * layer.shape[2] > 1]
    kinds = ("ReLU", "ELU", "ReLU6", "SiLU", "GELU", "Hardswish", "LeakyReLU")
    active = [layer for layer in with_maps if layer.kind in kinds]
    with_weights = [layer for layer in info.layers if layer.parameters]
    choice = (active or with_maps or with_weights or list(info.layers))[0]
    return choice.name


def _is_same_network(info: NetworkInfo, state: State) -> bool:
    choice = info.choice
    return choice is not None and choice.without_trust == state.network.without_trust


def _has_target(info: NetworkInfo, to: str) -> bool:
    return to == "input" or info.layer(to) is not None


def neighbor_unit(unit: Unit, info: NetworkInfo, channel: int) -> Unit:
    """Return the unit's neighbor of a channel, limited to the layer.

    Args:
        unit: The unit.
        info: The network that runs.
        channel: The channel; limited to those of the layer.

    Returns:
        The unit of that channel.
    """
    layer = info.layer(unit.layer)
    last = layer.shape[0] - 1 if layer else 0
    return replace(unit, channel=min(max(channel, 0), last))
