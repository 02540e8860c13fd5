"""A fused convolution against the modules that it stands for."""

import pytest
import torch
from torch import nn

from dnnvis.network.fusion.fused_convolution import (
    ACTIVATIONS,
    IDENTITY,
    FusedConvolution,
    fold_weights,
    is_supported,
)

LAYERS = {
    "plain": lambda: nn.Conv2d(4, 6, 3),
    "strided": lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1, bias=False),
    "dilated": lambda: nn.Conv2d(4, 6, (3, 2), dilation=2),
    "depthwise": lambda: nn.Conv2d(4, 8, 3, groups=4, bias=False),
}


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("activation", [None, *ACTIVATIONS], ids=str)
@pytest.mark.parametrize("has_norm", [True, False])
def test_the_values_are_those_of_the_modules_in_a_row(
    kind: str, activation: type[nn.Module] | None, has_norm: bool
) -> None:
    torch.manual_seed(1)
    layer = LAYERS[kind]().requires_grad_(False)
    norm = nn.BatchNorm2d(layer.out_channels).eval().requires_grad_(False)
    for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
        nn.init.uniform_(tensor, 0.2, 2)  # type: ignore[arg-type]
    row = [layer, *([norm] if has_norm else []), *([activation()] if activation else [])]
    function = ACTIVATIONS[activation] if activation else IDENTITY
    fused = FusedConvolution(layer, norm if has_norm else None, function)
    for size in (12, 17):  # packed for the first size, used for any
        x = 3 * torch.randn(2, 4, size, size)
        expected = nn.Sequential(*row)(x)
        for memory_format in (torch.contiguous_format, torch.channels_last):
            actual = fused(x.contiguous(memory_format=memory_format))
            assert (actual - expected).abs().max() <= 3e-6 * expected.abs().max()


def test_the_folded_weights_are_those_of_the_formula() -> None:
    layer, norm = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, eps=0.0).eval()
    with torch.no_grad():
        layer.weight.fill_(3.0)
        layer.bias.fill_(5.0)  # type: ignore[union-attr]
        norm.weight.fill_(2.0)
        norm.bias.fill_(7.0)
        norm.running_mean.fill_(1.0)  # type: ignore[union-attr]
        norm.running_var.fill_(4.0)  # type: ignore[union-attr]
    weight, bias = fold_weights(layer, norm)
    assert weight.item() == 3.0  # 3 * 2 / 2
    assert bias is not None
    assert bias.item() == 11.0  # (5 - 1) * 2 / 2 + 7
    assert is_supported()
