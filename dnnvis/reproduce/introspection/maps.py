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
from dnnvis.imaging.class_colors import class_colours
from dnnvis.introspect import brainbow
from dnnvis.introspect.features import choose
from dnnvis.introspect.fit import Standing
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import SUFFIX, read_map, write_map
from dnnvis.introspect.unit_ordering import owners
from dnnvis.lenses.activation_map.fitting import Asked, fit_data
from dnnvis.network.network import Network
from dnnvis.reproduce.introspection.config import Order
from dnnvis.reproduce.introspection.progress import Tell
from dnnvis.sources.datasets import open_data

Floats = NDArray[np.float32]


def map_place(order: Order, net: str, network_seed: int, seed: int) -> Path:
    """Where the map lies that was fitted with ``seed`` on a seed's network."""
    return order.work / "maps" / f"{net}-network{network_seed}-map{seed}{SUFFIX}"


def map_of(
    order: Order, network: Network, net: str, network_seed: int, seed: int, tell: Tell
) -> Map:
    """The map, read where it lies there for this network, these wishes, this limit and this
    data, else fitted now; what lay there is replaced.

    Raises BadInput for data that cannot be used, Cancelled where it was stopped: nothing is lost.
    """
    place = map_place(order, net, network_seed, seed)
    asked = Asked(
        data=str(order.data_of(net)), limit=order.limit, wishes=replace(order.wishes, seed=seed)
    )
    on = data_told(asked)
    if place.is_file():
        found = read_map(place)
        if fits(found, network, asked, on[0]):
            return replace(found, network=network)
        tell.only_say("the map there was made otherwise and is fitted again", 0, 1)
    folder = half_done(place, network, asked, on)
    folder.mkdir(parents=True, exist_ok=True)
    harvest = _harvest(order, network, net, asked, on)

    def report(standing: Standing) -> None:
        tell.only_say(standing.words, standing.done, standing.total)

    made = fit_data(network, asked, report, tell.stop, kept=False, work=folder, harvest=harvest)
    assert made is not None  # one process
    write_map(made, place)
    shutil.rmtree(folder, ignore_errors=True)
    if not _needed_again(order, net, network_seed):
        harvest.unlink(missing_ok=True)
    return made


def data_told(asked: Asked) -> tuple[str, str]:
    """Address and mark of the data. Raises BadInput where it cannot be used."""
    with closing(open_data(asked.data)) as data:
        return data.address, data.mark


def fits(found: Map, network: Network, asked: Asked, address: str) -> bool:
    """Whether a map is what a fit as ``asked`` would make of ``network`` on the data at
    ``address``: of the same weights, layers, data, number of examples and wishes."""
    try:
        found.check(network)
    except Mismatch:
        return False
    columns = choose(network, asked.layers, asked.how)
    wanted = {
        "data": address, "layers": [part.layer for part in columns.parts], "how": columns.words,
        "limit": asked.limit, "wishes": asdict(asked.wishes),
    }  # fmt: skip
    return all(found.recipe.get(name) == value for name, value in wanted.items())


def half_done(place: Path, network: Network, asked: Asked, on: tuple[str, str]) -> Path:
    """The folder of what is half done of the map in ``place``: another one for every network,
    data ``on`` which it is fitted (``data_told``), limit, choice of layers and wishes."""
    stem = place.name.removesuffix(SUFFIX)
    return place.with_name(f"{stem}-{_short(network, asked, on, asdict(asked.wishes))}")


def _harvest(order: Order, network: Network, net: str, asked: Asked, on: tuple[str, str]) -> Path:
    """The file of hidden vectors: of this network, its layers, the data and as many examples as
    are asked for; the same for maps of all seeds and wishes."""
    return order.work / "harvest" / f"{net}-{_short(network, asked, on)}.rec"


def _short(network: Network, asked: Asked, on: tuple[str, str], *more: Any) -> str:
    """The first 12 hex digits of the SHA-256 of all that hidden vectors depend on, and more."""
    columns = choose(network, asked.layers, asked.how)
    card = network.card.preprocessing()
    told = [network.fingerprint, card, columns.as_json(), *on, asked.limit, *more]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]


