"""Record what one picture (or a batch) did inside a network."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.network.attention.heads import (
    AttentionHeads,
    HeadLayout,
    HeadsHook,
    Query,
    list_rollout_rows,
    roll_heads,
)
from dnnvis.network.backward_rules import BackwardGraph
from dnnvis.network.directions.directions import Directions
from dnnvis.network.hooks import ActivationHook, autograd_mode
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.layout import ChannelLayout
from dnnvis.network.values import Array, as_shown, to_float32


class Recording:
    """The values of layers in one pass.

    ``recording["conv1"]`` is float32 (calls, C, H, W), or (B, calls, C, H, W) where a
    batch was recorded; ``output`` is what the network returned, float32 (K,) or (B, K).

    Each value is what the module returned at the time it returned it: later in-place changes do
    not show.
    """

    def __init__(
        self,
        x: Tensor,
        hooks: dict[str, ActivationHook],
        layouts: dict[str, tuple[ChannelLayout, ...]],
        result: Tensor | None,
        batched: bool,
        names: tuple[str, ...],
        tokens: Mapping[str, tuple[str, int]] | None = None,
        heads: Mapping[str, AttentionHeads] | None = None,
        aliases: Mapping[str, str] | None = None,
        directions: Mapping[str, Directions] | None = None,
    ) -> None:
        self.directions = dict(directions or {})  # rows of directions, as they were in the pass
        self.x = x  # (B, C, H, W) in [0, 1]
        self.hooks = hooks
        self.layouts = layouts
        self.heads = dict(heads or {})  # rows of attention heads
        self._rolled: set[str] = set()  # those whose weights are their rollout
        self.result = result
        self.batched = batched
        self._names = names
        self._tokens = tokens or {}
        self._aliases = aliases or {}  # title of a layer -> its name
        self._backward_graphs: dict[Any, BackwardGraph] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: str) -> bool:
        return self._aliases.get(name, name) in self._names

    def __getitem__(self, name: str) -> Array:
        calls = [self._tensor(name, k).detach() for k in range(self.count(name))]
        if len({call.shape for call in calls}) > 1:
            shapes = ", ".join(str(tuple(call.shape[1:])) for call in calls)
            raise BadInput(
                f"The calls of {name} differ in shape ({shapes}); "
                f'read them one by one with recording.calls("{name}").'
            )
        stacked = to_float32(torch.stack(calls, 1))  # (B, calls, C, H, W)
        return stacked if self.batched else stacked[0]

    def backward_nodes(self, target: Tensor) -> list[Any]:
        """Return the autograd nodes behind ``target``, listed once for all lenses."""
        return self.backward_graph(target).nodes

    def backward_graph(self, target: Tensor) -> BackwardGraph:
        """Return the autograd graph behind ``target``, made once for all lenses."""
        key = target.grad_fn
        if key not in self._backward_graphs:
            self._backward_graphs[key] = BackwardGraph(target)
        return self._backward_graphs[key]

    def calls(self, name: str) -> list[Array]:
        """Return one float32 array per call, (C, H, W), or (B, C, H, W) for a batch."""
        arrays = [
            to_float32(self._tensor(name, k).detach()).copy() for k in range(self.count(name))
        ]
        return arrays if self.batched else [call[0] for call in arrays]

    @property
    def output(self) -> Array:
        """Return what the network returned, as returned: (K,), or (B, K) for a batch."""
        if self.result is None:
            raise BadInput("The pass was stopped before the network's end: there is no output.")
        result = self._batch_first(to_float32(self.result.detach())).copy()
        if self.batched or result.ndim < 2 or result.shape[0] != 1:
            return result
        first: Array = result[0]
        return first

    def _batch_first(self, result: Array) -> Array:
        """Return the result with the pictures along its first axis, where it has them second."""
        layouts = self.layouts.get(OUTPUT, ())
        return result.swapaxes(0, 1) if layouts and layouts[0].lead == "time" else result

    def tensor(self, name: str, call: int = -1) -> Tensor:
        """Return one call as (B, C, H, W), part of the graph where the pass recorded one."""
        count = self.count(name)
        if not -count <= call < count:
            raise UnknownUnit(f"{name} was called {count} times; there is no call {call}.")
        return self._tensor(name, call % count)

    def edges(self, name: str) -> list[GradientEdge | None]:
        """Return where in the graph each call's value was computed, for ``torch.autograd.grad``.

        The time steps of a recurrent module were computed at one position and have the same edge.
        """
        return self._find_hook(name)[0].edges

    def token_of(self, name: str) -> str | None:
        """Return the row of a layer's class token; None where it has none."""
        return next((token for token, owner in self._tokens.items() if owner == (name, 0)), None)

    def arrange_gradient(self, name: str, signal: Tensor, call: int) -> Tensor:
        """Return a gradient arranged as the layer's own values.

        Args:
            name: Name of the layer.
            signal: Gradient that arrived at ``edges(name)[call]``.
            call: Number of the call.

        Returns:
            The gradient as (B, C, H, W).
        """
        if name in self.directions:
            directions = self.directions[name]
            gradient = self.arrange_gradient(directions.layer, signal, call)
            return directions.arrange_gradient(gradient)
        signal = as_shown(self._find_hook(name)[0].gradient_of_call(signal, call))
        return self._arrange(name, signal, call)

    def count(self, name: str) -> int:
        """Return how often the layer was called.

        Raises UnknownUnit where it was not recorded, or not called on this picture.
        """
        count = len(self._find_hook(name)[0].values)
        if not count:
            raise UnknownUnit(f"{name} was not called on this picture.")
        return count

    def attention(self, name: str, call: int = -1) -> Array:
        """Return the full weights of a row of attention heads, float32 (heads, queries, keys).

        Args:
            name: Row of the heads, as ``blocks.0.attn.heads``.
            call: Number of the call; -1 is the last.

        Returns:
            The weights; (windows, heads, queries, keys) where the attention has windows, and one
            more axis B before all others where a batch was recorded.

        Raises:
            UnknownUnit: The layer was not recorded, or has no attention heads.
        """
        weights = to_float32(self.attention_tensor(name, call).detach())  # (B, W, heads, Q, K)
        weights = weights[:, 0] if weights.shape[1] == 1 else weights
        return weights.copy() if self.batched else weights[0].copy()

    def attention_tensor(self, name: str, call: int = -1) -> Tensor:
        """Return the full weights (B, windows, heads, queries, keys), part of the graph."""
        hook, layout = self._find_heads(name), self.heads[name].layout
        count = self.count(name)
        if not -count <= call < count:
            raise UnknownUnit(f"{name} was called {count} times; there is no call {call}.")
        return layout(call % count).split(hook.values[call % count], self.x.shape[0])

    def choose_query(self, name: str, query: Query | Literal["rollout"] | None) -> None:
        """Show another query in the maps of a row of attention heads from now on.

        ``rollout`` follows each head's attention through the layers before it (see
        ``attention.rollout``); these must have been recorded in the same pass, as
        ``attention.list_rollout_rows`` names them. None: the row's default.

        Raises:
            BadInput: The row has no such query.
            UnknownUnit: The layer was not recorded, or has no attention heads.
        """
        self._find_heads(name)
        row = self.heads[name]
        if query == "rollout":
            self._roll_out(name)
            query, row = None, self.heads[name]
            self._rolled.add(name)
        layouts = tuple(layout.with_query(query) for layout in row.layouts)
        self.heads[name] = replace(row, layouts=layouts)

    def describe(self, name: str, call: int = -1) -> str:
        """Return what a layer's maps show where their kind does not say it; "" for most layers."""
        if name not in self.heads or name not in self.hooks:
            return ""
        count = self.count(name)
        layout = self.heads[name].layout(call % count if -count <= call < count else count - 1)
        return layout.describe(name in self._rolled)

    def _roll_out(self, name: str) -> None:
        """Put the rollout in the place of a row's weights."""
        previous = [self.attention_tensor(row) for row in list_rollout_rows(self.heads, name)]
        own, hook = self.heads[name], HeadsHook()
        for call in range(self.count(name)):
            hook.add(roll_heads(self.attention_tensor(name, call), previous))
        layouts = tuple(replace(layout, head_axis=-3) for layout in own.layouts)
        self.hooks[name], self.heads[name] = hook, replace(own, layouts=layouts)

    def _find_heads(self, name: str) -> ActivationHook:
        """Return the hook of a row of attention heads."""
        hook = self._find_hook(name)[0]
        if name not in self.heads:
            raise UnknownUnit(f"{name} has no attention heads.")
        return hook

    def _tensor(self, name: str, call: int) -> Tensor:
        return self._arrange(name, self._find_hook(name)[0].values[call], call)

    def _arrange(self, name: str, value: Tensor, call: int) -> Tensor:
        _, layouts, arrange = self._find_hook(name)
        return arrange(layouts[min(call, len(layouts) - 1)], value, self.x.shape[0])

    def _find_hook(
        self, name: str
    ) -> tuple[
        ActivationHook, tuple[ChannelLayout, ...] | tuple[HeadLayout, ...], Callable[..., Tensor]
    ]:
        """Return the hook of a layer, or of the layer whose token it is, and its reader."""
        name = self._aliases.get(name, name)
        if name in self.hooks and name in self.heads:
            return self.hooks[name], self.heads[name].layouts, HeadLayout.arrange
        if name in self.hooks:
            return self.hooks[name], self.layouts[name], ChannelLayout.arrange
        if name in self.directions:
            hook, layouts, arrange = self._find_hook(self.directions[name].layer)
            return hook, layouts, partial(_read_directions, arrange, self.directions[name])
        owner, number = self._tokens.get(name, ("", 0))
        if owner in self.hooks:
            read = partial(_read_token, number=number)
            return self.hooks[owner], self.layouts[owner], read
        raise UnknownUnit(f"{name} was not recorded; there are {', '.join(self._names)}.")


