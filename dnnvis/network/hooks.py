"""Read what modules return, and stop a pass: the only place with forward hooks."""

import threading
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.network.layout import ChannelLayout
from dnnvis.network.outputs import Path, first_tensor, tensor_at
from dnnvis.network.recurrent import (
    TimeSteps,
    is_recurrent,
    recurrent_inputs,
    time_steps_of,
    unroll,
)
from dnnvis.network.values import as_shown


class StopForward(BaseException):
    """The pass got as far as requested (no Exception, so that no network swallows it)."""


class ActivationHook:
    """Recorder of what one module returned, call after call.

    ``values`` are clones, so that a later in-place change (an in-place ReLU) does not falsify
    them; the network goes on with its own tensor, whatever it shares memory with. ``edges``
    are the positions in the autograd graph where each value was computed (None without
    gradients): ``torch.autograd.grad`` takes them as inputs.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.values: list[Tensor] = []
        self.edges: list[GradientEdge | None] = []
        self._path = path

    def __call__(self, module: nn.Module, inputs: Any, output: Any) -> None:
        """Record what the module returned, at ``path`` in it or first; called by torch."""
        value = first_tensor(output) if self._path is None else tensor_at(output, self._path)
        if value is not None:
            shown = as_shown(value)  # a new tensor where that is not the value itself
            self.values.append(shown.clone() if shown is value else shown)
            self.edges.append(edge_of(value))

    def gradient_of_call(self, signal: Tensor, call: int) -> Tensor:
        """Return the part of a gradient at ``edges[call]`` which is that call's own."""
        return signal


class TimeStepsHook(ActivationHook):
    """Recorder of a module that returns all its time steps at once, each as a call of (B, ...)."""

    def __init__(self, layout: ChannelLayout, batch: int) -> None:
        super().__init__()
        self._layout, self._batch = layout, batch
        self._numbers: list[int] = []  # of each call, which step of its value it is

    def __call__(self, module: nn.Module, inputs: Any, output: Any) -> None:
        """Record each time step of what the module returned; called by torch."""
        value = first_tensor(output)
        if value is None:
            return
        steps = self._layout.split_steps(as_shown(value).clone(), self._batch)
        self.values.extend(steps)
        self.edges.extend([edge_of(value)] * len(steps))
        self._numbers.extend(range(len(steps)))

    def gradient_of_call(self, signal: Tensor, call: int) -> Tensor:
        """Return the time step's own part of a gradient that arrived at the shared edge."""
        return self._layout.split_steps(signal, self._batch)[self._numbers[call]]


class RecurrentHook(ActivationHook):
    """Recorder of what a recurrent module returned, time step after time step, each as a call.

    All steps of one call were computed at one position of the graph, so they have the same edge.
    ``parts``: what happens inside (see ``recurrent.recurrent_parts``), filled at the same time;
    these values are computed beside the pass, where none but they themselves come from them.
    """

    def __init__(self, parts: Mapping[str, ActivationHook]) -> None:
        super().__init__()
        self.parts = parts
        self._calls: list[tuple[TimeSteps, int]] = []

    def __call__(self, module: nn.Module, inputs: Any, output: Any) -> None:
        """Record each time step of what the module returned; called by torch."""
        steps = time_steps_of(module, output)
        values = steps.split(steps.output.clone())
        edge = edge_of(steps.output)
        self.values.extend(values)
        self.edges.extend([edge] * len(values))
        self._calls.extend((steps, number) for number in range(len(values)))
        if self.parts:
            values_by_part = unroll(module, inputs, output)
            for name, hook in self.parts.items():
                hook.values.extend(values_by_part[name])
                hook.edges.extend(map(edge_of, values_by_part[name]))

    def gradient_of_call(self, signal: Tensor, call: int) -> Tensor:
        """Return the time step's own part of a gradient that arrived at the shared edge."""
        steps, number = self._calls[call]
        return steps.split(signal)[number]


@contextmanager
def autograd_mode(gradients: bool) -> Iterator[None]:
    """Set torch's modes for a pass with or without ``gradients``, whatever the caller's mode is.

    Never inference mode: what a network keeps from such a pass could not be used with gradients,
    and a network that takes a gradient itself would fail.
    """
    with torch.inference_mode(False), torch.set_grad_enabled(gradients):
        yield


def edge_of(value: Tensor) -> GradientEdge | None:
    """Return where ``value`` was computed in the autograd graph; None where it has no gradient."""
    if value.grad_fn is None:  # also of a view that was made without gradients
        return None
    return get_gradient_edge(value)


