"""Linear CKA against closed forms and brute force."""

from itertools import permutations

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.introspect.comparison.cka import CkaSums, center_gram, linear_cka

RNG = np.random.default_rng(0)


def brute_hsic(k: np.ndarray, m: np.ndarray) -> float:
    """The U-statistic of order 4 (Song et al. 2012, theorem 2), over all ordered quadruples."""
    n, total, count = len(k), 0.0, 0
    for i, j, q, r in permutations(range(n), 4):
        total += k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q])
        count += 1
    return total / count


def sums_of(*portions: tuple[np.ndarray, np.ndarray]) -> CkaSums:
    sums = CkaSums(1, 1)
    for x, y in portions:
        sums.add([center_gram(torch.from_numpy(x))], [center_gram(torch.from_numpy(y))])
    return sums


def test_the_centered_products_add_up_to_the_unbiased_hsic() -> None:
    x, y = RNG.normal(size=(7, 3)) + 5, RNG.normal(size=(7, 4)) - 2
    a, b = center_gram(torch.from_numpy(x)), center_gram(torch.from_numpy(y))
    assert (a * b).sum() / (7 * 4) == pytest.approx(brute_hsic(x @ x.T, y @ y.T), rel=1e-4)


def test_portions_give_the_ratio_of_brute_hsic_sums() -> None:
    portions = [(RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2))) for _ in range(3)]
    portions = [(x, y + x[:, :2]) for x, y in portions]
    grams = [(x @ x.T, y @ y.T) for x, y in portions]
    both = sum(brute_hsic(k, m) for k, m in grams)
    within = sum(brute_hsic(k, k) for k, _ in grams) * sum(brute_hsic(m, m) for _, m in grams)
    assert sums_of(*portions).similarity()[0, 0] == pytest.approx(both / within**0.5, rel=1e-4)


def test_a_rotated_scaled_and_shifted_copy_has_cka_1() -> None:
    x = RNG.normal(size=(40, 6))
    rotation, _ = np.linalg.qr(RNG.normal(size=(6, 6)))
    copy = 3.5 * x @ rotation + RNG.normal(size=6)
    assert linear_cka(x, copy) == pytest.approx(1, abs=1e-9)
    assert sums_of((x, copy)).similarity()[0, 0] == pytest.approx(1, abs=1e-5)


def test_of_single_features_it_is_the_squared_correlation() -> None:
    x, noise = RNG.normal(size=(50, 1)), RNG.normal(size=(50, 1))
    y = 2 * x + noise
    assert linear_cka(x, y) == pytest.approx(np.corrcoef(x[:, 0], y[:, 0])[0, 1] ** 2)


def test_the_feature_form_is_the_gram_form() -> None:
    x, y = RNG.normal(size=(12, 30)), RNG.normal(size=(12, 5))
    center = np.eye(12) - 1 / 12
    k, m = center @ x @ x.T @ center, center @ y @ y.T @ center
    expected = (k * m).sum() / (np.linalg.norm(k) * np.linalg.norm(m))
    assert linear_cka(x, y) == pytest.approx(expected)


def test_independent_layers_of_many_features_are_near_0_only_where_unbiased() -> None:
    portions = [(RNG.normal(size=(16, 400)), RNG.normal(size=(16, 400))) for _ in range(200)]
    sums = sums_of(*portions)
    assert abs(sums.similarity()[0, 0]) < 0.03  # 4 standard errors of 200 * 16 * 13 / 2 products
    assert linear_cka(*portions[0]) > 0.8  # what the unbiased estimate is for


def test_the_chance_level_is_that_of_shuffled_pictures() -> None:
    x = RNG.normal(size=(30, 8))
    sums = sums_of(*[(x[k : k + 10], x[k : k + 10]) for k in (0, 10, 20)])
    assert sums.similarity()[0, 0] == pytest.approx(1, abs=1e-5)
    assert abs(sums.chance()[0, 0]) < 0.2


def test_a_layer_that_does_not_vary_has_none() -> None:
    x = RNG.normal(size=(8, 3))
    assert np.isnan(linear_cka(x, np.ones((8, 2))))
    assert np.isnan(sums_of((x, np.ones((8, 2)))).similarity()[0, 0])


def test_other_shapes_are_refused() -> None:
    with pytest.raises(BadInput, match="CKA takes"):
        linear_cka(np.zeros((4, 2)), np.zeros((5, 2)))
