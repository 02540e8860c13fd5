"""Where sums are kept; that they are right is shown by scans against plain NumPy."""

import numpy as np
import pytest
import torch

from dnnvis.library.scan.channel_summary import BatchSummary, UnitRange
from dnnvis.library.scan.running_statistics import StatisticsAccumulator, sum_device


@pytest.mark.parametrize(
    ("device", "kept_on"), [("cpu", "cpu"), ("cuda:1", "cuda:1"), ("mps", "cpu")]
)
def test_sums_stay_on_the_device_but_where_it_has_no_float64(device: str, kept_on: str) -> None:
    assert sum_device(device) == torch.device(kept_on)
    assert sum_device(torch.device(device)) == torch.device(kept_on)


def test_a_device_without_float64_has_the_sums_of_the_processor() -> None:
    ranges = {"a": UnitRange(0, 3, (3, 4, 4))}
    values = torch.rand(5, 3, 16, generator=torch.Generator().manual_seed(0))
    batch = BatchSummary(
        values.amax(2),
        values.mean(2),
        values.amin(2),
        values.argmax(2).int(),
        {0: values[..., :4].transpose(1, 2).contiguous()},
    )
    sums = [StatisticsAccumulator(ranges, device) for device in ("mps", "cpu")]
    for each in sums:
        each.update(batch)
        each.flush()
    first, second = (each.as_arrays("a") for each in sums)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    np.testing.assert_allclose(first["mean"], values.mean(2).double().mean(0), rtol=1e-6)
