"""Linear probes, against a solution in one piece."""

import numpy as np
import pytest

from dnnvis.reproduce.beyond.probes import RidgeProbe, apply_probe, threshold_for_fraction


def test_a_ridge_probe_reads_a_linear_map_given_in_parts() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(500, 6)).astype(np.float32)
    weights = rng.normal(size=(6, 2)).astype(np.float32)
    targets = features @ weights + np.array([1.0, -2.0], np.float32)
    probe = RidgeProbe(6, 2)
    for part in np.split(np.arange(500), 5):
        probe.add(features[part], targets[part])
    found = probe.solve()
    direct, *_ = np.linalg.lstsq(np.c_[features, np.ones(500)], targets, rcond=None)
    assert np.allclose(found, direct, atol=0.01)
    assert np.allclose(apply_probe(found, features), targets, atol=0.02)


def test_a_threshold_lets_the_share_through() -> None:
    values = np.arange(100, dtype=np.float32)
    assert (values > threshold_for_fraction(values, 0.3)).mean() == pytest.approx(0.3)
