"""Report what passes through a network, layer by layer, without storing it."""

import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.network.attention.heads import observe_heads
from dnnvis.network.hooks import autograd_mode, observe_modules
from dnnvis.network.layer_table import LayerTable, run_user_code
from dnnvis.network.layout import ChannelLayout
from dnnvis.network.outputs import first_tensor, tensor_at
from dnnvis.network.recurrent import is_recurrent, last_step_values, time_steps_of
from dnnvis.network.values import as_shown

if TYPE_CHECKING:
    from dnnvis.network.network import Network


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """What a layer has just returned."""

    #: Name of the layer.
    layer: str
    #: Value (B, C, H, W) in the network's own memory, to be read at once and neither changed nor
    #: kept.
    value: Tensor
    #: The module that returned it.
    module: nn.Module
    #: The layer reported just before whose value, untouched since, ``module`` was given as its only
    #: input, or "".
    source: str = ""
    #: Whether ``value`` is that very value, handed on.
    same: bool = False


@dataclass(frozen=True, eq=False)
class _Latest:
    """The tensor reported last, without keeping it alive, and how often it had been changed."""

    layer: str
    tensor: "weakref.ref[Tensor]"
    version: int

    def matches(self, tensor: Any, changes: int = 0) -> bool:
        previous = self.tensor()
        if self.version < 0 or previous is None or previous is not tensor:
            return False
        return previous._version == self.version + changes


_NO_TENSOR = _Latest("", lambda: None, -1)  # type: ignore[arg-type]


def stream_outputs(
    module: nn.Module,
    forward: Callable[[Tensor], Any],
    table: LayerTable,
    x: Tensor,
    layers: Sequence[str],
    on_output: Callable[[LayerOutput], None],
) -> None:
    """Run ``forward(x)`` and report each layer when its last call returns.

    Tensors count their changes, and that is how an in-place layer is told from one that hands its
    input on.

    Args:
        module: The network's module.
        forward: Takes ``x`` and runs the module.
        table: The network's layer table.
        x: Pixels (B, C, H, W) in [0, 1].
        layers: Names of the layers to report.
        on_output: Receives each layer's output.

    Raises:
        BadInput: The network fails or calls a layer less often than the layer table says.
    """
    streamer = _OutputStreamer(table, len(x), set(layers), on_output)
    with (
        autograd_mode(False),
        observe_modules(module, streamer.on_return, streamer.modules),
        observe_heads(module, table.heads, layers, partial(streamer.on_heads, module)),
    ):
        streamer.on_end(module, run_user_code(forward, x))
    incomplete = streamer.incomplete_layer()
    if incomplete is not None:
        raise BadInput(
            f"{incomplete} was called {streamer.calls[incomplete]} times on these pictures and "
            f"{streamer.expected_calls[incomplete]} times on a trial one; leave it out (--layers)."
        )


def stream_one_by_one(
    network: "Network", x: Tensor, layers: Sequence[str], on_output: Callable[[LayerOutput], None]
) -> None:
    """Run each picture alone, and report each layer's values of all of them together.

    Arguments and errors as for ``Network.stream_layers``.
    """
    recording = network.run(x, layers)

    def report(first: LayerOutput) -> None:
        value = recording.tensor(first.layer)
        on_output(replace(first, value=value, source=first.source if first.same else ""))

    stream_outputs(network.module, network.forward, network.table, x[:1], layers, report)


