"""Turn what a layer returns into numbers that can be shown: one rule for every kind of tensor."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Array = NDArray[np.float32]
PLAIN_TYPES = (Tensor, nn.Parameter)
SHOWN_TYPES = (torch.float32, torch.float64)
MIN_TILED_CHANNELS = 128  # of fewer NumPy's copy is as fast
UNREADABLE = "values that cannot be read, shown as NaN"


def as_shown(value: Tensor) -> Tensor:
    """Return a tensor's values as dense, real floating-point numbers, part of its graph.

    Of complex numbers it is the absolute value (whose gradient is finite, 0 at 0); quantized ones
    are dequantized, sparse ones filled up with zeros, nested ones padded with zeros to the longest
    of them; whole numbers and those of less than 32 bits become float32. Where there are no values
    (the device ``meta``), or none that torch can convert, all are NaN.

    Args:
        value: Any tensor.

    Returns:
        float32 or float64, strided; ``value`` itself where nothing is to be done.
    """
    if _is_plain(value):
        return value
    try:
        return _convert(value)
    except Exception:  # a class of tensors that is not torch's own may raise anything
        return torch.full(_shape_of(value), torch.nan)


def describe_values(value: Tensor) -> str:
    """Return what a reader must know about the numbers of ``as_shown``; "" where nothing."""
    if _is_plain(value):
        return ""
    if value.is_meta:
        return UNREADABLE
    if value.is_nested:
        return "nested values, padded with zeros"
    if value.is_quantized or _is_packed(value):
        return "quantized values, dequantized"
    if type(value) not in PLAIN_TYPES and not _is_readable(value):
        return UNREADABLE
    return "absolute value of complex numbers" if value.is_complex() else ""


def to_float32(value: Tensor) -> Array:
    """Return a tensor of any type and device as a float32 array, which may share its memory.

    What the numbers are is said at ``as_shown``.
    """
    shown = as_shown(value.detach()).to("cpu", torch.float32).resolve_neg()
    return np.ascontiguousarray(_channels_first(shown).numpy())


def _channels_first(values: Tensor) -> Tensor:
    """Return maps (C, H, W) of many channels that lie side by side in memory map by map.

    As a matrix, which torch transposes by tiles: of 3,072 maps four times as fast as NumPy.
    """
    if values.dim() != 3 or values.shape[0] < MIN_TILED_CHANNELS or values.stride(0) != 1:
        return values
    channels, height, width = values.shape
    if values.stride()[1:] != (width * channels, channels):
        return values
    rows = values.permute(1, 2, 0).reshape(height * width, channels)  # a view
    return rows.t().contiguous().view(channels, height, width)


def _is_plain(value: Tensor) -> bool:
    return (
        value.dtype in SHOWN_TYPES
        and value.layout == torch.strided
        and type(value) in PLAIN_TYPES
        and not (value.is_nested or value.is_meta)
    )


def _convert(value: Tensor) -> Tensor:
    if value.is_meta:
        return torch.full(_shape_of(value), torch.nan)
    if value.is_nested:
        value = torch.nested.to_padded_tensor(value, 0.0)
    elif value.is_quantized:
        value = value.dequantize()
    elif type(value) not in PLAIN_TYPES:
        value = _unpack(value)
    if value.layout != torch.strided:
        value = value.to_dense()
    if value.dtype == torch.complex32:
        value = value.to(torch.complex64)
    if value.is_complex():
        value = value.abs()
    return value if value.dtype in SHOWN_TYPES else value.float()


def _is_packed(value: Tensor) -> bool:
    """Return whether the class of a tensor has its own way to its numbers, as those of torchao."""
    own = getattr(type(value), "dequantize", None)
    return callable(own) and own is not Tensor.dequantize


def _is_readable(value: Tensor) -> bool:
    try:
        _unpack(value)
    except Exception:  # see as_shown
        return False
    return True


def _unpack(value: Tensor) -> Tensor:
    """Return the numbers of a tensor of another class; raises where none can be read."""
    if _is_packed(value):
        return torch.as_tensor(value.dequantize())
    value.detach().reshape(-1)[:1].cpu().numpy()  # raises for a wrapper around other tensors
    return value.as_subclass(Tensor)


def _shape_of(value: Tensor) -> tuple[int, ...]:
    return tuple(int(side) for side in value.shape)
