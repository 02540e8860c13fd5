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
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.lenses.seriation import seriate
from dnnvis.library.scan.running_statistics import MAX_CORRELATED_CHANNELS
from dnnvis.library.store.library import Library, open_library
from dnnvis.library.store.preprocessing import describe_other_preprocessing, find_scan_library
from dnnvis.library.store.records import LayerStatistics, Scan
from dnnvis.network.network import Network

MAX_CACHED_LAYERS = 2  # layers whose order is cached: a click on another unit reuses it


@dataclass(frozen=True)
class StatisticsParams:
    """Settings of the lens ``statistics``."""

    #: Number of most, and of least, correlated units to name.
    pairs: int = field(default=6, metadata={"range": (0, 100)})
    #: File of the library; "" means the network's own.
    library: str = ""


@dataclass(frozen=True)
class StatisticsLens(LensDefaults):
    """How a unit and its layer behaved on the pictures scanned.

    Yields UnitStatistics: first the unit's own numbers, then with the layer's correlations ordered
    by similarity, which takes a while for a wide layer.
    """

    name: str = "statistics"
    title: str = "activation statistics"
    source: str = "Poznanski, Deep Visualization Toolbox"
    backward: bool = False
    Params: type[StatisticsParams] = StatisticsParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: StatisticsParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[UnitStatistics]:
        """Yield the results for ``scene``, see the class."""
        net, params = scene.network, scene.params
        path = Path(params.library) if params.library else find_scan_library(net)
        if not params.library and not path.is_file():
            yield _empty_statistics(
                scene, tr("No pictures were looked through yet; {hint}.", hint=_scan_hint(net))
            )
            return
        with open_library(net, path, create=False) as library:
            scans = library.scans()
            stale = describe_other_preprocessing(library, net) if scans else ""
        key = (
            str(path),
            net.fingerprint,
            scene.unit.layer,
            tuple(_scan_version(scan) for scan in scans),
        )
        statistics = _read_statistics(*key)
        if statistics is None:
            yield _empty_statistics(scene, _missing_reason(net, scene.unit.layer, scans))
            return
        result = replace(_unit_statistics(scene, statistics, scans), stale=stale)
        yield replace(result, progress=0.5)
        yield _add_pairs(result, _read_layer_view(*key), scene.unit.channel, params.pairs)


def _scan_hint(net: Network) -> str:
    name = net.origin.get("net", "NET")
    return tr(
        "scan a folder in the Examples panel, or run `dnnvis scan {name} --data FOLDER`", name=name
    )


def _missing_reason(net: Network, layer: str, scans: list[Scan]) -> str:
    if scans:
        return tr(
            "{layer} was not among the layers that were looked through; {hint}.",
            layer=layer,
            hint=_scan_hint(net),
        )
    return tr("The library knows no pictures for this network yet; {hint}.", hint=_scan_hint(net))


def _empty_statistics(scene: Scene, message: str) -> UnitStatistics:
    layer = scene.unit.layer
    view = LayerView(layer, scene.network.layer(layer).shape[0], 0)
    return UnitStatistics(str(scene.unit.whole()), scene.network.name, view, message=message)


def _unit_statistics(
    scene: Scene, statistics: LayerStatistics, scans: list[Scan]
) -> UnitStatistics:
    """Return the unit's own numbers."""
    unit, k = scene.unit.whole(), scene.unit.channel
    dead = tuple(np.flatnonzero(statistics.dead).tolist())
    sources = [Path(scan.source).name for scan in scans if unit.layer in scan.layers]
    among = tr(
        "{count:,} pictures of {sources}",
        count=statistics.images,
        sources=", ".join(dict.fromkeys(sources)) or tr("the library"),
    )
    return UnitStatistics(
        str(unit),
        scene.network.name,
        LayerView(unit.layer, len(statistics.mean), statistics.images, dead),
        statistics.counts[k],
        statistics.edges,
        float(statistics.mean[k]),
        float(statistics.std[k]),
        float(statistics.minimum[k]),
        float(statistics.maximum[k]),
        float(statistics.active[k]),
        float(statistics.awake[k]),
        among=among,
        recipe={"lens": "statistics", "unit": str(unit), **asdict(scene.params)},
    )


def _add_pairs(result: UnitStatistics, layer: LayerView, k: int, pairs: int) -> UnitStatistics:
    """Return the result with the layer's correlations and the unit's strongest ones."""
    if not len(layer.order):
        message = (
            tr(
                "{layer} has {count:,} units, too many to correlate.",
                layer=layer.layer,
                count=layer.units,
            )
            if layer.units > MAX_CORRELATED_CHANNELS
            else tr("This library holds no correlations; scan a folder of your own for them.")
        )
        return replace(result, layer=layer, message=message)
    row = layer.correlation[int(np.flatnonzero(layer.order == k)[0])]
    ranked = [(int(c), float(r)) for c, r in zip(layer.order, row, strict=True) if c != k]
    ranked.sort(key=lambda pair: (-pair[1], pair[0]))
    correlated: Pairs = tuple(pair for pair in ranked[:pairs] if pair[1] > 0)
    anticorrelated: Pairs = tuple(pair for pair in ranked[::-1][:pairs] if pair[1] < 0)
    return replace(result, layer=layer, correlated=correlated, anticorrelated=anticorrelated)


def _scan_version(scan: Scan) -> tuple[str, str, int]:
    """Return a key that differs when the scan has continued or was made again."""
    return scan.source, scan.changed, scan.seen


ScanVersions = tuple[tuple[str, str, int], ...]


@lru_cache(MAX_CACHED_LAYERS)
def _read_statistics(
    path: str, fingerprint: str, layer: str, versions: ScanVersions
) -> LayerStatistics | None:
    with Library(path, fingerprint, create=False) as library:
        return library.statistics(layer)


@lru_cache(MAX_CACHED_LAYERS)
def _read_layer_view(path: str, fingerprint: str, layer: str, versions: ScanVersions) -> LayerView:
    statistics = _read_statistics(path, fingerprint, layer, versions)
    assert statistics is not None
    dead = tuple(np.flatnonzero(statistics.dead).tolist())
    view = LayerView(layer, len(statistics.mean), statistics.images, dead)
    if statistics.correlation is None:
        return view
    order = seriate(statistics.correlation)
    return replace(view, order=order, correlation=statistics.correlation[order][:, order])


STATISTICS = StatisticsLens()
