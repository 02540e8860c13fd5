"""The value that 0.5 % of a unit's values exceed."""

import numpy as np
import pytest
import torch

from dnnvis.core.probing.dissection import TOP_FRACTION
from dnnvis.library.dissection.thresholds import (
    LADDER,
    PilotSampler,
    choose_pilot,
    weigh_candidates,
)
from dnnvis.library.scan.channel_summary import UnitRange

SHAPE = (3, 10, 10)


def test_the_pilot_is_spread_evenly_and_bounded() -> None:
    assert choose_pilot(10).tolist() == list(range(10))
    assert len(choose_pilot(2000)) == 100
    assert len(choose_pilot(10**6)) == 512
    steps = np.diff(choose_pilot(2000))
    assert steps.min() == steps.max() == 20


def test_candidates_are_the_quantiles_of_what_was_seen() -> None:
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(300, *SHAPE)).astype(np.float32)
    sampler = PilotSampler(UnitRange(0, 3, SHAPE), 300)
    assert sampler.is_empty
    for start in range(0, 300, 50):
        sampler.add(sampler.sample(torch.from_numpy(maps[start : start + 50]), start))
    values = maps.transpose(1, 0, 2, 3).reshape(3, -1)
    expected = np.quantile(values, 1 - np.array(LADDER), axis=1, method="higher").T
    np.testing.assert_allclose(sampler.candidates(), expected, atol=0.02)
    assert (np.diff(sampler.candidates(), axis=1) >= 0).all()


def test_memory_holds_only_the_largest_values() -> None:
    sampler = PilotSampler(UnitRange(0, 3, SHAPE), 100)
    for batch in range(10):
        sampler.add(sampler.sample(torch.randn(10, *SHAPE), batch))
    held = sampler._largest
    assert held is not None
    assert held.shape[1] <= LADDER[0] * 10_000 + 2


def test_no_candidate_is_the_smallest_value() -> None:
    """A unit that is 0 on more than 99.5 % of all positions is active where it is not 0."""
    maps = torch.zeros(20, *SHAPE)
    maps[0, 0, 0, 0] = 5.0  # unit 0 fires once, unit 1 never, unit 2 is stuck at 1
    maps[:, 2] = 1.0
    sampler = PilotSampler(UnitRange(0, 3, SHAPE), 20)
    sampler.add(sampler.sample(maps, 0))
    edges = sampler.candidates()
    assert (edges > torch.tensor([0.0, 0.0, 1.0])[:, None]).all()
    assert edges[1].max() < 1e-30
    assert edges[2].max() < 1.001
    assert edges[0, 0] < 1e-30


def test_values_that_are_no_numbers_count_as_smallest() -> None:
    maps = torch.randn(30, *SHAPE)
    maps[:, 0, 3] = torch.nan
    sampler = PilotSampler(UnitRange(0, 3, SHAPE), 30)
    sampler.add(sampler.sample(maps, 0))
    assert torch.isfinite(sampler.candidates()).all()


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
def test_counts_are_mixed_to_exactly_half_a_percent(scale: float) -> None:
    """On an even distribution the mixture is the quantile itself."""
    above = np.array(LADDER)[None] * scale
    weights, fraction = weigh_candidates(above)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert (weights > 0).sum() <= 2
    assert fraction[0] == pytest.approx(TOP_FRACTION)
    threshold = (weights * (1 - above)).sum()  # values are even in [0, 1]
    assert threshold == pytest.approx(1 - TOP_FRACTION)


def test_where_no_mixture_fits_the_nearest_candidate_and_its_fraction() -> None:
    few, many = np.array(LADDER) / 100, np.array(LADDER) * 100
    weights, fraction = weigh_candidates(np.stack([few, many, np.zeros(len(LADDER))]))
    assert weights[0, 0] == weights[1, -1] == 1
    np.testing.assert_allclose(fraction, [few[0], many[-1], 0])
