"""The scores of imagined boards, against the paper's words and a slow second reading of them."""

import json
import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.lenses.imagination.score import (
    SCORE_KEYS,
    agreement,
    equation_1,
    life_report,
    life_score,
    max_equation_1,
    min_equal_cells,
)
from dnnvis.sources.life.rule import history
from dnnvis.sources.life.starts import draw_boards, random_boards

Array = NDArray[Any]


def boards(number: int, steps: int, size: int = 20, seed: int = 0) -> Array:
    """Fresh boards and what becomes of them: uint8 (number, steps + 1, size, size)."""
    return history(random_boards(number, (size, size), np.random.default_rng(seed)), steps)


def showing(truth: Array, states: list[int]) -> Array:
    """What a perfect artist would give who shows these states, raw: .9 and -.2, not 1 and 0."""
    return (truth[:, states] * np.float32(1.1) - np.float32(0.2)).astype(np.float32)


def equal_cells(a: list[int], b: list[int]) -> int:
    return sum(1 for x, y in zip(a, b, strict=True) if x == y)


def slow_sequence(outputs: list[list[int]], states: list[list[int]], percent: int) -> float:
    """Outputs in order; ``percent`` whole, so that the comparison is in whole numbers."""
    taken: set[int] = set()
    credit = 0.0
    for output in outputs:
        hits = [
            number
            for number, state in enumerate(states)
            if equal_cells(output, state) * 100 >= percent * len(state)
        ]
        fresh = [number for number in hits if number not in taken]
        if fresh:
            taken.add(fresh[0])
            credit += 1
        elif hits:
            credit += 0.5
    return credit / min(len(outputs), len(states))


def listed(boards: Array) -> list[list[list[int]]]:
    return [[[int(c) for c in state.ravel()] for state in sequence] for sequence in boards]


def slow(pred: Array, truth: Array, threshold: float = 0.5, percent: int = 95) -> dict[str, Any]:
    shown = listed(np.where(pred >= threshold, 1, 0))
    true = listed(truth)
    alive = [k for k, sequence in enumerate(true) if any(any(s) for s in sequence[:-1])]
    shown, true = [shown[k] for k in alive], [true[k] for k in alive]
    inner = [(a[1:-1], b[1:-1]) for a, b in zip(shown, true, strict=True)]
    outputs, states = len(inner[0][0]), len(inner[0][1])

    def score(percent: int, pairs: list[Any] = inner) -> float:
        return sum(slow_sequence(a, b, percent) for a, b in pairs) / len(pairs)

    def alike(a: list[int], b: list[int]) -> bool:
        return equal_cells(a, b) * 100 >= percent * len(b)

    blank = [0] * len(true[0][0])
    trivial = {
        "all dead": score(percent, [([blank] * outputs, b[1:-1]) for b in true]),
        "the input": score(percent, [([b[0]] * outputs, b[1:-1]) for b in true]),
        "the final state": score(percent, [([b[-1]] * outputs, b[1:-1]) for b in true]),
    }
    most = {True: 1.0, False: 1 + (outputs - states) / (2 * states)}[outputs <= states]
    matched = [[any(alike(a, b) for a in A) for b in B] for A, B in inner]
    table = np.zeros((outputs, states))
    for i, j in product(range(outputs), range(states)):
        x = np.concatenate([A[i] for A, _ in inner]).astype(float)
        y = np.concatenate([B[j] for _, B in inner]).astype(float)
        table[i, j] = 0.0 if not x.std() or not y.std() else np.corrcoef(x, y)[0, 1]
    same = outputs == states
    chance = max(trivial.values())
    return {
        "paper": score(percent),
        "strict": score(100),
        "distinct": float(np.mean(matched)),
        "aligned": float(np.mean([[alike(A[i], B[i]) for i in range(outputs)] for A, B in inner]))
        if same
        else math.nan,
        "mcc": float(np.mean([table[i, i] if same else max(table[i]) for i in range(outputs)])),
        "chance_corrected": (score(percent) - chance) / (most - chance)
        if chance < most
        else math.nan,
        "trivial": trivial,
    }


def muddled(truth: Array, steps: int, dice: np.random.Generator) -> Array:
    """Outputs of ``steps`` steps: states in any order, some cells wrong, some all dead, noisy."""
    number, game = truth.shape[0], truth.shape[1]
    pred = np.empty((number, steps + 1, *truth.shape[2:]), np.float32)
    for b, k in product(range(number), range(steps + 1)):
        state = truth[b, dice.integers(game)].astype(np.float32)
        wrong = dice.random(state.shape) < dice.choice([0, 0.02, 0.05, 0.08, 0.5])
        state = np.where(wrong, 1 - state, state) * (dice.random() < 0.9)
        pred[b, k] = state + dice.uniform(-0.45, 0.45, state.shape)
    return pred


