"""The attention heads of a network as units: their weights, and the maps made of them.

The weights are read beside the network's own pass (``calls``). A row of heads has one
channel a head; its map is what one query attends to, or the mean over the queries.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.network.attention.calls import AttentionCall, observe_attention
from dnnvis.network.hooks import ActivationHook, edge_of

if TYPE_CHECKING:
    from dnnvis.network.network import Network

#: Which query the map of a head shows: the first token, the mean over all of them, or the one at
#: a position (y, x) of the map.
Query = Literal["class", "mean"] | tuple[int, int]


@dataclass(frozen=True)
class HeadLayout:
    """How the weights of one attention call are arranged."""

    #: Number of heads.
    heads: int
    #: Windows that one picture is cut into; 1 where every query sees all keys.
    windows: int
    #: Queries of a window.
    queries: int
    #: Keys of a window.
    keys: int
    #: The axis of the heads, from the end.
    head_axis: int = -3
    #: (h, w) of the map whose positions the keys are; None where they are a list.
    grid: tuple[int, int] | None = None
    #: For each position of the map, its key: window * keys + key.
    order: tuple[int, ...] = ()
    #: The query on show; None: the class token where there is one, else the mean.
    query: Query | None = None

    @property
    def prefix(self) -> int:
        """Return the number of keys before the map's (class token, registers)."""
        others = self.windows * self.keys - len(self.order)
        return others if self.grid is not None and min(self.order) == others else 0

    @property
    def has_constant_mean(self) -> bool:
        """Return whether every map has the same mean, for all weights of a query sum to 1."""
        return self.grid is None or len(self.order) == self.windows * self.keys

    @property
    def queries_are_keys(self) -> bool:
        """Return whether the same tokens ask and are asked."""
        return self.queries == self.keys

    @property
    def has_class_token(self) -> bool:
        """Return whether the first query is a token outside of the map."""
        return self.windows == 1 and self.prefix > 0 and self.queries_are_keys

    @property
    def shown_query(self) -> Query:
        """Return the query that the map shows."""
        if self.query is not None:
            return self.query
        return "class" if self.has_class_token else "mean"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return the row's shape (heads, h, w)."""
        if self.grid is not None:
            return (self.heads, *self.grid)
        return (self.heads, self.windows * self.keys, 1)

    def describe(self, rolled: bool = False) -> str:
        """Return what the map of a head shows, in a few words."""
        names = {"class": "from the class token", "mean": "averaged over all queries"}
        query = self.shown_query
        if self.queries == 1:
            text = "from its one query"
        elif isinstance(query, str):
            text = names[query]
        else:
            text = f"from position {query[0]},{query[1]}"
        if query == "mean" and self.windows > 1:
            text = "averaged over the queries of each window"
        if self.grid is None and self.windows * self.keys > 1:
            text += " (positions not known)"
        return f"attention {'rollout ' * rolled}{text}"

    def with_query(self, query: Query | None) -> "HeadLayout":
        """Return the layout that shows another query.

        Raises BadInput where there is no such query.
        """
        if query == "class" and not self.has_class_token:
            raise BadInput(
                "This attention has no class token of its own; choose the mean over the queries."
            )
        if isinstance(query, tuple):
            self._check_position(query)
        return replace(self, query=query)

    def arrange(self, weights: Tensor, batch: int = 1) -> Tensor:
        """Return the map of the chosen query, (B, heads, h, w), still part of its graph."""
        parts = self.split(weights, batch)  # (B, W, heads, Q, K)
        per_window = self._read_query(parts)  # (B, W, heads, K)
        values = per_window.transpose(1, 2)  # (B, heads, W, K)
        if self.grid is not None and values.shape[2:] == (self.windows, self.keys):
            return values.flatten(2)[:, :, list(self.order)].reshape(*values.shape[:2], *self.grid)
        return values.flatten(2).unsqueeze(3)  # a list, window by window

    def split(self, weights: Tensor, batch: int = 1) -> Tensor:
        """Return weights of any arrangement as (B, windows, heads, queries, keys)."""
        if weights.dim() > 3:
            weights = weights.movedim(self.head_axis, -3)
        rows = weights.reshape(-1, self.heads, *weights.shape[-2:])
        if batch > 1 and len(rows) == self.windows:  # the same for every picture
            return rows.unsqueeze(0).expand(batch, *rows.shape)
        return rows.reshape(batch, -1, *rows.shape[1:])

    def _read_query(self, parts: Tensor) -> Tensor:
        """Return what the chosen query attends to, (B, W, heads, K)."""
        query = self.shown_query
        if query == "mean":
            return parts.mean(3)
        if query == "class":
            return parts[:, :, :, 0]
        self._check_position(query)
        assert self.grid is not None
        window, index = divmod(self.order[query[0] * self.grid[1] + query[1]], self.keys)
        own = torch.zeros(parts.shape[1], dtype=parts.dtype, device=parts.device)
        own[window] = 1  # the other windows do not see it
        return parts[:, window, None, :, index] * own[:, None, None]

    def _check_position(self, position: tuple[int, int]) -> None:
        if self.grid is None or not self.queries_are_keys:
            raise BadInput(
                "The queries of this attention are no positions of a map; choose the mean over "
                "the queries."
            )
        height, width = self.grid
        if not (0 <= position[0] < height and 0 <= position[1] < width):
            raise BadInput(
                f"The queries lie on a map of {height} x {width}; {position[0]},{position[1]} "
                "lies outside."
            )


