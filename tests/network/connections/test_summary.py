"""What stands out in weights: norms, dead and duplicate kernels, the histogram."""

import itertools

import numpy as np
import pytest

from dnnvis.network.connections import summary
from dnnvis.network.connections.summary import sum_up_kernels, summarize

RNG = np.random.default_rng(9)


def test_a_kernel_is_its_norm_with_the_sign_of_its_sum() -> None:
    weights = RNG.normal(size=(4, 3, 2, 2)).astype(np.float32)
    cells = sum_up_kernels(weights)
    for unit, channel in itertools.product(range(4), range(3)):
        kernel = [float(value) for value in weights[unit, channel].ravel()]
        norm = sum(value * value for value in kernel) ** 0.5
        expected = norm if sum(kernel) >= 0 else -norm
        assert cells[unit, channel] == pytest.approx(expected, rel=1e-5)
    plain = weights[:, :, 0, 0]
    np.testing.assert_array_equal(sum_up_kernels(plain), plain)


def test_dead_and_duplicate_kernels_that_were_planted_are_listed() -> None:
    weights = RNG.normal(size=(40, 9, 3, 3)).astype(np.float32)
    weights[7] = 0
    weights[12] *= 1e-8
    weights[31] = 3 * weights[5]
    weights[20] = -weights[6]  # the opposite is no duplicate
    found = summarize(weights)
    assert found.dead == (7, 12)
    assert [pair[:2] for pair in found.duplicates] == [(5, 31)]
    assert found.duplicates[0][2] == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(
        found.norms[:7], [np.linalg.norm(weights[k].ravel()) for k in range(7)], rtol=1e-5
    )


def test_a_cosine_just_below_the_limit_is_no_duplicate() -> None:
    for cosine, count in ((0.9995, 1), (0.9985, 0)):
        rows = np.zeros((2, 8), np.float32)
        rows[0, 0] = 2
        rows[1, :2] = cosine, (1 - cosine**2) ** 0.5
        assert len(summarize(rows).duplicates) == count


def test_kernels_of_other_groups_see_other_inputs_and_are_no_duplicates() -> None:
    weights = np.ones((4, 2, 3, 3), np.float32)
    assert [pair[:2] for pair in summarize(weights, groups=2).duplicates] == [(0, 1), (2, 3)]
    alone = summarize(np.ones((4, 1, 3, 3), np.float32), groups=4)
    assert alone.duplicates == ()
    assert "inputs of its own" in alone.limit


def test_many_duplicates_are_counted_and_the_first_listed() -> None:
    found = summarize(np.ones((30, 5), np.float32))
    assert len(found.duplicates) == summary.MAX_DUPLICATES
    assert found.limit == f"and {30 * 29 // 2 - summary.MAX_DUPLICATES:,} more pairs"


def test_the_histogram_counts_every_finite_weight_once_in_chunks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = RNG.normal(size=(50, 30)).astype(np.float32)
    weights[3, 4], weights[5, 6] = np.nan, np.inf
    whole = summarize(weights)
    monkeypatch.setattr(summary, "CHUNK_WEIGHTS", 64)
    found = summarize(weights)
    assert found.invalid == 2
    assert int(found.counts.sum()) == weights.size - 2
    limit = np.abs(weights[np.isfinite(weights)]).max()
    assert found.edges[-1] == pytest.approx(limit)
    inner = sorted(float(v) for v in weights[np.isfinite(weights)])
    below = sum(v < found.edges[32] for v in inner)
    assert int(found.counts[:32].sum()) == below
    np.testing.assert_array_equal(found.counts, whole.counts)
    np.testing.assert_allclose(found.norms, whole.norms)
    assert found.duplicates == whole.duplicates


def test_of_too_many_weights_no_duplicates_are_looked_for_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(summary, "MAX_WEIGHTS", 50)
    found = summarize(np.ones((10, 6), np.float32))
    assert found.duplicates == ()
    assert "at most 50 weights" in found.limit


def test_a_layer_of_zeros_is_dead_altogether() -> None:
    assert summarize(np.zeros((3, 4), np.float32)).dead == (0, 1, 2)
