"""Open compiled, scripted, exported and traced programs as the modules they were made of."""

import types
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn.modules.lazy import LazyModuleMixin

from dnnvis.core.errors import BadInput
from dnnvis.network.opening.user_code import translate_errors
from dnnvis.network.state.generators import fork_generators

COMPILED_CHILD = "_orig_mod"  # what torch.compile(module) calls the module that it wraps
COMPILED_FUNCTION = "_torchdynamo_orig_callable"  # and the function that a compiled one was
LAZY_NOTE = (
    "{count} lazy layers ({names}) got their shapes from a first pass over a gray picture and "
    "random weights (seed 0)."
)
SCRIPTED_PART_NOTE = (
    "{names} is TorchScript, so that nothing inside of it can be shown: put the Python module "
    "in its place that it was made from."
)


class Operation(nn.Module):
    """One function or method that a traced program calls, run as a module of its own.

    Each kind is a subclass of the function's name, which is what layer tables show.
    """

    def __init__(self, target: Any, is_method: bool) -> None:
        super().__init__()
        self.target, self.is_method = target, is_method

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, or the method of the first argument."""
        if self.is_method:
            return getattr(args[0], self.target)(*args[1:], **kwargs)
        return self.target(*args, **kwargs)


def is_program(value: Any) -> bool:
    """Return whether ``value`` is a ``torch.export.ExportedProgram``, which is no module."""
    return type(value).__name__ == "ExportedProgram" and hasattr(value, "graph_signature")


def as_module(value: Any) -> nn.Module:
    """Return the module that a program is or wraps.

    Args:
        value: A module, one that was compiled or made parallel, or an exported program.

    Returns:
        A module whose own parts take hooks.

    Raises:
        BadInput: TorchScript, whose parts take none.
    """
    if is_program(value):
        with translate_errors("The exported program cannot be made a module"):
            value = value.module(check_guards=False)
    while True:
        if isinstance(value, nn.DataParallel | nn.parallel.DistributedDataParallel):
            value = value.module
        elif isinstance(value, nn.Module) and COMPILED_CHILD in value._modules:
            value = value._modules[COMPILED_CHILD]
        else:
            break
    if isinstance(value, torch.jit.ScriptModule):
        raise BadInput(
            "That is a TorchScript program (torch.jit.script or trace), whose layers cannot be "
            "looked into; open the Python module it was made from, with the weights that its "
            "state_dict() gives, or what torch.export.export makes of that module."
        )
    module: nn.Module = value
    return module


def unwrap_parts(module: nn.Module) -> tuple[str, ...]:
    """Put every compiled part of ``module`` back as it was written, in place.

    Names and hooks are those of the plain module then: ``torch.compile`` of parts, of methods and
    ``module.compile()``. Nodes of traced programs (``torch.fx``, ``torch.export``) become modules.

    Returns:
        Notes on parts that cannot be looked into.
    """
    for parent in _python_parts(module):
        for key, child in list(parent._modules.items()):
            if child is not None and not isinstance(child, torch.jit.ScriptModule):
                parent._modules[key] = as_module(child)
    for part in _python_parts(module):
        _unwrap_methods(part)
        if isinstance(part, fx.GraphModule):
            run_nodes_as_modules(part)
    scripted = [n for n, p in module.named_modules() if isinstance(p, torch.jit.ScriptModule)]
    outer = [name for name in scripted if not any(name.startswith(f"{o}.") for o in scripted)]
    return (SCRIPTED_PART_NOTE.format(names=" and ".join(outer)),) if outer else ()


def _python_parts(module: nn.Module) -> list[nn.Module]:
    return [part for part in module.modules() if not isinstance(part, torch.jit.ScriptModule)]


def _unwrap_methods(part: nn.Module) -> None:
    """Undo ``part.compile()`` and ``torch.compile`` of its functions and methods."""
    part._compiled_call_impl = None
    for name, value in list(vars(part).items()):
        plain: Any = _plain_function(value)
        if isinstance(plain, types.MethodType) and isinstance(plain.__self__, type(part)):
            plain = types.MethodType(plain.__func__, part)  # that of a copy is the original's
        if plain is not None:
            part.__dict__[name] = plain
    for owner in type(part).__mro__:
        if owner is nn.Module:
            return
        for name, value in vars(owner).items():
            plain = _plain_function(value)
            if plain is not None and name not in vars(part):
                part.__dict__[name] = types.MethodType(plain, part)


def _plain_function(value: Any) -> Callable[..., Any] | None:
    """Return the function that a compiled one was, None for all other values."""
    if isinstance(value, types.FunctionType | types.MethodType):
        plain = getattr(value, COMPILED_FUNCTION, None)
        return plain if callable(plain) else None
    return None


def run_nodes_as_modules(program: fx.GraphModule) -> None:
    """Give each function and method that a traced program calls a module of its own, in place.

    The program computes the same. A node is called as in the program's graph, but for the last one
    of a module that was traced through, as ``torch.export`` does: it has that module's name,
    class, parameters and place.
    """
    for name in ("train", "eval"):  # torch.export puts methods there that refuse
        program.__dict__.pop(name, None)
    ends = _ends_of_modules(program.graph)
    changed = False
    for node in program.graph.nodes:
        if node.op not in ("call_function", "call_method") or node.target is getattr:
            continue
        kind = node.target if isinstance(node.target, str) else node.target.__name__
        name, kind = ends.get(node, (_free_name(program, node.name), kind.split(".")[0]))
        operation = type(kind, (Operation,), {})(node.target, node.op == "call_method")
        _insert(program, name, operation)
        node.op, node.target, changed = "call_module", name, True
    if changed:
        program.recompile()


def _ends_of_modules(graph: fx.Graph) -> dict[fx.Node, tuple[str, str]]:
    """Return, for the last node of each module that was traced through, its name and class."""
    last: dict[str, fx.Node] = {}
    for node in graph.nodes:
        last |= {path: node for path, _ in _module_stack(node)}
    ends = {}
    for path, node in last.items():
        innermost, kind = _module_stack(node)[-1]
        is_name = all(part.isidentifier() or part.isdigit() for part in path.split("."))
        if innermost == path and is_name and node.op in ("call_function", "call_method"):
            ends[node] = path, kind
    return ends


def _module_stack(node: fx.Node) -> list[tuple[str, str]]:
    """Return name and class of the modules that a node was traced in, the innermost last."""
    stack = (node.meta.get("nn_module_stack") or {}).values()
    names = ((path, k if isinstance(k, str) else getattr(k, "__name__", "")) for path, k in stack)
    return [(path, kind.rpartition(".")[2] or "Operation") for path, kind in names]


def _free_name(program: fx.GraphModule, name: str) -> str:
    while hasattr(program, name):  # a method, such as ``to``, or a part
        name += "_"
    return name


def _insert(program: fx.GraphModule, name: str, operation: Operation) -> None:
    """Put ``operation`` at ``name``; what is there already becomes its own parts."""
    *path, key = name.split(".")
    parent: nn.Module = program
    for step in path:
        if step not in parent._modules:
            parent.add_module(step, nn.Module())
        parent = parent.get_submodule(step)
    container = parent._modules.get(key)
    if container is not None:
        for group in ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"):
            operation.__dict__[group] = container.__dict__[group]
        for attribute, value in vars(container).items():  # constants of the program
            operation.__dict__.setdefault(attribute, value)
    parent._modules[key] = operation


def has_lazy_parts(module: nn.Module) -> bool:
    """Return whether a part of ``module`` waits for its first input to know its shapes."""
    return any(_is_lazy(part) for part in module.modules())


def fill_lazy_parts(module: nn.Module, run: Callable[[Tensor], Any], x: Tensor) -> tuple[str, ...]:
    """Give all lazy parts of ``module`` their shapes, by one pass.

    Args:
        module: The module, in eval mode.
        run: Makes a pass of the network.
        x: One picture (1, C, H, W).

    Returns:
        A note on what became of them.

    Raises:
        BadInput: The pass fails, or parts are left that it did not call.
    """
    names = list(_lazy_names(module))
    with torch.no_grad(), fork_generators(0):
        run(x)
    left = list(_lazy_names(module))
    if left:
        raise BadInput(
            f"{', '.join(left)} are lazy and were not called on a gray picture, so that their "
            "weights have no shape; make them ordinary layers."
        )
    module.requires_grad_(False)
    return (LAZY_NOTE.format(count=len(names), names=", ".join(names[:8])),)


def _lazy_names(module: nn.Module) -> Iterator[str]:
    return (name for name, part in module.named_modules() if _is_lazy(part))


def _is_lazy(part: nn.Module) -> bool:
    return isinstance(part, LazyModuleMixin) and bool(part.has_uninitialized_params())
