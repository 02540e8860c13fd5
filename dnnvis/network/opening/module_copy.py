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
#: What a function may hold on to of a network: its parts, its tensors, and what it stores in.
HELD_BY_FUNCTIONS = (nn.Module, Tensor, dict, *SEQUENCES, types.FunctionType, types.MethodType)


def copy_module(module: nn.Module) -> tuple[nn.Module, tuple[str, ...]]:
    """Return a deep copy of ``module``, and a note where there is none.

    Tensors inside that were computed with gradients (old weight norm, pruning, features of the
    latest pass) are copied as plain values; locks, files and whatever else cannot be copied are
    shared with the original; compiled parts are copied as they were written; hooks and lambdas
    that refer to the module refer to its copy. Where a copy is still impossible, ``module`` itself
    is returned.

    Args:
        module: The module; it stays as it is.

    Returns:
        The copy and no note, or ``module`` and one sentence.
    """
    try:
        with torch.inference_mode(False):
            memo, functions = _prepare_memo(module)
            for part in module.modules():
                inner = part._modules.get("_orig_mod")
                if inner is not None and id(part) not in memo:
                    memo[id(part)] = copy.deepcopy(inner, memo)
            module_copy = copy.deepcopy(module, memo)
            for function in functions:
                function.bind(memo)
            return module_copy, ()
    except Exception as error:  # a module's own way to copy itself may raise anything
        logging.getLogger(__name__).info("%s", error)
        return module, (
            f"The module could not be copied ({describe_error(error)}), so it is used itself: "
            "put it back into training mode, and its weights to requires_grad, where you go on.",
        )


class _FunctionCopy:
    """A copy of a function whose variables from outside can be other ones than the original's."""

    def __init__(self, function: types.FunctionType, cells: dict[int, types.CellType]) -> None:
        self._original = function
        closure = [cells.setdefault(id(c), types.CellType()) for c in function.__closure__ or ()]
        self.function = types.FunctionType(
            function.__code__, function.__globals__, function.__name__, None, tuple(closure)
        )
        self.function.__dict__.update(function.__dict__)

    def bind(self, memo: dict[int, Any]) -> None:
        """Fill in the variables and default values, those of the network as its copy has them."""
        function, original = self.function, self._original
        for cell, new_cell in zip(
            original.__closure__ or (), function.__closure__ or (), strict=True
        ):
            for value in _values_of_cell(cell):
                new_cell.cell_contents = _copy_held(value, memo)
        if original.__defaults__:
            function.__defaults__ = tuple(_copy_held(v, memo) for v in original.__defaults__)
        if original.__kwdefaults__:
            values = original.__kwdefaults__.items()
            function.__kwdefaults__ = {name: _copy_held(v, memo) for name, v in values}


def _values_of_cell(cell: types.CellType) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:  # not set yet
        return []


def _copy_held(value: Any, memo: dict[int, Any]) -> Any:
    return copy.deepcopy(value, memo) if isinstance(value, HELD_BY_FUNCTIONS) else value


def _values_held_by(function: types.FunctionType) -> list[Any]:
    """Return what a function has of a network in variables from outside and default values."""
    values = [v for cell in function.__closure__ or () for v in _values_of_cell(cell)]
    values += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return [value for value in values if isinstance(value, HELD_BY_FUNCTIONS)]


def _prepare_memo(module: nn.Module) -> tuple[dict[int, Any], list[_FunctionCopy]]:
    """Return what deep copies of ``module`` take for its parts that cannot be copied, by id.

    And of these the copies of functions, whose variables are to be filled in afterwards.
    """
    memo: dict[int, Any] = {}
    functions: list[_FunctionCopy] = []
    cells: dict[int, types.CellType] = {}
    seen: dict[int, Any] = {}  # the objects too: ids stay unique only while they live
    waiting: list[Any] = [module]
    while waiting:
        value = waiting.pop()
        if isinstance(value, types.FunctionType) and id(value) not in seen:
            held = _values_held_by(value)
            if held:
                seen[id(value)] = value
                functions.append(_FunctionCopy(value, cells))
                memo[id(value)] = functions[-1].function
                waiting.extend(held)
        if isinstance(value, ATOMIC) or id(value) in seen:
            continue
        seen[id(value)] = value
        if isinstance(value, Tensor):
            replacement = _replace_tensor(value)
            if replacement is not None:
                memo[id(value)] = replacement
            continue
        parts = _parts_of(value)
        if parts is None:
            memo[id(value)] = value
        else:
            waiting.extend(parts)
    return memo, functions


def _replace_tensor(value: Tensor) -> Tensor | None:
    """Return what stands for a tensor that Python's deep copy refuses; None where it does not."""
    if isinstance(value, UninitializedBuffer):  # torch copies lazy parameters only
        kind: Any = {"device": value.data.device, "dtype": value.data.dtype}
        return UninitializedBuffer(**kind)
    if not is_lazy(value) and (value.is_inference() or not value.is_leaf):
        return value.detach().clone()
    return None


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
