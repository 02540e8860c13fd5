"""See every attention call of a network while it runs, and read its weights.

Torch, timm, transformers and torchvision call one of four things: ``nn.MultiheadAttention`` or the
function behind it, ``scaled_dot_product_attention`` (fused: its weights are never made), or a
``softmax`` over the last axis of a product of queries and keys (Vaswani et al. 2017, equation 1).
The first is met at the module, the others by a ``TorchFunctionMode``. Weights that the network does
not make itself are computed once more from queries and keys, in the same graph; the network goes
on with its own values, and takes whatever path it takes without an observer.
"""

import inspect
import logging
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from dnnvis.network.hooks import ModuleCall, track_modules

SDPA, MULTI_HEAD = "scaled_dot_product_attention", "multi_head_attention_forward"
PRODUCTS = ("matmul", "__matmul__", "__rmatmul__", "bmm", "baddbmm", "einsum")
SOFTMAX = "softmax"
MAX_STEPS_TO_SOFTMAX = 32  # functions between the product of queries and keys and its softmax
OPTIONS = {"need_weights": True, "average_attn_weights": False}  # the unfused path of torch


class AttentionCall(NamedTuple):
    """One attention call."""

    #: Name of the innermost module that runs; "" is the network itself.
    module: str
    weights: Tensor
    #: Keys, each as one number: (..., keys) with the leading axes of ``weights``; None: not needed.
    keys: Tensor | None
    #: The axis of the heads from the end, where the memory of the queries shows it.
    head_axis: int | None


@contextmanager
def observe_attention(
    module: nn.Module,
    on_attention: Callable[[AttentionCall], None],
    names: Container[str] | None = None,
    with_keys: bool = False,
) -> Iterator[None]:
    """Report every attention call while the module runs.

    Args:
        module: The module that will be run.
        on_attention: Receives each call.
        names: Submodules to which calls are assigned; None: all of them.
        with_keys: Whether calls have their keys.

    Yields:
        Nothing.
    """
    mode = AttentionMode(on_attention, with_keys)
    try:
        with track_modules(module, names, mode.on_enter, mode.on_leave) as running:
            mode.running = running
            with mode:
                yield
    finally:
        mode.look_again()


@dataclass(frozen=True, eq=False)
class _Product:
    """Where a tensor comes from: the product of queries and keys, or (``weights``) its softmax."""

    running: tuple[ModuleCall, ...]
    keys: Tensor | None
    head_axis: int | None
    weights: bool = False
    steps: int = 0

    @cached_property
    def next_step(self) -> "_Product":
        """Return the same one function further on."""
        return replace(self, steps=self.steps + 1)


