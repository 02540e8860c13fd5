"""Measure for ``dnnvis bench live`` the whole window against bare torch, in turns."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, cast

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
            unlocked=True,  # a mode's cards show all lenses, which are timed on their own
        )
        self.window_session = WindowSession(state, demo_frames(), SCREEN_FPS, config.threads)
        self.window, self.parts = self.window_session.window, self.window_session.parts
        self.frames, self.threads = self.window_session.frames, self.window_session.threads
        self.format = baseline.select_faster_format(self.baseline, self.frames)

    def figures(self, log: Callable[[str], None]) -> dict[str, Any]:
        layer = self.config.layer or find_widest_layer(self.window_session.info)
        self.window.session.update(layer=layer, unit=Unit(layer, 0))
        log(f"{self.config.model}: layer {layer}, {self.threads} threads, bare in {self.format}")
        shown, reference = self._measure_live(log)
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

    def _measure_live(self, log: Callable[[str], None]) -> tuple[float, float]:
        shown, reference = [], []
        for _ in range(self.config.pairs):
            shown.append(self._measure_shown_rate())
            reference.append(
                self._run_while_resting(
                    lambda: baseline.measure_rate(self.baseline, self.frames, self._seconds)
                )
            )
            log(f"  shown {shown[-1]:.2f}/s, bare {reference[-1]:.2f}/s")
        return median(shown), median(reference)

    @property
    def _seconds(self) -> float:
        return self.config.seconds

    def _measure_shown_rate(self) -> float:
        self.window_session.spin(0.5)
        count, start = self.window.frame_stats.count, time.perf_counter()
        self.window_session.spin(self._seconds)
        return (self.window.frame_stats.count - count) / (time.perf_counter() - start)

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

    def _run_while_resting(self, run: Callable[[], float]) -> float:
        """Call ``run`` while the window rests."""
        with self.window_session.pause_source():
            return run()


def find_widest_layer(info: NetworkInfo | None) -> str:
    """Find the layer with most maps (the first of equals), vectors left out."""
    assert info is not None
    maps = [layer for layer in info.layers if layer.shape[1] * layer.shape[2] > 1]
    return max(maps or list(info.layers), key=lambda layer: layer.shape[0]).name
