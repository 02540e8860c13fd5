"""Checkpointed parts run plainly, on the thread that wants it, and torch is as before."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils import checkpoint

import dnnvis
from dnnvis.network.network import Network
from dnnvis.network.state.checkpointing import without_checkpointing


class Checkpointed(nn.Module):
    def __init__(self, wrap: bool, reentrant: bool = True) -> None:
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 6, 3))
        self.b, self.wrap, self.reentrant = nn.Conv2d(6, 4, 3), wrap, reentrant

    def forward(self, x: Tensor) -> Tensor:
        if self.wrap:
            x = checkpoint.checkpoint(self.a, x, use_reentrant=self.reentrant)
        else:
            x = self.a(x)
        return self.b(x).relu()


def network(wrap: bool, reentrant: bool = True) -> Network:
    torch.manual_seed(0)
    return dnnvis.wrap(Checkpointed(wrap, reentrant), size=12)


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("lens", ["gradient", "guided", "deconvnet"])
def test_every_lens_sees_through_a_checkpoint(
    lens: str, reentrant: bool, noise: Callable[..., np.ndarray]
) -> None:
    image = noise(12, 12, 3)
    through, plain = (
        dnnvis.look(network(wrap, reentrant), lens, "b[1]", image=image) for wrap in (True, False)
    )
    assert np.abs(plain.values).max() > 0
    assert np.array_equal(through.values, plain.values)
    assert through.rectifiers == plain.rectifiers


def test_layers_inside_a_checkpoint_have_their_fields_and_pictures_grow() -> None:
    net = network(True)
    assert net.layer("a.2").field == (5, 1, 2.0)
    assert net.layer("b").field == (7, 1, 3.0)
    grown = dnnvis.look(net, "ascent", "b[1]", preset="live", steps=3)
    assert np.isfinite(grown.values).all()


def test_torch_checkpoints_as_before_outside_and_on_other_threads() -> None:
    original, module = checkpoint.CheckpointFunction, Checkpointed(True).a
    x = torch.rand(1, 3, 12, 12, requires_grad=True)

    def name() -> str:
        return str(checkpoint.checkpoint(module, x, use_reentrant=True).grad_fn.name())

    seen = []
    with without_checkpointing():
        with without_checkpointing():
            assert name() == "ConvolutionBackward0"
        assert name() == "ConvolutionBackward0"
        other = threading.Thread(target=lambda: seen.append(name()))
        other.start()
        other.join()
    assert seen == ["CheckpointFunctionBackward"]
    assert name() == "CheckpointFunctionBackward"
    assert checkpoint.CheckpointFunction is original


def test_torch_is_as_before_after_a_network_that_fails() -> None:
    class Failing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError("no")

    original = checkpoint.CheckpointFunction
    with pytest.raises(dnnvis.BadInput):
        _ = dnnvis.wrap(Failing(), size=4).layers
    assert checkpoint.CheckpointFunction is original
