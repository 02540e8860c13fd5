"""Try the usual normalizations on pictures, and say which of them the network was trained with.

A wrong one is silent: the network answers, and answers nonsense. Three signs tell it, without any
training: how often the answer is the picture's class, where that is known; how well the first
batch norm's input has the mean and variance that it remembers (the divergence of two normal
distributions); and how much the answers say about the pictures and stay the same under small
changes of them (the mutual information of picture and class, times the agreement of answers). The
last alone is never fooled by confidence: an input that is too large gives confident answers, but
one and the same for all pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.network.card import Card
from dnnvis.network.network import Network

MIN_LABELED = 5  # pictures of a known class, from which on being right counts
MAX_PICTURES = 12  # of which a check needs no more
CLEAR_MARGIN = 0.05  # by how much a score must be better for a sentence
CLEAR_FACTOR = 1.15
#: What a batch norm remembers is of the whole training set, being right is of a dozen pictures.
MEMORY_WEIGHT = 3.0
CLASS_KINDS = ("logits", "probabilities", "sigmoids")


@dataclass(frozen=True)
class Normalization:
    """A way in which pixels in [0, 1] go into a network."""

    #: What it is called.
    name: str
    #: Mean for pixels in [0, 1], in the order red, green, blue.
    mean: tuple[float, ...] = (0.0,)
    #: Standard deviation, likewise.
    std: tuple[float, ...] = (1.0,)
    #: RGB or BGR.
    channel_order: str = "RGB"


#: The usual ones: raw, Inception's and MobileNet's, torchvision's, CIFAR-10's, and Caffe's.
CAFFE_MEAN = (0.48502, 0.45796, 0.4076)
NORMALIZATIONS = (
    Normalization("pixels from 0 to 1"),
    Normalization("pixels from -1 to 1", (0.5,), (0.5,)),
    Normalization("ImageNet's mean and std", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    Normalization("CIFAR-10's mean and std", (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
    Normalization("0 to 255 minus the mean", CAFFE_MEAN, (1 / 255,)),
    Normalization("0 to 255 minus the mean, blue first", CAFFE_MEAN, (1 / 255,), "BGR"),
)
#: In place of the three of colors where pictures are gray.
GRAY_NORMALIZATIONS = (
    *NORMALIZATIONS[:2],
    Normalization("MNIST's mean and std", (0.1307,), (0.3081,)),
    Normalization("pixels from 0 to 255", (0.0,), (1 / 255,)),
    Normalization("ImageNet's mean and std", (0.449,), (0.226,)),
    Normalization("0 to 255 minus the mean", (0.449,), (1 / 255,)),
)


@dataclass(frozen=True)
class NormalizationTrial:
    """What a network answers under one normalization."""

    #: The normalization.
    normalization: Normalization
    #: How well it fits; larger is better, see ``score``.
    score: float
    #: The class of the last picture, and its probability.
    best_class: int
    probability: float
    #: Fraction of the labeled pictures that are right, in [0, 1]; NaN without labels.
    accuracy: float
    #: Mutual information of picture and class as a fraction of its limit, in [0, 1].
    information: float
    #: Probability that the answer stays under small changes of the picture, in [0, 1].
    stability: float
    #: Divergence of the first batch norm's input from what it remembers, in nats a channel; NaN.
    divergence: float


@dataclass(frozen=True)
class NormalizationCheck:
    """The trials on some pictures, the best first."""

    #: The trials, the present normalization among them.
    trials: tuple[NormalizationTrial, ...]
    #: Number of pictures.
    pictures: int
    #: How many of them have a known class.
    labeled: int
    #: The present normalization's name.
    current: str

    @property
    def best(self) -> NormalizationTrial:
        """Return the trial that fits best."""
        return self.trials[0]

    @property
    def sentence(self) -> str:
        """Return a sentence where another normalization fits clearly better, "" else."""
        now = next(trial for trial in self.trials if trial.normalization.name == self.current)
        clear = max(now.score * CLEAR_FACTOR, now.score + CLEAR_MARGIN)
        if self.best is now or self.best.score < clear:
            return ""
        best = self.best.normalization
        mean, std = (",".join(f"{v:.4g}" for v in values) for values in (best.mean, best.std))
        order = ", blue first" if best.channel_order == "BGR" else ""
        right = ""
        if self.labeled >= MIN_LABELED:
            right = f" ({self.best.accuracy:.0%} right instead of {now.accuracy:.0%})"
        return (
            f"The normalization looks wrong: of {self.pictures} pictures the network knows more "
            f"with {best.name}{right}: mean {mean}, std {std}{order}."
        )


def check_normalization(
    network: Network,
    images: Sequence[NDArray[np.uint8]],
    classes: Sequence[int] | None = None,
) -> NormalizationCheck:
    """Try the usual normalizations and the present one on pictures.

    Args:
        network: A network that answers with classes.
        images: Pictures uint8 (H, W, C), at least 2; the last 12 count.
        classes: The class of each, -1 where it is not known.

    Returns:
        The trials, the best first.

    Raises:
        LensMissing: The network answers with something else, or takes cells.
        BadInput: Fewer than two pictures, or classes of another number.
    """
    if network.meaning.kind not in CLASS_KINDS or network.card.binary:
        raise LensMissing(f"{network.name} does not answer with classes of pictures.")
    labels = [-1] * len(images) if classes is None else [int(number) for number in classes]
    if len(labels) != len(images) or len(images) < 2:
        raise BadInput(f"{len(images)} pictures with {len(labels)} classes are no check; give 2.")
    x = torch.cat([network.encode(image) for image in images[-MAX_PICTURES:]])
    labels = labels[-MAX_PICTURES:]
    card = network.card
    present = Normalization("as it is now", card.mean, card.std, card.channel_order)
    candidates = [each for each in _candidates(card.channels) if not _is_same(each, present)]
    trials = [_try(network, each, x, labels) for each in (present, *candidates)]
    trials = _score(trials, sum(label >= 0 for label in labels))
    return NormalizationCheck(
        tuple(sorted(trials, key=lambda trial: -trial.score)),
        len(labels),
        sum(label >= 0 for label in labels),
        present.name,
    )


def _candidates(channels: int) -> tuple[Normalization, ...]:
    if channels == 1:
        return GRAY_NORMALIZATIONS
    return tuple(each for each in NORMALIZATIONS if len(each.mean) in (1, channels))


def _is_same(a: Normalization, b: Normalization) -> bool:
    sides = [np.broadcast_to(values, 3) for values in (a.mean, b.mean, a.std, b.std)]
    close = np.allclose(sides[0], sides[1], atol=2e-3) and np.allclose(
        sides[2], sides[3], rtol=0.02
    )
    return close and a.channel_order == b.channel_order


def _try(
    network: Network, candidate: Normalization, x: Tensor, labels: list[int]
) -> NormalizationTrial:
    changed = [_pixels_as(candidate, network.card, each) for each in (x, *_small_changes(x))]
    batch = torch.cat(changed)
    norm_input = _find_first_norm(network)
    layers = [norm_input[0]] if norm_input else []
    recording = network.run(batch, layers, batched=True)
    answers = _probabilities(recording.output, network.meaning.kind)
    answers = answers.reshape(len(changed), len(x), -1)  # (changes + 1, N, K)
    plain = answers[0]
    divergence = float("nan")
    if norm_input:
        divergence = _diverge(recording[norm_input[0]][: len(x)], norm_input[1])
    known = [number for number, label in enumerate(labels) if label >= 0]
    right = [plain[number].argmax() == labels[number] for number in known]
    limit = np.log(min(len(x), plain.shape[1]))
    return NormalizationTrial(
        candidate,
        0.0,
        int(plain[-1].argmax()),
        float(plain[-1].max()),
        float(np.mean(right)) if right else float("nan"),
        float((_entropy(plain.mean(0)) - _entropy(plain).mean()) / limit),
        float((plain * answers[1:]).sum(2).mean()),
        divergence,
    )


def _score(trials: list[NormalizationTrial], labeled: int) -> list[NormalizationTrial]:
    """Return the trials with their scores: what is right, stable and informative, as remembered."""
    smallest = np.nanmin([*(trial.divergence for trial in trials), np.inf])
    result = []
    for trial in trials:
        score = trial.information * trial.stability
        if labeled >= MIN_LABELED:
            score += trial.accuracy
        if np.isfinite(smallest):
            excess = (trial.divergence - smallest) / max(smallest, 0.5)
            score += MEMORY_WEIGHT / (1 + excess)
        result.append(
            NormalizationTrial(trial.normalization, float(score), *list(vars(trial).values())[2:])
        )
    return result


def _pixels_as(candidate: Normalization, card: Card, x: Tensor) -> Tensor:
    """Return pixels that the network's own normalization turns into those of a candidate."""
    shape = (1, -1, 1, 1)
    values = [
        torch.tensor(v, device=x.device).reshape(shape)
        for v in (candidate.mean, candidate.std, card.mean, card.std)
    ]
    mean, std, own_mean, own_std = values
    wanted = (x - mean) / std
    if candidate.channel_order != card.channel_order:
        wanted = wanted.flip(1)
    return wanted * own_std + own_mean


