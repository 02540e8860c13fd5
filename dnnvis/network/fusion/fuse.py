"""Build a copy of a module whose convolutions do the work of batch norms and rectifiers.

The module is traced with torch.fx (Reed et al. 2022, "torch.fx: Practical Program Capture and
Transformation for Deep Learning in Python", section 5.2.2, folds batch norms in the same way). No
module that somebody looks at is fused: it is called as it is, under its own name.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from dnnvis.network.fusion.channel_edit import ChainEdits, ChannelEdit, create_edit_module
from dnnvis.network.fusion.fused_convolution import (
    ACTIVATIONS,
    IDENTITY,
    Activation,
    FusedConvolution,
)

#: Functions, and methods of tensors, that oneDNN computes at the end of a convolution.
FUNCTIONS: dict[Any, Activation] = {
    functional.relu: Activation("relu"),
    torch.relu: Activation("relu"),
    "relu": Activation("relu"),
    "relu_": Activation("relu"),
    functional.relu6: ACTIVATIONS[nn.ReLU6],
    functional.hardswish: ACTIVATIONS[nn.Hardswish],
    functional.silu: ACTIVATIONS[nn.SiLU],
}
ModuleEdits = Mapping[str, Sequence[ChannelEdit]]
Convolutions = dict[tuple[nn.Module | Activation | None, ...], FusedConvolution]


class _Tracer(fx.Tracer):
    """Trace through all modules but torch's own and ``leaves``.

    While it traces, torch.fx has every module of the process call ``call_module`` and ``getattr``;
    those of other threads go on as ever.
    """

    def __init__(self, leaves: Collection[nn.Module]) -> None:
        super().__init__()
        self._leaves = {id(leaf) for leaf in leaves}
        self._thread = threading.get_ident()

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Return whether the module is called, instead of traced through."""
        return id(m) in self._leaves or super().is_leaf_module(m, module_qualified_name)

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Trace a call of a module; called by torch.fx."""
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """Return what a module's attribute is while it is traced; called by torch.fx."""
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def fuse_module(
    module: nn.Module,
    tapped: Collection[str],
    convolutions: Convolutions,
    edits: ModuleEdits = MappingProxyType({}),
) -> fx.GraphModule:
    """Return a module that gives the same values, to rounding, with less work.

    Args:
        module: A module in eval mode; it stays as it is, and shares all that is not fused.
        tapped: Names of its submodules that are to be called as they are.
        convolutions: Fused ones that there are already, by what they were made of; filled here
            with those that have no edits.
        edits: Submodule that is not tapped, and ``is_traced_as_one`` -> how what it returns is
            changed at every call.

    Returns:
        The module, with every one of ``tapped`` under its own name.

    Raises:
        Exception: torch.fx cannot trace it; whatever its code raises for values that are none.
    """
    parts = dict(module.named_modules())
    outermost = [name for name in tapped if not any(is_inside(name, other) for other in tapped)]
    tracer = _Tracer([parts[name] for name in outermost])
    graph = tracer.trace(module)
    fused = fx.GraphModule(tracer.root, graph)
    for name in outermost:
        inner = [other.removeprefix(f"{name}.") for other in tapped if is_inside(other, name)]
        part = parts[name]
        if inner or not fx.Tracer().is_leaf_module(part, name):
            inner_edits = {
                other.removeprefix(f"{name}."): changes
                for other, changes in edits.items()
                if is_inside(other, name)
            }
            fused.add_submodule(name, fuse_module(part, inner, convolutions, inner_edits))
    edits_by_module = {parts[name]: tuple(changes) for name, changes in edits.items()}
    _fuse_convolutions(fused, {parts[name] for name in outermost}, convolutions, edits_by_module)
    return fused


def is_traced_as_one(module: nn.Module, name: str) -> bool:
    """Return whether a module that nobody looks at is one call in the graph."""
    return fx.Tracer().is_leaf_module(module, name)


def is_inside(name: str, other: str) -> bool:
    """Return whether the module of a name lies in that of the other name."""
    return name.startswith(f"{other}.")


def _fuse_convolutions(
    fused: fx.GraphModule,
    tapped: set[nn.Module],
    convolutions: Convolutions,
    edits: dict[nn.Module, tuple[ChannelEdit, ...]],
) -> None:
    """Replace each convolution that nobody looks at, and what follows it, by one call."""
    parts = dict(fused.named_modules())
    for number, node in enumerate(list(fused.graph.nodes)):
        layer = _module_of(node, parts)
        if layer in tapped or not _is_plain_convolution(layer):
            continue
        assert isinstance(layer, nn.Conv2d)
        last, norm, activation, changes = _find_chain(node, parts, tapped, edits)
        key = (layer, norm, activation)
        if changes:
            convolution = FusedConvolution(layer, norm, activation, changes)
        else:
            convolution = convolutions.get(key) or FusedConvolution(layer, norm, activation)
            convolutions[key] = convolution
        name = f"fused_{number}"
        fused.add_submodule(name, convolution)
        with fused.graph.inserting_before(node):
            call = fused.graph.call_module(name, (node.args[0],))
        last.replace_all_uses_with(call)
        for old in dict.fromkeys((last, *_chain(last, node), node)):
            fused.graph.erase_node(old)
    _insert_edits(fused, parts, tapped, edits)
    fused.delete_all_unused_submodules()
    fused.graph.lint()
    fused.recompile()


