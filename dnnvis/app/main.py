"""Connect all rooms and show the window; the only file of ``app`` that imports them all."""

import gc
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch  # before the QApplication; DESIGN.md, section 6

from dnnvis.core.edit import parse_edits
from dnnvis.core.errors import BadInput
from dnnvis.core.learning.live_weights import LatestWeights
from dnnvis.core.learning.plane_lessons import find_plane_lesson
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import RecordingStatus, describe_failure
from dnnvis.core.paths import pasted_folder, user_data_folder
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.engine import INFO, Engine
from dnnvis.engine.pacing import FRAME_SECONDS
from dnnvis.engine.plan import NetworkChoice
from dnnvis.jobs.child_process import Job
from dnnvis.lenses.ascent.settings_schema import describe_settings
from dnnvis.lenses.live import LiveWork
from dnnvis.library.recordings.export import export_lives
from dnnvis.library.recordings.film import FilmPicture, write_film
from dnnvis.network.state.free_memory import keep_large_blocks, use_one_arena
from dnnvis.network.state.numpy_threads import use_one_numpy_thread
from dnnvis.session.choices import with_choices
from dnnvis.session.learning.playground import apply_lesson, is_plane_name, open_playground
from dnnvis.session.session import Session, load_state
from dnnvis.session.state import SourceChoice, State, TrainChoice
from dnnvis.session.state_file import OpenedState, read_state_file, source_exists
from dnnvis.sources.camera import list_cameras
from dnnvis.sources.canvas.source import AutomatonSlot, fit_side
from dnnvis.sources.catalog import open_canvas, source_for
from dnnvis.sources.feeder import Feeder
from dnnvis.sources.fetch import fetch_picture
from dnnvis.sources.life.patterns import patterns
from dnnvis.sources.parse import choice_from_text
from dnnvis.sources.plane.source import load_plane_data
from dnnvis.sources.recordings.writer import RecordingOptions, RecordingWriter
from dnnvis.sources.screen import Screen
from dnnvis.training.life_task import LifeSetting, life_network_name
from dnnvis.training.run_status import read_status
from dnnvis.zoo.beyond.nca_nets import NCA
from dnnvis.zoo.beyond.nca_numpy import read_cell
from dnnvis.zoo.bundled import BUNDLED_NETWORKS, find_card, read_architecture_name
from dnnvis.zoo.catalog import bundled_names, list_networks, open_network
from dnnvis.zoo.input_preview import preview_input
from dnnvis.zoo.torchvision_nets import describe_download
from dnnvis.zoo.weights_report import list_parts, recognize_weights

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from dnnvis.app.runtime.backend import Backend
    from dnnvis.app.shell.window import Window

STATE_FILE = "window.json"
FIRST_NETWORK = "squeezenet-imagenet"  # at the first start: it knows things that people have
# The network requests the interpreter at each of its many short operations; while a panel
# draws it would wait for Python's usual 5 ms each time (measured: 12.4 against 14.4 ms a turn).
SWITCH_INTERVAL_SECONDS = 1e-4  # seconds
MakeSource = Callable[[SourceChoice], Any]


@dataclass(frozen=True)
class LaunchOptions:
    """The options of the command line."""

    #: The network to run; None: as it was left the last time.
    network: NetworkChoice | None = None
    #: The source to open; None: as it was left the last time.
    source: str | None = None
    #: Number of torch threads; 0: all cores but one.
    threads: int = 0
    #: File of a state to begin with; None: as the window was left.
    state: Path | None = None
    #: Edits that are on, as text.
    edits: tuple[str, ...] = ()
    #: Name of a lesson of the playground to begin with; "" for none.
    lesson: str = ""


def choose_thread_count(requested: int = 0) -> int:
    """Return the number of torch threads.

    It is ``requested``, else all cores but one, which the interface keeps.
    """
    import os

    return requested or max(1, (os.cpu_count() or 2) - 1)


