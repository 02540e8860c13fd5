"""Measure for ``dnnvis bench click`` the time from the click on a unit to its picture.

It is the whole window that is measured.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from dnnvis.bench import baseline, mobilenet
from dnnvis.bench.memory_source import demo_frames
from dnnvis.bench.system_load import start_load_meter
from dnnvis.bench.window_session import WindowSession, use_data_folder
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.lenses.catalog import get_lens
from dnnvis.lenses.lens import Scene, params_for
from dnnvis.network.network import Network
from dnnvis.session.state import State, Synthesis
from dnnvis.sources.pictures import ImageFiles
from dnnvis.zoo.catalog import open_network

REAL = "real"  # the user's own ImageNet network
CAMERA_FPS = 30.0  # frames a second
LAYER_COUNT = 3
PICTURE_TIMEOUT_SECONDS = 120.0  # seconds for one picture, after which the bench gives up
TARGETS = {
    "first_s": ("<=", 0.3),
    "done_s": ("<=", 3.0),
    "share": (">=", 0.75),
    "live_ratio": (">=", 0.5),
}


@dataclass(frozen=True)
class ClickBenchConfig:
    """Say which network is clicked on, how often and for how long."""

    #: The network: a name, or ``real``, the user's own.
    model: str
    #: The folder with the checkpoint of the real network.
    nets: Path = Path()
    #: A folder of photographs to run meanwhile, else the demo.
    data: Path | None = None
    #: Units, spread evenly over three layers.
    units: int = 6
    #: Steps of the picture, None = as the window has them.
    steps: int | None = None
    #: Steps of the picture that it is compared with.
    reference_steps: int = 128
    #: Seconds of each measurement of a rate.
    seconds: float = 3.0
    #: Torch's threads, 0 = all cores but one.
    threads: int = 0


def measure(config: ClickBenchConfig, load: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure one network's figures from the click to its picture.

    ``first_s``: from the click to the first painted picture that has moved (``start_s``: to the
    start it moves from); ``done_s``: to the picture after all steps; ``share``: of the objective of
    the long picture of the same seed; ``live_ratio``: of the mosaics shown meanwhile and
    min(bare, 30) a second; ``load`` and ``load_meanwhile``: cores that others kept busy before and
    while the window was measured.

    Args:
        config: The network, and what is measured.
        load: Cores that others kept busy before.
        log: Is given a line about each result.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: The network cannot be opened, has no convolution, or a picture takes too long.
    """
    with TemporaryDirectory() as folder, use_data_folder(Path(folder)):
        run = _Run(config)
        read_load = start_load_meter()
        try:
            figures = run.figures(log) | {"load_meanwhile": round(read_load(), 3)}
        finally:
            leftovers = run.window_session.close()
        rows = [row | run.compare_with_long(row, log) for row in figures.pop("units")]
    summaries = {name: _summarize([row[name] for row in rows], name) for name in TARGETS}
    return figures | summaries | {"units": rows} | leftovers | {"load": round(load, 3)}


class _Run:
    """Hold the window as a user has it, and the same network beside it, bare."""

    def __init__(self, config: ClickBenchConfig) -> None:
        self.config = config
        self.choice = build_network_choice(config)
        self.baseline: Network = open_network(**vars(self.choice))
        self.frames = load_photographs(config.data) if config.data is not None else demo_frames()
        changes = () if config.steps is None else (("steps", config.steps),)
        state = State(network=self.choice, synthesis=Synthesis(params=changes))
        self.window_session = WindowSession(state, self.frames, CAMERA_FPS, config.threads)
        self.window = self.window_session.window
        self.drawn: list[_PaintedPicture] = []
        self.view = self.window.synthesis.view
        self.view.painted.connect(self._on_painted)

    def _on_painted(self) -> None:
        result = self.window.synthesis.shown_result
        if isinstance(result, SynthesisResult):
            self.drawn.append(
                _PaintedPicture(result, time.perf_counter(), self.window.frame_stats.count)
            )

    def figures(self, log: Callable[[str], None]) -> dict[str, Any]:
        memory_format = baseline.select_faster_format(
            self.baseline, self.frames, min(1.0, self.config.seconds)
        )
        with self.window_session.pause_source():
            reference = baseline.measure_rate(self.baseline, self.frames, self.config.seconds)
        target_rate = min(reference, CAMERA_FPS)
        threads = self.window_session.threads
        log(
            f"{self.config.model}: {threads} torch thread(s), "
            f"bare {reference:.1f}/s ({memory_format})"
        )
        rows = []
        for unit in pick_units(self.window_session.info, self.config.units):
            row = self._measure_unit(unit)
            row["live_ratio"] = round(row["live_fps"] / target_rate, 3)
            rows.append(row)
            log(
                f"  {unit}: first picture after {row['first_s']:.2f} s (its start after "
                f"{row['start_s']:.2f} s), {row['steps']} steps after {row['done_s']:.2f} s, "
                f"live {row['live_fps']:.1f}/s"
            )
        return {
            "model": self.config.model,
            "preset": self.window.session.state.synthesis.preset,
            "threads": threads,
            "cores": os.cpu_count(),
            "bare_fps": round(reference, 2),
            "units": rows,
            "platform": self.window_session.application.platformName(),
        }

    def _measure_unit(self, unit: Unit) -> dict[str, Any]:
        """Click the unit, and wait for its picture."""
        mosaic, session = self.window.mosaic, self.window.session
        session.update(layer=unit.layer)
        self.window_session.wait_until(
            lambda: _is_showing(mosaic, unit.layer), PICTURE_TIMEOUT_SECONDS
        )
        self.window_session.spin(min(1.0, self.config.seconds))
        assert mosaic.grid is not None
        x, y, width, height = mosaic.grid.box(unit.channel)
        self.drawn.clear()
        count, start = self.window.frame_stats.count, time.perf_counter()
        self.window_session.click(y + height / 2, x + width / 2)
        if session.state.unit != unit:
            raise BadInput(f"A click on {unit} selected {session.state.unit}.")
        self.window_session.wait_until(
            lambda: any(d.done and d.is_of(unit) for d in self.drawn), PICTURE_TIMEOUT_SECONDS
        )
        own_pictures = [drawn for drawn in self.drawn if drawn.is_of(unit)]
        first = next(drawn for drawn in own_pictures if drawn.result.step > 0)
        last = next(drawn for drawn in own_pictures if drawn.done)
        seconds = last.painted_at - start
        return {
            "unit": str(unit),
            "steps": last.result.step,
            "start_s": round(own_pictures[0].painted_at - start, 3),
            "first_s": round(first.painted_at - start, 3),
            "done_s": round(seconds, 3),
            "live_fps": round((last.count - count) / seconds, 2),
            "objective": last.result.measures[0].value,
        }

    def compare_with_long(self, row: dict[str, Any], log: Callable[[str], None]) -> dict[str, Any]:
        """Compare with the objective after ``reference_steps`` steps from the same seed.

        Gives that objective, and what share of it was reached.
        """
        lens, unit = get_lens("ascent"), Unit.parse(row["unit"])
        synthesis = self.window.session.state.synthesis
        settings = {
            "preset": synthesis.preset,
            "seed": synthesis.seed,
            "steps": self.config.reference_steps,
        }
        scene = Scene(self.baseline, unit, params_for(lens, settings), None)
        *_, last = lens.look(scene)
        assert isinstance(last, SynthesisResult)
        best = last.measures[0].value
        fraction = fraction_reached(row["objective"], best)
        log(
            f"  {unit}: {row['objective']:.3f} of {best:.3f} "
            f"after {last.step} steps ({fraction:.3f})"
        )
        return {"objective_long": best, "share": round(fraction, 3)}


