"""Read what modules return as (C, H, W): where pictures, channels and places lie in it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

LayoutKind = Literal["maps", "last", "tokens", "line", "vector", "list"]
BatchLead = Literal["batch", "time", "rows", "last_rows", "none"]

CHANNEL_AXES = {"maps": 1, "line": 1, "last": -1, "tokens": -1, "list": 1, "vector": 1}


@dataclass(frozen=True)
class ChannelLayout:
    """How the axes of a value are arranged."""

    #: ``maps`` (B, C, H, W), ``last`` (B, H, W, C), ``tokens`` (B, N, C), ``line`` (B, C, L),
    #: ``vector`` (B, K), ``list`` any axes, of which one holds the channels.
    kind: LayoutKind
    #: (h, w) arranges places as a map; None: they are shown as a list, one below the other.
    grid: tuple[int, int] | None = None
    #: Number of tokens that are no places of the picture (class token, registers).
    prefix: int = 0
    #: What the first axis is: the batch; ``time``, the batch being second (as torch's recurrent
    #: modules have it); ``rows``, the batch and another axis merged, or no batch axis;
    #: ``last_rows``, merged with the batch inside; ``none``, the same value for every picture.
    lead: BatchLead = "batch"
    #: The whole shape for one picture, where ``lead`` is rows.
    shape: tuple[int, ...] = ()
    #: Axis of the channels in (B, ...), where ``kind`` is list; else by the kind.
    channel_axis: int | None = None
    #: Of each cell of the grid, row by row, its number among all places; (): one after the other,
    #: after the leading tokens.
    order: tuple[int, ...] = ()
    #: Number of places and tokens in one value; 0: those of the grid and the leading tokens.
    positions: int = 0
    #: The numbers of the tokens that are no places; (): the first ``prefix``.
    extras: tuple[int, ...] = ()
    #: Whether one value holds several time steps, along the axis after that of the batch.
    steps: bool = False

    def split_steps(self, value: Tensor, batch: int = 1) -> tuple[Tensor, ...]:
        """Return the time steps in a value, each (B, ...), still part of its graph."""
        return self.with_batch(value, batch).unbind(1)

    def of_step(self) -> "ChannelLayout":
        """Return the layout of one of ``split_steps``."""
        axis = CHANNEL_AXES[self.kind] if self.channel_axis is None else self.channel_axis
        axis = axis - 1 if axis > 1 else axis
        kind: LayoutKind = "maps" if axis == 1 else "last"
        return ChannelLayout(kind)

    def view_channel_axis(self, axes: int) -> int:
        """Return the axis of the channels in (B, ...) of so many axes."""
        axis = CHANNEL_AXES.get(self.kind, 1) if self.channel_axis is None else self.channel_axis
        return min(axis % axes, axes - 1)

    def arrange(self, value: Tensor, batch: int = 1) -> Tensor:
        """Return ``value`` as (B, C, H, W), still part of its graph.

        A value of another number of places than was seen before is a list (B, C, N, 1).
        """
        value = self.with_batch(value, batch)
        if self.kind == "vector" or value.dim() < 3:
            return value.reshape(batch, -1, 1, 1)
        maps = value.movedim(self._channel_axis(value), 1)  # (B, C, ...)
        if self.grid is not None:
            return self._to_grid(maps)
        if self.kind in ("maps", "last"):
            return (
                maps if maps.dim() == 4 else maps.flatten(3) if maps.dim() > 4 else maps[..., None]
            )
        return maps.flatten(2).unsqueeze(3)

    def class_token(self, value: Tensor, batch: int = 1, number: int = 0) -> Tensor:
        """Return a token that is no place (the first is the class token) as (B, C, 1, 1)."""
        value = self.with_batch(value, batch)
        tokens = value.movedim(self._channel_axis(value), 1).flatten(2)  # (B, C, N)
        index = self.extras[number] if self.extras else number
        return tokens[:, :, index, None, None]

    def with_batch(self, value: Tensor, batch: int = 1) -> Tensor:
        """Return ``value`` with the pictures along its first axis, (B, ...)."""
        if value.dim() == 0:
            value = value.reshape(1)
        if self.lead == "time":
            value = value.transpose(0, 1)
        elif self.lead == "last_rows" and batch > 0 and not value.shape[0] % batch:
            value = value.reshape(-1, batch, *value.shape[1:]).transpose(0, 1)
        elif self.lead == "none":
            value = value.unsqueeze(0)
        elif self.lead == "rows" and not self._is_squeezed(value, batch):
            value = self._add_batch(value, batch)
        if value.shape[0] == 1 and batch > 1:  # the same for every picture
            return value.expand(batch, *value.shape[1:])
        return value

    @cached_property
    def _order_index(self) -> Tensor:
        return torch.tensor(self.order)

    def _channel_axis(self, value: Tensor) -> int:
        return self.view_channel_axis(value.dim())

    def _is_squeezed(self, value: Tensor, batch: int) -> bool:
        """Return whether only a batch of one lost its axis (``squeeze()`` in the network)."""
        return value.dim() == len(self.shape) + 1 and value.shape[0] == batch

    def _add_batch(self, value: Tensor, batch: int) -> Tensor:
        shape = tuple(value.shape)
        if batch == 1 or shape == self.shape or shape[0] % batch:
            return value.unsqueeze(0)
        return value.reshape(batch, -1, *shape[1:])  # batch and time were merged

    def _to_grid(self, maps: Tensor) -> Tensor:
        assert self.grid is not None
        if maps.dim() == 4 and not self.order and tuple(maps.shape[2:]) == self.grid:
            return maps
        positions = maps.flatten(2)  # (B, C, N)
        if positions.shape[2] != (self.positions or self.grid[0] * self.grid[1] + self.prefix):
            return positions.unsqueeze(3)
        if self.order:
            positions = positions.index_select(2, self._order_index.to(maps.device))
        else:
            positions = positions[:, :, self.prefix :]
        return positions.reshape(*positions.shape[:2], *self.grid)