def _find_chain(
    node: fx.Node,
    parts: dict[str, nn.Module],
    tapped: set[nn.Module],
    edits: dict[nn.Module, tuple[ChannelEdit, ...]],
) -> tuple[fx.Node, nn.BatchNorm2d | None, Activation, ChainEdits]:
    """Return what a convolution, called in ``node``, does besides its own work.

    Returns:
        The last node of the chain, its batch norm, its rectifier, and the edits of all three.
    """
    last, norm, activation = node, None, IDENTITY
    changes = [edits.get(parts[str(node.target)], ()), (), ()]
    user = _only_user(last)
    following = _module_of(user, parts)
    is_norm = isinstance(following, nn.BatchNorm2d) and _is_fixed(following)
    if user is not None and is_norm and following not in tapped:
        assert isinstance(following, nn.BatchNorm2d)
        last, norm, changes[1] = user, following, edits.get(following, ())
        user = _only_user(last)
        following = _module_of(user, parts)
    known = _activation_of(user, parts)
    if user is not None and known is not None and following not in tapped:
        of_rectifier = edits.get(following, ()) if following is not None else ()
        if all(change.is_off for change in of_rectifier):  # 0 stays 0 in each of them
            last, activation, changes[2] = user, known, of_rectifier
    return last, norm, activation, ChainEdits(*changes)


def _insert_edits(
    fused: fx.GraphModule,
    parts: dict[str, nn.Module],
    tapped: set[nn.Module],
    edits: dict[nn.Module, tuple[ChannelEdit, ...]],
) -> None:
    """Call the edits of modules that are in no fused convolution, right after them."""
    for number, node in enumerate(list(fused.graph.nodes)):
        module = _module_of(node, parts)
        if module is None or module in tapped or module not in edits:
            continue
        name = f"edited_{number}"
        fused.add_submodule(name, create_edit_module(module, edits[module]))
        with fused.graph.inserting_after(node):
            call = fused.graph.call_module(name, (node,))
        node.replace_all_uses_with(call, delete_user_cb=lambda user, call=call: user is not call)


def _chain(last: fx.Node, first: fx.Node) -> list[fx.Node]:
    """Return the nodes between two of a chain, the latest first."""
    nodes, node = [], last
    while node is not first:
        nodes.append(node)
        argument = node.args[0]
        assert isinstance(argument, fx.Node)
        node = argument
    return nodes


def _module_of(node: Any, parts: dict[str, nn.Module]) -> nn.Module | None:
    """Return the module that a node calls; None where it calls none."""
    is_call = isinstance(node, fx.Node) and node.op == "call_module"
    return parts.get(str(node.target)) if is_call else None


def _only_user(node: fx.Node) -> fx.Node | None:
    """Return the one node that uses a value and is given nothing else; None where none is."""
    users = list(node.users)
    if len(users) != 1 or users[0].args != (node,) or set(users[0].kwargs) - {"inplace"}:
        return None
    return users[0]


def _activation_of(node: fx.Node | None, parts: dict[str, nn.Module]) -> Activation | None:
    if node is None:
        return None
    module = _module_of(node, parts)
    if module is not None:
        return ACTIVATIONS.get(type(module)) if not _has_hooks(module) else None
    return FUNCTIONS.get(node.target) if node.op in ("call_function", "call_method") else None


def _is_plain_convolution(layer: nn.Module | None) -> bool:
    """Return whether a layer is torch's own convolution, with float32 weights of its own."""
    return (
        type(layer) is nn.Conv2d
        and set(layer._parameters) == {"weight", "bias"}
        and layer.weight.dtype == torch.float32
        and layer.padding_mode == "zeros"
        and not isinstance(layer.padding, str)
        and not _has_hooks(layer)
    )


def _is_fixed(norm: nn.BatchNorm2d) -> bool:
    """Return whether a batch norm is torch's own, with statistics that do not change."""
    is_plain = type(norm) is nn.BatchNorm2d and not _has_hooks(norm)
    return is_plain and not norm.training and norm.running_var is not None


def _has_hooks(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks)
