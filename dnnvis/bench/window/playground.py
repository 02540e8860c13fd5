"""Measure for ``dnnvis bench playground`` a network that learns in the window, and bare."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import torch

from dnnvis.app.runtime.frame_stats import EventLoopGaps
from dnnvis.bench.window_session import WindowSession
from dnnvis.core.frame import Frame
from dnnvis.core.learning.plane import plane_pixels
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import PlaygroundChoice
from dnnvis.session.learning.playground import open_playground
from dnnvis.session.state import SourceChoice, State
from dnnvis.sources.plane.source import load_plane_data
from dnnvis.training.plane_run import open_plane_network
from dnnvis.training.plane_task import PlaneSetting, PlaneTrainer

MODEL, DATA = "mlp-2d:64-64", "circle"
START_FPS = 30.0  # frames a second until the window is there
SCREEN_FPS = 30.0  # asked
MIN_STEP_RATIO = 0.5  # asked
GAP_SECONDS, MIN_GAP_FRACTION = 0.020, 0.99  # asked
START_SECONDS = 60.0
STEPS_AT_ONCE = 50  # of the bare loop, between two looks at the clock
WARM_SECONDS = 2.0


@dataclass(frozen=True)
class PlaygroundBenchConfig:
    """Say which network learns, and how long each is measured."""

    model: str = MODEL
    #: Name of the points.
    data: str = DATA
    #: Turns of the bare loop and of the window.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 5.0
    #: Torch's threads of the window, 0 = all cores but one.
    threads: int = 0


def measure(
    config: PlaygroundBenchConfig, load: float, log: Callable[[str], None]
) -> dict[str, Any]:
    """Measure steps a second of a training in the window and of the same in a bare loop, in turns.

    Args:
        config: The network, and what is measured.
        load: Cores that others keep busy, as measured before.
        log: Is given a line about each turn.

    Returns:
        ``steps`` and ``bare_steps`` a second, their ``step_ratio``; ``shown_fps``: pictures of the
        whole graph painted a second, each of other weights; ``gap_share_ok``: fraction of the time
        in gaps of at most 20 ms of the window's event loop. JSON can hold them.

    Raises:
        BadInput: The window or its training does not come so far in time.
    """
    state = State(
        network=NetworkChoice(net=config.model),
        source=SourceChoice(kind="plane", path=config.data),
    )
    frames = [Frame(plane_pixels(), source="plane")]
    session = WindowSession(state, frames, START_FPS, config.threads)
    try:
        figures = _Run(config, session).figures(log)
    finally:
        leftovers = session.close()
    return figures | leftovers | {"load": round(load, 3)}


class _Run:
    def __init__(self, config: PlaygroundBenchConfig, session: WindowSession) -> None:
        self.config, self.session = config, session
        self.panel = session.window.playground
        self.drawn = 0
        self.panel.graph.drawn.connect(self._count)
        points = load_plane_data(config.data)
        self.trainer = PlaneTrainer(open_plane_network(config.model, 0), points, PlaneSetting())

    def _count(self) -> None:
        self.drawn += 1

    def figures(self, log: Callable[[str], None]) -> dict[str, Any]:
        session, config = self.session, self.config
        shared = session.window.session
        shared.update(frozen=True)  # frames come from the training alone
        opened = open_playground(shared.state)
        shared.update(**opened | {"playground": replace(PlaygroundChoice(), shown=True)})
        session.wait_until(lambda: len(self.panel.status.moments) > 0, START_SECONDS)
        self.panel.learning.play(True)
        session.spin(WARM_SECONDS)
        rows = []
        for _ in range(config.pairs):
            self._hold()
            bare = self._run_bare()
            row = (bare, *self._run_window())
            rows.append(row)
            log(
                f"  {row[1]:,.0f} steps/s, bare {bare:,.0f}; {row[2]:.1f} pictures/s; "
                f"gaps up to 20 ms {row[3]:.2%} of the time, longest {1e3 * row[4]:.0f} ms"
            )
        bares, steps, shown, shares, longest = zip(*rows, strict=True)
        ratios = [step / bare for step, bare in zip(steps, bares, strict=True)]
        return {
            "model": config.model,
            "data": config.data,
            "steps": round(median(steps)),
            "bare_steps": round(median(bares)),
            "step_ratio": round(median(ratios), 3),
            "step_ratio_asked": f">= {MIN_STEP_RATIO}",
            "shown_fps": round(median(shown), 1),
            "shown_fps_asked": f"{SCREEN_FPS:g}",
            "gap_share_ok": round(median(shares), 4),
            "gap_share_asked": f">= {MIN_GAP_FRACTION}",
            "gap_max_ms": round(1e3 * max(longest), 1),
            "threads": session.threads,
            "platform": session.application.platformName(),
        }

    def _hold(self) -> None:
        self.panel.learning.play(False)
        self.session.wait_until(lambda: not self.panel.status.is_playing, START_SECONDS)
        self.session.spin(0.3)

    def _run_bare(self) -> float:
        """Return the steps a second of the bare loop, on one thread as the training's."""
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            start, first = time.perf_counter(), self.trainer.step_count
            while time.perf_counter() - start < self.config.seconds:
                for _ in range(STEPS_AT_ONCE):
                    self.trainer.take_step()
            return (self.trainer.step_count - first) / (time.perf_counter() - start)
        finally:
            torch.set_num_threads(threads)

    def _run_window(self) -> tuple[float, float, float, float]:
        """Return steps and pictures a second, the share of short gaps, and the longest gap."""
        session, panel = self.session, self.panel
        panel.learning.play(True)
        session.wait_until(lambda: panel.status.is_playing, START_SECONDS)
        session.spin(0.5)
        meter = EventLoopGaps(session.window)
        first, drawn, start = panel.learning.status.step, self.drawn, time.perf_counter()
        meter.start()
        session.spin(self.config.seconds)
        meter.stop()
        seconds = time.perf_counter() - start
        steps = (panel.learning.status.step - first) / seconds
        shown = (self.drawn - drawn) / seconds
        return steps, shown, meter.fraction_below(GAP_SECONDS), max(meter.gaps)
