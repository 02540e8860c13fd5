"""The only place with forward hooks: reading what modules return, and stopping a pass."""

import threading
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

from dnnvis.core.errors import Cancelled
from dnnvis.network.recurrent import Steps, given_to, inside, is_recurrent, steps_in


class Reached(BaseException):
    """The pass got as far as was asked for (no Exception, so that no network swallows it)."""


class Tap:
    """Keeps what one module returned, call after call.

    ``values`` are clones, so that a later in-place change (an in-place ReLU) does not falsify
    them; the network goes on with its own tensor, whatever it shares memory with. ``edges``
    are the places in the autograd graph where each value was made (None without gradients):
    ``torch.autograd.grad`` takes them as inputs.
    """

    def __init__(self) -> None:
        self.values: list[Tensor] = []
        self.edges: list[GradientEdge | None] = []

    def __call__(self, module: nn.Module, inputs: Any, output: Any) -> None:
        value = first_tensor(output)
        if value is not None:
            self.values.append(value.clone())
            self.edges.append(edge_of(value))

    def at_call(self, signal: Tensor, call: int) -> Tensor:
        """The part of a gradient that arrived at ``edges[call]`` which is that call's own."""
        return signal


class StepsTap(Tap):
    """Keeps what a recurrent module returned, time step after time step, each as a call.

    All steps of one call were made at one place of the graph, so they have the same edge.
    ``parts``: what happens inside (see ``recurrent.parts_of``), filled at the same time; these
    values are worked out beside the pass, where none but they themselves come from them.
    """

    def __init__(self, parts: Mapping[str, Tap]) -> None:
        super().__init__()
        self.parts = parts
        self._made: list[tuple[Steps, int]] = []

    def __call__(self, module: nn.Module, inputs: Any, output: Any) -> None:
        steps = steps_in(module, output)
        values = steps.split(steps.whole.clone())
        edge = edge_of(steps.whole)
        self.values.extend(values)
        self.edges.extend([edge] * len(values))
        self._made.extend((steps, number) for number in range(len(values)))
        if self.parts:
            worked_out = inside(module, inputs, output)
            for name, tap in self.parts.items():
                tap.values.extend(worked_out[name])
                tap.edges.extend(map(edge_of, worked_out[name]))

    def at_call(self, signal: Tensor, call: int) -> Tensor:
        steps, number = self._made[call]
        return steps.split(signal)[number]


@contextmanager
def mode_for(gradients: bool, *, inference: bool = True) -> Iterator[None]:
    """Torch as a pass with or without ``gradients`` wants it, whatever the caller's mode is;
    without ``inference`` tensors go on counting their changes."""
    with torch.inference_mode(inference and not gradients), torch.set_grad_enabled(gradients):
        yield


def edge_of(value: Tensor) -> GradientEdge | None:
    """Where ``value`` was made in the autograd graph; None where it has no gradient."""
    return get_gradient_edge(value) if value.requires_grad else None


def first_tensor(output: Any) -> Tensor | None:
    """``output`` itself, or the first tensor inside a tuple, list, dict or dataclass."""
    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping):
        parts = list(output.values())
    elif isinstance(output, tuple | list):
        parts = list(output)
    elif is_dataclass(output) and not isinstance(output, type):
        parts = [getattr(output, part.name) for part in fields(output)]
    else:
        return None
    found = (first_tensor(part) for part in parts)
    return next((tensor for tensor in found if tensor is not None), None)


@contextmanager
def tapped(
    module: nn.Module,
    names: Iterable[str],
    *,
    until: tuple[str, int] | None = None,
    parts: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[dict[str, Tap]]:
    """Tap the submodules ``names`` while the ``with`` lasts; every hook is gone afterwards,
    also after an exception.

    ``until`` = (name, calls): raise Reached once that tapped module was called so often (a
    recurrent one: at the end of the call that makes this time step). ``parts``: of a recurrent
    module, part -> the name of its tap. Raises KeyError for an unknown name.
    """
    modules = dict(module.named_modules())
    taps: dict[str, Tap] = {}
    handles = []
    try:
        for name in names:
            taps[name] = tap = Tap()
            if is_recurrent(modules[name]):
                own = {part: Tap() for part in (parts or {}).get(name, ())}
                taps[name] = tap = StepsTap(own)
                taps |= {(parts or {})[name][part]: inner for part, inner in own.items()}
            handles.append(_hooked(modules[name], tap))
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


def _hooked(module: nn.Module, hook: Callable[..., Any]) -> Any:
    """Put ``hook(module, inputs, output)`` on the module; a recurrent one's inputs are always
    (input, initial state or None). Gives the handle."""
    if not is_recurrent(module):
        return module.register_forward_hook(hook)

    def with_names(module: nn.Module, inputs: Any, named: dict[str, Any], output: Any) -> Any:
        return hook(module, given_to(inputs, named), output)

    return module.register_forward_hook(with_names, with_kwargs=True)


@contextmanager
def without_cudnn(module: nn.Module, names: Collection[str]) -> Iterator[None]:
    """Within, the submodules ``names`` run without cuDNN, whose recurrent networks have no
    backward pass in eval mode; everything else keeps it."""
    before: list[bool] = []

    def off(part: nn.Module, inputs: Any) -> None:
        before.append(torch.backends.cudnn.enabled)
        torch.backends.cudnn.enabled = False

    def back(part: nn.Module, inputs: Any, output: Any) -> None:
        torch.backends.cudnn.enabled = before.pop()

    handles = []
    try:
        for part in map(module.get_submodule, names):
            handles.append(part.register_forward_pre_hook(off))
            handles.append(part.register_forward_hook(back))
        yield
    finally:
        for handle in handles:
            handle.remove()
        if before:  # a pass that was stopped inside
            torch.backends.cudnn.enabled = before[0]


@contextmanager
def watched(
    module: nn.Module,
    after: Callable[[str, nn.Module, Any, Any], Any],
    names: Container[str] | None = None,
) -> Iterator[None]:
    """Call ``after(name, module, inputs, output)`` for every submodule that returns (of those
    in ``names``, where given), and let what it returns (None = no change) go on."""
    handles = []

    def hook_for(name: str) -> Callable[..., Any]:
        return lambda submodule, inputs, output: after(name, submodule, inputs, output)

    try:
        for name, submodule in module.named_modules():
            if name and (names is None or name in names):
                handles.append(_hooked(submodule, hook_for(name)))
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
