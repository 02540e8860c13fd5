"""From maps to lists and sums, against plain numpy over all maps at once."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.library.scan import top_k
from dnnvis.library.scan.channel_summary import (
    SAMPLES_PER_MAP,
    BatchSummary,
    Reducer,
    UnitRange,
    assign_unit_ranges,
)
from dnnvis.library.scan.reductions import gather_positions, spatial_max, spatial_min
from dnnvis.library.scan.running_statistics import StatisticsAccumulator
from dnnvis.library.scan.top_k import TopK
from dnnvis.library.store import image_statistics, mergeable_statistics
from dnnvis.library.store.histogram_bins import BIN_COUNT, bin_edges, bin_index
from dnnvis.library.store.records import LISTS
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


def maps_of(network: Network, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Every layer's maps (B, C, H, W) at its last call, by ``record``."""
    recording = network.record(pixels)
    return {row.name: recording.calls(row.name)[-1] for row in network.layers}


def reduced(network: Network, pixels: np.ndarray) -> tuple[dict[str, UnitRange], BatchSummary]:
    columns = assign_unit_ranges(network, [row.name for row in network.layers])
    reducer = Reducer(columns)
    for part in (pixels[:2], pixels):  # nothing of an earlier batch is left
        steps = reducer.run(network, network.encode(part), torch.arange(len(part)))
    return columns, steps.summarize()


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_a_batch_is_reduced_as_numpy_does(
    network: Network, noise: Callable[..., np.ndarray], memory: torch.memory_format
) -> None:
    network.set_memory_format(memory)
    pixels = noise(5, 12, 12, 3)
    columns, found = reduced(network, pixels)
    for name, maps in maps_of(network, pixels).items():
        part = columns[name]
        span = slice(part.start, part.stop)
        assert part.shape == maps.shape[1:]
        flat = maps.reshape(5, maps.shape[1], -1)
        for ours, theirs in (
            (found.maximum, flat.max(2)),
            (found.minimum, flat.min(2)),
            (found.mean, flat.mean(2)),
        ):
            np.testing.assert_allclose(ours[:, span], theirs, rtol=1e-4, atol=1e-5)
        at = np.take_along_axis(flat, found.positions[:, span].numpy()[..., None], 2)[..., 0]
        np.testing.assert_allclose(at, flat.max(2), rtol=1e-4, atol=1e-5)
        looks = found.samples[part.start].numpy()
        assert looks.shape == (5, 4 if flat.shape[2] > 1 else 1, maps.shape[1])
        near = np.abs(looks[:, :, :, None] - flat[:, None]).min(3)
        assert near.max() < 1e-4, "what is looked at is in the map"


def test_a_layer_that_hands_on_shares_its_columns(network: Network) -> None:
    columns = assign_unit_ranges(network, [row.name for row in network.layers])
    assert columns["block"] == columns["block.1"] != columns["block.0"]
    assert columns["act"].shape == (9, 5, 5), "the last call counts"
    assert columns["output"] == columns["head"]


def test_the_looked_at_places_differ_by_picture_and_are_evenly_apart() -> None:
    columns = {"a": UnitRange(0, 1, (1, 8, 8))}
    reducer = Reducer(columns)
    reducer.start(torch.arange(50))
    where = reducer._choose_samples(columns["a"])
    assert where.shape == (50, SAMPLES_PER_MAP)
    assert {int(d) for d in (where.diff(dim=1) % 64).flatten()} == {64 // SAMPLES_PER_MAP}
    assert len({int(first) for first in where[:, 0]}) > 20


@pytest.mark.parametrize("size", [(5, 6), (33, 40), (37, 1)])
@pytest.mark.parametrize("channels", [1, 3, 80])
@pytest.mark.parametrize("last", [False, True])
def test_the_extremes_of_maps_and_the_first_place_of_equals(
    size: tuple[int, int], channels: int, last: bool
) -> None:
    value = torch.randint(-3, 4, (4, channels, *size)).float()
    if last:
        value = value.contiguous(memory_format=torch.channels_last)
    flat = value.numpy().reshape(4, channels, -1)
    most, where = spatial_max(value)
    assert np.array_equal(most, flat.max(2))
    assert np.array_equal(where, flat.argmax(2))
    assert np.array_equal(spatial_min(value), flat.min(2))
    places = torch.randint(0, flat.shape[2], (4, 7))
    wanted = np.take_along_axis(flat, places.numpy()[:, None], 2).transpose(0, 2, 1)
    assert np.array_equal(gather_positions(value, places), wanted)


def test_a_network_that_does_otherwise_on_pictures_is_told() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x if x[0, 0, 0, 0] < 1 else x[:, :, 1:])

    net = wrap(Odd(), size=8)
    columns = assign_unit_ranges(net, ["conv"])
    with pytest.raises(BadInput, match="leave it out"):
        Reducer(columns).run(net, torch.ones(2, 3, 8, 8), torch.arange(2))


