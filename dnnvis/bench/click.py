"""``dnnvis bench click``: from the click on a unit to its picture, in the whole window."""

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
from dnnvis.bench.system_load import load_meter
from dnnvis.bench.window_session import Stage, own_data
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import Grown
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.lenses.catalog import lens_named
from dnnvis.lenses.lens import Scene, params_for
from dnnvis.network.network import Network
from dnnvis.session.state import State, Synthesis
from dnnvis.sources.pictures import Pictures
from dnnvis.zoo.catalog import open_network

REAL = "real"  # the user's own ImageNet network
CAMERA = 30.0  # frames a second
LAYERS = 3
PATIENCE = 120.0  # seconds for one picture, after which the bench gives up
ASKED = {
    "first_s": ("<=", 0.3),
    "done_s": ("<=", 3.0),
    "share": (">=", 0.75),
    "live_ratio": (">=", 0.5),
}


@dataclass(frozen=True)
class Plan:
    """``units`` are spread evenly over three layers. ``steps`` (None: as the window has
    them) are compared with a picture of ``long`` steps. ``data``: a folder of photographs to
    run meanwhile, else the demo; ``seconds`` of each measurement of a rate."""

    model: str
    nets: Path = Path()
    data: Path | None = None
    units: int = 6
    steps: int | None = None
    long: int = 128
    seconds: float = 3.0
    threads: int = 0


def measure(plan: Plan, load: float, say: Callable[[str], None]) -> dict[str, Any]:
    """One network's figures: ``first_s`` from the click to the first painted picture that has
    moved (``start_s``: to the start it moves from), ``done_s`` to the picture after all steps,
    ``share`` of the objective of the long picture of the same seed, ``live_ratio`` of the
    mosaics shown meanwhile and min(bare, 30) a second; ``load`` and ``load_meanwhile``: cores
    that others kept busy before and while the window was measured."""
    with TemporaryDirectory() as folder, own_data(Path(folder)):
        run = _Run(plan)
        others = load_meter()
        try:
            found = run.figures(say) | {"load_meanwhile": round(others(), 3)}
        finally:
            left = run.stage.close()
        rows = [row | run.against_long(row, say) for row in found.pop("units")]
    spread = {name: _spread([row[name] for row in rows], name) for name in ASKED}
    return found | spread | {"units": rows} | left | {"load": round(load, 3)}


