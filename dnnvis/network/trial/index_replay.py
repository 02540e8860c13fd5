"""Follow positions through what only moves them: views, permutations, rolls, sums.

The graph of one pass says how a value was made of an earlier layer's. The same steps are done again
with the numbers of that layer's positions in the place of its values, so that windows, columns and
tokens tell which position of the map they hold.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.network.layout import ChannelLayout
from dnnvis.network.trial.position_groups import (
    ELEMENTWISE,
    shape_of_node,
    works_by_position,
    works_on_grid,
)
from dnnvis.network.trial.trial_call import TrialCall

NO_POSITION = -1
Edge = tuple[Any, int]  # a node of the graph, and which of its results
RESHAPING = ("View", "UnsafeView", "ReshapeAlias", "Unsqueeze", "Squeeze")
#: Nodes that work on the rows of a matrix, and which of what they were given that is.
ROW_BY_ROW = {"Bmm": 0, "Mm": 0, "Addmm": 1, "Baddbmm": 1, "ScaledDotProduct": 0}
MAX_DEPTH = 40  # steps from a value back to a layer


#: Layout and shape of a layer's value -> the positions in it, and the map's (h, w).
NumbersCache = dict[tuple[ChannelLayout, tuple[int, ...]], tuple[Tensor, tuple[int, int]]]


class IndexReplay:
    """Positions of values, followed from the layers whose layouts are known so far.

    ``cache`` may be shared by several of them.
    """

    def __init__(self, cache: NumbersCache | None = None) -> None:
        self._cache: NumbersCache = {} if cache is None else cache
        #: (node, which of its results) -> the call that returned it, and its layout.
        self._known: dict[tuple[Any, int], tuple[TrialCall, ChannelLayout]] = {}
        #: The same edges -> the positions (one channel) and grid of maps cut of another map.
        self._moved: dict[Edge, tuple[Tensor, tuple[int, int]]] = {}

    def learn(self, call: TrialCall, layout: ChannelLayout) -> None:
        """Take in the layout of a call; those of lists and vectors say nothing."""
        is_map = layout.grid is not None or layout.kind in ("maps", "last")
        if call.node is not None and is_map and not layout.steps:
            self._known[call.node, call.result] = (call, layout)

    def positions_of(self, call: TrialCall) -> tuple[Tensor, tuple[int, int]] | None:
        """Return the position that each number of a call's value holds, and the map's (h, w).

        Positions count row by row; NO_POSITION is none. None where the graph does not say it.
        """
        self._grid: tuple[int, int] | None = None
        if works_on_grid(call):
            numbers = self._on_grid(call)
        elif works_by_position(call):
            given = self._replay((call.input_node, call.input_result), call.input_shape, 0)
            rows = None if given is None else _rows_of(given)
            if rows is None or self._grid is None:
                return None
            numbers = rows.expand(call.shape)
            self._moved[call.node, call.result] = (rows, self._grid)
        else:
            numbers = self._replay((call.node, call.result), call.shape, 0, itself=True)
        if numbers is None or self._grid is None or tuple(numbers.shape) != call.shape:
            return None
        return numbers, self._grid

    def input_positions(self, call: TrialCall) -> tuple[Tensor, tuple[int, int]] | None:
        """Return the positions in the maps that a call was given, as ``positions_of`` does.

        None where they are a layer's own, or the graph does not say it.
        """
        self._grid = None
        source = (call.input_node, call.input_result)
        if len(call.input_shape) != 4 or self._is_natural(source):
            return None
        numbers = self._replay(source, call.input_shape, 0)
        return None if numbers is None or self._grid is None else (numbers, self._grid)

    def _is_natural(self, edge: Edge) -> bool:
        """Return whether a result is a layer's map whose rows and columns lie as they are shown."""
        return edge in self._known and self._known[edge][1].grid is None

    def _on_grid(self, call: TrialCall) -> Tensor | None:
        """Return the positions of what a convolution, say, made of maps that were moved."""
        source = (call.input_node, call.input_result)
        if self._is_natural(source):
            return None
        given = self._replay(source, call.input_shape, 0)
        if given is None or not torch.equal(given, given[:, :1].expand_as(given)):
            return None
        if self._grid is not None:
            self._moved[call.node, call.result] = (given[:, :1], self._grid)
        return given[:, :1].expand(call.shape)

    def _replay(
        self, edge: Edge, shape: tuple[int, ...] | None, depth: int, itself: bool = False
    ) -> Tensor | None:
        """Return the positions in a result of a node; None where it does more than to move."""
        node, _ = edge
        if node is None or depth > MAX_DEPTH:
            return None
        if not itself and (edge in self._known or edge in self._moved):
            return self._recall(edge, shape)
        name = node.name()
        if name.startswith("Cat"):
            return self._join(node, shape, depth)
        for prefix, operand in ROW_BY_ROW.items():
            if name.startswith(prefix):
                return self._rows_of_product(node.next_functions[operand], shape, depth)
        if name.startswith(ELEMENTWISE):
            return self._first_of(node, shape, depth)
        return self._move(edge, depth)

    def _rows_of_product(
        self, edge: Edge, shape: tuple[int, ...] | None, depth: int
    ) -> Tensor | None:
        """Return the positions in a product, whose rows are those of its first matrix.

        What attention returns has the positions of its queries, a linear map those of its input.
        """
        if edge[0] is None or shape is None:
            return None
        given = self._replay(edge, shape_of_node(*edge), depth + 1)
        rows = None if given is None else _rows_of(given)
        if rows is None or tuple(rows.shape[:-1]) != shape[:-1]:
            return None
        return rows.expand(shape)

    def _recall(self, edge: Edge, shape: tuple[int, ...] | None) -> Tensor | None:
        """Return the positions in a result that is known already."""
        if edge in self._known:
            return self._numbers(*self._known[edge])
        numbers, grid = self._moved[edge]
        if shape is None or len(shape) != numbers.dim() or self._grid not in (None, grid):
            return None
        self._grid = grid
        return numbers.expand(shape)

    def _move(self, edge: Edge, depth: int) -> Tensor | None:
        """Return the positions in a result of a node that only moves those of its source."""
        node, result = edge
        name = node.name()
        source = node.next_functions[0] if node.next_functions else (None, 0)
        if source[0] is None or not name.startswith((*RESHAPING, *_MOVES, *_PARTS)):
            return None
        numbers = self._replay(source, shape_of_node(*source), depth + 1)
        if numbers is None:
            return None
        for prefix, part in _PARTS.items():
            if name.startswith(prefix):
                return part(node, numbers, result)
        if name.startswith(RESHAPING):
            target = shape_of_node(node)
            same = target is not None and math.prod(target) == numbers.numel()
            return numbers.reshape(target) if same and target is not None else None
        move = next(move for prefix, move in _MOVES.items() if name.startswith(prefix))
        moved: Tensor | None = move(node, numbers)
        return moved

    def _first_of(self, node: Any, shape: tuple[int, ...] | None, depth: int) -> Tensor | None:
        """Return the positions of the first summand of the same shape that has any."""
        for other in node.next_functions:
            if other[0] is None or shape_of_node(*other) not in (None, shape):
                continue
            numbers = self._replay(other, shape, depth + 1)
            if numbers is not None and tuple(numbers.shape) == shape:
                return numbers
        return None

    def _join(self, node: Any, shape: tuple[int, ...] | None, depth: int) -> Tensor | None:
        """Return the positions of parts put together; parts without any have none."""
        axis = _to_signed(node._saved_dim)
        parts: list[Tensor | tuple[int, ...] | None] = []
        for other in node.next_functions:
            if other[0] is None:
                parts.append(None)
                continue
            numbers = self._replay(other, shape_of_node(*other), depth + 1)
            parts.append(shape_of_node(*other) if numbers is None else numbers)
        if shape is None or not any(isinstance(part, Tensor) for part in parts):
            return None
        known = sum(_size(part, axis) for part in parts if part is not None)
        if sum(part is None for part in parts) > 1:
            return None
        filled = [_fill(part, shape, axis, shape[axis] - known) for part in parts]
        return torch.cat(filled, axis) if all(one.numel() for one in filled) else None

    def _numbers(self, call: TrialCall, layout: ChannelLayout) -> Tensor | None:
        """Return the positions in a layer's value, as its layout has them."""
        key = (layout, call.shape)
        if key not in self._cache:
            self._cache[key] = _count_positions(layout, call.shape)
        numbers, grid = self._cache[key]
        if self._grid not in (None, grid):
            return None
        self._grid = grid
        return numbers


