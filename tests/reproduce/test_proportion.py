"""Wilson's interval against the roots of its equation."""

import numpy as np
import pytest

from dnnvis.reproduce.proportion import Z_95, wilson_interval


@pytest.mark.parametrize(("successes", "count"), [(0, 12), (3, 10), (57, 600), (10, 10)])
def test_its_ends_solve_the_score_equation(successes: int, count: int) -> None:
    # (p - q)^2 = z^2 q (1 - q) / n, as a polynomial in q
    p, z2 = successes / count, Z_95**2
    roots = np.sort(np.roots([1 + z2 / count, -(2 * p + z2 / count), p * p]))
    assert wilson_interval(successes, count) == pytest.approx(tuple(roots.real), abs=1e-9)


def test_no_trials_say_nothing() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
