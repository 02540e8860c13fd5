"""Make the tables of the rows beyond the Game of Life."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dnnvis.reproduce.beyond.maze import count_mazes
from dnnvis.reproduce.beyond.runner import BeyondRecord
from dnnvis.sources.chess.positions import PIECES
from dnnvis.sources.mazes.truths import CANDIDATES

Table = list[list[str]]
Scores = Sequence[dict[str, Any]]


def build_tables(row: str, records: Sequence[BeyondRecord]) -> dict[str, Table]:
    """Return file stem -> table of a row, the first line its header."""
    scores = [dict(record.scores) for record in records]
    builders: dict[str, Callable[[Scores], dict[str, Table]]] = {
        "maze": _maze_tables,
        "chess": _chess_tables,
    }
    if row not in builders:
        return {"growth": growth_table(scores)}
    return {"training": training_table(records)} | builders[row](scores)


def growth_table(scores: Scores) -> Table:
    """Return how far automata are from their target, over the seeds of the firing."""
    titles = {
        "grown": "at step {grown}",
        "damaged": "a half erased then",
        "healed": "at step {healed}",
        "lasting": "at step {lasting:,}, nothing erased",
    }
    rows = [["mean squared error", "mean", "worst"]]
    for key, title in titles.items():
        mean = float(np.mean([score[key]["mean"] for score in scores]))
        worst = max(score[key]["worst"] for score in scores)
        rows.append([title.format(**scores[0]["steps"]), f"{mean:.4f}", f"{worst:.4f}"])
    return [*rows, ["an empty grid", f"{scores[0]['empty']:.4f}", ""]]


def training_table(records: Sequence[BeyondRecord]) -> Table:
    """Return what each training took and came to."""
    header = ["seed", "batches", "processor seconds of learning", "score at the end"]
    rows = [
        [
            str(record.seed),
            str(record.training["steps"]),
            f"{record.training['cpu_seconds']:.0f}",
            f"{record.training['curve'][-1][2]:.1%}" if record.training["curve"] else "–",
        ]
        for record in records
    ]
    return [header, *rows]


def format_range(values: Sequence[float], form: str = ".2f") -> str:
    """Return the mean, with the least and the greatest where they are not printed alike."""
    mean, low, high = (format(float(f(values)), form) for f in (np.mean, np.min, np.max))
    return mean if low == high else f"{mean} ({low} to {high})"


def _maze_tables(scores: Scores) -> dict[str, Table]:
    sides = list(scores[0]["accuracy"])
    counts = list(scores[0]["accuracy"][sides[0]])
    mazes = {side: count_mazes(int(side), scores[0]["examples"]) for side in sides}
    accuracy = [["steps", *(f"{side} x {side}, {mazes[side]:,} mazes" for side in sides)]]
    for steps in counts:
        cells = [
            format_range([score["accuracy"][side][steps] for score in scores], ".1%")
            for side in sides
        ]
        accuracy.append([steps, *cells])
    header = ["candidate", "squares a step", "decoder", "other ends", "untrained"]
    header += ["probe", "probe, other ends", "probe, untrained"]
    follows = [header]
    keys = ("mcc", "chance", "untrained", "probe", "probe chance", "probe untrained")
    for name in CANDIDATES:
        each = [score["follows"][name] for score in scores]
        speeds = ", ".join(dict.fromkeys(f"{values['speed']:g}" for values in each))
        cells = [format_range([values[key] for values in each]) for key in keys]
        follows.append([name, speeds, *cells])
    return {"accuracy": accuracy, "candidates": follows}


def _chess_tables(scores: Scores) -> dict[str, Table]:
    final = [["", "position", *PIECES]]
    for title, key in (("network", "final"), ("copy of the first", "final if copied")):
        cells = [
            format_range([score[key][name] for score in scores], ".1%")
            for name in ("position", *PIECES)
        ]
        final.append([title, *cells])
    plies = len(scores[0]["decoder"]["position"][0])
    between = [["read by", "what is right", *(f"after ply {ply}" for ply in range(1, plies - 1))]]
    readers = ("decoder", "decoder shuffled", "probe", "probe shuffled", "probe untrained")
    copies = ("copy of the first", "copy of the last", "mixture of the ends", "probe of the ends")
    for reader in (*readers, *copies):
        for what in ("position", *PIECES):
            cells = [
                format_range([_best_state(score[reader][what], ply) for score in scores], ".1%")
                for ply in range(1, plies - 1)
            ]
            between.append([reader, what, *cells])
    equation = [["", "paper (95 % of 192 cells)", "strict (all cells)"]]
    for name in scores[0]["equation 1"]:
        cells = [
            format_range([score["equation 1"][name][key] for score in scores])
            for key in ("paper", "strict")
        ]
        equation.append([name, *cells])
    return {"final": final, "between": between, "equation1": equation}


def _best_state(table: Sequence[Sequence[float]], ply: int) -> float:
    """Return the best fraction over the states between the first and the last, or of the only."""
    states = table[1:-1] if len(table) > 2 else table
    return max(line[ply] for line in states)