def batch(values: np.ndarray, places: np.ndarray | None = None) -> BatchSummary:
    most, mean = (torch.from_numpy(part.astype(np.float32)) for part in values)
    where = torch.zeros(most.shape, dtype=torch.int32) if places is None else places
    return BatchSummary(most, mean, most - 1, torch.as_tensor(where), {})


def by_sorting(values: np.ndarray, numbers: list[int], k: int) -> list[list[list[int]]]:
    """Per list and unit the numbers of its best pictures, by sorting tuples in Python."""
    found = []
    for by, bottom in LISTS:
        rows = values[("max", "mean").index(by)]
        sign = 1 if bottom else -1
        ranked = [
            sorted(
                (sign * rows[n, unit], numbers[n])
                for n in range(len(numbers))
                if not np.isnan(rows[n, unit])
            )[:k]
            for unit in range(rows.shape[1])
        ]
        found.append([[number for _, number in row] for row in ranked])
    return found


def listed(tops: TopK) -> list[list[list[int]]]:
    return [[[n for n in row if n >= 0] for row in units] for units in tops.numbers.tolist()]


@pytest.mark.parametrize("order", ["rising", "mixed"])
def test_the_lists_are_those_of_a_sort_ties_by_number(order: str) -> None:
    random = np.random.default_rng(1)
    values = random.integers(0, 9, (2, 30, 7)).astype(np.float32)  # many ties
    values[:, 3, 2] = values[:, 29, :] = np.nan
    starts = [0, 4, 8, 12, 16, 20, 24, 28]
    if order == "mixed":
        random.shuffle(starts)
    tops = TopK(7, 4)
    for start in starts:
        rows = slice(start, min(start + 4, 30))
        tops.update(torch.arange(30)[rows], batch(values[:, rows]))
    assert listed(tops) == by_sorting(values, list(range(30)), 4)
    used = {n for units in listed(tops) for row in units for n in row}
    assert tops.used_numbers().tolist() == sorted(used)


def test_lists_of_two_halves_add_up_and_go_through_arrays() -> None:
    random = np.random.default_rng(2)
    values = random.integers(0, 5, (2, 20, 3)).astype(np.float32)
    places = torch.from_numpy(random.integers(0, 99, (20, 3)).astype(np.int32))
    part, halves = UnitRange(0, 3, (3, 9, 11)), []
    for rows in (slice(0, 20, 2), slice(1, 20, 2)):
        half = TopK(3, 5)
        half.update(torch.arange(20)[rows], batch(values[:, rows], places[rows]))
        halves.append(half.as_arrays(part))
    for a, b in (halves, halves[::-1]):
        both = top_k.merge_lists(a, b)
        wanted = by_sorting(values, list(range(20)), 5)
        assert both["numbers"].tolist() == wanted
        for which, (by, _) in enumerate(LISTS):
            rows = values[("max", "mean").index(by)]
            for unit in range(3):
                assert (
                    both["values"][which, unit].tolist() == rows[wanted[which][unit], unit].tolist()
                )
                assert (
                    both["places"][which, unit].tolist()
                    == places[wanted[which][unit], unit].tolist()
                )
    assert both["width"] == [11]


def test_fewer_pictures_than_k_leave_room() -> None:
    tops = TopK(2, 9)
    tops.update(torch.arange(3), batch(np.arange(12).reshape(2, 3, 2)))
    assert listed(tops)[0] == [[2, 1, 0]] * 2
    assert (tops.numbers == -1).sum() == 4 * 2 * 6


def test_a_value_lies_in_the_bin_that_holds_its_upper_edge() -> None:
    borders = bin_edges()
    assert len(borders) == BIN_COUNT + 1
    assert (np.diff(borders) > 0).all()
    assert 0.0 in borders
    assert borders[-2] == 4096
    assert 1.5 in borders
    inner = borders[1:-1].astype(np.float32)
    around = [np.nextafter(inner, s * np.float32(np.inf)) for s in (-1, 1)]
    random = np.random.default_rng(0).standard_normal(2000) * 10.0 ** np.arange(-5, 5).repeat(200)
    extremes = [np.inf, -np.inf, 1e-45, -1e-45, 0.0, -0.0, 3e38, -3e38]
    values = np.concatenate([inner, *around, random, extremes]).astype(np.float32)
    wanted = np.searchsorted(borders, values.astype(np.float64), side="left") - 1
    found = bin_index(torch.from_numpy(values)).numpy()
    assert np.array_equal(found, np.clip(wanted, 0, BIN_COUNT - 1))


def statistics_by_numpy(largest: Any, mean: Any, looks: Any) -> dict[str, np.ndarray]:
    values = looks.reshape(-1, looks.shape[2]).astype(np.float64)
    counts = [np.histogram(-column, -bin_edges()[::-1])[0][::-1] for column in values.T]
    return {
        "mean": mean.astype(np.float64).mean(0),
        "scatter": ((values - values.mean(0)) ** 2).sum(0),
        "active": (values > 0).sum(0),
        "awake": (largest > 0).sum(0),
        "counts": np.array(counts),
        "between": np.cov(mean.astype(np.float64).T, bias=True) * len(mean),
    }


