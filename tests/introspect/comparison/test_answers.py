"""Where two networks answer the same picture differently."""

from dataclasses import replace

import numpy as np

from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.introspect.comparison.answers import choose_rule, list_differences


def info(name: str, count: int, labels: tuple[str, ...] = (), binary: bool = False) -> NetworkInfo:
    shape = (1, 6, 6) if binary else (count, 1, 1)
    layers = (LayerInfo("output", "result", shape),)
    return NetworkInfo(name, layers, labels, (8, 8), 3, binary=binary)


def one_hot(k: int, count: int) -> np.ndarray:
    return np.eye(count, dtype=np.float32)[k]


def test_classes_without_names_are_compared_by_number_and_that_is_noted() -> None:
    rule = choose_rule(info("a", 3), info("b", 3, ("x", "y", "z")))
    assert "compared by number" in rule.note
    answers = [one_hot(k, 3) for k in (0, 1, 2)], [one_hot(k, 3) for k in (0, 2, 2)]
    assert list_differences(rule, *answers).tolist() == [1]
    assert rule.name(1, answers[1][1]) == "z"
    assert rule.name(0, answers[0][1]) == "class 1"


def test_classes_in_another_order_are_compared_by_name() -> None:
    rule = choose_rule(info("a", 2, ("Cat", "dog")), info("b", 3, ("fish", "dog", "cat")))
    assert "0 of a are none of b, and 1 the other way round" in rule.note
    assert not rule.differ(one_hot(0, 2), one_hot(2, 3))
    assert rule.differ(one_hot(0, 2), one_hot(1, 3))
    assert rule.differ(one_hot(0, 2), one_hot(0, 3))


def test_what_has_nothing_in_common_is_not_compared() -> None:
    pairs = [
        (info("a", 2, ("cat", "dog")), info("b", 2, ("x", "y")), "no class in common"),
        (info("a", 2), info("b", 3), "a has 2 classes and b 3"),
        (info("a", 2), info("b", 1, binary=True), "b predicts boards"),
        (info("a", 1), info("b", 1), "one of several classes"),
    ]
    for a, b, reason in pairs:
        rule = choose_rule(a, b)
        assert rule.kind == "none"
        assert reason in rule.note
        assert list_differences(rule, [one_hot(0, 2)], [one_hot(1, 2)]).tolist() == []


def test_boards_differ_where_a_cell_is_alive_in_one_alone() -> None:
    rule = choose_rule(info("a", 1, binary=True), info("b", 1, binary=True))
    board = np.full((1, 6, 6), 0.1, np.float32)
    louder, alive = board + 0.3, board.copy()
    alive[0, 2, 2] = 0.5
    assert not rule.differ(board, louder)
    assert rule.differ(board, alive)
    assert rule.differ(board, np.zeros((1, 5, 5), np.float32))
    assert rule.name(0, alive) == "1 cells alive"


def test_the_same_names_are_compared_silently() -> None:
    a = info("a", 2, ("cat", "dog"))
    rule = choose_rule(a, replace(a, name="b"))
    assert rule.note == ""
    assert rule.differ(one_hot(0, 2), one_hot(1, 2))
