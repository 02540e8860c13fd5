"""Measure how much concepts matter for a class, on single pictures.

Source: Fel et al. 2023, "CRAFT", section 3.3: masks in [0, 1] scale the concepts' coefficients, and
the total Sobol index of each is its part in the variance of the class's logit. Where we differ:
what the concepts leave unexplained of the layer stays as it is, instead of being dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.lenses.concepts.sobol import draw_design, estimate_janon, estimate_jansen
from dnnvis.lenses.saliency.unit_score import UnitScore
from dnnvis.network.directions.directions import Directions
from dnnvis.network.directions.masking import check_maskable, scale_coefficients
from dnnvis.network.editing.resume import ResumedPass
from dnnvis.network.network import Network

Floats = NDArray[np.float64]
MASKS_AT_ONCE = 32
ESTIMATORS = {"jansen": estimate_jansen, "janon": estimate_janon}


@dataclass(frozen=True, eq=False)
class PictureImportance:
    """How much each concept matters on one picture."""

    #: Total Sobol indices (k,), about 0 to 1; NaN where they were not estimated.
    sobol: Floats
    #: Value of the class less that without the concept, (k,).
    drop: Floats


class MaskedScore:
    """The score of a unit on one picture as a function of masks of concepts.

    The part of the network before the layer runs once.
    """

    def __init__(
        self, network: Network, directions: Directions, score: UnitScore, x: Tensor
    ) -> None:
        """Take a picture (1, C, H, W) in [0, 1]; raise BadInput for a layer that has no masks."""
        check_maskable(network, directions.layer)
        self._network, self._directions, self._score = network, directions, score
        self._resumed = ResumedPass(
            network, x.expand(MASKS_AT_ONCE, -1, -1, -1).contiguous(), directions.layer
        )

    def __call__(self, masks: Floats) -> Floats:
        """Return the score under each mask (N, k) with entries in [0, 1], (N,)."""
        factors = torch.from_numpy(np.asarray(masks, np.float32))
        results = []
        for part in torch.split(factors, MASKS_AT_ONCE):
            padded = torch.ones(MASKS_AT_ONCE, part.shape[1])
            padded[: len(part)] = part
            with torch.no_grad(), scale_coefficients(self._network, self._directions, padded):
                recording = self._resumed.run((self._score.unit.layer,))
            scores = self._score.read(recording).detach().double().cpu().numpy()
            results.append(scores[: len(part)])
        return np.concatenate(results)


def measure_picture(
    network: Network,
    directions: Directions,
    score: UnitScore,
    x: Tensor,
    *,
    design: int,
    estimator: str = "jansen",
    seed: int = 0,
) -> PictureImportance:
    """Measure the concepts on one picture.

    Args:
        network: The network.
        directions: The concepts.
        score: The class.
        x: Pixels (1, C, H, W) in [0, 1].
        design: Points of the design, a power of two; 0: no Sobol indices. It takes
            ``design * (k + 2)`` passes of the part after the layer, and k + 1 more.
        estimator: jansen | janon.
        seed: Seed of the design.

    Returns:
        Both measures.
    """
    count = len(directions)
    function = MaskedScore(network, directions, score, x)
    values = function(np.concatenate((np.ones((1, count)), 1 - np.eye(count))))
    drop = values[0] - values[1:]
    if not design:
        return PictureImportance(np.full(count, np.nan), drop)
    masks = draw_design(count, design, seed)
    return PictureImportance(ESTIMATORS[estimator](function(masks), count), drop)


def measure_pictures(
    network: Network,
    directions: Directions,
    score: UnitScore,
    pictures: Iterator[tuple[int, Tensor]],
    *,
    design: int,
    estimator: str,
) -> Iterator[tuple[int, PictureImportance]]:
    """Yield the number of each picture, and how much the concepts matter on it."""
    for number, x in pictures:
        yield (
            number,
            measure_picture(
                network, directions, score, x, design=design, estimator=estimator, seed=number
            ),
        )
