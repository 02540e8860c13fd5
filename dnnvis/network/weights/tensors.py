"""Build tensors of what torch's pickles say of them: a storage, an offset, a shape, strides."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dnnvis.core.inert_pickle import InertObject, PickleError

MAX_DIMENSIONS = 64
#: A tensor may have more elements than its storage (expanded ones do), but not beyond all measure.
MAX_EXPANSION = 64
MIN_EXPANDED = 1 << 22  # elements that are never too many
DTYPES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
    "ComplexFloat": torch.complex64,
    "ComplexDouble": torch.complex128,
    "QInt8": torch.int8,
    "QUInt8": torch.uint8,
    "QInt32": torch.int32,
    "Untyped": torch.uint8,
}


@dataclass(frozen=True)
class StorageKind:
    """What a storage holds, by the name of its class."""

    dtype: torch.dtype
    is_untyped: bool = False


@dataclass(frozen=True, eq=False)
class Storage:
    """The numbers that tensors look at."""

    #: Bytes, uint8 (N,).
    data: Tensor
    dtype: torch.dtype


@dataclass(frozen=True, eq=False)
class Quantized:
    """Quantized weights while they are read; they become float32."""

    tensor: Tensor


def storage_names() -> dict[str, Any]:
    """Return the names of storages and number types in pickles, and what they stand for."""
    names: dict[str, Any] = {}
    for kind, dtype in DTYPES.items():
        for module in ("torch", "torch.cuda", "torch.storage"):
            names[f"{module}.{kind}Storage"] = StorageKind(dtype, kind == "Untyped")
    for name in dir(torch):
        value = getattr(torch, name)
        if isinstance(value, torch.dtype):
            names[f"torch.{name}"] = value
    return names


def tensor_functions(on_quantized: Callable[[], None]) -> dict[str, Callable[..., Any]]:
    """Return the functions by which pickles rebuild tensors.

    Args:
        on_quantized: Called where quantized numbers become float32.
    """

    def rebuild_quantized(
        storage: Any, offset: Any, size: Any, stride: Any, how: Any, *rest: Any
    ) -> Tensor:
        on_quantized()
        return _dequantize(view_storage(storage, offset, size, stride), how)

    return {
        "torch._utils._rebuild_tensor": view_storage,
        "torch._utils._rebuild_tensor_v2": _view_and_more,
        "torch._utils._rebuild_tensor_v3": _view_as_type,
        "torch._utils._rebuild_qtensor": rebuild_quantized,
        "torch._utils._rebuild_parameter": _first,
        "torch._utils._rebuild_parameter_with_state": _first,
        "torch.nn.parameter.Parameter": _first,
        "torch.nn.parameter.Buffer": _first,
        "torch.Tensor": _first,
        "torch._tensor._rebuild_from_type_v2": _rebuild_from_type,
        "torch._utils._rebuild_sparse_tensor": _rebuild_sparse,
        "torch.serialization._get_layout": lambda name: name,
    }


def _first(value: Any = None, *rest: Any) -> Any:
    return value


def _view_and_more(storage: Any, offset: Any, size: Any, stride: Any, *rest: Any) -> Tensor:
    return view_storage(storage, offset, size, stride)


def _view_as_type(
    storage: Any, offset: Any, size: Any, stride: Any, grad: Any, hooks: Any, dtype: Any, *rest: Any
) -> Tensor:
    if not isinstance(storage, Storage) or not isinstance(dtype, torch.dtype):
        raise PickleError("a tensor of no number type")
    return view_storage(Storage(storage.data, dtype), offset, size, stride)


def view_storage(storage: Any, offset: Any, size: Any, stride: Any) -> Tensor:
    """Return a tensor over a storage, every element of which lies inside."""
    if not isinstance(storage, Storage):
        raise PickleError("a tensor without numbers")
    sides, steps = tuple(map(operator.index, size)), tuple(map(operator.index, stride))
    start = operator.index(offset)
    if len(sides) != len(steps) or len(sides) > MAX_DIMENSIONS:
        raise PickleError("a tensor whose shape and strides differ")
    if start < 0 or any(side < 0 for side in sides) or any(step < 0 for step in steps):
        raise PickleError("a tensor of negative size")
    flat = as_type(storage.data, storage.dtype)
    count = math.prod(sides)
    last = start + sum((side - 1) * step for side, step in zip(sides, steps, strict=True))
    if count and last >= flat.numel():
        raise PickleError("a tensor larger than its numbers")
    if count > max(MIN_EXPANDED, MAX_EXPANSION * flat.numel()):
        raise PickleError("a tensor beyond all measure")
    return torch.as_strided(flat, sides, steps, start) if count else flat.new_empty(sides)


def as_type(data: Tensor, dtype: torch.dtype) -> Tensor:
    """Return bytes (N,) as numbers, those of a last one that is cut short left out."""
    size = dtype.itemsize
    whole = data[: len(data) - len(data) % size]
    return whole.view(dtype) if len(whole) else torch.empty(0, dtype=dtype)


def _dequantize(numbers: Tensor, how: Any) -> Tensor:
    """Return (q - zero point) * scale, of the whole tensor or of each slice of an axis."""
    if not isinstance(how, tuple) or len(how) < 3:
        raise PickleError("quantized numbers without a scale")
    _, scale, zero = how[:3]
    # in the type and the order of torch's own, so that no number differs in its last bit
    values = numbers.int()
    if isinstance(scale, Tensor) and len(how) > 3:
        shape = [1] * numbers.dim()
        shape[operator.index(how[3])] = -1
        scale, zero = scale.reshape(shape), zero.reshape(shape)
        if zero.is_floating_point():
            return torch.as_tensor(numbers.float() * scale.float() + zero.float())
        return torch.as_tensor((values - zero.int()).float() * scale.float())
    step = torch.tensor(float(scale), dtype=torch.float32)
    return torch.as_tensor((values - operator.index(zero)).float() * step)


def _rebuild_from_type(function: Any, kind: Any, args: Any, state: Any = None) -> Any:
    if isinstance(function, InertObject | type) or not isinstance(args, tuple):
        return None
    return function(*args)


def _rebuild_sparse(layout: Any, data: Any) -> Any:
    """Return a sparse tensor whole, where that is not much; None otherwise."""
    try:
        indices, values, size = data[:3]
        count = math.prod(map(operator.index, size))
        if count > max(MIN_EXPANDED, MAX_EXPANSION * values.numel()):
            return None
        sparse = torch.sparse_coo_tensor(indices, values, tuple(size), check_invariants=True)
        return sparse.to_dense()
    except (TypeError, ValueError, RuntimeError, AttributeError):
        return None
