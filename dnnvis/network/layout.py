"""Locate the channels in what a module returns, so that every layer reads (C, H, W)."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from torch import Tensor, nn

LayoutKind = Literal["maps", "last", "tokens", "line", "vector"]

CHANNELS_SECOND = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._BatchNorm,
    nn.GroupNorm,
    nn.modules.instancenorm._InstanceNorm,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.Upsample,
    nn.PixelShuffle,
    nn.LocalResponseNorm,
)


@dataclass(frozen=True)
class ChannelLayout:
    """How the axes of a value are arranged."""

    #: ``maps`` (B, C, H, W), ``last`` (B, H, W, C), ``tokens`` (B, N, C), ``line`` (B, C, L),
    #: ``vector`` (B, K).
    kind: LayoutKind
    #: (h, w) arranges tokens as a map.
    grid: tuple[int, int] | None = None
    #: Number of tokens before the map (the class token).
    prefix: int = 0
    #: What the first axis is: the batch; ``time``, the batch being second (as torch's recurrent
    #: modules have it); or ``rows``, no batch axis.
    lead: Literal["batch", "time", "rows"] = "batch"
    #: The whole shape for one picture, where ``lead`` is rows.
    shape: tuple[int, ...] = ()

    def arrange(self, value: Tensor, batch: int = 1) -> Tensor:
        """Return ``value`` as (B, C, H, W), still part of its graph."""
        value = self._with_batch(value, batch)
        match self.kind:
            case "vector":
                return value.reshape(batch, -1, 1, 1)
            case "line":
                return value.unsqueeze(3)
            case "last":
                return value.movedim(-1, 1)
            case "tokens":
                return self._tokens_to_map(value)
        return value if value.dim() == 4 else value.flatten(3)  # maps; (B, C, D, H, W) flattens

    def class_token(self, value: Tensor, batch: int = 1) -> Tensor:
        """Return the first token (the class token) as (B, C, 1, 1)."""
        return self._with_batch(value, batch)[:, 0, :, None, None]

    def _with_batch(self, value: Tensor, batch: int) -> Tensor:
        if self.lead == "time":
            value = value.transpose(0, 1)
        elif self.lead == "rows" and not self._is_squeezed(value, batch):
            value = self._add_batch(value, batch)
        if value.shape[0] == 1 and batch > 1:  # the same for every picture
            return value.expand(batch, *value.shape[1:])
        return value

    def _is_squeezed(self, value: Tensor, batch: int) -> bool:
        """Return whether only a batch of one lost its axis (``squeeze()`` in the network)."""
        return value.dim() == len(self.shape) + 1 and value.shape[0] == batch

    def _add_batch(self, value: Tensor, batch: int) -> Tensor:
        shape = tuple(value.shape)
        if batch == 1 or shape == self.shape or shape[0] % batch:
            return value.unsqueeze(0)
        return value.reshape(batch, -1, *shape[1:])  # batch and time were merged

    def _tokens_to_map(self, value: Tensor) -> Tensor:
        value = value.transpose(1, 2)  # (B, C, N)
        if self.grid is None:
            return value.unsqueeze(3)
        return value[:, :, self.prefix :].reshape(*value.shape[:2], *self.grid)


class LayoutFinder:
    """Finder of each value's layout during one dry run on one picture.

    It goes by module type, by identity with a value already seen, or by the latest value of the
    same shape. A block that ends in a bare addition has no layout of its own; its last part did.
    """

    def __init__(self) -> None:
        self._by_id: dict[int, ChannelLayout] = {}
        self._by_shape: dict[tuple[int, ...], ChannelLayout] = {}
        self._grids: list[tuple[int, int]] = []
        self._alive: list[Tensor] = []  # ids stay unique only while their objects live

    def find(self, module: nn.Module, value: Tensor) -> ChannelLayout:
        """Return the layout of what ``module`` returned."""
        shape = tuple(value.shape)
        lead: Literal["batch", "time", "rows"] = "batch" if shape[:1] == (1,) else "rows"
        if len(shape) == 3 and shape[0] > 1 and shape[1] == 1:
            lead = "time"
        full = {"batch": shape, "time": (1, *shape[:1], *shape[2:]), "rows": (1, *shape)}[lead]
        layout = self._by_id.get(id(value)) or self._layout(module, full)
        layout = replace(layout, lead=lead, shape=shape)
        self._alive.append(value)
        self._by_id[id(value)] = self._by_shape[full] = layout
        if layout.kind == "maps" and len(full) == 4:
            self._grids.append((full[2], full[3]))
        return layout

    def find_step(self, count: int, channels: int) -> ChannelLayout:
        """Return the layout of one time step (N, C) of ``count`` sequences a picture.

        Where there are as many as positions of a map that was seen, they are its positions.
        """
        if count == 1:
            return ChannelLayout("vector")
        grids = (g for g in reversed(self._grids) if g[0] * g[1] == count)
        return ChannelLayout("tokens", next(grids, None), lead="rows", shape=(count, channels))

    def _layout(self, module: nn.Module, full: tuple[int, ...]) -> ChannelLayout:
        if len(full) <= 2:
            return ChannelLayout("vector")
        if len(full) == 3:
            return self._sequence_layout(module, full)
        if len(full) > 4 or isinstance(module, CHANNELS_SECOND):
            return ChannelLayout("maps")
        if isinstance(module, nn.Linear) or type(module) in (nn.LayerNorm, nn.RMSNorm):
            return ChannelLayout("last")
        if type(module).__name__ == "Permute":
            return ChannelLayout(_permuted_kind(getattr(module, "dims", ())))
        return self._by_shape.get(full) or ChannelLayout("maps")

    def _sequence_layout(self, module: nn.Module, full: tuple[int, ...]) -> ChannelLayout:
        if isinstance(module, CHANNELS_SECOND):
            return ChannelLayout("line")
        if full in self._by_shape and not isinstance(module, nn.Linear | nn.LayerNorm):
            return self._by_shape[full]
        for grid in reversed(self._grids):
            prefix = full[1] - grid[0] * grid[1]
            if prefix in (0, 1) and grid != (1, 1):
                return ChannelLayout("tokens", grid, prefix)
        return ChannelLayout("tokens")


def _permuted_kind(dims: Any) -> LayoutKind:
    return "last" if list(dims) == [0, 2, 3, 1] else "maps"
