"""Remember the networks and sources opened lately, with all that they were opened with."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dnnvis.core.address import is_address
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.state import SourceChoice, State

MAX_RECENT = 9
#: Kinds of sources that are no file, folder or address, or that were picked from another one.
TRANSIENT_KINDS = ("examples", "screen", "chess", "plane")


def list_networks(state: State) -> tuple[NetworkChoice, ...]:
    """Return the networks opened lately, the latest first.

    Those of which a version before saved the name alone have no options.
    """
    known = {name_weights(choice) for choice in state.recent_choices}
    named = (NetworkChoice(net=name) for name in state.recent_networks if name not in known)
    return (*state.recent_choices, *named)[:MAX_RECENT]


def list_sources(state: State) -> tuple[SourceChoice | str, ...]:
    """Return the sources opened lately, the latest first: a text of which only that is known."""
    known = {source.path for source in state.recent_files}
    named: list[SourceChoice | str] = [path for path in state.recent_sources if path not in known]
    return (*state.recent_files, *named)[:MAX_RECENT]


def remember_network(state: State, choice: NetworkChoice) -> dict[str, Any]:
    """Return the changes of ``state`` by which a network becomes the latest that was opened."""
    plain = choice.without_trust
    is_same = plain == state.network_form.without_trust or state.recent_choices[:1] == (plain,)
    changes: dict[str, Any] = {
        "recent_networks": _push(name_weights(choice), state.recent_networks),
        "recent_choices": _push(plain, state.recent_choices),
        "form_is_newer": state.form_is_newer and is_same,
    }
    folder = find_folder(choice.checkpoint or choice.net)
    return {**changes, "network_folder": folder} if folder else changes


def remember_source(state: State, source: SourceChoice) -> dict[str, Any]:
    """Return the changes of ``state`` by which a source becomes the latest that was opened.

    One that is no file and no address changes nothing. The board as it was left is not remembered:
    its file is read again.
    """
    if not source.path or source.kind in TRANSIENT_KINDS:
        return {}
    others = [each for each in state.recent_files if each.path != source.path]
    changes: dict[str, Any] = {
        "recent_sources": _push(source.path, state.recent_sources),
        "recent_files": (replace(source, board="", numbers=()), *others)[:MAX_RECENT],
    }
    folder = "" if is_address(source.path) else find_folder(source.path)
    return {**changes, "source_folder": folder} if folder else changes


def name_weights(choice: NetworkChoice) -> str:
    """Return what a network is called in a list: its file of weights, else its name."""
    return choice.checkpoint or choice.net


def describe_options(choice: NetworkChoice) -> str:
    """Describe what is set beside the name: ``in resnet18, size 64, mean 0.5``; "" for nothing."""
    parts = [f"in {choice.net}"] if choice.checkpoint else []
    parts += [choice.weights] if choice.weights else []
    for name in ("size", "channels", "mean", "std", "labels", "output", "inputs"):
        value = getattr(choice, name)
        if value is not None:
            parts.append(f"{name} {_as_text(name, value)}")
    return ", ".join(parts)


def _as_text(name: str, value: Any) -> str:
    if name == "labels":
        return f"of {len(value)} classes" if isinstance(value, tuple) else Path(value).name
    separator = "x" if name == "size" else ", "
    return value if isinstance(value, str) else separator.join(f"{n:g}" for n in value)


def find_folder(text: str) -> str:
    """Return the folder that a path lies in, a folder itself; "" for what is no path here."""
    path = text.rpartition(":")[0] if ".py:" in text else text.partition("#")[0]
    try:
        file = Path(path).expanduser()
        if not path or not file.exists():
            return ""
        return str(file.absolute() if file.is_dir() else file.absolute().parent)
    except (OSError, ValueError, RuntimeError):  # a text that no file can be named
        return ""


def first_folder(folder: str) -> str:
    """Return where a dialog begins: a folder that was used, while it is there, else the home."""
    return find_folder(folder) or find_folder("~")


def _push(item: Any, items: Sequence[Any]) -> tuple[Any, ...]:
    return (item, *(other for other in items if other != item))[:MAX_RECENT]
