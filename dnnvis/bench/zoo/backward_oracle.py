"""The three backward lenses once more, written another way, in plain torch and without hooks.

The unit is found in the raw value of its module: each place of the product's map is looked up among
the raw vectors. The gradient is one call of autograd. For guided backprop and deconvnet every
rectifier is replaced by a function of its own derivative, which is the rule (Springenberg et al.
2015, section 3.4; Zeiler & Fergus 2014, section 2.1).
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Rule = Literal["guided", "deconvnet"]
RECTIFIERS = {
    *("Relu", "Threshold", "LeakyRelu", "Elu", "Selu", "Celu", "Silu", "Mish", "Gelu"),
    *("Hardswish", "Softplus", "PreluKernel", "RreluWithNoise", "Clamp", "ClampMin", "Hardtanh"),
    *("torch::autograd::CopySlices", "CheckpointFunction"),
}
Array = NDArray[np.float32]


class NotApplicable(Exception):
    """The oracle cannot say what is right for this network; the message says why."""


@dataclass(frozen=True)
class UnitAddress:
    """A unit in the raw value of a module."""

    #: Axis of the channels.
    axis: int
    #: Index of the channel.
    channel: int
    #: Which of the raw vectors are on the map; flat, in the order of the map.
    positions: Tensor


@dataclass
class _Bend:
    """A rule, and how often signals met it."""

    rule: Rule
    met: int = 0


class _Rectifier(torch.autograd.Function):
    """A rectifier's value, and a rule in the place of its derivative."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, y: Tensor, slope: Tensor, bend: _Bend) -> Tensor:
        ctx.bend = bend
        ctx.save_for_backward(slope)
        return y.clone()

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> Any:
        (slope,) = ctx.saved_tensors
        ctx.bend.met += 1
        bent = signal.clamp(min=0)
        return (bent * slope if ctx.bend.rule == "guided" else bent), None, None, None


def first_tensor_of(value: Any) -> Tensor | None:
    """Return the first tensor in nested tuples, lists and dicts; None where there is none."""
    if isinstance(value, Tensor):
        return value
    parts = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list | tuple):
        return None
    return next((t for t in map(first_tensor_of, parts) if t is not None), None)


def run_to(module: nn.Module, name: str, x: Tensor) -> Tensor:
    """Run a module and return what its part ``name`` returned last, as it was then."""
    values: list[Tensor] = []
    with _replace_forward(module.get_submodule(name), lambda f: _store_into(values, f)):
        module(x)
    if not values:
        raise NotApplicable(f"{name} was not called")
    return values[-1]


def _store_into(values: list[Tensor], forward: Callable[..., Any]) -> Callable[..., Any]:
    def storing_forward(*args: Any, **named: Any) -> Any:
        result = forward(*args, **named)
        tensor = first_tensor_of(result)
        if tensor is not None:
            values.append(tensor.clone())
        return result

    return storing_forward


