"""Make numbers of any kind of tensor."""

import torch
from torch import Tensor


def to_real(value: Tensor) -> Tensor:
    """Return float32 numbers: of quantized ones their values, of complex ones the absolute ones."""
    if value.is_quantized:
        value = value.dequantize()
    if value.layout != torch.strided:
        value = value.to_dense()
    if value.is_complex():
        value = value.abs()
    return value if value.dtype == torch.float32 else value.float()
