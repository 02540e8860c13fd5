"""Use the real window hard for long: does memory grow, do threads, files or hooks pile up?"""

import gc
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
from PIL import Image
from torch import nn

from dnnvis.app.main import (
    create_application,
    create_runtime,
    create_window,
    delete_window,
    freeze_startup_objects,
)
from dnnvis.bench.window_session import find_leftover_threads, use_data_folder
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.session.map_state import TABS
from dnnvis.session.state import (
    CONTRASTS,
    GAMMAS,
    OVERLAYS,
    PANEL_LENSES,
    VIEWS_OF_EXAMPLES,
    Colormap,
    GridMode,
    SourceChoice,
    State,
)

NETWORKS = ("net1-mnist", "life-3", "net2-cifar10", "squeezenet1_1", "life-2-3")
SWITCH_SECONDS = 5.0  # between two networks
SOURCE_SECONDS = 7.0  # between two sources
ACTION_SECONDS = 0.4  # between two other changes
RESET_SECONDS = 20.0  # between two resets of the layout
LOG_SECONDS = 60.0
REST_SECONDS = 8.0  # until all that was requested has ended
PICTURE_COUNT, FILM_FRAMES, SIDE = 40, 60, 64
PANELS = ("synthesis", "examples", "statistics", "train", "map")
MB = 1 << 20


@dataclass(frozen=True)
class SoakConfig:
    """Say how long, and how hard."""

    #: Minutes of use, the warm-up among them.
    minutes: float = 60.0
    #: Minutes of the start that do not count for the slope; at most half of all.
    warm_up: float = 10.0
    #: Seed of what is clicked.
    seed: int = 0
    #: Torch's threads, 0 = as the window has them.
    threads: int = 1


@dataclass(frozen=True)
class RestFigures:
    """What there is while the window shows one network and nothing is under way."""

    memory_mb: float
    threads: int
    descriptors: int
    #: Forward hooks on any module.
    hooks: int
    modules: int
    networks: int
    widgets: int