def _read_token(layout: ChannelLayout, value: Tensor, batch: int, number: int) -> Tensor:
    return layout.class_token(value, batch, number)


def _read_directions(
    arrange: Callable[..., Tensor], directions: Directions, layout: Any, value: Tensor, batch: int
) -> Tensor:
    return directions.project(arrange(layout, value, batch))


class JoinedRecording(Recording):
    """Recordings of pictures that ran one by one, read as one of a batch."""

    def __init__(self, x: Tensor, recordings: Sequence[Recording], names: tuple[str, ...]) -> None:
        first = recordings[0]
        results = [one.result for one in recordings]
        super().__init__(x, first.hooks, first.layouts, _join_results(results), True, names)
        self._recordings, self._aliases = recordings, first._aliases

    @property
    def output(self) -> Array:
        """Return what the network returned for each picture, (B, ...)."""
        outputs = [one.output for one in self._recordings]
        if len({value.shape for value in outputs}) > 1:
            shapes = ", ".join(str(value.shape) for value in outputs[:3])
            raise BadInput(
                f"The network's answers differ in shape ({shapes}); record the pictures one by one."
            )
        return np.stack(outputs)

    def edges(self, name: str) -> list[GradientEdge | None]:
        """Raise BadInput: each picture has a graph of its own."""
        raise BadInput("These pictures ran one by one; look at one of them alone.")

    def count(self, name: str) -> int:
        """Return how often each picture called the layer; raise BadInput where they differ."""
        counts = {one.count(name) for one in self._recordings}
        if len(counts) > 1:
            raise BadInput(
                f"{name} was not called as often for each picture; record them one by one."
            )
        return counts.pop()

    def _tensor(self, name: str, call: int) -> Tensor:
        values = [one._tensor(name, call) for one in self._recordings]
        if len({value.shape for value in values}) > 1:
            shapes = ", ".join(str(tuple(value.shape[1:])) for value in values[:3])
            raise BadInput(
                f"The values of {name} differ in shape from picture to picture ({shapes}); "
                "record the pictures one by one."
            )
        return torch.cat(values)


def record_one_by_one(
    run: Callable[[Tensor], Recording], x: Tensor, layers: Sequence[str], gradients: bool
) -> JoinedRecording:
    """Run each picture of a batch alone, in one graph that ends at the batch.

    Args:
        run: Records one picture (1, C, H, W).
        x: Pixels (B, C, H, W) in [0, 1].
        layers: Names of the layers that are recorded.
        gradients: Whether there is a graph.
    """
    if gradients:
        x = x.detach().clone().requires_grad_()
    with autograd_mode(gradients):
        parts = [x[number : number + 1] for number in range(len(x))]
    return JoinedRecording(x, [run(part) for part in parts], tuple(layers))


def _join_results(results: Sequence[Tensor | None]) -> Tensor | None:
    """Return results (1, ...) of single pictures as one; None where they do not fit together."""
    if any(result is None or result.dim() < 1 for result in results):
        return None
    if len({tuple(result.shape) for result in results if result is not None}) > 1:
        return None
    tensors = [result for result in results if result is not None]
    return torch.cat(tensors) if tensors[0].shape[0] == 1 else torch.stack(tensors)
