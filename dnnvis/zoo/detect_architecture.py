"""Detect which architecture weights belong to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from dnnvis.core.errors import UnknownNetwork
from dnnvis.network.checkpoint import Checkpoint
from dnnvis.network.opening.translate_weights import is_counter
from dnnvis.zoo import torchvision_nets
from dnnvis.zoo.life import infer_spec
from dnnvis.zoo.net1 import net1
from dnnvis.zoo.net2 import net2

BUILDERS: dict[str, Callable[..., torch.nn.Module]] = {"net1": net1, "net2": net2}
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Match:
    """An architecture that fits, and with how many classes."""

    architecture: str
    classes: int
    notes: tuple[str, ...] = ()


def detect_architecture(checkpoint: Checkpoint) -> Match:
    """Return the architecture here whose weights have these names and shapes.

    A torchvision file that bears its network's name (``resnet18-f37072fd.pth``) is not
    compared with all others. Raises UnknownNetwork, naming the nearest.
    """
    stem = checkpoint.path.stem
    if infer_spec(checkpoint.state) is not None:
        return Match("life", 1, ("The weights were recognised as a life network.",))
    own = [name for name in BUILDERS if classes_in(name, checkpoint.state) is not None]
    names = own or torchvision_nets.names()
    named = [name for name in names if _is_called(stem, name)]
    fits = _find_fitting(named, checkpoint.state) or _find_fitting(names, checkpoint.state)
    if not fits:
        raise UnknownNetwork(_unknown_weights_message(checkpoint))
    first, *others = fits
    also = f" (so would {', '.join(others)})" if others else ""
    return Match(first, fits[first], (f"The weights were recognised as {first}{also}.",))


def classes_in(architecture: str, state: Mapping[str, Tensor]) -> int | None:
    """Return how many classes ``architecture`` has in ``state``; None where the weights do not fit.

    The names must be the same, and all shapes but for the number of classes.
    """
    expected, default_classes = _shapes(architecture, torchvision_nets.size_in(architecture, state))
    actual = {key: tuple(value.shape) for key, value in state.items()}
    if torchvision_nets.has_side_heads(architecture):
        without_heads = torchvision_nets.without_side_heads(actual)
        expected = (
            expected
            if len(without_heads) < len(actual)
            else torchvision_nets.without_side_heads(expected)
        )
    actual = {key: shape for key, shape in actual.items() if not is_counter(key)}
    expected = {key: shape for key, shape in expected.items() if not is_counter(key)}
    if expected.keys() != actual.keys():
        return None
    return _class_count(expected, actual, default_classes)


def _class_count(expected: Shapes, actual: Shapes, default_classes: int) -> int | None:
    counts = {default_classes}
    for key, shape in expected.items():
        if actual[key] == shape:
            continue
        if shape[:1] != (default_classes,) or actual[key][1:] != shape[1:] or not actual[key]:
            return None
        counts.add(actual[key][0])
    others = counts - {default_classes}
    return None if len(others) > 1 else others.pop() if others else default_classes


@cache
def _shapes(
    architecture: str, size: tuple[int, int] | None = None
) -> tuple[dict[str, tuple[int, ...]], int]:
    if architecture not in BUILDERS:
        shapes = torchvision_nets.shapes(architecture, size)
        return shapes, torchvision_nets.default_classes(architecture)
    with torch.device("meta"):
        module = BUILDERS[architecture]()
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}, 10


def _find_fitting(names: list[str], state: Mapping[str, Tensor]) -> dict[str, int]:
    class_counts = {name: classes_in(name, state) for name in names}
    return {name: classes for name, classes in class_counts.items() if classes is not None}


def _is_called(stem: str, name: str) -> bool:
    start, rest = stem[: len(name)], stem[len(name) :]
    return start.lower() == name and not rest[:1].isalnum()


def _unknown_weights_message(checkpoint: Checkpoint) -> str:
    keys = set(checkpoint.state)
    names = [*BUILDERS, *torchvision_nets.names()]
    shared = {name: len(keys & _shapes(name)[0].keys()) / len(keys) for name in names}
    nearest = max(names, key=lambda name: shared[name])
    hint = f" The nearest is {nearest}." if shared[nearest] > 0.5 else ""
    first = next(iter(checkpoint.state))
    return (
        f"The {len(keys)} weights in {Path(checkpoint.path).name} (first: {first}) belong to no "
        f"network known here.{hint} Say which they are for: open('file.py:factory', "
        f"checkpoint='{checkpoint.path}'), or --checkpoint on the command line."
    )
