"""Try the usual normalizations on pictures, and say which of them the network was trained with.

A wrong one is silent: the network answers, and answers nonsense. Three signs tell it, without any
training: how probable the answers make the picture's class, where that is known; how well the first
batch norm's input has the mean and variance that it remembers (the divergence of two normal
distributions); and how much the answers say about the pictures and stay the same under small
changes of them (the mutual information of picture and class, times the agreement of answers). The
last alone is never fooled by confidence: an input that is too large gives confident answers, but
one and the same for all pictures.

A dozen pictures cannot tell all normalizations apart: of those that fit equally well the one that
is usual for pictures of that size comes first, and no sentence is made of it.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.lens_results import Normalization, NormalizationCheck, NormalizationTrial
from dnnvis.network.card import Card
from dnnvis.network.network import Network

MIN_LABELED = 5  # pictures of a known class, from which on being right counts
MAX_PICTURES = 12  # of which a check needs no more
TIE_MARGIN, TIE_FRACTION = 0.05, 0.16  # scores less apart are the same, whichever is more
MEMORY_TIE_FRACTION = 0.05  # likewise, where a batch norm remembers its input
SMALL_SIDE_PIXELS = 64  # up to which color pictures are like CIFAR's
LIKELIHOOD_WEIGHT = 2.0
MIN_PROBABILITY = 1e-3  # of the right class: one confident mistake does not outweigh all else
#: What a batch norm remembers is of the whole training set, being right is of a dozen pictures.
MEMORY_WEIGHT = 3.0
CLASS_KINDS = ("logits", "probabilities", "sigmoids")
CURRENT = "as it is now"

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
#: Their order where several fit equally well.
COLOR_ORDER, SMALL_COLOR_ORDER = (2, 1, 0, 3, 4, 5), (3, 2, 1, 0, 4, 5)
#: In place of the three of colors where pictures are gray.
GRAY_NORMALIZATIONS = (
    NORMALIZATIONS[0],
    Normalization("MNIST's mean and std", (0.1307,), (0.3081,)),
    NORMALIZATIONS[1],
    Normalization("pixels from 0 to 255", (0.0,), (1 / 255,)),
    Normalization("ImageNet's mean and std", (0.449,), (0.226,)),
    Normalization("0 to 255 minus the mean", (0.449,), (1 / 255,)),
)


def unavailable_reason(network: Network) -> str:
    """Return why no normalizations can be compared; "" where they can."""
    if network.meaning.kind not in CLASS_KINDS or network.card.binary:
        return f"{network.name} does not answer with classes of pictures."
    return ""


@dataclass
class _Tally:
    """What a network answered under one normalization."""

    #: The normalization.
    normalization: Normalization
    #: Of each picture, probabilities (changes + 1, K), the picture itself first.
    answers: deque[NDArray[np.float64]] = field(default_factory=lambda: deque(maxlen=MAX_PICTURES))
    #: Of each picture, mean and mean square (2, C) of the first batch norm's input.
    moments: deque[NDArray[np.float64]] = field(default_factory=lambda: deque(maxlen=MAX_PICTURES))
    #: The probabilities (K,) of the latest picture.
    latest: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))


class NormalizationSurvey:
    """Tries the present normalization and the usual ones on one picture after another.

    The last 12 count. Raises LensMissing where the network does not answer with classes.
    """

    def __init__(self, network: Network) -> None:
        if reason := unavailable_reason(network):
            raise LensMissing(reason)
        self._network, card = network, network.card
        present = Normalization(CURRENT, card.mean, card.std, card.channel_order)
        others = [each for each in list_candidates(card) if not is_same(each, present)]
        self._tallies = [_Tally(each) for each in (present, *others)]
        self._labels: deque[int] = deque(maxlen=MAX_PICTURES)
        self._first_norm = _find_first_norm(network)

    @property
    def pictures(self) -> int:
        """Return the number of pictures that count."""
        return len(self._labels)

    def add(self, x: Tensor, label: int = -1) -> Iterator[None]:
        """Try all normalizations on a picture, one a step; it counts once all are tried.

        Args:
            x: Pixels (1, C, H, W) in [0, 1].
            label: The picture's class, -1 where it is not known.
        """
        versions = torch.cat((x, *_small_changes(x)))
        results = []
        for tally in self._tallies:
            results.append(self._try(tally.normalization, versions))
            yield
        for tally, (answers, moments) in zip(self._tallies, results, strict=True):
            tally.answers.append(answers)
            tally.latest = answers[0]
            if moments is not None:
                tally.moments.append(moments)
        self._labels.append(label)

    def show(self, x: Tensor) -> Iterator[None]:
        """Answer a picture that does not count, under one normalization a step."""
        for tally in self._tallies:
            tally.latest = self._try(tally.normalization, x)[0][0]
            yield

    def _try(
        self, normalization: Normalization, x: Tensor
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Return probabilities (B, K), and the moments of the first picture's input of a norm."""
        network, norm = self._network, self._first_norm
        pixels = _pixels_as(normalization, network.card, x)
        recording = network.run(pixels, [norm[0]] if norm else [], batched=True)
        answers = _probabilities(recording.output, network.meaning.kind)
        if norm is None:
            return answers, None
        values = recording[norm[0]][:1].astype(np.float64)  # (1, calls, C, H, W)
        maps = values.reshape(-1, norm[1].num_features, *values.shape[-2:])[-1:]
        return answers, np.stack((maps.mean((0, 2, 3)), np.square(maps).mean((0, 2, 3))))

    @property
    def answer(self) -> int:
        """Return the best class of the latest picture, as the network runs."""
        return int(self._tallies[0].latest.argmax())

    @property
    def entropy(self) -> tuple[float, float]:
        """Return the mean entropy of the answers, and that of chance, in nats."""
        answers = np.stack([each[0] for each in self._tallies[0].answers])
        return float(_entropy(answers).mean()), math.log(max(answers.shape[1], 2))

    @property
    def result(self) -> NormalizationCheck | None:
        """Return what is known so far; None before the first picture."""
        if not self._labels:
            return None
        labels = np.array(self._labels)
        trials = [self._summarize(tally, labels) for tally in self._tallies]
        labeled = int((labels >= 0).sum())
        trials = _score(trials, labeled)
        has_memory = any(math.isfinite(trial.divergence) for trial in trials)
        tied = _find_tied(trials, MEMORY_TIE_FRACTION if has_memory else TIE_FRACTION)
        order = sorted(trials, key=lambda trial: -trial.score)
        if not has_memory:
            first = self._choose_usual(tied)
            order.sort(key=lambda trial: trial is not first)
        names = tuple(trial.normalization.name for trial in tied)
        return NormalizationCheck(tuple(order), len(labels), labeled, CURRENT, names)

    def _choose_usual(self, tied: list[NormalizationTrial]) -> NormalizationTrial:
        """Return which of the trials that fit equally well is offered first."""
        for usual in list_candidates(self._network.card):
            for trial in tied:
                if is_same(trial.normalization, usual):
                    return trial
        return max(tied, key=lambda trial: trial.score)

    def _summarize(self, tally: _Tally, labels: NDArray[np.int64]) -> NormalizationTrial:
        answers = np.stack(tally.answers)  # (N, changes + 1, K)
        plain = answers[:, 0]
        known = np.flatnonzero((labels >= 0) & (labels < plain.shape[1]))
        accuracy = likelihood = divergence = float("nan")
        if len(known):
            accuracy = float((plain[known].argmax(1) == labels[known]).mean())
            right = answers[known, :, labels[known]].clip(MIN_PROBABILITY)
            likelihood = float(np.exp(np.log(right).mean()))
        if self._first_norm is not None:
            divergence = _diverge(np.mean(tally.moments, axis=0), self._first_norm[1])
        limit = math.log(max(min(len(plain), plain.shape[1]), 2))
        information = float(_entropy(plain.mean(0)) - _entropy(plain).mean()) / limit
        return NormalizationTrial(
            tally.normalization,
            0.0,
            int(tally.latest.argmax()),
            float(tally.latest.max()),
            accuracy,
            likelihood,
            information,
            float((plain[:, None] * answers[:, 1:]).sum(2).mean()),
            divergence,
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
    survey = NormalizationSurvey(network)
    labels = [-1] * len(images) if classes is None else [int(number) for number in classes]
    if len(labels) != len(images) or len(images) < 2:
        raise BadInput(f"{len(images)} pictures with {len(labels)} classes are no check; give 2.")
    last = slice(-MAX_PICTURES, None)
    for image, label in zip(images[last], labels[last], strict=True):
        for _ in survey.add(network.encode(image), label):
            pass
    result = survey.result
    assert result is not None
    return result


def list_candidates(card: Card) -> tuple[Normalization, ...]:
    """Return the usual normalizations of a network's pictures, the most usual first."""
    if card.channels == 1:
        return GRAY_NORMALIZATIONS
    names = COLOR_ORDER if max(card.size) > SMALL_SIDE_PIXELS else SMALL_COLOR_ORDER
    return tuple(
        NORMALIZATIONS[k] for k in names if len(NORMALIZATIONS[k].mean) in (1, card.channels)
    )


def is_same(a: Normalization, b: Normalization) -> bool:
    """Return whether two normalizations give a network the same values, nearly."""
    sides = [np.broadcast_to(values, 3) for values in (a.mean, b.mean, a.std, b.std)]
    close = np.allclose(sides[0], sides[1], atol=2e-3) and np.allclose(
        sides[2], sides[3], rtol=0.02
    )
    return close and a.channel_order == b.channel_order


def _find_tied(trials: list[NormalizationTrial], fraction: float) -> list[NormalizationTrial]:
    """Return the trials that fit as well as the best one."""
    best = max(trial.score for trial in trials)
    margin = max(TIE_MARGIN, fraction * best)
    return [trial for trial in trials if best - trial.score < margin]


def _score(trials: list[NormalizationTrial], labeled: int) -> list[NormalizationTrial]:
    """Return the trials with their scores: what is right, stable and informative, as remembered."""
    smallest = np.nanmin([*(trial.divergence for trial in trials), np.inf])
    result = []
    for trial in trials:
        score = trial.information * trial.stability
        if labeled >= MIN_LABELED:
            score += LIKELIHOOD_WEIGHT * trial.likelihood
        if np.isfinite(smallest):
            excess = (trial.divergence - smallest) / max(smallest, 0.5)
            score += MEMORY_WEIGHT / (1 + excess)
        result.append(replace(trial, score=float(score)))
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
    return [x.roll((2, 1), (2, 3)), (x - mean) * 0.85 + mean]


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
            return (previous, module) if known and _has_memory(module) else None
        previous = row.name
    return None


def _has_memory(norm: nn.BatchNorm2d) -> bool:
    """Return whether a batch norm was trained: it remembers something else than it began with."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    return bool(mean.any()) or bool((variance != 1).any())


def _diverge(moments: NDArray[np.float64], norm: nn.BatchNorm2d) -> float:
    """Return the divergence of N(pictures) from N(remembered), in nats, the mean over channels."""
    mean, square = moments
    variance = square - mean**2
    assert norm.running_mean is not None
    assert norm.running_var is not None
    own_mean, own_variance = norm.running_mean.cpu().numpy(), norm.running_var.cpu().numpy() + 1e-8
    ratio = variance.clip(0) / own_variance + 1e-12
    kl = 0.5 * (ratio + (mean - own_mean) ** 2 / own_variance - 1 - np.log(ratio))
    return float(kl.mean())
