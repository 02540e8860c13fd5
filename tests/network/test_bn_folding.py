"""The twin with folded batch norms, against the network itself."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dnnvis.network.bn_folding import find_foldable_pairs, fold_batch_norms
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


class Small(nn.Module):
    """Norms that can be folded (one behind a dense layer) and some that cannot."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(6)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(6)
        self.alone = nn.BatchNorm2d(6)  # behind a sum: nothing to fold into
        self.act = nn.ReLU()
        self.dense = nn.Linear(6, 5)
        self.norm3 = nn.BatchNorm1d(5, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.norm1(self.conv1(x)))
        y = self.act(self.norm2(self.conv2(x)))
        z = self.act(self.alone(x + y))
        return self.norm3(self.dense(z.mean((2, 3))))


@pytest.fixture
def net(as_trained: Callable[..., Any]) -> Network:
    return wrap(as_trained(Small()), size=12, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.2))


def test_layers_keep_their_values_and_gradients(net: Network) -> None:
    twin, x = fold_batch_norms(net), torch.rand(2, 3, 12, 12)
    assert twin is not net
    for layer in ("norm1", "act1", "norm2", "alone", "act", "norm3", "output"):
        ours = net.run(x, [layer], gradients=True)
        theirs = twin.run(x, [layer], gradients=True)
        a, b = ours.tensor(layer, -1), theirs.tensor(layer, -1)
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
        (g,) = torch.autograd.grad(a.square().sum(), ours.x)
        (h,) = torch.autograd.grad(b.square().sum(), theirs.x)
        torch.testing.assert_close(g, h, rtol=1e-3, atol=1e-4)


def test_only_pairs_that_stand_alone_are_folded(net: Network) -> None:
    pairs = find_foldable_pairs(net, ())
    assert pairs.norms == {"norm1": "conv1", "norm2": "conv2", "norm3": "dense"}
    assert pairs.rectifiers == ("act1",)  # act is called twice
    assert "conv1" not in find_foldable_pairs(net, {"conv1"}).norms.values()


def test_a_spared_layer_keeps_its_own_value(net: Network) -> None:
    x = torch.rand(1, 3, 12, 12)
    twin = fold_batch_norms(net, {"conv2"})
    ours, theirs = (n.run(x, ["conv2"]).tensor("conv2", -1) for n in (net, twin))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_the_network_stays_as_it_was(net: Network) -> None:
    before = {name: value.clone() for name, value in net.module.state_dict().items()}
    words = repr(net.module)
    fold_batch_norms(net)
    assert repr(net.module) == words
    assert count_hooks(net.module) == 0
    assert all(torch.equal(before[n], v) for n, v in net.module.state_dict().items())


def test_the_twin_is_made_once_and_shares_what_is_not_folded(net: Network) -> None:
    twin = fold_batch_norms(net)
    assert fold_batch_norms(net) is twin
    assert fold_batch_norms(net, {"conv2"}) is not twin
    assert twin.module.alone.weight is net.module.alone.weight  # type: ignore[union-attr]


def test_one_twin_serves_all_layers_that_lose_nothing_by_it(net: Network) -> None:
    twin = fold_batch_norms(net)
    passes: list[Tensor] = []
    net.module.register_forward_hook(lambda module, x, y: passes.append(y))
    assert fold_batch_norms(net, {"norm1"}) is twin
    assert fold_batch_norms(net, {"act", "output"}) is twin
    assert not passes, "what is known was tried again"
    spared = fold_batch_norms(net, {"conv1", "act"})
    assert spared is not twin
    assert spared is fold_batch_norms(net, {"conv1"})


class Shared(nn.Module):
    """A convolution whose value also goes elsewhere: folding would change the sum."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return (self.norm(y) + y).mean((2, 3))


def test_what_would_change_the_result_is_not_folded(as_trained: Callable[..., Any]) -> None:
    net = wrap(as_trained(Shared()), size=6)
    assert find_foldable_pairs(net, ()).norms == {"norm": "conv"}
    assert fold_batch_norms(net) is net


def test_a_network_without_norms_is_its_own_twin() -> None:
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), size=8)
    assert fold_batch_norms(net) is net


@pytest.mark.parametrize("name", ["googlenet", "mobilenet_v2", "resnet18"])
def test_known_families_keep_their_result(family: Callable[..., Any], name: str) -> None:
    net = wrap(family(name), size=64)
    twin, x = fold_batch_norms(net), torch.rand(1, 3, 64, 64)
    assert twin is not net
    a, b = (n.run(x).output for n in (net, twin))
    torch.testing.assert_close(torch.as_tensor(a), torch.as_tensor(b), rtol=1e-3, atol=1e-3)
