"""What one picture (or a batch) did inside a network."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.network.layout import Layout
from dnnvis.network.table import CLASS_TOKEN

Array = NDArray[np.float32]


class Recording:
    """``recording["conv1"]`` is float32 (calls, C, H, W), or (B, calls, C, H, W) where a
    batch was recorded; ``output`` is what the network returned, float32 (K,) or (B, K).

    Each value is what the module returned at the moment it returned it.
    """

    def __init__(
        self,
        x: Tensor,
        values: dict[str, list[Tensor]],
        layouts: dict[str, tuple[Layout, ...]],
        result: Tensor | None,
        batched: bool,
        names: tuple[str, ...] | None = None,
    ) -> None:
        self.x = x  # (B, C, H, W) in [0, 1]
        self.values = values
        self.layouts = layouts
        self.result = result
        self.batched = batched
        self._names = names if names is not None else tuple(values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Array:
        calls = [self._tensor(name, k).detach() for k in range(self.count(name))]
        if len({call.shape for call in calls}) > 1:
            shapes = ", ".join(str(tuple(call.shape[1:])) for call in calls)
            raise BadInput(
                f"The calls of {name} differ in shape ({shapes}); "
                f'read them one by one with recording.calls("{name}").'
            )
        stacked = numbers(torch.stack(calls, 1))  # (B, calls, C, H, W)
        return stacked if self.batched else stacked[0]

    def calls(self, name: str) -> list[Array]:
        """One float32 array per call, (C, H, W), or (B, C, H, W) for a batch."""
        made = [numbers(self._tensor(name, k).detach()) for k in range(self.count(name))]
        return made if self.batched else [call[0] for call in made]

    @property
    def output(self) -> Array:
        """What the network returned, as returned: (K,), or (B, K) for a batch."""
        if self.result is None:
            raise BadInput("The pass was stopped before the network's end: there is no output.")
        result = numbers(self.result.detach())
        if self.batched or result.ndim == 0 or result.shape[0] != 1:
            return result
        return result[0]

    def tensor(self, name: str, call: int = -1) -> Tensor:
        """One call as (B, C, H, W), part of the graph where the pass kept one."""
        count = self.count(name)
        if not -count <= call < count:
            raise UnknownUnit(f"{name} was called {count} times; there is no call {call}.")
        return self._tensor(name, call % count)

    def raw(self, name: str, call: int = -1) -> tuple[Tensor, Layout]:
        """One call as the module returned it, with the layout that arranges it."""
        base = self._base(name)
        return self.values[base][call], self._layout(base, call)

    def count(self, name: str) -> int:
        """How often the layer was called; raises UnknownUnit where it was not recorded."""
        base = self._base(name)
        if base not in self.values:
            raise UnknownUnit(f"{name} was not recorded; there are {', '.join(self._names)}.")
        return len(self.values[base])

    def _base(self, name: str) -> str:
        if name not in self.values and name.endswith(CLASS_TOKEN):
            return name.removesuffix(CLASS_TOKEN)
        return name

    def _layout(self, base: str, call: int) -> Layout:
        layouts = self.layouts[base]
        return layouts[min(call, len(layouts) - 1) if call >= 0 else call]

    def _tensor(self, name: str, call: int) -> Tensor:
        base = self._base(name)
        value, layout = self.values[base][call], self._layout(base, call)
        batch = self.x.shape[0]
        return layout.arrange(value, batch) if base == name else layout.prefix_of(value, batch)


def numbers(value: Tensor) -> Array:
    """A tensor of any type and device as a float32 array of its own memory."""
    return np.ascontiguousarray(value.to("cpu", torch.float32).numpy())
