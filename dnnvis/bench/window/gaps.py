"""Measure for ``dnnvis bench gaps`` how long the window's event loop is held up under load.

Each situation is a process of its own, because the scale of a screen is fixed when Qt starts. A
bare loop, with the same timer and no window, is measured in it first: beside the same jobs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args

from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.state.generators import fork_generators
from dnnvis.session.state import State, Synthesis

Case = Literal["live", "jobs", "mosaic", "scale"]
CASES: tuple[Case, ...] = get_args(Case)
MAX_GAP_SECONDS = 0.020  # seconds, of a gap that nobody feels
MIN_GAP_FRACTION = 0.99  # asked
CAMERA_FPS = 30.0  # frames a second
SCALE = 1.5  # device pixels per logical pixel, where that is measured
MOSAIC_SIDE, MOSAIC_MAPS = 56, 4096  # of the large mosaic
JOB_PICTURES = 1200  # that are scanned, and that a map is fitted on
ASCENT_STEPS = 10_000  # more than are made while it is measured
START_TIMEOUT_SECONDS = 180.0
PROGRAM = "from dnnvis.bench.window.gaps import print_case; print_case()"


@dataclass(frozen=True)
class GapsBenchConfig:
    """Say in which situations gaps are measured, and how long."""

    #: The network on show, scanned and fitted.
    model: str
    #: Text of the unit that an ascent is for.
    unit: str
    cases: tuple[Case, ...] = CASES
    #: Seconds of each measurement.
    seconds: float = 20.0
    #: Torch's threads of the window, 0 = all cores but one.
    threads: int = 0


class MosaicNetwork(nn.Module):
    """Return 4,096 maps of 56 x 56, each a mixture of a picture's colors; then class scores."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, MOSAIC_MAPS, 1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Conv2d(MOSAIC_MAPS, 10, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Compute scores (B, 10) of pictures (B, 3, 56, 56)."""
        scores: Tensor = self.head(self.pool(self.mix(x))).flatten(1)
        return scores


def build_mosaic_network() -> nn.Module:
    """Build the network of the large mosaic, with seeded weights."""
    with fork_generators(0):
        return MosaicNetwork()


