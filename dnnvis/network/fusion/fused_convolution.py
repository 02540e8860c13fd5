"""A convolution that does what the batch norm and the rectifier behind it would do as well.

In eval mode a batch norm is one multiplication and one addition a channel, which the convolution
before it can do (Jacob et al. 2018, "Quantization and Training of Neural Networks", section 3.2,
equation 14). oneDNN applies a rectifier while a value is still in a register, and its kernels read
weights in a layout of their own, which torch makes anew at each call unless they are packed once.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from dnnvis.network.fusion.channel_edit import ChainEdits, fold_edits

NO_EDITS = ChainEdits()


class Activation(NamedTuple):
    """An elementwise function that oneDNN computes at the end of a convolution."""

    #: Its name there.
    name: str
    #: Its numbers: the limits of a clamp.
    scalars: tuple[float, ...] = ()


IDENTITY = Activation("none")
#: Module -> its function.
ACTIVATIONS: dict[type[nn.Module], Activation] = {
    nn.ReLU: Activation("relu"),
    nn.ReLU6: Activation("hardtanh", (0.0, 6.0)),
    nn.Hardswish: Activation("hardswish"),
    nn.SiLU: Activation("swish"),
}


def is_supported() -> bool:
    """Return whether this build of torch has what a fused convolution is made of."""
    names = ("_convolution_pointwise", "_reorder_convolution_weight")
    available = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return bool(available) and all(hasattr(torch.ops.mkldnn, name) for name in names)


class FusedConvolution(nn.Module):
    """A convolution with what follows it, on the processor; float32 (B, C, H, W) in and out."""

    def __init__(
        self,
        layer: nn.Conv2d,
        norm: nn.BatchNorm2d | None,
        activation: Activation,
        edits: ChainEdits = NO_EDITS,
    ) -> None:
        super().__init__()
        if edits.layer:
            weight, bias = fold_edits((layer.weight.detach(), layer.bias), edits.layer)
            weight, bias = fold_weights(SimpleNamespace(weight=weight, bias=bias), norm)
        else:
            weight, bias = fold_weights(layer, norm)
        weight, bias = fold_edits((weight, bias), (*edits.norm, *edits.activation))
        self._geometry: tuple[Any, ...] = (
            list(layer.padding),
            list(layer.stride),
            list(layer.dilation),
            layer.groups,
        )
        self._activation = activation
        self._weight: Tensor | None = weight  # until the first pass says what size it is for
        self._packed: Tensor | None = None
        self._bias = bias

    def forward(self, x: Tensor) -> Tensor:
        """Return the activations of ``x``."""
        if self._packed is None:
            self._packed = torch.ops.mkldnn._reorder_convolution_weight(
                self._weight, *self._geometry, list(x.shape)
            )
            self._weight = None
        name, scalars = self._activation
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self._packed, self._bias, *self._geometry, name, list(scalars), ""
        )
        return result


def fold_weights(layer: Any, norm: Any) -> tuple[Tensor, Tensor | None]:
    """Return the weight and bias with which ``layer`` does what ``norm`` does after it.

    Computed on the processor, in float64, which Apple's MPS lacks (Jacob et al. 2018, equation 14).

    Args:
        layer: A convolution or a dense layer of torch's own.
        norm: A batch norm with fixed statistics; None: there is none.

    Returns:
        (weight like the layer's, bias (O,) or None); those of the layer itself without a norm.
    """
    if norm is None:
        return layer.weight.detach(), None if layer.bias is None else layer.bias.detach()
    scale = (_to_float64(norm.running_var) + norm.eps).rsqrt()  # (O,)
    if norm.weight is not None:
        scale = scale * _to_float64(norm.weight)
    shift = -_to_float64(norm.running_mean) * scale
    if norm.bias is not None:
        shift = shift + _to_float64(norm.bias)
    if layer.bias is not None:
        shift = shift + _to_float64(layer.bias) * scale
    weight = _to_float64(layer.weight) * scale.view(-1, *(1,) * (layer.weight.dim() - 1))
    return weight.to(layer.weight), shift.to(layer.weight)


def _to_float64(values: Tensor) -> Tensor:
    return values.detach().to("cpu", torch.float64)
