"""Build the user's own network: a function in a Python file or an installed package."""

import hashlib
import importlib
import importlib.util
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from dnnvis.core.errors import BadInput, NeedsTrust, UnknownNetwork
from dnnvis.core.paths import FILE_FACTORY, PACKAGE_FACTORY
from dnnvis.network.opening.programs import as_module, is_program, unwrap_parts
from dnnvis.network.opening.user_code import translate_errors
from dnnvis.network.state.generators import fork_generators

_load_numbers = itertools.count()


def build_module(text: str, *, trust_code: bool, folder: Path | None = None) -> nn.Module:
    """Return what a factory gives when called without arguments (with seed 0).

    Args:
        text: ``file.py:factory`` or ``package.module:factory``.
        trust_code: Whether its code may run.
        folder: Where a relative file is looked for (the working directory where None).

    Returns:
        The module.

    Raises:
        NeedsTrust: ``trust_code`` is False; before any of its code runs.
        UnknownNetwork: File, module or factory is missing.
        BadInput: The code fails.
    """
    parts = FILE_FACTORY.fullmatch(text) or PACKAGE_FACTORY.fullmatch(text)
    if parts is None:
        raise UnknownNetwork(f"'{text}' is neither file.py:factory nor package.module:factory.")
    location, name = parts["place"], parts["name"]
    file = (folder or Path()) / location if location.endswith(".py") else None
    if file is not None and not file.is_file():
        raise UnknownNetwork(f"There is no Python file {file}.")
    if not trust_code:
        code = f"the file {file.resolve()}" if file else f"the Python module {location}"
        raise NeedsTrust(
            f"Opening {text} runs the code in {code}. If you trust it, say so: "
            "trust_code=True, or --trust-code on the command line."
        )
    import_folder = file.resolve().parent if file else Path.cwd()
    with _importable(import_folder), fork_generators(0):
        module = _run_file(file.resolve()) if file else _import(location)
        return _call_factory(_resolve_name(module, name, location), text)


def _run_file(file: Path) -> ModuleType:
    digest = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    name = f"dnnvis_user_{file.stem}_{digest}_{next(_load_numbers)}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise BadInput(f"{file} cannot be loaded as Python.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up there
    with translate_errors(f"{file} failed while it was loaded"):
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return module


def _import(name: str) -> ModuleType:
    with translate_errors(f"The Python module {name} failed while it was imported"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and (name == error.name or name.startswith(error.name + ".")):
                raise UnknownNetwork(f"There is no Python module {error.name}.") from None
            raise


def _resolve_name(module: ModuleType, name: str, module_name: str) -> Any:
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            matches = get_close_matches(part, [k for k in dir(value) if k[0] != "_"], 3)
            hint = f"; did you mean {' or '.join(matches)}?" if matches else "."
            raise UnknownNetwork(f"{module_name} has no '{name}'{hint}")
        value = getattr(value, part)
    return value


def _call_factory(factory: Any, text: str) -> nn.Module:
    if isinstance(factory, nn.Module) or not callable(factory):
        raise BadInput(
            f"{text} is a {type(factory).__name__}; it must be a function or class that gives "
            "a torch.nn.Module when called without arguments."
        )
    with translate_errors(f"{text} failed"):
        module = factory()
    if not (isinstance(module, nn.Module) or is_program(module)):
        raise BadInput(f"{text} gave a {type(module).__name__}, not a torch.nn.Module.")
    plain = as_module(module)
    unwrap_parts(plain)  # now: names of weights are compared with a checkpoint's next
    return plain


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Make modules beside the user's file importable within the context."""
    path = str(folder)
    sys.path.insert(0, path)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if path in sys.path:
            sys.path.remove(path)
