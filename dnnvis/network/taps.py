"""The only place with forward hooks: reading what modules return, and stopping a pass."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import Cancelled


class Reached(Exception):  # noqa: N818
    """The pass got as far as was asked for."""


class Tap:
    """Keeps what one module returned, call after call, in ``values``.

    The original tensor is kept and a clone goes on through the network, so that a later
    in-place change (an in-place ReLU) does not falsify what was read, and so that the kept
    tensor is part of the autograd graph.
    """

    def __init__(self, name: str, keep: Callable[[nn.Module, Any], Any]) -> None:
        self.name = name
        self.values: list[Tensor] = []
        self.keep = keep

    def __call__(self, module: nn.Module, inputs: Any, output: Any) -> Any:
        value, passed_on = split(output)
        if value is None:
            return None
        self.keep(module, value)
        self.values.append(value)
        return passed_on


def split(output: Any) -> tuple[Tensor | None, Any]:
    """The tensor in what a module returned (the first one of a tuple or dict), and the same
    return value with a clone in its place; (None, None) where there is no tensor."""
    if isinstance(output, Tensor):
        return output, output.clone()
    if isinstance(output, tuple | list):
        for place, item in enumerate(output):
            if isinstance(item, Tensor):
                items = [item.clone() if k == place else other for k, other in enumerate(output)]
                return item, _like(output, items)
    if isinstance(output, dict):
        for key, item in output.items():
            if isinstance(item, Tensor):
                return item, type(output)({**output, key: item.clone()})
    return None, None


def _like(original: Any, items: list[Any]) -> Any:
    if hasattr(original, "_fields"):  # a named tuple
        return type(original)(*items)
    return type(original)(items)


@contextmanager
def tapped(
    module: nn.Module,
    names: Iterable[str],
    *,
    until: tuple[str, int] | None = None,
    keep: Callable[[nn.Module, Tensor], None] = lambda module, value: None,
) -> Iterator[dict[str, Tap]]:
    """Tap the submodules ``names`` while the ``with`` lasts; every hook is gone afterwards,
    also after an exception.

    ``until`` = (name, calls): raise Reached once that tapped module was called so often.
    ``keep`` is told of each value as it is read. Raises KeyError for an unknown name.
    """
    modules = dict(module.named_modules())
    taps = {name: Tap(name, keep) for name in names}
    handles = []
    try:
        for name, tap in taps.items():
            handles.append(modules[name].register_forward_hook(tap))
        if until is not None:
            handles.append(modules[until[0]].register_forward_hook(_stop(taps[until[0]], until[1])))
        yield taps
    finally:
        for handle in handles:
            handle.remove()


def _stop(tap: Tap, calls: int) -> Callable[..., None]:
    def stop(module: nn.Module, inputs: Any, output: Any) -> None:
        if len(tap.values) >= calls:
            raise Reached

    return stop


@contextmanager
def watched(
    module: nn.Module, after: Callable[[str, nn.Module, Any, Any], Any]
) -> Iterator[None]:
    """Call ``after(name, module, inputs, output)`` for every submodule that returns, and let
    what it returns (None = no change) go on."""
    handles = []

    def hook_for(name: str) -> Callable[..., Any]:
        return lambda submodule, inputs, output: after(name, submodule, inputs, output)

    try:
        for name, submodule in module.named_modules():
            if name:
                handles.append(submodule.register_forward_hook(hook_for(name)))
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def cancellable(flag: threading.Event) -> Iterator[None]:
    """Within, every module called on this thread raises Cancelled once ``flag`` is set."""
    here = threading.get_ident()

    def check(module: nn.Module, inputs: Any) -> None:
        if flag.is_set() and threading.get_ident() == here:
            raise Cancelled("The pass was cancelled.")

    handle = torch.nn.modules.module.register_module_forward_pre_hook(check)
    try:
        yield
    finally:
        handle.remove()


def hooks_on(module: nn.Module) -> int:
    """How many hooks of any kind sit on ``module`` and its submodules."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(m, kind)) for m in module.modules() for kind in kinds)
