"""The map of a classifier and a seed, its figures, and how far two maps of one network differ."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from colorsys import hsv_to_rgb
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import Mismatch
from dnnvis.imaging.class_colors import generate_class_colors
from dnnvis.introspect import brainbow
from dnnvis.introspect.features import choose_columns
from dnnvis.introspect.fit import FitProgress
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import SUFFIX, read_map, write_map
from dnnvis.introspect.unit_ordering import preferred_classes
from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_data
from dnnvis.network.network import Network
from dnnvis.reproduce.common import ProgressReporter
from dnnvis.reproduce.introspection.config import IntrospectionConfig
from dnnvis.sources.datasets import open_data

Floats = NDArray[np.float32]


def map_path(config: IntrospectionConfig, net: str, network_seed: int, seed: int) -> Path:
    """Return where a map lies.

    Args:
        config: What is asked for.
        net: One of NETS.
        network_seed: The seed of the network it is of.
        seed: The seed it was fitted with.
    """
    return config.work / "maps" / f"{net}-network{network_seed}-map{seed}{SUFFIX}"


def load_or_fit_map(
    config: IntrospectionConfig,
    network: Network,
    net: str,
    network_seed: int,
    seed: int,
    reporter: ProgressReporter,
) -> Map:
    """Read the map, or fit it now.

    It is read where it lies there for this network, these wishes, this limit and this data; what
    lay there otherwise is replaced.

    Args:
        config: What is asked for.
        network: The network that is mapped.
        net: One of NETS.
        network_seed: The seed of the network.
        seed: The seed of the fit.
        reporter: Told how far the fit is.

    Returns:
        The map, with ``network``.

    Raises:
        BadInput: For data that cannot be used.
        Cancelled: Where it was stopped; nothing is lost.
    """
    path = map_path(config, net, network_seed, seed)
    options = MapFitOptions(
        data=str(config.data_path(net)),
        limit=config.limit,
        fit_config=replace(config.wishes, seed=seed),
    )
    data_id = data_identity(options)
    if path.is_file():
        saved = read_map(path)
        if is_same_fit(saved, network, options, data_id[0]):
            return replace(saved, network=network)
        reporter.report("the map there was made otherwise and is fitted again", 0, 1)
    folder = partial_folder(path, network, options, data_id)
    folder.mkdir(parents=True, exist_ok=True)
    harvest = _harvest_path(config, network, net, options, data_id)

    def report(progress: FitProgress) -> None:
        reporter.report(progress.message, progress.done, progress.total)

    activation_map = fit_data(
        network, options, report, reporter.stop, save=False, work=folder, harvest=harvest
    )
    assert activation_map is not None  # one process
    write_map(activation_map, path)
    shutil.rmtree(folder, ignore_errors=True)
    if not _is_harvest_shared(config, net, network_seed):
        harvest.unlink(missing_ok=True)
    return activation_map


def data_identity(options: MapFitOptions) -> tuple[str, str]:
    """Return address and mark of the data; raise BadInput where it cannot be used."""
    with closing(open_data(options.data)) as data:
        return data.address, data.mark


def is_same_fit(saved: Map, network: Network, options: MapFitOptions, address: str) -> bool:
    """Tell whether a map is what a fit would make now.

    Args:
        saved: The map.
        network: The network whose weights it must have.
        options: Layers, number of examples and wishes of the fit.
        address: Address of the data (``data_identity``).
    """
    try:
        saved.check(network)
    except Mismatch:
        return False
    columns = choose_columns(network, options.layers, options.how)
    expected = {
        "data": address,
        "layers": [part.layer for part in columns.parts],
        "how": columns.description,
        "limit": options.limit,
        "wishes": asdict(options.fit_config),
    }
    return all(saved.recipe.get(name) == value for name, value in expected.items())


def partial_folder(
    path: Path, network: Network, options: MapFitOptions, data_id: tuple[str, str]
) -> Path:
    """Return the folder of what is half done of a map.

    It is another one for every network, data, limit, choice of layers and wishes.

    Args:
        path: Where the finished map lies.
        network: The network that is mapped.
        options: Layers, limit and wishes of the fit.
        data_id: The data (``data_identity``).
    """
    stem = path.name.removesuffix(SUFFIX)
    return path.with_name(
        f"{stem}-{_short_hash(network, options, data_id, asdict(options.fit_config))}"
    )


def _harvest_path(
    config: IntrospectionConfig,
    network: Network,
    net: str,
    options: MapFitOptions,
    data_id: tuple[str, str],
) -> Path:
    """Return the file of hidden vectors.

    It is of this network, its layers, the data and as many examples as are asked for; the same for
    maps of all seeds and wishes.
    """
    return config.work / "harvest" / f"{net}-{_short_hash(network, options, data_id)}.rec"


def _short_hash(
    network: Network, options: MapFitOptions, data_id: tuple[str, str], *more: Any
) -> str:
    """Return 12 hex digits of the SHA-256 of all that hidden vectors depend on, and more."""
    columns = choose_columns(network, options.layers, options.how)
    card = network.card.preprocessing()
    dependencies = [network.fingerprint, card, columns.as_json(), *data_id, options.limit, *more]
    return hashlib.sha256(json.dumps(dependencies).encode()).hexdigest()[:12]


def _is_harvest_shared(config: IntrospectionConfig, net: str, seed: int) -> bool:
    """Tell whether maps of other seeds are fitted on the same hidden vectors."""
    return net == "net2" or (net == "net1" and seed == config.seeds[0])


def map_metrics(activation_map: Map) -> dict[str, Any]:
    """Return what the table says of a map.

    Its own figures, units per class (Pardo et al. 2019, equation 10) by the direct and by the
    decoder's means, and the saturation of the brainbow (equation 11).
    """
    classes = len(activation_map.classes)
    direct, decoded = (
        preferred_classes(activation_map.class_h),
        preferred_classes(activation_map.decoded_h),
    )
    layers = tuple((part.layer, part.start, part.stop) for part in activation_map.columns_.parts)
    palette = generate_class_colors(classes)
    raw = brainbow.raw_unit_colors(activation_map.class_h, palette)
    colors = brainbow.unit_colors(
        activation_map.class_h, palette, activation_map.basis.spread, layers
    )
    return {
        **activation_map.figures,
        "units": int(activation_map.columns_.width),
        "units left out": int(activation_map.basis.left_out.sum()),
        "units per class": np.bincount(direct, minlength=classes).tolist(),
        "units per class, decoder": np.bincount(decoded, minlength=classes).tolist(),
        "agreement by layer": [
            float((direct[start:stop] == decoded[start:stop]).mean()) for _, start, stop in layers
        ],
        "brainbow saturation": saturation(colors),
        "brainbow saturation, pure hues": saturation(
            brainbow.unit_colors(
                activation_map.class_h, pure_hues(classes), activation_map.basis.spread, layers
            )
        ),
        "equation 11 below 0": float((raw < 0).mean()),
        "equation 11 above 1": float((raw > 1).mean()),
        "accuracy by class": list(_class_accuracies(activation_map)),
        "notes": list(activation_map.notes),
    }


def pure_hues(classes: int) -> NDArray[np.uint8]:
    """Return fully saturated colors around the circle, uint8 (K, 3)."""
    hues = [hsv_to_rgb(k / classes, 1, 1) for k in range(classes)]
    return np.array(np.rint(np.array(hues).reshape(-1, 3) * 255), np.uint8)


def saturation(colors: NDArray[np.uint8]) -> float:
    """Return the median of (max - min) / max over the colors (N, 3); black ones are left out."""
    maxima = colors.max(1).astype(float)
    spread = np.ptp(colors.astype(float), axis=1)
    lit = maxima > 0
    return float(np.median(spread[lit] / maxima[lit])) if lit.any() else float("nan")


def _class_accuracies(activation_map: Map) -> Iterator[float]:
    ex = activation_map.examples
    for k in range(len(activation_map.classes)):
        in_class = ex.test & (ex.labels == k)
        yield float((ex.predicted[in_class] == k).mean()) if in_class.any() else float("nan")


def compare_maps(one: Map, other: Map) -> dict[str, Any]:
    """Measure how far two maps of the same examples differ.

    ``procrustes`` is the residual after the best translation, scaling, rotation and reflection (0:
    the same up to these; Gower 1975), of all test examples; ``distances`` the correlation of the
    distances between the classes' means; ``neighbours`` how many classes have the same nearest
    class in both.
    """
    from scipy.spatial import procrustes  # lazy: takes a second to load
    from scipy.spatial.distance import pdist, squareform

    test = one.examples.test if one.examples.test.any() else np.ones(len(one.z), bool)
    if not (one.index == other.index).all():
        raise ValueError("these maps are of other examples")
    _, _, residual = procrustes(one.z[test].astype(float), other.z[test].astype(float))
    centers = [
        activation_map.class_z[~np.isnan(one.class_z[:, 0])].astype(float)
        for activation_map in (one, other)
    ]
    distances = [pdist(center) for center in centers]
    nearest = [
        (squareform(distance) + np.diag([np.inf] * len(centers[0]))).argmin(1)
        for distance in distances
    ]
    return {
        "procrustes": float(residual),
        "distances": float(np.corrcoef(*distances)[0, 1]),
        "neighbours": int((nearest[0] == nearest[1]).sum()),
        "classes": len(centers[0]),
        "kNN15": [activation_map.figures.get("kNN15") for activation_map in (one, other)],
    }
