"""Find the tensors in whatever a network or a module returns."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from dnnvis.core.errors import BadInput

MAX_RESULTS = 64  # tensors of one result that have rows
#: Names under which networks return their answer, the likeliest first.
ANSWER_NAMES = ("out", "logits", "output", "outputs", "prediction", "preds", "pred", "y")
Path = tuple[str, ...]


def iter_tensors(value: Any, path: Path = ()) -> Iterator[tuple[Path, Tensor]]:
    """Yield (path, tensor) of every tensor in nested tuples, lists, mappings and dataclasses."""
    if isinstance(value, Tensor):
        yield path, value
        return
    for name, part in _parts(value):
        yield from iter_tensors(part, (*path, name))


def first_tensor(output: Any) -> Tensor | None:
    """Return ``output`` itself, or the first tensor inside a tuple, list, dict or dataclass."""
    return next((tensor for _, tensor in iter_tensors(output)), None)


def tensor_at(value: Any, path: Path) -> Tensor | None:
    """Return the tensor at a path of ``iter_tensors``; None where there is none."""
    for name in path:
        value = next((part for key, part in _parts(value) if key == name), None)
    return value if isinstance(value, Tensor) else None


def replace_tensor(value: Any, path: Path, tensor: Tensor) -> Any:
    """Return a copy of nested containers in which the tensor at a path is another.

    Args:
        value: What a module returned.
        path: A path of ``iter_tensors``.
        tensor: The other tensor.

    Returns:
        The copy, of the same classes; ``tensor`` itself for the path ().

    Raises:
        BadInput: The container cannot be made again.
    """
    if not path:
        return tensor
    parts = dict(_parts(value))
    parts[path[0]] = replace_tensor(parts[path[0]], path[1:], tensor)
    try:
        return _rebuild(value, parts)
    except Exception as error:  # a class of the network's own may refuse
        kind = type(value).__name__
        raise BadInput(f"What the network returns in {kind} cannot be changed: {error}.") from error


def _rebuild(value: Any, parts: dict[str, Any]) -> Any:
    """Return a container like ``value`` with other parts, by the names of ``_parts``."""
    if isinstance(value, PackedSequence):
        return value._replace(**parts)
    if isinstance(value, Mapping):
        result = copy.copy(value)  # of its own class, with what it holds besides
        for key in value:
            result[key] = parts[str(key)]  # type: ignore[index]
        return result
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*parts.values())
    if isinstance(value, tuple | list):
        return type(value)(parts.values())
    result = copy.copy(value)
    for name, part in parts.items():
        object.__setattr__(result, name, part)
    return result


def answer_path(value: Any) -> Path | None:
    """Return the path of the tensor that is most likely the answer; None without any tensor.

    That under a name that networks give their answer (``out``, ``logits`` ...), else the first.
    """
    paths = [path for path, _ in iter_tensors(value)]
    for name in ANSWER_NAMES:
        for path in paths:
            if path and path[-1] == name:
                return path
    return paths[0] if paths else None


def path_of(text: str, value: Any) -> Path:
    """Return the path that a user wrote as ``aux`` or ``0.boxes``; raise BadInput with what is.

    A number that is no path counts the tensors, from 0.
    """
    paths = {".".join(path): path for path, _ in iter_tensors(value)}
    if text in paths:
        return paths[text]
    if text.isdigit() and int(text) < len(paths):
        return list(paths.values())[int(text)]
    names = ", ".join(name or "(itself)" for name in list(paths)[:8])
    raise BadInput(f"The network returns no '{text}'; choose one of: {names}.")


def list_outputs(value: Any) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield (path as a user writes it, shape) of each tensor of a result for one picture.

    The shape is without the axis of the pictures, where the tensor has one.
    """
    is_list = count_pictures(value) == 1 and not isinstance(value[0], Tensor)  # an entry a picture
    for path, tensor in iter_tensors(value):
        shape = tuple(tensor.shape)
        has_pictures = not is_list and shape[:1] == (1,)
        yield ".".join(path), shape[1:] if has_pictures else shape


def count_pictures(value: Any) -> int | None:
    """Return the length of a list that has an entry of tensors each; None for anything else."""
    if isinstance(value, list) and value and all(first_tensor(part) is not None for part in value):
        return len(value)
    return None


def _parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Tensor):
        return []
    if isinstance(value, PackedSequence):
        return [("data", value.data)]
    if isinstance(value, Mapping):
        return [(str(key), part) for key, part in value.items()]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return list(zip(value._fields, value, strict=True))
    if isinstance(value, tuple | list):
        return [(str(number), part) for number, part in enumerate(value)]
    if is_dataclass(value) and not isinstance(value, type):
        return [(part.name, getattr(value, part.name)) for part in fields(value)]
    return []