def taken(
    sums: StatisticsAccumulator, values: np.ndarray, looks: np.ndarray, groups: list[int]
) -> None:
    start = 0
    for size in groups:
        rows = slice(start, start + size)
        most, mean = (torch.from_numpy(part[rows]) for part in values)
        look = {0: torch.from_numpy(looks[rows])}
        sums.update(BatchSummary(most, mean, most - 2, torch.zeros(most.shape), look))
        start += size


@pytest.mark.parametrize("groups", [[100], [3] * 33 + [1], [64, 36]])
def test_sums_over_batches_are_those_over_all_pictures(groups: list[int]) -> None:
    random = np.random.default_rng(3)
    values = (random.standard_normal((2, 100, 5)) + np.arange(5) - 2).astype(np.float32)
    looks = (random.standard_normal((100, 4, 5)) * 3).round(1).astype(np.float32)
    looks[:, 0, 2] = 0
    part = UnitRange(0, 5, (5, 6, 6))
    sums = StatisticsAccumulator({"a": part})
    taken(sums, values, looks, groups)
    sums.flush()
    found = sums.as_arrays("a")
    assert found["images"] == [100]
    assert found["looked"] == [4]
    wanted = statistics_by_numpy(*values, looks)
    for name, value in wanted.items():
        ours = (
            mergeable_statistics.symmetric_from_triangle(found[name], 5)
            if name == "between"
            else found[name]
        )
        np.testing.assert_allclose(ours, value, rtol=2e-5, atol=1e-5, err_msg=name)
    np.testing.assert_array_equal(found["most"], values[0].max(0))
    np.testing.assert_array_equal(found["least"], (values[0] - 2).min(0))
    assert found["counts"].sum() == 5 * 400
    np.testing.assert_allclose(
        mergeable_statistics.correlation_matrix(found["between"], 5),
        np.corrcoef(values[1].T),
        atol=1e-5,
    )


def test_sums_that_go_on_from_arrays_have_the_same_bits() -> None:
    random = np.random.default_rng(4)
    values = random.standard_normal((2, 60, 3)).astype(np.float32)
    looks = random.standard_normal((60, 4, 3)).astype(np.float32)
    columns = {"a": UnitRange(0, 3, (3, 4, 4))}
    whole, first = StatisticsAccumulator(columns), StatisticsAccumulator(columns)
    for sums, rows in ((whole, slice(0, 30)), (first, slice(0, 30))):
        taken(sums, values[:, rows], looks[rows], [10, 20])
        sums.flush()
    second = StatisticsAccumulator(columns)
    second.restore("a", first.as_arrays("a"))
    for sums in (whole, second):
        taken(sums, values[:, 30:], looks[30:], [15, 15])
        sums.flush()
    for name, value in whole.as_arrays("a").items():
        np.testing.assert_array_equal(second.as_arrays("a")[name], value, err_msg=name)


def test_sums_of_two_halves_add_up_in_any_order() -> None:
    random = np.random.default_rng(5)
    values = (random.standard_normal((2, 50, 4)) + 3).astype(np.float32)
    looks = random.standard_normal((50, 4, 4)).astype(np.float32)
    columns = {"a": UnitRange(0, 4, (4, 4, 4))}
    parts = []
    for rows in (slice(0, 13), slice(13, 50), slice(0, 50)):
        sums = StatisticsAccumulator(columns)
        taken(sums, values[:, rows], looks[rows], [rows.stop - rows.start])
        sums.flush()
        parts.append(sums.as_arrays("a"))
    a, b, both = parts
    empty = StatisticsAccumulator(columns).as_arrays("a")
    for total in (
        mergeable_statistics.merge_statistics(a, b),
        mergeable_statistics.merge_statistics(b, a),
        mergeable_statistics.merge_statistics(empty, both),
    ):
        assert set(total) == set(both)
        for name, value in both.items():
            np.testing.assert_allclose(total[name], value, rtol=1e-5, atol=1e-4, err_msg=name)


def test_a_channel_that_never_varies_is_correlated_with_none() -> None:
    square = np.array([[4.0, 0, 2], [0, 0, 0], [2, 0, 1]], np.float32)
    found = mergeable_statistics.correlation_matrix(mergeable_statistics.upper_triangle(square), 3)
    assert found.tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]


def test_colours_and_spectrum_are_those_of_all_pixels() -> None:
    x = torch.rand(7, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    total = image_statistics.merge_sums(
        image_statistics.sum_batch(x[:2]), image_statistics.sum_batch(x[2:])
    )
    pixels = x.double().permute(0, 2, 3, 1).reshape(-1, 3).numpy()
    np.testing.assert_allclose(total["mean"], pixels.mean(0), rtol=1e-5)
    wanted = np.cov(pixels.T, bias=True) * len(pixels)
    np.testing.assert_allclose(total["scatter"], wanted, rtol=1e-4, atol=1e-4)
    whole = np.abs(np.fft.fft2(x.double().numpy()))[..., : 8 // 2 + 1].sum(0)
    np.testing.assert_allclose(total["spectrum"], whole, rtol=1e-4, atol=1e-4)
    assert total["images"] == [7]
    assert total["pixels"] == [48]
