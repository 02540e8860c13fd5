"""Apply an edit to one value, wherever its channels and positions lie in memory."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.network.values import PLAIN_TYPES

#: Returns a value of the network as (B, C, H, W), a view of it where that can be.
Reader = Callable[[Tensor], Tensor]


class ValueEdit:
    """One edit of a layer's values, with what it needs of them worked out once."""

    def __init__(self, edit: Edit, read: Reader) -> None:
        """Create the edit.

        Args:
            edit: The edit; its call has been chosen.
            read: How a value is read as (B, C, H, W).
        """
        self.edit = edit
        self._read = read
        self._indices: dict[tuple[Any, ...], Tensor] = {}  # by shape and device of a value

    def read(self, value: Tensor) -> Tensor:
        """Return a value as (B, C, H, W)."""
        return self._read(value)

    def apply(self, value: Tensor, mean: Tensor | None = None, inplace: bool = False) -> Tensor:
        """Return a value in which a unit, a region or the whole layer is changed.

        The original stays as it is, for it may be shared: an Identity returns what it was given.

        Args:
            value: What the layer returned.
            mean: For ``mean``: what the edited entries are set to, to be broadcast to (C', h, w)
                of the edited channels and positions.
            inplace: Whether the value itself may be changed, for nobody else has it.

        Returns:
            The changed value, in the graph of ``value``, in the same memory format.

        Raises:
            BadInput: The value holds no floating-point numbers, or none at the edit's position.
        """
        _check_numbers(value, self.edit)
        result = value if inplace else value.clone()
        maps = self._read(result)
        if _is_view(maps, result):
            _assign(maps, self.edit, mean)
            return result
        # the reader copies (places in another order): the same on the numbers of the entries
        index, flat = self._find_index(value), value.flatten()
        if self.edit.action == "swap":
            changed = flat[index.flip(1)]
        else:
            changed = _compute(_select(maps, self.edit), self.edit, mean)
        return flat.index_put((index.flatten(),), changed.flatten()).reshape(value.shape)

    def _find_index(self, value: Tensor) -> Tensor:
        """Return which entries (B, C', h, w) of the flat value are changed; of a swap, both."""
        key = (value.shape, value.device)
        if key not in self._indices:
            numbers = torch.arange(value.numel(), device=value.device).reshape(value.shape)
            edit = self.edit
            if edit.action == "swap":
                edit = replace(edit, channels=(edit.channels[0], edit.other))
            self._indices[key] = _select(self._read(numbers), edit)
        return self._indices[key]


def edit_value(value: Tensor, read: Reader, edit: Edit, mean: Tensor | None = None) -> Tensor:
    """Return a copy of a value with one edit, see ``ValueEdit.apply``."""
    return ValueEdit(edit, read).apply(value, mean)


def merge_edits(edits: Sequence[Edit]) -> list[Edit]:
    """Return edits of one layer with as few operations as give the same values, bit for bit.

    Those that follow one another and set units to one number, or scale further ones by one factor,
    become one.
    """
    merged: list[Edit] = []
    for edit in edits:
        if merged and _can_merge(merged[-1], edit):
            channels = tuple(dict.fromkeys((*merged[-1].channels, *edit.channels)))
            merged[-1] = replace(edit, channels=channels)
        else:
            merged.append(edit)
    return merged


def _can_merge(first: Edit, second: Edit) -> bool:
    """Return whether the second can be done with the first, in one operation."""
    if not (first.channels and second.channels) or first.action not in ("set", "scale"):
        return False
    if replace(first, channels=()) != replace(second, channels=()):
        return False
    if math.copysign(1, first.value) != math.copysign(1, second.value):  # 0 and -0 are equal
        return False
    return first.action == "set" or not set(first.channels) & set(second.channels)


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
    part = maps
    if edit.channels:
        part = maps[:, _index_channels(edit.channels, maps.device)]
    if edit.region is None:
        return part
    _check_region(maps, edit)
    top, left, bottom, right = edit.region
    return part[:, :, top:bottom, left:right]


def _check_region(maps: Tensor, edit: Edit) -> None:
    assert edit.region is not None
    _, _, bottom, right = edit.region
    if bottom > maps.shape[2] or right > maps.shape[3]:
        height, width = maps.shape[2:]
        raise BadInput(f"{edit}: the map is {height} x {width} here, the position lies outside.")


def _assign(maps: Tensor, edit: Edit, mean: Tensor | None) -> None:
    """Change the entries in place."""
    if edit.region is not None:
        _check_region(maps, edit)
        top, left, bottom, right = edit.region
        maps = maps[:, :, top:bottom, left:right]
    if edit.action == "swap":
        first, second = maps[:, edit.channels[0]], maps[:, edit.other]
        previous = first.clone()
        first.copy_(second)
        second.copy_(previous)
    elif len(edit.channels) > 1:
        index = _index_channels(edit.channels, maps.device)
        if edit.action == "set":
            maps.index_fill_(1, index, edit.value)
        else:
            maps[:, index] = _compute(maps[:, index], edit, mean)
    else:  # without an index: faster
        part = maps[:, edit.channels[0] : edit.channels[0] + 1] if edit.channels else maps
        if edit.action == "set":
            part.fill_(edit.value)
        elif edit.action == "scale":
            part.mul_(edit.value)
        else:
            part.copy_(_compute(part, edit, mean))


@lru_cache(maxsize=256)
def _index_channels(channels: tuple[int, ...], device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # it may be used in a pass with gradients later
        return torch.tensor(channels, device=device)


def _compute(values: Tensor, edit: Edit, mean: Tensor | None) -> Tensor:
    """Return what the entries (B, C', h, w) become."""
    if edit.action == "scale":
        return values * edit.value
    if edit.action == "mean":
        if mean is None:
            raise BadInput(f"{edit}: no mean is known yet; run pictures first.")
        return mean.to(values).expand_as(values)
    return torch.full_like(values, edit.value)
