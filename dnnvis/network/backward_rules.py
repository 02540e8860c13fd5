"""Override rectifiers in backward passes, here alone: deconvnet and guided backprop.

Every rectifier on the way back is a node of the autograd graph; the rule is registered on the
nodes between the target and the input, and removed again. Nothing is put on the modules,
so functional, in-place, reused and shared rectifiers are all met, and the next lens can
use the same graph.

What is a rectifier in effect, and written otherwise, is bent where the graph itself proves it: a
clamp from 0, the maximum with a constant of zeros. A mask (``x * (x > 0)``, ``torch.where``) may
be anything else as well, since nothing in the graph tells where it came from; such nodes, and
functions of the network's own, are counted and said (``count_unchanged``).

Sources: Zeiler & Fergus 2014, section 2.1 (the signals going back are rectified); Springenberg
et al. 2015, section 3.4 (guided: both the ReLU's own gate and the rectified signal);
Simonyan et al. 2013, section 4 (the equivalence with backprop, node by node).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction

Rule = Literal["gradient", "guided", "deconvnet", "linear"]
Signals = tuple[Any, ...]  # gradients that a node hands on, or is given

PAPER_RECTIFIERS = ("Relu", "Threshold")
EXTENSION_RECTIFIERS = (
    *("LeakyRelu", "Elu", "Selu", "Celu", "Silu", "Mish", "Gelu", "Hardswish", "Softplus"),
    *("PreluKernel", "RreluWithNoise"),
)
CLAMP_BOUNDS = {"Clamp": "_saved_min", "ClampMin": "_saved_min", "Hardtanh": "_saved_min_val"}
CLAMPS = (*CLAMP_BOUNDS, "ClampMax")
MAXIMA = ("Maximum", "Fmax")
MINIMA = ("Minimum", "Fmin")
SATURATING_NODES = ("Sigmoid", "Hardsigmoid", "Tanh", "Softmax", "LogSoftmax", "Softplus")
RESHAPING_NODES = (
    *("Clone", "Alias", "Cat", "View", "UnsafeView", "ReshapeAlias", "Permute", "Transpose"),
    *("T", "Squeeze", "Unsqueeze", "Contiguous", "ToCopy", "NativeDropout"),
)
OPAQUE_NODES = ("CheckpointFunctionBackward", "CompiledFunctionBackward")
COPY_SLICES = "torch::autograd::CopySlices"  # an in-place change of a part; may be a rectifier
#: What may be a rectifier and is not bent -> what a caption calls one, and several.
UNCHANGED_NAMES = {
    "function": ("function of the network's own", "functions of the network's own"),
    "clamp": ("clamp", "clamps"),
    "maximum": ("maximum with a constant", "maxima with a constant"),
    "minimum": ("minimum with a constant", "minima with a constant"),
    "where": ("torch.where", "torch.where"),
    "fill": ("masked fill", "masked fills"),
    "mask": ("product with a mask", "products with a mask"),
}


def iter_backward_nodes(target: Tensor) -> Iterator[Any]:
    """Yield every autograd node between ``target`` and the leaves, each once."""
    visited, stack = set(), [target.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in visited:
            continue
        visited.add(node)
        yield node
        stack.extend(following for following, _ in node.next_functions)


class BackwardGraph:
    """The autograd nodes behind a value, and what the rules need to know of them, found once.

    Several lenses go back from the same value of a frame; each walk over a few dozen nodes would
    take as long as a small layer.
    """

    def __init__(self, target: Tensor) -> None:
        self.nodes = list(iter_backward_nodes(target))
        self._names = [node.name() for node in self.nodes]

    @cached_property
    def rectifiers(self) -> list[Any]:
        """Return the nodes that are rectifiers, see ``is_rectifier``."""
        return [node for node in self.nodes if is_rectifier(node)]

    @cached_property
    def unchanged(self) -> dict[str, int]:
        """Return what may be a rectifier and is not bent, see ``count_unchanged``."""
        return count_unchanged(self.nodes)

    @cached_property
    def opaque_names(self) -> list[str]:
        """Return the names of nodes that hide a part of the network from the rules."""
        return [name for name in self._names if name in OPAQUE_NODES]

    @cached_property
    def has_partial_write(self) -> bool:
        """Return whether a part of a map was changed in place, see ``has_partial_write``."""
        return COPY_SLICES in self._names and has_partial_write(self.nodes)

    @cached_property
    def has_closed_part(self) -> bool:
        """Return whether a function without any backward pass lies on the way.

        A quantized one, say: it passes no gradient, while other ways around it may.
        """
        return any(name.endswith("NotImplemented") for name in self._names)


def is_rectifier(node: Any) -> bool:
    """Return whether the node is the backward of a rectifier: ReLU, or one of the extension.

    A clamp counts where its lower bound is 0 (and a hardtanh likewise: ReLU6), a maximum where it
    is one with a constant of zeros.
    """
    if isinstance(node, BackwardCFunction):
        return False  # of the network's own, whatever its name is
    kind = kind_of(node.name())
    if kind in CLAMP_BOUNDS:
        return _is_zero(_read_saved(node, CLAMP_BOUNDS[kind]))
    if kind in MAXIMA:
        return _is_zero(_constant_of(node)) and _signal_shape(node) == _shape_of(node)
    return kind in PAPER_RECTIFIERS or kind in EXTENSION_RECTIFIERS


def count_unchanged(nodes: Sequence[Any]) -> dict[str, int]:
    """Count what may be a rectifier and is not bent, by the names of ``UNCHANGED_NAMES``.

    Args:
        nodes: Those of ``iter_backward_nodes(target)``.

    Returns:
        Name -> count, only of what there is.
    """
    kinds = (_unchanged_kind(node) for node in nodes)
    counts = Counter(kind for kind in kinds if kind)
    return {kind: counts[kind] for kind in UNCHANGED_NAMES if counts[kind]}


def _unchanged_kind(node: Any) -> str:
    """Return which of ``UNCHANGED_NAMES`` the node is; "" for none."""
    name = node.name()
    if isinstance(node, BackwardCFunction):
        return "" if name in OPAQUE_NODES else "function"
    kind = kind_of(name)
    if kind in CLAMPS:
        return "" if is_rectifier(node) else "clamp"
    if kind in MAXIMA + MINIMA:
        return _extremum_kind(node, kind)
    if kind == "Where":
        return "where" if _shape(_read_saved(node, "_saved_condition")) == _shape_of(node) else ""
    if kind == "MaskedFill":
        return "fill" if _shape(_read_saved(node, "_saved_mask")) == _shape_of(node) else ""
    return "mask" if kind == "Mul" and _is_mask(_constant_of(node), _shape_of(node)) else ""


def _extremum_kind(node: Any, kind: str) -> str:
    if _constant_of(node) is None or is_rectifier(node):
        return ""
    return "maximum" if kind in MAXIMA else "minimum"


def _is_mask(factor: Any, shape: tuple[int, ...] | None) -> bool:
    """Return whether a factor without a gradient is one of zeros and ones, one for each value."""
    if _shape(factor) != shape or not factor.numel():
        return False
    if factor.dtype == torch.bool:
        return True
    is_zero = factor == 0
    return bool(is_zero.any()) and bool((is_zero | (factor == 1)).all())


def _constant_of(node: Any) -> Any:
    """Return the operand without a gradient of a function of two tensors; None without one."""
    edges = [following for following, _ in node.next_functions]
    if len(edges) != 2 or (edges[0] is None) == (edges[1] is None):
        return None
    return _read_saved(node, "_saved_self" if edges[0] is None else "_saved_other")


def _read_saved(node: Any, name: str) -> Any:
    """Return what the node has saved under a name; None where nothing, or not any more."""
    try:
        return getattr(node, name, None)
    except RuntimeError:  # changed in place since, or freed
        return None


def _is_zero(bound: Any) -> bool:
    if isinstance(bound, Tensor):
        return bool(bound.numel()) and not bound.requires_grad and not bool(bound.any())
    return isinstance(bound, int | float) and bound == 0


def _shape(value: Any) -> tuple[int, ...] | None:
    return tuple(value.shape) if isinstance(value, Tensor) else None


def _shape_of(node: Any) -> tuple[int, ...] | None:
    """Return the shape of the value that the node is the backward of."""
    metadata = getattr(node, "_input_metadata", None)
    return tuple(metadata[0].shape) if metadata else None


def _signal_index(node: Any) -> int:
    """Return which operand of the node's function has a gradient: the first one that does."""
    edges = [following for following, _ in node.next_functions]
    return next((k for k, following in enumerate(edges) if following is not None), 0)


