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
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from torch import Tensor

Rule = Literal["gradient", "guided", "deconvnet"]

EXACT = ("ReluBackward0", "ThresholdBackward0")
EXTENDED = (
    "HardtanhBackward0",
    "LeakyReluBackward0",
    "EluBackward0",
    "SeluBackward0",
    "CeluBackward0",
    "SiluBackward0",
    "MishBackward0",
    "GeluBackward0",
    "HardswishBackward0",
    "SoftplusBackward0",
    "PreluKernelBackward0",
    "RreluWithNoiseBackward0",
    "ClampMinBackward0",
    "ClampBackward1",
)
OPAQUE = ("CheckpointFunctionBackward", "CompiledFunctionBackward")


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
    name = node.name()
    if name in ("ClampBackward1", "ClampMinBackward0"):
        return getattr(node, "_saved_min", None) == 0
    if name == "HardtanhBackward0":
        return bool(node._saved_min_val == 0)
    return name in EXACT or name in EXTENDED


def is_extension(node_name: str) -> bool:
    """Whether no paper defines the rules for this rectifier (see ``bent``)."""
    return node_name not in EXACT


def opaque_nodes(target: Tensor) -> list[str]:
    """Names of nodes that hide a part of the network from the rules."""
    return [node.name() for node in nodes_behind(target) if node.name() in OPAQUE]


@contextmanager
def bent(target: Tensor, rule: Rule) -> Iterator[dict[str, int]]:
    """Within, a backward pass from ``target`` follows ``rule``; yields how many rectifiers
    of which name obey it ({} for the plain gradient).

    deconvnet: the signal g leaves a rectifier as max(g, 0). guided: as act'(x) max(g, 0).
    For ReLU these are the papers' rules; for the other rectifiers they are our extension.
    """
    handles, found = [], Counter[str]()
    try:
        if rule != "gradient":
            for node in nodes_behind(target):
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
    return (grad_outputs[0].clamp(min=0), *grad_inputs[1:])


def _before(grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (grad_outputs[0].clamp(min=0), *grad_outputs[1:])
