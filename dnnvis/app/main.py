"""Wires everything and shows the window. The only file of ``app`` that knows all rooms."""

import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch  # before the QApplication; DESIGN.md, section 6

from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import failure_of
from dnnvis.core.paths import user_data
from dnnvis.engine.engine import INFO, Engine
from dnnvis.engine.plan import NetworkChoice
from dnnvis.jobs.child_process import Job
from dnnvis.lenses.ascent.settings_schema import described
from dnnvis.lenses.live import LiveWork
from dnnvis.session.session import Session, saved_state
from dnnvis.session.state import SourceChoice, State, TrainChoice
from dnnvis.sources.camera import list_cameras
from dnnvis.sources.catalog import choice_from_text, source_for
from dnnvis.sources.dataset_source import Played
from dnnvis.sources.feeder import Feeder
from dnnvis.sources.life.patterns import patterns
from dnnvis.training.life_task import LifeSetting, name_of
from dnnvis.training.run_status import standing
from dnnvis.zoo.catalog import bundled, names, open_network

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from dnnvis.app.runtime.backend import Toolbox
    from dnnvis.app.shell.window import Window

STATE_FILE = "window.json"
# The network asks for the interpreter at each of its many short operations; while a panel
# draws it would wait for Python's usual 5 ms each time (measured: 12.4 against 14.4 ms a turn).
HANDOVER = 1e-4  # seconds
MakeSource = Callable[[SourceChoice], Any]


@dataclass(frozen=True)
class Options:
    """What the command line may say. None: as it was left the last time."""

    network: NetworkChoice | None = None
    source: str | None = None
    threads: int = 0


def threads_for(wanted: int = 0) -> int:
    """Torch threads: what is wanted, else all cores but one, which the interface keeps."""
    import os

    return wanted or max(1, (os.cpu_count() or 2) - 1)


def first_state(options: Options, place: Path) -> State:
    """The state to begin with: as it was left, then what the command line says.

    Raises BadInput where the named source does not exist.
    """
    state = saved_state(place)
    idle = replace(state.synthesis.awake, goal="", paused=False)  # nothing grows unasked
    fresh = replace(state.map, picked=(), place=(), attack_run=0)  # so are picks and attacks
    state = replace(state, frozen=False, synthesis=idle, map=fresh)
    if options.network is not None:
        fresh = replace(fresh, off=(), data="") if options.network != state.network else fresh
        state = replace(state, network=options.network, layer="", unit=None, pinned=None, map=fresh)
    if options.source is not None:
        state = replace(state, source=replace(state.source, **choice_from_text(options.source)))
    elif not _there(state.source):
        state = replace(state, source=SourceChoice())
    return state


def _there(source: SourceChoice) -> bool:
    if source.kind == "life" and (source.board or not source.path):
        return True
    if source.kind == "examples" and source.numbers:
        return False  # they were picked on a map, and are no more
    path = Path(source.path)
    if source.kind == "examples" and any(parent.is_file() for parent in path.parents):
        return True  # a folder inside a tar file
    return source.kind in ("demo", "camera") or path.exists()


@dataclass
class Parts:
    """Everything that runs behind a window, started as soon as it is made."""

    session: Session
    mailbox: Mailbox
    engine: Engine
    feeder: Feeder

    def toolbox(self, make_source: MakeSource | None = None) -> "Toolbox":
        """What the window talks to; ``make_source`` stands in for the catalog's sources."""
        from dnnvis.app.runtime.backend import Catalog, Toolbox

        def from_catalog(choice: SourceChoice) -> Any:
            if choice.kind == "examples":
                return Played(choice.path, choice.numbers, problem=self.feeder.note)
            return source_for(choice, self.feeder.note)

        make = make_source or from_catalog
        catalog = Catalog(
            choice_from_text,
            list_cameras,
            bundled,
            lambda: [row.name for row in names() if row.kind == "torchvision"],
            described(),
            lambda name, args: Job(name, args, self.mailbox.post),
            patterns,
            _life_name,
            standing,
            _ways_back,
            _back_to,
        )
        return Toolbox(self.session, self.engine, self.feeder, self.mailbox, make, catalog)


