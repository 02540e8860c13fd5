"""``dnnvis bench map``: what an activation map costs, beside bare products and steps of the same
sizes in the same run."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.bench import map_fit
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.introspect.fit import Wishes
from dnnvis.introspect.map import Map
from dnnvis.introspect.mlp import Plain
from dnnvis.introspect.projections import umap_is_here
from dnnvis.lenses.activation_map.fitting import Asked
from dnnvis.lenses.activation_map.map_cache import KEY, Opened
from dnnvis.lenses.activation_map.storage import open_map
from dnnvis.lenses.catalog import lens_named
from dnnvis.lenses.lens import Scene, params_for
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data

Floats = NDArray[np.float32]
ASKED = 2.0  # most that a point may cost, times the bare products
PICTURES = 64  # that are looked at in turn
POINT = "output", 0  # the unit that the window names when it asks for the map


@dataclass(frozen=True)
class Plan:
    """``data``: the pictures; ``fit``: fit a map on at most ``limit`` of them (0: all) with
    these ``wishes``, and say what that costs; ``place``: a map's file, else the network's own
    unless one is fitted. Every point and frame is timed ``times`` times, in turns with its
    reference. ``umap`` fits UMAP on so many examples (0: not)."""

    data: str
    fit: bool = True
    limit: int = 0
    wishes: Wishes = Wishes()
    place: Path | None = None
    times: int = 2000
    umap: int = 0


def measure(network: Network, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """``point_...``: place and 2-d estimate of one hidden vector that is given, microseconds of
    wall time on one thread; ``rich_...``: with the richer estimate too; ``two_calls_...``: the
    place and the 2-d estimate by one call each; ``frame_...``: the whole lens, milliseconds,
    beside the bare forward pass; ``fit_...``: see ``mapfit``.

    Raises BadInput where there are no pictures, and no map unless one is fitted.
    """
    data = open_data(plan.data)  # what is wrong with it is told first
    try:
        rows = np.unique(np.linspace(0, len(data) - 1, PICTURES).astype(int))
        frames = [Frame(data.read(int(row))[0]) for row in rows]
    finally:
        data.close()
    found: dict[str, Any] = {"model": network.name}
    made = None if plan.place is None and plan.fit else open_map(network, plan.place)
    if plan.fit:
        asked = Asked(plan.data, limit=plan.limit, record=False, wishes=plan.wishes)
        fitted, figures = map_fit.measure(network, asked, say)
        found |= figures
        made = made or fitted
    assert made is not None
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        h = made.harvest([frame.pixels for frame in frames])
        found |= points(made, h, plan.times)
        say(f"  a point {found['point_us']['median']} us, bare {found['point_bare_us']['median']}")
        found |= frame_cost(network, made, frames, plan.times)
        found |= _umap(made, plan, say)
    finally:
        torch.set_num_threads(threads)
    return found


# ---- one new point ---------------------------------------------------------------------------


def points(made: Map, h: Floats, times: int) -> dict[str, Any]:
    """Of hidden vectors h (n, D), one at a time. The reference is the matrix products of the
    layers into arrays that lie ready: no bias, no ELU, no check of what comes in."""
    has = "2d" in made.estimators
    kinds = ("2d",) if has else ()
    stacks = [made.encoder, *(made.estimators[kind] for kind in made.estimators)]
    calls: dict[str, Callable[[int], Any]] = {
        "point": lambda k: made.read(_row(h, k), kinds),
        "point_bare": products([made.encoder, *(made.estimators[kind] for kind in kinds)]),
        "two_calls": lambda k: (made.encode(_row(h, k)), has and made.error(_row(h, k))),
        "rich": lambda k: made.read(_row(h, k)),
        "rich_bare": products(stacks),
    }
    took = in_turns(calls, times)
    median = {name: float(np.median(seconds)) for name, seconds in took.items()}
    return {f"{name}_us": _spread(seconds) for name, seconds in took.items()} | {
        "point_ratio": round(median["point"] / median["point_bare"], 3),
        "point_asked": f"<= {ASKED}",
        "two_calls_ratio": round(median["two_calls"] / median["point_bare"], 3),
        "rich_ratio": round(median["rich"] / median["rich_bare"], 3),
    }


def products(stacks: Sequence[Plain]) -> Callable[[int], None]:
    """A function that multiplies one row with each weight matrix of the stacks."""
    weights = [weight for plain in stacks for weight in plain.weights[::2]]
    dice = np.random.default_rng(0)
    ready = [
        (
            dice.standard_normal((1, weight.shape[1]), np.float32),
            weight.T,
            np.empty((1, len(weight)), np.float32),
        )
        for weight in weights
    ]

    def multiply(number: int) -> None:
        for row, weight, out in ready:
            np.matmul(row, weight, out=out)

    return multiply


def in_turns(
    calls: dict[str, Callable[[int], Any]],
    times: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds of each call, ``times`` times, one after another; the first tenth warms up."""
    took: dict[str, list[float]] = {name: [] for name in calls}
    warm = times // 10
    for number in range(times + warm):
        for name, call in calls.items():
            began = clock()
            call(number)
            seconds = clock() - began
            if number >= warm:
                took[name].append(seconds)
    return took


