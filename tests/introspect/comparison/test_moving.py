"""Two components of vectors, and one picture turned onto another: against other libraries."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from sklearn.decomposition import PCA

from dnnvis.introspect.comparison.moving import align_to, project_onto_two


def vectors(count: int = 60, width: int = 9, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, width)) * np.linspace(3, 0.2, width) + 5


@pytest.mark.parametrize(("count", "width"), [(60, 9), (20, 300)])
def test_the_components_are_those_of_scikit_learn_but_for_sign_and_size(
    count: int, width: int
) -> None:
    values = vectors(count, width)
    z, explained = project_onto_two(values)
    fitted = PCA(2, svd_solver="full").fit(values)
    expected = fitted.transform(values)
    expected /= np.sqrt(np.square(expected).sum(1).mean())
    signs = np.sign((z * expected).sum(0))
    np.testing.assert_allclose(z * signs, expected, atol=1e-4)
    assert explained == pytest.approx(fitted.explained_variance_ratio_.sum(), abs=1e-6)


def test_a_picture_is_turned_onto_the_one_before_as_scipy_does_it() -> None:
    rng = np.random.default_rng(1)
    previous = rng.normal(size=(40, 2)).astype(np.float32)
    angle = 2.2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    z = (previous @ turn @ np.diag([1, -1]) + 0.01 * rng.normal(size=(40, 2))).astype(np.float32)
    aligned = align_to(z, previous)
    np.testing.assert_allclose(aligned, z @ orthogonal_procrustes(z, previous)[0], atol=1e-5)
    assert np.abs(aligned - previous).max() < 0.05


def test_what_has_no_two_directions_lies_in_the_middle() -> None:
    for values in (np.ones((5, 4)), np.full((5, 4), np.nan), np.ones((1, 4))):
        z, explained = project_onto_two(values)
        assert (z == 0).all()
        assert explained == 0
    z, explained = project_onto_two(np.arange(6.0)[:, None])  # one unit
    assert explained == pytest.approx(1)
    assert np.abs(z[:, 1]).max() < 1e-6


def test_vectors_that_are_not_finite_or_huge_do_no_harm() -> None:
    values = vectors()
    values[3] = np.inf
    values *= 1e200
    z, explained = project_onto_two(values)
    assert np.isfinite(z).all()
    assert np.abs(z[3]).max() < 1e-6
    assert 0 < explained <= 1
