"""Measure for ``dnnvis bench window`` what the window shows, in every mode and size."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from dnnvis.bench.window_session import use_data_folder
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.modes import enter_mode
from dnnvis.session.state import MODES, Mode, SourceChoice, State

if TYPE_CHECKING:
    from dnnvis.app.main import AppRuntime
    from dnnvis.app.shell.window import Window

SIZES = ((1600, 1000), (1280, 800))
SMALLEST = (1024, 640)
PRESENTING = (1920, 1080)
LARGEST_LETTERS_STEP = 100  # points: more than there are
SETTLE_SECONDS = 2.0
OPEN_SECONDS = 90.0


@dataclass(frozen=True)
class WindowBenchConfig:
    """What is looked at."""

    #: The network of Explore and Synthesis, and a layer and unit of it.
    network: str = "squeezenet-imagenet"
    layer: str = "features.12.expand3x3_activation"
    channel: int = 20
    #: A folder of pictures; None for the demo.
    data: Path | None = None
    #: Where a picture of every mode, size and theme is written; None: nowhere.
    pictures: Path | None = None
    #: Seconds for which the window lives in each mode.
    seconds: float = 6.0
    #: Whether the first launches on several screens are measured.
    launches: bool = True


def measure(config: WindowBenchConfig, log: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Yield the figures of each mode and size, then those of the first launches."""
    with TemporaryDirectory() as folder, use_data_folder(Path(folder)):
        if config.data is not None:
            scan_pictures(config.network, config.data)
        for theme in ("dark", "light") if config.pictures is not None else ("dark",):
            for mode in MODES:
                yield from _measure_mode(config, mode, theme, log)
    if config.launches:
        from dnnvis.bench.window.launch import measure_launches

        rows = measure_launches()
        inside = sum(row["inside"] for row in rows)
        log(f"first launch inside of the screen: {inside} of {len(rows)}")
        yield {"first_launch_inside": inside, "first_launches": len(rows), "rows": rows}


def scan_pictures(network: str, data: Path) -> None:
    """Put the top examples of a folder into the library, so that their card shows some."""
    command = [sys.executable, "-m", "dnnvis", "scan", network, "--data", str(data)]
    subprocess.run(command, check=True, capture_output=True)


def _choose_state(config: WindowBenchConfig, mode: Mode, theme: str) -> State:
    """Return a state with something to show in the mode: a map and steps need their networks."""
    pictures = SourceChoice(kind="pictures", path=str(config.data)) if config.data else None
    source = pictures or SourceChoice()
    state = State(theme="light" if theme == "light" else "dark")
    if mode == "time":
        state = replace(state, network=NetworkChoice("life-3"), source=SourceChoice(kind="life"))
    elif mode == "map":
        state = replace(state, network=NetworkChoice("net1-mnist"), source=source)
    else:
        state = replace(state, network=NetworkChoice(config.network), source=source)
    return replace(state, **enter_mode(state, mode))


def _measure_mode(
    config: WindowBenchConfig, mode: Mode, theme: str, log: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    from dnnvis.app.main import create_application, create_runtime, create_window, delete_window
    from dnnvis.app.window_survey import survey_window

    state = _choose_state(config, mode, theme)
    application = create_application(theme)
    runtime = create_runtime(state, 1)
    window = create_window(runtime)
    window.resize(*SIZES[0])
    window.show()
    window.backend.start()
    _open(config, mode, runtime, window)
    minimum = window.minimumSizeHint()
    for size in SIZES:
        window.resize(*size)
        _spin(SETTLE_SECONDS)
        figures = {"mode": mode, "theme": theme, **asdict(survey_window(window))}
        figures["control_count"] = len(figures["controls"])
        figures["minimum"] = [minimum.width(), minimum.height()]
        figures["smallest_fits"] = (
            minimum.width() <= SMALLEST[0] and minimum.height() <= SMALLEST[1]
        )
        figures["enlarge_ms"] = measure_enlarging(window)
        if config.pictures is not None:
            config.pictures.mkdir(parents=True, exist_ok=True)
            window.grab().save(str(config.pictures / f"{mode}-{size[0]}-{theme}.png"))
        log(
            f"{mode:>9} {size[0]} x {size[1]} {theme}: pictures {figures['pictures']:.0%}, "
            f"unit {figures['evidence']:.0%}, {figures['control_count']} controls, "
            f"{len(figures['cut_off'])} texts cut off, enlarged in "
            f"{max(figures['enlarge_ms'].values()):.0f} ms"
        )
        yield figures
    if theme == "dark":
        yield _measure_presenting(config, mode, window, log)
    window.close()
    delete_window(application, window)


def measure_enlarging(window: "Window") -> dict[str, float]:
    """Return how long each card takes to be enlarged and painted, in milliseconds.

    The window is as it was afterwards.
    """
    durations = {}
    for name in window.page.plan.boxes:
        start = time.perf_counter()
        window.page.toggle_enlarged(name)
        window.page.repaint()
        durations[name] = round((time.perf_counter() - start) * 1000, 1)
        window.page.put_back()
        window.page.repaint()
    return durations


def _measure_presenting(
    config: WindowBenchConfig, mode: Mode, window: "Window", log: Callable[[str], None]
) -> dict[str, Any]:
    """Measure the window as it is shown to many: without bars, with the largest letters."""
    from dnnvis.app.window_survey import survey_window

    window.show_bars(False)
    window.scale_letters(LARGEST_LETTERS_STEP)
    window.resize(*PRESENTING)
    _spin(SETTLE_SECONDS)
    survey = survey_window(window)
    if config.pictures is not None:
        window.grab().save(str(config.pictures / f"{mode}-{PRESENTING[0]}-presenting.png"))
    window.scale_letters(0)
    log(
        f"{mode:>9} {survey.size[0]} x {survey.size[1]} presenting: smallest letters "
        f"{survey.smallest_points} points, {len(survey.cut_off)} texts cut off"
    )
    return {"mode": mode, "presenting": True, **asdict(survey)}


def _open(config: WindowBenchConfig, mode: Mode, runtime: "AppRuntime", window: "Window") -> None:
    """Let the network open, select a unit, and wait until its cards are filled."""
    deadline = time.perf_counter() + OPEN_SECONDS
    while window.backend.info is None and time.perf_counter() < deadline:
        _spin(0.1)
    if mode in ("explore", "synthesis"):
        runtime.session.select(Unit(config.layer, config.channel))
    _spin(config.seconds)


def _spin(seconds: float) -> None:
    from dnnvis.app.runtime.frame_stats import run_event_loop  # Qt, which must come after torch

    run_event_loop(seconds)
