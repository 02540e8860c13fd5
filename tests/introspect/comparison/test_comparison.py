"""Two networks on the same pictures: a permuted copy is the known truth."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.introspect.comparison import comparison as module_under_test
from dnnvis.introspect.comparison.cka import linear_cka
from dnnvis.introspect.comparison.comparison import compare_networks

RNG = np.random.default_rng(5)
IMAGES = RNG.integers(0, 256, (41, 12, 12, 3), np.uint8)


def build_module(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, 5),
    )


def permute_channels(module: nn.Sequential) -> tuple[nn.Sequential, list[np.ndarray]]:
    """Return a copy that computes the same with its hidden channels in another order."""
    result = copy.deepcopy(module)
    orders = [RNG.permutation(8), RNG.permutation(12)]
    first, second = (torch.from_numpy(order) for order in orders)
    with torch.no_grad():
        for name, order in (("0", first), ("2", second)):
            layer = result.get_submodule(name)
            layer.weight.copy_(layer.weight[order].clone())
            layer.bias.copy_(layer.bias[order].clone())
        result[2].weight.copy_(result[2].weight[:, first].clone())
        result[6].weight.copy_(result[6].weight[:, second].clone())
    return result, orders


def test_of_a_permuted_copy_every_unit_is_matched_and_cka_is_1() -> None:
    module = build_module()
    other, orders = permute_channels(module)
    a, b = dnnvis.wrap(module, size=12), dnnvis.wrap(other, size=12)
    result = compare_networks(a, b, IMAGES)
    assert result.layer_names == (("1", "3", "output"), ("1", "3", "output"))
    np.testing.assert_allclose(np.diag(result.cka), 1, atol=1e-4)
    assert abs(result.chance).max() < 0.2
    for name, order in zip(("1", "3"), orders, strict=True):
        pairs = result.pairs(name)
        assert pairs.a.tolist() == list(range(len(order)))
        assert order[pairs.b].tolist() == pairs.a.tolist()  # b's channel j is a's order[j]
        np.testing.assert_allclose(pairs.correlation, 1, atol=1e-4)
        assert [part.tolist() for part in result.without_partner(name)] == [[], []]
        assert result.chance_correlation(name) < 0.9
    assert result.disagree.tolist() == []


def test_disagreements_are_those_of_two_plain_passes() -> None:
    modules = build_module(0).eval(), build_module(1).eval()
    a, b = (dnnvis.wrap(module, size=12) for module in modules)
    result = compare_networks(a, b, IMAGES)
    x = torch.from_numpy(IMAGES).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        classes = [module(x).argmax(1) for module in modules]
    assert result.disagree.tolist() == (classes[0] != classes[1]).nonzero()[:, 0].tolist()
    assert result.answers[1] == tuple(f"class {int(k)}" for k in classes[1])
    assert result.pictures == 41


def test_in_one_portion_cka_is_that_of_the_features_but_for_its_bias() -> None:
    modules = build_module(0).eval(), build_module(1).eval()
    images = RNG.integers(0, 256, (30, 12, 12, 3), np.uint8)
    result = compare_networks(*(dnnvis.wrap(module, size=12) for module in modules), images)
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        outputs = [module(x).numpy() for module in modules]
    assert result.cka[2, 2] == pytest.approx(linear_cka(*outputs), abs=0.1)


def test_units_that_were_replaced_have_no_partner() -> None:
    module = build_module()
    other = copy.deepcopy(module)
    with torch.no_grad():
        other[0].weight[2] = torch.randn(3, 3, 3, generator=torch.Generator().manual_seed(7))
        other[0].weight[2] -= other[0].weight[2].mean()
    result = compare_networks(dnnvis.wrap(module, size=12), dnnvis.wrap(other, size=12), IMAGES)
    a, b = result.without_partner("1", 0.9)
    assert (a.tolist(), b.tolist()) == ([2], [2])


def test_each_network_gets_the_pictures_its_own_way() -> None:
    a = dnnvis.wrap(build_module(), size=12)
    gray = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 256, 7))
    b = dnnvis.wrap(gray, size=20, channels=1)
    result = compare_networks(a, b, list(IMAGES))
    assert result.cka.shape == (3, 2)
    assert any("inputs differ" in note for note in result.notes)
    assert any("5 classes and Sequential 7" in note for note in result.notes)
    assert len(result.pairs("3").a) in (6, 7)
    assert result.partner("3") in ("1", "output")


def test_the_same_network_is_named_as_such() -> None:
    a = dnnvis.wrap(build_module(), size=12)
    result = compare_networks(a, a, IMAGES[:6])
    assert any("are the same network" in note for note in result.notes)


def test_memory_for_fewer_units_takes_more_passes_and_gives_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nets = [dnnvis.wrap(build_module(seed), size=12) for seed in (0, 1)]
    reference, steps = compare_networks(*nets, IMAGES), []
    monkeypatch.setattr(module_under_test, "MAX_SUMS_BYTES", 1)
    result = compare_networks(*nets, IMAGES, progress=lambda *step: steps.append(step))
    assert steps[-1] == (4 * 41, 4 * 41)
    for name in ("1", "3", "output"):
        for one, other in zip(result.pairs(name), reference.pairs(name), strict=True):
            np.testing.assert_allclose(one, other)


def test_smaller_portions_change_no_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    nets = [dnnvis.wrap(build_module(seed), size=12) for seed in (0, 1)]
    reference = compare_networks(*nets, IMAGES)
    monkeypatch.setattr(module_under_test, "MAX_MAP_BYTES", 1)
    result = compare_networks(*nets, IMAGES)
    pairs, expected = result.pairs("1"), reference.pairs("1")
    np.testing.assert_allclose(pairs.correlation, expected.correlation, atol=1e-5)
    assert pairs.b.tolist() == expected.b.tolist()


def test_what_cannot_be_compared_is_refused() -> None:
    a = dnnvis.wrap(build_module(), size=12)
    with pytest.raises(dnnvis.BadInput, match="at least 4 pictures"):
        compare_networks(a, a, IMAGES[:3])
    with pytest.raises(dnnvis.UnknownUnit, match="Neither of"):
        compare_networks(a, a, IMAGES, layers=["nothing"])
    result = compare_networks(a, a, IMAGES, layers="1")
    with pytest.raises(dnnvis.UnknownUnit, match="3 was not compared"):
        result.pairs("3")
