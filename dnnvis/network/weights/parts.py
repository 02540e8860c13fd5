"""Find the named weights in what a file holds: as they lie there, nested, or inside of modules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from dnnvis.core.inert_pickle import InertObject, as_plain

#: Keys under which files nest their weights, the likeliest first.
NESTED_KEYS = (
    *("state_dict", "model_state_dict", "model", "model_state", "net", "network", "weights"),
    *("params", "module", "ema", "ema_state_dict", "model_ema", "params_ema"),
)
#: Keys of what is no network's.
OTHER_STATES = (
    *("optimizer", "optimizer_state_dict", "optimizer_states", "optim", "optimizers"),
    *("lr_scheduler", "lr_schedulers", "scheduler", "scaler", "amp", "amp_scaler", "callbacks"),
    *("loops", "rng_state", "cuda_rng_state", "random_state", "hparams", "hyper_parameters"),
)
SCRIPT_NAMES = "__torch__."  # of classes in TorchScript
MAX_DEPTH = 8  # of what is looked for in what
MAX_ITEMS = 100_000  # of a list or a dictionary beside the weights


@dataclass(frozen=True)
class Part:
    """Named weights in a file."""

    #: Where they lie, as ``model.teacher``; "" for the file's own top.
    path: str
    state: dict[str, Tensor] = field(repr=False)


def find_parts(data: Any) -> list[Part]:
    """Return all named weights in what a file holds, the likeliest to be meant first.

    Each object is looked at once, however often it is referred to.
    """
    parts = [Part(path, state) for path, state in _iter_parts(data)]
    return sorted(parts, key=lambda part: _rank(part.path))


def _rank(path: str) -> tuple[int, ...]:
    """Return where a path stands in order: its keys by NESTED_KEYS; without any of them, last."""
    keys = path.split(".") if path else []
    known = [NESTED_KEYS.index(key) if key in NESTED_KEYS else len(NESTED_KEYS) for key in keys]
    return (*known, len(NESTED_KEYS) + 1) if known else (len(NESTED_KEYS),)


def _iter_parts(data: Any) -> Iterator[tuple[str, dict[str, Tensor]]]:
    seen: set[int] = set()
    waiting: list[tuple[tuple[str, ...], Any]] = [((), data)]
    while waiting:
        keys, value = waiting.pop(0)
        if id(value) in seen or len(keys) > MAX_DEPTH:
            continue
        seen.add(id(value))
        if isinstance(value, InertObject):
            state = read_module(value)
            if state:
                yield ".".join(keys), state
            continue
        if not isinstance(value, Mapping):
            continue
        state = {k: v for k, v in value.items() if isinstance(k, str) and isinstance(v, Tensor)}
        if state:
            yield ".".join(keys), state
        waiting.extend(
            ((*keys, key), inner)
            for key, inner in value.items()
            if isinstance(key, str) and key not in OTHER_STATES
        )


def read_module(top: InertObject) -> dict[str, Tensor]:
    """Return the weights of a pickled module by name; {} of any other object.

    Of a TorchScript module also tensors that are neither parameters nor buffers.
    """
    state: dict[str, Tensor] = {}
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", top)]
    while waiting:
        prefix, value = waiting.pop(0)
        if not isinstance(value, InertObject) or id(value) in seen:
            continue
        seen.add(id(value))
        fields = value.fields
        if value.name.startswith(SCRIPT_NAMES):
            state |= {f"{prefix}{k}": v for k, v in fields.items() if isinstance(v, Tensor)}
            waiting.extend((f"{prefix}{name}.", part) for name, part in fields.items())
            continue
        transient = fields.get("_non_persistent_buffers_set") or ()
        for kind in ("_parameters", "_buffers"):
            tensors = fields.get(kind)
            for name, tensor in tensors.items() if isinstance(tensors, Mapping) else ():
                if isinstance(tensor, Tensor) and name not in transient:
                    state[f"{prefix}{name}"] = tensor
        modules = fields.get("_modules")
        if isinstance(modules, Mapping):
            waiting.extend((f"{prefix}{name}.", part) for name, part in modules.items())
    return state


def find_facts(data: Any) -> dict[str, Any]:
    """Return the plain values beside the weights, the outermost first.

    Texts, numbers, and lists and dictionaries of these.
    """
    facts: dict[str, Any] = {}
    seen: set[int] = set()
    waiting: list[tuple[int, Any]] = [(0, data)]
    while waiting:
        depth, value = waiting.pop(0)
        if not isinstance(value, Mapping) or id(value) in seen or depth > MAX_DEPTH:
            continue
        seen.add(id(value))
        for key, inner in value.items():
            if isinstance(key, str) and not isinstance(inner, Tensor):
                plain = as_plain(inner)
                if is_plain(plain):
                    facts.setdefault(key, plain)
        waiting.extend((depth + 1, value[key]) for key in NESTED_KEYS if key in value)
    return facts


def is_plain(value: Any) -> bool:
    """Return whether a value holds nothing but texts, numbers, lists and dictionaries."""
    count = 0
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        current = waiting.pop()
        count += 1
        if count > MAX_ITEMS:
            return False
        if isinstance(current, str | int | float | bool):
            continue
        if id(current) in seen:
            if isinstance(current, list | dict):  # it may hold itself
                return False
            continue
        seen.add(id(current))
        if isinstance(current, list | tuple):
            waiting.extend(current)
        elif isinstance(current, dict):
            waiting.extend(current.keys())
            waiting.extend(current.values())
        else:
            return False
    return True
