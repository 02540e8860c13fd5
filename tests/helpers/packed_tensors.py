"""A class of tensors that is not torch's own."""

from typing import Any

import torch
from torch import Tensor


class Packed(Tensor):
    """Numbers that only ``dequantize`` gives, as those of torchao."""

    def __new__(cls, steps: Tensor, scale: float) -> "Packed":
        own = Tensor._make_wrapper_subclass(cls, steps.shape, dtype=torch.float32)
        own.steps, own.scale = steps, scale
        return own

    def __tensor_flatten__(self) -> tuple[list[str], Any]:
        return ["steps"], self.scale

    def dequantize(self) -> Tensor:
        return self.steps.float() * self.scale

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.ops.aten.detach.default, torch.ops.aten.clone.default):
            return cls(args[0].steps, args[0].scale)
        raise NotImplementedError(f"{func} of a packed tensor")
