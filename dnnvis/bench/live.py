"""``dnnvis bench live``: the whole window against bare torch, in turns."""

import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch

from dnnvis.app.main import Parts, make_application, make_parts, make_window, threads_for
from dnnvis.bench import bare
from dnnvis.bench.machine import resident_mb
from dnnvis.bench.ring import Ring, demo_frames
from dnnvis.core.mail import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.lenses.catalog import lens_named
from dnnvis.network.taps import hooks_on
from dnnvis.session.state import ExamplesChoice, LensPanel, State, Synthesis
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
    with TemporaryDirectory() as folder:
        before = set(threading.enumerate())
        stage = _Stage(plan, Path(folder))
        try:
            found = stage.figures(say)
        finally:
            hooks = stage.close()
        found["hooks_left"] = hooks
        found["threads_left"] = len(_alive(before))
        found["load"] = round(load, 3)
    return found


def _alive(before: set[threading.Thread]) -> list[threading.Thread]:
    deadline = time.perf_counter() + 3
    while time.perf_counter() < deadline:
        left = [t for t in threading.enumerate() if t not in before]
        for thread in left:
            thread.join(0.2)
        if not left:
            break
    return [t for t in threading.enumerate() if t not in before]


class _Stage:
    """A window on a ring of frames, and the same network beside it, bare."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.threads = threads_for(plan.threads)
        self.bare = open_network(plan.model)  # what is wrong with the wish is told here
        if plan.layer is not None:
            self.bare.layer(plan.layer)
        for name in plan.lenses:
            lens_named(name)
        self.frames = demo_frames()
        choice = NetworkChoice(net=plan.model)
        hidden = {f"lens{k}": LensPanel(name, shown=False)
                  for k, name in enumerate(plan.lenses, 1)}  # fmt: skip
        state = State(  # what grows or is looked up beside the live view is not measured here
            network=choice,
            panels=hidden,
            synthesis=Synthesis(shown=False, on_click=False),
            examples=ExamplesChoice(shown=False),
        )
        self.application = make_application("dark")
        self.parts: Parts = make_parts(state, plan.threads)
        self.window = make_window(
            self.parts, folder / "bench.ini", lambda choice: Ring(self.frames, SCREEN)
        )
        self.window.show()
        self.window.toolbox.start()
        self._source(SCREEN)
        self._until(lambda: self.info is not None and self.window.pulse.count >= 5, 120)
        self.format = bare.faster_format(self.bare, self.frames)

    @property
    def info(self) -> NetworkInfo | None:
        return self.window.toolbox.info

    def figures(self, say: Callable[[str], None]) -> dict[str, Any]:
        layer = self.plan.layer or most_maps(self.info)
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
            "platform": self.application.platformName(),
        }

    # ---- one figure each -------------------------------------------------------------

    def _live(self, say: Callable[[str], None]) -> tuple[float, float]:
        shown, reference = [], []
        for _ in range(self.plan.pairs):
            shown.append(self._shown())
            reference.append(self._alone(lambda: bare.rate(self.bare, self.frames, self._s)))
            say(f"  shown {shown[-1]:.2f}/s, bare {reference[-1]:.2f}/s")
        return median(shown), median(reference)

    @property
    def _s(self) -> float:
        return self.plan.seconds

    def _shown(self) -> float:
        self._spin(0.5)
        count, began = self.window.pulse.count, time.perf_counter()
        self._spin(self._s)
        return (self.window.pulse.count - count) / (time.perf_counter() - began)

    def _bare_on_all_cores(self) -> float:
        import os

        def run() -> float:
            torch.set_num_threads(os.cpu_count() or 1)
            try:
                return bare.rate(self.bare, self.frames, self._s)
            finally:
                torch.set_num_threads(self.threads)

        return self._alone(run)

    def _age(self) -> float:
        self._source(CAMERA)
        self._spin(1.0)
        self.window.pulse.painted.clear()
        self._spin(self._s)
        ages = [age for _, age in self.window.pulse.painted]
        self._source(SCREEN)
        return median(ages) if ages else float("inf")

    def _backward(self, say: Callable[[str], None]) -> tuple[float, float]:
        unit = Unit(bare.middle_convolution(self.bare), 0)
        self._lenses(unit)
        turns, passes = [], []
        for _ in range(self.plan.pairs):
            self._spin(0.5)
            self.parts.engine.turns.clear()
            self._spin(self._s)
            turns.append(median(self.parts.engine.turns))
            passes.append(
                self._alone(lambda: bare.backward_seconds(self.bare, self.frames, self._s))
            )
            say(f"  turn {turns[-1] * 1000:.1f} ms, bare {passes[-1] * 1000:.1f} ms")
        return median(turns), median(passes)

    def _interface(self) -> tuple[float, float]:
        from dnnvis.app.mouse import Mouse
        from dnnvis.app.pulse import GapMeter

        meter = GapMeter(self.window)
        mouse = Mouse(self.window.mosaic.canvas, self.window)
        self._spin(0.5)
        mouse.start()
        meter.start()
        self._spin(max(10.0, 2 * self._s))
        meter.stop()
        mouse.stop()
        return meter.share(0.020), max(meter.gaps)

    def _memory(self, say: Callable[[str], None]) -> float:
        pulse = self.window.pulse
        start = pulse.count
        self._until(lambda: pulse.count - start >= 500, 600)
        gc.collect()
        before = resident_mb()
        self._until(lambda: pulse.count - start >= self.plan.frames, 1800)
        gc.collect()
        say(f"  resident {before:.1f} MB at frame 500, {resident_mb():.1f} MB at the end")
        return resident_mb() - before

    # ---- the stage -------------------------------------------------------------------

    def _lenses(self, unit: Unit) -> None:
        session = self.window.session
        shown = {key: replace(p, shown=True) for key, p in session.state.panels.items()}
        session.update(panels=shown, pinned=unit)
        for dock in self.window.docks.values():
            dock.raise_()

    def _source(self, rate: float) -> None:
        self.parts.feeder.open(lambda: Ring(self.frames, rate), rate)

    def _alone(self, run: Callable[[], float]) -> float:
        """``run`` while the window rests."""
        self.parts.feeder.pause(True)
        self._spin(0.3)
        try:
            return run()
        finally:
            self.parts.feeder.pause(False)

    def _spin(self, seconds: float) -> None:
        from dnnvis.app.pulse import spin

        spin(seconds)

    def _until(self, done: Callable[[], bool], seconds: float) -> None:
        deadline = time.perf_counter() + seconds
        while not done():
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{self.plan.model} showed too few frames in {seconds} s")
            self._spin(0.05)

    def close(self) -> int:
        """Close the window; how many hooks are left on its network."""
        network = self.parts.engine.network
        self.window.close()
        self._spin(0.2)
        return hooks_on(network.module) if network is not None else 0


def most_maps(info: NetworkInfo | None) -> str:
    """The layer with most maps (the first of equals), vectors left out."""
    assert info is not None
    maps = [layer for layer in info.layers if layer.shape[1] * layer.shape[2] > 1]
    return max(maps or list(info.layers), key=lambda layer: layer.shape[0]).name
