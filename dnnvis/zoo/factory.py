"""The user's own network: a function in a Python file or an installed package."""

import hashlib
import importlib
import importlib.util
import itertools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from dnnvis.core.errors import BadInput, DnnvisError, NeedsTrust, UnknownNetwork, is_from_keyboard

_FILE = re.compile(r"(?P<place>.+\.py):(?P<name>[^:\\/]+)")
_PACKAGE = re.compile(r"(?P<place>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<name>[^:\\/]+)")
_loads = itertools.count()


def is_factory(text: str) -> bool:
    """Whether ``text`` has the form ``file.py:factory`` or ``package.module:factory``."""
    return bool(_FILE.fullmatch(text) or _PACKAGE.fullmatch(text))


def make(text: str, *, trust_code: bool, folder: Path | None = None) -> nn.Module:
    """What the factory ``text`` names gives when called without arguments (with seed 0).

    ``folder`` is where a relative file is looked for (the working directory where None).
    Raises NeedsTrust, before any of its code runs, unless ``trust_code``; UnknownNetwork
    where file, module or factory is missing; BadInput where the code fails.
    """
    parts = _FILE.fullmatch(text) or _PACKAGE.fullmatch(text)
    if parts is None:
        raise UnknownNetwork(f"'{text}' is neither file.py:factory nor package.module:factory.")
    place, name = parts["place"], parts["name"]
    file = (folder or Path()) / place if place.endswith(".py") else None
    if file is not None and not file.is_file():
        raise UnknownNetwork(f"There is no Python file {file}.")
    if not trust_code:
        what = f"the file {file.resolve()}" if file else f"the Python module {place}"
        raise NeedsTrust(
            f"Opening {text} runs the code in {what}. If you trust it, say so: "
            "trust_code=True, or --trust-code on the command line."
        )
    beside = file.resolve().parent if file else Path.cwd()
    with _importable(beside), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = _run_file(file.resolve()) if file else _import(place)
        return _call(_named(module, name, place), text)


def _run_file(file: Path) -> ModuleType:
    digest = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    name = f"dnnvis_user_{file.stem}_{digest}_{next(_loads)}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise BadInput(f"{file} cannot be loaded as Python.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up there
    with _in_words(f"{file} failed while it was loaded"):
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return module


def _import(name: str) -> ModuleType:
    with _in_words(f"The Python module {name} failed while it was imported"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as why:
            if why.name and (name == why.name or name.startswith(why.name + ".")):
                raise UnknownNetwork(f"There is no Python module {why.name}.") from None
            raise


def _named(module: ModuleType, name: str, place: str) -> Any:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            near = get_close_matches(part, [k for k in dir(found) if k[0] != "_"], 3)
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            raise UnknownNetwork(f"{place} has no '{name}'{hint}")
        found = getattr(found, part)
    return found


def _call(factory: Any, text: str) -> nn.Module:
    if isinstance(factory, nn.Module) or not callable(factory):
        raise BadInput(
            f"{text} is a {type(factory).__name__}; it must be a function or class that gives "
            "a torch.nn.Module when called without arguments."
        )
    with _in_words(f"{text} failed"):
        made = factory()
    if not isinstance(made, nn.Module):
        raise BadInput(f"{text} gave a {type(made).__name__}, not a torch.nn.Module.")
    return made


@contextmanager
def _in_words(what: str) -> Iterator[None]:
    """Whatever the user's code raises becomes BadInput with its own words."""
    try:
        yield
    except DnnvisError:
        raise
    except BaseException as why:
        if is_from_keyboard(why):
            raise
        raise BadInput(f"{what}: {type(why).__name__}: {why}") from why


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Modules beside the user's file can be imported meanwhile."""
    place = str(folder)
    sys.path.insert(0, place)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if place in sys.path:
            sys.path.remove(place)