def fraction_reached(value: float, best: float) -> float:
    """Divide ``value`` by ``best``.

    Where that says nothing (``best`` is not above zero): 1 or 0, reached or not.
    """
    return value / best if best > 0 else float(value >= best)


@dataclass(frozen=True)
class _PaintedPicture:
    """Hold a picture on screen: when, and how many mosaics had been shown by then."""

    result: SynthesisResult
    painted_at: float
    count: int

    @property
    def done(self) -> bool:
        return self.result.progress >= 1

    def is_of(self, unit: Unit) -> bool:
        return self.result.unit == str(unit)


def build_network_choice(config: ClickBenchConfig) -> NetworkChoice:
    """Say what the window is told to open: a name, or ``real``, the user's own network.

    Raises BadInput where its checkpoint is not there.
    """
    if config.model != REAL:
        return NetworkChoice(net=config.model)
    mobilenet.open_real_network(config.nets)  # says what is missing
    return NetworkChoice(
        net="dnnvis.bench.mobilenet:make",
        checkpoint=str(config.nets / mobilenet.CHECKPOINT_NAME),
        size=(224, 224),
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        trust_code=True,
    )


def pick_units(info: NetworkInfo | None, count: int) -> list[Unit]:
    """Pick units spread evenly over three layers and their channels.

    The layers are what rectifiers are given: batch norms, where there are any, else convolutions.
    Raises BadInput where the network has neither.
    """
    assert info is not None
    kinds = ([row for row in info.layers if row.kind == kind] for kind in ("BatchNorm2d", "Conv2d"))
    rows = next((matches for matches in kinds if matches), [])
    if not rows:
        raise BadInput(f"{info.name} has no convolution to choose units from.")
    layers = [rows[(2 * k + 1) * len(rows) // (2 * LAYER_COUNT)] for k in range(LAYER_COUNT)]
    units = []
    for k, layer in enumerate(layers):
        unit_count = count // LAYER_COUNT + (k < count % LAYER_COUNT)
        channels = [(2 * j + 1) * layer.shape[0] // (2 * unit_count) for j in range(unit_count)]
        units += [Unit(layer.name, channel) for channel in channels]
    return list(dict.fromkeys(units))


def load_photographs(folder: Path, max_count: int = 60) -> list[Frame]:
    """Load the first pictures of a folder. Raises BadInput where there are none."""
    with ImageFiles(folder) as source:
        frames = [source.read() for _ in range(min(max_count, len(source.files)))]
    return [frame for frame in frames if frame is not None]


def _is_showing(mosaic: Any, layer: str) -> bool:
    live = mosaic.live
    return mosaic.grid is not None and live is not None and layer in live.maps


def _summarize(values: list[float], name: str) -> dict[str, Any]:
    """Say median and worst of the units' values, what was asked, and how many units hold it."""
    comparison, limit = TARGETS[name]
    worst = max(values) if comparison == "<=" else min(values)
    passed = sum(value <= limit if comparison == "<=" else value >= limit for value in values)
    target = f"{comparison} {limit}"
    return {
        "median": round(median(values), 3),
        "worst": worst,
        "asked": target,
        "hold": f"{passed} of {len(values)} units",
    }
