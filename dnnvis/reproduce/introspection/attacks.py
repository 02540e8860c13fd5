"""Section 3.5, figure 6: attacks on right test pictures, and whether the map sees them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.introspect.attack import (
    AttackTrajectories,
    concatenate,
    false_alarm_lines,
    fgsm,
    summarize_attacks,
    target_gradient,
)
from dnnvis.introspect.map import Map
from dnnvis.introspect.network_outputs import is_bounded
from dnnvis.introspect.scores import auroc
from dnnvis.network.network import Network
from dnnvis.reproduce.common import ProgressReporter
from dnnvis.reproduce.introspection.config import AttackConfig
from dnnvis.reproduce.introspection.pictures import Arrays, encode_batch
from dnnvis.sources.datasets import Dataset

BATCH_SIZE = 90  # attacks at once
SUCCESS_STEPS = (5, 10, 20, 50, 100)  # steps after which successes are counted
SHOWN_PICTURES = 4  # pictures of the figure
Ints = NDArray[np.int64]


def choose_rows(activation_map: Map, per_class: int, seed: int) -> Ints:
    """Draw right test examples of every class.

    Args:
        activation_map: The map.
        per_class: How many of each class at most.
        seed: Of the lot.

    Returns:
        Rows of the map, int64 (n,), class by class.

    Raises:
        BadInput: Where no test example is right.
    """
    ex = activation_map.examples
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(len(activation_map.classes)):
        right = np.flatnonzero(ex.test & (ex.labels == k) & (ex.predicted == k))
        rows += np.sort(rng.permutation(right)[:per_class]).tolist()
    if not rows:
        raise BadInput("No test picture is right: there is nothing to attack.")
    return np.array(rows, np.int64)


def run_attacks(
    network: Network,
    maps: Sequence[Map],
    x: Tensor,
    targets: Ints,
    attack: AttackConfig,
    reporter: ProgressReporter,
) -> list[AttackTrajectories]:
    """Attack pictures and see the attacks on several maps of one network.

    These are the attacks of ``introspect.attack.run_attacks``; their passes are made only once.

    Args:
        network: The network of all maps.
        maps: The maps that the attacks are seen on, at least one.
        x: Clean pictures, (P, C, H, W) in [0, 1].
        targets: The class each attack aims at, int64 (P,).
        attack: Number and size of the steps.
        reporter: Told how far it is.

    Returns:
        The trajectories on each map.

    Raises:
        Cancelled: Where it was stopped.
    """
    passes, total = 0, -(-len(x) // BATCH_SIZE) * (attack.steps + 1)
    parts: list[list[AttackTrajectories]] = [[] for _ in maps]
    for start in range(0, len(x), BATCH_SIZE):
        clean, batch_targets = x[start : start + BATCH_SIZE], targets[start : start + BATCH_SIZE]
        current, paths = clean, [_Path(activation_map) for activation_map in maps]
        stuck, predicted = np.zeros(len(clean), np.int64), []
        one_hot = torch.nn.functional.one_hot(
            torch.from_numpy(batch_targets), len(maps[0].classes)
        ).to(x)
        for step in range(attack.steps + 1):
            last = step == attack.steps
            layers = maps[0].columns_.layers
            recording = network.run(current, layers, gradients=not last, batched=True)
            h = maps[0].columns_.rows(recording)[:, -1].detach().numpy()
            for path in paths:
                path.add(h)
            assert recording.result is not None  # the pass went to its end
            predicted.append(recording.result.detach().flatten(1).argmax(1).numpy())
            if not last:
                gradient = target_gradient(recording, one_hot, is_bounded(network))
                stuck += (gradient == 0).flatten(1).all(1).numpy()
                current = fgsm(current, gradient, attack.eps)
            passes += 1
            reporter("attacks", passes, total)
        for part, path in zip(parts, paths, strict=True):
            part.append(path.walk(batch_targets, np.stack(predicted), stuck, clean, current))
    return [concatenate(part) for part in parts]


class _Path:
    """Places and estimates of one map, step by step."""

    def __init__(self, activation_map: Map) -> None:
        self._map = activation_map
        self._z: list[NDArray[np.float32]] = []
        self._expected: dict[str, list[NDArray[np.float32]]] = {
            k: [] for k in activation_map.estimators
        }

    def add(self, h: NDArray[np.float32]) -> None:
        self._z.append(self._map.encode(h))
        for kind, values in self._expected.items():
            point = self._z[-1]
            values.append(self._map.error_at(point) if kind == "2d" else self._map.error(h, kind))

    def walk(
        self, targets: Ints, predicted: Ints, stuck: Ints, clean: Tensor, x: Tensor
    ) -> AttackTrajectories:
        expected = {kind: np.stack(values) for kind, values in self._expected.items()}
        return AttackTrajectories(targets, np.stack(self._z), expected, predicted, stuck, clean, x)


def attack_table(
    network: Network,
    maps: Sequence[Map],
    data: Dataset,
    attack: AttackConfig,
    seed: int,
    reporter: ProgressReporter,
) -> tuple[list[dict[str, Any]], Arrays]:
    """Attack right examples towards every other class.

    Args:
        network: The network of all maps.
        maps: Its maps, of the same examples.
        data: The data of these examples.
        attack: How many attacks, and how they are made.
        seed: Of the lot that draws the pictures.
        reporter: Told how far it is.

    Returns:
        For each map its figures, and the arrays of figure 6, on the first map.

    Raises:
        BadInput: Where no test example is right.
        Cancelled: Where it was stopped.
    """
    first = maps[0]
    rows = choose_rows(first, attack.each, seed)
    classes = len(first.classes)
    sources = np.repeat(first.labels[rows], classes - 1)
    targets = np.concatenate(
        [[k for k in range(classes) if k != label] for label in first.labels[rows]]
    ).astype(np.int64)
    x = encode_batch(network, data, first.index[rows]).repeat_interleave(classes - 1, 0)
    walks = run_attacks(network, maps, x, targets, attack, reporter)
    metrics = [
        attack_metrics(walk, activation_map, sources) | {"pictures": len(rows)}
        for walk, activation_map in zip(walks, maps, strict=True)
    ]
    return metrics, _figure_arrays(walks[0], first, rows, classes - 1)


def attack_metrics(walk: AttackTrajectories, activation_map: Map, sources: Ints) -> dict[str, Any]:
    """Count what attacks reached, and how well a map sees them.

    Successes by steps, target and source; crossings of the 5 % line by successful attacks; how well
    the estimates tell them from the clean, right test examples (AUROC) by their greatest value on
    the way, at the first hit and at the end.

    Args:
        walk: The attacks, seen on the map.
        activation_map: The map.
        sources: The class each attack starts from, int64 (P,).

    Returns:
        The figures by name, as a record keeps them.
    """
    lines = false_alarm_lines(activation_map)
    hit = walk.reached
    succeeded = walk.predicted[-1] == walk.targets
    classes = range(len(activation_map.classes))
    metrics: dict[str, Any] = {
        **summarize_attacks(walk, lines),
        "reached after": {
            str(n): float(((hit >= 0) & (hit <= n)).mean()) for n in SUCCESS_STEPS if n <= walk.done
        },
        "by target": [_mean_or_nan(succeeded[walk.targets == k]) for k in classes],
        "by source": [_mean_or_nan(succeeded[sources == k]) for k in classes],
        "lines": lines,
        "greatest change": float((walk.x - walk.clean).abs().max()),
    }
    ex = activation_map.examples
    clean = ex.test & (ex.labels >= 0) & ~ex.wrong
    for kind, expected in walk.expected.items():
        crossed = walk.find_crossings(kind, lines)
        metrics[f"crossed {kind} up to the hit"] = _mean_or_nan(
            ((crossed >= 0) & (crossed <= hit))[succeeded]
        )
        metrics[f"clean pictures above {kind}"] = _mean_or_nan(
            expected[0] > lines.get(kind, np.inf)
        )
        at = {"peak": expected.max(0), "hit": expected[np.maximum(hit, 0), np.arange(len(hit))]}
        for name, values in {**at, "end": expected[-1]}.items():
            score = np.concatenate([values[succeeded], ex.expected[kind][clean]])
            attacked = np.arange(len(score)) < succeeded.sum()
            metrics[f"auroc {kind} {name}"] = auroc(score, attacked)
            metrics[f"median {kind} {name}"] = (
                float(np.median(values[succeeded])) if succeeded.any() else None
            )
        metrics[f"median {kind} start"] = float(np.median(expected[0]))
    return metrics


def _mean_or_nan(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _figure_arrays(
    walk: AttackTrajectories, activation_map: Map, rows: Ints, per_picture: int
) -> Arrays:
    """Pick the pictures whose attacks came out most differently: some reached, some resisted."""
    succeeded = (walk.predicted[-1] == walk.targets).reshape(len(rows), per_picture).mean(1)
    order = np.argsort(np.abs(succeeded - 0.6), kind="stable")
    picked: list[int] = []
    for at in order:  # one of a class
        if activation_map.labels[rows[at]] not in activation_map.labels[rows[picked]]:
            picked.append(int(at))
    picked = picked[:SHOWN_PICTURES]
    at = (np.array(picked)[:, None] * per_picture + np.arange(per_picture)).ravel()
    shape = len(picked), per_picture

    def pixels(x: Tensor) -> NDArray[np.uint8]:
        images = x[torch.from_numpy(at)].mul(255).round().clamp(0, 255).to(torch.uint8)
        return (
            images.permute(0, 2, 3, 1).numpy().reshape(*shape, *images.shape[2:], images.shape[1])
        )

    change = (walk.x - walk.clean)[torch.from_numpy(at)].permute(0, 2, 3, 1).numpy()
    return {
        "clean": pixels(walk.clean)[:, 0],
        "x": pixels(walk.x),
        "moved": change.reshape(*shape, *change.shape[1:]),
        "z": walk.z[:, at].transpose(1, 0, 2).reshape(*shape, -1, 2),
        "targets": walk.targets[at].reshape(shape),
        "predicted": walk.predicted[-1, at].reshape(shape),
        "reached": walk.reached[at].reshape(shape),
        "labels": activation_map.labels[rows[picked]],
        "index": activation_map.index[rows[picked]],
    }
