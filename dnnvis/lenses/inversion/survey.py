"""Invert layer after layer of a network: what each still knows of one picture."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dnnvis.core.errors import LensMissing
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.lenses.inversion.loss import BadCode
from dnnvis.lenses.look import looks
from dnnvis.network.network import Network

MAX_SURVEY_LAYERS = 12  # layers in a survey that names none


def survey(
    network: Network, image: Any, layers: Sequence[str] = (), **params: Any
) -> Iterator[tuple[str, SynthesisResult]]:
    """Invert the picture's code at layer after layer.

    Args:
        network: The network that looks at the picture.
        image: uint8 (H, W, C), (H, W) or a path.
        layers: Their names; none: those of ``pick_layers``.
        params: Settings of the lens ``inversion``.

    Yields:
        (layer, result) of every step; ``recipe["error"]`` of a layer's last result (progress 1)
        is its normalized error.

    Raises:
        DnnvisError: As ``look`` does; but of layers that were not named, those that cannot be
            inverted (a code of zeros, no gradient) are passed over.
    """
    for layer in layers or pick_layers(network):
        try:
            for result in looks(network, "inversion", layer, image=image, **params):
                yield layer, result
        except (BadCode, LensMissing):
            if layers:
                raise


def pick_layers(network: Network, limit: int = MAX_SURVEY_LAYERS) -> list[str]:
    """Return the names of up to ``limit`` layers, evenly from the first to the last."""
    names = [layer.name for layer in network.layers]
    indices = np.linspace(0, len(names) - 1, min(limit, len(names))).round().astype(int)
    return [names[index] for index in indices]