@pytest.mark.parametrize("seed", range(30))
def test_all_scores_agree_with_a_slow_second_reading(seed: int) -> None:
    dice = np.random.default_rng(seed)
    game, model = int(dice.integers(2, 6)), int(dice.integers(2, 6))
    size = (int(dice.integers(3, 9)), int(dice.integers(3, 9)))
    first = draw_boards("mix", 12, size, dice)
    first[0] = 0  # a dead one among them
    first[1] = 1 if min(size) < 4 else first[1]
    truth = history(first, game, "periodic" if seed % 2 else "dead")
    pred = muddled(truth, model, dice)
    percent = int(dice.choice([60, 80, 90, 95, 100]))
    expected = slow(pred, truth, percent=percent)
    report = life_report(pred, truth, match=percent / 100)
    for key, value in expected.pop("trivial").items():
        assert report.trivial[key] == pytest.approx(value, abs=1e-12)
    assert report.as_dict() == pytest.approx(expected, abs=1e-9, nan_ok=True)
    assert life_score(pred, truth, match=percent / 100) == pytest.approx(
        expected, abs=1e-9, nan_ok=True
    )


@pytest.mark.parametrize("seed", range(5))
def test_equation_1_agrees_with_a_walk_over_any_table_of_matches(seed: int) -> None:
    dice = np.random.default_rng(seed)
    table = dice.random((200, dice.integers(1, 7), dice.integers(1, 7))) < 0.4
    expected = []
    for matched in table:
        free, worth = list(range(table.shape[2])), 0.0
        for row in matched:
            here = [state for state in free if row[state]]
            worth += 1 if here else 0.5 * bool(row.any())
            free = [state for state in free if state not in here[:1]]
        expected.append(worth / min(table.shape[1:]))
    np.testing.assert_allclose(equation_1(table), expected)


@pytest.mark.parametrize(
    ("game", "model", "paper", "most"),
    [(3, 3, 0.75, 1.0), (4, 4, 2 / 3, 1.0), (3, 2, 1.0, 1.0), (2, 3, 1.5, 1.5), (2, 2, 1.0, 1.0)],
)
def test_showing_the_first_state_only_scores_as_the_report_works_out(
    game: int, model: int, paper: float, most: float
) -> None:
    truth = boards(40, game)
    report = life_report(showing(truth, [0, *[1] * (model - 1), game]), truth)
    assert report.paper == pytest.approx(paper)
    assert report.strict == pytest.approx(paper)
    assert report.maximum == most
    assert report.distinct == pytest.approx(1 / (game - 1))
    assert report.chance_corrected == pytest.approx(paper / most)  # no trivial match: 20 x 20


def test_all_states_in_reverse_order_are_worth_1_but_not_aligned() -> None:
    truth = boards(40, 3)
    score = life_score(showing(truth, [0, 2, 1, 3]), truth)
    assert (score["paper"], score["strict"], score["distinct"]) == (1, 1, 1)
    assert score["aligned"] == 0
    assert score["mcc"] < 0.6


def test_the_truth_itself_scores_1_everywhere() -> None:
    truth = boards(30, 4)
    report = life_report(truth, truth)
    assert report.as_dict() == pytest.approx(dict.fromkeys(SCORE_KEYS, 1.0))
    assert report.mcc <= 1
    np.testing.assert_array_equal(report.pairs, np.eye(3))
    np.testing.assert_array_equal(report.per_state, np.ones(5))
    np.testing.assert_array_equal(report.paper_each, np.ones(30))


def test_only_the_states_in_between_count() -> None:
    truth = boards(20, 3)
    pred = showing(truth, [0, 1, 2, 3])
    pred[:, [0, -1]] = 0.7
    assert life_score(pred, truth) == pytest.approx(dict.fromkeys(SCORE_KEYS, 1.0))
    assert life_report(pred, truth).per_state[[1, 2]].tolist() == [1, 1]
    assert max(life_report(pred, truth).per_state[[0, 3]]) < 0.6


@pytest.mark.parametrize(("outputs", "states"), list(product(range(1, 5), range(1, 5))))
def test_no_table_of_matches_scores_more_than_the_best_possible(outputs: int, states: int) -> None:
    everything = np.array(
        list(product([False, True], repeat=min(outputs * states, 12))), dtype=np.bool_
    )
    table = np.ones((len(everything), outputs * states), np.bool_)
    table[:, : everything.shape[1]] = everything
    scores = equation_1(table.reshape(-1, outputs, states))
    assert scores.max() == pytest.approx(max_equation_1(outputs, states))


