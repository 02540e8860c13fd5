"""LayerCAM: by hand, torch-cam, which layer is taken, edits, odd networks."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import LensMissing, UnknownUnit
from helpers.patch_networks import linear_network, small_classifier

RNG = np.random.default_rng(7)
IMAGE = RNG.integers(0, 256, (24, 24, 3), dtype=np.uint8)


def _by_hand(network: dnnvis.Network, layer: int, k: int) -> np.ndarray:
    """LayerCAM with two halves of the module: no hook, no graph of ours."""
    module = network.module
    x = network.encode(IMAGE)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (network.card.mean, network.card.std))
    maps = module[: layer + 1]((x - mean) / std).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(module[layer + 1 :](maps)[0, k], maps)
    cam = (gradient.clamp(min=0) * maps.detach()).sum(1, keepdim=True).clamp(min=0)
    return nn.functional.interpolate(cam, (24, 24), mode="bilinear")[0, 0].numpy()


@pytest.mark.parametrize("layer", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("k", [0, 2])
def test_it_is_the_formula_at_every_layer(layer: int, k: int) -> None:
    network = small_classifier(3)
    picture = dnnvis.look(network, "layercam", f"output[{k}]", image=IMAGE, to=str(layer))
    assert (picture.values.shape, picture.scale) == ((24, 24, 1), "positive")
    np.testing.assert_allclose(picture.values[..., 0], _by_hand(network, layer, k), atol=1e-6)
    assert f"at {layer}:" in picture.caption


def test_the_last_layer_with_positions_is_taken_where_none_is_named() -> None:
    network = small_classifier(3)
    picture = dnnvis.look(network, "layercam", "output[1]", image=IMAGE)
    named = dnnvis.look(network, "layercam", "output[1]", image=IMAGE, to="4")
    assert picture.recipe["to"] == "4"
    assert np.array_equal(picture.values, named.values)
    inner = dnnvis.look(network, "layercam", "3[2]@4,4", image=IMAGE, to="input")
    assert inner.recipe["to"] == "2"
    rows, columns = np.nonzero(inner.values[..., 0])
    assert rows.min() >= 4
    assert rows.max() <= 13
    assert columns.max() <= 13  # 3 x 3 positions around 4,4 of 12 x 12, stretched


def test_it_is_that_of_torchcam_up_to_its_scale() -> None:
    methods = pytest.importorskip("torchcam.methods", reason="torch-cam is not installed")
    network = small_classifier(4)
    module = network.module.requires_grad_(True)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (network.card.mean, network.card.std))
    x = ((network.encode(IMAGE) - mean) / std).requires_grad_()
    with methods.LayerCAM(module, target_layer=module[3]) as extractor:
        (expected,) = extractor(1, module(x))
    module.requires_grad_(False)
    picture = dnnvis.look(network, "layercam", "output[1]", image=IMAGE, to="3")
    small = nn.functional.interpolate(expected[None], (24, 24), mode="bilinear")[0, 0].numpy()
    ours = picture.values[..., 0]
    assert np.corrcoef(small.reshape(-1), ours.reshape(-1))[0, 1] > 0.999


class _Branches(nn.Module):
    """Two branches, of which the second runs after the first and does not lie before it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.left = nn.Conv2d(4, 4, 3, padding=1)
        self.right = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        stem = self.stem(x)
        return torch.cat((self.left(stem), self.right(stem)), 1)


def test_a_layer_of_another_branch_is_passed_over_or_refused() -> None:
    torch.manual_seed(0)
    network = dnnvis.wrap(_Branches(), size=24)
    assert dnnvis.look(network, "layercam", "right[1]", image=IMAGE).recipe["to"] == "stem"
    with pytest.raises(LensMissing, match="left does not lie before right"):
        dnnvis.look(network, "layercam", "right[1]", image=IMAGE, to="left")


class _Again(nn.Module):
    """One convolution called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.relu = nn.ReLU()
        self.out = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.out(self.relu(self.conv(self.conv(x))).mean((2, 3)))
        return answer


def test_of_a_layer_called_twice_it_is_the_last_call() -> None:
    torch.manual_seed(1)
    network = dnnvis.wrap(_Again(), size=24)
    picture = dnnvis.look(network, "layercam", "output[1]", image=IMAGE, to="conv")
    x = network.encode(IMAGE)
    with torch.no_grad():
        maps = network.module.conv(network.module.conv(x))[0]
    gradient = network.module.out.weight[1].view(3, 1, 1) / 576  # where the rectifier is open
    expected = (gradient.clamp(min=0) * maps.clamp(min=0)).sum(0).detach()
    np.testing.assert_allclose(picture.values[..., 0], expected.numpy(), atol=1e-6)


def test_it_follows_edits() -> None:
    network = small_classifier(3)
    with network.edited("4 = 0"):
        off = dnnvis.look(network, "layercam", "output[1]", image=IMAGE, to="4")
    assert not off.values.any()
    assert "exactly zero everywhere" in off.caption


def test_what_has_no_layer_with_positions_before_it_is_refused() -> None:
    network, _ = linear_network()
    image = IMAGE[:6, :8]
    with pytest.raises(LensMissing, match="No layer with positions lies before"):
        dnnvis.look(network, "layercam", "output[0]", image=image)
    classifier = small_classifier(3)
    with pytest.raises(LensMissing, match="5 has no positions"):
        dnnvis.look(classifier, "layercam", "output[0]", image=IMAGE, to="5")
    with pytest.raises(UnknownUnit, match="no layer 'conv9'"):
        dnnvis.look(classifier, "layercam", "output[0]", image=IMAGE, to="conv9")
