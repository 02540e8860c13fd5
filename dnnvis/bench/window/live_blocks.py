"""Measure for ``dnnvis bench live --blocks`` the window with building blocks on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from dnnvis.app.runtime.frame_stats import EventLoopGaps
from dnnvis.app.widgets.panel import Panel
from dnnvis.bench.live import SCREEN_FPS
from dnnvis.bench.memory_source import demo_frames
from dnnvis.bench.window_session import WindowSession
from dnnvis.core.concepts.blocks import BuildingBlocks
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import BlocksChoice
from dnnvis.session.blocks import BLOCKS
from dnnvis.session.session import Session
from dnnvis.session.state import ExamplesChoice, State, Synthesis

MODEL = "net2-cifar10"
LAYER = "elu4"
GAP_SECONDS = 0.020  # that nobody notices
WARM_SECONDS = 3.0


@dataclass(frozen=True)
class LiveBlocksBenchConfig:
    """Say which network and layer are factored, and how long each is measured."""

    model: str = MODEL
    #: The layer whose groups are shown; None: ``LAYER`` of the default model.
    layer: str | None = None
    #: Number of groups.
    k: int = 6
    #: Whether the votes for a class are measured too.
    votes: bool = False
    #: Turns with and without.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 5.0
    #: Torch's threads, 0 = all cores but one.
    threads: int = 0


def measure(
    config: LiveBlocksBenchConfig, load: float, log: Callable[[str], None]
) -> dict[str, Any]:
    """Measure how many frames a second get their groups, and the window's gaps meanwhile.

    Args:
        config: The network, and what is measured.
        load: Cores that others keep busy, as measured before.
        log: Is given a line about each turn.

    Returns:
        ``blocks_fps``: frames a second whose groups reached the window; ``shown_fps`` painted with
        and without them; ``engine_ms``: the engine's processor time a frame, hardly disturbed by
        what else runs; ``gap_share_ok``: fraction of the time with gaps of at most 20 ms in the
        window's event loop, and without blocks; ``explained`` of the last frame.

    Raises:
        BadInput: The network cannot be opened, or the window does not come so far in time.
    """
    state = State(  # what grows or is looked up beside the live view is not measured here
        network=NetworkChoice(net=config.model),
        synthesis=Synthesis(shown=False, on_click=False),
        examples=ExamplesChoice(shown=False),
        unlocked=True,
    )
    session = WindowSession(state, demo_frames(), SCREEN_FPS, config.threads)
    try:
        figures = _Run(config, session).figures(log)
    finally:
        leftovers = session.close()
    return figures | leftovers | {"load": round(load, 3)}


class _GroupCounter(Panel):
    """A panel that nobody sees: it counts the frames whose groups arrive."""

    def __init__(self, session: Session, parent: Any) -> None:
        super().__init__(session, parent)
        self.hide()
        self.frames: set[int] = set()
        self.last: BuildingBlocks | None = None

    def on_message(self, key: str, value: Any) -> None:
        if key == BLOCKS and isinstance(value, BuildingBlocks) and value.count:
            self.frames.add(value.frame)
            self.last = value


class _Run:
    def __init__(self, config: LiveBlocksBenchConfig, session: WindowSession) -> None:
        self.config, self.session, self.window = config, session, session.window
        self.counter = _GroupCounter(session.window.session, session.window)
        self.window.panels.append(self.counter)

    def figures(self, log: Callable[[str], None]) -> dict[str, Any]:
        config, session = self.config, self.session
        layer = config.layer or LAYER
        session.window.session.update(layer=layer, unit=Unit(layer, 0))
        self._show(True)
        session.wait_until(lambda: bool(self.counter.frames), 120)  # scikit-learn is imported once
        session.spin(WARM_SECONDS)
        with_blocks, without, grouped, gaps, gaps_without = [], [], [], [], []
        costs: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(config.pairs):
            self._show(False)
            (rate, _, cost), meter = self._measure_with_gaps()
            without.append(rate)
            costs[False].append(cost)
            gaps_without.append(meter.fraction_below(GAP_SECONDS))
            self._show(True)
            (rate, groups, cost), meter = self._measure_with_gaps()
            costs[True].append(cost)
            with_blocks.append(rate)
            grouped.append(groups)
            gaps.append((meter.fraction_below(GAP_SECONDS), max(meter.gaps)))
            log(
                f"  groups of {groups:.1f} frames/s, {rate:.1f} painted with, {without[-1]:.1f} "
                f"without; gaps up to 20 ms {100 * gaps[-1][0]:.2f} % of the time, "
                f"{100 * gaps_without[-1]:.2f} % without; engine "
                f"{costs[True][-1]:.1f} and {costs[False][-1]:.1f} ms of processor time a frame"
            )
        last = self.counter.last
        explained = last.explained if last is not None else 0.0
        return {
            "model": config.model,
            "layer": layer,
            "k": config.k,
            "blocks_fps": round(median(grouped), 2),
            "shown_fps": round(median(with_blocks), 2),
            "shown_fps_without": round(median(without), 2),
            "gap_share_ok": round(median(share for share, _ in gaps), 4),
            "gap_share_ok_without": round(median(gaps_without), 4),
            "gap_max_ms": round(1000 * max(largest for _, largest in gaps), 1),
            "engine_ms": round(median(costs[True]), 2),
            "engine_ms_without": round(median(costs[False]), 2),
            "explained": round(explained, 3),
            "threads": session.threads,
        }

    def _show(self, shown: bool) -> None:
        choice = BlocksChoice(shown=shown, k=self.config.k, votes=self.config.votes)
        self.window.session.update(blocks=choice)

    def _measure_with_gaps(self) -> tuple[tuple[float, float, float], EventLoopGaps]:
        """Return ``_measure_rate``, and the gaps of the event loop meanwhile."""
        meter = EventLoopGaps(self.window)
        meter.start()
        try:
            return self._measure_rate(), meter
        finally:
            meter.stop()

    def _measure_rate(self) -> tuple[float, float, float]:
        """Return the frames painted, and those whose groups arrived, per second, and their cost.

        That is the processor time of the engine's thread in ms a frame: with whatever grows
        between the frames, and hardly disturbed by what else runs on the machine.
        """
        session, stats = self.session, self.window.frame_stats
        session.spin(0.5)
        painted, groups = stats.count, len(self.counter.frames)
        start, processor = time.perf_counter(), session.engine_seconds()
        session.spin(self.config.seconds)
        seconds = time.perf_counter() - start
        shown = stats.count - painted
        cost = 1000 * (session.engine_seconds() - processor) / max(shown, 1)
        return shown / seconds, (len(self.counter.frames) - groups) / seconds, cost