@contextmanager
def record_activations(
    module: nn.Module,
    names: Iterable[str],
    *,
    until: tuple[str, int] | None = None,
    parts: Mapping[str, Mapping[str, str]] | None = None,
    steps: Mapping[str, ChannelLayout] | None = None,
    batch: int = 1,
    others: Mapping[str, tuple[str, Path]] | None = None,
) -> Iterator[dict[str, ActivationHook]]:
    """Record the submodules ``names`` within the context.

    Every hook is gone afterwards, also after an exception.

    Args:
        module: The module that will be run.
        names: Names of its submodules.
        until: (name, calls): raise StopForward once that recorded module was called so often (a
            recurrent one: at the end of the call that makes this time step).
        parts: For each recurrent module, its parts -> the names of their hooks.
        steps: Of modules that return all their time steps at once, how these lie in a value.
        batch: Number of pictures.
        others: Name -> (submodule, path) of further tensors that submodules return.

    Yields:
        Name -> hook, which fills as the module runs.

    Raises:
        KeyError: An unknown name.
    """
    modules = _SubmodulesByName(module)
    hooks: dict[str, ActivationHook] = {}
    handles = []
    try:
        for name in names:
            steps_layout = (steps or {}).get(name)
            hooks[name] = hook = (
                ActivationHook() if steps_layout is None else TimeStepsHook(steps_layout, batch)
            )
            if is_recurrent(modules[name]):
                part_hooks = {part: ActivationHook() for part in (parts or {}).get(name, ())}
                hooks[name] = hook = RecurrentHook(part_hooks)
                hooks |= {(parts or {})[name][part]: inner for part, inner in part_hooks.items()}
            handles.append(_attach_hook(modules[name], hook))
        for name, (owner, path) in (others or {}).items():
            hooks[name] = ActivationHook(path)
            handles.append(_attach_hook(modules[owner], hooks[name]))
        if until is not None:
            handles.append(
                modules[until[0]].register_forward_hook(_stop_hook(hooks[until[0]], until[1]))
            )
        yield hooks
    finally:
        for handle in handles:
            handle.remove()


class _SubmodulesByName(dict[str, nn.Module]):
    """Submodules by name, looked up when asked for: listing all takes long in each pass."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._module = module

    def __missing__(self, name: str) -> nn.Module:
        try:
            self[name] = part = self._module.get_submodule(name)
        except AttributeError as error:
            raise KeyError(name) from error
        return part


def _stop_hook(hook: ActivationHook, calls: int) -> Callable[..., None]:
    def stop(module: nn.Module, inputs: Any, output: Any) -> None:
        if len(hook.values) >= calls:
            raise StopForward

    return stop


def _attach_hook(module: nn.Module, hook: Callable[..., Any], prepend: bool = False) -> Any:
    """Register ``hook(module, inputs, output)`` on the module and return the handle.

    A recurrent module's inputs are always (input, initial state or None). With ``prepend`` it is
    called before the hooks that are there.
    """
    if not is_recurrent(module):
        return module.register_forward_hook(hook, prepend=prepend)

    def with_names(module: nn.Module, inputs: Any, keywords: dict[str, Any], output: Any) -> Any:
        return hook(module, recurrent_inputs(inputs, keywords), output)

    return module.register_forward_hook(with_names, with_kwargs=True, prepend=prepend)


@contextmanager
def without_cudnn(module: nn.Module, names: Collection[str]) -> Iterator[None]:
    """Run the submodules ``names`` without cuDNN within the context.

    Its recurrent networks have no backward pass in eval mode; everything else still uses it.
    """
    previous: list[bool] = []

    def disable(part: nn.Module, inputs: Any) -> None:
        previous.append(torch.backends.cudnn.enabled)
        torch.backends.cudnn.enabled = False

    def restore(part: nn.Module, inputs: Any, output: Any) -> None:
        torch.backends.cudnn.enabled = previous.pop()

    handles = []
    try:
        for part in map(module.get_submodule, names):
            handles.append(part.register_forward_pre_hook(disable))
            handles.append(part.register_forward_hook(restore))
        yield
    finally:
        for handle in handles:
            handle.remove()
        if previous:  # a pass that was stopped inside
            torch.backends.cudnn.enabled = previous[0]


def iter_hookable(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield (name, submodule) of those that take hooks: TorchScript's refuse or ignore them."""
    scripted = torch.jit.ScriptModule
    return ((n, part) for n, part in module.named_modules() if not isinstance(part, scripted))


