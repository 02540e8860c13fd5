"""Activation statistics: how the unit and its layer behaved on natural pictures.

Source: Poznanski's Deep Visualization Toolbox (activation histograms, correlation of units).
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from dnnvis.core.messages import NetworkInfo
from dnnvis.core.statistics import LayerView, Pairs, UnitStatistics
from dnnvis.core.unit import Unit
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.lenses.seriation import by_likeness
from dnnvis.library.store.library import Library, library_path, open_library
from dnnvis.library.store.records import Scan, Statistics
from dnnvis.network.network import Network

KEPT = 2  # layers whose order is remembered: a click on another unit need not find it anew


@dataclass(frozen=True)
class StatisticsParams:
    """``pairs``: how many of the most and least correlated units are named. ``library``: its
    file, "" = the network's own."""

    pairs: int = field(default=6, metadata={"range": (0, 100)})
    library: str = ""


@dataclass(frozen=True)
class StatisticsLens(LensDefaults):
    """Yields UnitStatistics: first the unit's own numbers, then with the layer's correlations
    put into order, which takes a while for a wide layer."""

    name: str = "statistics"
    title: str = "activation statistics"
    source: str = "Poznanski, Deep Visualization Toolbox"
    backward: bool = False
    Params: type[StatisticsParams] = StatisticsParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: StatisticsParams) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[UnitStatistics]:
        net, params = scene.network, scene.params
        place = Path(params.library) if params.library else library_path(net.fingerprint)
        if not params.library and not place.is_file():
            yield _nothing(scene, f"No pictures were looked through yet; {_how(net)}.")
            return
        with open_library(net, place, create=False) as library:
            scans = library.scans()
        key = (str(place), net.fingerprint, scene.unit.layer, tuple(_mark(scan) for scan in scans))
        found = _statistics(*key)
        if found is None:
            yield _nothing(scene, _why(net, scene.unit.layer, scans))
            return
        own = _of_unit(scene, found, scans)
        yield replace(own, progress=0.5)
        yield _with_pairs(own, _layer(*key), scene.unit.channel, params.pairs)


def _how(net: Network) -> str:
    name = net.origin.get("net", "NET")
    return f"scan a folder in the Examples panel, or run `dnnvis scan {name} --data FOLDER`"


def _why(net: Network, layer: str, scans: list[Scan]) -> str:
    if scans:
        return f"{layer} was not among the layers that were looked through; {_how(net)}."
    return f"The library knows no pictures for this network yet; {_how(net)}."


def _nothing(scene: Scene, words: str) -> UnitStatistics:
    layer = scene.unit.layer
    view = LayerView(layer, scene.network.layer(layer).shape[0], 0)
    return UnitStatistics(str(scene.unit.whole()), scene.network.name, view, words=words)


def _of_unit(scene: Scene, found: Statistics, scans: list[Scan]) -> UnitStatistics:
    """The unit's own numbers."""
    unit, k = scene.unit.whole(), scene.unit.channel
    dead = tuple(np.flatnonzero(found.dead).tolist())
    sources = [Path(scan.source).name for scan in scans if unit.layer in scan.layers]
    among = f"{found.images:,} pictures of {', '.join(dict.fromkeys(sources)) or 'the library'}"
    return UnitStatistics(
        str(unit), scene.network.name,
        LayerView(unit.layer, len(found.mean), found.images, dead),
        found.counts[k], found.edges,
        float(found.mean[k]), float(found.std[k]), float(found.least[k]), float(found.most[k]),
        float(found.active[k]), float(found.awake[k]), among=among,
        recipe={"lens": "statistics", "unit": str(unit), **asdict(scene.params)},
    )  # fmt: skip


def _with_pairs(own: UnitStatistics, layer: LayerView, k: int, pairs: int) -> UnitStatistics:
    """With the layer's correlations, and the unit's strongest ones."""
    if not len(layer.order):
        words = f"{layer.layer} has {layer.units:,} units, too many to correlate."
        return replace(own, layer=layer, words=words)
    row = layer.correlation[int(np.flatnonzero(layer.order == k)[0])]
    rated = [(int(c), float(r)) for c, r in zip(layer.order, row, strict=True) if c != k]
    rated.sort(key=lambda pair: (-pair[1], pair[0]))
    alike: Pairs = tuple(pair for pair in rated[:pairs] if pair[1] > 0)
    unlike: Pairs = tuple(pair for pair in rated[::-1][:pairs] if pair[1] < 0)
    return replace(own, layer=layer, alike=alike, unlike=unlike)


# ---- of a whole layer, the same for each of its units ---------------------------------------


def _mark(scan: Scan) -> tuple[str, str, int]:
    """What differs when the scan has gone on, or was made again."""
    return scan.source, scan.changed, scan.seen


Marks = tuple[tuple[str, str, int], ...]


@lru_cache(KEPT)
def _statistics(path: str, fingerprint: str, layer: str, marks: Marks) -> Statistics | None:
    with Library(path, fingerprint, create=False) as library:
        return library.statistics(layer)


@lru_cache(KEPT)
def _layer(path: str, fingerprint: str, layer: str, marks: Marks) -> LayerView:
    found = _statistics(path, fingerprint, layer, marks)
    assert found is not None
    dead = tuple(np.flatnonzero(found.dead).tolist())
    view = LayerView(layer, len(found.mean), found.images, dead)
    if found.correlation is None:
        return view
    order = by_likeness(found.correlation)
    return replace(view, order=order, correlation=found.correlation[order][:, order])


STATISTICS = StatisticsLens()
