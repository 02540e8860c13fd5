"""Find what a network remembers from one pass to the next, and put it back.

A spiking network keeps potentials, a streaming one its last frames, others a counter or a running
mean: in buffers, in plain attributes, in lists and dictionaries of these. What changes with every
pass makes a picture depend on those before it, and holds on to their graphs.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

MAX_DEPTH = 4  # of containers inside each other
MAX_ITEMS = 4096  # of one container; larger ones are data, not a state
OWN_ATTRIBUTES = frozenset(nn.Module().__dict__) | {"_compiled_call_impl"}
CONTAINERS = (list, tuple, deque, set, dict)
PLAIN = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device, torch.Size)


class _Absent:
    """What an attribute that does not exist yet holds."""


ABSENT = _Absent()
Slot = tuple[nn.Module, str, bool]  # module, name, whether it is a buffer


class Unreadable(Exception):
    """A value is no plain state."""


@dataclass(frozen=True, eq=False)
class StateCopy:
    """What a module held in buffers and attributes at one time."""

    values: dict[tuple[int, str], tuple[Slot, Any]]
    #: Of each parameter, how often it had been changed in place.
    versions: dict[str, int]
    #: The module and its parts.
    owners: tuple[nn.Module, ...] = ()


def copy_state(module: nn.Module) -> StateCopy:
    """Return copies of all buffers and attributes of ``module`` and its parts."""
    values: dict[tuple[int, str], tuple[Slot, Any]] = {}
    memo: dict[int, Tensor] = {}
    for owner, name, is_buffer in _iter_slots(module):
        try:
            value = _copy(_read(owner, name, is_buffer), memo, 0)
        except Unreadable:
            continue
        values[id(owner), name] = ((owner, name, is_buffer), value)
    versions = {name: _version(value) for name, value in module.named_parameters()}
    return StateCopy(values, versions, tuple(module.modules()))


def find_changed_slots(previous: StateCopy, module: nn.Module) -> list[Slot]:
    """Return the buffers and attributes of ``module`` that differ from ``before`` by now.

    What holds a module by now is no state: a part that the first pass builds stays, as it is.
    """
    changed = []
    owners = set(map(id, previous.owners))
    slots = (slot for slot in _iter_slots(module) if id(slot[0]) in owners)
    now = {(id(owner), name): (owner, name, kind) for owner, name, kind in slots}
    for key, slot in now.items():
        current = _read(*slot)
        if key not in previous.values:
            if _is_state(current):
                changed.append(slot)
        elif not _equal(previous.values[key][1], current, 0) and not _holds_module(current):
            changed.append(slot)
    gone = (slot for key, (slot, _) in previous.values.items() if key not in now)
    return changed + [slot for slot in gone if not _is_registered(*slot[:2])]


def find_changed_parameters(previous: StateCopy, module: nn.Module) -> list[str]:
    """Return the parameters that were changed in place since ``before``."""
    return [
        name
        for name, value in module.named_parameters()
        if previous.versions.get(name, _version(value)) != _version(value)
    ]


def find_slots_with_graph(module: nn.Module) -> list[Slot]:
    """Return the attributes that hold on to the graph of an earlier pass."""
    return [slot for slot in _iter_slots(module) if _has_graph(_read(*slot), 0)]


def is_inside_parametrization(name: str) -> bool:
    """Return whether a module computes a weight of another one, rather than something to see."""
    return "parametrizations" in name.split(".")


class StateKeeper:
    """The values of a module's slots before its first pass, to be put back after each."""

    def __init__(self, previous: StateCopy, slots: list[Slot]) -> None:
        self._values = [
            (slot, previous.values.get((id(slot[0]), slot[1]), (slot, ABSENT))[1]) for slot in slots
        ]

    def __bool__(self) -> bool:
        return bool(self._values)

    def restore(self) -> None:
        """Put every value back: as a copy, so that no pass can change what is kept."""
        memo: dict[int, Tensor] = {}
        for (owner, name, is_buffer), value in self._values:
            store = owner._buffers if is_buffer else owner.__dict__
            if value is ABSENT:
                store.pop(name, None)
            else:
                store[name] = _copy(value, memo, 0)

    def for_copy(self, module: nn.Module, module_copy: nn.Module) -> "StateKeeper":
        """Return a keeper of the same slots of a copy of the module."""
        names = {id(part): name for name, part in module.named_modules()}
        parts = dict(module_copy.named_modules())
        result = StateKeeper(StateCopy({}, {}), [])
        result._values = [
            ((parts[names[id(owner)]], name, is_buffer), value)
            for (owner, name, is_buffer), value in self._values
            if names.get(id(owner)) in parts
        ]
        return result


def slot_names(module: nn.Module, slots: list[Slot]) -> list[str]:
    """Return the full names of places, as ``features.0.seen``."""
    names = {id(part): name for name, part in module.named_modules()}
    full = (".".join(filter(None, (names.get(id(owner), ""), name))) for owner, name, _ in slots)
    return list(dict.fromkeys(full))


