"""Section 3.4, figure 5: what noise does to networks trained without and with noise."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.introspect.constellation import add_noise, constellation, measure_spreads
from dnnvis.introspect.map import Map
from dnnvis.network.network import Network
from dnnvis.reproduce.common import ProgressReporter
from dnnvis.reproduce.introspection.config import SAMPLE_DIGIT, SIGMAS, NoiseConfig
from dnnvis.reproduce.introspection.pictures import encode_batch, test_rows
from dnnvis.sources.datasets import Dataset

SHOWN_SIGMAS = (0.1, 0.2, 0.3, 0.5)  # sigmas of the picture
NOISE_SEED = 5  # of pictures and noise, for all networks the same
Ints = NDArray[np.int64]


def choose_rows(activation_map: Map, count: int, first: int | None) -> Ints:
    """Choose test examples: a certain one, then random ones.

    Args:
        activation_map: The map.
        count: How many at most.
        first: Number of the first among the test examples; None for a random one.

    Returns:
        Rows of the map, int64 (n,).
    """
    rows = test_rows(activation_map)
    order = np.random.default_rng(NOISE_SEED).permutation(len(rows))
    if first is not None and first < len(rows):
        order = np.concatenate([[first], order[order != first]])
    return rows[order[:count]]


def noise_table(
    network: Network,
    activation_map: Map,
    data: Dataset,
    net: str,
    noise: NoiseConfig,
    reporter: ProgressReporter,
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Measure what noise does at every sigma over all copies of all pictures.

    Args:
        network: The network of the map.
        activation_map: The map.
        data: The data of its examples.
        net: One of NETS.
        noise: How many pictures, and copies of each.
        reporter: Told how far it is.

    Returns:
        Error rates, spreads and displacements by sigma, and the arrays of figure 5: the
        constellations of the first picture.

    Raises:
        Cancelled: Where it was stopped.
    """
    rows = choose_rows(activation_map, noise.pictures, None if net == "net2" else SAMPLE_DIGIT)
    labels = activation_map.labels[rows]
    x = encode_batch(network, data, activation_map.index[rows])
    metrics: dict[str, Any] = {"first": int(activation_map.index[rows[0]]), "label": int(labels[0])}
    metrics["errors without noise"] = float(activation_map.examples.wrong[rows].mean())
    arrays: dict[str, NDArray[Any]] = {"label": labels[:1]}
    for number, sigma in enumerate(SIGMAS):

        def report(done: int, total: int, number: int = number) -> None:
            reporter("noise", number * total + done, len(SIGMAS) * total)

        result = measure_spreads(
            network, activation_map, x, labels, sigma, noise.copies, NOISE_SEED, report=report
        )
        *_, first = constellation(
            network,
            activation_map,
            x[:1],
            int(labels[0]),
            sigma,
            noise.copies,
            NOISE_SEED,
            noise.copies,
        )
        class_counts = np.bincount(first.predicted, minlength=len(activation_map.classes))
        metrics[f"{sigma:g}"] = {
            "errors": float(result.errors.mean()),
            "spread": float(np.median(result.spread)),
            "mean spread": float(result.spread.mean()),
            "displacement": float(np.median(result.displacement)),
            "first": {
                "errors": first.errors,
                "spread": first.spread,
                "displacement": first.displacement,
                "predicted": class_counts.tolist(),
            },
        }
        if sigma in SHOWN_SIGMAS:
            example = network.show(add_noise(x[:1], sigma, 1, NOISE_SEED))
            arrays |= {
                f"z {sigma:g}": first.z,
                f"predicted {sigma:g}": first.predicted,
                f"picture {sigma:g}": example,
                "centre": first.centre,
            }
    return metrics, arrays