class _Run:
    """The window as a user has it, and the same network beside it, bare."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.choice = choice_of(plan)
        self.bare: Network = open_network(**vars(self.choice))
        self.frames = photographs(plan.data) if plan.data is not None else demo_frames()
        changes = () if plan.steps is None else (("steps", plan.steps),)
        state = State(network=self.choice, synthesis=Synthesis(params=changes))
        self.stage = Stage(state, self.frames, CAMERA, plan.threads)
        self.window = self.stage.window
        self.drawn: list[_Drawn] = []
        self.view = self.window.synthesis.form.view
        self.view.painted.connect(self._painted)

    def _painted(self) -> None:
        grown = self.window.synthesis.form.drawn
        if isinstance(grown, Grown):
            self.drawn.append(_Drawn(grown, time.perf_counter(), self.window.pulse.count))

    def figures(self, say: Callable[[str], None]) -> dict[str, Any]:
        kind = baseline.faster_format(self.bare, self.frames, min(1.0, self.plan.seconds))
        with self.stage.resting():
            reference = baseline.rate(self.bare, self.frames, self.plan.seconds)
        wanted = min(reference, CAMERA)
        threads = self.stage.threads
        say(f"{self.plan.model}: {threads} torch thread(s), bare {reference:.1f}/s ({kind})")
        rows = []
        for unit in units_for(self.stage.info, self.plan.units):
            row = self._grown(unit)
            row["live_ratio"] = round(row["live_fps"] / wanted, 3)
            rows.append(row)
            say(
                f"  {unit}: first picture after {row['first_s']:.2f} s (its start after "
                f"{row['start_s']:.2f} s), {row['steps']} steps after {row['done_s']:.2f} s, "
                f"live {row['live_fps']:.1f}/s"
            )
        return {
            "model": self.plan.model,
            "preset": self.window.session.state.synthesis.preset,
            "threads": threads,
            "cores": os.cpu_count(),
            "bare_fps": round(reference, 2),
            "units": rows,
            "platform": self.stage.application.platformName(),
        }

    def _grown(self, unit: Unit) -> dict[str, Any]:
        """Click the unit, and wait for its picture."""
        mosaic, session = self.window.mosaic, self.window.session
        session.update(layer=unit.layer)
        self.stage.until(lambda: _shows(mosaic, unit.layer), PATIENCE)
        self.stage.spin(min(1.0, self.plan.seconds))
        assert mosaic.grid is not None
        x, y, width, height = mosaic.grid.box(unit.channel)
        self.drawn.clear()
        count, began = self.window.pulse.count, time.perf_counter()
        self.stage.click(y + height / 2, x + width / 2)
        if session.state.unit != unit:
            raise BadInput(f"A click on {unit} selected {session.state.unit}.")
        self.stage.until(lambda: any(d.done and d.of(unit) for d in self.drawn), PATIENCE)
        own = [drawn for drawn in self.drawn if drawn.of(unit)]
        first = next(drawn for drawn in own if drawn.grown.step > 0)
        last = next(drawn for drawn in own if drawn.done)
        seconds = last.when - began
        return {
            "unit": str(unit),
            "steps": last.grown.step,
            "start_s": round(own[0].when - began, 3),
            "first_s": round(first.when - began, 3),
            "done_s": round(seconds, 3),
            "live_fps": round((last.count - count) / seconds, 2),
            "objective": last.grown.measures[0].value,
        }

    def against_long(self, row: dict[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
        """The objective after ``long`` steps from the same seed, and what share of it was
        reached."""
        lens, unit = lens_named("ascent"), Unit.parse(row["unit"])
        wish = self.window.session.state.synthesis
        settings = {"preset": wish.preset, "seed": wish.seed, "steps": self.plan.long}
        scene = Scene(self.bare, unit, params_for(lens, settings), None)
        *_, last = lens.look(scene)
        assert isinstance(last, Grown)
        best = last.measures[0].value
        share = share_of(row["objective"], best)
        say(f"  {unit}: {row['objective']:.3f} of {best:.3f} after {last.step} steps ({share:.3f})")
        return {"objective_long": best, "share": round(share, 3)}


def share_of(value: float, best: float) -> float:
    """``value`` / ``best``; where that says nothing (``best`` is not above zero): 1 or 0,
    reached or not."""
    return value / best if best > 0 else float(value >= best)


@dataclass(frozen=True)
class _Drawn:
    """A picture on screen: when, and how many mosaics had been shown by then."""

    grown: Grown
    when: float
    count: int

    @property
    def done(self) -> bool:
        return self.grown.progress >= 1

    def of(self, unit: Unit) -> bool:
        return self.grown.unit == str(unit)


def choice_of(plan: Plan) -> NetworkChoice:
    """What the window is told to open: a name, or ``real``, the user's own network. Raises
    BadInput where its checkpoint is not there."""
    if plan.model != REAL:
        return NetworkChoice(net=plan.model)
    mobilenet.real_network(plan.nets)  # says what is missing
    return NetworkChoice(
        net="dnnvis.bench.mobilenet:make",
        checkpoint=str(plan.nets / mobilenet.CHECKPOINT),
        size=(224, 224),
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        trust_code=True,
    )


def units_for(info: NetworkInfo | None, count: int) -> list[Unit]:
    """Units spread evenly over three layers and their channels. The layers are what rectifiers
    are given: batch norms, where there are any, else convolutions. Raises BadInput where the
    network has neither."""
    assert info is not None
    kinds = ([row for row in info.layers if row.kind == kind] for kind in ("BatchNorm2d", "Conv2d"))
    rows = next((found for found in kinds if found), [])
    if not rows:
        raise BadInput(f"{info.name} has no convolution to choose units from.")
    layers = [rows[(2 * k + 1) * len(rows) // (2 * LAYERS)] for k in range(LAYERS)]
    units = []
    for k, layer in enumerate(layers):
        own = count // LAYERS + (k < count % LAYERS)
        places = [(2 * j + 1) * layer.shape[0] // (2 * own) for j in range(own)]
        units += [Unit(layer.name, channel) for channel in places]
    return list(dict.fromkeys(units))


def photographs(folder: Path, most: int = 60) -> list[Frame]:
    """The first pictures of a folder. Raises BadInput where there are none."""
    with Pictures(folder) as source:
        frames = [source.read() for _ in range(min(most, len(source.files)))]
    return [frame for frame in frames if frame is not None]


def _shows(mosaic: Any, layer: str) -> bool:
    live = mosaic.live
    return mosaic.grid is not None and live is not None and layer in live.maps


def _spread(values: list[float], name: str) -> dict[str, Any]:
    """Median and worst of the units' values, what was asked, and how many units hold it."""
    sign, limit = ASKED[name]
    worst = max(values) if sign == "<=" else min(values)
    holds = sum(value <= limit if sign == "<=" else value >= limit for value in values)
    asked = f"{sign} {limit}"
    return {
        "median": round(median(values), 3), "worst": worst, "asked": asked,
        "hold": f"{holds} of {len(values)} units",
    }  # fmt: skip
