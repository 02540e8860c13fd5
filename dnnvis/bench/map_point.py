"""Measure for ``dnnvis bench map`` what an activation map costs.

It stands beside bare products and steps of the same sizes in the same run.
"""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.bench import map_fit
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.introspect.fit import FitConfig
from dnnvis.introspect.map import Map
from dnnvis.introspect.mlp import NumpyMLP
from dnnvis.introspect.projections import is_umap_installed
from dnnvis.lenses.activation_map.fitting import MapFitOptions
from dnnvis.lenses.activation_map.map_cache import override_map
from dnnvis.lenses.activation_map.storage import open_map
from dnnvis.lenses.catalog import get_lens
from dnnvis.lenses.lens import Scene, params_for
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data

Floats = NDArray[np.float32]
MAX_POINT_RATIO = 2.0  # most that a point may cost, times the bare products
PICTURE_COUNT = 64  # that are looked at in turn
POINT_UNIT = "output", 0  # the unit that the window names when it asks for the map


@dataclass(frozen=True)
class MapBenchConfig:
    """Say which map is measured, and on which pictures."""

    #: The pictures.
    data: str
    #: Fit a map on at most ``limit`` of them, and say what that costs.
    fit: bool = True
    #: Pictures that it is fitted on at most, 0 = all.
    limit: int = 0
    #: How it is fitted.
    fit_config: FitConfig = field(default_factory=FitConfig)
    #: A map's file, else the network's own unless one is fitted.
    map_path: Path | None = None
    #: How often every point and frame is timed, in turns with its reference.
    times: int = 2000
    #: Examples on which UMAP is fitted, 0 = not.
    umap: int = 0


