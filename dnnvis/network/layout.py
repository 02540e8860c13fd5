"""Where the channels are in what a module returns, so that every layer reads (C, H, W)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

Kind = Literal["maps", "last", "tokens", "line", "vector"]

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
class Layout:
    """``maps`` (B, C, H, W), ``last`` (B, H, W, C), ``tokens`` (B, N, C), ``line`` (B, C, L),
    ``vector`` (B, K). ``grid`` (h, w) arranges tokens as a map, after ``prefix`` others (the
    class token); ``batched`` is False where the module's result has no batch axis."""

    kind: Kind
    grid: tuple[int, int] | None = None
    prefix: int = 0
    batched: bool = True

    def arrange(self, value: Tensor, batch: int = 1) -> Tensor:
        """``value`` as (B, C, H, W), still part of its graph."""
        value = self._with_batch(value, batch)
        match self.kind:
            case "vector":
                return value.reshape(batch, -1, 1, 1)
            case "line":
                return value.unsqueeze(3)
            case "last":
                return value.movedim(-1, 1)
            case "tokens":
                return self._grid(value)
        return value if value.dim() == 4 else value.flatten(3)  # maps; (B, C, D, H, W) flattens

    def prefix_of(self, value: Tensor, batch: int = 1) -> Tensor:
        """The first token (the class token) as (B, C, 1, 1)."""
        return self._with_batch(value, batch)[:, 0, :, None, None]

    def _with_batch(self, value: Tensor, batch: int) -> Tensor:
        if self.batched:
            return value
        return value.reshape(batch, -1, *value.shape[1:])

    def _grid(self, value: Tensor) -> Tensor:
        value = value.transpose(1, 2)  # (B, C, N)
        if self.grid is None:
            return value.unsqueeze(3)
        return value[:, :, self.prefix :].unflatten(2, self.grid)


class LayoutFinder:
    """Finds each value's layout during one dry run, by module type, by identity with a value
    already seen, or by the latest value of the same shape.

    A block that ends in a bare addition says nothing of its own; its last part did.
    """

    def __init__(self) -> None:
        self._by_id: dict[int, Layout] = {}
        self._by_shape: dict[tuple[int, ...], Layout] = {}
        self._grids: list[tuple[int, int]] = []
        self._alive: list[Tensor] = []  # ids stay unique only while their objects live

    def find(self, module: nn.Module, value: Tensor) -> Layout:
        batched = value.dim() > 0 and value.shape[0] == 1
        full = tuple(value.shape) if batched else (1, *value.shape)
        layout = self._by_id.get(id(value)) or self._layout(module, value, full, batched)
        self._alive.append(value)
        self._by_id[id(value)] = self._by_shape[full] = layout
        if layout.kind == "maps" and len(full) == 4:
            self._grids.append((full[2], full[3]))
        return layout

    def _layout(
        self, module: nn.Module, value: Tensor, full: tuple[int, ...], batched: bool
    ) -> Layout:
        if len(full) <= 2:
            return Layout("vector", batched=batched)
        if len(full) == 3:
            return self._three(module, full, batched)
        if len(full) > 4 or isinstance(module, CHANNELS_SECOND):
            return Layout("maps", batched=batched)
        if isinstance(module, nn.Linear) or type(module) in (nn.LayerNorm, nn.RMSNorm):
            return Layout("last", batched=batched)
        if type(module).__name__ == "Permute":
            return Layout(_permuted(getattr(module, "dims", ())), batched=batched)
        return self._by_shape.get(full) or Layout("maps", batched=batched)

    def _three(self, module: nn.Module, full: tuple[int, ...], batched: bool) -> Layout:
        if isinstance(module, CHANNELS_SECOND):
            return Layout("line", batched=batched)
        if full in self._by_shape and not isinstance(module, nn.Linear | nn.LayerNorm):
            return self._by_shape[full]
        for grid in reversed(self._grids):
            prefix = full[1] - grid[0] * grid[1]
            if prefix in (0, 1) and grid != (1, 1):
                return Layout("tokens", grid, prefix, batched)
        return Layout("tokens", batched=batched)


def _permuted(dims: Any) -> Kind:
    return "last" if list(dims) == [0, 2, 3, 1] else "maps"


Arrange = Callable[[Tensor], Tensor]
