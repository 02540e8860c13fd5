"""``dnnvis bench live --map``: the whole window with the activation map open, against the same
window without it, in turns."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.bench.memory_source import demo_frames
from dnnvis.bench.window_session import Stage, own_data
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.engine.plan import NetworkChoice
from dnnvis.introspect.map import Examples, Map
from dnnvis.lenses.activation_map.storage import keep, open_map
from dnnvis.session.state import ExamplesChoice, LensPanel, State, Synthesis
from dnnvis.sources.datasets import open_data
from dnnvis.zoo.catalog import open_network

SCREEN = 60.0  # frames a second beyond which nobody sees a difference
FASTEST = 1000.0  # more than any window shows
LIMIT = 0.020  # seconds, of a gap that nobody feels
BLUR = 0.02  # how far copies of an example lie from it
PICTURES = 240  # that go round
SHARE, GAPS = 0.9, 0.99  # asked
PATIENCE = 120.0


@dataclass(frozen=True)
class Plan:
    """``pairs`` turns of ``seconds`` each with the map and without it. ``dots``: so many
    examples are on the map, copies among them (0: as many as it has). ``data``: pictures that
    run meanwhile, "" = the demo; ``place``: a map's file, else the network's own."""

    model: str
    data: str = ""
    place: Path | None = None
    dots: int = 100_000
    pairs: int = 5
    seconds: float = 5.0
    threads: int = 0


def measure(plan: Plan, load: float, say: Callable[[str], None]) -> dict[str, Any]:
    """``shown_ratio``: frames painted a second with the map over those without, of a source of
    60 a second; ``fastest_ratio``: of one that is faster than the window, which nothing is asked
    of: no screen shows it. ``crosses_ratio``: how
    many of the frames shown moved the cross too. ``gaps_...``: the share of wall time in gaps
    of the event loop of at most 20 ms, and the longest in ms: without the map, with it, and
    while it is zoomed or dragged every 200 ms; ``pictures_while_zooming``: of the dots, a second.

    Raises BadInput where the network has no map, or there are no such pictures.
    """
    network = open_network(plan.model)
    frames = demo_frames() if not plan.data else pictures(plan.data)
    made = many_dots(open_map(network, plan.place), plan.dots)
    with TemporaryDirectory() as folder, own_data(Path(folder)):
        keep(made)
        state = State(  # what grows or is looked up beside is not measured here
            network=NetworkChoice(net=plan.model),
            panels={f"lens{k}": LensPanel(shown=False) for k in (1, 2, 3)},
            synthesis=Synthesis(shown=False, on_click=False),
            examples=ExamplesChoice(shown=False),
        )
        stage = Stage(state, frames, SCREEN, plan.threads)
        try:
            found = _Run(plan, stage, len(made.z)).figures(say)
        finally:
            left = stage.close()
    return found | left | {"load": round(load, 3)}


class _Run:
    def __init__(self, plan: Plan, stage: Stage, dots: int) -> None:
        self.plan, self.stage, self.dots = plan, stage, dots
        self.window, self.panel = stage.window, stage.window.map
        self.crosses = self.paintings = 0
        shows = self.panel.canvas.show_here

        def counted(here: Any) -> None:
            self.crosses += here is not None
            shows(here)

        self.panel.canvas.show_here = counted
        self.panel.canvas.painted.connect(self._painted)

    def _painted(self) -> None:
        self.paintings += 1

    def figures(self, say: Callable[[str], None]) -> dict[str, Any]:
        words = f"{self.plan.model}: {self.dots:,} dots, {self.stage.threads} threads"
        say(words)
        shown, without, crosses = self._in_turns(SCREEN, self.plan.pairs, say)
        fastest, alone, _ = self._in_turns(FASTEST, -(-self.plan.pairs // 3), say)
        self.stage.source(SCREEN)
        self._show(False)
        calm = self._gaps()
        self._show(True)
        still = self._gaps()
        before = self.paintings
        zooming, seconds = self._gaps(zooming=True), self._long
        say(f"  gaps: without {calm}, still {still}, zooming {zooming}")
        return {
            "model": self.plan.model,
            "threads": self.stage.threads,
            "dots": self.dots,
            "shown_fps": round(shown, 2),
            "without_fps": round(without, 2),
            "shown_ratio": round(shown / without, 3),
            "shown_asked": f">= {SHARE}",
            "crosses_ratio": round(crosses / shown, 3),
            "fastest_fps": round(fastest, 2),
            "fastest_without_fps": round(alone, 2),
            "fastest_ratio": round(fastest / alone, 3),
            "gaps_without": calm,
            "gaps_still": still,
            "gaps_zooming": zooming,
            "gaps_asked": f">= {GAPS}",
            "pictures_while_zooming": round((self.paintings - before) / seconds, 2),
            "platform": self.stage.application.platformName(),
        }

    def _in_turns(
        self, rate: float, pairs: int, say: Callable[[str], None]
    ) -> tuple[float, float, float]:
        """Medians a second: frames with the map, frames without it, moves of the cross."""
        self.stage.source(rate)
        rates: dict[bool, list[float]] = {True: [], False: []}
        crosses = []
        for turn in range(pairs):
            for on in (True, False) if turn % 2 else (False, True):
                self._show(on)
                pulse, moved = self.window.pulse.count, self.crosses
                seconds = self.stage.timed(self.plan.seconds)
                rates[on].append((self.window.pulse.count - pulse) / seconds)
                if on:
                    crosses.append((self.crosses - moved) / seconds)
            with_, alone = rates[True][-1], rates[False][-1]
            say(f"  source of {rate:.0f}/s: {with_:.2f}/s with the map, {alone:.2f}/s without")
        return median(rates[True]), median(rates[False]), median(crosses)

    def _show(self, on: bool) -> None:
        """Open or close the map, and wait until all of it is on screen."""
        session = self.window.session
        session.update(map=replace(session.state.map, shown=on))
        if on:
            self.stage.until(self._complete, PATIENCE)
        self.stage.spin(1.0)

    def _complete(self) -> bool:
        """The dots are painted; a map that is not there says why."""
        cloud = self.panel.got
        if getattr(cloud, "words", "") and not len(cloud.z):
            raise BadInput(cloud.words)
        painted = self.panel.canvas.shown
        return painted is not None and len(painted.dots.rows) == self.dots and self.crosses > 0

    @property
    def _long(self) -> float:
        return max(10.0, 2 * self.plan.seconds) if self.plan.seconds >= 1 else self.plan.seconds

    def _gaps(self, zooming: bool = False) -> dict[str, float]:
        from dnnvis.app.runtime.frame_stats import GapMeter
        from dnnvis.app.testing import Hand

        meter, hand = GapMeter(self.window), Hand(self.panel.canvas, self.window)
        self.stage.spin(0.5)
        if zooming:
            hand.start()
        meter.start()
        self.stage.spin(self._long)
        meter.stop()
        hand.stop()
        return {
            "share": round(meter.share(LIMIT), 4),
            "longest_ms": round(1e3 * max(meter.gaps), 1),
        }


def pictures(data: str, most: int = PICTURES) -> list[Frame]:
    """Pictures of a data set, evenly taken. Raises BadInput where there are none."""
    opened = open_data(data)
    try:
        rows = np.unique(np.linspace(0, len(opened) - 1, most).astype(int))
        return [Frame(opened.read(int(row))[0]) for row in rows]
    finally:
        opened.close()


def many_dots(made: Map, dots: int, seed: int = 0) -> Map:
    """The same map with ``dots`` examples: its own, and copies that lie beside them (0: as it
    is; of more than ``dots`` some are left out)."""
    many = len(made.z)
    if dots in (0, many):
        return made
    dice = np.random.default_rng(seed)
    rows = np.concatenate(
        [dice.permutation(many)[:dots], dice.integers(0, many, max(dots - many, 0))]
    )
    rows = np.sort(rows)

    def taken(values: NDArray[Any]) -> Any:
        return values[rows]

    old = made.examples
    blur = dice.normal(0, BLUR, (len(rows), 2)).astype(np.float32)
    examples = Examples(
        old.z[rows] + blur, taken(old.labels), taken(old.predicted), taken(old.log_e),
        taken(old.doubt), taken(old.index), taken(old.step), taken(old.test),
        {kind: taken(values) for kind, values in old.expected.items()},
    )  # fmt: skip
    others = {name: taken(values) for name, values in made.others.items() if len(values) == many}
    return replace(made, examples=examples, others=others)
