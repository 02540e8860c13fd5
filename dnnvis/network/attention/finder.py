"""Find the attention heads of a network by one dry run, and which key lies where.

Which key belongs to which position of a map is not guessed from shapes: a code is put on every key
and sent back to the maps that the network had before (``locate_keys``).
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge

from dnnvis.network.attention.calls import AttentionCall, observe_attention
from dnnvis.network.attention.heads import AttentionHeads, HeadLayout
from dnnvis.network.hooks import edge_of
from dnnvis.network.layout import ChannelLayout

ROW_NAMES = (".heads", ".attention_heads")  # the second where a module has the first's name
COUNT_NAMES = ("num_heads", "num_attention_heads", "n_heads", "n_head", "heads", "nhead")
MAX_CANDIDATES = 16  # earlier values to which the keys are traced back
CODE_BASE = 32  # values of one digit of a key's code; halves keep them apart, too
MAX_CODE_ERROR = 0.2  # of a digit
MAX_CODE_SPREAD = 0.02  # of a position's gradient that may not be a multiple of the uncoded one


class _Candidate(NamedTuple):
    """A value that the network had before a call: maybe the map whose positions the keys are."""

    module: str
    call: int
    edge: GradientEdge


class _SeenCall(NamedTuple):
    layout: HeadLayout
    keys: Tensor | None
    candidates: tuple[_Candidate, ...]


class AttentionFinder:
    """Finder of all attention calls during the dry run on one picture."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._calls: dict[str, list[_SeenCall]] = defaultdict(list)
        self._module_calls: dict[str, int] = defaultdict(int)
        self._candidates: list[_Candidate] = []

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Find what is called within the context."""
        with observe_attention(self._module, self._on_attention, with_keys=True):
            yield

    def on_return(self, name: str, call: int, value: Tensor) -> None:
        """Take in what call number ``call`` of a module has returned."""
        self._module_calls[name] += 1
        edge = edge_of(value)
        if edge is not None:
            self._candidates.append(_Candidate(name, call, edge))

    def _on_attention(self, call: AttentionCall) -> None:
        owner = self._module.get_submodule(call.module)
        counts = (getattr(owner, name, None) for name in COUNT_NAMES)
        count = next((count for count in counts if isinstance(count, int)), None)
        layout = find_layout(call.weights, call.head_axis, count)
        candidates = tuple(self._candidates[: -MAX_CANDIDATES - 1 : -1])
        self._calls[call.module].append(_SeenCall(layout, call.keys, candidates))

    def rows(
        self, layouts: Mapping[str, Sequence[ChannelLayout]], taken: Iterable[str]
    ) -> dict[str, AttentionHeads]:
        """Return the rows of heads, in the order in which they ran.

        Args:
            layouts: Layer name -> layout of each call, as they are known by now.
            taken: Names that layers have.

        Returns:
            Name -> row.
        """
        names, rows = set(taken), {}
        for module, seen in self._calls.items():
            name = next(
                (n for end in ROW_NAMES if (n := (module + end).lstrip(".")) not in names), ""
            )
            if name:
                placed = tuple(_place(call, layouts) for call in seen)
                per_pass = max(1, len(seen) // max(1, self._module_calls[module]))
                rows[name] = AttentionHeads(module, placed, per_pass)
        return rows


def find_layout(weights: Tensor, axis: int | None = None, count: int | None = None) -> HeadLayout:
    """Return the layout of the weights of one picture, the keys being a list.

    Heads are on the axis that has as many entries as the module says, if only one has; else on
    the one that lies next to the features in the memory of the queries; else on the third from
    the end. What remains are windows. Of three axes the first is heads, or windows times heads.

    Args:
        weights: (..., queries, keys).
        axis: The axis next to the features, from the end; None where that is not known.
        count: Number of heads as the module says it; None where it says nothing.

    Returns:
        The layout.
    """
    shape = tuple(weights.shape)
    if len(shape) == 3:
        heads = count if count and shape[0] % count == 0 else shape[0]
        return HeadLayout(heads, shape[0] // heads, shape[1], shape[2])
    axes = range(-3, -len(shape), -1)  # the first one is the batch, or windows
    matches = [a for a in axes if shape[a] == count]
    if len(matches) == 1:
        axis = matches[0]
    elif axis is None or axis not in axes:
        axis = -3
    windows = weights[..., 0, 0].numel() // shape[axis]
    return HeadLayout(shape[axis], windows, shape[-2], shape[-1], head_axis=axis)


def _place(call: _SeenCall, layouts: Mapping[str, Sequence[ChannelLayout]]) -> HeadLayout:
    """Return the call's layout with its keys at the positions of a map, where that is proved."""
    layout = call.layout
    if call.keys is None or not call.keys.requires_grad:
        return layout
    keys = call.keys if call.keys.dim() < 3 else call.keys.movedim(layout.head_axis + 1, -2)
    if keys.shape[-1] > layout.keys or keys[..., 0].numel() % layout.windows:
        return layout
    keys = keys.reshape(layout.windows, -1, keys.shape[-1])  # (windows, heads or 1, keys)
    for module, number, edge in call.candidates:
        if module not in layouts or number >= len(layouts[module]):
            continue
        with torch.enable_grad():
            match = locate_keys(keys, edge, layouts[module][number], layout.keys)
        if match is not None:
            return replace(layout, grid=match[0], order=match[1])
    return layout


