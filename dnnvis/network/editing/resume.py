"""Run the part of a network after a layer many times, and the part before it once.

What modules returned before the layer is stored, and returned instead of calling them; operations
between them run again. So it works for any network whose modules are called as modules.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map_only

from dnnvis.core.errors import BadInput
from dnnvis.network.hooks import iter_hookable
from dnnvis.network.layer_table import OUTPUT, RESULT
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

#: (name of a submodule, number of its call in a pass).
CallKey = tuple[str, int]


@dataclass(frozen=True, eq=False)
class CachedCall:
    """What one call of a module returned, before any hook saw it."""

    #: The output, its tensors copied as they were then.
    output: Any
    #: Number of the argument that it changed in place and returned; None for a value of its own.
    argument: int | None = None


class ResumedPass:
    """Passes over one batch that begin after a layer.

    Attributes:
        baseline: recording of the answer without edits.
        is_whole: whether every pass is a whole one, for nothing could be stored, or what was stored
            did not give the same answer.
    """

    def __init__(self, network: Network, x: Tensor, layer: str) -> None:
        """Run the part before the layer.

        Args:
            network: The network; the edits that are on act on the part before, too.
            x: Pixels (B, C, H, W) in [0, 1].
            layer: The layer: it is what its module returns first that is stored.

        Raises:
            UnknownUnit: There is no such layer.
            BadInput: The network fails.
        """
        self._network, self._x = network, x
        self.layer = network.layer(layer).name
        self._module = network.table.hooked_module(self.layer)
        self._cached: dict[CallKey, CachedCall] = {}
        self._used: set[CallKey] | None = None  # what operations read; None: not known yet
        self._changed: set[CallKey] = set()  # what they change in place
        self.baseline = network.run(x, (OUTPUT,))
        self.is_whole = not self._store()

    def run(self, layers: tuple[str, ...] = (OUTPUT,)) -> Recording:
        """Make a pass that begins after the layer, with the edits that are on.

        Those of layers before must be the ones that were on when this was made.

        Args:
            layers: Layers to record, none of those before.

        Returns:
            The recording of the batch.
        """
        if self.is_whole:
            return self._network.run(self._x, layers)
        with self._skipping():
            return self._network.run(self._x, layers)

    def first_output(self) -> Any:
        """Return what the layer's module returned first; None where passes are whole ones."""
        call = None if self.is_whole else self._cached.get((self._module, 0))
        return None if call is None else call.output

    def _store(self) -> bool:
        """Store the part before; return whether passes that use it have the same answer."""
        network, x = self._network, self._x
        if self._module == RESULT or (len(x) > 1 and network.table.one_by_one):
            return False
        with _cache_calls(network.module, self._module) as self._cached:
            network.run(x, (OUTPUT,))  # with the edits of the part before
        watcher = _UseWatcher()
        try:
            with self._skipping(watcher), watcher:
                resumed = network.run(x, (OUTPUT,))
        except BadInput:
            return False
        self._used, self._changed = watcher.used, watcher.find_changed()
        versions = self._read_versions()
        with self._skipping():  # a pass like all that follow
            again = network.run(x, (OUTPUT,))
        expected = self.baseline.tensor(OUTPUT)
        is_same = all(_is_equal(expected, each.tensor(OUTPUT)) for each in (resumed, again))
        return is_same and versions == self._read_versions()

    def _read_versions(self) -> list[int]:
        """Return how often each stored tensor was changed."""
        leaves = tree_leaves([call.output for call in self._cached.values()])
        return [leaf._version for leaf in leaves if isinstance(leaf, Tensor)]

    @contextmanager
    def _skipping(self, watcher: "_UseWatcher | None" = None) -> Iterator[None]:
        """Return what was stored instead of calling modules; their hooks run all the same."""
        calls_by_name: dict[str, dict[int, CachedCall]] = defaultdict(dict)
        for (name, number), call in self._cached.items():
            calls_by_name[name][number] = call
        module = self._network.module
        forwards = {
            name: partial(self._skip, name, calls, count(), watcher)
            for name, calls in calls_by_name.items()
        }
        with _replace_forwards({name: module.get_submodule(name) for name in forwards}, forwards):
            yield

    def _skip(
        self,
        name: str,
        calls: dict[int, CachedCall],
        numbers: Iterator[int],
        watcher: "_UseWatcher | None",
        original: Callable[..., Any],
    ) -> Callable[..., Any]:
        """Return a forward that gives what was stored, and calls ``original`` after that."""

        def forward(*args: Any, **kwargs: Any) -> Any:
            number = next(numbers)
            call = calls.get(number)
            if call is None:
                return original(*args, **kwargs)
            with torch._C.DisableTorchFunction():
                return self._read((name, number), call, args, watcher)

        return forward

    def _read(
        self, key: CallKey, call: CachedCall, args: Any, watcher: "_UseWatcher | None"
    ) -> Any:
        """Return what a call returned; a copy where somebody changes it in place."""
        if watcher is None and self._used is not None and key not in self._used:
            return call.output if call.argument is None else args[call.argument]
        if call.argument is not None:  # it changed what it was given
            output = args[call.argument].copy_(call.output)
        elif watcher is not None or key in self._changed:
            output = tree_map_only(Tensor, torch.clone, call.output)
        else:
            return call.output
        if watcher is not None:
            watcher.watch(key, output)
        return output