@contextmanager
def _replace_forward(
    part: nn.Module, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Iterator[None]:
    own = part.__dict__.get("forward")
    part.forward = wrap(part.forward)
    try:
        yield
    finally:
        if own is None:
            del part.forward
        else:
            part.forward = own


def copy_module(module: nn.Module) -> nn.Module:
    """Return a frozen copy in eval mode."""
    module = copy.deepcopy(module)
    module.eval()
    return module.requires_grad_(False)


def as_input(picture: NDArray[np.uint8]) -> Tensor:
    """Return a picture (H, W, C) as (1, C, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 255


def locate_unit(raw: Tensor, shown: Array, channel: int) -> UnitAddress:
    """Find the vectors of a map among those of a raw value.

    Args:
        raw: What the module returned for one picture.
        shown: The product's map (C, H, W) of it.
        channel: The unit's channel.

    Returns:
        Where the unit lies in ``raw``.

    Raises:
        NotApplicable: No axis of ``raw`` has these vectors, so the map shows something else.
    """
    vectors = torch.from_numpy(np.ascontiguousarray(shown)).flatten(1).T  # (H W, C)
    axes = [axis for axis, size in enumerate(raw.shape) if size == len(shown)]
    for axis in axes:
        rows = raw.detach().float().movedim(axis, -1).reshape(-1, len(shown))  # (N, C)
        if len(rows) < len(vectors):
            continue
        positions = _look_up(vectors, rows)
        if positions is not None:
            return UnitAddress(axis, channel, positions)
    raise NotApplicable(f"the map {shown.shape} is not in the raw value {tuple(raw.shape)}")


def _look_up(vectors: Tensor, rows: Tensor) -> Tensor | None:
    """Return for each vector which row equals it to rounding; None where one has none."""
    scale = float(rows.abs().max()) or 1.0
    if len(rows) == len(vectors) and torch.allclose(rows, vectors, rtol=0, atol=1e-4 * scale):
        return torch.arange(len(rows))
    positions = []
    for part in torch.split(vectors, 256):
        distances = torch.cdist(part, rows, compute_mode="donot_use_mm_for_euclid_dist")
        nearest, index = distances.min(1)
        if float(nearest.max()) > 1e-4 * scale * vectors.shape[1] ** 0.5:
            return None
        positions.append(index)
    return torch.cat(positions)


def read_unit(raw: Tensor, unit: UnitAddress) -> Tensor:
    """Return the unit's values (N,), part of the graph."""
    return raw.select(unit.axis, unit.channel).reshape(-1)[unit.positions]


def plain_gradient(module: nn.Module, name: str, unit: UnitAddress, x: Tensor) -> Array:
    """Return the gradient of a unit's map, sent back from its own values, (H, W, C).

    Raises NotApplicable where the unit does not depend on the input.
    """
    x = x.clone().requires_grad_()
    with torch.enable_grad():
        values = read_unit(run_to(copy_module(module), name, x * 1), unit)
        if not values.requires_grad:
            raise NotApplicable(f"{name} does not depend on the picture by a gradient")
        (signal,) = torch.autograd.grad(values @ values.detach(), x, allow_unused=True)
    if signal is None:
        raise NotApplicable(f"{name} does not depend on the picture by a gradient")
    return _as_picture(signal)


def backpropagate(
    module: nn.Module, name: str, unit: UnitAddress, x: Tensor, rule: Rule
) -> tuple[Array, int]:
    """Return what guided backprop or deconvnet sends to the input, and how many rectifiers it met.

    Args:
        module: The network.
        name: The part whose unit it is.
        unit: The unit.
        x: Pixels (1, C, H, W).
        rule: Which of the two.

    Returns:
        The signal (H, W, C), and the number of rectifiers.

    Raises:
        NotApplicable: There are rectifiers that are no modules, or the values change where
            rectifiers do not work in place.
    """
    module = copy_module(module)
    expected = read_unit(run_to(copy_module(module), name, x), unit)
    bend = _Bend(rule)
    for part in module.modules():
        if _may_be_rectifier(part):
            part.forward = _bend(part.forward, bend)
    x = x.clone().requires_grad_()
    with torch.enable_grad():
        values = read_unit(run_to(module, name, x * 1), unit)
        if not torch.allclose(values.detach(), expected, rtol=1e-3, atol=1e-5):
            raise NotApplicable("a rectifier's change in place is used elsewhere")
        _require_bare(values)
        (signal,) = torch.autograd.grad(values @ values.detach(), x, allow_unused=True)
    return _as_picture(torch.zeros_like(x) if signal is None else signal), bend.met


def _may_be_rectifier(part: nn.Module) -> bool:
    """Return whether a module has neither parts nor numbers of its own, but for a slope."""
    tensors = [*part.parameters(False), *part.buffers(False)]
    return not (any(True for _ in part.children()) or tensors) or isinstance(part, nn.PReLU)


def _bend(forward: Callable[..., Any], bend: _Bend) -> Callable[..., Any]:
    """Return a forward that has the rule for a derivative, where it is a rectifier's."""

    def bent_forward(*args: Any, **named: Any) -> Any:
        x = args[0] if args else None
        if not isinstance(x, Tensor) or not x.requires_grad or named or len(args) > 1:
            return forward(*args, **named)
        probe = x.detach().clone().requires_grad_()
        y = forward(probe.clone())
        if not isinstance(y, Tensor) or y.shape != x.shape or not _is_rectifier(y.grad_fn):
            return forward(x)
        (slope,) = torch.autograd.grad(y.sum(), probe)
        return _Rectifier.apply(x, y.detach(), slope, bend)

    return bent_forward


def _is_rectifier(node: Any) -> bool:
    """Return whether a rectifier made a value directly, with 0 as its lower bound."""
    if node is None or _kind_of(node) not in RECTIFIERS:
        return False
    bounds = (getattr(node, key, 0) for key in ("_saved_min_val", "_saved_min"))
    return all(bound == 0 for bound in bounds)


def _kind_of(node: Any) -> str:
    return str(node.name()).rstrip("0123456789").removesuffix("Backward")


def _require_bare(tensor: Tensor) -> None:
    """Raise NotApplicable where a rectifier is left in a piece of the graph."""
    visited, stack = set(), [tensor.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in visited:
            continue
        visited.add(node)
        if _kind_of(node) in RECTIFIERS:
            raise NotApplicable(f"a rectifier is no module of its own ({node.name()})")
        stack.extend(following for following, _ in node.next_functions)


def _as_picture(signal: Tensor) -> Array:
    values: Array = signal[0].permute(1, 2, 0).float().numpy()
    return values


def relative_difference(actual: Array, expected: Array) -> float:
    """Return the largest difference over the largest expected value; infinite for other shapes."""
    if actual.shape != expected.shape:
        return float("inf")
    difference = np.abs(actual.astype(np.float64) - expected).max()
    return float(difference / max(float(np.abs(expected).max()), 1e-30))
