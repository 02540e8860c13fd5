"""Propose where channels and places lie, from what is known of modules and shapes.

What is proposed here is tried in ``layout_proof``; nothing here looks at values.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from torch import Tensor, nn

from dnnvis.network.layout import BatchLead, ChannelLayout
from dnnvis.network.trial.index_replay import order_of

MAX_LEADING_TOKENS = 16  # class and distillation token, registers, prompts
MAX_PADDING_SHIFT = 0.125  # of a map's side; a cell that padding moves further is elsewhere
MAX_GRIDS = 6  # tried for one layer
SPATIAL = (
    (nn.Conv1d, 1),
    (nn.Conv2d, 2),
    (nn.Conv3d, 3),
    (nn.ConvTranspose1d, 1),
    (nn.ConvTranspose2d, 2),
    (nn.ConvTranspose3d, 3),
    (nn.MaxPool1d, 1),
    (nn.MaxPool2d, 2),
    (nn.MaxPool3d, 3),
    (nn.AvgPool1d, 1),
    (nn.AvgPool2d, 2),
    (nn.AvgPool3d, 3),
    (nn.AdaptiveAvgPool1d, 1),
    (nn.AdaptiveAvgPool2d, 2),
    (nn.AdaptiveAvgPool3d, 3),
    (nn.AdaptiveMaxPool1d, 1),
    (nn.AdaptiveMaxPool2d, 2),
    (nn.AdaptiveMaxPool3d, 3),
    (nn.BatchNorm2d, 2),
    (nn.BatchNorm3d, 3),
    (nn.InstanceNorm2d, 2),
    (nn.InstanceNorm3d, 3),
    (nn.PixelShuffle, 2),
    (nn.PixelUnshuffle, 2),
)
SECOND = (
    *(nn.BatchNorm1d, nn.GroupNorm, nn.InstanceNorm1d, nn.LocalResponseNorm),
    *(nn.Unfold, nn.Fold),
)
LAST = (
    *(nn.Linear, nn.Embedding, nn.MultiheadAttention, nn.Bilinear),
    *(nn.RNNBase, nn.RNNCellBase),
)

Shape = tuple[int, ...]
Order = tuple[int, ...]


def channel_axis_of(module: nn.Module, shape: Shape) -> int | None:
    """Return the axis of the channels in a value of ``shape``, where the module's kind says it.

    Only for modules that compute as torch's own do; a subclass with a ``forward`` of its own may
    return anything.
    """
    for kind, count in SPATIAL:
        if isinstance(module, kind):
            channels = getattr(module, "out_channels", getattr(module, "num_features", None))
            axis = len(shape) - count - 1
            return axis if axis >= 0 and channels in (None, shape[axis]) else None
    if isinstance(module, SECOND) and len(shape) > 1:
        features = getattr(module, "num_features", getattr(module, "num_channels", None))
        return 1 if features in (None, shape[1]) else None
    if isinstance(module, LAST) and shape:
        features = getattr(module, "out_features", getattr(module, "embedding_dim", None))
        return len(shape) - 1 if features in (None, shape[-1]) else None
    normalized = getattr(module, "normalized_shape", None)
    if isinstance(module, nn.LayerNorm | nn.RMSNorm) and normalized and len(normalized) == 1:
        if type(module).forward in (nn.LayerNorm.forward, nn.RMSNorm.forward):
            return len(shape) - 1
        return _only_axis(shape, normalized[0])
    return None


def input_channel_axis_of(module: nn.Module, shape: Shape) -> int | None:
    """Return the axis of the channels in an input of ``shape``, where the module's kind says it."""
    for kind, count in SPATIAL:
        if isinstance(module, kind):
            channels = getattr(module, "in_channels", getattr(module, "num_features", None))
            axis = len(shape) - count - 1
            return axis if axis >= 0 and channels in (None, shape[axis]) else None
    if isinstance(module, nn.Linear) and shape and shape[-1] == module.in_features:
        return len(shape) - 1
    return channel_axis_of(module, shape)


def _only_axis(shape: Shape, size: int) -> int | None:
    axes = [axis for axis, count in enumerate(shape) if axis and count == size]
    return axes[0] if len(axes) == 1 else None


def lead_of(shape: Shape) -> BatchLead:
    """Return what the first axis of a single picture's value most likely is."""
    if len(shape) == 3 and shape[0] > 1 and shape[1] == 1:
        return "time"
    return "batch" if shape[:1] == (1,) else "rows"


def find_lead(alone: Shape, together: Shape, batch: int) -> BatchLead | None:
    """Return what the first axis is, from the shapes for one picture and for ``batch`` ones.

    None where the batch has no axis of its own, and none that it is merged into.
    """
    if alone == together:
        return "none"
    if len(together) == len(alone) + 1 and together == (batch, *alone):
        return "rows"
    if len(alone) != len(together):
        return None
    axes = [axis for axis, size in enumerate(alone) if together[axis] != size]
    if len(axes) != 1 or together[axes[0]] != batch * alone[axes[0]]:
        return None
    if alone[axes[0]] == 1:
        return {0: "batch", 1: "time"}.get(axes[0])  # type: ignore[return-value]
    return "rows" if axes[0] == 0 else None


