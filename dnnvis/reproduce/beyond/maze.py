"""Measure what a maze network imagines on its way, and how far it gets with more steps."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.mazes.controls import is_followed
from dnnvis.core.mazes.maze import Mazes
from dnnvis.network.state.generators import fork_generators
from dnnvis.reproduce.beyond.probes import RidgeProbe, apply_probe, threshold_for_fraction
from dnnvis.sources.mazes.draw import draw_mazes, redraw_ends
from dnnvis.sources.mazes.follow import choose_speeds, follow, matthews
from dnnvis.sources.mazes.truths import CANDIDATES, MazeTruths
from dnnvis.training.maze_task import (
    PATH_THRESHOLD,
    MazeSetting,
    as_maze_input,
    mark_paths,
    path_accuracy,
)
from dnnvis.zoo.beyond.maze import MazeNet

Tick = Callable[[float], None]
Flags = NDArray[np.bool_]
#: Sides of the test mazes, and how many of 2,000 examples each gets.
SIZES = {9: 1.0, 13: 0.25, 21: 0.125}
STEP_COUNTS = (5, 10, 15, 20, 25, 30, 40, 60, 80, 120, 200)
CHOICE_SEED, PROBE_SEED, TEST_SEED, SHUFFLE_SEED = 301, 302, 303, 304
UNTRAINED_SEED = 1000  # of the network that has learned nothing, plus the run's
BATCH_MAZES = 100


@dataclass(frozen=True, eq=False)
class _Thoughts:
    """What a network went through on mazes."""

    #: The squares marked at each step, (T + 1, B, H, W).
    marked: Flags
    #: Hidden values of the floor squares at each step, float32 (T + 1, squares, channels).
    states: NDArray[np.float32]


def measure_maze(
    net: MazeNet,
    setting: MazeSetting,
    examples: int = 2000,
    tick: Tick = lambda fraction: None,
) -> dict[str, Any]:
    """Measure a trained network.

    Args:
        net: The network.
        setting: How it was trained.
        examples: Test mazes of the training's size; of larger ones there are fewer (SIZES).
        tick: Told the share that is done.

    Returns:
        ``accuracy``, by side of the maze and number of steps; ``follows``, by candidate: speed,
        the decoder's correlation over the steps that were never trained, at each step, and its
        chance levels; the same of the linear probe; ``solved``, the mean fraction of exact paths
        at each step.
    """
    accuracy = {}
    for k, side in enumerate(SIZES):
        mazes = draw_mazes(count_mazes(side, examples), (side, side), _rng(TEST_SEED))
        marked = mark_paths(net, mazes, STEP_COUNTS, BATCH_MAZES)
        accuracy[str(side)] = {
            str(steps): path_accuracy(marked[i], mazes)[0] for i, steps in enumerate(STEP_COUNTS)
        }
        tick(0.1 * (k + 1))
    untrained = untrained_network(setting)
    result = _measure_states(net, untrained, setting, examples, tick)
    tick(1.0)
    return {"accuracy": accuracy, **result}


def count_mazes(side: int, examples: int) -> int:
    """Return how many test mazes of a side there are, where ``examples`` are asked for."""
    return max(1, round(SIZES[side] * examples))


def measure_follow(net: MazeNet, setting: MazeSetting, examples: int = 2000) -> dict[str, Any]:
    """Measure which truth the steps follow, for the card of a network; see ``measure_maze``.

    Returns:
        What ``summarize_follow`` keeps of it.
    """
    untrained = untrained_network(setting)
    return summarize_follow(_measure_states(net, untrained, setting, examples, lambda share: None))


def summarize_follow(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a card keeps of the scores of ``measure_maze``, or of those in its record.

    Returns:
        ``speeds``, at which each candidate is followed best, ``follows``, by candidate the
        correlation of the decoder (``mcc``), that with other ends (``chance``) and that of the
        linear ``probe``, and of how many mazes they are, ``follow_mazes``.
    """
    kept = ("mcc", "chance", "probe")
    follows = {
        name: {key: round(scores["follows"][name][key], 4) for key in kept} for name in CANDIDATES
    }
    speeds = {name: scores["follows"][name]["speed"] for name in CANDIDATES}
    return {"speeds": speeds, "follows": follows, "follow_mazes": scores["examples"]}


def untrained_network(setting: MazeSetting) -> MazeNet:
    """Return the network as it is before it learns anything, of another seed."""
    with fork_generators(UNTRAINED_SEED + setting.seed):
        return MazeNet(setting.spec)