def _ways_back(name: str, fingerprint: str) -> tuple[str, ...]:
    from dnnvis.lenses.activation_map import storage

    return storage.ways_back(storage.Named(name, fingerprint))


def _back_to(name: str, fingerprint: str, which: str) -> Path:
    from dnnvis.lenses.activation_map import storage

    return storage.back_to(storage.Named(name, fingerprint), which)


def _life_name(choice: TrainChoice) -> str:
    """The usual name of that network; raises BadInput where it cannot learn its task."""
    return name_of(
        LifeSetting(
            steps=choice.steps, game_steps=choice.game, autoencoder=choice.autoencoder,
            shared=choice.shared, cell=choice.cell, border=choice.border,
        )
    )  # fmt: skip


def make_parts(state: State, threads: int) -> Parts:
    """Sources and engine for ``state``, not started."""
    torch.set_num_threads(threads_for(threads))
    sys.setswitchinterval(HANDOVER)
    mailbox = Mailbox()

    def open_choice(choice: NetworkChoice) -> Any:
        from dnnvis.sources.pictures import read_picture

        network = open_network(**vars(choice))
        network.read = read_picture
        defaults = vars(NetworkChoice())
        wishes = {k: v for k, v in vars(choice).items() if v != defaults[k]}
        network.origin = {"net": choice.net, **wishes}
        return network

    def make_work(cancel: threading.Event) -> LiveWork:
        torch.set_num_threads(threads_for(threads))  # per thread where OpenMP counts so
        return LiveWork(open_choice, cancel, tell=lambda info: mailbox.post(INFO, info))

    engine = Engine(make_work, mailbox)
    feeder = Feeder(engine.see, lambda failure: mailbox.post_each("source", failure))
    return Parts(Session(state), mailbox, engine, feeder)


def make_window(parts: Parts, make_source: MakeSource | None = None) -> "Window":
    """The window around ``parts``, with the layout that their state keeps; not shown."""
    from dnnvis.app.shell.window import Window

    return Window(parts.toolbox(make_source))


def make_application(theme_name: str) -> "QApplication":
    """The one QApplication, in our colours."""
    from PyQt6.QtWidgets import QApplication

    from dnnvis.app.widgets import theme

    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("dnnvis")
    theme.apply(application, theme_name)
    return application


def run(options: Options, on_window: Callable[["Window"], None] | None = None) -> int:
    """Show the window until it is closed; the exit status. Raises BadInput for bad options."""
    place = user_data() / STATE_FILE
    state = first_state(options, place)
    parts = make_parts(state, options.threads)
    application = make_application(state.theme)
    window = make_window(parts)
    _report_uncaught(parts.mailbox)
    window.show_on_screen()
    window.toolbox.start()
    if on_window is not None:
        on_window(window)
    status = application.exec()
    sys.excepthook = sys.__excepthook__
    take_down(application, window)
    try:
        parts.session.save(place)
    except OSError as why:
        print(f"The window's state could not be kept in {place}: {why}", file=sys.stderr)
    return status


def take_down(application: "QApplication", window: "Window") -> None:
    """Delete the window while everything it draws with still lives; at the interpreter's end
    Qt's parts go in an order that can crash."""
    from PyQt6.QtCore import QEvent

    window.deleteLater()
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    application.processEvents()


def _report_uncaught(mailbox: Mailbox) -> None:
    """An exception in a Qt slot would abort the process; it becomes a line in Problems."""

    def hook(kind: Any, error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        traceback.print_exception(kind, error, trace)
        mailbox.post_each("problem", failure_of(error, "window"))

    sys.excepthook = hook