class _OutputStreamer:
    """Observer of every module that returns, which reports the requested layers."""

    def __init__(
        self,
        table: LayerTable,
        batch: int,
        layers: set[str],
        on_output: Callable[[LayerOutput], None],
    ) -> None:
        self.expected_calls = {row.name: row.calls for row in table.layers if row.name in layers}
        self.modules = table.hooked_modules(self.expected_calls)
        self.calls: Counter[str] = Counter()
        self._rows, self._others = table.rows_by_module(), table.other_rows()
        self._tokens: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for token, (row, number) in table.tokens.items():
            self._tokens[row].append((token, number))
        self._layouts, self._parts = table.layouts, table.parts_by_module(self.expected_calls)
        self._steps, self._results = table.steps, table.results
        self._batch, self._on_output = batch, on_output
        self._heads = table.heads
        self._latest = _NO_TENSOR

    def incomplete_layer(self) -> str | None:
        """Return a layer that was called less often than the layer table says."""
        return next(
            (name for name, calls in self.expected_calls.items() if self.calls[name] < calls), None
        )

    def on_return(self, name: str, part: nn.Module, inputs: Any, output: Any) -> None:
        """Count a call, and report it where it is the last of its layer."""
        value = first_tensor(output)
        if value is None:
            return
        row = self._rows.get(name, name)
        for other_row, path in self._others.get(name, ()):
            other = tensor_at(output, path)
            if other is not None:
                self._count(other_row, 1)
                self._emit(other_row, part, other, "", False)
        if is_recurrent(part):
            self._latest = _NO_TENSOR
            self._emit_steps(row, name, part, inputs, output)
            return
        if row in self._steps:
            self._latest = _NO_TENSOR
            steps = self._steps[row].split_steps(value, self._batch)
            self._count(row, len(steps))
            self._emit(row, part, steps[-1], "", False)
            return
        self._count(row, 1)
        latest = self._latest
        argument = inputs[0] if isinstance(inputs, tuple) and len(inputs) == 1 else None
        same = latest.matches(value)
        is_inplace = argument is value and latest.matches(value, 1)
        source = latest.layer if same or is_inplace or latest.matches(argument) else ""
        emitted = self._emit(row, part, value, source, same)
        self._latest = _Latest(row, weakref.ref(value), _version(value)) if emitted else _NO_TENSOR

    def on_heads(self, module: nn.Module, row: str, weights: Tensor) -> None:
        """Count an attention call, and report it where it is the last of its row."""
        self.calls[row] += 1
        if self.calls[row] < self.expected_calls[row]:
            return
        self._latest = _NO_TENSOR
        heads = self._heads[row]
        value = heads.layout(self.calls[row] - 1).arrange(weights.detach(), self._batch)
        self._on_output(LayerOutput(row, value, module.get_submodule(heads.module)))

    def on_end(self, module: nn.Module, result: Any) -> None:
        """Report the network's results."""
        for row, path in self._results.items():
            value = tensor_at(result, path)
            if value is None or not {row, *(name for name, _ in self._tokens[row])} & set(
                self.expected_calls
            ):
                continue
            same = self._latest.matches(value)
            self._count(row, 1)
            self._emit(row, module, value, self._latest.layer if same else "", same)

    def _count(self, row: str, calls: int) -> None:
        for name in (row, *(name for name, _ in self._tokens[row])):
            self.calls[name] += calls

    def _emit(self, name: str, part: nn.Module, value: Tensor, source: str, same: bool) -> bool:
        layout, value = self._layout(name), as_shown(value)
        call = self.calls[name]
        for token, number in self._tokens[name]:
            if call >= self.expected_calls.get(token, call + 1):
                tokens = layout.class_token(value, self._batch, number)
                self._on_output(LayerOutput(token, tokens, part))
        if call < self.expected_calls.get(name, call + 1):
            return False
        self._on_output(LayerOutput(name, layout.arrange(value, self._batch), part, source, same))
        return True

    def _emit_steps(
        self, name: str, module_name: str, part: nn.Module, inputs: Any, output: Any
    ) -> None:
        """Report a recurrent module's last time step, and what happened inside at it."""
        parts = self._parts.get(module_name, {})
        rows = [row for row in (name, *parts.values()) if row in self.expected_calls]
        self.calls.update(dict.fromkeys(rows, time_steps_of(part, output).count))
        if self.calls[rows[0]] < self.expected_calls[rows[0]]:
            return
        last = last_step_values(name, part, inputs, output, parts)
        for row in rows:
            self._on_output(
                LayerOutput(row, self._layout(row).arrange(last[row], self._batch), part)
            )

    def _layout(self, name: str) -> ChannelLayout:
        """Return the layout of the latest call."""
        layouts = self._layouts[name]
        return layouts[min(self.calls[name], len(layouts)) - 1]


def _version(value: Tensor) -> int:
    return -1 if value.is_inference() else value._version