def _needed_again(order: Order, net: str, seed: int) -> bool:
    """Whether maps of other seeds are fitted on the same hidden vectors."""
    return net == "net2" or (net == "net1" and seed == order.seeds[0])


# ---- figures -----------------------------------------------------------------------------


def figures(made: Map) -> dict[str, Any]:
    """What the table says of a map: its own figures, units per class (equation 10) by the
    direct and by the decoder's means, and the saturation of the brainbow (equation 11)."""
    classes = len(made.classes)
    direct, decoded = owners(made.class_h), owners(made.decoded_h)
    layers = tuple((part.layer, part.start, part.stop) for part in made.columns_.parts)
    palette = class_colours(classes)
    raw = brainbow.raw(made.class_h, palette)
    shown = brainbow.colours(made.class_h, palette, made.basis.spread, layers)
    return {
        **made.figures,
        "units": int(made.columns_.width),
        "units left out": int(made.basis.left_out.sum()),
        "units per class": np.bincount(direct, minlength=classes).tolist(),
        "units per class, decoder": np.bincount(decoded, minlength=classes).tolist(),
        "agreement by layer": [
            float((direct[start:stop] == decoded[start:stop]).mean()) for _, start, stop in layers
        ],
        "brainbow saturation": saturation(shown),
        "brainbow saturation, pure hues": saturation(
            brainbow.colours(made.class_h, pure_hues(classes), made.basis.spread, layers)
        ),
        "equation 11 below 0": float((raw < 0).mean()),
        "equation 11 above 1": float((raw > 1).mean()),
        "accuracy by class": list(_accuracies(made)),
        "notes": list(made.notes),
    }


def pure_hues(classes: int) -> NDArray[np.uint8]:
    """Fully saturated colours around the circle, uint8 (K, 3)."""
    found = [hsv_to_rgb(k / classes, 1, 1) for k in range(classes)]
    return np.array(np.rint(np.array(found).reshape(-1, 3) * 255), np.uint8)


def saturation(colours: NDArray[np.uint8]) -> float:
    """Median of (max - min) / max over the colours (N, 3); black ones are left out."""
    most = colours.max(1).astype(float)
    spread = np.ptp(colours.astype(float), axis=1)
    lit = most > 0
    return float(np.median(spread[lit] / most[lit])) if lit.any() else float("nan")


def _accuracies(made: Map) -> Iterator[float]:
    ex = made.examples
    for k in range(len(made.classes)):
        asked = ex.test & (ex.labels == k)
        yield float((ex.predicted[asked] == k).mean()) if asked.any() else float("nan")


def apart(one: Map, other: Map) -> dict[str, Any]:
    """How far two maps of the same examples differ: ``procrustes`` the residual after the best
    translation, scaling, rotation and reflection (0: the same up to these; Gower 1975), of all
    test examples; ``distances`` the correlation of the distances between the classes' means;
    ``neighbours`` how many classes have the same nearest class in both."""
    from scipy.spatial import procrustes  # lazy: takes a second to load
    from scipy.spatial.distance import pdist, squareform

    test = one.examples.test if one.examples.test.any() else np.ones(len(one.z), bool)
    if not (one.index == other.index).all():
        raise ValueError("these maps are of other examples")
    _, _, left = procrustes(one.z[test].astype(float), other.z[test].astype(float))
    centres = [m.class_z[~np.isnan(one.class_z[:, 0])].astype(float) for m in (one, other)]
    gaps = [pdist(centre) for centre in centres]
    nearest = [(squareform(gap) + np.diag([np.inf] * len(centres[0]))).argmin(1) for gap in gaps]
    return {
        "procrustes": float(left),
        "distances": float(np.corrcoef(*gaps)[0, 1]),
        "neighbours": int((nearest[0] == nearest[1]).sum()),
        "classes": len(centres[0]),
        "kNN15": [m.figures.get("kNN15") for m in (one, other)],
    }