def _row(h: Floats, number: int) -> Floats:
    found: Floats = h[number % len(h)][None]
    return found


def _spread(seconds: list[float], unit: float = 1e-6) -> dict[str, float]:
    """Median and 95th percentile."""
    return {
        "median": round(float(np.median(seconds)) / unit, 2),
        "p95": round(float(np.quantile(seconds, 0.95)) / unit, 2),
    }


# ---- a frame of the live view ----------------------------------------------------------------


def frame_cost(network: Network, made: Map, frames: Sequence[Frame], times: int) -> dict[str, Any]:
    """What the lens ``map`` adds to a frame: its layers recorded in the pass that all panels
    share, and then place, estimates and alarms. Beside encoding and forward pass alone."""
    lens = lens_named("map")
    params = params_for(lens, {})
    before = network.twins.get(KEY)
    network.twins[KEY] = Opened(params.version, replace(made, network=network))
    layers, unit = made.columns_.layers, Unit(*POINT)
    recordings = [network.run(network.encode(frame.pixels), layers) for frame in frames[:8]]

    def bare(number: int) -> None:
        with torch.inference_mode():
            network.forward(network.encode(frames[number % len(frames)].pixels))

    def plain(number: int) -> None:
        network.run(network.encode(frames[number % len(frames)].pixels), (POINT[0],))

    def recorded(number: int) -> None:
        network.run(network.encode(frames[number % len(frames)].pixels), layers)

    def look(number: int) -> None:
        at = number % len(recordings)
        for _ in lens.look(Scene(network, unit, params, frames[at], recordings[at])):
            pass

    try:
        took = in_turns(
            {"bare": bare, "plain": plain, "recorded": recorded, "look": look}, times // 4
        )
    finally:
        network.twins.pop(KEY)
        if before is not None:
            network.twins[KEY] = before
    median = {name: float(np.median(seconds)) for name, seconds in took.items()}
    added = max(median["recorded"] - median["plain"], 0.0) + median["look"]
    return {
        "frame_bare_ms": _spread(took["bare"], 1e-3),
        "frame_look_ms": _spread(took["look"], 1e-3),
        "frame_added_ms": round(added * 1e3, 3),
        "frame_added_ratio": round(added / median["bare"], 3),
    }


# ---- UMAP beside it --------------------------------------------------------------------------


def _umap(made: Map, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Processor time of UMAP's transform of one point on one thread, which is given to it as
    principal components; ``umap_ratio``: how many times that of our place and estimate from h."""
    if not plan.umap:
        return {"umap": "not asked for (--umap)"}
    if not umap_is_here():
        return {"umap": "not installed"}
    data = open_data(plan.data)
    try:
        picked = np.unique(np.linspace(0, len(data) - 1, plan.umap + PICTURES).astype(int))
        h = made.harvest([data.read(int(row))[0] for row in picked])
    finally:
        data.close()
    scores = np.ascontiguousarray(made.basis.scores(h))
    new, known = scores[:PICTURES], scores[PICTURES:]
    say(f"  UMAP of {len(known)} examples (its first import compiles for a minute) ...")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts of it that are not used here
        from umap import UMAP  # lazy: costs a minute the first time

        # of one row a second thread makes it ten times slower
        import_module("numba").set_num_threads(1)
        began = time.process_time()
        fitted = UMAP(n_components=2, random_state=0, n_jobs=1).fit(known)
        cost = time.process_time() - began
        calls = {
            "umap": lambda k: fitted.transform(_row(new, k)),
            "map": lambda k: made.read(_row(h, k), ("2d",)),
        }
        took = in_turns(calls, 3 * len(new), time.process_time)
    spread = {name: _spread(seconds, 1e-3) for name, seconds in took.items()}
    return {
        "umap_fit_cpu_s": round(cost, 1),
        "umap_point_cpu_ms": spread["umap"],
        "umap_ratio": round(float(np.median(took["umap"]) / np.median(took["map"])), 1),
    }
