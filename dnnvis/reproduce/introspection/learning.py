"""Figure 2 (e): hidden states of a Net2 over its training, where one lies that kept moments.

The bundled Net2 kept none, and its training takes two hours; a shorter one with the same course
(``dnnvis train net2 --moments --phases ...``) is mapped instead, and the picture says so.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from dnnvis import api
from dnnvis.introspect.fit import Standing
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import SUFFIX, read_map, write_map
from dnnvis.lenses.activation_map.fitting import Asked, fit_data
from dnnvis.reproduce.introspection.classifiers import sha256_of
from dnnvis.reproduce.introspection.config import Order
from dnnvis.reproduce.introspection.maps import data_told, half_done
from dnnvis.reproduce.introspection.progress import Tell

EXAMPLES = 6000  # that its map is fitted on; the record takes 1,000 of them


def record_place(order: Order) -> Path:
    """Where the map with the learning record lies."""
    return order.work / "maps" / f"net2-learning{SUFFIX}"


def recorded(order: Order) -> Map | None:
    """The map with the learning record, where it was made."""
    place = record_place(order)
    return read_map(place) if place.is_file() else None


def said(order: Order) -> dict[str, str]:
    """Which network the learning record is of, as ``Classifier.said``, without its fingerprint:
    that one is opened only where it is mapped. Raises BadInput where it cannot be read."""
    weights = order.learning
    assert weights is not None  # else there is no such step
    source = f"--networks: {weights.parent.name}/{weights.name}"
    return {"name": weights.stem, "source": source, "sha256": sha256_of(weights)}


def learn(order: Order, tell: Tell) -> dict[str, Any]:
    """Map the moments of ``order.learning``; what the report says of it.

    Raises BadInput for weights or data that cannot be used, Cancelled where it was stopped.
    """
    weights = order.learning
    assert weights is not None  # else there is no such step
    network = api.open(str(weights))

    def report(standing: Standing) -> None:
        tell.only_say(standing.words, standing.done, standing.total)

    asked = Asked(
        data=str(order.data_of("net2")), limit=order.limit or EXAMPLES,
        wishes=replace(order.wishes, seed=order.seeds[0]),
    )  # fmt: skip
    place = record_place(order)
    folder = half_done(place, network, asked, data_told(asked))
    made = fit_data(network, asked, report, tell.stop, kept=False, work=folder)
    assert made is not None and made.record is not None  # one process, and it has moments
    write_map(made, place)
    shutil.rmtree(folder, ignore_errors=True)
    about = network.card.about
    return {
        "accuracy": about.get("test_accuracy"),
        "phases": about.get("setting", {}).get("phases"),
        "moments": made.record.steps.tolist(),
        "curve": [row[2] for row in about.get("curve", [])],
        "sha256": sha256_of(weights),
        "kNN15": made.figures.get("kNN15"),
    }
