"""Override rectifiers in backward passes, here alone: deconvnet and guided backprop.

Every rectifier on the way back is a node of the autograd graph; the rule is registered on the
nodes between the target and the input, and removed again. Nothing is put on the modules,
so functional, in-place, reused and shared rectifiers are all met, and the next lens can
use the same graph.

Sources: Zeiler & Fergus 2014, section 2.1 (the signals going back are rectified); Springenberg
et al. 2015, section 3.4 (guided: both the ReLU's own gate and the rectified signal);
Simonyan et al. 2013, section 4 (the equivalence with backprop, node by node).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from torch import Tensor

Rule = Literal["gradient", "guided", "deconvnet"]

PAPER_RECTIFIERS = ("Relu", "Threshold")
EXTENSION_RECTIFIERS = (
    *("LeakyRelu", "Elu", "Selu", "Celu", "Silu", "Mish", "Gelu", "Hardswish", "Softplus"),
    *("PreluKernel", "RreluWithNoise"),
)
CLAMP_BOUNDS = {"Clamp": "_saved_min", "ClampMin": "_saved_min", "Hardtanh": "_saved_min_val"}
SATURATING_NODES = ("Sigmoid", "Hardsigmoid", "Tanh", "Softmax", "LogSoftmax", "Softplus")
RESHAPING_NODES = (
    *("Clone", "Alias", "Cat", "View", "UnsafeView", "ReshapeAlias", "Permute", "Transpose"),
    *("T", "Squeeze", "Unsqueeze", "Contiguous", "ToCopy", "NativeDropout"),
)
OPAQUE_NODES = ("CheckpointFunctionBackward", "CompiledFunctionBackward")
COPY_SLICES = "torch::autograd::CopySlices"  # an in-place change of a part; may be a rectifier


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


def is_rectifier(node: Any) -> bool:
    """Return whether the node is the backward of a rectifier: ReLU, or one of the extension.

    A clamp counts where its lower bound is 0 (and a hardtanh likewise: ReLU6).
    """
    kind = kind_of(node.name())
    if kind in CLAMP_BOUNDS:
        bound = getattr(node, CLAMP_BOUNDS[kind], None)
        return isinstance(bound, int | float) and bound == 0
    return kind in PAPER_RECTIFIERS or kind in EXTENSION_RECTIFIERS


def kind_of(node_name: str) -> str:
    """Return ``Relu`` for ``ReluBackward0``; in-place functions have other numbers at the end."""
    return node_name.rstrip("0123456789").removesuffix("Backward")


def is_extension(node_name: str) -> bool:
    """Return whether no paper defines the rules for this rectifier (``override_rectifiers``)."""
    return kind_of(node_name) not in PAPER_RECTIFIERS


def has_partial_write(target: Tensor, nodes: Sequence[Any] | None = None) -> bool:
    """Return whether a part of a map was changed in place on the way.

    Such a change hides what it was (a rectifier, perhaps) from the rules.
    """
    nodes = list(iter_backward_nodes(target)) if nodes is None else nodes
    return any(node.name() == COPY_SLICES and len(node.next_functions) == 1 for node in nodes)


def opaque_nodes(target: Tensor, nodes: Sequence[Any] | None = None) -> list[str]:
    """Return the names of nodes that hide a part of the network from the rules."""
    nodes = list(iter_backward_nodes(target)) if nodes is None else nodes
    return [node.name() for node in nodes if node.name() in OPAQUE_NODES]


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
            "gradient" overrides nothing.
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
                    handles.append(
                        node.register_hook(_deconvnet_hook)
                        if rule == "deconvnet"
                        else node.register_prehook(_guided_prehook)
                    )
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
        handles = [node.register_hook(_identity_hook) for node in gates]
        if redirect:
            all_nodes = iter_backward_nodes(target) if nodes is None else nodes
            others = (node for node in all_nodes if is_rectifier(node) and node not in gates)
            handles += [node.register_hook(_redirect_hook) for node in others]
        yield len(gates)
    finally:
        for handle in handles:
            handle.remove()


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


def _identity_hook(grad_inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (grad_outputs[0], *grad_inputs[1:])


def _redirect_hook(grad_inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    signal, incoming = grad_inputs[0], grad_outputs[0]
    if signal is None or incoming is None:
        return grad_inputs
    dead = (signal.flatten(1) == 0).all(1)  # (B,)
    rows = dead.view(-1, *(1,) * (signal.dim() - 1))
    return (signal.where(~rows, incoming.clamp(min=0)), *grad_inputs[1:])


def _deconvnet_hook(grad_inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (_rectify(grad_outputs[0]), *grad_inputs[1:])


def _guided_prehook(grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (_rectify(grad_outputs[0]), *grad_outputs[1:])


def _rectify(signal: Tensor | None) -> Tensor | None:
    return None if signal is None else signal.clamp(min=0)
