"""The benches of synthesis: their reference loop, and what they say of a picture."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.bench.synthesis import ascent, quality
from dnnvis.bench.synthesis.lucent import Lucent, transform
from dnnvis.bench.synthesis.synthesis_samples import (
    PhotographStatistics,
    PictureQuality,
    measure_quality,
    pick_channels,
    shuffle_weights,
    synthesize,
)
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

SIZE = 24


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 5, padding=2)
        self.head = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).relu().mean((2, 3)))


@pytest.fixture
def net(as_trained: Callable[..., Any]) -> Network:
    return wrap(as_trained(Two()), size=SIZE, mean=(0.5,) * 3, std=(0.25,) * 3)


def test_the_reference_raises_its_unit_and_leaves_the_network_as_it_was(net: Network) -> None:
    before = {name: value.clone() for name, value in net.module.state_dict().items()}
    loop = Lucent(net.module, net.module.conv, 2, 0, net.card.mean, net.card.std, SIZE)
    values = [loop.step() for _ in range(40)]
    assert np.mean(values[-5:]) > np.mean(values[:5])
    assert loop.picture().shape == (1, 3, 128, 128)
    loop.close()
    assert all(torch.equal(before[n], v) for n, v in net.module.state_dict().items())
    assert not any(p.requires_grad or p.grad is not None for p in net.module.parameters())
    assert "forward" not in vars(net.module.conv)


def test_the_reference_makes_weight_gradients_as_lucent_does(net: Network) -> None:
    loop = Lucent(net.module, net.module.conv, 2, 0, net.card.mean, net.card.std, SIZE)
    loop.step()
    assert net.module.conv.weight.grad is not None
    loop.close()


def test_shortened_passes_give_the_same_picture_and_no_weight_gradients(net: Network) -> None:
    pictures = []
    for shortened in (False, True):
        card = net.card
        loop = Lucent(
            *(net.module, net.module.conv, 2, 0, card.mean, card.std, SIZE), shortened=shortened
        )
        values = [loop.step() for _ in range(4)]
        pictures.append((loop.picture(), values))
        assert (net.module.conv.weight.grad is None) == shortened
        loop.close()
    (whole, whole_values), (short, short_values) = pictures
    torch.testing.assert_close(short, whole, rtol=1e-4, atol=1e-5)
    assert short_values == pytest.approx(whole_values, rel=1e-4)


def test_its_transforms_keep_the_middle_and_vary() -> None:
    x = torch.linspace(0, 1, 128).expand(1, 3, 128, 128)
    first, second = transform(x), transform(x)
    assert 100 < first.shape[2] < 170
    assert not torch.equal(first, second[:, :, :1, :1])


def test_channels_are_spread_evenly() -> None:
    assert pick_channels(64, 4) == [8, 24, 40, 56]
    assert pick_channels(8, 8) == list(range(8))


def test_a_picture_is_worth_what_a_search_by_hand_finds(net: Network) -> None:
    pictures, seconds = synthesize(
        net, PRESETS["default"].with_changes({"steps": 3}), "conv", [0, 5]
    )
    assert pictures.shape == (2, 3, SIZE, SIZE)
    assert seconds > 0
    rng = np.random.default_rng(0)
    means = rng.normal(0, 0.1, (20, 6)).astype(np.float32)
    natural = PhotographStatistics({"conv": means}, np.zeros(20, np.float32))
    found = measure_quality(net, "conv", [0, 5], pictures, natural)
    for worth, picture in zip(found, pictures, strict=True):
        channel = worth.unit.channel
        with torch.no_grad():
            maps = net.module.conv((picture[None] - 0.5) / 0.25)[0].mean((1, 2)).numpy()
        assert worth.value == pytest.approx(maps[channel], rel=1e-4)
        assert worth.best == pytest.approx(max(row[channel] for row in means))
        apart = [(maps[c] - means[:, c].mean()) / (means[:, c].std() + 1e-6) for c in range(6)]
        assert worth.rank == sorted(apart, reverse=True).index(apart[channel])
        assert worth.raw_rank == sorted(maps, reverse=True).index(maps[channel])


def worth(**changes: Any) -> PictureQuality:
    plain: dict[str, Any] = {
        "unit": Unit("conv", 0),
        "value": 2.0,
        "best": 1.0,
        "stands": 1.8,
        "high_frequency": 0.01,
        "variation": 0.05,
        "rank": 0,
        "raw_rank": 1,
    }
    return PictureQuality(**{**plain, **changes})


def test_a_unit_counts_only_where_all_three_hold() -> None:
    assert quality.passes_all(worth())
    assert not quality.passes_all(worth(value=0.9, stands=0.9))
    assert not quality.passes_all(worth(high_frequency=0.2))
    assert not quality.passes_all(worth(stands=1.3))
    assert not quality.passes_all(worth(value=-1.0, best=-2.0, stands=-1.0))  # nothing to keep
    rows = [worth(), worth(), worth(), worth(high_frequency=0.5, rank=3)]
    figures = quality.default_figures(rows)
    assert figures["reaches the best photograph, hf <= .16, >= .7 kept"].startswith("75% of 4")
    assert "75% by standard" in figures["first in its layer on its own picture"]


def test_shuffling_keeps_the_numbers_of_each_weight(net: Network) -> None:
    before = net.module.conv.weight.detach().clone()
    after = shuffle_weights(net).module.conv.weight
    assert not torch.equal(before, after)
    assert torch.equal(before.flatten().sort().values, after.flatten().sort().values)


def test_the_whole_bench_says_every_figure(shared: Path) -> None:
    plan = ascent.AscentBenchConfig(
        shared / "nets", rounds=0, units=1, layers=("features.4.1",), steps=2
    )
    figures = ascent.measure(plan, lambda words: None)
    assert len(figures) == 2
    assert all(re.search(r"median -?\d+\.\d+.*asked", text) for text in figures.values())
    assert torch.get_num_threads() == 1


def test_the_quality_bench_says_every_figure(shared: Path) -> None:
    plan = quality.QualityBenchConfig(
        shared / "nets", shared / "data" / "imagenet-100", 1, ("features.4.1", "output"), 2
    )
    figures = quality.measure(plan, lambda words: None)
    assert "reaches the best photograph, hf <= .16, >= .7 kept" in figures
    assert sum(name.startswith("maco") for name in figures) == 3
    assert sum(name.startswith("shuffled") for name in figures) == 3


@pytest.mark.slow
def test_googlenet_is_timed(tmp_path: Path) -> None:
    figures = ascent.measure(
        ascent.AscentBenchConfig(tmp_path, rounds=1, batch=1, units=0, sample=1, steps=2),
        lambda words: None,
    )
    assert len(figures) == 3 * 3 + 2
    assert all("asked" in text for text in figures.values())
