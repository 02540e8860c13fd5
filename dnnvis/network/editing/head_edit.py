"""Switch attention heads off, or scale what they pass on.

What a head passes on is its weighted sum of the values; scaling that is scaling its weights. The
weights on show stay those that the network computed.
"""

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.network.attention.calls import (
    MULTI_HEAD,
    SDPA,
    AttentionCall,
    AttentionMode,
)
from dnnvis.network.attention.heads import AttentionHeads
from dnnvis.network.hooks import track_modules


@dataclass(frozen=True)
class HeadScale:
    """Heads of a row of attention heads that are scaled."""

    #: Numbers of the heads; () is all of them.
    heads: tuple[int, ...]
    #: The attention call within a pass; None is every call, -1 the last.
    call: int | None
    factor: float


@contextmanager
def scale_heads(
    module: nn.Module, rows: Mapping[str, AttentionHeads], scales: Mapping[str, list[HeadScale]]
) -> Iterator[Counter[str]]:
    """Scale what attention heads pass on while the module runs; without any, do nothing.

    Args:
        module: The module that will be run.
        rows: All rows of attention heads.
        scales: Row -> the heads to scale.

    Yields:
        Row -> how often its attention was called, which fills as the module runs.
    """
    calls: Counter[str] = Counter()
    if not scales:
        yield calls
        return
    owners = {heads.module for heads in rows.values()}
    by_module = {rows[row].module: (row, rows[row], scales[row]) for row in scales}
    mode = _ScalingMode(by_module, calls)
    with track_modules(module, owners, mode.on_enter, mode.on_leave) as running:
        mode.running = running
        with mode:
            yield calls


class _ScalingMode(AttentionMode):
    """Observer of attention calls that scales what some heads pass on."""

    changes_values = True

    def __init__(
        self,
        scales: Mapping[str, tuple[str, AttentionHeads, list[HeadScale]]],
        calls: Counter[str],
    ) -> None:
        super().__init__(self._on_attention_call, with_keys=False)
        self._scales, self._calls = scales, calls
        self._factors: Tensor | None = None  # of the attention call that is being made
        self._head_axis = -3

    def on_enter(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> None:
        """Do not look away from ``nn.MultiheadAttention``: it then takes its open path."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call the function, with the heads scaled where it is an attention call."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name == MULTI_HEAD:
            return self._scale_projection(func, args, kwargs)
        result = func(*args, **kwargs)
        self._factors = None
        with torch._C.DisableTorchFunction():
            self._report(self._read, func, args, kwargs, result)
            if self._factors is None:
                return result
            scaled: Tensor = result * self._factors
            if name != SDPA and result in self._products:
                self._products[scaled] = self._products[result]
            return scaled

    def _read_sdpa(
        self, query: Tensor, key: Tensor, *args: Any, **kwargs: Any
    ) -> AttentionCall | None:
        """Report a fused attention call; its weights are not needed."""
        self._choose_factors(self.running[-1].name, query.shape, query)
        return None

    def _on_attention_call(self, call: AttentionCall) -> None:
        """Choose the factors of a softmax that are attention weights."""
        self._choose_factors(call.module, call.weights.shape, call.weights)

    def _choose_factors(self, module: str, shape: Any, like: Tensor) -> None:
        """Set the factors (.., heads, 1, 1) of a call on values of a shape (.., Q, K or E)."""
        if module not in self._scales:
            return
        _, heads, _ = self._scales[module]
        factors = self._next_factors(module, like)
        layout = heads.layout(0)
        axis = layout.head_axis
        if len(shape) < 3 or -axis > len(shape) or shape[axis] % layout.heads:
            axis = -3
        if shape[axis] == layout.heads:
            view = [1] * len(shape)
            view[axis] = layout.heads
            self._factors = factors.reshape(view)
        else:  # pictures and heads along one axis, the heads inside
            repeats = shape[axis] // layout.heads
            self._factors = factors.repeat(repeats)[:, None, None]

    def _next_factors(self, module: str, like: Tensor) -> Tensor:
        """Return one factor a head for the next attention call of a module."""
        row, heads, scales = self._scales[module]
        number, count = self._calls[row], len(heads.layouts)
        self._calls[row] += 1
        factors = torch.ones(heads.layout(0).heads, device=like.device, dtype=like.dtype)
        for scale in scales:
            if scale.call is None or scale.call % count == number:
                factors[list(scale.heads) if scale.heads else slice(None)] *= scale.factor
        return factors

    def _scale_projection(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Call torch's own attention with the columns of its output projection scaled.

        What a head passes on enters these columns alone.
        """
        module = self.running[-1].name
        if module not in self._scales:
            return func(*args, **kwargs)
        call = inspect.signature(F.multi_head_attention_forward).bind(*args, **kwargs)
        weight = call.arguments["out_proj_weight"]
        factors = self._next_factors(module, weight)
        width = weight.shape[1] // len(factors)
        call.arguments["out_proj_weight"] = weight * factors.repeat_interleave(width)
        return func(*call.args, **call.kwargs)
