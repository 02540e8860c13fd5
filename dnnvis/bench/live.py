"""Measure for ``dnnvis bench live`` the whole window against bare torch, in turns."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, TypeVar, cast

import torch

from dnnvis.bench import baseline
from dnnvis.bench.memory_source import demo_frames
from dnnvis.bench.system_load import resident_mb
from dnnvis.bench.window_session import WindowSession
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.lenses.catalog import get_lens
from dnnvis.session.state import ExamplesChoice, LensPanel, PanelLens, State, Synthesis
from dnnvis.zoo.catalog import open_network

T = TypeVar("T")

SCREEN_FPS = 60.0  # frames a second beyond which nobody sees a difference
CAMERA_FPS = 30.0


@dataclass(frozen=True)
class LiveBenchConfig:
    """Say which network and lenses are shown, and how long each is measured."""

    model: str
    #: The layer shown, None = the one with most maps.
    layer: str | None = None
    #: The lenses of the panels.
    lenses: tuple[str, ...] = ("deconvnet", "guided", "gradient")
    #: Turns for window and reference.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 5.0
    #: Torch's threads, 0 = all cores but one.
    threads: int = 0
    #: Until which frame the memory is followed, 0 = not at all.
    frames: int = 0
    #: Whether what nobody looks at runs fused.
    fused: bool = False


def measure(config: LiveBenchConfig, load: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure one network's figures; the keys are those of the README's table.

    Args:
        config: The network, and what is measured.
        load: Cores that others keep busy, as measured before.
        log: Is given a line about each result.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: The network cannot be opened, or the window does not come so far in time.
    """
    run = _Run(config)
    try:
        figures = run.figures(log)
    finally:
        leftovers = run.window_session.close()
    return figures | leftovers | {"load": round(load, 3)}