def _count_positions(
    layout: ChannelLayout, shape: tuple[int, ...]
) -> tuple[Tensor, tuple[int, int]]:
    index = torch.arange(math.prod(shape)).reshape(shape)
    arranged = layout.arrange(index)  # (1, C, h, w)
    grid = (int(arranged.shape[2]), int(arranged.shape[3]))
    numbers = torch.full((index.numel(),), NO_POSITION)
    numbers[arranged.flatten()] = torch.arange(math.prod(grid)).repeat(arranged.shape[1])
    return numbers.reshape(shape), grid


def _rows_of(numbers: Tensor) -> Tensor | None:
    """Return (..., 1) of positions that do not change along the last axis; None where they do."""
    rows = numbers[..., :1]
    return rows if torch.equal(numbers, rows.expand_as(numbers)) else None


def constant_axes(numbers: Tensor) -> list[int]:
    """Return the axes of more than one index along which positions (B, ...) do not change."""
    return [
        axis
        for axis in range(1, numbers.dim())
        if numbers.shape[axis] > 1
        and bool((numbers == numbers.select(axis, 0).unsqueeze(axis)).all())
    ]


def order_of(
    numbers: Tensor, grid: tuple[int, int]
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return which of N positions each cell holds, row by row, and which are none.

    None where a cell is missing or there twice.
    """
    cells = numbers.tolist()
    order = [NO_POSITION] * math.prod(grid)
    for index, cell in enumerate(cells):
        if cell == NO_POSITION:
            continue
        if order[cell] != NO_POSITION:
            return None
        order[cell] = index
    if NO_POSITION in order:
        return None
    return tuple(order), tuple(k for k, cell in enumerate(cells) if cell == NO_POSITION)


def _to_signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _permute(node: Any, numbers: Tensor) -> Tensor:
    return numbers.permute([_to_signed(axis) for axis in node._saved_dims])


def _transpose(node: Any, numbers: Tensor) -> Tensor:
    return numbers.transpose(_to_signed(node._saved_dim0), _to_signed(node._saved_dim1))


def _expand(node: Any, numbers: Tensor) -> Tensor | None:
    target = shape_of_node(node)
    return numbers.expand(target) if target is not None else None


def _roll(node: Any, numbers: Tensor) -> Tensor:
    shifts = [_to_signed(shift) for shift in node._saved_shifts]
    return numbers.roll(shifts, [_to_signed(axis) for axis in node._saved_dims])


def _pad(node: Any, numbers: Tensor) -> Tensor:
    return F.pad(numbers, list(node._saved_pad), value=NO_POSITION)


def _slice(node: Any, numbers: Tensor) -> Tensor:
    axis = _to_signed(node._saved_dim)
    stop = min(_to_signed(node._saved_end), numbers.shape[axis])
    index = range(numbers.shape[axis])[_to_signed(node._saved_start) : stop : node._saved_step]
    return numbers.index_select(axis, torch.tensor(list(index), dtype=torch.long))


def _split(node: Any, numbers: Tensor, result: int) -> Tensor:
    start = node._saved_split_size * result
    axis = _to_signed(node._saved_dim)
    return numbers.narrow(axis, start, min(node._saved_split_size, numbers.shape[axis] - start))


def _split_with_sizes(node: Any, numbers: Tensor, result: int) -> Tensor:
    sizes = node._saved_split_sizes
    return numbers.narrow(_to_signed(node._saved_dim), sum(sizes[:result]), sizes[result])


def _unbind(node: Any, numbers: Tensor, result: int) -> Tensor:
    return numbers.select(_to_signed(node._saved_dim), result)


def _select(node: Any, numbers: Tensor) -> Tensor:
    return numbers.select(_to_signed(node._saved_dim), _to_signed(node._saved_index))


def _softmax(node: Any, numbers: Tensor) -> Tensor | None:
    """Return the same positions where the softmax runs over channels, which share theirs."""
    axis = _to_signed(node._saved_dim)
    same = torch.equal(numbers, numbers.narrow(axis, 0, 1).expand_as(numbers))
    return numbers if same else None


_MOVES: dict[str, Callable[[Any, Tensor], Tensor | None]] = {
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Permute": _permute,
    "Transpose": _transpose,
    "Roll": _roll,
    "Expand": _expand,
    "ConstantPadNd": _pad,
    "Slice": _slice,
    "Select": _select,
}
#: Nodes of several results, the longest names first.
_PARTS: dict[str, Callable[[Any, Tensor, int], Tensor]] = {
    "SplitWithSizes": _split_with_sizes,
    "Split": _split,
    "Unbind": _unbind,
}


def _size(part: Tensor | tuple[int, ...] | None, axis: int) -> int:
    if part is None:
        return 0
    return int(part.shape[axis] if isinstance(part, Tensor) else part[axis])


def _fill(
    part: Tensor | tuple[int, ...] | None, shape: tuple[int, ...], axis: int, rest: int
) -> Tensor:
    if isinstance(part, Tensor):
        return part
    sizes = list(shape if part is None else part)
    if part is None:
        sizes[axis] = max(rest, 0)
    return torch.full(sizes, NO_POSITION)