class AttentionMode(TorchFunctionMode):
    """Observer of torch's functions; the network gets what they return, untouched.

    A subclass with ``changes_values`` changes it: then nobody looks away.
    """

    changes_values = False

    def __init__(self, on_attention: Callable[[AttentionCall], None], with_keys: bool) -> None:
        super().__init__()
        self.running: list[ModuleCall] = []
        self._on_attention, self._with_keys = on_attention, with_keys
        self._products = WeakTensorKeyDictionary()
        self._looks_away: tuple[ModuleCall, Any] | None = None  # from a module, and its guard

    def on_enter(self, call: ModuleCall, module: nn.Module, args: Any, kwargs: Any) -> None:
        """Read a call of ``nn.MultiheadAttention``, and look away while it runs.

        In eval mode it has a closed kernel, which it does not take while anybody looks.
        """
        if type(module).forward is not nn.MultiheadAttention.forward or not _looks_alone():
            return
        with torch._C.DisableTorchFunction():
            self._report(self._read_module, call.name, module, args, kwargs)
        if not torch._C._is_torch_function_all_disabled():
            guard = torch._C.DisableTorchFunction()
            guard.__enter__()
            self._looks_away = (call, guard)

    def on_leave(self, call: ModuleCall) -> None:
        """Look again once such a module has returned."""
        if self._looks_away is not None and self._looks_away[0] is call:
            self.look_again()

    def look_again(self) -> None:
        """Look again, wherever the pass was stopped."""
        if self._looks_away is not None:
            self._looks_away[1].__exit__(None, None, None)
        self._looks_away = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call the function, and read what it is made of; called by torch."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        with torch._C.DisableTorchFunction():  # no other observer sees what is computed beside
            self._report(self._read, func, args, kwargs, result)
        return result

    def _report(self, read: Callable[..., AttentionCall | None], *arguments: Any) -> None:
        """Report what was read, if it is an attention call; where reading fails, only log it."""
        try:
            call = read(*arguments)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            logging.getLogger(__name__).warning("attention cannot be read: %s", error)
            return
        if call is None or call.weights.dim() < 3 or not call.weights.numel():
            return
        if call.weights.shape[-1] > 1:
            self._on_attention(call)

    def _read(self, func: Any, args: Any, kwargs: Any, result: Any) -> AttentionCall | None:
        name = getattr(func, "__name__", "")
        if name == SDPA:
            return self._read_sdpa(*args, **kwargs)
        if name == MULTI_HEAD:
            return self._read_multi_head(args, kwargs)
        if isinstance(result, Tensor):
            if name in PRODUCTS:
                self._on_product(func, name, args, kwargs, result)
            elif self._products:
                return self._follow(name, args, kwargs, result)
        return None

    def _read_sdpa(
        self, query: Tensor, key: Tensor, *args: Any, **kwargs: Any
    ) -> AttentionCall | None:
        if query.is_nested or query.dim() < 3:
            return None
        weights = sdpa_weights(query, key, *args, **kwargs)
        keys = _project(key, -1) if self._with_keys else None
        return AttentionCall(self.running[-1].name, weights, keys, _axis_in_memory(query))

    def _read_multi_head(self, args: Any, kwargs: Any) -> AttentionCall:
        call = inspect.signature(F.multi_head_attention_forward).bind(*args, **kwargs)
        given = call.arguments
        weights = multi_head_weights(given)
        keys: Tensor | None = None
        if self._with_keys and given.get("static_k") is None:
            key = given["key"]  # (S, N, E), or (S, E)
            keys = _project(key, -1).unsqueeze(-1).movedim(0, -1)  # (N, 1, S)
        weights = weights if weights.dim() == 4 else weights.unsqueeze(0)  # (N, heads, L, S)
        return AttentionCall(self.running[-1].name, weights, keys, -3)

    def _read_module(self, name: str, module: Any, args: Any, kwargs: Any) -> AttentionCall:
        call = inspect.signature(nn.MultiheadAttention.forward).bind(module, *args, **kwargs)
        given = {**call.arguments, **OPTIONS}
        weights: Any = nn.MultiheadAttention.forward(**given)[1]
        keys: Tensor | None = None
        if self._with_keys:
            rows = _project(given["key"], -1)  # (N, S), (S, N), or (S,) without a batch
            rows = rows.T if rows.dim() > 1 and not module.batch_first else rows
            keys = rows.unsqueeze(-2)
        weights = weights if weights.dim() == 4 else weights.unsqueeze(0)  # (N, heads, L, S)
        return AttentionCall(name, weights, keys, -3)

    def _on_product(self, func: Any, name: str, args: Any, kwargs: Any, result: Tensor) -> None:
        """Take in a product that may be one of queries and keys."""
        operands = _tensors_in((*args, *kwargs.values()))[-2:]
        if len(operands) < 2 or result.dim() < 3 or not result.is_floating_point():
            return
        if any(isinstance(one, nn.Parameter) or one in self._products for one in operands):
            return
        queries, keys = reversed(operands) if name == "__rmatmul__" else operands
        if min(queries.dim(), keys.dim()) < 3:
            return
        projected: Tensor | None = None
        axis = None if name == "einsum" else _axis_in_memory(queries)
        if self._with_keys and name == "einsum":
            with torch.enable_grad():
                alone = func(*_replace(args, queries, queries.detach()), **kwargs)
            projected = _project(alone, -2)
        elif self._with_keys:
            projected = _project(keys, -2)
        self._products[result] = _Product(tuple(self.running), projected, axis)

    def _follow(self, name: str, args: Any, kwargs: Any, result: Tensor) -> AttentionCall | None:
        """Carry on where a tensor comes from, and return the softmax of a product."""
        products = [
            (one, self._products[one])
            for one in _tensors_in((*args, *kwargs.values()))
            if one in self._products
        ]
        if not products or result in self._products:
            return None
        source, product = products[0]
        call: AttentionCall | None = None
        if name == SOFTMAX and not product.weights and _is_over_last_axis(source, args, kwargs):
            owner = _innermost_common(product.running, self.running)
            call = AttentionCall(owner, result.clone(), product.keys, product.head_axis)
            product = replace(product, weights=True, keys=None, steps=0)
        if product.steps < MAX_STEPS_TO_SOFTMAX and result.numel() >= source.numel():
            self._products[result] = product.next_step
        return call


