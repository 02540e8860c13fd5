"""Counts of active units and concepts, against loops."""

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.core.receptive_field import FieldAxes
from dnnvis.library.dissection.counting import (
    LayerCounts,
    LayerObserver,
    count_concepts,
    count_layer,
    find_shared,
)
from dnnvis.library.dissection.points import PointPlan
from dnnvis.library.scan.channel_summary import assign_unit_ranges
from dnnvis.network.network import Network
from dnnvis.network.streaming import LayerOutput

SIZE, K, M = (20, 20), 3, 4
FIELD = FieldAxes((3, 3), (2, 2), (0.5, 0.5))


def scene(shape: tuple[int, int], side: int, upsamples: bool):
    rng = np.random.default_rng(1)
    plan = PointPlan({"a": (shape, FIELD)}, SIZE, side, upsamples).build(0)
    where = plan.layers["a"]
    value = torch.from_numpy(rng.normal(size=(2, 5, *shape)).astype(np.float32))
    edges = torch.from_numpy(np.sort(rng.uniform(0, 1.5, (5, M))).astype(np.float32))
    planes = np.full((2, 2, where.count), K)
    planes[0] = rng.integers(0, K + 1, (2, where.count))
    second = rng.integers(0, K + 1, (2, where.count))
    planes[1] = np.where((planes[0] < K) & (second != planes[0]), second, K)
    return value, edges, where, torch.from_numpy(planes)


def count_by_loops(natives, active, edges, planes) -> LayerCounts:
    """natives (B, C, n), active (B, C, points)."""
    batch, channels, _ = active.shape
    values, points = np.zeros((channels, M), int), np.zeros((channels, M), int)
    joint = np.zeros((channels, M, K), int)
    for b in range(batch):
        for c in range(channels):
            for v in natives[b, c]:
                step = sum(bool(v >= e) for e in edges[c]) - 1
                values[c, step] += step >= 0
            for p, v in enumerate(active[b, c]):
                step = sum(bool(v >= e) for e in edges[c]) - 1
                if step < 0:
                    continue
                points[c, step] += 1
                for concept in set(planes[:, b, p].tolist()) - {K}:
                    joint[c, step, concept] += 1
    return LayerCounts(*map(torch.from_numpy, (values, points, joint)), natives[0, 0].size * batch)


def check(found: LayerCounts, expected: LayerCounts) -> None:
    for a, b in zip(found[:3], expected[:3], strict=True):
        np.testing.assert_array_equal(a, b)
    assert found.total == expected.total


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("side", [20, 4])
def test_positions_are_counted_as_loops_do(last: bool, side: int) -> None:
    value, edges, where, planes = scene((10, 10), side, upsamples=False)
    flat = value.flatten(2)
    natives = flat if where.positions is None else flat[:, :, where.positions]
    expected = count_by_loops(natives.numpy(), natives.numpy(), edges.numpy(), planes.numpy())
    given = value.contiguous(memory_format=torch.channels_last) if last else value
    check(count_layer(given, edges, where, planes, K), expected)
    assert int(expected.points.sum()) > 20


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("side", [20, 4])  # the map is smaller and larger than the points
def test_interpolated_maps_are_counted_as_loops_do(last: bool, side: int) -> None:
    value, edges, where, planes = scene((10, 10), side, upsamples=True)
    assert where.interpolation is not None
    active, corner = where.interpolation.read_corners(value)
    natives = value.flatten(2) if side == 20 else corner.transpose(1, 2)
    expected = count_by_loops(
        natives.numpy(), active.transpose(1, 2).numpy(), edges.numpy(), planes.numpy()
    )
    given = value.contiguous(memory_format=torch.channels_last) if last else value
    check(count_layer(given, edges, where, planes, K), expected)
    assert int(expected.points.sum()) > 20


def test_values_that_are_no_numbers_are_nowhere_active() -> None:
    value, edges, where, planes = scene((10, 10), 20, upsamples=False)
    value[0, 1] = torch.nan
    counts = count_layer(value, edges, where, planes, K)
    value[0, 1] = -torch.inf
    check(counts, count_layer(value, edges, where, planes, K))


def test_concepts_are_counted_at_their_points() -> None:
    planes = torch.tensor([[[0, 1, 3], [3, 2, 0]], [[1, 3, 3], [3, 3, 2]]])
    assert count_concepts(planes, 3).tolist() == [2, 2, 2]


def test_the_counts_of_a_batch_norm_follow_from_those_of_its_input(network: Network) -> None:
    """Of both signs; compared with counting it itself."""
    ranges = assign_unit_ranges(network, ["conv1", "norm"])
    outputs: dict[str, LayerOutput] = {}
    values: dict[str, torch.Tensor] = {}

    def hold(output: LayerOutput) -> None:
        outputs[output.layer], values[output.layer] = output, output.value.clone()

    network.stream_layers(torch.rand(3, 3, 12, 12), ["conv1", "norm"], hold)
    shared = find_shared(outputs["norm"], ranges)
    assert shared is not None
    assert shared.flipped.tolist() == [0, 2, 4]
    plan = PointPlan({"a": ((12, 12), None)}, (12, 12), 14, upsamples=False).build(0)
    planes = torch.randint(0, K + 1, (1, 3, 144), generator=torch.Generator().manual_seed(0))
    source_edges = torch.quantile(
        values["conv1"].transpose(0, 1).flatten(1), torch.tensor([0.8, 0.9, 0.95, 0.99]), dim=1
    ).T.contiguous()
    own = torch.quantile(
        values["norm"].transpose(0, 1).flatten(1), torch.tensor([0.8, 0.9, 0.95, 0.99]), dim=1
    ).T.contiguous()
    edges = shared.move_edges(own, source_edges)
    where = plan.layers["a"]
    source = count_layer(values["conv1"], source_edges, where, planes, K)
    flipped = count_layer(
        values["norm"][:, shared.flipped], edges[shared.flipped], where, planes, K
    )
    merged = shared.merge(source, flipped)
    counted = count_layer(values["norm"], edges, where, planes, K)
    for a, b in zip(merged[:3], counted[:3], strict=True):
        assert int((a - b).abs().sum()) <= 0.01 * int(b.sum())  # rounding at an edge
    assert int(counted.points.sum()) > 100
    assert find_shared(outputs["conv1"], ranges) is None


def test_a_layer_that_changes_its_shape_is_named() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x).flatten(1).mean(1, keepdim=True)

    from dnnvis.core.errors import BadInput
    from dnnvis.network.opening.wrap import wrap

    net = wrap(Odd(), size=8)
    ranges = assign_unit_ranges(net, ["conv"])
    observer = LayerObserver(ranges)
    with pytest.raises(BadInput, match=r"conv gives .* other than on a gray one"):
        observer.run(net, torch.rand(2, 3, 9, 9), lambda output: lambda value: None)