def _small_changes(x: Tensor) -> list[Tensor]:
    """Return pictures that a trained network answers as it does ``x``."""
    mean = x.mean((2, 3), keepdim=True)
    moved = [x.roll((dy, dx), (2, 3)) for dy, dx in ((2, 1), (-1, -2))]
    return [*moved, (x - mean) * 0.85 + mean, x * 0.85]


def _probabilities(output: NDArray[np.float32], kind: str) -> NDArray[np.float64]:
    values = output.reshape(len(output), -1).astype(np.float64)  # (B, K)
    if kind == "probabilities":
        return _as_distribution(values)
    if kind == "sigmoids":
        values = np.log(values.clip(1e-6, 1 - 1e-6) / (1 - values.clip(1e-6, 1 - 1e-6)))
    return _as_distribution(np.exp(values - values.max(1, keepdims=True)))


def _as_distribution(values: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = values / values.sum(1, keepdims=True).clip(1e-12)
    return result


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    entropy: NDArray[np.float64] = -(p * np.log(p.clip(1e-12))).sum(-1)
    return entropy


def _find_first_norm(network: Network) -> tuple[str, nn.BatchNorm2d] | None:
    """Return the layer whose values the first batch norm takes, and that norm."""
    modules = dict(network.module.named_modules())
    previous = ""
    for row in network.layers:
        module = modules.get(row.name)
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None:
            known = previous and network.layer(previous).shape[0] == module.num_features
            return (previous, module) if known else None
        previous = row.name
    return None


def _diverge(values: NDArray[np.float32], norm: nn.BatchNorm2d) -> float:
    """Return the divergence of N(batch) from N(remembered), in nats, the mean over channels."""
    x = values.reshape(len(values), -1, norm.num_features, *values.shape[-2:])[:, -1]
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3))
    assert norm.running_mean is not None
    assert norm.running_var is not None
    own_mean, own_variance = norm.running_mean.cpu().numpy(), norm.running_var.cpu().numpy() + 1e-8
    ratio = variance / own_variance + 1e-12
    kl = 0.5 * (ratio + (mean - own_mean) ** 2 / own_variance - 1 - np.log(ratio))
    return float(kl.mean())
