"""Measure for ``dnnvis bench live --map`` the whole window with the activation map open.

The reference is the same window without it, in turns.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.bench.memory_source import demo_frames
from dnnvis.bench.window_session import WindowSession, use_data_folder
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.engine.plan import NetworkChoice
from dnnvis.introspect.map import Map, MapExamples
from dnnvis.lenses.activation_map.storage import open_map, save_map
from dnnvis.session.state import ExamplesChoice, LensPanel, State, Synthesis
from dnnvis.sources.datasets import open_data
from dnnvis.zoo.catalog import open_network

SCREEN_FPS = 60.0  # frames a second beyond which nobody sees a difference
UNLIMITED_FPS = 1000.0  # more than any window shows
MAX_GAP_SECONDS = 0.020  # seconds, of a gap that nobody feels
COPY_SIGMA = 0.02  # how far copies of an example lie from it
PICTURE_COUNT = 240  # that go round
MIN_SHOWN_RATIO, MIN_GAP_FRACTION = 0.9, 0.99  # asked
MAP_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class LiveMapBenchConfig:
    """Say which network and map are shown, and how long each is measured."""

    model: str
    #: Pictures that run meanwhile, "" = the demo.
    data: str = ""
    #: A map's file, else the network's own.
    map_path: Path | None = None
    #: So many examples are on the map, copies among them, 0 = as many as it has.
    dots: int = 100_000
    #: Turns with the map and without it.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 5.0
    #: Torch's threads, 0 = all cores but one.
    threads: int = 0


def measure(config: LiveMapBenchConfig, load: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure what the window shows with the map and without it.

    ``shown_ratio``: frames painted a second with the map over those without, of a source of 60 a
    second; ``fastest_ratio``: of one that is faster than the window, which nothing is asked of: no
    screen shows it. ``crosses_ratio``: how many of the frames shown moved the cross too.
    ``gaps_...``: the share of wall time in gaps of the event loop of at most 20 ms, and the longest
    in ms: without the map, with it, and while it is zoomed or dragged every 200 ms;
    ``pictures_while_zooming``: of the dots, a second.

    Args:
        config: The network, its map, and how long it is measured.
        load: Cores that others keep busy, as measured before.
        log: Is given a line about each result.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: The network has no map, or there are no such pictures.
    """
    network = open_network(config.model)
    frames = demo_frames() if not config.data else load_pictures(config.data)
    activation_map = resample_map(open_map(network, config.map_path), config.dots)
    with TemporaryDirectory() as folder, use_data_folder(Path(folder)):
        save_map(activation_map)
        state = State(  # what grows or is looked up beside is not measured here
            network=NetworkChoice(net=config.model),
            panels={f"lens{k}": LensPanel(shown=False) for k in (1, 2, 3)},
            synthesis=Synthesis(shown=False, on_click=False),
            examples=ExamplesChoice(shown=False),
            unlocked=True,  # each panel is there or not, as the run says
        )
        window_session = WindowSession(state, frames, SCREEN_FPS, config.threads)
        try:
            figures = _Run(config, window_session, len(activation_map.z)).figures(log)
        finally:
            leftovers = window_session.close()
    return figures | leftovers | {"load": round(load, 3)}


