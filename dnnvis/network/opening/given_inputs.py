"""Read what somebody wants a network's other inputs to be held at."""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from dnnvis.core.errors import BadInput
from dnnvis.network.opening.input_call import HeldInput, HeldKind

Inputs = Mapping[str, Any]

#: Commas that stand in no brackets, between two inputs of a text.
BETWEEN_INPUTS = re.compile(r",(?![^\[]*\])(?=\s*\w+\s*=)")
CONSTANTS = {"none": None, "true": True, "false": False}


def read_inputs(given: Inputs | str | None) -> dict[str, Any]:
    """Return the values that inputs are held at, by name.

    Args:
        given: By name numbers, texts, truth values, None or arrays (lists, NumPy, torch), or a
            text as ``t=0.5, mask=none, classes=[0, 1]``.

    Returns:
        The same, arrays as nested tuples, so that they can be compared and stored.

    Raises:
        BadInput: It cannot be read.
    """
    if given is None:
        return {}
    if isinstance(given, str):
        given = _parse(given)
    if not isinstance(given, Mapping):
        raise BadInput(
            f"inputs are values by name, as {{'t': 0.5}} or t=0.5, not {type(given).__name__}."
        )
    return {str(name): _read_value(str(name), value) for name, value in given.items()}


def to_text(given: Inputs) -> str:
    """Return inputs as a text that ``read_inputs`` reads to the same."""
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in given.items())


def held_kinds(value: Any) -> tuple[HeldKind, ...]:
    """Return the ways in which a value may be handed over, the likeliest first."""
    if isinstance(value, tuple):
        return ("array a picture", "array")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ("constant",)
    return ("integer", "number", "constant") if isinstance(value, int) else ("number", "constant")


def hold(name: str, value: Any) -> list[HeldInput]:
    """Return the inputs that hold a value, the likeliest first."""
    return [HeldInput(name, kind, value=value) for kind in held_kinds(value)]


def _parse(text: str) -> dict[str, Any]:
    values = {}
    for part in BETWEEN_INPUTS.split(text) if text.strip() else ():
        name, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not name.isidentifier() or not value:
            raise BadInput(f"Inputs are written as t=0.5, mask=none; '{part.strip()}' is not.")
        try:
            known = value.lower() in CONSTANTS
            values[name] = CONSTANTS[value.lower()] if known else json.loads(value)
        except ValueError:
            values[name] = value.strip("'\"")
    return values


def _read_value(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().float().numpy() if value.is_floating_point() else value.numpy()
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise BadInput(f"The input {name} can be a number, a text, None or an array of numbers.")
    return _to_tuples(array.tolist())


def _to_tuples(value: Any) -> Any:
    return tuple(map(_to_tuples, value)) if isinstance(value, list) else value