def measure(network: Network, config: MapBenchConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure what a point, a frame and the fit of a map cost.

    ``point_...``: place and 2-d estimate of one hidden vector that is given, microseconds of wall
    time on one thread; ``rich_...``: with the richer estimate too; ``two_calls_...``: the place,
    and then the 2-d estimate at that place, by one call each; ``frame_...``: the whole lens,
    milliseconds, beside the bare forward pass; ``fit_...``: see ``map_fit``.

    Args:
        network: The network that the map is of.
        config: The pictures, the map, and what is measured.
        log: Is given a line about each result.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: There are no pictures, or no map and none is fitted.
    """
    data = open_data(config.data)  # what is wrong with it is told first
    try:
        rows = np.unique(np.linspace(0, len(data) - 1, PICTURE_COUNT).astype(int))
        frames = [Frame(data.read(int(row))[0]) for row in rows]
    finally:
        data.close()
    figures: dict[str, Any] = {"model": network.name}
    activation_map = (
        None if config.map_path is None and config.fit else open_map(network, config.map_path)
    )
    if config.fit:
        options = MapFitOptions(
            config.data, limit=config.limit, record=False, fit_config=config.fit_config
        )
        fitted, fit_figures = map_fit.measure(network, options, log)
        figures |= fit_figures
        activation_map = activation_map or fitted
    assert activation_map is not None
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        h = activation_map.harvest([frame.pixels for frame in frames])
        figures |= measure_points(activation_map, h, config.times)
        log(
            f"  a point {figures['point_us']['median']} us, "
            f"bare {figures['point_bare_us']['median']}"
        )
        figures |= measure_frame_cost(network, activation_map, frames, config.times)
        figures |= _measure_umap(activation_map, config, log)
    finally:
        torch.set_num_threads(threads)
    return figures


def measure_points(activation_map: Map, h: Floats, times: int) -> dict[str, Any]:
    """Time the places and estimates of hidden vectors, one at a time.

    The reference is the matrix products of the layers into arrays that lie ready: no bias, no ELU,
    no check of what comes in.

    Args:
        activation_map: The map.
        h: Hidden vectors (n, D), taken round and round.
        times: How often each call is timed.

    Returns:
        Microseconds (median and 95th percentile) and ratios of the medians, by name.
    """
    has_estimator = "2d" in activation_map.estimators
    kinds = ("2d",) if has_estimator else ()
    stacks = [
        activation_map.encoder,
        *(activation_map.estimators[kind] for kind in activation_map.estimators),
    ]

    def read_by_two_calls(number: int) -> tuple[Floats, Floats | None]:
        z = activation_map.encode(_pick_row(h, number))
        return z, activation_map.error_at(z) if has_estimator else None

    calls: dict[str, Callable[[int], Any]] = {
        "point": lambda k: activation_map.read(_pick_row(h, k), kinds),
        "point_bare": build_products(
            [activation_map.encoder, *(activation_map.estimators[kind] for kind in kinds)]
        ),
        "two_calls": read_by_two_calls,
        "rich": lambda k: activation_map.read(_pick_row(h, k)),
        "rich_bare": build_products(stacks),
    }
    timings = time_in_turns(calls, times)
    median = {name: float(np.median(seconds)) for name, seconds in timings.items()}
    return {f"{name}_us": _summarize(seconds) for name, seconds in timings.items()} | {
        "point_ratio": round(median["point"] / median["point_bare"], 3),
        "point_asked": f"<= {MAX_POINT_RATIO}",
        "two_calls_ratio": round(median["two_calls"] / median["point_bare"], 3),
        "rich_ratio": round(median["rich"] / median["rich_bare"], 3),
    }


def build_products(stacks: Sequence[NumpyMLP]) -> Callable[[int], None]:
    """Build a function that multiplies one row with each weight matrix of the stacks."""
    weights = [weight for stack in stacks for weight in stack.weights[::2]]
    rng = np.random.default_rng(0)
    operands = [
        (
            rng.standard_normal((1, weight.shape[1]), np.float32),
            weight.T,
            np.empty((1, len(weight)), np.float32),
        )
        for weight in weights
    ]

    def multiply(number: int) -> None:
        for row, weight, out in operands:
            np.matmul(row, weight, out=out)

    return multiply


def time_in_turns(
    calls: dict[str, Callable[[int], Any]],
    times: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Time each call, ``times`` times, one after another; the first tenth warms up.

    Args:
        calls: The calls by name; each is given the number of the turn, from 0.
        times: Turns that count, after a tenth as many that warm up.
        clock: Gives the time in seconds.

    Returns:
        The seconds of each call, by name, in order.
    """
    timings: dict[str, list[float]] = {name: [] for name in calls}
    warmup_count = times // 10
    for number in range(times + warmup_count):
        for name, call in calls.items():
            start = clock()
            call(number)
            seconds = clock() - start
            if number >= warmup_count:
                timings[name].append(seconds)
    return timings


def _pick_row(h: Floats, number: int) -> Floats:
    row: Floats = h[number % len(h)][None]
    return row


def _summarize(seconds: list[float], unit: float = 1e-6) -> dict[str, float]:
    """Say median and 95th percentile."""
    return {
        "median": round(float(np.median(seconds)) / unit, 2),
        "p95": round(float(np.quantile(seconds, 0.95)) / unit, 2),
    }


def measure_frame_cost(
    network: Network, activation_map: Map, frames: Sequence[Frame], times: int
) -> dict[str, Any]:
    """Measure what the lens ``map`` adds to a frame, beside encoding and forward pass alone.

    That is its layers recorded in the pass that all panels share, and then place, estimates and
    alarms.

    Args:
        network: The network.
        activation_map: Its map.
        frames: The pictures, taken round and round.
        times: Four times as often as each is timed.

    Returns:
        Milliseconds (median and 95th percentile), and what is added over the bare pass, by name.
    """
    lens = get_lens("map")
    params = params_for(lens, {})
    layers, unit = activation_map.columns_.layers, Unit(*POINT_UNIT)
    recordings = [network.run(network.encode(frame.pixels), layers) for frame in frames[:8]]

    def run_baseline(number: int) -> None:
        with torch.inference_mode():
            network.forward(network.encode(frames[number % len(frames)].pixels))

    def record_output(number: int) -> None:
        network.run(network.encode(frames[number % len(frames)].pixels), (POINT_UNIT[0],))

    def record_layers(number: int) -> None:
        network.run(network.encode(frames[number % len(frames)].pixels), layers)

    def look(number: int) -> None:
        index = number % len(recordings)
        for _ in lens.look(Scene(network, unit, params, frames[index], recordings[index])):
            pass

    with override_map(network, activation_map, params.version):
        timings = time_in_turns(
            {"bare": run_baseline, "plain": record_output, "recorded": record_layers, "look": look},
            times // 4,
        )
    median = {name: float(np.median(seconds)) for name, seconds in timings.items()}
    added_seconds = max(median["recorded"] - median["plain"], 0.0) + median["look"]
    return {
        "frame_bare_ms": _summarize(timings["bare"], 1e-3),
        "frame_look_ms": _summarize(timings["look"], 1e-3),
        "frame_added_ms": round(added_seconds * 1e3, 3),
        "frame_added_ratio": round(added_seconds / median["bare"], 3),
    }


def _measure_umap(
    activation_map: Map, config: MapBenchConfig, log: Callable[[str], None]
) -> dict[str, Any]:
    """Measure processor time of UMAP's transform of one point on one thread.

    The point is given to it as principal components; ``umap_ratio``: how many times that of our
    place and estimate from h.
    """
    if not config.umap:
        return {"umap": "not asked for (--umap)"}
    if not is_umap_installed():
        return {"umap": "not installed"}
    data = open_data(config.data)
    try:
        example_rows = np.unique(
            np.linspace(0, len(data) - 1, config.umap + PICTURE_COUNT).astype(int)
        )
        h = activation_map.harvest([data.read(int(row))[0] for row in example_rows])
    finally:
        data.close()
    scores = np.ascontiguousarray(activation_map.basis.scores(h))
    new, known = scores[:PICTURE_COUNT], scores[PICTURE_COUNT:]
    log(f"  UMAP of {len(known)} examples (its first import compiles for a minute) ...")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts of it that are not used here
        from umap import UMAP  # lazy: costs a minute the first time

        # of one row a second thread makes it ten times slower
        import_module("numba").set_num_threads(1)
        start = time.process_time()
        fitted = UMAP(n_components=2, random_state=0, n_jobs=1).fit(known)
        fit_seconds = time.process_time() - start
        calls = {
            "umap": lambda k: fitted.transform(_pick_row(new, k)),
            "map": lambda k: activation_map.read(_pick_row(h, k), ("2d",)),
        }
        timings = time_in_turns(calls, 3 * len(new), time.process_time)
    summaries = {name: _summarize(seconds, 1e-3) for name, seconds in timings.items()}
    return {
        "umap_fit_cpu_s": round(fit_seconds, 1),
        "umap_point_cpu_ms": summaries["umap"],
        "umap_ratio": round(float(np.median(timings["umap"]) / np.median(timings["map"])), 1),
    }