class _Run:
    def __init__(
        self, config: LiveMapBenchConfig, window_session: WindowSession, dots: int
    ) -> None:
        self.config, self.window_session, self.dots = config, window_session, dots
        self.window, self.panel = window_session.window, window_session.window.map
        self.crosses = self.paintings = 0
        show_frame_position = self.panel.canvas.show_frame_position

        def count_crosses(frame_position: Any) -> None:
            self.crosses += frame_position is not None
            show_frame_position(frame_position)

        self.panel.canvas.show_frame_position = count_crosses
        self.panel.canvas.rendered.connect(self._on_painted)

    def _on_painted(self) -> None:
        self.paintings += 1

    def figures(self, log: Callable[[str], None]) -> dict[str, Any]:
        message = f"{self.config.model}: {self.dots:,} dots, {self.window_session.threads} threads"
        log(message)
        shown, without_map, crosses = self._measure_in_turns(SCREEN_FPS, self.config.pairs, log)
        fastest, fastest_without, _ = self._measure_in_turns(
            UNLIMITED_FPS, -(-self.config.pairs // 3), log
        )
        self.window_session.restart_source(SCREEN_FPS)
        self._show(False)
        gaps_without = self._measure_gaps()
        self._show(True)
        gaps_still = self._measure_gaps()
        start_paintings = self.paintings
        gaps_zooming, seconds = self._measure_gaps(zooming=True), self._gap_seconds
        log(f"  gaps: without {gaps_without}, still {gaps_still}, zooming {gaps_zooming}")
        return {
            "model": self.config.model,
            "threads": self.window_session.threads,
            "dots": self.dots,
            "shown_fps": round(shown, 2),
            "without_fps": round(without_map, 2),
            "shown_ratio": round(shown / without_map, 3),
            "shown_asked": f">= {MIN_SHOWN_RATIO}",
            "crosses_ratio": round(crosses / shown, 3),
            "fastest_fps": round(fastest, 2),
            "fastest_without_fps": round(fastest_without, 2),
            "fastest_ratio": round(fastest / fastest_without, 3),
            "gaps_without": gaps_without,
            "gaps_still": gaps_still,
            "gaps_zooming": gaps_zooming,
            "gaps_asked": f">= {MIN_GAP_FRACTION}",
            "pictures_while_zooming": round((self.paintings - start_paintings) / seconds, 2),
            "platform": self.window_session.application.platformName(),
        }

    def _measure_in_turns(
        self, rate: float, pairs: int, log: Callable[[str], None]
    ) -> tuple[float, float, float]:
        """Measure medians a second: frames with the map, frames without it, moves of the cross."""
        self.window_session.restart_source(rate)
        rates: dict[bool, list[float]] = {True: [], False: []}
        crosses = []
        for turn in range(pairs):
            for on in (True, False) if turn % 2 else (False, True):
                self._show(on)
                start_frames, start_crosses = self.window.frame_stats.count, self.crosses
                seconds = self.window_session.spin_timed(self.config.seconds)
                rates[on].append((self.window.frame_stats.count - start_frames) / seconds)
                if on:
                    crosses.append((self.crosses - start_crosses) / seconds)
            with_map, without_map = rates[True][-1], rates[False][-1]
            log(
                f"  source of {rate:.0f}/s: {with_map:.2f}/s with the map, "
                f"{without_map:.2f}/s without"
            )
        return median(rates[True]), median(rates[False]), median(crosses)

    def _show(self, on: bool) -> None:
        """Open or close the map, and wait until all of it is on screen."""
        session = self.window.session
        session.update(map=replace(session.state.map, shown=on))
        if on:
            self.window_session.wait_until(self._is_complete, MAP_TIMEOUT_SECONDS)
        self.window_session.spin(1.0)

    def _is_complete(self) -> bool:
        """Tell whether the dots are painted; a map that is not there says why."""
        map_data = self.panel.received
        if getattr(map_data, "message", "") and not len(map_data.z):
            raise BadInput(map_data.message)
        painted = self.panel.canvas.shown
        return painted is not None and len(painted.dots.rows) == self.dots and self.crosses > 0

    @property
    def _gap_seconds(self) -> float:
        return (
            max(10.0, 2 * self.config.seconds) if self.config.seconds >= 1 else self.config.seconds
        )

    def _measure_gaps(self, zooming: bool = False) -> dict[str, float]:
        from dnnvis.app.runtime.frame_stats import EventLoopGaps
        from dnnvis.app.testing import ZoomPanSimulator

        meter, hand = EventLoopGaps(self.window), ZoomPanSimulator(self.panel.canvas, self.window)
        self.window_session.spin(0.5)
        if zooming:
            hand.start()
        meter.start()
        self.window_session.spin(self._gap_seconds)
        meter.stop()
        hand.stop()
        return {
            "share": round(meter.fraction_below(MAX_GAP_SECONDS), 4),
            "longest_ms": round(1e3 * max(meter.gaps), 1),
        }


def load_pictures(data: str, max_count: int = PICTURE_COUNT) -> list[Frame]:
    """Load pictures of a data set, evenly taken. Raises BadInput where there are none."""
    data_set = open_data(data)
    try:
        rows = np.unique(np.linspace(0, len(data_set) - 1, max_count).astype(int))
        return [Frame(data_set.read(int(row))[0]) for row in rows]
    finally:
        data_set.close()


def resample_map(activation_map: Map, dots: int, seed: int = 0) -> Map:
    """Give the same map with ``dots`` examples: its own, and copies that lie beside them.

    Args:
        activation_map: The map, which stays as it is.
        dots: How many examples, 0 = as it is; of a map with more some are left out.
        seed: Of the choice, and of where the copies lie.

    Returns:
        The map with so many examples.
    """
    example_count = len(activation_map.z)
    if dots in (0, example_count):
        return activation_map
    rng = np.random.default_rng(seed)
    rows = np.concatenate(
        [
            rng.permutation(example_count)[:dots],
            rng.integers(0, example_count, max(dots - example_count, 0)),
        ]
    )
    rows = np.sort(rows)

    def take(values: NDArray[Any]) -> Any:
        return values[rows]

    original = activation_map.examples
    offsets = rng.normal(0, COPY_SIGMA, (len(rows), 2)).astype(np.float32)
    examples = MapExamples(
        original.z[rows] + offsets,
        take(original.labels),
        take(original.predicted),
        take(original.log_e),
        take(original.doubt),
        take(original.index),
        take(original.step),
        take(original.test),
        {kind: take(values) for kind, values in original.expected.items()},
    )
    others = {
        name: take(values)
        for name, values in activation_map.others.items()
        if len(values) == example_count
    }
    return replace(activation_map, examples=examples, others=others)