@contextmanager
def _replace_forwards(
    parts: Mapping[str, nn.Module],
    wrappers: Mapping[str, Callable[[Callable[..., Any]], Callable[..., Any]]],
) -> Iterator[None]:
    """Wrap the forward of submodules within the context."""
    previous: list[tuple[nn.Module, Any]] = []
    try:
        for name, part in parts.items():
            previous.append((part, part.__dict__.get("forward")))
            part.__dict__["forward"] = wrappers[name](part.forward)
        yield
    finally:
        for part, forward in reversed(previous):
            if forward is None:
                del part.__dict__["forward"]
            else:
                part.__dict__["forward"] = forward


@contextmanager
def _cache_calls(module: nn.Module, name: str) -> Iterator[dict[CallKey, CachedCall]]:
    """Store what a pass computes until a submodule has returned.

    Args:
        module: The module that will be run.
        name: The submodule after whose first call nothing more is stored.

    Yields:
        The outermost calls that ended before; filled as the module runs.
    """
    cached: dict[CallKey, CachedCall] = {}
    running: list[list[CallKey]] = [[]]
    has_ended = False

    def store(part_name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        numbers = count()

        def forward(*args: Any, **kwargs: Any) -> Any:
            nonlocal has_ended
            if has_ended:
                return original(*args, **kwargs)
            key = (part_name, next(numbers))
            running.append([])
            output = original(*args, **kwargs)
            if has_ended:  # inside: this call is not over yet where the layer ends
                return output
            for inside in running.pop():
                cached.pop(inside, None)
            argument = next((k for k, given in enumerate(args) if given is output), None)
            cached[key] = CachedCall(tree_map_only(Tensor, torch.clone, output), argument)
            running[-1].append(key)
            has_ended = part_name == name
            return output

        return forward

    parts = {part_name: part for part_name, part in iter_hookable(module) if part_name}
    with _replace_forwards(parts, {each: partial(store, each) for each in parts}):
        yield cached


class _UseWatcher(TorchFunctionMode):
    """Observer of torch's functions that notes which stored tensors they read and change."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[CallKey] = set()
        self._given: dict[int, tuple[Tensor, int, list[CallKey]]] = {}

    def watch(self, key: CallKey, output: Any) -> None:
        """Watch the tensors of an output."""
        for tensor in tree_leaves(output):
            if isinstance(tensor, Tensor):
                _, _, keys = self._given.get(id(tensor), (tensor, 0, []))
                self._given[id(tensor)] = (tensor, tensor._version, [*keys, key])

    def find_changed(self) -> set[CallKey]:
        """Return the outputs that operations changed in place."""
        return {
            key
            for tensor, version, keys in self._given.values()
            if tensor._version != version or len(keys) > 1
            for key in keys
        }

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note what the function reads; called by torch."""
        kwargs = kwargs or {}
        for value in tree_leaves((args, kwargs)):
            if isinstance(value, Tensor) and id(value) in self._given:
                self.used.update(self._given[id(value)][2])
        return func(*args, **kwargs)


def _is_equal(expected: Tensor, actual: Tensor) -> bool:
    same: Tensor = (expected == actual) | (expected.isnan() & actual.isnan())
    return expected.shape == actual.shape and bool(same.all())