def default_channel_axis(shape: Shape) -> int:
    """Return the axis of the channels in (B, ...) where nothing says it."""
    if len(shape) == 3:
        return 2  # tokens
    if len(shape) > 4 and shape[-1] == shape[-2]:
        return len(shape) - 3  # attention: heads before queries and keys
    return 1


def iter_grids(
    positions: int, size: tuple[int, int], seen: Sequence[tuple[int, int]]
) -> list[tuple[tuple[int, int], int]]:
    """Return grids (h, w) that so many places may be, each with its number of other tokens.

    First those with the fewest other tokens; among these the maps seen last.

    Args:
        positions: Number of positions and tokens.
        size: Size (H, W) of the picture, in pixels.
        seen: Sizes of maps that the network made before.

    Returns:
        Grids, the likeliest first.
    """
    grids = dict.fromkeys(reversed(seen))
    height, width = size
    for stride in range(1, max(size) + 1):
        grids.setdefault((max(height // stride, 1), max(width // stride, 1)))
        grids.setdefault((math.ceil(height / stride), math.ceil(width / stride)))
    fitting = [
        (grid, positions - grid[0] * grid[1])
        for grid in grids
        if grid[0] * grid[1] > 1
        and 0 <= positions - grid[0] * grid[1] <= min(MAX_LEADING_TOKENS, grid[0] * grid[1])
    ]
    return sorted(fitting, key=lambda entry: entry[1])[:MAX_GRIDS]


def iter_orders(
    grid: tuple[int, int], extra: int, axes: Shape, windows: Sequence[int] = ()
) -> Iterator[tuple[str, Order, tuple[int, ...]]]:
    """Yield the orders in which tokens may run over a grid.

    Args:
        grid: (h, w).
        extra: Number of tokens that are no places.
        axes: Sizes of the axes that hold the places; their product is the number of tokens.
        windows: Sizes of windows to try besides those that ``axes`` suggests.

    Yields:
        A name, the token of each cell row by row, and the tokens that are no places.
    """
    height, width = grid
    count = height * width
    numbers = range(count + extra)
    yield "rows", tuple(numbers[extra:]), tuple(numbers[:extra])
    if extra:
        yield "rows, tokens last", tuple(numbers[:count]), tuple(numbers[count:])
    columns = tuple(extra + x * height + y for y in range(height) for x in range(width))
    if columns != tuple(numbers[extra:]):
        yield "columns", columns, tuple(numbers[:extra])
    if extra:
        return
    for side in dict.fromkeys((*_window_sides(axes), *windows)):
        if not height % side and not width % side:
            yield from _window_orders(grid, side)


def iter_padded_windows(
    positions: int, axes: Shape, seen: Sequence[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], str, Order]]:
    """Yield grids of windows whose map was padded to whole windows.

    Args:
        positions: Number of positions, padding among them.
        axes: Sizes of the axes that hold them.
        seen: Sizes of maps that the network made before.

    Yields:
        (h, w), a name, and the position of each cell, row by row.
    """
    for grid in dict.fromkeys(reversed(seen)):
        if grid[0] * grid[1] >= positions:
            continue
        for side in _window_sides(axes):
            rows, columns = math.ceil(grid[0] / side), math.ceil(grid[1] / side)
            if rows * columns * side * side == positions:
                for name, order, _ in _window_orders(grid, side):
                    yield grid, name, order


def _window_sides(axes: Shape) -> Iterator[int]:
    if len(axes) < 2:
        return
    for size in (axes[-1], axes[0]):
        side = math.isqrt(size)
        if side > 1 and side * side == size:
            yield side
    if len(axes) > 2 and axes[-1] == axes[-2]:
        yield axes[-1]


def _window_orders(
    grid: tuple[int, int], side: int
) -> Iterator[tuple[str, Order, tuple[int, ...]]]:
    """Yield windows of ``side`` cells one after the other, unshifted and shifted, then strided.

    Shifted: the map was rolled by half a window before (Liu et al. 2021, Swin Transformer, section
    3.2). Strided: a window holds cells that lie far apart (Tu et al. 2022, MaxViT, section 3.2).
    """
    height, width = grid
    rows, columns = math.ceil(height / side), math.ceil(width / side)
    cells = [(y, x) for y in range(height) for x in range(width)]
    for shift in dict.fromkeys((0, side // 2)):
        yield (
            f"windows of {side}" + (f", shifted by {shift}" if shift else ""),
            tuple(
                _window_position(
                    (y - shift) % (rows * side), (x - shift) % (columns * side), side, columns
                )
                for y, x in cells
            ),
            (),
        )
    if not height % side and not width % side:
        inner = side * side
        yield (
            f"a grid of {side}",
            tuple(
                ((y % rows) * columns + x % columns) * inner + (y // rows) * side + x // columns
                for y, x in cells
            ),
            (),
        )


def _window_position(y: int, x: int, side: int, columns: int) -> int:
    window = (y // side) * columns + x // side
    return window * side * side + (y % side) * side + x % side


def probed_channels(count: int, probes: int) -> tuple[int, ...]:
    """Return the channels of ``count`` that the probes raise, spread over all."""
    return tuple((2 * k + 1) * count // (2 * probes) for k in range(probes))


def token_names(module: nn.Module, count: int) -> tuple[str, ...]:
    """Return names of leading tokens, as the network's own parameters have them.

    ``cls``, ``dist``, ``reg1`` ...; the first is the class token where nothing says otherwise.
    """
    if not count:
        return ()
    found: list[str] = []
    for label, names in _TOKEN_PARAMETERS:
        for name, value in module.named_parameters():
            if name.rpartition(".")[2] in names and isinstance(value, Tensor):
                number = value.shape[-2] if value.dim() > 1 else 1
                found += [label] if number == 1 else [f"{label}{k + 1}" for k in range(number)]
                break
    if len(found) == count:
        return tuple(found)
    return ("cls", *(f"token{k}" for k in range(1, count)))


_TOKEN_PARAMETERS = (
    ("cls", ("cls_token", "class_token", "class_embedding")),
    ("dist", ("dist_token", "distillation_token")),
    ("reg", ("reg_token", "register_tokens", "registers")),
)


def is_spatial(module: nn.Module) -> bool:
    """Return whether a module works on rows and columns."""
    return channel_axis_of(module, (1, *_any_spatial_shape(module))) is not None and not isinstance(
        module, nn.Linear | nn.LayerNorm | nn.Embedding
    )


def _any_spatial_shape(module: nn.Module) -> tuple[int, int, int]:
    names = ("out_channels", "num_features", "num_channels")
    channels: int = next((getattr(module, name) for name in names if hasattr(module, name)), 1)
    return channels, 2, 2


def is_spatial_3d(module: nn.Module) -> bool:
    """Return whether a module works on three axes of positions."""
    return isinstance(
        module,
        nn.Conv3d | nn.ConvTranspose3d | nn.MaxPool3d | nn.AvgPool3d | nn.BatchNorm3d,
    )


def is_plausible(rest: tuple[int, ...], size: tuple[int, int]) -> bool:
    """Return whether a map of this size has about the picture's own proportions."""
    ratio = (rest[0] / rest[1]) / (size[0] / size[1])
    return 0.5 <= ratio <= 2.0


def with_positions(
    layout: ChannelLayout, axis: int, numbers: Tensor, grid: tuple[int, int]
) -> ChannelLayout | None:
    """Return a layout with the positions that its numbers hold; None where they do not fit.

    Args:
        layout: The layout without positions.
        axis: The axis of its channels in (B, ...).
        numbers: The position that each number holds.
        grid: (h, w) of the map.
    """
    moved = numbers[:1].movedim(axis, 1)  # (1, C, ...)
    rows = moved.flatten(2)[0]
    if not bool((rows == rows[:1]).all()) or math.prod(grid) < 2:
        return None
    ordered = order_of(rows[0], grid)
    if ordered is None:
        return None
    order, extras = ordered
    cells, count = tuple(moved.shape[2:]), rows.shape[1]
    if cells == grid and order == tuple(range(count)):
        return layout
    if extras and not (len(cells) == 1 and _stand_together(extras, count)):
        return _with_padding(layout, axis, order, cells, grid)
    leading = order == tuple(range(len(extras), len(extras) + len(order)))
    return replace(
        layout,
        grid=grid,
        prefix=len(extras),
        order=() if leading else order,
        extras=() if leading else extras,
        positions=count,
    )


def _stand_together(extras: tuple[int, ...], count: int) -> bool:
    """Return whether positions outside of a map may be tokens: a few, all first or all last."""
    number = len(extras)
    ends = (tuple(range(number)), tuple(range(count - number, count)))
    return number <= MAX_LEADING_TOKENS and extras in ends


def _with_padding(
    layout: ChannelLayout,
    axis: int,
    order: tuple[int, ...],
    cells: tuple[int, ...],
    grid: tuple[int, int],
) -> ChannelLayout:
    """Return the layout of a map in which some positions are padding.

    A map stays as it is where padding leaves its cells about where they were, and is a list where
    it does not; of windows and tokens the padding is left out.
    """
    if len(cells) == 2 and cells[0] >= grid[0] and cells[1] >= grid[1]:
        if _shift_by_padding(order, cells, grid) > MAX_PADDING_SHIFT:
            return replace(layout, kind="list", channel_axis=axis)
        return layout
    return replace(layout, grid=grid, prefix=0, order=order, extras=(), positions=math.prod(cells))


def _shift_by_padding(
    order: tuple[int, ...], padded: tuple[int, ...], grid: tuple[int, int]
) -> float:
    """Return how far padding moves any cell of a map, as a fraction of its side."""
    shifts = []
    for cell, index in enumerate(order):
        for at, side, own, own_side in zip(
            divmod(index, padded[1]), padded, divmod(cell, grid[1]), grid, strict=True
        ):
            shifts.append(abs((at + 0.5) / side - (own + 0.5) / own_side))
    return max(shifts)
