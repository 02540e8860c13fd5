"""Integrated gradients: closed forms, completeness, Captum, edits, odd networks."""

import re

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import BadInput, LensMissing
from helpers.patch_networks import linear_network, small_classifier

RNG = np.random.default_rng(6)
IMAGE = RNG.integers(0, 256, (6, 8, 3), dtype=np.uint8)
PIXELS = IMAGE / 255.0


@pytest.mark.parametrize(("baseline", "value"), [("black", 0.0), ("gray", 0.5)])
@pytest.mark.parametrize("steps", [1, 7])
def test_on_a_linear_network_it_is_weight_times_way(
    baseline: str, value: float, steps: int
) -> None:
    network, weights = linear_network()
    picture = dnnvis.look(
        network, "integrated", "output[1]", image=IMAGE, baseline=baseline, steps=steps
    )
    np.testing.assert_allclose(picture.values, weights[1] * (PIXELS - value), atol=1e-5)
    assert picture.recipe["steps"] == steps
    assert "completeness error" in picture.caption


class _Square(nn.Module):
    """The square of the sum of all pixels."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).sum(1, keepdim=True).square()


def test_of_a_square_the_midpoints_give_it_exactly() -> None:
    network = dnnvis.wrap(_Square(), size=(6, 8))
    picture = dnnvis.look(network, "integrated", "output[0]", image=IMAGE, steps=3)
    np.testing.assert_allclose(picture.values, PIXELS * PIXELS.sum(), rtol=1e-4)


@pytest.mark.parametrize("baseline", ["black", "gray", "blurred"])
@pytest.mark.parametrize("unit", ["output[2]", "3[5]", "3[5]@4,6"])
def test_it_adds_up_to_what_the_unit_gains(baseline: str, unit: str) -> None:
    from dnnvis.lenses.saliency.baselines import fill_picture

    network = small_classifier(1)
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    x = network.encode(image)
    layer, channel = unit.split("[")[0], int(unit.split("[")[1][0])
    both = [x, fill_picture(x, baseline)]  # type: ignore[arg-type]
    maps = [network.run(each, (layer,)).tensor(layer)[0, channel] for each in both]
    end, start = (float(each[4, 6] if "@" in unit else each.mean()) for each in maps)
    picture = dnnvis.look(network, "integrated", unit, image=image, baseline=baseline, steps=400)
    assert picture.values.sum() == pytest.approx(end - start, rel=0.01, abs=2e-4)
    stated = re.search(r"completeness error ([\d.e-]+)", picture.caption)
    assert stated is not None
    assert float(stated[1]) == pytest.approx(abs(picture.values.sum() - (end - start)), abs=1e-3)


def test_few_steps_have_a_greater_error_and_say_so() -> None:
    network = small_classifier(1)
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)

    def error(steps: int) -> float:
        caption = dnnvis.look(network, "integrated", "3[5]@4,6", image=image, steps=steps).caption
        stated = re.search(r"completeness error ([\d.e-]+)", caption)
        assert stated is not None
        return float(stated[1])

    assert error(1) > 10 * error(300)


def test_it_is_that_of_captum() -> None:
    attr = pytest.importorskip("captum.attr", reason="Captum is not installed")
    network = small_classifier(2)
    image = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    x = network.encode(image)
    oracle = attr.IntegratedGradients(lambda pixels: network.forward(pixels))
    expected = oracle.attribute(
        x, torch.zeros_like(x), target=0, n_steps=20, method="riemann_middle"
    )
    picture = dnnvis.look(network, "integrated", "output[0]", image=image, steps=20)
    np.testing.assert_allclose(
        picture.values, expected[0].permute(1, 2, 0).detach().numpy(), atol=1e-6
    )


def test_a_class_counts_by_its_logit() -> None:
    torch.manual_seed(0)
    linear = nn.Linear(144, 3)
    module = nn.Sequential(nn.Flatten(), linear, nn.Softmax(1))
    network = dnnvis.wrap(module, size=(6, 8), labels=["a", "b", "c"])
    assert network.info.logits == "1"
    picture = dnnvis.look(network, "integrated", "output[2]", image=IMAGE, steps=2)
    weights = linear.weight[2].detach().view(3, 6, 8).permute(1, 2, 0).numpy()
    np.testing.assert_allclose(picture.values, weights * PIXELS, atol=1e-6)
    assert "1[2]" in picture.caption
    assert picture.unit == "output[2]"


def test_it_follows_edits_and_grows_step_by_step() -> None:
    network, weights = linear_network()
    with network.edited("output *= -2"):
        steps = list(dnnvis.looks(network, "integrated", "output[0]", image=IMAGE, steps=150))
    np.testing.assert_allclose(steps[-1].values, -2 * weights[0] * PIXELS, atol=1e-4)
    assert len(steps) == 3  # 64 pictures a pass
    assert [step.progress for step in steps[1:]] == [pytest.approx(128 / 150), 1.0]
    np.testing.assert_allclose(steps[0].values, steps[-1].values, atol=1e-4)  # linear all the way


class _Detached(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x.detach()).mean((2, 3))


def test_without_a_gradient_it_says_why() -> None:
    network = dnnvis.wrap(_Detached(), size=(6, 8))
    with pytest.raises(LensMissing, match="no gradient"):
        dnnvis.look(network, "integrated", "output[0]", image=IMAGE)
    with pytest.raises(BadInput, match="needs a picture"):
        dnnvis.look(network, "integrated", "output[0]")


def test_a_board_begins_at_dead_cells_alone() -> None:
    network = dnnvis.open("life-3")
    board = RNG.integers(0, 2, network.card.size, dtype=np.uint8) * 255
    layer = next(row.name for row in network.layers if row.shape[1] > 1)
    picture = dnnvis.look(network, "integrated", f"{layer}[0]@5,5", image=board, steps=2)
    assert "dead cells" in picture.caption
    assert not picture.values[board == 0].any()
    with pytest.raises(BadInput, match="take black"):
        dnnvis.look(network, "integrated", f"{layer}[0]", image=board, baseline="gray")
