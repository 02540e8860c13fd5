"""Section 3.4, figure 5: what noise on the picture does to the network, with and without training
on noise."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.introspect.constellation import constellation, noisy, spreads
from dnnvis.introspect.map import Map
from dnnvis.network.network import Network
from dnnvis.reproduce.introspection.config import SAMPLE, SIGMAS, Noise
from dnnvis.reproduce.introspection.pictures import batch_of, test_rows
from dnnvis.reproduce.introspection.progress import Tell
from dnnvis.sources.datasets import Data

SHOWN = (0.1, 0.2, 0.3, 0.5)  # sigmas of the picture
SEED = 5  # of pictures and noise, for all networks the same
Ints = NDArray[np.int64]


def chosen(made: Map, many: int, first: int | None) -> Ints:
    """Rows of the map: test example ``first``, where it is said, then random ones up to
    ``many``."""
    rows = test_rows(made)
    order = np.random.default_rng(SEED).permutation(len(rows))
    if first is not None and first < len(rows):
        order = np.concatenate([[first], order[order != first]])
    return rows[order[:many]]


def table(
    network: Network, made: Map, data: Data, net: str, asked: Noise, tell: Tell
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Error rates, spreads and displacements at every sigma over all copies of all pictures;
    and arrays of figure 5: the constellations of the first of them."""
    rows = chosen(made, asked.pictures, None if net == "net2" else SAMPLE)
    labels = made.labels[rows]
    x = batch_of(network, data, made.index[rows])
    found: dict[str, Any] = {"first": int(made.index[rows[0]]), "label": int(labels[0])}
    found["errors without noise"] = float(made.examples.wrong[rows].mean())
    drawn: dict[str, NDArray[Any]] = {"label": labels[:1]}
    for number, sigma in enumerate(SIGMAS):

        def told(done: int, total: int, number: int = number) -> None:
            tell("noise", number * total + done, len(SIGMAS) * total)

        seen = spreads(network, made, x, labels, sigma, asked.copies, SEED, report=told)
        *_, one = constellation(
            network, made, x[:1], int(labels[0]), sigma, asked.copies, SEED, asked.copies
        )
        said = np.bincount(one.predicted, minlength=len(made.classes))
        found[f"{sigma:g}"] = {
            "errors": float(seen.errors.mean()),
            "spread": float(np.median(seen.spread)),
            "mean spread": float(seen.spread.mean()),
            "displacement": float(np.median(seen.displacement)),
            "first": {
                "errors": one.errors, "spread": one.spread, "displacement": one.displacement,
                "predicted": said.tolist(),
            },
        }  # fmt: skip
        if sigma in SHOWN:
            example = network.show(noisy(x[:1], sigma, 1, SEED))
            drawn |= {
                f"z {sigma:g}": one.z, f"predicted {sigma:g}": one.predicted,
                f"picture {sigma:g}": example, "centre": one.centre,
            }  # fmt: skip
    return found, drawn
