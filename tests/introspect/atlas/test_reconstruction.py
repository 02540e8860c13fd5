"""R2 of cell means against scikit-learn, and decoders that know or know nothing."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from dnnvis.core.errors import BadInput
from dnnvis.introspect.atlas.reconstruction import compute_r2, reconstruct_cells


def test_r2_is_scikit_learns_weighted_by_variance() -> None:
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((20, 3)) * [1, 5, 2]
    predicted = truth + rng.standard_normal((20, 3))
    expected = r2_score(truth, predicted, multioutput="variance_weighted")
    assert compute_r2(truth, predicted, truth.mean(0)) == pytest.approx(expected)


def test_a_decoder_that_knows_is_right_and_one_that_says_the_mean_is_not() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((4000, 2)).astype(np.float32)
    vectors = points @ np.array([[1, 2, -1], [0, 1, 3]], np.float32)
    test = np.arange(4000) % 4 == 0
    mixing = np.array([[1, 2, -1], [0, 1, 3]], np.float32)
    knows = reconstruct_cells(vectors, points, test, 5, 5, lambda z: z @ mixing)
    assert knows["cells"] == 25
    assert knows["decoder"] > 0.98
    assert knows["nearest"] > 0.98
    mean = vectors[~test].mean(0)
    blind = reconstruct_cells(vectors, points, test, 5, 5, lambda z: np.tile(mean, (len(z), 1)))
    assert blind["decoder"] == pytest.approx(0, abs=1e-6)
    assert "decoder" not in reconstruct_cells(vectors, points, test, 5, 5)
    with pytest.raises(BadInput, match="left-out"):
        reconstruct_cells(vectors, points, test, 200, 50)