def _measure_states(
    net: MazeNet, untrained: MazeNet, setting: MazeSetting, examples: int, tick: Tick
) -> dict[str, Any]:
    size, steps = (setting.size, setting.size), range(1, setting.learned_steps)
    last = setting.learned_steps
    choice = draw_mazes(max(1, examples // 4), size, _rng(CHOICE_SEED))
    marked = mark_paths(net, choice, tuple(range(last + 1)))
    speeds = choose_speeds(marked, MazeTruths(choice), steps)
    tick(0.4)
    test = draw_mazes(examples, size, _rng(TEST_SEED))
    learn = draw_mazes(max(1, examples // 2), size, _rng(PROBE_SEED))
    truths = {name: (MazeTruths(m), MazeTruths(_redraw(m))) for name, m in _pair(learn, test)}
    thoughts = {name: _think(net, m, last) for name, m in _pair(learn, test)}
    tick(0.6)
    blank = {name: _think(untrained, m, last) for name, m in _pair(learn, test)}
    tick(0.7)
    probes = _probe(thoughts, truths, 0, speeds, steps)
    shuffled = _probe(thoughts, truths, 1, speeds, steps)
    tick(0.85)
    blind = _probe(blank, truths, 0, speeds, steps)
    follows = {}
    for name in CANDIDATES:
        real = follow(thoughts["test"].marked, truths["test"][0], name, speeds[name], steps)
        other = follow(thoughts["test"].marked, truths["test"][1], name, speeds[name], steps)
        none = follow(blank["test"].marked, truths["test"][0], name, speeds[name], steps)
        follows[name] = {
            "speed": speeds[name],
            "mcc": real.mcc,
            "each": list(real.each),
            "chance": other.mcc,
            "untrained": none.mcc,
            "probe": float(np.mean(probes[name])),
            "probe each": list(probes[name]),
            "probe chance": float(np.mean(shuffled[name])),
            "probe untrained": float(np.mean(blind[name])),
        }
    exact = [path_accuracy(flags, test)[0] for flags in thoughts["test"].marked]
    return {"examples": examples, "follows": follows, "solved": exact, "speeds": speeds}


def _pair(learn: Mazes, test: Mazes) -> tuple[tuple[str, Mazes], tuple[str, Mazes]]:
    return ("learn", learn), ("test", test)


def _redraw(mazes: Mazes) -> Mazes:
    return redraw_ends(mazes, _rng(SHUFFLE_SEED))


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@torch.inference_mode()
def _think(net: MazeNet, mazes: Mazes, steps: int) -> _Thoughts:
    marked = np.zeros((steps + 1, *mazes.floor.shape), np.bool_)
    values: list[list[NDArray[np.float32]]] = [[] for _ in range(steps + 1)]
    for first in range(0, len(mazes), BATCH_MAZES):
        part = slice(first, first + BATCH_MAZES)
        pictures, floor = as_maze_input(mazes[part]), mazes.floor[part]
        state = net.encode(pictures)
        for step in range(steps + 1):
            state = state if step == 0 else net.cell(state, pictures)
            marked[step, part] = (net.decoder(state)[:, 0] >= PATH_THRESHOLD).numpy()
            values[step].append(state.permute(0, 2, 3, 1).numpy()[floor])
    return _Thoughts(marked, np.stack([np.concatenate(parts) for parts in values]))


def _probe(
    thoughts: dict[str, _Thoughts],
    truths: dict[str, tuple[MazeTruths, MazeTruths]],
    which: int,
    speeds: dict[str, float],
    steps: range,
) -> dict[str, list[float]]:
    """Return the correlation of what a linear probe reads at each step, by candidate.

    Args:
        thoughts: Of the mazes to learn on and to test on.
        truths: Their truths, and those with other starts and goals.
        which: Which of the two is to be read.
        speeds: Squares a step, by candidate.
        steps: The steps that count.

    Returns:
        Of each candidate the Matthews correlation at each step. What share of the squares is
        marked is taken from the mazes learned on.
    """
    results: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    for step in steps:
        targets = {
            part: np.stack(
                [
                    truth[which].at(name, step, speeds[name])[truth[which].mazes.floor]
                    for name in CANDIDATES
                ],
                1,
            )
            for part, truth in truths.items()
        }
        probe = RidgeProbe(thoughts["learn"].states.shape[2], len(CANDIDATES))
        probe.add(thoughts["learn"].states[step], targets["learn"].astype(np.float32))
        weights = probe.solve()
        learned = apply_probe(weights, thoughts["learn"].states[step])
        read = apply_probe(weights, thoughts["test"].states[step])
        for k, name in enumerate(CANDIDATES):
            share = float(targets["learn"][:, k].mean())
            threshold = threshold_for_fraction(learned[:, k], share)
            results[name].append(matthews(read[:, k] > threshold, targets["test"][:, k]))
    return results


def conclude_maze(records: list[dict[str, Any]]) -> str:
    """Return in one sentence or two what the figures of several runs say."""
    follows = [record["follows"] for record in records]
    best, read = ([_find_best(each, key) for each in follows] for key in ("mcc", "probe"))
    own = [each[name]["mcc"] for each, name in zip(follows, best, strict=True)]
    chance = [each[name]["chance"] for each, name in zip(follows, best, strict=True)]
    if not is_followed(float(np.mean(own)), float(np.mean(chance))):
        return (
            "The decoded steps follow none of the candidates: the best correlates by "
            f"{format_span(own)}, and by {format_span(chance)} with other ends."
        )
    path = [each["whole path"]["mcc"] for each in follows]
    probe = [each[name]["probe"] for each, name in zip(follows, read, strict=True)]
    untrained = [each[name]["probe untrained"] for each, name in zip(follows, read, strict=True)]
    return (
        f"The decoded steps follow {_count_best(follows, best)} most closely: correlation "
        f"{format_span(own)}, with other ends {format_span(chance)}, and {format_span(path)} for "
        f"the whole path at every step. What a linear probe reads best is "
        f"{_count_best(follows, read)}: {format_span(probe)}, from an untrained network "
        f"{format_span(untrained)}."
    )


def _find_best(follows: dict[str, Any], key: str) -> str:
    return max(CANDIDATES, key=lambda name: float(follows[name][key]))


def _count_best(follows: list[dict[str, Any]], best: list[str]) -> str:
    """Return which candidate is the best in how many runs, with its speeds."""
    parts = []
    for name, count in Counter(best).most_common():
        speeds = {
            each[name]["speed"] for each, own in zip(follows, best, strict=True) if own == name
        }
        listed = ", ".join(f"{speed:g}" for speed in sorted(speeds))
        text = f"'{name}' ({listed} {'square' if speeds == {1.0} else 'squares'} a step)"
        whole = "every run" if count == len(best) else f"{count} of {len(best)} runs"
        parts.append(f"{text} in {whole}")
    return " and ".join(parts)


def format_span(values: list[float]) -> str:
    """Return the least and the greatest of some values, one where they are printed alike."""
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"