@contextmanager
def observe_modules(
    module: nn.Module,
    on_return: Callable[[str, nn.Module, Any, Any], Any],
    names: Container[str] | None = None,
) -> Iterator[None]:
    """Call ``on_return`` for every submodule that returns.

    Args:
        module: The module that will be run.
        on_return: Called as ``on_return(name, module, inputs, output)``; its result takes the
            place of the output (None = no change).
        names: Submodules to observe; None: all of them.

    Yields:
        Nothing.
    """
    handles = []

    def hook_for(name: str) -> Callable[..., Any]:
        return lambda submodule, inputs, output: on_return(name, submodule, inputs, output)

    try:
        for name, submodule in iter_hookable(module):
            if name and (names is None or name in names):
                handles.append(_attach_hook(submodule, hook_for(name)))
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def replace_outputs(
    module: nn.Module, changes: Mapping[str, Callable[[nn.Module, Any, Any], Any]]
) -> Iterator[None]:
    """Change what submodules return, before any other hook reads it.

    Args:
        module: The module that will be run.
        changes: Name of a submodule -> ``change(submodule, inputs, output)``, whose result takes
            the place of the output (None: no change). The inputs of a recurrent module are always
            (input, initial state or None).

    Yields:
        Nothing.

    Raises:
        BadInput: A submodule takes no hooks.
    """
    handles = []
    try:
        for name, change in changes.items():
            part = module.get_submodule(name)
            if isinstance(part, torch.jit.ScriptModule):
                raise BadInput(f"{name} is a TorchScript module: what it returns cannot be edited.")
            handles.append(_attach_hook(part, change, prepend=True))
        yield
    finally:
        for handle in handles:
            handle.remove()


@dataclass
class TracedCall:
    """A submodule that was called, with the shapes of the tensors it was given."""

    #: Name of the submodule; "" for the whole.
    name: str
    module: nn.Module
    shapes: tuple[tuple[int, ...], ...]
    #: Whether it returned.
    is_finished: bool = False

    @property
    def takes_maps(self) -> bool:
        """Return whether its first input has the axes (B, C, H, W)."""
        return bool(self.shapes) and len(self.shapes[0]) == 4


@contextmanager
def trace_calls(module: nn.Module) -> Iterator[list[TracedCall]]:
    """List every call of ``module`` and its submodules within the context, as it begins.

    The last one that is not finished after an exception is where it was raised.
    """
    calls: list[TracedCall] = []
    handles: list[Any] = []

    def begin(name: str) -> Callable[..., None]:
        def note(part: nn.Module, inputs: Any, keywords: Any) -> None:
            values = [*inputs, *keywords.values()]
            shapes = tuple(tuple(v.shape) for v in values if isinstance(v, Tensor))
            calls.append(TracedCall(name, part, shapes))

        return note

    def finish(part: nn.Module, inputs: Any, output: Any) -> None:
        open_calls = (c for c in reversed(calls) if c.module is part and not c.is_finished)
        next(open_calls).is_finished = True

    try:
        for name, part in iter_hookable(module):
            handles.append(part.register_forward_pre_hook(begin(name), with_kwargs=True))
            handles.append(part.register_forward_hook(finish))
        yield calls
    finally:
        for handle in handles:
            handle.remove()


@dataclass(frozen=True, eq=False)
class ModuleCall:
    """One call of a module, while it runs."""

    #: Name of the module; "" is the network's own.
    name: str


@contextmanager
def track_modules(
    module: nn.Module,
    names: Container[str] | None,
    on_enter: Callable[[ModuleCall, nn.Module, Any, Any], None],
    on_leave: Callable[[ModuleCall], None],
) -> Iterator[list[ModuleCall]]:
    """Keep up which submodules run.

    Args:
        module: The module that will be run.
        names: Submodules to track; None: all of them.
        on_enter: Called as ``on_enter(call, submodule, args, kwargs)`` when one begins.
        on_leave: Called when one has returned, or ended in an exception.

    Yields:
        The calls that are running, the outermost first: at the bottom that of ``module`` itself.
    """
    running, handles = [ModuleCall("")], []

    def enter(name: str, submodule: nn.Module, args: Any, kwargs: Any) -> None:
        running.append(ModuleCall(name))
        on_enter(running[-1], submodule, args, kwargs)

    def leave(name: str, submodule: nn.Module, inputs: Any, output: Any) -> None:
        while len(running) > 1:  # calls inside that were broken off end, too
            on_leave(running[-1])
            if running.pop().name == name:
                return

    tracked = [pair for pair in iter_hookable(module) if names is None or pair[0] in names]
    try:
        for name, part in tracked:
            if name:
                hook = partial(enter, name)
                handles.append(part.register_forward_pre_hook(hook, with_kwargs=True))
                handles.append(part.register_forward_hook(partial(leave, name), always_call=True))
        yield running
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def cancellable(flag: threading.Event) -> Iterator[None]:
    """Make every module called on this thread raise Cancelled once ``flag`` is set."""
    own_thread = threading.get_ident()

    def check(module: nn.Module, inputs: Any) -> None:
        if flag.is_set() and threading.get_ident() == own_thread:
            raise Cancelled("The pass was cancelled.")

    handle = torch.nn.modules.module.register_module_forward_pre_hook(check)
    try:
        yield
    finally:
        handle.remove()


def count_hooks(module: nn.Module) -> int:
    """Count the hooks of any kind on ``module`` and its submodules."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(m, kind)) for m in module.modules() for kind in kinds)