@pytest.mark.parametrize(("wrong", "paper"), [(0, 1.0), (20, 1.0), (21, 0.0)])
def test_exactly_95_percent_of_the_cells_is_a_match(wrong: int, paper: float) -> None:
    truth = boards(10, 2)
    pred = truth.astype(np.float32)
    for sequence in pred:
        places = np.random.default_rng(wrong).permutation(400)[:wrong]
        sequence[1].reshape(-1)[places] = 1 - sequence[1].reshape(-1)[places]
    score = life_score(pred, truth)
    assert score["paper"] == paper
    assert score["strict"] == float(wrong == 0)
    found = agreement(pred[0, 1], truth[0, 1])
    assert found == ((400 - wrong) / 400, bool(paper))


@pytest.mark.parametrize("percent", range(1, 101))
def test_the_least_number_of_equal_cells_is_exact_for_every_percentage(percent: int) -> None:
    for cells in (9, 60, 100, 256, 400, 1024, 1100):
        assert min_equal_cells(cells, percent / 100) == -(-percent * cells // 100)


def test_a_cell_is_alive_from_the_threshold_on() -> None:
    truth = boards(10, 2)
    pred = np.where(truth, np.float32(0.5), np.float32(0.49))
    assert life_score(pred, truth)["strict"] == 1
    assert life_score(pred, truth, threshold=0.51)["strict"] == 0
    assert life_score(pred * 10, truth, threshold=5)["strict"] == 1


def test_where_lengths_differ_nothing_is_aligned_and_the_best_state_is_taken() -> None:
    truth = boards(30, 2)
    report = life_report(showing(truth, [0, 0, 1, 2]), truth)
    assert math.isnan(report.aligned)
    assert report.paper == report.distinct == 1
    np.testing.assert_array_equal(report.pairs, [[0], [1]])
    np.testing.assert_array_equal(report.per_state, [1, 1, 1])
    x = truth[:, 0].ravel().astype(float), truth[:, 1].ravel().astype(float)
    assert report.mcc == pytest.approx((1 + np.corrcoef(*x)[0, 1]) / 2)
    json.dumps(report.as_dict())


def test_a_constant_picture_has_no_correlation_however_many_cells_it_gets_right() -> None:
    truth = boards(30, 3)
    report = life_report(np.zeros(truth.shape, np.float32), truth)
    assert report.mcc == 0
    assert report.paper == 0
    assert report.per_state.min() > 0.4
    assert life_report(np.ones(truth.shape, np.float32), truth).mcc == 0


def test_the_opposite_picture_has_the_opposite_correlation() -> None:
    truth = boards(30, 3)
    assert life_score(1 - truth.astype(np.float32), truth)["mcc"] == pytest.approx(-1)


def test_dead_boards_are_left_out_and_counted() -> None:
    truth = boards(8, 3)
    mixed = np.insert(truth, [2, 5], 0, axis=0)
    pred = showing(mixed, [0, 1, 1, 3])
    report, alone = life_report(pred, mixed), life_report(showing(truth, [0, 1, 1, 3]), truth)
    assert (report.boards, report.dead) == (8, 2)
    assert report.as_dict() == alone.as_dict()
    assert np.flatnonzero(np.isnan(report.paper_each)).tolist() == [2, 6]
    np.testing.assert_array_equal(report.paper_each[[0, 1, 3, 9]], [0.75] * 4)


def test_dead_boards_alone_are_no_success_and_said_in_words() -> None:
    dead = np.zeros((3, 4, 20, 20), np.uint8)
    with pytest.raises(BadInput, match="Nothing lives on any of these boards"):
        life_score(dead.astype(np.float32), dead)
    with pytest.raises(BadInput, match="Nothing lives on this board: a dead board stays dead"):
        life_score(dead[:1].astype(np.float32), dead[:1])


def test_a_board_that_dies_at_once_counts_but_a_dead_picture_gains_nothing_over_chance() -> None:
    first = np.zeros((2, 20, 20), np.uint8)
    first[0, 4, 4] = 1  # lonely: dead in a step
    first[1] = random_boards(1, (20, 20), np.random.default_rng(1))[0]
    truth = history(first, 3)
    report = life_report(np.zeros(truth.shape, np.float32), truth)
    assert (report.boards, report.dead) == (2, 0)
    assert report.paper_each.tolist() == [1, 0]  # both outputs match, and so do both states
    assert report.trivial["all dead"] == report.paper
    assert report.chance_corrected <= 0


def test_cells_that_come_from_nowhere_are_no_dead_board() -> None:
    truth = boards(3, 3)  # of another rule, in which an empty board comes to life
    truth[:, 0] = 0
    report = life_report(truth, truth)
    assert (report.boards, report.dead, report.paper) == (3, 0, 1)


def test_boards_that_never_change_are_all_chance() -> None:
    first = np.zeros((1, 8, 8), np.uint8)
    first[0, 3:5, 3:5] = 1  # a block
    truth = history(first, 3)
    score = life_score(truth, truth)
    assert score["paper"] == 1
    assert math.isnan(score["chance_corrected"])


def test_chance_is_as_high_as_the_report_found_on_small_aged_boards() -> None:
    dice = np.random.default_rng(0)
    truth = history(draw_boards("chain", 4000, (10, 10), dice), 3)
    report = life_report(truth, truth)
    share = report.dead / 4000  # the report's figures count dead boards as matched
    found = [report.trivial[name] * (1 - share) + share for name in report.trivial]
    assert found == pytest.approx([0.110, 0.200, 0.239], abs=0.03)
    assert 0 < share < 0.06


@pytest.mark.parametrize(
    ("pred", "truth", "words"),
    [
        (np.zeros((4, 2, 8, 8)), boards(4, 3, 8), "one step only: there are no states in between"),
        (np.zeros((4, 4, 8, 8)), boards(4, 1, 8), "game makes one step only: there are no states"),
        (np.zeros((4, 1, 8, 8)), boards(4, 3, 8), "network makes no step"),
        (np.zeros((4, 0, 8, 8)), boards(4, 3, 8), "network makes no state"),
        (np.zeros((0, 4, 8, 8)), np.zeros((0, 4, 8, 8), np.uint8), "no boards to score"),
        (np.zeros((4, 4, 0, 8)), np.zeros((4, 4, 0, 8), np.uint8), "no boards to score"),
        (np.zeros((4, 4, 8, 8)), boards(3, 3, 8), "not of the same number and size"),
        (np.zeros((4, 4, 8, 9)), boards(4, 3, 8), "not of the same number and size"),
        (np.zeros((4, 8, 8)), boards(4, 3, 8), r"\(B, N \+ 1, H, W\)"),
        (np.full((4, 4, 8, 8), np.nan), boards(4, 3, 8), "NaN among the imagined boards"),
        (np.zeros((4, 4, 8, 8)), boards(4, 3, 8) * 255, "0 for a dead cell and 1"),
        (np.zeros((4, 4, 8, 8)), boards(4, 3, 8) * 0.5, "0 for a dead cell and 1"),
        (np.zeros((4, 4, 8, 8), complex), boards(4, 3, 8), "are numbers, not complex"),
        ([[1, 2], [3]], boards(4, 3, 8), "no boards"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_a_sentence(pred: Any, truth: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        life_score(pred, truth)


@pytest.mark.parametrize("match", [0, -0.1, 1.01, 95, math.nan])
def test_a_share_that_is_none_is_refused(match: float) -> None:
    truth = boards(2, 2, 8)
    with pytest.raises(BadInput, match="share in"):
        life_score(truth, truth, match=match)


def test_two_boards_are_compared_only_where_they_are_of_one_size() -> None:
    with pytest.raises(BadInput, match="of one size"):
        agreement(np.zeros((3, 4)), np.zeros((4, 3)))
    with pytest.raises(BadInput, match="of one size"):
        agreement(np.zeros((2, 3, 4)), np.zeros((2, 3, 4)))
    with pytest.raises(BadInput, match="NaN"):
        agreement(np.full((3, 4), np.nan), np.zeros((3, 4)))
    assert agreement(np.zeros((3, 4)), np.zeros((3, 4))) == (1, True)


def test_neither_argument_is_changed_and_other_types_of_numbers_do() -> None:
    truth = boards(5, 3)
    pred = showing(truth, [0, 2, 2, 3])
    kept = pred.copy(), truth.copy()
    expected = life_score(pred, truth)
    np.testing.assert_array_equal(pred, kept[0])
    np.testing.assert_array_equal(truth, kept[1])
    assert life_score(pred.astype(np.float64), truth.astype(np.bool_)) == expected
    assert life_score(pred >= 0.5, truth.astype(np.int64)) == expected
    pred.setflags(write=False)
    assert life_score(pred, truth.astype(np.float32)) == expected
