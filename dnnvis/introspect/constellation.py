"""How far noise on a picture carries the network's inner state: a constellation on the map.

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
from dnnvis.introspect.network_outputs import bounded, verdicts
from dnnvis.network.network import Network

COPIES = 200  # section 3.4
CHUNK = 50  # copies in one pass

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Spreads:
    """The constellations of N pictures in numbers, all (N,): ``labels`` int64, what counts as
    right (-1: the network tells no classes); float32 ``errors``, ``spread`` and
    ``displacement`` as in ``core.mapped.Constellation``, the last two NaN without a map."""

    labels: Ints
    errors: Floats
    spread: Floats
    displacement: Floats


def noisy(image: Tensor, sigma: float, copies: int = COPIES, seed: int = 0) -> Tensor:
    """``copies`` of an image (1, C, H, W) in [0, 1] with white Gaussian noise of standard
    deviation ``sigma``, (copies, C, H, W), unclipped; the same for the same seed.

    Raises BadInput for another shape, a negative sigma or no copies.
    """
    return torch.cat(list(_drawn(image, sigma, copies, np.random.default_rng(seed), copies)))


def constellation(
    network: Network,
    made: Map,
    image: Tensor,
    label: int = -1,
    sigma: float = 0.3,
    copies: int = COPIES,
    seed: int = 0,
    chunk: int = CHUNK,
) -> Iterator[Constellation]:
    """The constellation of ``image`` (1, C, H, W) in [0, 1] on the network's own map, once
    after every ``chunk`` of copies; the last value has all of them. Of a recurrent network the
    places are those of its last step.

    ``label``: the picture's class, -1 = not known: then the one that the network gives the clean
    picture counts (-1 again: it tells no classes, and ``errors`` is NaN). Raises BadInput for an
    image or numbers that cannot be used, Mismatch for another network's map.
    """
    made.check(network)
    dice = np.random.default_rng(seed)
    portions = _drawn(image, sigma, copies, dice, chunk)
    z, predicted = placed(network, made, image)
    counts = _counted(label, predicted)
    empty = Constellation(centre=z[0], label=counts, sigma=float(sigma), network=network.name)
    places, said = z[:0], predicted[:0]
    for portion in portions:
        z, predicted = placed(network, made, portion)
        places, said = np.concatenate([places, z]), np.concatenate([said, predicted])
        spread, displacement = distances(empty.centre, places)
        yield replace(
            empty, z=places, predicted=said, errors=error_rate(said, counts), spread=spread,
            displacement=displacement, progress=len(places) / copies,
        )  # fmt: skip


def spreads(
    network: Network,
    made: Map | None,
    images: Tensor,
    labels: Ints,
    sigma: float,
    copies: int = COPIES,
    seed: int = 0,
    chunk: int = COPIES,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Spreads:
    """The constellations of ``images`` (N, C, H, W) in [0, 1] with ``labels`` int64 (N,) (-1 =
    the clean answer counts), each with ``copies`` of its own noise, all drawn with ``seed``.

    ``made`` None: error rates alone. ``report`` is told how many images are done. Raises as
    ``constellation`` does.
    """
    if made is not None:
        made.check(network)
    dice = np.random.default_rng(seed)
    rows = []
    for number, (image, label) in enumerate(zip(images[:, None], labels, strict=True)):
        z, predicted = placed(network, made, image)
        counts = _counted(int(label), predicted)
        parts = [
            placed(network, made, x) for x in _drawn(image, sigma, copies, dice, chunk)
        ]  # fmt: skip
        said = np.concatenate([part[1] for part in parts])
        away = distances(z[0], np.concatenate([part[0] for part in parts]))
        rows.append((counts, error_rate(said, counts), *away))
        report(number + 1, len(images))
    table = np.array(rows, np.float64).reshape(-1, 4)
    return Spreads(table[:, 0].astype(np.int64), *table[:, 1:].T.astype(np.float32))


def placed(network: Network, made: Map | None, x: Tensor) -> tuple[Floats, Ints]:
    """Where pictures (B, C, H, W) are, float32 (B, 2) (NaN without a map), and which class the
    network says they are, int64 (B,), -1 where it tells no classes."""
    layers = () if made is None else made.columns_.layers
    recording = network.run(x, layers, batched=True)
    assert recording.result is not None  # the pass went to its end
    predicted = verdicts(recording.result, None, bounded(network)).predicted
    if made is None:
        return np.full((len(x), 2), np.nan, np.float32), predicted
    h = made.columns_.rows(recording)[:, -1].cpu().numpy()
    return made.encode(h), predicted


def _counted(label: int, clean: Ints) -> int:
    """The class that counts as right."""
    return label if label >= 0 and clean[0] >= 0 else int(clean[0])


def error_rate(predicted: Ints, label: int) -> float:
    """Share whose class is not ``label``; NaN without one."""
    return float((predicted != label).mean()) if label >= 0 else float("nan")


def distances(centre: Floats, z: Floats) -> tuple[float, float]:
    """Of places (n, 2): their root-mean-square distance from their mean, and the distance of
    that mean from ``centre`` (2,)."""
    places = z.astype(np.float64)
    mean = places.mean(0)
    spread = np.sqrt(np.square(places - mean).sum(1).mean())
    return float(spread), float(np.linalg.norm(mean - centre))


def _drawn(
    image: Tensor, sigma: float, copies: int, dice: np.random.Generator, chunk: int
) -> Iterator[Tensor]:
    """Noisy copies in portions; together the same ones whatever ``chunk`` is."""
    if image.ndim != 4 or len(image) != 1:
        raise BadInput(f"Noise is put on one image (1, C, H, W), not {tuple(image.shape)}.")
    if not np.isfinite(sigma) or sigma < 0:
        raise BadInput(f"sigma of the noise is a number from 0 on, not {sigma}.")
    if copies < 1 or chunk < 1:
        raise BadInput(f"At least one noisy copy is needed, not {min(copies, chunk)}.")
    return _portions(image, sigma, copies, dice, chunk)


def _portions(
    image: Tensor, sigma: float, copies: int, dice: np.random.Generator, chunk: int
) -> Iterator[Tensor]:
    for start in range(0, copies, chunk):
        many = min(chunk, copies - start)
        # NumPy's draws follow one another whatever the portions are; torch's do not
        noise = dice.standard_normal((many, *image.shape[1:]), dtype=np.float32)
        yield image + sigma * torch.from_numpy(noise).to(image)
