"""Measure for ``dnnvis bench live --compare`` two networks on the same frames against each alone.

Where each alone makes r1 and r2 frames a second, both after one another can make
1 / (1 / r1 + 1 / r2). The source has no limit, so that the engine always works.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from dnnvis.bench.memory_source import demo_frames
from dnnvis.bench.window_session import WindowSession
from dnnvis.core.errors import BadInput
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.comparison import with_second
from dnnvis.session.state import ExamplesChoice, LensPanel, State, Synthesis
from dnnvis.zoo.catalog import open_network

MODELS = ("squeezenet-imagenet", "net2-cifar10")  # unless others are named
UNLIMITED_FPS = 1000.0
MIN_COMPARE_RATIO = 0.90
MIN_FRAMES = 3  # of a turn, which is longer where there are fewer
MAX_TURN_SECONDS = 60.0
SETTLE_SECONDS = 2.0  # after a switch: fused passes, memory formats, the first matrices
OPEN_SECONDS = 120.0


@dataclass(frozen=True)
class LiveCompareBenchConfig:
    """Say which two networks run, and how long each turn is."""

    first: str
    second: str
    #: Turns of each: the first alone, the second alone, both.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 5.0
    #: Torch's threads, 0 = all cores but one.
    threads: int = 0
    #: Whether what nobody looks at runs fused.
    fused: bool = False


@dataclass(frozen=True)
class _Turn:
    """Frames a second of wall time, and the engine's processor time of one in seconds."""

    rate: float
    processor: float


def measure_models(
    models: Sequence[str],
    pairs: int,
    seconds: float,
    threads: int,
    fused: bool,
    load: float,
    log: Callable[[str], None],
) -> dict[str, Any]:
    """Measure the first two of ``models``, and of MODELS after them; else as ``measure``."""
    first, second = (*models, *MODELS)[:2]
    config = LiveCompareBenchConfig(first, second, pairs, seconds, threads, fused)
    return measure(config, load, log)


def measure(
    config: LiveCompareBenchConfig, load: float, log: Callable[[str], None]
) -> dict[str, Any]:
    """Measure the frames a second that the engine makes of each network alone, and of both.

    Args:
        config: The networks, and how long they are measured.
        load: Cores that others keep busy, as measured before.
        log: Is given a line about each turn.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: A network cannot be opened, or the window does not come so far in time.
    """
    for name in (config.first, config.second):
        open_network(name)  # what is wrong with the wish is said here
    state = State(  # what grows or is looked up beside is not measured here
        network=NetworkChoice(net=config.first),
        panels={f"lens{k}": LensPanel(shown=False) for k in (1, 2, 3)},
        synthesis=Synthesis(shown=False, on_click=False),
        examples=ExamplesChoice(shown=False),
        fused=config.fused,
        unlocked=True,
    )
    window_session = WindowSession(state, demo_frames(), UNLIMITED_FPS, config.threads)
    window_session.parts.engine.pacer.interval = 0.0  # what it can do, not what a screen shows
    try:
        run = _CompareRun(window_session, config)
        figures = run.figures(log)
    finally:
        leftovers = window_session.close()
    return figures | leftovers | {"load": round(load, 3)}


class _CompareRun:
    """A window that shows one network, the other, or both."""

    def __init__(self, window_session: WindowSession, config: LiveCompareBenchConfig) -> None:
        self.window_session, self.config = window_session, config
        self.session = window_session.window.session

    def figures(self, log: Callable[[str], None]) -> dict[str, Any]:
        turns: dict[str, list[_Turn]] = {"first": [], "second": [], "both": []}
        for _ in range(self.config.pairs):
            for name, each in turns.items():
                self.show(name)
                each.append(self.measure_turn())
            latest = {name: each[-1] for name, each in turns.items()}
            log(
                "  "
                + ", ".join(
                    f"{name} {turn.rate:.2f}/s ({turn.processor * 1000:.1f} ms)"
                    for name, turn in latest.items()
                )
            )
        a, b, both = turns.values()
        ratios = [z.rate * (1 / x.rate + 1 / y.rate) for x, y, z in zip(a, b, both, strict=True)]
        used = [
            (x.processor + y.processor) / z.processor if z.processor else 0.0
            for x, y, z in zip(a, b, both, strict=True)
        ]
        return {
            "first": self.config.first,
            "second": self.config.second,
            "threads": self.window_session.threads,
            "fused": self.config.fused,
            "first_fps": round(median(turn.rate for turn in a), 2),
            "second_fps": round(median(turn.rate for turn in b), 2),
            "both_fps": round(median(turn.rate for turn in both), 2),
            "compare_ratio": {
                "median": round(median(ratios), 3),
                "worst": round(min(ratios), 3),
                "asked": f">= {MIN_COMPARE_RATIO}",
            },
            "compare_processor_ratio": round(median(used), 3),
        }

    def show(self, name: str) -> None:
        """Run the first network, the second, or both with the panel in sight."""
        state = self.session.state
        net = self.config.second if name == "second" else self.config.first
        choice = NetworkChoice(net=net)
        if state.network != choice:
            self.session.update(compare=replace(state.compare, shown=False))
            self.window_session.window.backend.run(choice)
            self.window_session.wait_until(lambda: self.runs(choice), OPEN_SECONDS)
        if name == "both":
            second = NetworkChoice(net=self.config.second)
            self.session.update(**with_second(self.session.state, second))
            self.window_session.window.docks["Compare"].raise_()
            self.window_session.wait_until(self.runs_second, OPEN_SECONDS)
        elif self.session.state.compare.shown:
            shown = replace(self.session.state.compare, shown=False)
            self.session.update(compare=shown)
        self.window_session.spin(SETTLE_SECONDS)

    def runs(self, choice: NetworkChoice) -> bool:
        """Return whether frames of that network are shown."""
        info, live = self.window_session.info, self.window_session.window.backend.live
        return (
            info is not None
            and info.choice == choice
            and live is not None
            and live.network == info.name
        )

    def runs_second(self) -> bool:
        """Return whether frames of both are shown; raise BadInput where the second cannot run."""
        live = self.window_session.window.backend.live
        second = None if live is None else live.second
        if second is None or second.is_opening:
            return False
        if second.problem:
            raise BadInput(second.problem)
        return True

    def measure_turn(self) -> _Turn:
        """Measure the engine for a turn."""
        turns = self.window_session.parts.engine.turns
        turns.clear()
        used, start = self.window_session.engine_seconds(), time.perf_counter()
        count = 0
        limit = max(self.config.seconds, MAX_TURN_SECONDS)
        while (elapsed := time.perf_counter() - start) < self.config.seconds or (
            count < MIN_FRAMES and elapsed < limit
        ):
            self.window_session.spin(min(1.0, self.config.seconds))
            count += len(turns)  # it holds the latest 1000 alone
            turns.clear()
        seconds = time.perf_counter() - start
        if not count:
            raise BadInput("The engine made no frame in a turn: measure longer (--seconds).")
        used = self.window_session.engine_seconds() - used
        return _Turn(count / seconds, used / count)
