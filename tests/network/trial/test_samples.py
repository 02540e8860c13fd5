"""Samples by which passes are compared."""

import torch

from dnnvis.network.trial.samples import SAMPLES, is_same, sample_values


def test_large_layers_are_sampled_from_end_to_end() -> None:
    values = torch.arange(10_000.0).reshape(1, 100, 100)
    sample = sample_values(values)
    assert len(sample) == SAMPLES
    assert (sample[0], sample[-1]) == (0, 9999)
    assert sample_values(values[0, :2]).tolist() == list(range(200))


def test_samples_are_the_same_to_rounding_only() -> None:
    a = torch.tensor([1.0, 2.0, float("nan"), float("inf")])
    assert is_same(a, a + 1e-6)
    assert not is_same(a, a + torch.tensor([0.1, 0, 0, 0]))
    assert not is_same(a, torch.tensor([1.0, 2.0, 0.0, float("inf")]))
    assert not is_same(a, a[:3])