def load_first_state(
    options: LaunchOptions, path: Path, opened: OpenedState | None = None
) -> State:
    """Load the first state: as it was left, then what the command line requests.

    At the first start it is a network of photographs, on the demo. The playground opens for a
    network over the plane on it, and for one of its lessons.

    Args:
        options: The options of the command line.
        path: The file in which the window saves its state.
        opened: What the file of a state on the command line holds; None for none.

    Returns:
        The state to begin with.

    Raises:
        BadInput: The named source, or lesson, does not exist.
    """
    state = load_state(path)
    if not path.exists() and FIRST_NETWORK in bundled_names():
        state = replace(state, network=NetworkChoice(net=FIRST_NETWORK))
    grows = state.synthesis.on_click and state.unit is not None and options.network is None
    goal = state.synthesis.goal if grows else ""  # a unit comes back with its picture, if any does
    idle = replace(state.synthesis.awake, goal=goal, paused=False)
    map_choice = replace(state.map, picked=(), place=(), attack_run=0)  # no picks and attacks
    state = replace(state, frozen=False, held_edit="", synthesis=idle, map=map_choice)
    state = replace(state, playground=replace(state.playground, pictures=False))
    if opened is not None:
        state = with_choices(state, opened.choices)
        state = replace(state, window_docks=opened.docks or state.window_docks)
    if options.network is not None:
        map_choice = (
            replace(map_choice, off=(), data="") if options.network != state.network else map_choice
        )
        state = replace(
            state, network=options.network, layer="", unit=None, pinned=None, map=map_choice
        )
    if options.edits:
        edits = tuple(str(each) for each in parse_edits(options.edits))
        state = replace(state, edits=edits, edits_off=())
    if options.source is not None:
        state = replace(state, source=replace(state.source, **choice_from_text(options.source)))
    elif options.network is not None and read_architecture_name(options.network.net) == NCA:
        canvas = choice_from_text(_name_canvas(options.network.net))
        state = replace(state, source=replace(state.source, **canvas))
    elif not source_exists(state.source):
        state = replace(state, source=SourceChoice())
    return _with_playground(state, options)


def _name_canvas(net: str) -> str:
    """Return the canvas with as many cells as an automaton was trained on.

    What fills its grid to the edges, as a photograph does, grows out of shape on a larger one.
    """
    card = find_card(net)
    return "canvas" if card is None else f"canvas:{fit_side(max(card.size))}"


def _with_playground(state: State, options: LaunchOptions) -> State:
    """Return the state with the playground on screen where the command line means it."""
    if options.lesson:
        state = replace(state, layer="", unit=None, pinned=None)  # of the network before
        return replace(state, **apply_lesson(state, find_plane_lesson(options.lesson)))
    opens_plane = options.network is not None and is_plane_name(options.network.net)
    if opens_plane and state.source.kind == "plane":
        return replace(state, **open_playground(state))
    return state


@dataclass
class AppRuntime:
    """Everything that runs behind a window, started as soon as the window is created."""

    #: The session, with its state.
    session: Session
    #: Where values wait for the window.
    mailbox: Mailbox
    #: Runs the network on its own thread.
    engine: Engine
    #: Reads frames on its own thread.
    feeder: Feeder
    #: Where a canvas finds the automaton on show.
    automaton: AutomatonSlot
    #: The newest weights of a training that is watched.
    latest_weights: LatestWeights
    #: Whether a middle layer and its strongest unit are on show before anybody chose.
    selects_first: bool = False

    def create_backend(self, create_source: MakeSource | None = None) -> "Backend":
        """Create the window's backend; ``create_source`` replaces the usual sources."""
        from dnnvis.app.runtime.backend import Backend, Services
        from dnnvis.app.runtime.screen_grabber import ScreenGrabber

        grabber = ScreenGrabber()

        def create_usual(choice: SourceChoice) -> Any:
            if choice.kind == "screen":
                return Screen(choice.path, grab=grabber.grab)
            if choice.kind == "canvas":
                return open_canvas(choice, self.automaton)
            return source_for(choice, self.feeder.note)

        create = create_source or create_usual
        services = Services(
            choice_from_text=choice_from_text,
            fetch_picture=lambda address: str(fetch_picture(address, pasted_folder())),
            cameras=list_cameras,
            bundled=bundled_names,
            torchvision=lambda: [row.name for row in list_networks() if row.kind == "torchvision"],
            bundled_titles=lambda: {
                name: network.title.rpartition(": ")[2]
                for name, network in BUNDLED_NETWORKS.items()
            },
            describe_download=describe_download,
            preview_input=preview_input,
            recognize_weights=recognize_weights,
            list_parts=list_parts,
            settings=describe_settings(),
            create_job=lambda name, args: Job(name, args, self.mailbox.post),
            create_learner=lambda args, take: Job("learning", args, take, listens=True),
            latest_weights=self.latest_weights,
            plane_points=load_plane_data,
            patterns=patterns,
            life_name=_name_life_network,
            training_status=read_status,
            create_recorder=_create_recorder,
            export_frames=export_lives,
            write_film=lambda pictures, path: write_film(starmap(FilmPicture, pictures), path),
            selects_first=self.selects_first,
            available_backups=_available_backups,
            restore=_restore_backup,
        )
        return Backend(self.session, self.engine, self.feeder, self.mailbox, create, services)


def _create_recorder(
    path: Path, max_bytes: int, source: str, on_status: Callable[[RecordingStatus], None]
) -> RecordingWriter:
    return RecordingWriter(path, RecordingOptions(max_bytes, source=source), on_status)


def _available_backups(name: str, fingerprint: str) -> tuple[str, ...]:
    from dnnvis.lenses.activation_map import storage

    return storage.available_backups(storage.NamedNetwork(name, fingerprint))


