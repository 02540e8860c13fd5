"""Measure whether a chess network imagines the positions between the first and the last."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from dnnvis.lenses.imagination.score import ALIVE_THRESHOLD, equation_1, min_equal_cells
from dnnvis.network.state.generators import fork_generators
from dnnvis.reproduce.beyond.probes import RidgeProbe, apply_probe
from dnnvis.sources.chess.krk import Squares
from dnnvis.sources.chess.positions import PIECES, draw_boards, read_boards
from dnnvis.training.chess_task import ChessSetting, as_chess_input, imagine_positions, split_lines
from dnnvis.zoo.life import LifeNet

Tick = Callable[[float], None]
Table = list[list[float]]
TEST_SEED, PROBE_SEED, SHUFFLE_SEED = 301, 302, 304
UNTRAINED_SEED = 1000
CELLS = 3 * 64
MATCH_FRACTION = 0.95  # the paper's, of equal cells
CONTROL_MARGIN = 0.1  # what is not read better than the controls by so much is not in there
BATCH_POSITIONS = 250


def measure_chess(
    net: LifeNet,
    setting: ChessSetting,
    examples: int = 2000,
    tick: Tick = lambda fraction: None,
) -> dict[str, Any]:
    """Measure a trained network on positions of the test share.

    Args:
        net: The network.
        setting: How it was trained.
        examples: Test positions; the probe learns on twice as many of the others.
        tick: Told the share that is done.

    Returns:
        ``decoder`` and ``probe`` with tables (state, ply) of the fraction of positions whose
        three pieces are right, and the same by piece, beside the same of controls: other targets,
        an untrained network, copies, for each ply the best mixture of pieces of the first position
        and of the network's own last answer, and a probe of just those two; ``final``, how well
        the last position is learned; ``equation 1``, at 95 % and at all of the cells.
    """
    train, test = split_lines(setting.steps)
    test = _pick(test, examples, TEST_SEED)
    learn = _pick(train, 2 * examples, PROBE_SEED)
    shuffled = test[np.random.default_rng(SHUFFLE_SEED).permutation(len(test))]
    imagined = imagine_positions(net, test[:, 0])
    read = read_boards(imagined)  # (B, states, 3)
    tick(0.1)
    trained_probe = _probe(net.states, learn, test, lambda f: tick(0.1 + 0.3 * f))
    others = learn[np.random.default_rng(SHUFFLE_SEED).permutation(len(learn))]
    shuffled_probe = _probe(net.states, learn, test, lambda f: tick(0.4 + 0.3 * f), others)
    with fork_generators(UNTRAINED_SEED + setting.seed):
        untrained = LifeNet(setting.spec)
    untrained_probe = _probe(untrained.states, learn, test, lambda f: tick(0.7 + 0.2 * f))

    def read_ends(boards: torch.Tensor) -> list[torch.Tensor]:
        return [torch.cat([boards, net(boards)], 1)]

    probe_of_ends = _probe(read_ends, learn, test, lambda f: tick(0.9 + 0.1 * f))
    first, last = (np.repeat(test[:, [k]], test.shape[1], 1) for k in (0, -1))
    return {
        "examples": len(test),
        "final": _right(read[:, -1:], test[:, -1:]),
        "final if copied": _right(test[:, :1], test[:, -1:]),
        "decoder": _compare(read, test),
        "decoder shuffled": _compare(read, shuffled),
        "probe": _compare(trained_probe, test),
        "probe shuffled": _compare(shuffled_probe, test),
        "probe untrained": _compare(untrained_probe, test),
        "probe of the ends": _compare(probe_of_ends, test),
        "mixture of the ends": _mix(test[:, 0], read[:, -1], test),
        "copy of the first": _compare(first[:, :1], test),
        "copy of the last": _compare(last[:, :1], test),
        "equation 1": {
            "network": _equation(imagined >= ALIVE_THRESHOLD, test),
            "copy of the first": _equation(_cells(first), test),
            "copy of the last": _equation(_cells(last), test),
            "shuffled": _equation(imagined >= ALIVE_THRESHOLD, shuffled),
        },
    }


def _pick(lines: Squares, count: int, seed: int) -> Squares:
    return lines[np.random.default_rng(seed).permutation(len(lines))[:count]]


def _cells(positions: Squares) -> NDArray[np.bool_]:
    return draw_boards(positions) > 0


def _right(read: Squares, true: Squares) -> dict[str, float]:
    """Return the fraction of right positions, and of each right piece, of (B, 1, 3)."""
    equal = read[:, 0] == true[:, 0]
    pieces = dict(zip(PIECES, map(float, equal.mean(0)), strict=True))
    return {"position": float(equal.all(1).mean()), **pieces}


def _compare(read: Squares, true: Squares) -> dict[str, Table]:
    """Return tables (states, plies) of the fraction that is right: of positions, and of pieces.

    Args:
        read: What is read from each state, (B, states, 3), or (B, states, plies, 3) where each
            ply has a reader of its own.
        true: The lines (B, plies, 3).
    """
    answers = read if read.ndim == 4 else read[:, :, None]
    equal = answers == true[:, None]  # (B, states, plies, 3)
    tables = {"position": equal.all(3).mean(0).tolist()}
    for k, name in enumerate(PIECES):
        tables[name] = equal[..., k].mean(0).tolist()
    return tables


def _equation(cells: NDArray[np.bool_], true: Squares) -> dict[str, float]:
    """Return the paper's number at its 95 % of the cells, and at all of them."""
    outputs, states = cells[:, 1:-1], _cells(true)[:, 1:-1]
    differing = (outputs[:, :, None] != states[:, None]).sum((3, 4, 5))  # (B, N - 1, T - 1)
    allowed = CELLS - min_equal_cells(CELLS, MATCH_FRACTION)
    return {
        "paper": float(equation_1(differing <= allowed).mean()),
        "strict": float(equation_1(differing == 0).mean()),
    }


