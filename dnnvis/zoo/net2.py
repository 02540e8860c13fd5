"""Build Net2: the all-convolutional CIFAR-10 classifier of Pardo et al. 2019, Table 1."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

CONVOLUTIONS = ((96, 1), (96, 1), (96, 2), (192, 1), (192, 1), (192, 2), (192, 1))
DENSE = (512, 512, 512)


def net2(norm: bool = False, classes: int = 10) -> nn.Sequential:
    """Build Net2 for images (B, 3, 32, 32).

    2x96(3x3), 96(3x3, stride 2), 2x192(3x3), 192(3x3, stride 2), 192, global average,
    3x512 dense, 10 sigmoid outputs, ELU throughout.

    The paper's table leaves the filter size of the last convolution open; it is 3x3 here.
    With ``norm`` each hidden layer is followed by batch norm (training only): ``fold``
    turns such a network into the plain one, which is the one that ships.
    ``classes`` is 10 in the paper.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels = 3
    for k, (width, stride) in enumerate(CONVOLUTIONS, 1):
        layers[f"conv{k}"] = nn.Conv2d(channels, width, 3, stride, padding=1, bias=not norm)
        if norm:
            layers[f"norm{k}"] = nn.BatchNorm2d(width)
        layers[f"elu{k}"] = nn.ELU()
        channels = width
    layers["pool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    for k, width in enumerate(DENSE, 1):
        layers[f"dense{k}"] = nn.Linear(channels, width, bias=not norm)
        if norm:
            layers[f"dense_norm{k}"] = nn.BatchNorm1d(width)
        layers[f"dense_elu{k}"] = nn.ELU()
        channels = width
    layers["out"] = nn.Linear(channels, classes)
    layers["sigmoid"] = nn.Sigmoid()
    return nn.Sequential(layers)


@torch.no_grad()
def fold(trained: nn.Sequential) -> nn.Sequential:
    """Return the plain ``net2()`` that computes what ``net2(norm=True)`` computes in eval mode.

    A batch norm is the map y = (x - m) * g / sqrt(v + eps) + b, which the convolution or
    dense layer before it absorbs into its weights and bias.
    """
    plain = net2()
    for name, layer in plain.named_children():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        source = getattr(trained, name)
        norm = getattr(trained, _norm_of(name), None)
        if not isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.load_state_dict(source.state_dict())
            continue
        mean, variance = norm.running_mean, norm.running_var
        assert mean is not None  # batch norm keeps both by default
        assert variance is not None
        gain: Tensor = norm.weight / (variance + norm.eps).sqrt()  # (C,)
        layer.weight.copy_(source.weight * gain.reshape(-1, *[1] * (source.weight.dim() - 1)))
        assert layer.bias is not None
        layer.bias.copy_(norm.bias - mean * gain)
    return plain


def _norm_of(name: str) -> str:
    return name.replace("conv", "norm").replace("dense", "dense_norm")
