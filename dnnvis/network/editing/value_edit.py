"""Apply an edit to one value, wherever its channels and positions lie in memory."""

from collections.abc import Callable

import torch
from torch import Tensor

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.network.values import PLAIN_TYPES

#: Returns a value of the network as (B, C, H, W), a view of it where that can be.
Reader = Callable[[Tensor], Tensor]


def edit_value(value: Tensor, read: Reader, edit: Edit, mean: Tensor | None = None) -> Tensor:
    """Return a copy of a value in which a unit, a region or the whole layer is changed.

    The original stays as it is, for it may be shared: an Identity returns what it was given.

    Args:
        value: What the layer returned.
        read: How it is read as (B, C, H, W).
        edit: The edit; its call has been chosen.
        mean: For ``mean``: what the edited entries are set to, to be broadcast to (C', h, w) of
            the edited channels and positions.

    Returns:
        The copy, in the graph of ``value``, in the same memory format.

    Raises:
        BadInput: The value holds no floating-point numbers, or none at the edit's position.
    """
    _check_numbers(value, edit)
    result = value.clone()
    maps = read(result)
    if _is_view(maps, result):
        _assign(maps, edit, mean)
        return result
    # the reader copies (places in another order): the same on the numbers of the entries
    numbers = torch.arange(value.numel(), device=value.device).reshape(value.shape)
    index = _select(read(numbers), edit)
    flat = value.flatten()
    changed = _select(read(value), edit) if edit.action != "swap" else None
    if changed is None:
        return _swap_by_index(flat, read(numbers), edit).reshape(value.shape)
    flat = flat.index_put((index.flatten(),), _compute(changed, edit, mean).flatten())
    return flat.reshape(value.shape)


def add_to_value(value: Tensor, read: Reader, change: Tensor, edit: Edit) -> Tensor:
    """Return a copy of a value with numbers added to it.

    Args:
        value: What the layer returned.
        read: How it is read as (B, C, H, W).
        change: What is added, (B, C, H, W).
        edit: The edit that it comes from, for the error message.

    Returns:
        The copy, in the graph of both, in the same memory format.

    Raises:
        BadInput: The value holds no floating-point numbers.
    """
    _check_numbers(value, edit)
    change = change.to(value.dtype)
    result = value.clone()
    maps = read(result)
    if _is_view(maps, result):
        maps += change
        return result
    numbers = read(torch.arange(value.numel(), device=value.device).reshape(value.shape))
    flat = value.flatten().index_add(0, numbers.flatten(), change.flatten())
    return flat.reshape(value.shape)


def average(maps: Tensor, edit: Edit) -> Tensor:
    """Return what ``mean`` sets an edit's entries to on these values.

    Args:
        maps: Values (B, C, H, W).
        edit: The edit.

    Returns:
        (C', 1, 1), the mean of each channel over pictures and positions; where the edit names
        positions (C', h, w), the mean of each position over the pictures.
    """
    values = _select(maps, edit)
    return values.mean((0, 2, 3))[:, None, None] if edit.region is None else values.mean(0)


def _check_numbers(value: Tensor, edit: Edit) -> None:
    plain = type(value) in PLAIN_TYPES and value.layout == torch.strided and not value.is_nested
    if not plain or not value.is_floating_point() or value.is_quantized:
        raise BadInput(
            f"{edit}: {edit.layer} returns {value.dtype} values in a form that cannot be edited; "
            "choose a layer of floating-point numbers."
        )


def _is_view(maps: Tensor, value: Tensor) -> bool:
    """Return whether writing into ``maps`` writes each entry of ``value`` once."""
    same = maps.untyped_storage().data_ptr() == value.untyped_storage().data_ptr()
    overlaps = any(
        stride == 0 and size > 1 for stride, size in zip(maps.stride(), maps.shape, strict=True)
    )
    return same and not overlaps


def _select(maps: Tensor, edit: Edit) -> Tensor:
    """Return the edited channels and positions (B, C', h, w)."""
    part = maps[:, list(edit.channels)] if edit.channels else maps
    if edit.region is None:
        return part
    top, left, bottom, right = edit.region
    if bottom > maps.shape[2] or right > maps.shape[3]:
        height, width = maps.shape[2:]
        raise BadInput(f"{edit}: the map is {height} x {width} here, the position lies outside.")
    return part[:, :, top:bottom, left:right]


def _assign(maps: Tensor, edit: Edit, mean: Tensor | None) -> None:
    """Change the entries in place."""
    region = _select(maps, edit)  # which also checks the position
    rows, columns = slice(None), slice(None)
    if edit.region is not None:
        top, left, bottom, right = edit.region
        rows, columns = slice(top, bottom), slice(left, right)
    if edit.action == "swap":
        first, second = edit.channels[0], edit.other
        previous = maps[:, first, rows, columns].clone()
        maps[:, first, rows, columns] = maps[:, second, rows, columns].clone()
        maps[:, second, rows, columns] = previous
    elif len(edit.channels) == 1:  # without an index: faster
        maps[:, edit.channels[0], rows, columns] = _compute(region, edit, mean)[:, 0]
    else:
        channels = list(edit.channels) if edit.channels else slice(None)
        maps[:, channels, rows, columns] = _compute(region, edit, mean)


def _compute(values: Tensor, edit: Edit, mean: Tensor | None) -> Tensor:
    """Return what the entries (B, C', h, w) become."""
    if edit.action == "scale":
        return values * edit.value
    if edit.action == "mean":
        if mean is None:
            raise BadInput(f"{edit}: no mean is known yet; run pictures first.")
        return mean.to(values).expand_as(values)
    return torch.full_like(values, edit.value)


def _swap_by_index(flat: Tensor, numbers: Tensor, edit: Edit) -> Tensor:
    channels = numbers[:, [edit.channels[0], edit.other]]
    if edit.region is not None:
        top, left, bottom, right = edit.region
        channels = channels[:, :, top:bottom, left:right]
    index, swapped = channels.flatten(), channels.flip(1).flatten()
    return flat.index_put((index,), flat[swapped])
