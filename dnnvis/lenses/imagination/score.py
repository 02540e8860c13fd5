"""Score how far what a network imagines is what happens: Wichers et al. 2022, section 3.1.

The paper's number can mislead (a decoder that always shows the same state gets most of it, on small
or aged boards even a dead picture gets some): ``life_report`` also returns what reveals it. A
number belongs to the boards it was measured on; name how they began (sources/life/starts.py).
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput

ALIVE_THRESHOLD = 0.5  # a cell is alive from here on
MIN_MATCH_FRACTION = 0.95  # fraction of equal cells from which on two boards match
SCORE_KEYS = ("paper", "strict", "distinct", "aligned", "mcc", "chance_corrected")
_BIT_COUNTS = np.array([bin(byte).count("1") for byte in range(256)], np.uint8)

Bits = NDArray[np.uint8]  # (..., bytes): the cells of a board, eight to a byte, then zeros
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ImaginationScore:
    """Scores of B board sequences with N model steps and T game steps.

    N - 1 outputs and T - 1 states lie in between.
    """

    #: Equation 1 at the fraction ``match`` of equal cells, mean over the sequences.
    paper: float
    #: The same where every cell must be equal.
    strict: float
    #: Fraction of the states that some output matches.
    distinct: float
    #: Fraction of the outputs i that match state i; NaN where N is not T.
    aligned: float
    #: Matthews correlation of output i and state i over all cells, mean over i (where N is not T,
    #: of each output and the state it resembles most); 0 for an output that never varies.
    mcc: float
    #: (paper - c) / (maximum - c) with c the best of ``trivial``; NaN where that is ``maximum``.
    chance_corrected: float
    #: Largest value that ``paper`` and ``strict`` can have.
    maximum: float
    #: Number of sequences.
    boards: int
    #: Number of sequences left out because nothing lives in them (see ``life_report``).
    dead: int
    #: Name of a board -> the paper's number for showing it at every step.
    trivial: dict[str, float]
    #: (N - 1, T - 1), fraction of the sequences in which output i matches state j.
    pairs: Floats
    #: (T + 1,), mean fraction of equal cells for each game state, of the output of the same number;
    #: where N is not T, between the ends of the output that comes nearest.
    per_state: Floats
    #: (boards + dead,), each sequence's own number; NaN for a dead one.
    paper_each: Floats

    def as_dict(self) -> dict[str, float]:
        """Return the six numbers of ``life_score``."""
        return {key: getattr(self, key) for key in SCORE_KEYS}


class Agreement(NamedTuple):
    """How far two boards agree."""

    #: Fraction of equal cells, in [0, 1].
    fraction: float
    #: Whether that is a match.
    matches: bool


def life_score(
    pred: Any, truth: Any, threshold: float = ALIVE_THRESHOLD, match: float = MIN_MATCH_FRACTION
) -> dict[str, float]:
    """Return six scores of imagined boards, by name.

    Args:
        pred: float (B, N + 1, H, W), as ``imagine`` returns it.
        truth: (B, T + 1, H, W) of 0 and 1, the true states of the same boards.
        threshold: A cell is alive from this value on.
        match: Two boards match where at least this fraction of their cells is equal.

    Returns:
        paper, strict, distinct, aligned, mcc and chance_corrected, see ``ImaginationScore``.

    Raises:
        BadInput: As ``life_report``.
    """
    return life_report(pred, truth, threshold, match).as_dict()


def life_report(
    pred: Any, truth: Any, threshold: float = ALIVE_THRESHOLD, match: float = MIN_MATCH_FRACTION
) -> ImaginationScore:
    """Return all scores of imagined boards.

    State 0 (the encoder's) and the last one were trained and do not count. Sequences in which
    nothing lives before the last state are left out of every number: a dead picture is no
    achievement there. For the paper's own boards this changes nothing (a random 20 x 20 board is
    never dead); among 10 x 10 boards of the published code's chain 3 % are. A board that lives
    first and dies later counts; ``trivial`` says how far a dead picture gets on such boards.

    Args:
        pred: float (B, N + 1, H, W), raw, as ``imagine`` returns it.
        truth: (B, T + 1, H, W) of 0 and 1, the true states of the same boards.
        threshold: A cell is alive from this value on.
        match: Two boards match where at least this fraction of their cells is equal.

    Raises:
        BadInput: There is no state in between, no board or only dead ones, shapes do not belong
            together, ``pred`` holds NaN, or ``truth`` anything but 0 and 1.
    """
    imagined, states = _check_boards(pred, truth, threshold)
    cells = imagined.shape[2] * imagined.shape[3]
    max_differing = cells - min_equal_cells(cells, match)
    predicted, true = _pack_bits(imagined), _pack_bits(states)
    alive: Flags = true[:, :-1].max((1, 2)) > 0
    if not alive.any():
        raise BadInput(
            f"Nothing lives on {'this board' if len(alive) == 1 else 'any of these boards'}: "
            "a dead board stays dead, and to imagine that is no success. Take a board with cells."
        )
    if not alive.all():
        predicted, true = predicted[alive], true[alive]
    outputs, between = predicted[:, 1:-1], true[:, 1:-1]
    distances = count_differing(outputs, between)  # (B, N - 1, T - 1) cells
    matched = distances <= max_differing
    scores = equation_1(matched)
    maximum = max_equation_1(outputs.shape[1], between.shape[1])
    trivial = _score_trivial(true, outputs.shape[1], max_differing)
    chance = max(trivial.values())
    same_length = outputs.shape[1] == between.shape[1]
    paper = float(scores.mean())
    all_scores = np.full(len(alive), math.nan)
    all_scores[alive] = scores
    return ImaginationScore(
        paper=paper,
        strict=float(equation_1(distances == 0).mean()),
        distinct=float(matched.any(1).mean()),
        aligned=float(np.einsum("bii->bi", matched).mean()) if same_length else math.nan,
        mcc=_correlation(outputs, between, distances, cells),
        chance_corrected=(paper - chance) / (maximum - chance) if chance < maximum else math.nan,
        maximum=maximum,
        boards=len(true),
        dead=len(alive) - len(true),
        trivial=trivial,
        pairs=matched.mean(0),
        per_state=_accuracy(predicted, true, distances, cells),
        paper_each=all_scores,
    )


def equation_1(matched: Flags) -> Floats:
    """Return the paper's number of each sequence, (B,), from ``matched`` (B, outputs, states).

    The outputs take their turn in order. Each is worth 1 if it matches a state that no output
    before it has claimed, and claims the first such state; .5 if it matches claimed ones only; else
    0. The sum is divided by the smaller number of states and outputs.
    """
    sequences, outputs, states = matched.shape
    claimed = np.zeros((sequences, states), np.bool_)
    scores = np.zeros(sequences)
    rows = np.arange(sequences)
    for k in range(outputs):
        free = matched[:, k] & ~claimed
        new = free.any(1)
        scores += np.where(new, 1.0, np.where(matched[:, k].any(1), 0.5, 0.0))
        claimed[rows[new], free[new].argmax(1)] = True
    scores /= min(outputs, states)
    return scores


def max_equation_1(outputs: int, states: int) -> float:
    """Return the largest value of equation 1: every state is matched, and every output matches."""
    return (min(outputs, states) + 0.5 * max(0, outputs - states)) / min(outputs, states)


def agreement(
    pred_state: Any,
    truth_state: Any,
    threshold: float = ALIVE_THRESHOLD,
    match: float = MIN_MATCH_FRACTION,
) -> Agreement:
    """Return how far one imagined board is the true one.

    Args:
        pred_state: (H, W), raw.
        truth_state: (H, W) of 0 and 1.
        threshold: A cell is alive from this value on.
        match: The boards match where at least this fraction of their cells is equal.

    Raises:
        BadInput: As ``life_report``, except for dead boards: two of them agree.
    """
    imagined, true = _as_array(pred_state)[None, None], _as_array(truth_state)[None, None]
    predicted, state = _living_cells(imagined, threshold), _true_cells(true)
    if predicted.ndim != 4 or predicted.shape != state.shape or not predicted.size:
        raise BadInput(
            f"Boards (H, W) of one size are compared, not {imagined.shape[2:]} with "
            f"{true.shape[2:]}."
        )
    equal = int(np.count_nonzero(predicted == state))
    return Agreement(equal / predicted.size, equal >= min_equal_cells(predicted.size, match))


def min_equal_cells(cells: int, match: float) -> int:
    """Return how many of ``cells`` must be equal for a fraction of ``match``, exactly.

    380 of 400 for .95 (in floats, .07 * 100 is more than 7). Raises BadInput for a fraction outside
    (0, 1].
    """
    if not 0 < match <= 1:
        raise BadInput(f"Boards match from a share in (0, 1] of equal cells on, not {match}.")
    return math.ceil(Fraction(str(float(match))) * cells)


def count_differing(outputs: Bits, states: Bits) -> Counts:
    """Return how many cells differ, (B, outputs, states).

    Of packed boards (B, outputs, bytes) and (B, states, bytes).
    """
    distances = np.empty((len(outputs), outputs.shape[1], states.shape[1]), np.int64)
    for i in range(outputs.shape[1]):
        for j in range(states.shape[1]):
            distances[:, i, j] = _count_living(outputs[:, i] ^ states[:, j])
    return distances


def _score_trivial(true: Bits, outputs: int, max_differing: int) -> dict[str, float]:
    """Return equation 1 for showing one board at all of ``outputs`` steps."""
    boards = {
        "all dead": np.zeros_like(true[:, 0]),
        "the input": true[:, 0],
        "the final state": true[:, -1],
    }
    values = {}
    for name, board in boards.items():
        matched = count_differing(board[:, None], true[:, 1:-1]) <= max_differing  # (B, 1, T - 1)
        values[name] = float(equation_1(np.repeat(matched, outputs, 1)).mean())
    return values


def _correlation(outputs: Bits, states: Bits, distances: Counts, cells: int) -> float:
    """Return the mean Matthews correlation of each output and its state.

    Matthews 1975; pooled over cells and boards.
    """
    total = float(len(outputs) * cells)
    predicted = _count_living(outputs).sum(0, dtype=np.float64)[
        :, None
    ]  # (outputs, 1) living cells
    true = _count_living(states).sum(0, dtype=np.float64)[None]  # (1, states)
    both = (predicted + true - distances.sum(0)) / 2
    covariance = both * total - predicted * true
    norm = np.sqrt(predicted * (total - predicted)) * np.sqrt(true * (total - true))
    table = np.divide(covariance, norm, out=np.zeros_like(norm), where=norm > 0)
    table = np.clip(table, -1, 1)  # rounding may exceed 1
    same_length = table.shape[0] == table.shape[1]
    return float((table.diagonal() if same_length else table.max(1)).mean())


def _accuracy(predicted: Bits, true: Bits, distances: Counts, cells: int) -> Floats:
    ends = [float(_count_living(predicted[:, k] ^ true[:, k]).mean()) for k in (0, -1)]
    mean = distances.mean(0)  # (N - 1, T - 1)
    middle = mean.diagonal() if mean.shape[0] == mean.shape[1] else mean.min(0)
    return 1 - np.array([ends[0], *middle, ends[1]]) / cells


def _count_living(packed: Bits) -> Counts:
    """Return how many cells of each board live."""
    ones: Counts = _BIT_COUNTS[packed].sum(-1, dtype=np.int64)
    return ones


def _pack_bits(boards: Flags) -> Bits:
    """Return boards (B, states, H, W) as (B, states, bytes)."""
    return np.packbits(boards.reshape(*boards.shape[:2], -1), axis=-1)


def _check_boards(pred: Any, truth: Any, threshold: float) -> tuple[Flags, Flags]:
    imagined, true = _as_array(pred), _as_array(truth)
    if imagined.ndim != 4 or true.ndim != 4:
        raise BadInput(
            "Imagined boards are (B, N + 1, H, W) and true ones (B, T + 1, H, W), not "
            f"{imagined.shape} and {true.shape}."
        )
    if len(imagined) != len(true) or imagined.shape[2:] != true.shape[2:]:
        raise BadInput(
            f"Imagined boards {imagined.shape} and true ones {true.shape} are not of the same "
            "number and size."
        )
    if 0 in (len(true), *true.shape[2:]):
        raise BadInput(f"There are no boards to score in {true.shape}.")
    for who, states in (("network", imagined.shape[1]), ("game", true.shape[1])):
        if states < 3:
            steps = ("no state", "no step", "one step only")[states]
            raise BadInput(
                f"The {who} makes {steps}: there are no states in between to score. "
                "Two steps are the least."
            )
    return _living_cells(imagined, threshold), _true_cells(true)


def _as_array(values: Any) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged, or a tensor with gradients
        raise BadInput(f"Those are no boards: {error}") from None


def _living_cells(imagined: NDArray[Any], threshold: float) -> Flags:
    if imagined.dtype.kind not in "biuf":
        raise BadInput(f"Imagined boards are numbers, not {imagined.dtype}.")
    if math.isnan(threshold) or np.isnan(imagined).any():
        raise BadInput("There is a NaN among the imagined boards or in the threshold.")
    alive: Flags = imagined >= threshold
    return alive


def _true_cells(true: NDArray[Any]) -> Flags:
    if true.dtype == np.bool_:
        return true
    alive: Flags = true == 1
    if true.dtype.kind not in "iuf" or not (alive | (true == 0)).all():
        raise BadInput("True boards hold 0 for a dead cell and 1 for a living one, nothing else.")
    return alive