@dataclass(frozen=True)
class AttentionHeads:
    """A row of the layer table: the heads of the module in which the attention is computed."""

    #: The module; "" is the network itself.
    module: str
    #: One layout for each of its attention calls in a pass.
    layouts: tuple[HeadLayout, ...]
    #: Attention calls that one call of the module makes.
    calls_per_pass: int = 1

    def layout(self, call: int) -> HeadLayout:
        """Return the layout of a call; a call that the dry run did not have is like the last."""
        return self.layouts[min(call, len(self.layouts) - 1)]


def map_of_query(weights: Tensor, query: int) -> Tensor:
    """Return what one query attends to: (..., queries, keys) -> (..., keys)."""
    return weights[..., query, :]


def mean_over_queries(weights: Tensor) -> Tensor:
    """Return how much each key is attended to on average: (..., queries, keys) -> (..., keys)."""
    return weights.mean(-2)


def rollout(weights: Sequence[Tensor]) -> Tensor:
    """Follow attention through layers to the tokens that entered the first of them.

    Attention rollout (Abnar & Zuidema 2020, section 3): 0.5 W + 0.5 I of each layer, the identity
    standing for the residual connection, heads averaged, rows normalized, multiplied.

    Args:
        weights: A tensor (..., heads, N, N) for each layer, the first layer first.

    Returns:
        (..., N, N): row q holds the fractions in which query q of the last layer draws on the
        tokens before the first layer.

    Raises:
        BadInput: There is no layer, or they differ in their number of tokens.
    """
    if not weights or len({layer.shape[-2:] for layer in weights}) > 1:
        raise BadInput("Rollout needs layers of one number of tokens; choose another query.")
    result: Tensor | None = None
    for layer in weights:
        step = _add_residual(layer).mean(-3)
        result = step if result is None else step @ result
    assert result is not None
    return result


def roll_heads(weights: Tensor, previous: Sequence[Tensor]) -> Tensor:
    """Return the rollout of each head of a layer alone, the layers before averaged over theirs.

    Its mean over the heads is ``rollout`` (both are linear in the last layer).

    Args:
        weights: (..., heads, N, N) of the layer.
        previous: The same of the layers before, the first layer first; none for the first.

    Returns:
        (..., heads, N, N).
    """
    own = _add_residual(weights)
    return own @ rollout(previous).unsqueeze(-3) if previous else own


def _add_residual(weights: Tensor) -> Tensor:
    if weights.shape[-1] != weights.shape[-2]:
        raise BadInput("Rollout needs queries that are the keys, too; choose another query.")
    identity = torch.eye(weights.shape[-1], dtype=weights.dtype, device=weights.device)
    mixed = 0.5 * weights + 0.5 * identity
    return mixed / mixed.sum(-1, keepdim=True)


def list_rollout_rows(heads: Mapping[str, AttentionHeads], name: str) -> tuple[str, ...]:
    """Return the rows before ``name`` whose product is its rollout, the first layer first.

    They are those with as many tokens, of which each attends to each. Raises BadInput where
    ``name`` itself has windows, or queries that are not its keys.
    """
    own = heads[name].layouts[-1]
    if own.windows > 1 or not own.queries_are_keys:
        raise BadInput(
            f"{name} has no rollout: its queries do not see all tokens; choose the mean."
        )
    names = list(heads)
    return tuple(
        row
        for row in names[: names.index(name)]
        if (heads[row].layouts[-1].windows, heads[row].layouts[-1].queries_are_keys) == (1, True)
        and heads[row].layouts[-1].keys == own.keys
    )


class HeadsHook(ActivationHook):
    """Recorder of the weights of one row, call after call."""

    def add(self, weights: Tensor) -> None:
        """Record the weights of a call."""
        self.values.append(weights)
        self.edges.append(edge_of(weights))


@contextmanager
def observe_heads(
    module: nn.Module,
    heads: Mapping[str, AttentionHeads],
    names: Iterable[str],
    on_weights: Callable[[str, Tensor], Any],
) -> Iterator[None]:
    """Report the attention weights of rows while the module runs; without any, do nothing.

    Args:
        module: The module that will be run.
        heads: All rows of the layer table.
        names: Names of the rows to report; other names are ignored.
        on_weights: Called as ``on_weights(row, weights)``, (..., queries, keys), for every call.

    Yields:
        Nothing.
    """
    rows = {heads[name].module: name for name in names if name in heads}
    if not rows:
        yield
        return

    def on_attention(call: AttentionCall) -> None:
        if call.module in rows:
            on_weights(rows[call.module], call.weights)

    owners = {row.module for row in heads.values()}
    with observe_attention(module, on_attention, owners):
        yield


@contextmanager
def record_heads(
    module: nn.Module, heads: Mapping[str, AttentionHeads], names: Iterable[str]
) -> Iterator[dict[str, ActivationHook]]:
    """Record the attention weights of the rows among ``names`` while the module runs.

    Args:
        module: The module that will be run.
        heads: All rows of the layer table.
        names: Names of layers; those that are no rows of heads are ignored.

    Yields:
        Name -> hook, which fills as the module runs.
    """
    hooks = {name: HeadsHook() for name in names if name in heads}
    with observe_heads(module, heads, hooks, lambda row, weights: hooks[row].add(weights)):
        yield dict(hooks)


def find_heads_row(network: "Network", layer: str) -> str:
    """Return the row of the heads that ``layer`` is, or holds; raise UnknownUnit without any."""
    rows = network.table.heads
    inside = [name for name, heads in rows.items() if layer in (name, heads.module)]
    if not inside and network.layer(layer):
        listed = ", ".join(list(rows)[:6]) or "none"
        raise UnknownUnit(f"{layer} has no attention heads; rows of heads are: {listed}.")
    return inside[0]