def _signal_shape(node: Any) -> tuple[int, ...] | None:
    """Return the shape of the operand that has a gradient."""
    return _shape(_read_saved(node, "_saved_other" if _signal_index(node) else "_saved_self"))


def kind_of(node_name: str) -> str:
    """Return ``Relu`` for ``ReluBackward0``; in-place functions have other numbers at the end."""
    return node_name.rstrip("0123456789").removesuffix("Backward")


def is_extension(node_name: str) -> bool:
    """Return whether no paper defines the rules for this rectifier (``override_rectifiers``)."""
    return kind_of(node_name) not in PAPER_RECTIFIERS


def has_partial_write(nodes: Sequence[Any]) -> bool:
    """Return whether a part of a map was changed in place on the way.

    Such a change hides what it was (a rectifier, perhaps) from the rules.
    """
    return any(node.name() == COPY_SLICES and len(node.next_functions) == 1 for node in nodes)


@contextmanager
def override_rectifiers(
    target: Tensor, rule: Rule, nodes: Sequence[Any] | None = None
) -> Iterator[dict[str, int]]:
    """Make every rectifier behind ``target`` follow ``rule`` in backward passes.

    For ReLU these are the papers' rules; for the other rectifiers they are our extension.

    Args:
        target: Activations that the pass starts from; must have a graph.
        rule: "deconvnet" (Zeiler & Fergus 2014, section 2.1): the signal g leaves a rectifier as
            max(g, 0). "guided" (Springenberg et al. 2015, section 3.4): as act'(x) max(g, 0).
            "linear" (Voss et al. 2021, "Visualizing Weights", expanded weights): unchanged, as if
            every rectifier were the identity. "gradient" overrides nothing.
        nodes: Those of ``iter_backward_nodes(target)``, where they are known already.

    Yields:
        How many rectifiers follow the rule, by name; {} for the plain gradient.
    """
    handles, counts = [], Counter[str]()
    try:
        if rule != "gradient":
            for node in iter_backward_nodes(target) if nodes is None else nodes:
                if is_rectifier(node):
                    counts[node.name()] += 1
                    handles.append(_bend(node, rule))
        yield dict(counts)
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def straight_through(
    target: Tensor, *, redirect: bool = False, nodes: Sequence[Any] | None = None
) -> Iterator[int]:
    """Pass gradients through the gates next to ``target`` as if they were the identity.

    The gates are rectifiers and saturating functions (sigmoid, tanh, softmax) whose result is
    ``target`` itself, or a part of it (a concatenation): the gradient is then exactly that of
    the value before the gate, so a dead rectifier or a saturated class still has a direction.

    Args:
        target: Activations that the pass starts from; must have a graph.
        redirect: Besides, where a rectifier anywhere lets nothing of a sample's signal back, let
            through what would raise its input (Lucid's redirected ReLU gradient, applied where
            the whole gradient is zero). Samples lie along the first axis.
        nodes: Those of ``iter_backward_nodes(target)``, where they are known already.

    Yields:
        The number of gates.
    """
    handles, gates = [], list(_iter_gates(target.grad_fn))
    try:
        handles = [
            node.register_hook(partial(_identity_hook, _signal_index(node))) for node in gates
        ]
        if redirect:
            all_nodes = iter_backward_nodes(target) if nodes is None else nodes
            others = (node for node in all_nodes if is_rectifier(node) and node not in gates)
            handles += [
                node.register_hook(partial(_redirect_hook, _signal_index(node))) for node in others
            ]
        yield len(gates)
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def stop_signals(nodes: Sequence[Any]) -> Iterator[None]:
    """Let no gradient pass on behind some nodes of the autograd graph.

    The gradient that arrives at such a node can still be asked for: it is then that of the paths
    on which it is the first of them.
    """
    handles = [node.register_prehook(_stop_hook) for node in dict.fromkeys(nodes)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _stop_hook(grad_outputs: Signals) -> Signals:
    return tuple(None if each is None else torch.zeros_like(each) for each in grad_outputs)


def _iter_gates(node: Any) -> Iterator[Any]:
    """Yield the gates that the value behind ``node`` comes out of.

    Nodes that only rearrange the value are looked through.
    """
    stack, visited = [node], set()
    while stack:
        current = stack.pop()
        if current is None or current in visited:
            continue
        visited.add(current)
        if is_rectifier(current) or kind_of(current.name()) in SATURATING_NODES:
            yield current
        elif kind_of(current.name()) in RESHAPING_NODES:
            stack.extend(following for following, _ in current.next_functions)


def _bend(node: Any, rule: Rule) -> Any:
    """Make a rectifier follow a rule, and return the handle of the hook.

    The gate of a clamp or a maximum is our own, 0 at the bound as that of ReLU: torch's passes half
    of a signal at a maximum's tie, and all of it at a clamp's bound before torch 2.14.
    """
    index = _signal_index(node)
    if rule == "linear":
        return node.register_hook(partial(_identity_hook, index))
    if rule == "deconvnet":
        return node.register_hook(partial(_deconvnet_hook, index))
    if kind_of(node.name()) in (*MAXIMA, "Clamp", "ClampMin"):
        return node.register_hook(partial(_gated_hook, index, _gate_of(node, index)))
    return node.register_prehook(_guided_prehook)


def _gate_of(node: Any, index: int) -> Tensor | None:
    """Return where a clamp from 0, or a maximum with 0, is the identity; None: not known."""
    value = _read_saved(node, "_saved_other" if index else "_saved_self")
    if not isinstance(value, Tensor):
        return None
    highest = _read_saved(node, "_saved_max")
    return value > 0 if highest is None else (value > 0) & (value < highest)


def _gated_hook(
    index: int, gate: Tensor | None, grad_inputs: Signals, grad_outputs: Signals
) -> Signals:
    incoming, signal = _rectify(grad_outputs[0]), grad_inputs[index]
    if gate is not None and incoming is not None:
        signal = incoming * gate
    elif signal is not None:
        signal = signal.clamp(min=0)  # the gate itself is not negative
    return _replace(grad_inputs, index, signal)


def _identity_hook(index: int, grad_inputs: Signals, grad_outputs: Signals) -> Signals:
    return _replace(grad_inputs, index, grad_outputs[0])


def _redirect_hook(index: int, grad_inputs: Signals, grad_outputs: Signals) -> Signals:
    signal, incoming = grad_inputs[index], grad_outputs[0]
    if signal is None or incoming is None:
        return grad_inputs
    dead = (signal.flatten(1) == 0).all(1)  # (B,)
    rows = dead.view(-1, *(1,) * (signal.dim() - 1))
    return _replace(grad_inputs, index, signal.where(~rows, incoming.clamp(min=0)))


def _deconvnet_hook(index: int, grad_inputs: Signals, grad_outputs: Signals) -> Signals:
    return _replace(grad_inputs, index, _rectify(grad_outputs[0]))


def _guided_prehook(grad_outputs: Signals) -> Signals:
    return (_rectify(grad_outputs[0]), *grad_outputs[1:])


def _rectify(signal: Tensor | None) -> Tensor | None:
    return None if signal is None else signal.clamp(min=0)


def _replace(signals: Signals, index: int, signal: Any) -> Signals:
    return (*signals[:index], signal, *signals[index + 1 :])
