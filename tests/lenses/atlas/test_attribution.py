"""Attribution at positions: exact for a linear head, and what cannot be attributed."""

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.lenses.atlas.attribution import (
    AttributionPlan,
    attribute,
    choose_classes_of,
    find_class,
    plan_attribution,
    record,
)
from helpers.atlas_networks import LAYER, color_network, color_pictures


def test_it_is_exact_where_a_linear_head_follows() -> None:
    net = color_network()
    x = net.encode(color_pictures(5)[0])
    recording = record(net, x, (LAYER, "output"))
    classes = np.array([[0, 1]] * 4 + [[1, 0]])
    maps = attribute(net, recording, LAYER, "output", classes).numpy()
    head = net.module[4]
    values = recording.tensor(LAYER).detach()
    by_hand = torch.einsum("bchw,kc->bkhw", values, head.weight) / (12 * 12)
    np.testing.assert_allclose(maps[:4], by_hand[:4].detach().numpy(), rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(maps[4], by_hand[4].flip(0).detach().numpy(), rtol=1e-4, atol=1e-7)
    logits = recording.tensor("output").detach().flatten(1) - head.bias.detach()
    np.testing.assert_allclose(maps[:4].sum((2, 3)), logits[:4].numpy(), rtol=1e-4)


def test_the_plan_takes_all_of_few_classes_the_named_ones_or_says_why_none() -> None:
    net = color_network()
    names = ("red", "blue")
    assert plan_attribution(net, LAYER, (), names) == AttributionPlan("output", (0, 1))
    assert plan_attribution(net, LAYER, ("Blue",), names).classes == (1,)
    with pytest.raises(BadInput, match="no class 'green'"):
        plan_attribution(net, LAYER, ("green",), names)
    plain = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU()), size=6)
    plan = plan_attribution(plain, "0", (), ())
    assert plan.width == 0
    assert "does not answer with classes" in plan.note
    with pytest.raises(BadInput, match="No class can be named"):
        plan_attribution(plain, "0", ("red",), ())


def test_of_many_classes_each_pictures_likeliest_are_taken() -> None:
    module = nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 30)
    )
    plan = plan_attribution(dnnvis.wrap(module, size=6), "0", (), [str(k) for k in range(30)])
    assert (plan.width, plan.classes) == (5, ())
    assert "count as 0" in plan.note
    logits = np.random.default_rng(0).standard_normal((3, 30)).astype(np.float32)
    chosen = choose_classes_of(plan, logits)
    assert (np.sort(-logits, 1)[:, :5] == -np.take_along_axis(logits, chosen, 1)).all()


def test_a_class_is_found_by_name_by_number_and_in_any_case() -> None:
    assert [find_class(text, ("cat", "Dog")) for text in ("Dog", "dog", "0")] == [1, 1, 0]
    with pytest.raises(BadInput, match="there are cat"):
        find_class("cta", ("cat", "Dog"))