class _Run:
    """Hold a window, and the same network beside it, bare."""

    def __init__(self, config: LiveBenchConfig) -> None:
        self.config = config
        self.baseline = open_network(config.model)  # what is wrong with the wish is told here
        if config.layer is not None:
            self.baseline.layer(config.layer)
        for name in config.lenses:
            get_lens(name)
        panels = {
            f"lens{k}": LensPanel(cast(PanelLens, name), shown=False)  # any lens is timed
            for k, name in enumerate(config.lenses, 1)
        }
        state = State(  # what grows or is looked up beside the live view is not measured here
            network=NetworkChoice(net=config.model),
            panels=panels,
            synthesis=Synthesis(shown=False, on_click=False),
            examples=ExamplesChoice(shown=False),
            fused=config.fused,
            unlocked=True,  # a mode's cards show all lenses, which are timed on their own
        )
        self.window_session = WindowSession(state, demo_frames(), SCREEN_FPS, config.threads)
        self.window, self.parts = self.window_session.window, self.window_session.parts
        self.frames, self.threads = self.window_session.frames, self.window_session.threads
        self._engine_seconds = 0.0  # of processor time, of a frame in the latest turn
        self.format = baseline.select_faster_format(self.baseline, self.frames)

    def figures(self, log: Callable[[str], None]) -> dict[str, Any]:
        layer = self.config.layer or find_widest_layer(self.window_session.info)
        self.window.session.update(layer=layer, unit=Unit(layer, 0))
        log(f"{self.config.model}: layer {layer}, {self.threads} threads, bare in {self.format}")
        if self.config.fused:
            self.window_session.wait_until(self._knows_passes, 60)
            live = self.window.backend.live
            log(f"  {live.fused if live is not None else ''}")
        shown, reference, processor_ratio = self._measure_live(log)
        all_cores = self._measure_baseline_on_all_cores()
        age = self._measure_age()
        log(f"  age {age * 1000:.1f} ms")
        backward_turn, passes = self._measure_backward(log)
        gaps = self._measure_event_loop_gaps()
        growth = self._measure_memory_growth(log) if self.config.frames else None
        forward = 1 / reference
        return {
            "model": self.config.model,
            "threads": self.threads,
            "shown_fps": round(shown, 2),
            "bare_fps": round(reference, 2),
            "bare_fps_all_cores": round(all_cores, 2),
            "live_ratio": round(shown / min(reference, SCREEN_FPS), 3),
            "live_processor_ratio": round(processor_ratio, 3),
            "fused": self.config.fused,
            "backward_turn_ms": round(backward_turn * 1000, 2),
            "backward_bare_ms": round(passes * 1000, 2),
            "backward_ratio": round(backward_turn / passes, 3),
            "gap_share_ok": round(gaps[0], 4),
            "gap_max_ms": round(gaps[1] * 1000, 1),
            "age_ms": round(age * 1000, 1),
            "age_ratio": round(age / (1.5 * forward + 0.020), 3),
            "rss_growth_mb": growth if growth is None else round(growth, 1),
            "layer": layer,
            "format": self.format,
            "platform": self.window_session.application.platformName(),
        }

    def _measure_live(self, log: Callable[[str], None]) -> tuple[float, float, float]:
        """Measure rates, and the processor time of a bare frame / of one in the engine."""
        shown, reference, ratios = [], [], []
        for _ in range(self.config.pairs):
            shown.append(self._measure_shown_rate())
            rate, seconds = self._run_while_resting(self._measure_baseline)
            reference.append(rate)
            ratios.append(seconds / self._engine_seconds if self._engine_seconds else 0.0)
            log(
                f"  shown {shown[-1]:.2f}/s, bare {rate:.2f}/s; "
                f"processor time {ratios[-1]:.3f} of the bare rate"
            )
        return median(shown), median(reference), median(ratios)

    def _measure_baseline(self) -> tuple[float, float]:
        """Return the bare rate, and the seconds of processor time of one frame."""
        start, processor_start = time.perf_counter(), time.thread_time()
        rate = baseline.measure_rate(self.baseline, self.frames, self._seconds)
        count = rate * (time.perf_counter() - start)
        return rate, (time.thread_time() - processor_start) / count

    def _knows_passes(self) -> bool:
        live = self.window.backend.live
        return live is not None and bool(live.fused)

    @property
    def _seconds(self) -> float:
        return self.config.seconds

    def _measure_shown_rate(self) -> float:
        self.window_session.spin(0.5)
        count, start = self.window.frame_stats.count, time.perf_counter()
        processor_start = self.window_session.engine_seconds()
        self.window_session.spin(self._seconds)
        shown = self.window.frame_stats.count - count
        used = self.window_session.engine_seconds() - processor_start
        self._engine_seconds = used / max(shown, 1)
        return shown / (time.perf_counter() - start)

    def _measure_baseline_on_all_cores(self) -> float:
        import os

        def run() -> float:
            torch.set_num_threads(os.cpu_count() or 1)
            try:
                return baseline.measure_rate(self.baseline, self.frames, self._seconds)
            finally:
                torch.set_num_threads(self.threads)

        return self._run_while_resting(run)

    def _measure_age(self) -> float:
        self.window_session.restart_source(CAMERA_FPS)
        self.window_session.spin(1.0)
        self.window.frame_stats.painted.clear()
        self.window_session.spin(self._seconds)
        ages = [age for _, age in self.window.frame_stats.painted]
        self.window_session.restart_source(SCREEN_FPS)
        return median(ages) if ages else float("inf")

    def _measure_backward(self, log: Callable[[str], None]) -> tuple[float, float]:
        unit = Unit(baseline.find_middle_convolution(self.baseline), 0)
        self._show_lenses(unit)
        turns, passes = [], []
        for _ in range(self.config.pairs):
            self.window_session.spin(0.5)
            self.parts.engine.turns.clear()
            self.window_session.spin(self._seconds)
            turns.append(median(self.parts.engine.turns))
            passes.append(
                self._run_while_resting(
                    lambda: baseline.measure_backward_seconds(
                        self.baseline, self.frames, self._seconds
                    )
                )
            )
            log(f"  turn {turns[-1] * 1000:.1f} ms, bare {passes[-1] * 1000:.1f} ms")
        return median(turns), median(passes)

    def _measure_event_loop_gaps(self) -> tuple[float, float]:
        from dnnvis.app.runtime.frame_stats import EventLoopGaps
        from dnnvis.app.testing import HoverSimulator

        meter = EventLoopGaps(self.window)
        mouse = HoverSimulator(self.window.mosaic.canvas, self.window)
        self.window_session.spin(0.5)
        mouse.start()
        meter.start()
        self.window_session.spin(max(10.0, 2 * self._seconds))
        meter.stop()
        mouse.stop()
        return meter.fraction_below(0.020), max(meter.gaps)

    def _measure_memory_growth(self, log: Callable[[str], None]) -> float:
        frame_stats = self.window.frame_stats
        start = frame_stats.count
        self.window_session.wait_until(lambda: frame_stats.count - start >= 500, 600)
        gc.collect()
        start_mb = resident_mb()
        self.window_session.wait_until(
            lambda: frame_stats.count - start >= self.config.frames, 1800
        )
        gc.collect()
        log(f"  resident {start_mb:.1f} MB at frame 500, {resident_mb():.1f} MB at the end")
        return resident_mb() - start_mb

    def _show_lenses(self, unit: Unit) -> None:
        session = self.window.session
        shown = {key: replace(p, shown=True) for key, p in session.state.panels.items()}
        session.update(panels=shown, pinned=unit)
        for dock in self.window.docks.values():
            dock.raise_()

    def _run_while_resting(self, run: Callable[[], T]) -> T:
        """Call ``run`` while the window rests."""
        with self.window_session.pause_source():
            return run()


def find_widest_layer(info: NetworkInfo | None) -> str:
    """Find the layer with most maps (the first of equals), vectors left out."""
    assert info is not None
    maps = [layer for layer in info.layers if layer.shape[1] * layer.shape[2] > 1]
    return max(maps or list(info.layers), key=lambda layer: layer.shape[0]).name
