"""The layer table: one dry run tells what there is to see in a network."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.mail import LayerInfo
from dnnvis.network.fields import Fields, summary
from dnnvis.network.layout import Layout, LayoutFinder
from dnnvis.network.taps import first_tensor, watched

OUTPUT = "output"
CLASS_TOKEN = ".cls"
ONLY_FORWARD = "The network runs only without gradients: nothing can be sent back through it."


@dataclass(frozen=True)
class Table:
    """``layers`` as the network runs them (by first return), ``output`` last; ``layouts`` per
    module name, one per call; ``notes`` are sentences on what was found."""

    layers: tuple[LayerInfo, ...]
    layouts: dict[str, tuple[Layout, ...]]
    notes: tuple[str, ...] = ()

    def find(self, name: str) -> LayerInfo | None:
        return next((layer for layer in self.layers if layer.name == name), None)


@dataclass
class _Call:
    module: nn.Module
    value: Tensor
    node: Any
    layout: Layout


def dry_run(module: nn.Module, forward: Any, x: Tensor) -> Table:
    """Run ``forward(x)`` once on one picture (1, C, H, W) and list what its modules return.

    Raises BadInput, with the network's own words, where the network cannot be run so.
    """
    try:
        return _dry_run(module, forward, x, True)
    except BadInput:
        table = _dry_run(module, forward, x, False)
        return replace(table, notes=(*table.notes, ONLY_FORWARD))


def _dry_run(module: nn.Module, forward: Any, x: Tensor, gradients: bool) -> Table:
    finder = LayoutFinder()
    calls: dict[str, list[_Call]] = defaultdict(list)
    start = x.detach().requires_grad_(gradients) + 0  # a node to start the fields from
    fields = Fields(start.grad_fn)

    def after(name: str, submodule: nn.Module, inputs: Any, output: Any) -> None:
        value = first_tensor(output)
        if value is None:
            return
        calls[name].append(_Call(submodule, value, value.grad_fn, finder.find(submodule, value)))
        if isinstance(submodule, nn.Linear) and value.dim() == 4 and inputs and gradients:
            fields.same[value.grad_fn] = inputs[0].grad_fn  # it works place by place

    with torch.set_grad_enabled(gradients), watched(module, after):
        result = run_user_code(forward, start)
    output = first_tensor(result)
    if output is None:
        raise BadInput(f"The network returns {type(result).__name__} without any tensor in it.")
    calls.pop(OUTPUT, None)
    calls[OUTPUT] = [_Call(module, output, output.grad_fn, finder.find(module, output))]
    layers = [row for name, made in calls.items() for row in _rows(name, made, fields)]
    layouts = {name: tuple(call.layout for call in made) for name, made in calls.items()}
    return Table(tuple(layers), layouts, tuple(_notes(result, output)))


def run_user_code(forward: Any, x: Tensor) -> Any:
    """``forward(x)``; whatever the network raises becomes BadInput with its words."""
    try:
        return forward(x)
    except DnnvisError:
        raise
    except Exception as why:
        shape = tuple(x.shape)
        raise BadInput(
            f"The network failed on a picture of shape {shape}: {type(why).__name__}: {why}"
        ) from why


def _rows(name: str, made: list[_Call], fields: Fields) -> list[LayerInfo]:
    first = made[0]
    value = first.layout.arrange(first.value.detach())
    kind = "result" if name == OUTPUT else type(first.module).__name__
    count = sum(p.numel() for p in first.module.parameters())
    shape = (int(value.shape[1]), int(value.shape[2]), int(value.shape[3]))
    spatial = first.layout.kind in ("maps", "last")
    field = summary(fields.of(first.node)) if spatial and first.node is not None else None
    row = LayerInfo(name, kind, shape, len(made), count, field)
    if not first.layout.prefix:
        return [row]
    return [row, LayerInfo(name + CLASS_TOKEN, "class token", (shape[0], 1, 1), len(made), 0)]


def _notes(result: Any, output: Tensor) -> Iterator[str]:
    if not isinstance(result, Tensor):
        kind = type(result).__name__
        yield f"The network returns a {kind}; the first tensor in it is taken as its output."
    if not torch.isfinite(output.detach()).all():
        yield (
            "The network's output on a gray picture holds NaN or infinity: its weights are "
            "broken, or its numbers overflow."
        )
