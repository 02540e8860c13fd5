"""The graph, the kernels and the sum behind one value, as lenses."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import dnnvis
from dnnvis.imaging.kernel_tiles import undo_scales
from dnnvis.lenses import wiring
from dnnvis.network.network import Network


class Net(nn.Module):
    """A strided first layer, a grouped one after batch norm, called twice by the same weights."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.norm, self.relu = nn.BatchNorm2d(4), nn.ReLU(inplace=True)
        self.cell = nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False)
        self.pool = nn.AdaptiveAvgPool2d(1)
        with torch.no_grad():
            self.norm.running_mean.fill_(0.1)
            self.norm.weight.fill_(1.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.norm(self.stem(x)))
        return self.pool(x + torch.tanh(self.cell(self.cell(x)))).flatten(1)


@pytest.fixture(scope="module")
def net() -> Network:
    return dnnvis.wrap(Net(), size=12, mean=0.5, std=0.25)


IMAGE = np.random.default_rng(7).integers(0, 255, (12, 12, 3), np.uint8)


def test_the_sum_is_the_value_that_was_recorded(net: Network) -> None:
    recording = net.record(IMAGE, ["stem", "norm", "relu"])
    for layer, after in (
        ("stem", ()),
        ("norm", ("BatchNorm2d",)),
        ("relu", ("BatchNorm2d", "ReLU")),
    ):
        for position in ((0, 0), (2, 5), (5, 5)):
            unit = f"{layer}[2]@{position[0]},{position[1]}"
            result = dnnvis.look(net, "arithmetic", unit, image=IMAGE)
            assert result.total == pytest.approx(
                float(recording["stem"][0, 2, *position]), abs=1e-5
            )
            assert result.computed == pytest.approx(result.total, abs=1e-5)
            assert result.value == pytest.approx(float(recording[layer][0, 2, *position]), abs=1e-5)
            assert (result.convolution, result.after, result.unit) == ("stem", after, unit)
            assert result.outside.any() == (position == (0, 0))


def test_each_call_of_shared_weights_has_a_sum_of_its_own(net: Network) -> None:
    module = net.module
    relu = torch.from_numpy(net.record(IMAGE, ["relu"])["relu"])
    weight = module.get_parameter("cell.weight")
    first = functional.conv2d(relu, weight, padding=1, groups=2)
    second = functional.conv2d(first, weight, padding=1, groups=2)
    for call, expected in ((0, first), (1, second), (-1, second)):
        result = dnnvis.look(
            net, "arithmetic", f"cell[3]@1,4#{call}" if call >= 0 else "cell[3]@1,4", image=IMAGE
        )
        assert result.total == pytest.approx(float(expected[0, 3, 1, 4]), abs=1e-5)
        assert (result.patch.shape, result.first_input, result.bias) == ((2, 3, 3), 2, None)
        assert result.contributions.sum() == pytest.approx(result.total, abs=1e-5)


def test_kernels_name_their_convolution_and_what_they_see(net: Network) -> None:
    stem = dnnvis.look(net, "kernels", "relu[0]", image=IMAGE)
    assert (stem.layer, stem.convolution, stem.colors) == ("relu", "stem", (0, 1, 2))
    assert stem.geometry == "3 x 3, stride 2, padding 1"
    np.testing.assert_array_equal(stem.weights, net.module.get_parameter("stem.weight").numpy())
    cell = dnnvis.look(net, "kernels", "cell[1]", image=IMAGE)
    assert (cell.weights.shape, cell.groups, cell.colors) == ((4, 2, 3, 3), 2, ())
    assert [cell.first_input(k) for k in range(4)] == [0, 0, 2, 2]


def test_what_has_no_kernels_or_no_place_says_so_without_an_error(net: Network) -> None:
    pool = dnnvis.look(net, "kernels", "pool[0]", image=IMAGE)
    assert "has no kernels" in pool.message
    assert pool.weights.size == 0
    whole = dnnvis.look(net, "arithmetic", "stem[0]", image=IMAGE)
    assert whole.message.startswith("Click a place")


def test_the_graph_is_the_same_object_the_second_time(net: Network) -> None:
    first = dnnvis.look(net, "graph", "output[0]")
    assert [node.key for node in first.nodes][:3] == ["input", "stem", "norm"]
    assert dnnvis.look(net, "graph", "stem[0]", image=IMAGE).edges is first.edges
    assert first.recipe["network"]["name"] == net.name


def test_kernels_of_too_many_weights_are_not_drawn_as_tiles(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "MAX_WEIGHTS", 50)
    assert "more than 50 weights" in dnnvis.look(net, "kernels", "stem[0]").message
    assert dnnvis.look(net, "kernels", "cell[0]").message != ""
    monkeypatch.undo()
    assert dnnvis.look(net, "kernels", "stem[0]").message == ""


def test_kernels_that_see_the_picture_say_what_their_colors_were_divided_by() -> None:
    network = dnnvis.wrap(Net(), size=12, mean=0.5, std=(0.2, 0.4, 0.5))
    kernels = dnnvis.look(network, "kernels", "relu[0]")
    assert kernels.scales == (0.2, 0.4, 0.5)
    assert dnnvis.look(network, "kernels", "cell[0]").scales == ()
    drawn = undo_scales(kernels.weights, kernels.scales)
    step = 1e-2  # of one pixel's green in [0, 1]
    recording = network.run(torch.full((1, 3, 12, 12), 0.5), ("stem",))
    pixels = torch.full((1, 3, 12, 12), 0.5)
    pixels[0, 1, 4, 6] += step
    changed = network.run(pixels, ("stem",))
    # the place (2, 3) of the strided map lies on the pixel (4, 6) with its kernel's middle
    slope = (changed["stem"] - recording["stem"])[0, :, 2, 3] / step
    np.testing.assert_allclose(slope, drawn[:, 1, 1, 1], rtol=1e-3, atol=1e-4)


def test_a_dense_layer_on_the_picture_has_kernels_and_one_further_on_has_none() -> None:
    kernels = dnnvis.look(dnnvis.open("net1-mnist"), "kernels", "elu1[0]")
    assert (kernels.convolution, kernels.weights.shape) == ("dense1", (200, 1, 28, 28))
    assert "28 x 28 pixels" in kernels.geometry
    message = dnnvis.look(dnnvis.open("net1-mnist"), "kernels", "elu2[0]").message
    assert "has no kernels" in message
    assert message.endswith("see them as a Hinton diagram.")
