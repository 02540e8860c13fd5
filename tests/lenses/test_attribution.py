"""The units that speak for a class: activation x gradient of the logit."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import LensMissing
from dnnvis.core.unit import Unit
from dnnvis.network.network import Network


class Classifier(nn.Module):
    """Eight maps, their means, five classes and a softmax."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.conv, self.relu = nn.Conv2d(3, 8, 3), nn.ReLU()
        self.out, self.softmax = nn.Linear(8, 5), nn.Softmax(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.softmax(self.out(self.relu(self.conv(x)).mean((2, 3))))


@pytest.fixture(scope="module")
def net() -> Network:
    return dnnvis.wrap(Classifier(), size=12)


def test_contributions_are_means_times_weights_and_add_up_to_the_logit(net: Network) -> None:
    image = np.random.default_rng(1).integers(0, 255, (12, 12, 3), np.uint8)
    assert (net.info.logits, net.info.penultimate) == ("out", "relu")
    ranking = dnnvis.look(net, "attribution", "out[3]", image=image)
    recording = net.record(image, ["relu", "out"])
    weights = net.module.get_parameter("out.weight")[3].numpy()
    expected = recording["relu"][0].mean((1, 2)) * weights
    order = np.argsort(-expected)
    assert ranking.names == tuple(f"relu[{k}]" for k in order)
    np.testing.assert_allclose(ranking.values, expected[order], rtol=1e-4, atol=1e-7)
    bias = float(net.module.get_parameter("out.bias")[3])
    assert float(ranking.values.sum()) + bias == pytest.approx(
        float(recording["out"].reshape(-1)[3]), 1e-4
    )
    assert ranking.unit == "out[3]"


def test_a_network_without_classes_has_none() -> None:
    net = dnnvis.wrap(nn.Conv2d(3, 3, 3, padding=1), size=8)
    with pytest.raises(LensMissing, match="no layer before its classes"):
        dnnvis.look(net, "attribution", Unit("output", 1), image=np.zeros((8, 8, 3), np.uint8))
