"""List what there is to see in a network, by one dry run."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, DnnvisError, is_from_keyboard
from dnnvis.core.messages import ATTENTION_HEADS, LayerInfo
from dnnvis.network.attention import AttentionHeads
from dnnvis.network.attention_finder import AttentionFinder
from dnnvis.network.hooks import StopForward, first_tensor, observe_modules
from dnnvis.network.layout import ChannelLayout, LayoutFinder
from dnnvis.network.receptive_fields import ReceptiveFields, summarize_field
from dnnvis.network.recurrent import is_cell, is_recurrent, recurrent_parts, time_steps_of

OUTPUT = "output"
CLASS_TOKEN = ".cls"
NO_GRADIENTS_NOTE = "The network runs only without gradients: nothing can be sent back through it."


@dataclass(frozen=True)
class LayerTable:
    """The rows of a network's layers, and how to read their values.

    The calls of an ``nn.RNN``, ``GRU`` or ``LSTM`` are its time steps. What happens inside it,
    or inside a cell, has rows of its own right after it.
    """

    #: Rows in the order in which the network runs them (by first return), ``output`` last.
    layers: tuple[LayerInfo, ...]
    #: Layer name (but class tokens) -> one layout per call.
    layouts: dict[str, tuple[ChannelLayout, ...]]
    #: Sentences on what is unusual.
    notes: tuple[str, ...] = ()
    #: Row -> (module, part) of a recurrent module (see ``recurrent``).
    parts: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: All modules that cuDNN would run.
    recurrent: tuple[str, ...] = ()
    #: Row -> the attention heads that it is, in the order in which they run (see ``attention``).
    heads: dict[str, AttentionHeads] = field(default_factory=dict)

    def find(self, name: str) -> LayerInfo | None:
        """Return the row of a layer; None where there is none."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def hooked_module(self, name: str) -> str:
        """Return the module that is hooked for a layer: for a part or a class token, its owner."""
        if name in self.heads:
            return self.heads[name].module or OUTPUT
        if name in self.parts:
            return self.parts[name][0]
        return name if name in self.layouts else name.removesuffix(CLASS_TOKEN)

    def hooked_modules(self, names: Iterable[str]) -> set[str]:
        """Return the modules that are hooked to record layers; heads are read without a hook."""
        return {self.hooked_module(name) for name in names if name not in self.heads} - {OUTPUT}

    def stop_after(self, name: str, calls: int) -> tuple[str, int] | None:
        """Return (module, calls) after which so many calls of a layer were made; None: the end."""
        if name in self.heads:
            calls = -(-calls // self.heads[name].calls_per_pass)
        module = self.hooked_module(name)
        return None if module == OUTPUT and name in self.heads else (module, calls)

    def parts_by_module(self, names: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return, for each module that has parts among ``names``, part -> name of its row."""
        parts_by_module: dict[str, dict[str, str]] = defaultdict(dict)
        for name in names:
            if name in self.parts:
                module, part = self.parts[name]
                parts_by_module[module][part] = name
        return dict(parts_by_module)


@dataclass
class _Call:
    module: nn.Module
    value: Tensor
    node: Any
    layout: ChannelLayout


def dry_run(module: nn.Module, forward: Any, x: Tensor) -> LayerTable:
    """Run ``forward(x)`` once on one picture and list what its modules return.

    Args:
        module: The network's module.
        forward: Takes ``x`` and runs the module.
        x: One picture (1, C, H, W).

    Returns:
        The layer table.

    Raises:
        BadInput: The network cannot be run so; with the network's own message.
    """
    try:
        return _dry_run(module, forward, x, True)
    except BadInput:
        table = _dry_run(module, forward, x, False)
        return replace(table, notes=(*table.notes, NO_GRADIENTS_NOTE))


def _dry_run(module: nn.Module, forward: Any, x: Tensor, gradients: bool) -> LayerTable:
    finder = LayoutFinder()
    calls: dict[str, list[_Call]] = defaultdict(list)
    start = x.detach().requires_grad_(gradients) + 0  # a node to start the fields from
    fields = ReceptiveFields(start.grad_fn)
    attention = AttentionFinder(module)

    def on_return(name: str, submodule: nn.Module, inputs: Any, output: Any) -> None:
        value = first_tensor(output)
        if value is None:
            return
        attention.on_return(name, len(calls[name]), value)
        calls[name].extend(_iter_calls(submodule, value, output, finder))
        if isinstance(submodule, nn.Linear) and value.dim() == 4 and inputs and gradients:
            fields.same[value.grad_fn] = inputs[0].grad_fn  # it works position by position

    with (
        torch.set_grad_enabled(gradients),
        observe_modules(module, on_return),
        attention.watch(),
    ):
        result = run_user_code(forward, start)
    output = first_tensor(result)
    if output is None:
        raise BadInput(f"The network returns {type(result).__name__} without any tensor in it.")
    calls.pop(OUTPUT, None)
    calls[OUTPUT] = [_Call(module, output, output.grad_fn, finder.find(module, output))]
    layouts = {
        name: tuple(call.layout for call in module_calls) for name, module_calls in calls.items()
    }
    heads = attention.rows(layouts, calls)
    layers: list[LayerInfo] = []
    parts: dict[str, tuple[str, str]] = {}
    for name, module_calls in calls.items():
        if name == OUTPUT:  # of modules that return no tensor, and of the network itself
            layers += [_heads_row(*pair) for pair in heads.items() if pair[1].module not in calls]
        rows = _layer_rows(name, module_calls, fields)
        inner = {
            part: row for part, row in _part_rows(rows[0], module_calls) if row.name not in calls
        }
        layers += [*rows, *inner.values()]
        layers += [_heads_row(*pair) for pair in heads.items() if pair[1].module == name]
        parts |= {row.name: (name, part) for part, row in inner.items()}
        for row in inner.values():
            layouts[row.name] = tuple(_part_layout(call.layout, row) for call in module_calls)
    recurrent = (name for name, part in module.named_modules() if isinstance(part, nn.RNNBase))
    notes = (*_output_notes(result, output), *_sequence_notes(calls))
    return LayerTable(tuple(layers), layouts, notes, parts, tuple(recurrent), heads)


def _iter_calls(
    module: nn.Module, value: Tensor, output: Any, finder: LayoutFinder
) -> Iterator[_Call]:
    """Yield one call, or one a time step of an nn.RNN, GRU or LSTM."""
    layout = finder.find(module, value)  # also of sequences: others may hand them on
    if not is_recurrent(module) or is_cell(module):
        yield _Call(module, value, value.grad_fn, layout)
        return
    for step in time_steps_of(module, output).split(value.detach()):  # (N, H)
        yield _Call(module, step, None, finder.find_step(*step.shape))


def run_user_code(forward: Any, x: Tensor) -> Any:
    """Run ``forward(x)``; whatever the network raises, SystemExit too, becomes BadInput."""
    try:
        return forward(x)
    except (DnnvisError, StopForward):
        raise
    except BaseException as error:
        if is_from_keyboard(error):
            raise
        shape = tuple(x.shape)
        raise BadInput(
            f"The network failed on a picture of shape {shape}: {type(error).__name__}: {error}"
        ) from error


def _layer_rows(name: str, module_calls: list[_Call], fields: ReceptiveFields) -> list[LayerInfo]:
    first = module_calls[0]
    value = first.layout.arrange(first.value.detach())
    kind = "result" if name == OUTPUT else type(first.module).__name__
    count = sum(p.numel() for p in first.module.parameters())
    shape = (int(value.shape[1]), int(value.shape[2]), int(value.shape[3]))
    spatial = first.layout.kind in ("maps", "last")
    field = summarize_field(fields.of(first.node)) if spatial and first.node is not None else None
    row = LayerInfo(name, kind, shape, len(module_calls), count, field)
    if not first.layout.prefix:
        return [row]
    return [
        row,
        LayerInfo(name + CLASS_TOKEN, "class token", (shape[0], 1, 1), len(module_calls), 0),
    ]


def _part_rows(row: LayerInfo, module_calls: list[_Call]) -> Iterator[tuple[str, LayerInfo]]:
    """Yield what there is to see inside a recurrent module, whose own row this is."""
    module = module_calls[0].module
    if row.name == OUTPUT or not is_recurrent(module):
        return
    for name, part in recurrent_parts(module).items():
        shape = (part.channels, *row.shape[1:])
        yield name, LayerInfo(f"{row.name}.{name}", part.kind, shape, row.calls, part_of=row.name)


def _heads_row(name: str, heads: AttentionHeads) -> LayerInfo:
    """Return the row of attention heads."""
    shape, calls = heads.layouts[0].shape, len(heads.layouts)
    return LayerInfo(name, ATTENTION_HEADS, shape, calls, part_of=heads.module or OUTPUT)


def _part_layout(layout: ChannelLayout, row: LayerInfo) -> ChannelLayout:
    """Return a part's layout: the module's own, but for the number of channels."""
    if layout.kind != "tokens" or layout.lead != "rows":
        return layout
    return replace(layout, shape=(*layout.shape[:-1], row.shape[0]))


def _sequence_notes(calls: dict[str, list[_Call]]) -> Iterator[str]:
    """Yield notes on sequences that run the wrong way, most likely."""
    for name, module_calls in calls.items():
        module, sequences = module_calls[0].module, module_calls[0].layout.shape[:1]
        if (
            isinstance(module, nn.RNNBase)
            and len(module_calls) == 1
            and sequences
            and not module.batch_first
        ):
            yield (
                f"{name} is given 1 time step of {sequences[0]} sequences a picture; if these are "
                "the time steps of one sequence, it lacks batch_first=True."
            )


def _output_notes(result: Any, output: Tensor) -> Iterator[str]:
    if not isinstance(result, Tensor):
        kind = type(result).__name__
        yield f"The network returns a {kind}; the first tensor in it is taken as its output."
    if not torch.isfinite(output.detach()).all():
        yield (
            "The network's output on a gray picture holds NaN or infinity: its weights are "
            "broken, or its numbers overflow."
        )