def locate_keys(
    keys: Tensor, edge: GradientEdge, layout: ChannelLayout, stride: int
) -> tuple[tuple[int, int], tuple[int, ...]] | None:
    """Find the key at each position of an earlier map, by sending codes back.

    A key that is computed from one position alone gives that position a gradient. Sent back once
    as it is and once times a digit of the key's number, the two differ at the position by just
    that digit, in every channel. Where a position got something from several keys, or from none,
    there is no such number, and nothing is claimed.

    Args:
        keys: Each key as one number, (windows, heads, keys), in the graph.
        edge: Where in the graph the earlier value was computed.
        layout: Layout of that value.
        stride: Keys of a window as they are numbered.

    Returns:
        (h, w), and the number ``window * stride + key`` of the key at each position; None where
        the keys are not the positions of this map.
    """
    if layout.kind not in ("maps", "last", "tokens") or layout.lead != "batch":
        return None
    if layout.kind == "tokens" and layout.grid is None:
        return None
    plain = _send_back(keys, edge, layout)  # (C, h, w)
    if plain is None or min(plain.shape[1:]) < 2 or plain[0].numel() > keys[:, 0].numel():
        return None
    strength = plain.square().sum(0)  # (h, w)
    if not bool((strength > 0).all()):
        return None
    windows, count = keys.shape[0], keys.shape[2]
    numbers = torch.arange(windows * count, device=keys.device).reshape(windows, 1, count)
    index, factor = torch.zeros_like(strength, dtype=torch.long), 1
    while factor < windows * count:
        digits = numbers // factor % CODE_BASE + 1
        coded = _send_back(keys * digits, edge, layout)
        digit = None if coded is None else _read_digit(plain, coded, strength)
        if digit is None:
            return None
        index, factor = index + digit * factor, factor * CODE_BASE
    order = (index // count * stride + index % count).flatten().tolist()
    if len(set(order)) < len(order) or int(index.max()) >= windows * count:
        return None
    return (int(plain.shape[1]), int(plain.shape[2])), tuple(order)


def _send_back(value: Tensor, edge: GradientEdge, layout: ChannelLayout) -> Tensor | None:
    """Return the gradient of the sum of ``value`` at an earlier value, (C, h, w) float32."""
    try:
        (signal,) = torch.autograd.grad(value.sum(), [edge], retain_graph=True, allow_unused=True)
        return None if signal is None else layout.arrange(signal)[0].detach().float()
    except (RuntimeError, IndexError) as error:
        logging.getLogger(__name__).info("keys cannot be traced back: %s", error)
        return None


def _read_digit(plain: Tensor, coded: Tensor, strength: Tensor) -> Tensor | None:
    """Return the digit at each position (h, w), int64; None where there is none."""
    ratio = (plain * coded).sum(0) / strength
    spread = (coded - ratio * plain).square().sum(0).sqrt()
    digit = ratio.round()
    is_digit = (ratio - digit).abs() < MAX_CODE_ERROR
    is_digit &= spread <= MAX_CODE_SPREAD * coded.square().sum(0).sqrt()
    is_digit &= (digit >= 1) & (digit <= CODE_BASE)
    return digit.long() - 1 if bool(is_digit.all()) else None