def sdpa_weights(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return the weights that ``scaled_dot_product_attention`` gives the values.

    As torch's documentation defines them, without dropout. A query that may see no key has
    weights of zero, as in torch.

    Args:
        query: (..., Q, E).
        key: (..., K, E).
        value: (..., K, V), of no effect.
        attn_mask: Boolean (True takes part) or added to the scores; broadcast to (..., Q, K).
        dropout_p: Of no effect.
        is_causal: Whether query i sees keys 0 to i.
        scale: What scores are multiplied by; None: 1 / sqrt(E).
        enable_gqa: Whether several heads of the queries share one of the keys.

    Returns:
        (..., Q, K) in the graph of query and key.
    """
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = (query * scale) @ key.transpose(-2, -1)
    if is_causal:
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(hidden, -torch.inf)
    if attn_mask is None:
        return scores.softmax(-1)
    if attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -torch.inf)
    else:
        scores = scores + attn_mask
    blind = scores.isneginf().all(-1, keepdim=True)
    return scores.masked_fill(blind, 0).softmax(-1).masked_fill(blind, 0)


def multi_head_weights(arguments: Mapping[str, Any]) -> Tensor:
    """Return the weights of ``multi_head_attention_forward``, (N, heads, Q, K), without dropout.

    ``arguments``: its own, by name. They are read from its unfused path.
    """
    options = {**arguments, **OPTIONS, "training": False}
    weights = F.multi_head_attention_forward(**options)[1]
    assert weights is not None  # they were asked for
    return weights


def _project(value: Tensor, axis: int) -> Tensor:
    """Return each key as one number: the sum over its features, randomly weighted.

    A plain sum would be constant after a layer norm.
    """
    count = value.shape[axis]
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(count, generator=generator).add(0.5)
    weights *= torch.rand(count, generator=generator).sub(0.5).sign()
    with torch.enable_grad():
        return (value.movedim(axis, -1) * weights.to(value)).sum(-1)


def _axis_in_memory(queries: Tensor) -> int | None:
    """Return the axis, from the end, whose entries follow each other feature by feature.

    Queries are cut out of one feature axis, heads first; until they are copied, their memory
    shows it.
    """
    width = queries.shape[-1] * queries.stride(-1)
    axes = range(-3, -queries.dim() - 1, -1)
    matches = [a for a in axes if queries.stride(a) == width and queries.shape[a] > 1]
    return matches[0] if len(matches) == 1 else None


def _looks_alone() -> bool:
    """Return whether no observer of torch's functions is on but those of this file."""
    modes = torch.overrides._get_current_function_mode_stack()  # type: ignore[no-untyped-call]
    return all(isinstance(mode, AttentionMode) and not mode.changes_values for mode in modes)


def _is_over_last_axis(source: Tensor, args: Any, kwargs: Any) -> bool:
    axis = kwargs.get("dim", args[1] if len(args) > 1 else None)
    return isinstance(axis, int) and axis % source.dim() == source.dim() - 1


def _innermost_common(product: Sequence[ModuleCall], softmax: Sequence[ModuleCall]) -> str:
    """Return the innermost module in which both the product and its softmax were computed."""
    common = [a for a, b in zip(product, softmax, strict=False) if a is b]
    return common[-1].name if common else ""


def _tensors_in(values: Iterable[Any]) -> list[Tensor]:
    """Return the tensors among arguments, those in lists and tuples too."""
    tensors: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            tensors.append(value)
        elif isinstance(value, list | tuple):
            tensors += [one for one in value if isinstance(one, Tensor)]
    return tensors


def _replace(args: Any, tensor: Tensor, other: Tensor) -> list[Any]:
    """Return arguments with one tensor replaced."""
    return [
        [other if one is tensor else one for one in arg]
        if isinstance(arg, list | tuple)
        else (other if arg is tensor else arg)
        for arg in args
    ]
