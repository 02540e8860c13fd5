"""Copy modules that Python's own deep copy refuses."""

import copy
import copyreg
import logging
import types
import weakref
from collections import deque
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, is_lazy

from dnnvis.network.opening.user_code import describe_error

ATOMIC = (
    *(type(None), int, float, bool, complex, bytes, str, type, range, property, slice),
    *(types.CodeType, types.BuiltinFunctionType, types.FunctionType, weakref.ref),
)
SEQUENCES = (list, tuple, set, frozenset, deque)


def copy_module(module: nn.Module) -> tuple[nn.Module, tuple[str, ...]]:
    """Return a deep copy of ``module``, and a note where there is none.

    Tensors inside that were computed with gradients (old weight norm, pruning, features of the
    latest pass) are copied as plain values; locks, files and whatever else cannot be copied are
    shared with the original; compiled parts are copied as they were written. Where a copy is still
    impossible, ``module`` itself is returned.

    Args:
        module: The module; it stays as it is.

    Returns:
        The copy and no note, or ``module`` and one sentence.
    """
    try:
        with torch.inference_mode(False):
            memo = _prepare_memo(module)
            for part in module.modules():
                inner = part._modules.get("_orig_mod")
                if inner is not None and id(part) not in memo:
                    memo[id(part)] = copy.deepcopy(inner, memo)
            return copy.deepcopy(module, memo), ()
    except Exception as error:  # a module's own way to copy itself may raise anything
        logging.getLogger(__name__).info("%s", error)
        return module, (
            f"The module could not be copied ({describe_error(error)}), so it is used itself: "
            "put it back into training mode, and its weights to requires_grad, where you go on.",
        )


def _prepare_memo(module: nn.Module) -> dict[int, Any]:
    """Return what deep copies of ``module`` take for its parts that cannot be copied, by id."""
    memo: dict[int, Any] = {}
    seen: dict[int, Any] = {}  # the objects too: ids stay unique only while they live
    waiting: list[Any] = [module]
    while waiting:
        value = waiting.pop()
        if isinstance(value, ATOMIC) or id(value) in seen:
            continue
        seen[id(value)] = value
        if isinstance(value, Tensor):
            if isinstance(value, UninitializedBuffer):  # torch copies lazy parameters only
                kind: Any = {"device": value.data.device, "dtype": value.data.dtype}
                memo[id(value)] = UninitializedBuffer(**kind)
            elif not is_lazy(value) and (value.is_inference() or not value.is_leaf):
                memo[id(value)] = value.detach().clone()
            continue
        parts = _parts_of(value)
        if parts is None:
            memo[id(value)] = value
        else:
            waiting.extend(parts)
    return memo


def _parts_of(value: Any) -> Iterable[Any] | None:
    """Return what a deep copy of ``value`` copies along; None where it cannot be copied."""
    if isinstance(value, nn.Module):
        return list(vars(value).values())
    if isinstance(value, dict):
        return [*value.keys(), *value.values(), *getattr(value, "__dict__", {}).values()]
    if isinstance(value, SEQUENCES):
        return list(value)
    if isinstance(value, types.MethodType):
        return [value.__self__]
    if hasattr(type(value), "__deepcopy__"):
        return ()
    return _reduce(value)


def _reduce(value: Any) -> Iterable[Any] | None:
    """Return the parts by which Python rebuilds an object; None where it refuses."""
    reducer = copyreg.dispatch_table.get(type(value))
    try:
        recipe = reducer(value) if reducer else value.__reduce_ex__(4)
    except Exception:  # a lock, a file, a generator, a module; or whatever an own __reduce__ raises
        return None
    if isinstance(recipe, str):
        return ()
    parts: list[Any] = [*recipe[1], *recipe[2:3]]
    for items in recipe[3:5]:
        parts.extend(items or ())
    return parts
