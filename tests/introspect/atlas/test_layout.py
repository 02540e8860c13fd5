"""Layouts in the unit square: quantiles, ways back, UMAP that is missing."""

import numpy as np
import pytest

from dnnvis.core.errors import LensMissing
from dnnvis.introspect import projections
from dnnvis.introspect.atlas.layout import fit_square, invert_pca, project_pca, project_umap


def test_outliers_move_to_the_edge_and_the_rest_goes_there_and_back() -> None:
    points = np.random.default_rng(0).standard_normal((2000, 2)).astype(np.float32)
    points[0] = (1000, -1000)
    points[1] = np.nan
    scale = fit_square(points)
    low, high = np.nanquantile(points, [0.01, 0.99], axis=0)
    extent = high - low
    np.testing.assert_allclose(scale.low, low - 0.05 * extent, rtol=1e-4)
    np.testing.assert_allclose(scale.high, high + 0.05 * extent, rtol=1e-4)
    square = scale.apply(points)
    assert np.isnan(square[1]).all()
    assert square[0, 0] == np.nextafter(np.float32(1), np.float32(0))
    assert square[0, 1] == 0
    inside = ((square > 0) & (square < 0.9999)).all(1)
    np.testing.assert_allclose(scale.invert(square[inside]), points[inside], atol=1e-4)


def test_an_axis_without_extent_is_a_line_in_the_middle() -> None:
    points = np.stack([np.linspace(0, 1, 50), np.full(50, 7.0)], 1).astype(np.float32)
    np.testing.assert_allclose(fit_square(points).apply(points)[:, 1], 0.5)


def test_two_components_and_their_way_back_are_those_of_the_svd() -> None:
    rng = np.random.default_rng(1)
    vectors = (rng.standard_normal((300, 5)) * [5, 3, 1, 0.5, 0.1] + 2).astype(np.float32)
    scores, basis = project_pca(vectors)
    spread = vectors.std(0) + 1e-3
    standard = (vectors - vectors.mean(0)) / spread
    _, _, axes = np.linalg.svd(standard, full_matrices=False)
    expected = vectors.mean(0) + (standard @ axes[:2].T @ axes[:2]) * spread
    np.testing.assert_allclose(invert_pca(basis, scores), expected, atol=1e-3)


def test_one_unit_gives_a_second_axis_of_zeros() -> None:
    scores, basis = project_pca(np.linspace(0, 1, 40, dtype=np.float32)[:, None])
    assert scores.shape == (40, 2)
    assert not scores[:, 1].any()
    assert invert_pca(basis, scores).shape == (40, 1)


def test_umap_that_is_missing_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projections, "is_umap_installed", lambda: False)
    vectors = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    with pytest.raises(LensMissing, match="umap-learn"):
        project_umap(vectors)