def _restore_backup(name: str, fingerprint: str, which: str) -> Path:
    from dnnvis.lenses.activation_map import storage

    return storage.restore(storage.NamedNetwork(name, fingerprint), which)


def _name_life_network(choice: TrainChoice) -> str:
    """Return the usual name of that network; raises BadInput where it cannot learn its task."""
    return life_network_name(
        LifeSetting(
            steps=choice.steps,
            game_steps=choice.game,
            autoencoder=choice.autoencoder,
            shared=choice.shared,
            cell=choice.cell,
            border=choice.border,
        )
    )


def create_runtime(state: State, threads: int) -> AppRuntime:
    """Create sources and engine for ``state``, not started."""
    use_one_arena()  # no thread of the window's is there yet
    keep_large_blocks()
    use_one_numpy_thread()
    torch.set_num_threads(choose_thread_count(threads))
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    mailbox, latest_weights, slot = Mailbox(), LatestWeights(), AutomatonSlot()

    def open_choice(choice: NetworkChoice) -> Any:
        from dnnvis.lenses.blocks.storage import load_directions
        from dnnvis.sources.image_files import create_reader

        network = open_network(**vars(choice))
        network.read = create_reader(network.add_note)
        network.directions.load = load_directions
        defaults = vars(NetworkChoice())
        options = {k: v for k, v in vars(choice).items() if v != defaults[k]}
        network.origin = {"net": choice.net, **options}
        return network

    def create_work(cancel: threading.Event) -> LiveWork:
        torch.set_num_threads(choose_thread_count(threads))  # per thread where OpenMP counts so
        return LiveWork(
            open_choice,
            cancel,
            notify=partial(mailbox.post, INFO),
            latest_weights=latest_weights,
            show_network=lambda network: setattr(slot, "automaton", read_cell(network.module)),
            wake=lambda: engine.see(None),
        )

    engine = Engine(create_work, mailbox, FRAME_SECONDS)
    feeder = Feeder(engine.see, lambda failure: mailbox.post_each("source", failure))
    return AppRuntime(Session(state), mailbox, engine, feeder, slot, latest_weights)


def create_window(runtime: AppRuntime, create_source: MakeSource | None = None) -> "Window":
    """Create the window around ``runtime``, with the saved layout; not shown."""
    from dnnvis.app.shell.window import Window

    return Window(runtime.create_backend(create_source))


def create_application(theme_name: str) -> "QApplication":
    """Create the one QApplication, in our colors."""
    from PyQt6.QtWidgets import QApplication

    from dnnvis.app.widgets import theme

    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("dnnvis")
    theme.apply_theme(application, theme_name)
    return application


def run(options: LaunchOptions, on_window: Callable[["Window"], None] | None = None) -> int:
    """Show the window until it is closed; returns the exit status.

    Raises:
        BadInput: The options do not fit.
    """
    from dnnvis.app.runtime.translator import install_language

    path = user_data_folder() / STATE_FILE
    opened = None if options.state is None else read_state_file(options.state)
    state = load_first_state(options, path, opened)
    runtime = create_runtime(state, options.threads)
    runtime.selects_first = True
    gc.disable()  # nothing that the window is made of is garbage
    try:
        application = create_application(state.theme)
        install_language(application, state.language, system=on_window is None)
        window = create_window(runtime)
        from dnnvis.app.runtime.state_saver import StateSaver

        _report_uncaught(runtime.mailbox)
        window.show_on_screen()
        freeze_startup_objects()
    finally:
        gc.enable()
    window.backend.start()
    if opened is not None and options.state is not None:
        window.backend.report_opened(opened, options.state.name)
    saver = StateSaver(window, runtime.session, path)
    if on_window is not None:
        on_window(window)
    else:
        window.teaching.hints.start()
    status = application.exec()
    sys.excepthook = sys.__excepthook__
    saver.close()
    delete_window(application, window)
    try:
        runtime.session.save(path)
    except BadInput as error:
        print(tr("The window's state is not saved: {error}", error=error), file=sys.stderr)
    return status


def freeze_startup_objects() -> None:
    """Have the garbage collector pass over all that is there now: modules, and the window.

    Networks are full of reference cycles, and a closed one stays in memory until a full
    collection, which the window runs each time another network is open. That takes a few
    milliseconds where it does not visit half a million objects of torch and Qt.
    """
    gc.freeze()


def delete_window(application: "QApplication", window: "Window") -> None:
    """Delete the window while everything it draws with still lives.

    At the interpreter's end Qt's parts go in an order that can crash.
    """
    from PyQt6.QtCore import QEvent

    window.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    application.processEvents()


def _report_uncaught(mailbox: Mailbox) -> None:
    """Report an exception in a Qt slot as a line in Problems; it would abort the process."""

    def hook(kind: Any, error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        traceback.print_exception(kind, error, trace)
        mailbox.post_each("problem", describe_failure(error, "window"))

    sys.excepthook = hook
