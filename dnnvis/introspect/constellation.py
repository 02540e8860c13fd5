"""Measure how far noise on a picture carries the network's inner state: a constellation.

Source: Pardo et al. 2019, section 3.4 and Figure 5: copies of one picture with additive white
Gaussian noise, drawn like the constellation of a digital signal.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.activation_map import Constellation
from dnnvis.core.errors import BadInput
from dnnvis.introspect.map import Map
from dnnvis.introspect.network_outputs import evaluate_outputs, is_bounded
from dnnvis.network.network import Network

COPIES = 200  # section 3.4
COPIES_PER_PASS = 50  # copies in one pass

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NoiseSpreads:
    """The constellations of N pictures in numbers, all (N,).

    ``errors``, ``spread`` and ``displacement`` float32 as in
    ``core.activation_map.Constellation``, the last two NaN without a map.
    """

    #: What counts as right, int64; -1: the network predicts no classes.
    labels: Ints
    errors: Floats
    spread: Floats
    displacement: Floats


def add_noise(image: Tensor, sigma: float, copies: int = COPIES, seed: int = 0) -> Tensor:
    """Return copies of an image with white Gaussian noise, unclipped.

    Args:
        image: Image (1, C, H, W) in [0, 1].
        sigma: Standard deviation of the noise.
        copies: Number of copies.
        seed: Seed of the noise.

    Returns:
        Noisy copies (copies, C, H, W); the same for the same seed.

    Raises:
        BadInput: Another shape, a negative sigma or no copies.
    """
    return torch.cat(list(_draw_copies(image, sigma, copies, np.random.default_rng(seed), copies)))


def constellation(
    network: Network,
    activation_map: Map,
    image: Tensor,
    label: int = -1,
    sigma: float = 0.3,
    copies: int = COPIES,
    seed: int = 0,
    chunk: int = COPIES_PER_PASS,
) -> Iterator[Constellation]:
    """Draw noisy copies of an image on the network's own map (Pardo et al. 2019, section 3.4).

    Of a recurrent network the points are those of its last step.

    Args:
        network: The network.
        activation_map: Its map.
        image: Image (1, C, H, W) in [0, 1].
        label: The picture's class, -1 = not known: then the one predicted for the clean picture
            counts (-1 again: the network predicts no classes, and ``errors`` is NaN).
        sigma: Standard deviation of the noise.
        copies: Number of copies.
        seed: Seed of the noise.
        chunk: Copies in one pass.

    Yields:
        The constellation after every ``chunk`` of copies; the last value has all of them.

    Raises:
        BadInput: An image or numbers that cannot be used.
        Mismatch: Another network's map.
    """
    activation_map.check(network)
    rng = np.random.default_rng(seed)
    portions = _draw_copies(image, sigma, copies, rng, chunk)
    z, predicted = locate_and_classify(network, activation_map, image)
    reference = _reference_label(label, predicted)
    empty = Constellation(centre=z[0], label=reference, sigma=float(sigma), network=network.name)
    points, predictions = z[:0], predicted[:0]
    for portion in portions:
        z, predicted = locate_and_classify(network, activation_map, portion)
        points, predictions = np.concatenate([points, z]), np.concatenate([predictions, predicted])
        spread, displacement = spread_and_displacement(empty.centre, points)
        yield replace(
            empty,
            z=points,
            predicted=predictions,
            errors=error_rate(predictions, reference),
            spread=spread,
            displacement=displacement,
            progress=len(points) / copies,
        )


def measure_spreads(
    network: Network,
    activation_map: Map | None,
    images: Tensor,
    labels: Ints,
    sigma: float,
    copies: int = COPIES,
    seed: int = 0,
    chunk: int = COPIES,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> NoiseSpreads:
    """Measure the constellations of many images, each with copies of its own noise.

    Args:
        network: The network.
        activation_map: Its map; None: error rates alone.
        images: Images (N, C, H, W) in [0, 1].
        labels: Classes int64 (N,); -1 = the clean prediction counts.
        sigma: Standard deviation of the noise.
        copies: Number of copies of each image.
        seed: Seed of all noise.
        chunk: Copies in one pass.
        report: Called with how many images are done, and their number.

    Returns:
        The measures.

    Raises:
        BadInput: Images or numbers that cannot be used.
        Mismatch: Another network's map.
    """
    if activation_map is not None:
        activation_map.check(network)
    rng = np.random.default_rng(seed)
    rows = []
    for number, (image, label) in enumerate(zip(images[:, None], labels, strict=True)):
        z, predicted = locate_and_classify(network, activation_map, image)
        reference = _reference_label(int(label), predicted)
        parts = [
            locate_and_classify(network, activation_map, x)
            for x in _draw_copies(image, sigma, copies, rng, chunk)
        ]
        predictions = np.concatenate([part[1] for part in parts])
        measured = spread_and_displacement(z[0], np.concatenate([part[0] for part in parts]))
        rows.append((reference, error_rate(predictions, reference), *measured))
        report(number + 1, len(images))
    table = np.array(rows, np.float64).reshape(-1, 4)
    return NoiseSpreads(table[:, 0].astype(np.int64), *table[:, 1:].T.astype(np.float32))


def locate_and_classify(
    network: Network, activation_map: Map | None, x: Tensor
) -> tuple[Floats, Ints]:
    """Return where pictures lie on the map, and which class is predicted for them.

    Args:
        network: The network.
        activation_map: Its map, or None.
        x: Pictures (B, C, H, W) in [0, 1].

    Returns:
        Points float32 (B, 2), NaN without a map, and classes int64 (B,), -1 where the network
        predicts no classes.
    """
    layers = () if activation_map is None else activation_map.columns_.layers
    recording = network.run(x, layers, batched=True)
    assert recording.result is not None  # the pass went to its end
    predicted = evaluate_outputs(recording.result, None, is_bounded(network)).predicted
    if activation_map is None:
        return np.full((len(x), 2), np.nan, np.float32), predicted
    h = activation_map.columns_.rows(recording)[:, -1].cpu().numpy()
    return activation_map.encode(h), predicted


def _reference_label(label: int, clean: Ints) -> int:
    """Return the class that counts as right."""
    return label if label >= 0 and clean[0] >= 0 else int(clean[0])


def error_rate(predicted: Ints, label: int) -> float:
    """Return the fraction whose class is not ``label``; NaN without one."""
    return float((predicted != label).mean()) if label >= 0 else float("nan")


def spread_and_displacement(centre: Floats, z: Floats) -> tuple[float, float]:
    """Return the spread of points (n, 2) and their displacement from ``centre`` (2,).

    These are the root-mean-square distance from their mean, and the distance of that mean from
    ``centre``.
    """
    points = z.astype(np.float64)
    mean = points.mean(0)
    spread = np.sqrt(np.square(points - mean).sum(1).mean())
    return float(spread), float(np.linalg.norm(mean - centre))


def _draw_copies(
    image: Tensor, sigma: float, copies: int, rng: np.random.Generator, chunk: int
) -> Iterator[Tensor]:
    """Draw noisy copies in portions; together the same ones whatever ``chunk`` is."""
    if image.ndim != 4 or len(image) != 1:
        raise BadInput(f"Noise is put on one image (1, C, H, W), not {tuple(image.shape)}.")
    if not np.isfinite(sigma) or sigma < 0:
        raise BadInput(f"sigma of the noise is a number from 0 on, not {sigma}.")
    if copies < 1 or chunk < 1:
        raise BadInput(f"At least one noisy copy is needed, not {min(copies, chunk)}.")
    return _generate_copies(image, sigma, copies, rng, chunk)


def _generate_copies(
    image: Tensor, sigma: float, copies: int, rng: np.random.Generator, chunk: int
) -> Iterator[Tensor]:
    for start in range(0, copies, chunk):
        count = min(chunk, copies - start)
        # NumPy's draws follow one another whatever the portions are; torch's do not
        noise = rng.standard_normal((count, *image.shape[1:]), dtype=np.float32)
        yield image + sigma * torch.from_numpy(noise).to(image)
