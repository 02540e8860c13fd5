"""Grow pictures for the benches, and judge them on the photographs' own terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.batch_ascent import BatchAscent
from dnnvis.lenses.ascent.color_statistics import ImageStatistics
from dnnvis.lenses.ascent.evaluation import resize
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.ascent.quality_metrics import high_frequency_fraction, variation
from dnnvis.lenses.ascent.recipe import Recipe
from dnnvis.lenses.ascent.transforms import apply_transform
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data

# of the real network: before the rectifiers of the 5th, 8th and 11th pointwise convolution,
# and the classes
SAMPLE_LAYERS = ("features.10.1", "features.16.1", "features.22.1", "output")
UNITS_PER_LAYER = 8  # of each layer, evenly spread
TRANSFORM_COUNT = 16  # transforms that a picture must stand


@dataclass(frozen=True, eq=False)
class PhotographStatistics:
    """Hold what photographs do to a network."""

    #: Layer -> float32 (N, C), each picture's mean over each map.
    means: dict[str, NDArray[np.float32]]
    #: (N,), total variation of the pictures as the network sees them.
    variation: NDArray[np.float32]


@dataclass(frozen=True)
class PictureQuality:
    """Hold a unit's picture in numbers."""

    unit: Unit
    #: The unit's mean over its map on the picture at the network's own size.
    value: float
    #: That of the best photograph.
    best: float
    #: The mean over fresh transforms.
    stands: float
    high_frequency: float
    variation: float
    #: How many channels of the layer lie above it, by standard deviations over the photographs'
    #: mean.
    rank: int
    #: How many channels of the layer lie above it, by plain values.
    raw_rank: int

    @property
    def reaches_best(self) -> bool:
        """Tell whether it excites the unit at least as much as the best photograph."""
        return self.value >= self.best

    @property
    def retained_fraction(self) -> float:
        """Compute the share left under fresh transforms; 0 where the value is not positive."""
        return self.stands / self.value if self.value > 0 else 0.0


def pick_channels(channels: int, count: int = UNITS_PER_LAYER) -> list[int]:
    """Pick ``count`` channels, evenly apart."""
    return [int((k + 0.5) * channels / count) for k in range(count)]


def measure_photographs(net: Network, folder: Path, layers: Sequence[str]) -> PhotographStatistics:
    """Run the network over a folder of photographs.

    Args:
        net: The network.
        folder: The photographs; those that cannot be read are left out.
        layers: The layers whose maps are averaged.

    Returns:
        What the photographs do in these layers.

    Raises:
        BadInput: There are no pictures in the folder.
    """
    data = open_data(folder)
    means_by_layer: dict[str, list[NDArray[np.float32]]] = {name: [] for name in layers}
    variations = []
    for number in range(len(data)):
        try:
            pixels = data.read(number)[0]
        except BadInput:
            continue
        x = net.encode(pixels)
        recording = net.run(x, layers)
        for name in layers:
            means_by_layer[name].append(recording.tensor(name, -1).mean((2, 3))[0].cpu().numpy())
        variations.append(variation(net.show(x).astype(np.float32) / np.float32(255)))
    data.close()
    return PhotographStatistics(
        {name: np.stack(values) for name, values in means_by_layer.items()},
        np.array(variations, np.float32),
    )


def synthesize(
    net: Network,
    recipe: Recipe,
    layer: str,
    channels: Sequence[int],
    image_statistics: ImageStatistics | None = None,
) -> tuple[Tensor, float]:
    """Grow a picture for each channel, seeded by the channel.

    Args:
        net: The network.
        recipe: How pictures are grown.
        layer: The layer of the channels.
        channels: The channels, all grown at once.
        image_statistics: What presets such as maco know of photographs, None = nothing.

    Returns:
        A picture a channel (B, C, H, W) at the network's own size, and the processor seconds that
        one took.
    """
    objectives = [Objective.of(Unit(layer, channel)) for channel in channels]
    start = process_time()
    ascent = BatchAscent(net, recipe, objectives[0], image_statistics)
    ascent.add(objectives, list(channels))
    while len(ascent.finished_rows()) < len(ascent.rows):
        ascent.step()
    pictures = ascent.pictures()
    seconds = (process_time() - start) / len(channels)
    return resize(pictures, net.card.size), seconds


def measure_quality(
    net: Network,
    layer: str,
    channels: Sequence[int],
    pictures: Tensor,
    photographs: PhotographStatistics,
) -> list[PictureQuality]:
    """Measure what each channel's picture is worth.

    Args:
        net: The network.
        layer: The layer of the channels.
        channels: The channels.
        pictures: A picture a channel (B, C, H, W) at the network's size.
        photographs: What photographs do in the layer.

    Returns:
        The quality of each channel's picture, in their order.
    """
    means = photographs.means[layer]
    values = _mean_activations(net, layer, pictures)  # (B, C)
    generators = [Generator().manual_seed(channel) for channel in channels]
    size, transform = net.card.size, PRESETS["lucid"].transform
    stands = np.mean(
        [
            _mean_activations(
                net,
                layer,
                apply_transform(pictures, transform, generators, picture=size, window=size),
            )
            for _ in range(TRANSFORM_COUNT)
        ],
        axis=0,
    )
    deviations = (values - means.mean(0)) / (means.std(0) + 1e-6)
    images = pictures.permute(0, 2, 3, 1).numpy()
    return [
        PictureQuality(
            Unit(layer, c),
            float(values[k, c]),
            float(means[:, c].max()),
            float(stands[k, c]),
            high_frequency_fraction(images[k]),
            variation(images[k]),
            int((deviations[k] > deviations[k, c]).sum()),
            int((values[k] > values[k, c]).sum()),
        )
        for k, c in enumerate(channels)
    ]


def _mean_activations(net: Network, layer: str, pictures: Tensor) -> NDArray[Any]:
    recording = net.run(pictures.to(net.device), [layer])
    means: NDArray[Any] = recording.tensor(layer, -1).float().mean((2, 3)).cpu().numpy()
    return means


def shuffle_weights(net: Network, seed: int = 0) -> Network:
    """Put the numbers inside each weight tensor of ``net`` itself in another order."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in net.module.parameters():
            if weight.dim() > 1:
                permutation = torch.randperm(weight.numel(), generator=generator)
                weight.copy_(weight.flatten()[permutation].view_as(weight))
    return net
