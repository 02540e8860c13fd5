"""Section 3.5, figure 6: attacks on right test pictures, and whether the map sees them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.introspect.attack import Walk, downhill, fgsm, joined, lines_of, shares
from dnnvis.introspect.map import Map
from dnnvis.introspect.network_outputs import bounded
from dnnvis.introspect.scores import auroc
from dnnvis.network.network import Network
from dnnvis.reproduce.introspection.config import Attack
from dnnvis.reproduce.introspection.pictures import Arrays, batch_of
from dnnvis.reproduce.introspection.progress import Tell
from dnnvis.sources.datasets import Data

CHUNK = 90  # attacks at once
AFTER = (5, 10, 20, 50, 100)  # steps after which successes are counted
SHOWN = 4  # pictures of the figure
Ints = NDArray[np.int64]


def chosen(made: Map, each: int, seed: int) -> Ints:
    """Rows of the map: ``each`` right test examples of every class, by lot."""
    ex = made.examples
    dice = np.random.default_rng(seed)
    found = []
    for k in range(len(made.classes)):
        right = np.flatnonzero(ex.test & (ex.labels == k) & (ex.predicted == k))
        found += np.sort(dice.permutation(right)[:each]).tolist()
    if not found:
        raise BadInput("No test picture is right: there is nothing to attack.")
    return np.array(found, np.int64)


def walks(
    network: Network, maps: Sequence[Map], x: Tensor, targets: Ints, asked: Attack, tell: Tell
) -> list[Walk]:
    """The attacks of ``introspect.attack.attacked`` on ``x`` (P, C, H, W), seen on several maps
    of one network, whose passes are made only once: a Walk for each map."""
    passes, total = 0, -(-len(x) // CHUNK) * (asked.steps + 1)
    parts: list[list[Walk]] = [[] for _ in maps]
    for start in range(0, len(x), CHUNK):
        clean, aims = x[start : start + CHUNK], targets[start : start + CHUNK]
        now, rows = clean, [_Path(made) for made in maps]
        stuck, predicted = np.zeros(len(clean), np.int64), []
        wanted = torch.nn.functional.one_hot(torch.from_numpy(aims), len(maps[0].classes)).to(x)
        for step in range(asked.steps + 1):
            last = step == asked.steps
            layers = maps[0].columns_.layers
            recording = network.run(now, layers, gradients=not last, batched=True)
            h = maps[0].columns_.rows(recording)[:, -1].detach().numpy()
            for row in rows:
                row.add(h)
            assert recording.result is not None  # the pass went to its end
            predicted.append(recording.result.detach().flatten(1).argmax(1).numpy())
            if not last:
                gradient = downhill(recording, wanted, bounded(network))
                stuck += (gradient == 0).flatten(1).all(1).numpy()
                now = fgsm(now, gradient, asked.eps)
            passes += 1
            tell("attacks", passes, total)
        for part, row in zip(parts, rows, strict=True):
            part.append(row.walk(aims, np.stack(predicted), stuck, clean, now))
    return [joined(part) for part in parts]


class _Path:
    """Places and estimates of one map, step by step."""

    def __init__(self, made: Map) -> None:
        self._map = made
        self._z: list[NDArray[np.float32]] = []
        self._expected: dict[str, list[NDArray[np.float32]]] = {k: [] for k in made.estimators}

    def add(self, h: NDArray[np.float32]) -> None:
        self._z.append(self._map.encode(h))
        for kind, kept in self._expected.items():
            here = self._z[-1]
            kept.append(self._map.error_at(here) if kind == "2d" else self._map.error(h, kind))

    def walk(self, targets: Ints, predicted: Ints, stuck: Ints, clean: Tensor, x: Tensor) -> Walk:
        expected = {kind: np.stack(kept) for kind, kept in self._expected.items()}
        return Walk(targets, np.stack(self._z), expected, predicted, stuck, clean, x)


def table(
    network: Network, maps: Sequence[Map], data: Data, asked: Attack, seed: int, tell: Tell
) -> tuple[list[dict[str, Any]], Arrays]:
    """For each map its figures; and arrays of figure 6, on the first map. All maps are of the
    same network and examples."""
    first = maps[0]
    rows = chosen(first, asked.each, seed)
    classes = len(first.classes)
    sources = np.repeat(first.labels[rows], classes - 1)
    targets = np.concatenate(
        [[k for k in range(classes) if k != label] for label in first.labels[rows]]
    ).astype(np.int64)
    x = batch_of(network, data, first.index[rows]).repeat_interleave(classes - 1, 0)
    found = walks(network, maps, x, targets, asked, tell)
    told = [
        figures(walk, made, sources) | {"pictures": len(rows)}
        for walk, made in zip(found, maps, strict=True)
    ]
    return told, _drawn(found[0], first, rows, classes - 1)


def figures(walk: Walk, made: Map, sources: Ints) -> dict[str, Any]:
    """Successes by steps, target and source; crossings of the 5 % line by successful attacks;
    how well the estimates tell them from the clean, right test examples (AUROC) by their
    greatest value on the way, at the first hit and at the end."""
    lines = lines_of(made)
    hit = walk.reached
    won = walk.predicted[-1] == walk.targets
    classes = range(len(made.classes))
    found: dict[str, Any] = {
        **shares(walk, lines),
        "reached after": {
            str(n): float(((hit >= 0) & (hit <= n)).mean()) for n in AFTER if n <= walk.done
        },
        "by target": [_mean(won[walk.targets == k]) for k in classes],
        "by source": [_mean(won[sources == k]) for k in classes],
        "lines": lines,
        "greatest change": float((walk.x - walk.clean).abs().max()),
    }
    ex = made.examples
    clean = ex.test & (ex.labels >= 0) & ~ex.wrong
    for kind, seen in walk.expected.items():
        crossed = walk.crossed(kind, lines)
        found[f"crossed {kind} up to the hit"] = _mean(((crossed >= 0) & (crossed <= hit))[won])
        found[f"clean pictures above {kind}"] = _mean(seen[0] > lines.get(kind, np.inf))
        at = {"peak": seen.max(0), "hit": seen[np.maximum(hit, 0), np.arange(len(hit))]}
        for name, values in {**at, "end": seen[-1]}.items():
            score = np.concatenate([values[won], ex.expected[kind][clean]])
            attacked = np.arange(len(score)) < won.sum()
            found[f"auroc {kind} {name}"] = auroc(score, attacked)
            found[f"median {kind} {name}"] = float(np.median(values[won])) if won.any() else None
        found[f"median {kind} start"] = float(np.median(seen[0]))
    return found


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _drawn(walk: Walk, made: Map, rows: Ints, each: int) -> Arrays:
    """The pictures whose attacks came out most differently: some reached, some resisted."""
    won = (walk.predicted[-1] == walk.targets).reshape(len(rows), each).mean(1)
    order = np.argsort(np.abs(won - 0.6), kind="stable")
    picked: list[int] = []
    for at in order:  # one of a class
        if made.labels[rows[at]] not in made.labels[rows[picked]]:
            picked.append(int(at))
    picked = picked[:SHOWN]
    at = (np.array(picked)[:, None] * each + np.arange(each)).ravel()
    shape = len(picked), each

    def pixels(x: Tensor) -> NDArray[np.uint8]:
        seen = x[torch.from_numpy(at)].mul(255).round().clamp(0, 255).to(torch.uint8)
        return seen.permute(0, 2, 3, 1).numpy().reshape(*shape, *seen.shape[2:], seen.shape[1])

    moved = (walk.x - walk.clean)[torch.from_numpy(at)].permute(0, 2, 3, 1).numpy()
    return {
        "clean": pixels(walk.clean)[:, 0], "x": pixels(walk.x),
        "moved": moved.reshape(*shape, *moved.shape[1:]),
        "z": walk.z[:, at].transpose(1, 0, 2).reshape(*shape, -1, 2),
        "targets": walk.targets[at].reshape(shape),
        "predicted": walk.predicted[-1, at].reshape(shape),
        "reached": walk.reached[at].reshape(shape),
        "labels": made.labels[rows[picked]], "index": made.index[rows[picked]],
    }  # fmt: skip
