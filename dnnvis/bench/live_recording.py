"""Measure for ``dnnvis bench live --ring`` and ``--record`` what keeping frames costs, in turns."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from dnnvis.bench.live import SCREEN_FPS, find_widest_layer
from dnnvis.bench.memory_source import demo_frames
from dnnvis.bench.window_session import WindowSession
from dnnvis.core.messages import Live
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import RecordingChoice
from dnnvis.session.state import ExamplesChoice, State, Synthesis

NOTHING = RecordingChoice(ring_mb=0)


@dataclass(frozen=True)
class LiveRecordingBenchConfig:
    """Say which network is shown, what is kept, and how long each is measured."""

    model: str
    #: The layer on show; None = the one with most maps.
    layer: str | None = None
    #: Whether frames are recorded on disk; else they are kept in memory alone.
    record: bool = False
    #: Turns with and without.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 5.0
    #: Torch's threads, 0 = all cores but one.
    threads: int = 0


def measure(
    config: LiveRecordingBenchConfig, load: float, log: Callable[[str], None]
) -> dict[str, Any]:
    """Measure the live rate with frames kept, over that without; JSON can hold the figures.

    Args:
        config: The network, and what is kept.
        load: Cores that others keep busy, as measured before.
        log: Is given a line about each pair of turns.

    Returns:
        ``ratio`` (of frames painted per second), ``processor_ratio`` (processor time of a frame of
        the whole process, without / with), ``added_ms`` (processor time that keeping a frame takes
        on the engine's and the writer's threads; hardly disturbed by what else runs),
        ``added_ratio`` (of a frame without, to one with that), the budget and how much of it was
        used at most, and of a recording its frames, those left out, and its size.

    Raises:
        BadInput: The network cannot be opened, or the window does not come so far in time.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        session = WindowSession(_first_state(config), demo_frames(), SCREEN_FPS, config.threads)
        run = _Run(config, session, folder)
        try:
            figures = run.figures(log)
        finally:
            leftovers = session.close()
    return figures | leftovers | {"load": round(load, 3)}


def _first_state(config: LiveRecordingBenchConfig) -> State:
    return State(  # what grows or is looked up beside the live view is not measured here
        network=NetworkChoice(net=config.model),
        synthesis=Synthesis(shown=False, on_click=False),
        examples=ExamplesChoice(shown=False),
        recording=NOTHING,
        unlocked=True,
    )


class _Run:
    def __init__(
        self, config: LiveRecordingBenchConfig, session: WindowSession, folder: Path
    ) -> None:
        self.config, self.session, self.folder = config, session, folder
        self.backend, self.recorder = session.window.backend, session.window.backend.recorder
        self.max_size = self.taken = 0
        self.added_seconds = 0.0  # of processor time, for all frames that were kept
        session.parts.engine.listener = self._take
        self.recordings: list[Any] = []

    def figures(self, log: Callable[[str], None]) -> dict[str, Any]:
        config, session = self.config, self.session
        layer = config.layer or find_widest_layer(session.info)
        session.window.session.update(layer=layer, unit=Unit(layer, 0))
        rates: dict[bool, list[float]] = {True: [], False: []}
        costs: dict[bool, list[float]] = {True: [], False: []}
        for pair in range(config.pairs):
            for keeps in (False, True) if pair % 2 == 0 else (True, False):
                rate, cost = self._measure(keeps, pair)
                rates[keeps].append(rate)
                costs[keeps].append(cost)
            log(
                f"  {rates[True][-1]:.2f}/s with, {rates[False][-1]:.2f}/s without; processor "
                f"{costs[True][-1] * 1000:.2f} and {costs[False][-1] * 1000:.2f} ms a frame"
            )
        ratios = [a / b for a, b in zip(rates[True], rates[False], strict=True)]
        processor = [b / a for a, b in zip(costs[True], costs[False], strict=True)]
        budget = RecordingChoice().ring_mb * 1_000_000
        added, cost = self.added_seconds / max(self.taken, 1), median(costs[False])
        return {
            "model": config.model,
            "kept": "record" if config.record else "ring",
            "layer": layer,
            "shown_fps": round(median(rates[True]), 2),
            "shown_fps_without": round(median(rates[False]), 2),
            "ratio": round(median(ratios), 3),
            "processor_ratio": round(median(processor), 3),
            "added_ms": round(added * 1000, 3),
            "added_ratio": round(cost / (cost + added), 4),
            "ring_budget_mb": budget / 1e6,
            "ring_max_mb": round(self.max_size / 1e6, 2),
            "recorded_frames": sum(each.frames for each in self.recordings),
            "recorded_dropped": sum(each.dropped for each in self.recordings),
            "recorded_mb": round(sum(each.size for each in self.recordings) / 1e6, 1),
        }

    def _has_ended(self) -> bool:
        status = self.recorder.status
        return status is not None and bool(status.ended)

    def _take(self, live: Live) -> None:
        """Keep a frame as the window does, and count what that costs the engine."""
        start = time.thread_time()
        self.recorder.take(live)
        if self.recorder.ring.max_bytes:
            self.added_seconds += time.thread_time() - start
            self.taken += 1

    def _measure(self, keeps: bool, pair: int) -> tuple[float, float]:
        """Return the frames painted per second, and the processor time of each."""
        session = self.session
        choice = RecordingChoice() if keeps else NOTHING
        session.window.session.update(recording=choice)
        path = self.folder / f"{pair}.dnnrec"
        if keeps and self.config.record:
            self.backend.start_recording(path)
        session.spin(0.5)
        stats = session.window.frame_stats
        count, start, processor = stats.count, time.perf_counter(), time.process_time()
        deadline = start + self.config.seconds
        while time.perf_counter() < deadline:
            session.spin(min(0.5, self.config.seconds))
            self.max_size = max(self.max_size, self.recorder.ring.status.size)
        shown = max(stats.count - count, 1)
        rate = shown / (time.perf_counter() - start)
        cost = (time.process_time() - processor) / shown
        if keeps and self.config.record:
            self.added_seconds += _read_writer_seconds()
            self.backend.stop_recording()
            session.wait_until(self._has_ended, 30)
            self.recordings.append(self.recorder.status)
            os.unlink(path)
        return rate, cost


def _read_writer_seconds() -> float:
    """Return the processor time of the thread that records; 0 where nobody knows it."""
    clock_of = getattr(time, "pthread_getcpuclockid", None)
    writers = [each for each in threading.enumerate() if each.name == "dnnvis-recording"]
    if clock_of is None or not writers:
        return 0.0
    return float(time.clock_gettime(clock_of(writers[-1].ident)))
