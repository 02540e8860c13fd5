"""Whitening against NumPy's explicit inverse and scikit-learn's Ledoit-Wolf."""

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf

from dnnvis.core.errors import BadInput
from dnnvis.introspect.atlas.whitening import MIN_SHRINKAGE, fit_whitening


def draw(count: int, width: int = 6) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.standard_normal((count, width)) @ rng.standard_normal((width, width)) + 3).astype(
        np.float32
    )


def test_the_shrunken_covariance_is_ledoit_and_wolfs() -> None:
    vectors = draw(40)
    expected, shrinkage = ledoit_wolf(vectors.astype(np.float64))
    whitening = fit_whitening(vectors)
    assert MIN_SHRINKAGE < whitening.shrinkage == pytest.approx(shrinkage, rel=1e-6)
    np.testing.assert_allclose(whitening.covariance, expected, rtol=1e-6)


def test_many_chunks_are_one_and_the_shrinkage_has_a_floor() -> None:
    vectors = draw(9001)
    whitening = fit_whitening(vectors)
    assert whitening.shrinkage == MIN_SHRINKAGE
    plain = np.cov(vectors.T.astype(np.float64), bias=True)
    scale = np.trace(plain) / 6
    expected = (1 - MIN_SHRINKAGE) * plain + MIN_SHRINKAGE * scale * np.eye(6)
    np.testing.assert_allclose(whitening.covariance, expected, rtol=1e-6)


def test_directions_are_the_explicit_inverse() -> None:
    vectors = draw(300)
    whitening = fit_whitening(vectors)
    cells = vectors[:5].astype(np.float64) * 1.5
    expected = (cells - vectors.astype(np.float64).mean(0)) @ np.linalg.inv(whitening.covariance)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(whitening.directions(cells), expected, rtol=1e-4, atol=1e-6)
    assert not whitening.directions(whitening.mean[None]).any()


def test_cosines_are_those_under_the_inverse_covariance() -> None:
    vectors = draw(300)
    whitening = fit_whitening(vectors)
    inverse = np.linalg.inv(whitening.covariance)
    a, b = vectors[3] - whitening.mean, vectors[8] - whitening.mean
    expected = a @ inverse @ b / np.sqrt((a @ inverse @ a) * (b @ inverse @ b))
    assert whitening.cosines(vectors[3:4], vectors[8:9])[0, 0] == pytest.approx(expected)
    half = np.linalg.inv(np.linalg.cholesky(whitening.covariance))
    np.testing.assert_allclose(half @ whitening.covariance @ half.T, np.eye(6), atol=1e-6)
    expected_rows = (vectors - whitening.mean) @ half.T
    np.testing.assert_allclose(whitening.whiten(vectors), expected_rows, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.zeros((5, 3), np.float32), "vector is zero"),
        (np.ones((5, 3), np.float32), "vector is the same"),
        (np.full((5, 3), np.nan, np.float32), "not finite"),
        (np.zeros((0, 3), np.float32), "no activation vectors"),
    ],
)
def test_what_cannot_be_whitened_is_a_sentence(vectors: np.ndarray, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        fit_whitening(vectors)


def test_a_dead_unit_gets_no_weight() -> None:
    vectors = draw(50)
    vectors[:, 2] = 0
    directions = fit_whitening(vectors).directions(vectors[:4])
    np.testing.assert_allclose(directions[:, 2], 0, atol=1e-7)
