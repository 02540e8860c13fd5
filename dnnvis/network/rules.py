"""The only place where a backward pass is bent: deconvnet and guided backprop.

Every rectifier on the way back is a node of the autograd graph; the rule is hung on the
nodes between the target and the input, and taken off again. Nothing is put on the modules,
so functional, in-place, reused and shared rectifiers are all found, and the next lens can
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

EXACT = ("Relu", "Threshold")
EXTENDED = (
    *("LeakyRelu", "Elu", "Selu", "Celu", "Silu", "Mish", "Gelu", "Hardswish", "Softplus"),
    *("PreluKernel", "RreluWithNoise"),
)
FROM_ZERO = {"Clamp": "_saved_min", "ClampMin": "_saved_min", "Hardtanh": "_saved_min_val"}
OPAQUE = ("CheckpointFunctionBackward", "CompiledFunctionBackward")
PARTLY = "torch::autograd::CopySlices"  # an in-place change of a part; may be a rectifier


def nodes_behind(target: Tensor) -> Iterator[Any]:
    """Every autograd node between ``target`` and the leaves, each once."""
    seen, stack = set(), [target.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node
        stack.extend(following for following, _ in node.next_functions)


def is_rectifier(node: Any) -> bool:
    """Whether the node is the backward of a rectifier: ReLU, or one in the stated extension.

    A clamp counts where its lower bound is 0 (and a hardtanh likewise: ReLU6).
    """
    kind = kind_of(node.name())
    if kind in FROM_ZERO:
        bound = getattr(node, FROM_ZERO[kind], None)
        return isinstance(bound, int | float) and bound == 0
    return kind in EXACT or kind in EXTENDED


def kind_of(node_name: str) -> str:
    """``Relu`` of ``ReluBackward0``; in-place functions have other numbers at the end."""
    return node_name.rstrip("0123456789").removesuffix("Backward")


def is_extension(node_name: str) -> bool:
    """Whether no paper defines the rules for this rectifier (see ``bent``)."""
    return kind_of(node_name) not in EXACT


def changed_in_part(target: Tensor, nodes: Sequence[Any] | None = None) -> bool:
    """Whether a part of a map was changed in place on the way: such a change hides what it
    was (a rectifier, perhaps) from the rules."""
    nodes = list(nodes_behind(target)) if nodes is None else nodes
    return any(node.name() == PARTLY and len(node.next_functions) == 1 for node in nodes)


def opaque_nodes(target: Tensor, nodes: Sequence[Any] | None = None) -> list[str]:
    """Names of nodes that hide a part of the network from the rules."""
    nodes = list(nodes_behind(target)) if nodes is None else nodes
    return [node.name() for node in nodes if node.name() in OPAQUE]


@contextmanager
def bent(
    target: Tensor, rule: Rule, nodes: Sequence[Any] | None = None
) -> Iterator[dict[str, int]]:
    """Within, a backward pass from ``target`` follows ``rule``; yields how many rectifiers
    of which name obey it ({} for the plain gradient).

    deconvnet: the signal g leaves a rectifier as max(g, 0). guided: as act'(x) max(g, 0).
    For ReLU these are the papers' rules; for the other rectifiers they are our extension.
    ``nodes`` are those of ``nodes_behind(target)`` where they are known already.
    """
    handles, found = [], Counter[str]()
    try:
        if rule != "gradient":
            for node in nodes_behind(target) if nodes is None else nodes:
                if is_rectifier(node):
                    found[node.name()] += 1
                    handles.append(
                        node.register_hook(_after)
                        if rule == "deconvnet"
                        else node.register_prehook(_before)
                    )
        yield dict(found)
    finally:
        for handle in handles:
            handle.remove()


def _after(grad_inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (_positive(grad_outputs[0]), *grad_inputs[1:])


def _before(grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (_positive(grad_outputs[0]), *grad_outputs[1:])


def _positive(signal: Tensor | None) -> Tensor | None:
    return None if signal is None else signal.clamp(min=0)
