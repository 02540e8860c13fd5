"""Where nodes and lines lie."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from dnnvis.imaging.graph.layout import Spacing, lay_out, separate

SIZES = [(60.0 + 13 * (k % 4), 20.0) for k in range(18)]


def random_edges(seed: int, count: int = 18) -> list[tuple[int, int]]:
    rng = np.random.default_rng(seed)
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, count, (30, 2)) if a < b]
    return list(dict.fromkeys(pairs))


@pytest.mark.parametrize("seed", range(5))
def test_positions_are_those_of_a_general_solver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets, weights = rng.normal(0, 40, 7), rng.uniform(0.5, 4, 7)
    offsets = np.concatenate([[0], np.cumsum(rng.uniform(5, 25, 6))])
    limits = [
        {"type": "ineq", "fun": lambda x, k=k: x[k + 1] - x[k] - (offsets[k + 1] - offsets[k])}
        for k in range(6)
    ]
    solved = minimize(
        lambda x: float((weights * (x - targets) ** 2).sum()),
        targets.mean() + offsets,
        constraints=limits,
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    np.testing.assert_allclose(separate(targets, weights, offsets), solved.x, atol=1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_no_node_lies_on_another_and_nothing_outside(seed: int) -> None:
    layout = lay_out(SIZES, random_edges(seed), Spacing(10, 30))
    half = np.array(SIZES) / 2
    low, high = layout.centers - half, layout.centers + half
    assert low.min() >= -1e-6
    assert high[:, 0].max() <= layout.size[0] + 1e-6
    assert high[:, 1].max() <= layout.size[1] + 1e-6
    for a, b in combinations(range(len(SIZES)), 2):
        beside = low[a, 0] >= high[b, 0] - 1e-6 or low[b, 0] >= high[a, 0] - 1e-6
        above = low[a, 1] >= high[b, 1] - 1e-6 or low[b, 1] >= high[a, 1] - 1e-6
        assert beside or above


@pytest.mark.parametrize("seed", range(3))
def test_lines_lead_down_from_foot_to_head_past_all_other_nodes(seed: int) -> None:
    edges = random_edges(seed)
    layout = lay_out(SIZES, edges)
    for (a, b), points in layout.routes.items():
        assert points[0] == pytest.approx(layout.centers[a] + [0, SIZES[a][1] / 2])
        assert points[-1] == pytest.approx(layout.centers[b] - [0, SIZES[b][1] / 2])
        heights = [y for _, y in points]
        assert heights == sorted(heights)
        for x, y in points[1:-1]:
            inside = (abs(layout.centers - [x, y]) < np.array(SIZES) / 2 - 1e-6).all(1)
            assert not inside.any()
    assert set(layout.routes) == set(edges)


def test_a_chain_is_straight_and_has_the_room_that_was_asked_for() -> None:
    layout = lay_out([(50, 20), (80, 20), (30, 10)], [(0, 1), (1, 2)], Spacing(10, 30), [0, 7, 0])
    assert layout.centers[:, 0] == pytest.approx([40, 40, 40], abs=0.5)
    assert layout.centers[:, 1] == pytest.approx([10, 67, 112])
    assert layout.crossings == 0


def test_nothing_at_all_has_no_size() -> None:
    layout = lay_out([], [])
    assert (len(layout.centers), layout.size, layout.routes) == (0, (0.0, 0.0), {})
