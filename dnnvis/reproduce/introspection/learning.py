"""Figure 2 (e): hidden states of a Net2 over its training, where one lies that kept moments.

The bundled Net2 kept none, and its training takes two hours; a shorter one with the same course
(``dnnvis train net2 --moments --phases ...``) is mapped instead, and the picture says so.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from dnnvis import api
from dnnvis.introspect.fit import FitProgress
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import SUFFIX, read_map, write_map
from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_data
from dnnvis.reproduce.common import ProgressReporter
from dnnvis.reproduce.introspection.classifiers import file_sha256
from dnnvis.reproduce.introspection.config import IntrospectionConfig
from dnnvis.reproduce.introspection.maps import data_identity, partial_folder

MAX_EXAMPLES = 6000  # that its map is fitted on; the record takes 1,000 of them


def learning_map_path(config: IntrospectionConfig) -> Path:
    """Return where the map with the learning record lies."""
    return config.work / "maps" / f"net2-learning{SUFFIX}"


def read_learning_map(config: IntrospectionConfig) -> Map | None:
    """Return the map with the learning record; None where it was not made."""
    path = learning_map_path(config)
    return read_map(path) if path.is_file() else None


def describe_network(config: IntrospectionConfig) -> dict[str, str]:
    """Name the network of the learning record, as ``Classifier.description`` does.

    Its fingerprint is left out: the network is opened only where it is mapped. Raises BadInput
    where it cannot be read.
    """
    weights = config.learning
    assert weights is not None  # else there is no such step
    source = f"--networks: {weights.parent.name}/{weights.name}"
    return {"name": weights.stem, "source": source, "sha256": file_sha256(weights)}


def map_learning(config: IntrospectionConfig, reporter: ProgressReporter) -> dict[str, Any]:
    """Map the moments of ``config.learning``, and return what the report says of it.

    Raises BadInput for weights or data that cannot be used, Cancelled where it was stopped.
    """
    weights = config.learning
    assert weights is not None  # else there is no such step
    network = api.open(str(weights))

    def report(progress: FitProgress) -> None:
        reporter.report(progress.message, progress.done, progress.total)

    options = MapFitOptions(
        data=str(config.data_path("net2")),
        limit=config.limit or MAX_EXAMPLES,
        fit_config=replace(config.wishes, seed=config.seeds[0]),
    )
    path = learning_map_path(config)
    folder = partial_folder(path, network, options, data_identity(options))
    activation_map = fit_data(network, options, report, reporter.stop, save=False, work=folder)
    assert activation_map is not None  # one process
    assert activation_map.record is not None  # it has moments
    write_map(activation_map, path)
    shutil.rmtree(folder, ignore_errors=True)
    about = network.card.about
    return {
        "accuracy": about.get("test_accuracy"),
        "phases": about.get("setting", {}).get("phases"),
        "moments": activation_map.record.steps.tolist(),
        "curve": [row[2] for row in about.get("curve", [])],
        "sha256": file_sha256(weights),
        "kNN15": activation_map.figures.get("kNN15"),
    }