def measure(config: GapsBenchConfig, log: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Measure each situation in a process of its own.

    ``share``: the share of wall time in gaps of the event loop of at most 20 ms, ``longest_ms`` the
    longest gap; ``bare_...``: of a loop without a window, in the same process and beside the same
    jobs. ``fps`` are the frames painted meanwhile, ``steps`` those of the ascent.

    Args:
        config: The situations.
        log: Is given a line about each result.

    Yields:
        The figures of a situation, JSON can hold them.

    Raises:
        BadInput: The window of a situation could not be opened.
    """
    for case in config.cases:
        environment = os.environ | ({"QT_SCALE_FACTOR": f"{SCALE:g}"} if case == "scale" else {})
        arguments = json.dumps({**asdict(config), "cases": [case]})
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, arguments],
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["it ended without a sentence"]
            raise BadInput(f"The window could not be measured ({case}): {lines[-1]}")
        figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        log(
            f"{case}: {figures['share']:.2%} of the time in gaps <= 20 ms, longest "
            f"{figures['longest_ms']} ms (bare loop {figures['bare_share']:.2%}, "
            f"{figures['bare_longest_ms']} ms), {figures['fps']}/s"
        )
        yield figures


def print_case() -> None:
    """Print the figures of the situation in ``sys.argv[1]`` as a line of JSON."""
    values = json.loads(sys.argv[1])
    print(json.dumps(run_case(GapsBenchConfig(**{**values, "cases": tuple(values["cases"])}))))


def run_case(config: GapsBenchConfig) -> dict[str, Any]:
    """Measure the one situation of ``config`` in this process; see ``measure``."""
    from dnnvis.bench.memory_source import demo_frames
    from dnnvis.bench.window_session import WindowSession, use_data_folder

    (case,) = config.cases
    run_jobs = _run_jobs if case == "jobs" else _run_no_jobs
    with (
        TemporaryDirectory() as folder,
        use_data_folder(Path(folder)),
        _open_loop() as bare_loop,
        run_jobs(config, Path(folder)) as count_jobs,
    ):
        bare = bare_loop(config.seconds)
        session = WindowSession(choose_state(config), demo_frames(), CAMERA_FPS, config.threads)
        try:
            figures = _measure_window(session, config.seconds)
            jobs = count_jobs()
        finally:
            leftovers = session.close()
    return {
        "case": case,
        "model": config.model if case != "mosaic" else f"{MOSAIC_MAPS} maps of {MOSAIC_SIDE}",
        **figures,
        "asked": f">= {MIN_GAP_FRACTION}",
        "bare_share": bare["share"],
        "bare_longest_ms": bare["longest_ms"],
        "jobs": jobs,
        "scale": SCALE if case == "scale" else 1.0,
        "threads": session.threads,
        "cores": os.cpu_count(),
        "platform": session.application.platformName(),
        **leftovers,
    }


def choose_state(config: GapsBenchConfig) -> State:
    """Return what the window shows in the one situation of ``config``."""
    (case,) = config.cases
    if case == "mosaic":
        choice = NetworkChoice(
            net="dnnvis.bench.window.gaps:build_mosaic_network",
            size=(MOSAIC_SIDE,) * 2,
            trust_code=True,
        )
        return State(network=choice, layer="mix", synthesis=Synthesis(shown=False, on_click=False))
    layer = config.unit.partition("[")[0]
    grows = case == "jobs"
    synthesis = Synthesis(
        shown=grows,
        on_click=False,
        goal=config.unit if grows else "",
        params=(("steps", ASCENT_STEPS),) if grows else (),
    )
    return State(network=NetworkChoice(net=config.model), layer=layer, synthesis=synthesis)


def _measure_window(session: Any, seconds: float) -> dict[str, Any]:
    """Measure the gaps of a window that has been alive for three seconds, and what it did."""
    window = session.window
    steps: list[int] = []
    window.synthesis.view.painted.connect(
        lambda: steps.append(getattr(window.synthesis.shown_result, "step", 0))
    )
    session.spin(3.0)
    count, first = window.frame_stats.count, steps[-1] if steps else 0
    figures = _measure_gaps(window, session.spin, seconds)
    return {
        **figures,
        "fps": round((window.frame_stats.count - count) / seconds, 2),
        "steps": (steps[-1] if steps else 0) - first,
    }


def _measure_gaps(parent: Any, spin: Callable[[float], None], seconds: float) -> dict[str, float]:
    from dnnvis.app.runtime.frame_stats import EventLoopGaps

    meter = EventLoopGaps(parent)
    meter.start()
    spin(seconds)
    meter.stop()
    return {
        "share": round(meter.fraction_below(MAX_GAP_SECONDS), 4),
        "longest_ms": round(1e3 * max(meter.gaps), 1),
    }


@contextmanager
def _open_loop() -> Iterator[Callable[[float], dict[str, float]]]:
    """Give a function that measures the gaps of a loop in which nothing happens but the timer."""
    from dnnvis.app.main import create_application
    from dnnvis.app.runtime.frame_stats import run_event_loop

    application = create_application("dark")
    yield lambda seconds: _measure_gaps(application, run_event_loop, seconds)


@contextmanager
def _run_no_jobs(config: GapsBenchConfig, folder: Path) -> Iterator[Callable[[], int]]:
    yield lambda: 0


@contextmanager
def _run_jobs(config: GapsBenchConfig, folder: Path) -> Iterator[Callable[[], int]]:
    """Scan and fit a map beside this process, as the window does; give how many still run."""
    from dnnvis.bench.scan import make_pictures
    from dnnvis.jobs.child_process import Job

    pictures = make_pictures(folder / "pictures", JOB_PICTURES)
    data = ("--data", str(pictures))
    jobs = [
        Job("scan", ["scan", config.model, *data]),
        Job("map", ["fit-map", config.model, *data]),
    ]
    try:
        for job in jobs:
            job.start()
        yield lambda: sum(not job.state.finished for job in jobs)
    finally:
        for job in jobs:
            job.close()
