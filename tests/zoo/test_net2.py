import torch
from torch import Tensor, nn

from dnnvis.zoo.net2 import fold, net2


def trained(seed: int = 0) -> nn.Sequential:
    """A net2 with batch norms whose statistics and gains are far from 0 and 1."""
    torch.manual_seed(seed)
    module = net2(norm=True)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            assert part.running_mean is not None
            assert part.running_var is not None
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.2, 3.0)
            nn.init.normal_(part.weight, 1.0, 0.3)
            nn.init.normal_(part.bias, 0.0, 0.3)
    return module.eval()


def pictures(side: int = 32) -> Tensor:
    return torch.randn(4, 3, side, side, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_the_folded_network_computes_what_the_trained_one_does() -> None:
    for seed in range(3):
        module = trained(seed)
        plain = fold(module).eval()
        for side in (32, 24):
            assert (plain(pictures(side)) - module(pictures(side))).abs().max() < 1e-5


@torch.no_grad()
def test_every_hidden_layer_is_kept_too() -> None:
    module = trained()
    plain = fold(module).eval()
    x = y = pictures()
    for name, layer in module.named_children():
        x = layer(x)
        if "norm" in name:
            continue
        y = plain.get_submodule(name)(y)
        if "elu" in name:
            assert (x - y).abs().max() <= 1e-5 * max(1.0, float(x.abs().max()))


def test_the_folded_network_is_the_plain_architecture_with_biases() -> None:
    plain = fold(trained())
    names = [name for name, _ in plain.named_children()]
    assert names == [name for name, _ in net2().named_children()]
    assert not any("norm" in name for name in names)
    assert {k: v.shape for k, v in plain.state_dict().items()} == {
        k: v.shape for k, v in net2().state_dict().items()
    }


def test_folding_leaves_the_trained_network_as_it_is() -> None:
    module = trained()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    fold(module)
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())