def _mix(first: Squares, last: Squares, true: Squares) -> dict[str, Table]:
    """Return a table (1, plies) for each ply's best mixture of pieces of two positions (B, 3)."""
    masks = np.array(list(np.ndindex(2, 2, 2)), np.bool_)
    mixtures = np.where(masks[:, None], last, first)  # (8, B, 3)
    equal = mixtures[:, :, None] == true  # (8, B, plies, 3)
    tables = {"position": [equal.all(3).mean(1).max(0).tolist()]}
    for k, name in enumerate(PIECES):
        tables[name] = [equal[..., k].mean(1).max(0).tolist()]
    return tables


@torch.inference_mode()
def _probe(
    read_states: Callable[[torch.Tensor], list[torch.Tensor]],
    learn: Squares,
    test: Squares,
    tick: Tick,
    targets: Squares | None = None,
) -> Squares:
    """Return what linear readouts of 3 x 3 squares read of each ply from each state.

    Args:
        read_states: Returns states (B, C, 8, 8) of boards (B, 3, 8, 8).
        learn: Lines that the readouts learn on.
        test: Lines that they are tested on.
        tick: Told the share that is done.
        targets: Lines that they learn to answer; None: those of the states.

    Returns:
        Squares (B, states, plies, 3) of the test positions.
    """
    targets = learn if targets is None else targets
    plies = learn.shape[1]
    sizes = [9 * state.shape[1] for state in read_states(as_chess_input(learn[:1, 0]))]
    probes = [RidgeProbe(size, 3 * plies) for size in sizes]
    for start in range(0, len(learn), BATCH_POSITIONS):
        part = slice(start, start + BATCH_POSITIONS)
        boards = draw_boards(targets[part]).reshape(-1, 3 * plies, 64)
        answers = boards.transpose(0, 2, 1).reshape(-1, 3 * plies).astype(np.float32)
        for probe, state in zip(probes, read_states(as_chess_input(learn[part, 0])), strict=True):
            probe.add(_patches(state), answers)
        tick(0.8 * (start + BATCH_POSITIONS) / len(learn))
    weights = [probe.solve() for probe in probes]
    read = []
    for start in range(0, len(test), BATCH_POSITIONS):
        states = read_states(as_chess_input(test[start : start + BATCH_POSITIONS, 0]))
        values = [apply_probe(w, _patches(s)) for w, s in zip(weights, states, strict=True)]
        flat = np.stack(values).reshape(len(states), -1, 64, plies, 3)
        planes = flat.transpose(1, 0, 3, 4, 2).reshape(-1, len(states), plies, 3, 8, 8)
        read.append(read_boards(planes))
    tick(1.0)
    return np.concatenate(read)


def _patches(state: torch.Tensor) -> NDArray[np.float32]:
    """Return the 3 x 3 squares around each square of a state, (B * 64, 9 C)."""
    unfolded = F.unfold(state, 3, padding=1)  # (B, 9 C, 64)
    return unfolded.transpose(1, 2).reshape(-1, unfolded.shape[1]).numpy()


DECODER_CONTROLS = (
    *("decoder shuffled", "copy of the first", "copy of the last", "mixture of the ends"),
)
PROBE_CONTROLS = (
    *("probe shuffled", "probe untrained", "probe of the ends"),
    *("copy of the first", "copy of the last", "mixture of the ends"),
)


def conclude_chess(records: list[dict[str, Any]]) -> str:
    """Return in one sentence what the figures of several runs say."""
    final = float(np.mean([record["final"]["position"] for record in records]))
    plies = len(records[0]["decoder"]["position"][0]) - 1
    decoder, probe = (
        _find_gain(records, reader, controls)
        for reader, controls in (("decoder", DECODER_CONTROLS), ("probe", PROBE_CONTROLS))
    )
    found = [
        name
        for name, gain in (("the decoder shows", decoder), ("a linear probe reads", probe))
        if gain.own >= gain.control + CONTROL_MARGIN
    ]
    learned = f"the position after {plies} plies is right in {final:.0%} of the cases"
    verdict = (
        f"In part: {learned}, and {' and '.join(found)} positions in between"
        if found
        else f"No: {learned}, and the positions in between are not in the states"
    )
    return f"{verdict}: decoded, {decoder}; by a probe, {probe}."


@dataclass(frozen=True)
class _Gain:
    """The ply at which a reader is most ahead of its controls, or least behind."""

    ply: int
    #: Fraction of right positions, of the best state in between.
    own: float
    #: That of the best control.
    control: float

    def __str__(self) -> str:
        return f"{self.own:.1%} after ply {self.ply} (the best control {self.control:.1%})"


def _find_gain(records: list[dict[str, Any]], reader: str, controls: tuple[str, ...]) -> _Gain:
    def best(name: str, ply: int) -> float:
        table = np.mean([record[name]["position"] for record in records], 0)
        states = table[1:-1] if len(table) > 2 else table
        return float(states[:, ply].max())

    plies = range(1, len(records[0][reader]["position"][0]) - 1)
    gains = [
        _Gain(ply, best(reader, ply), max(best(name, ply) for name in controls)) for ply in plies
    ]
    return max(gains, key=lambda gain: gain.own - gain.control)