def measure(config: SoakConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Use the window; return the slope of its memory, and what is there more than at first."""
    with TemporaryDirectory(prefix="dnnvis-soak-") as name, use_data_folder(Path(name) / "data"):
        sources = tuple(_make_sources(Path(name)))
        previous_threads = set(threading.enumerate())
        soak = Soak(config, sources, log)
        try:
            figures = soak.run()
        finally:
            soak.close()
        left = find_leftover_threads(previous_threads)
        return figures | {"threads_left": [thread.name for thread in left]}


def _make_sources(folder: Path) -> Iterator[SourceChoice]:
    import cv2  # lazy: slow, and sets variables of Qt's

    rng = np.random.default_rng(0)
    pictures = folder / "pictures"
    pictures.mkdir()
    for number in range(PICTURE_COUNT):
        pixels = rng.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(pictures / f"{number:03d}.png")
    film = folder / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (SIDE, SIDE))
    for _ in range(FILM_FRAMES):
        writer.write(rng.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8))
    writer.release()
    yield SourceChoice()
    yield SourceChoice("life")
    yield SourceChoice("pictures", str(pictures))
    yield SourceChoice("video", str(film))
    yield SourceChoice("demo", mirror=True)


class Soak:
    """The window under hard use."""

    def __init__(
        self, config: SoakConfig, sources: tuple[SourceChoice, ...], log: Callable[[str], None]
    ) -> None:
        self.config, self.sources, self._report = config, sources, log
        self._rng = random.Random(config.seed)
        self._samples: list[tuple[float, float]] = []  # (minutes, MB)
        self._counts: Counter[str] = Counter()
        self.application = create_application("dark")
        self.runtime = create_runtime(State(network=NetworkChoice(NETWORKS[0])), config.threads)
        self.window = create_window(self.runtime)
        self.window.show()
        freeze_startup_objects()
        self.window.backend.start()

    def run(self) -> dict[str, Any]:
        """Return the figures; raise BadInput where the window does not even start."""
        self._spin_until(lambda: self.window.frame_stats.count > 3, 120)
        warm_up = min(self.config.warm_up, self.config.minutes / 2)
        start = time.perf_counter()
        self._use(start, warm_up)
        first = self.rest()
        self._use(start, self.config.minutes)
        last = self.rest()
        samples = [(minute, mb) for minute, mb in self._samples if minute > warm_up]
        return {
            "minutes": self.config.minutes,
            "mb_per_minute": round(fit_slope(samples), 3),
            "mb_per_minute_at_rest": round(
                (last.memory_mb - first.memory_mb) / max(self.config.minutes - warm_up, 1e-9), 3
            ),
            "memory_mb": round(last.memory_mb, 1),
            **{
                f"{name}_more": getattr(last, name) - getattr(first, name)
                for name in ("threads", "descriptors", "hooks", "modules", "networks", "widgets")
            },
            "hooks": last.hooks,
            "frames": self.window.frame_stats.count,
            **self._counts,
            "problems": [entry.failure.sentence for entry in self.window.problems.entries],
        }

    def close(self) -> None:
        """Close the window for good."""
        gc.unfreeze()
        self.window.close()
        self._spin(0.2)
        delete_window(self.application, self.window)

    def _use(self, start: float, minutes: float) -> None:
        periods = {
            self._switch_network: SWITCH_SECONDS,
            self._switch_source: SOURCE_SECONDS,
            self._reset_layout: RESET_SECONDS,
            self._describe: LOG_SECONDS,
        }
        due = dict.fromkeys(periods, time.perf_counter())
        while (now := time.perf_counter()) - start < 60 * minutes:
            for act, period in periods.items():
                if now >= due[act]:
                    due[act] = now + period
                    act()
            self._act()
            self._samples.append(((now - start) / 60, read_memory_mb()))
            self._spin(ACTION_SECONDS)

    def _switch_network(self) -> None:
        self._counts["networks_opened"] += 1
        choice = NetworkChoice(NETWORKS[self._counts["networks_opened"] % len(NETWORKS)])
        self.window.backend.run(choice)

    def _switch_source(self) -> None:
        self._counts["sources_opened"] += 1
        choice = self.sources[self._counts["sources_opened"] % len(self.sources)]
        self.window.backend.open_source(choice)

    def _reset_layout(self) -> None:
        self._counts["layouts_reset"] += 1
        self.window.reset_layout()
        state = self.window.session.state  # with everything on after that
        self.window.session.update(
            **{name: replace(getattr(state, name), shown=True) for name in PANELS},
            panels={key: replace(panel, shown=True) for key, panel in state.panels.items()},
            steps=replace(state.steps, wish="open"),
        )

    def _describe(self) -> None:
        minutes, mb = self._samples[-1] if self._samples else (0.0, read_memory_mb())
        self._report(
            f"{minutes:.1f} min  {mb:.0f} MB  {threading.active_count()} threads  "
            f"{count_descriptors()} descriptors  {len(self.application.allWidgets())} widgets"
        )

    def _act(self) -> None:
        """Change something that a user would."""
        self._counts["actions"] += 1
        session, rng = self.window.session, self._rng
        state, info = session.state, self.window.backend.info
        kind = rng.randrange(8)
        if kind <= 2 and info is not None:
            layer = rng.choice(info.layers)
            session.select(Unit(layer.name, rng.randrange(layer.shape[0])))
        elif kind == 3:
            name = rng.choice(PANELS)
            part = getattr(state, name)
            session.update(**{name: replace(part, shown=not part.shown)})
        elif kind == 4:
            session.update(
                contrast=rng.choice(CONTRASTS),
                gamma=rng.choice(GAMMAS),
                colours=rng.choice(get_args(Colormap)),
                grid=rng.choice(get_args(GridMode)),
                overlay=rng.choice(OVERLAYS),
            )
        elif kind == 5:
            key = rng.choice(list(state.panels))
            panel = replace(state.panels[key], lens=rng.choice(PANEL_LENSES), shown=True)
            session.update(panels={**state.panels, key: panel})
        elif kind == 6:
            run = state.map.attack_run + 1
            session.update(map=replace(state.map, tab=rng.choice(TABS), attack_run=run))
        else:
            shown_as = rng.choice(VIEWS_OF_EXAMPLES)
            examples = replace(state.examples, where="memory", minutes=1.0, shown_as=shown_as)
            session.update(examples=replace(examples, run=examples.run + 1, shown=True))

    def rest(self) -> RestFigures:
        """Show the first network and the first source alone, wait, and count what there is."""
        state = State()
        self.window.enlarged.put_back()
        self.window.reset_layout()
        self.window.session.update(
            panels=state.panels,
            synthesis=state.synthesis,
            examples=state.examples,
            statistics=state.statistics,
            map=state.map,
            train=state.train,
            unit=None,
        )
        self.window.backend.open_source(self.sources[0])
        self.window.backend.run(NetworkChoice(NETWORKS[0]))
        self._spin(REST_SECONDS)
        self.runtime.feeder.pause(True)
        self._spin(1.0)
        gc.collect()
        figures = RestFigures(
            read_memory_mb(),
            threading.active_count(),
            count_descriptors(),
            sum(count_hooks(each.module) for each in _find(Network)),
            len(_find(nn.Module)),
            len(_find(Network)),
            len(self.application.allWidgets()),
        )
        self.runtime.feeder.pause(False)
        self._report(f"at rest: {figures}")
        return figures

    def _spin(self, seconds: float) -> None:
        from dnnvis.app.runtime.frame_stats import run_event_loop  # Qt, which comes after torch

        run_event_loop(seconds)

    def _spin_until(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.perf_counter() + seconds
        while not condition():
            if time.perf_counter() > deadline:
                raise BadInput(f"The window showed nothing in {seconds:.0f} s.")
            self._spin(0.05)


def _find(kind: type) -> list[Any]:
    return [each for each in gc.get_objects() if issubclass(type(each), kind)]


def fit_slope(samples: list[tuple[float, float]]) -> float:
    """Return the slope of a straight line through (x, y) samples; NaN of fewer than two."""
    if len(samples) < 2:
        return float("nan")
    x, y = np.array(samples).T
    return float(np.polyfit(x, y, 1)[0])


def read_memory_mb() -> float:
    """Return the resident memory of this process in MB; NaN where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def count_descriptors() -> int:
    """Return how many files this process has open; 0 where the system does not say."""
    try:
        return len(list(Path("/proc/self/fd").iterdir()))
    except OSError:
        return 0