def hidden_modules(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield modules that lie in plain lists, tuples and dictionaries, where torch sees none."""
    known = set(map(id, module.modules()))
    for owner_name, owner in module.named_modules():
        if isinstance(owner, torch.jit.ScriptModule):
            continue
        for name, value in owner.__dict__.items():
            if name in OWN_ATTRIBUTES:
                continue
            for path, inner in _iter_modules(value, name, 0):
                if id(inner) not in known:
                    known.update(map(id, inner.modules()))
                    yield ".".join(filter(None, (owner_name, path))), inner


def _iter_modules(value: Any, path: str, depth: int) -> Iterator[tuple[str, nn.Module]]:
    if isinstance(value, torch.jit.ScriptModule):
        return
    if isinstance(value, nn.Module):
        yield path, value
    elif depth < MAX_DEPTH and isinstance(value, list | tuple) and len(value) <= MAX_ITEMS:
        for number, item in enumerate(value):
            yield from _iter_modules(item, f"{path}[{number}]", depth + 1)
    elif depth < MAX_DEPTH and isinstance(value, dict) and len(value) <= MAX_ITEMS:
        for key, item in value.items():
            yield from _iter_modules(item, f"{path}[{key!r}]", depth + 1)


def _iter_slots(module: nn.Module) -> Iterator[Slot]:
    for owner in module.modules():
        if isinstance(owner, torch.jit.ScriptModule):
            continue
        for name in list(owner._buffers):
            yield owner, name, True
        for name in list(owner.__dict__):
            if name not in OWN_ATTRIBUTES:
                yield owner, name, False


def _is_registered(owner: nn.Module, name: str) -> bool:
    """Return whether an attribute has become a part or a parameter of its module."""
    return name in owner._modules or name in owner._parameters


def _holds_module(value: Any) -> bool:
    return next(_iter_modules(value, "", 0), None) is not None


def _read(owner: nn.Module, name: str, is_buffer: bool) -> Any:
    return (owner._buffers if is_buffer else owner.__dict__).get(name, ABSENT)


def _version(value: Tensor) -> int:
    return 0 if value.is_inference() else value._version


def _is_state(value: Any) -> bool:
    try:
        _copy(value, {}, 0)
    except Unreadable:
        return False
    return True


def _has_graph(value: Any, depth: int) -> bool:
    if isinstance(value, Tensor):
        return value.grad_fn is not None
    if depth > MAX_DEPTH or not isinstance(value, list | tuple | dict) or len(value) > MAX_ITEMS:
        return False
    items = value.values() if isinstance(value, dict) else value
    return any(_has_graph(item, depth + 1) for item in items)


def _copy(value: Any, memo: dict[int, Tensor], depth: int) -> Any:
    """Copy tensors, numbers and texts, also in containers; raise Unreadable for all else."""
    if isinstance(value, PLAIN) or value is ABSENT:
        return value
    if isinstance(value, nn.Parameter) or depth > MAX_DEPTH:
        raise Unreadable
    if isinstance(value, Tensor):
        if id(value) not in memo:
            memo[id(value)] = value.detach().clone()
        return memo[id(value)]
    if not isinstance(value, CONTAINERS) or len(value) > MAX_ITEMS:
        raise Unreadable
    return _copy_container(value, memo, depth + 1)


def _copy_container(value: Any, memo: dict[int, Tensor], depth: int) -> Any:
    if isinstance(value, dict):
        copy = {key: _copy(item, memo, depth) for key, item in value.items()}
        return copy if type(value) is dict else _refill(value, copy)
    items = [_copy(item, memo, depth) for item in value]
    if isinstance(value, deque):
        return deque(items, value.maxlen)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*items)
    if type(value) in (list, tuple, set):
        return type(value)(items)
    raise Unreadable


def _refill(value: Any, copy: dict[Any, Any]) -> Any:
    """Return ``copy`` as a dictionary of the kind of ``value``."""
    try:
        other = value.copy()
        other.clear()
        other.update(copy)
    except Exception:  # a class of the network's own
        raise Unreadable from None
    return other


def _equal(kept: Any, current: Any, depth: int) -> bool:
    if isinstance(kept, Tensor) and isinstance(current, Tensor):
        if kept.shape != current.shape or kept.dtype != current.dtype:
            return False
        if kept.device != current.device or kept.is_quantized or kept.layout != current.layout:
            return kept is current
        return torch.equal(kept.nan_to_num(), current.detach().nan_to_num())
    if depth > MAX_DEPTH or type(kept) is not type(current):
        return False
    if isinstance(kept, dict):
        return kept.keys() == current.keys() and all(
            _equal(item, current[key], depth + 1) for key, item in kept.items()
        )
    if isinstance(kept, list | tuple | deque):
        return len(kept) == len(current) and all(
            _equal(a, b, depth + 1) for a, b in zip(kept, current, strict=True)
        )
    same: bool = kept == current or (kept != kept and current != current)  # NaN
    return same
