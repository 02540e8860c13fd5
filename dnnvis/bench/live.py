"""``dnnvis bench live``: the whole window against bare torch, in turns."""

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
from dnnvis.bench.window_session import Stage
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.lenses.catalog import lens_named
from dnnvis.session.state import ExamplesChoice, LensPanel, PanelLens, State, Synthesis
from dnnvis.zoo.catalog import open_network

SCREEN = 60.0  # frames a second beyond which nobody sees a difference
CAMERA = 30.0


@dataclass(frozen=True)
class Plan:
    """``pairs`` turns of ``seconds`` each for window and reference; ``frames``: until which
    frame the memory is followed (0: not at all)."""

    model: str
    layer: str | None = None
    lenses: tuple[str, ...] = ("deconvnet", "guided", "gradient")
    pairs: int = 5
    seconds: float = 5.0
    threads: int = 0
    frames: int = 0


def measure(plan: Plan, load: float, say: Callable[[str], None]) -> dict[str, Any]:
    """One network's figures; the keys are those of the README's table."""
    run = _Run(plan)
    try:
        found = run.figures(say)
    finally:
        left = run.stage.close()
    return found | left | {"load": round(load, 3)}


class _Run:
    """A window, and the same network beside it, bare."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.bare = open_network(plan.model)  # what is wrong with the wish is told here
        if plan.layer is not None:
            self.bare.layer(plan.layer)
        for name in plan.lenses:
            lens_named(name)
        hidden = {f"lens{k}": LensPanel(cast(PanelLens, name), shown=False)  # any lens is timed
                  for k, name in enumerate(plan.lenses, 1)}  # fmt: skip
        state = State(  # what grows or is looked up beside the live view is not measured here
            network=NetworkChoice(net=plan.model),
            panels=hidden,
            synthesis=Synthesis(shown=False, on_click=False),
            examples=ExamplesChoice(shown=False),
        )
        self.stage = Stage(state, demo_frames(), SCREEN, plan.threads)
        self.window, self.parts = self.stage.window, self.stage.parts
        self.frames, self.threads = self.stage.frames, self.stage.threads
        self.format = baseline.faster_format(self.bare, self.frames)

    def figures(self, say: Callable[[str], None]) -> dict[str, Any]:
        layer = self.plan.layer or most_maps(self.stage.info)
        self.window.session.update(layer=layer, unit=Unit(layer, 0))
        say(f"{self.plan.model}: layer {layer}, {self.threads} threads, bare in {self.format}")
        shown, reference = self._live(say)
        all_cores = self._bare_on_all_cores()
        age = self._age()
        say(f"  age {age * 1000:.1f} ms")
        turn, passes = self._backward(say)
        gaps = self._interface()
        growth = self._memory(say) if self.plan.frames else None
        forward = 1 / reference
        return {
            "model": self.plan.model,
            "threads": self.threads,
            "shown_fps": round(shown, 2),
            "bare_fps": round(reference, 2),
            "bare_fps_all_cores": round(all_cores, 2),
            "live_ratio": round(shown / min(reference, SCREEN), 3),
            "backward_turn_ms": round(turn * 1000, 2),
            "backward_bare_ms": round(passes * 1000, 2),
            "backward_ratio": round(turn / passes, 3),
            "gap_share_ok": round(gaps[0], 4),
            "gap_max_ms": round(gaps[1] * 1000, 1),
            "age_ms": round(age * 1000, 1),
            "age_ratio": round(age / (1.5 * forward + 0.020), 3),
            "rss_growth_mb": growth if growth is None else round(growth, 1),
            "layer": layer,
            "format": self.format,
            "platform": self.stage.application.platformName(),
        }

    # ---- one figure each -------------------------------------------------------------

    def _live(self, say: Callable[[str], None]) -> tuple[float, float]:
        shown, reference = [], []
        for _ in range(self.plan.pairs):
            shown.append(self._shown())
            reference.append(self._alone(lambda: baseline.rate(self.bare, self.frames, self._s)))
            say(f"  shown {shown[-1]:.2f}/s, bare {reference[-1]:.2f}/s")
        return median(shown), median(reference)

    @property
    def _s(self) -> float:
        return self.plan.seconds

    def _shown(self) -> float:
        self.stage.spin(0.5)
        count, began = self.window.pulse.count, time.perf_counter()
        self.stage.spin(self._s)
        return (self.window.pulse.count - count) / (time.perf_counter() - began)

    def _bare_on_all_cores(self) -> float:
        import os

        def run() -> float:
            torch.set_num_threads(os.cpu_count() or 1)
            try:
                return baseline.rate(self.bare, self.frames, self._s)
            finally:
                torch.set_num_threads(self.threads)

        return self._alone(run)

    def _age(self) -> float:
        self.stage.source(CAMERA)
        self.stage.spin(1.0)
        self.window.pulse.painted.clear()
        self.stage.spin(self._s)
        ages = [age for _, age in self.window.pulse.painted]
        self.stage.source(SCREEN)
        return median(ages) if ages else float("inf")

    def _backward(self, say: Callable[[str], None]) -> tuple[float, float]:
        unit = Unit(baseline.middle_convolution(self.bare), 0)
        self._lenses(unit)
        turns, passes = [], []
        for _ in range(self.plan.pairs):
            self.stage.spin(0.5)
            self.parts.engine.turns.clear()
            self.stage.spin(self._s)
            turns.append(median(self.parts.engine.turns))
            passes.append(
                self._alone(lambda: baseline.backward_seconds(self.bare, self.frames, self._s))
            )
            say(f"  turn {turns[-1] * 1000:.1f} ms, bare {passes[-1] * 1000:.1f} ms")
        return median(turns), median(passes)

    def _interface(self) -> tuple[float, float]:
        from dnnvis.app.runtime.frame_stats import GapMeter
        from dnnvis.app.testing import Mouse

        meter = GapMeter(self.window)
        mouse = Mouse(self.window.mosaic.canvas, self.window)
        self.stage.spin(0.5)
        mouse.start()
        meter.start()
        self.stage.spin(max(10.0, 2 * self._s))
        meter.stop()
        mouse.stop()
        return meter.share(0.020), max(meter.gaps)

    def _memory(self, say: Callable[[str], None]) -> float:
        pulse = self.window.pulse
        start = pulse.count
        self.stage.until(lambda: pulse.count - start >= 500, 600)
        gc.collect()
        before = resident_mb()
        self.stage.until(lambda: pulse.count - start >= self.plan.frames, 1800)
        gc.collect()
        say(f"  resident {before:.1f} MB at frame 500, {resident_mb():.1f} MB at the end")
        return resident_mb() - before

    def _lenses(self, unit: Unit) -> None:
        session = self.window.session
        shown = {key: replace(p, shown=True) for key, p in session.state.panels.items()}
        session.update(panels=shown, pinned=unit)
        for dock in self.window.docks.values():
            dock.raise_()

    def _alone(self, run: Callable[[], float]) -> float:
        """``run`` while the window rests."""
        with self.stage.resting():
            return run()


def most_maps(info: NetworkInfo | None) -> str:
    """The layer with most maps (the first of equals), vectors left out."""
    assert info is not None
    maps = [layer for layer in info.layers if layer.shape[1] * layer.shape[2] > 1]
    return max(maps or list(info.layers), key=lambda layer: layer.shape[0]).name
