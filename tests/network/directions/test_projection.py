"""Coefficients by non-negative least squares, against SciPy's own and finite differences."""

import numpy as np
import pytest
import torch
from scipy.optimize import nnls

from dnnvis.network.directions.projection import find_active, project_nonnegative


def draw(k: int, channels: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    directions = torch.rand(k, channels, generator=generator)
    directions *= torch.rand(k, channels, generator=generator) > 0.4
    return directions, torch.randn(2, channels, 4, 5, generator=generator) + 0.3


@pytest.mark.parametrize(("k", "channels"), [(1, 3), (6, 40), (20, 30), (30, 8)])
def test_coefficients_are_those_of_scipy(k: int, channels: int) -> None:
    directions, maps = draw(k, channels)
    result = project_nonnegative(maps.double(), directions)
    assert result.shape == (2, k, 4, 5)
    matrix = directions.double().numpy()
    for b, y, x in np.ndindex(2, 4, 5):
        vector = maps[b, :, y, x].double().numpy()
        expected, distance = nnls(matrix.T, vector)
        weights = result[b, :, y, x].numpy()
        assert (weights >= 0).all()
        assert np.linalg.norm(weights @ matrix - vector) == pytest.approx(
            distance, rel=1e-6, abs=1e-6
        )
        if k <= channels:  # with more directions than channels many are as good
            np.testing.assert_allclose(weights, expected, atol=1e-4)


def test_the_gradient_is_that_of_the_coefficients() -> None:
    directions, maps = draw(5, 12)
    part = maps[:1, :, :2, :2].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: project_nonnegative(x, directions), part)


def test_no_gradient_comes_from_a_coefficient_of_zero() -> None:
    directions = torch.eye(2)
    maps = torch.tensor([1.0, -1.0]).reshape(1, 2, 1, 1).requires_grad_()
    result = project_nonnegative(maps, directions)
    torch.testing.assert_close(
        result.detach().flatten(), torch.tensor([1.0, 0.0]), rtol=1e-5, atol=1e-6
    )
    (gradient,) = torch.autograd.grad(result.sum(), maps)
    torch.testing.assert_close(gradient.flatten(), torch.tensor([1.0, 0.0]), rtol=1e-5, atol=0)


def test_directions_that_repeat_and_values_that_are_not_finite_have_an_answer() -> None:
    directions = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    maps = torch.tensor([[2.0, float("nan")], [1.0, 0.0]])[None, :, None]  # (1, C, 1, 2)
    result = project_nonnegative(maps, directions)
    assert float(result[0, :, 0, 0].sum()) == pytest.approx(2, rel=1e-5)
    assert bool(result[0, :, 0, 1].isnan().all())


def test_which_are_active_is_found_where_full_exchanges_cycle() -> None:
    """Many correlated directions: the backup rule must end it."""
    generator = torch.Generator().manual_seed(3)
    directions = torch.rand(40, 45, generator=generator, dtype=torch.float64) + 2
    gram = directions @ directions.T
    products = torch.randn(50, 45, generator=generator, dtype=torch.float64) @ directions.T
    active = find_active(gram, products)
    for row in range(50):
        index = active[row].nonzero().flatten()
        weights = torch.zeros(40, dtype=torch.float64)
        if len(index):
            weights[index] = torch.linalg.solve(gram[index][:, index], products[row, index])
        slopes = gram @ weights - products[row]
        assert float(weights.min()) > -1e-9
        assert not bool(active[row].all())
        assert float(slopes[~active[row]].min()) > -1e-9 * float(products[row].abs().max())
