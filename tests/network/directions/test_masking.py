"""Coefficients scaled picture by picture, against the edits of one picture."""

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.network.directions.masking import check_maskable, scale_coefficients
from dnnvis.network.network import Network


@pytest.fixture
def net() -> Network:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(216, 3))
    result = dnnvis.wrap(module, size=8)
    result.add_directions("1", np.random.default_rng(0).random((2, 6)))
    return result


def test_each_picture_has_factors_of_its_own(net: Network) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (8, 8, 3), np.uint8)
    x = net.encode(picture)
    factors = torch.tensor([[1.0, 1.0], [0.0, 1.0], [0.5, 0.0]])
    directions = net.directions.get("1~")
    assert directions is not None
    with scale_coefficients(net, directions, factors):
        result = net.run(x.expand(3, -1, -1, -1), ["output"]).tensor("output")[:, :, 0, 0]
    for row, edits in enumerate(((), ("1~[0] = 0",), ("1~[0] *= 0.5", "1~[1] = 0"))):
        # both of the last are of the coefficients as they were: the second edit sees them changed
        with net.edited(*edits):
            expected = net.run(x, ["output"]).tensor("output")[0, :, 0, 0]
        torch.testing.assert_close(result[row], expected, rtol=1e-4, atol=1e-5)


def test_results_of_the_network_have_no_masks(net: Network) -> None:
    check_maskable(net, "1")
    with pytest.raises(BadInput, match="not what one module returns"):
        check_maskable(net, "output")
