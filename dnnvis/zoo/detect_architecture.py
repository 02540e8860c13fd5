"""Detect which architecture weights belong to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dnnvis.core.errors import DnnvisError, UnknownNetwork
from dnnvis.network.checkpoint import Checkpoint, first_level
from dnnvis.network.opening.translate_weights import is_counter
from dnnvis.zoo import architecture_index, timm_nets, torchvision_nets
from dnnvis.zoo.architecture_index import IndexedArchitecture
from dnnvis.zoo.bundled import SPEC_INFERENCES
from dnnvis.zoo.inferred_sizes import (
    InferredSizes,
    infer_channels,
    infer_mobilenets,
    infer_resnet,
    infer_timm,
    infer_torchvision_vit,
)
from dnnvis.zoo.net1 import net1
from dnnvis.zoo.net2 import net2

BUILDERS: dict[str, Callable[..., torch.nn.Module]] = {"net1": net1, "net2": net2}
Shapes = Mapping[str, tuple[int, ...]]
MAX_LISTED_NETWORKS = 5
MAX_TRIED_NETWORKS = 8  # of timm's, built to compare their shapes with those of weights


@dataclass(frozen=True)
class Match:
    """An architecture that fits, and with how many classes."""

    #: Its name here; timm's begin with ``timm/``.
    architecture: str
    #: None: as the library has it.
    classes: int | None
    notes: tuple[str, ...] = ()
    #: Further arguments of its builder, read out of the weights.
    arguments: Mapping[str, Any] = field(default_factory=dict)
    #: The prefix of all names in the file that the architecture's do not have.
    prefix: str = ""


def detect_architecture(checkpoint: Checkpoint) -> Match:
    """Return the known architecture whose weights have these names and shapes.

    Those are our own, all of torchvision's and, where timm is installed, its. Of several with the
    same names and shapes one that the file is called after goes first
    (``resnet18-f37072fd.pth``), then torchvision's, then the shortest name. Where none fits,
    width, depth, channels and size of the usual families are read out of the weights; then one
    level less in all names is tried.

    Raises:
        UnknownNetwork: None fits; the message names the nearest, or the library that has it and
            is not installed.
    """
    match = _match(checkpoint)
    if match is not None:
        return match
    prefix = first_level(checkpoint.state)
    if prefix:
        inner = {key[len(prefix) :]: value for key, value in checkpoint.state.items()}
        match = _match(replace(checkpoint, state=inner))
        if match is not None:
            note = f"Its names have one level more ('{prefix}'), which is left out."
            return replace(match, prefix=prefix, notes=(*match.notes, note))
    raise UnknownNetwork(_unknown_weights_message(checkpoint))


def _match(checkpoint: Checkpoint) -> Match | None:
    state, stem = checkpoint.state, checkpoint.path.stem
    for name, (infer_spec, title) in SPEC_INFERENCES.items():
        if infer_spec(state) is not None:
            return Match(name, 1, (f"The weights were recognised as {title}.",))
    own = _find_fitting(list(BUILDERS), state)
    if own:
        return _match_first(own, stem)
    shapes = {key: tuple(value.shape) for key, value in state.items()}
    exact = architecture_index.find_exact(shapes)
    usable = [entry for entry in exact if _is_installed(entry)]
    if usable:
        fits = {_name(entry): entry.count_classes(shapes) for entry in usable}
        return _match_first(fits, stem)
    similar = architecture_index.find_similar(shapes)
    names = [entry.name for entry in similar if entry.library == "torchvision"]
    new = torchvision_nets.names() if _is_torchvision_newer() else []
    fitting = _find_fitting(list(dict.fromkeys([*names, *new])), state)
    if fitting:
        return _match_first(fitting, stem)
    if exact:
        raise UnknownNetwork(
            f"{checkpoint.path.name} holds weights of {exact[0].name}, a network of timm, which is "
            "not installed; install timm to open it, or name another network that they are for."
        )
    return _match_sizes(similar, shapes)


def _match_first(fits: Mapping[str, int | None], stem: str) -> Match:
    """Return the match with the first of several names, or with the one the file is called."""
    plain = {name: name.removeprefix(timm_nets.PREFIX) for name in fits}
    called = [name for name in fits if _is_called(stem, plain[name])]
    first = max(called or list(fits)[:1], key=lambda name: len(plain[name]))
    others = [name for name in fits if name != first]
    listed = ", ".join(others[:MAX_LISTED_NETWORKS])
    more = (
        f" and {len(others) - MAX_LISTED_NETWORKS} more"
        if len(others) > MAX_LISTED_NETWORKS
        else ""
    )
    also = f" (so would {listed}{more})" if others else ""
    return Match(first, fits[first], (f"The weights were recognised as {first}{also}.",))


def _match_sizes(similar: list[IndexedArchitecture], shapes: Shapes) -> Match | None:
    """Return a match with an architecture in sizes of its own, read out of the weights."""
    candidates = [infer_resnet(shapes), infer_torchvision_vit(shapes)]
    for entry in similar:
        if entry.library == "torchvision":
            candidates += infer_channels(entry.name, shapes, entry.head)
            candidates += infer_mobilenets(entry.name, shapes, entry.head)
    for sizes in candidates:
        if sizes is not None:
            built: Shapes = torchvision_nets.sized_shapes(sizes.builder, sizes.arguments)
            if _fits(built, shapes, sizes.head):
                return _sized_match(sizes.builder, sizes, shapes, sizes.head)
    of_timm = [each for each in similar if each.library == "timm" and _is_installed(each)]
    sizes = infer_timm(shapes)
    for entry in of_timm[:MAX_TRIED_NETWORKS]:
        built = _timm_shapes(entry.name, sizes.arguments)
        if _fits(built, shapes, entry.head):
            return _sized_match(_name(entry), sizes, shapes, entry.head)
    return None


def _sized_match(name: str, sizes: InferredSizes, shapes: Shapes, head: Iterable[str]) -> Match:
    classes = min((shapes[key][0] for key in head if shapes.get(key)), default=None)
    listed = ", ".join(f"{key} {value}" for key, value in sizes.arguments.items())
    assumed = f"; {', '.join(sizes.assumed)} assumed" if sizes.assumed else ""
    note = f"The weights were recognised as {name} in other sizes ({listed}{assumed})."
    return Match(name, classes, (note,), sizes.arguments)


def _fits(expected: Shapes, actual: Shapes, head: Iterable[str]) -> bool:
    """Return whether names and shapes are the same, but for the first axis of the head's."""
    expected = architecture_index.without_counters(expected)
    actual = architecture_index.without_counters(actual)
    if not expected or expected.keys() != actual.keys():
        return False
    of_head = set(head)
    return all(
        shape == actual[key] or (key in of_head and shape[1:] == actual[key][1:])
        for key, shape in expected.items()
    )


def _timm_shapes(name: str, arguments: Mapping[str, Any]) -> Shapes:
    try:
        with torch.device("meta"):
            module = timm_nets.build(name, arguments=arguments)
    except DnnvisError:
        return {}
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def _is_installed(entry: IndexedArchitecture) -> bool:
    return entry.library == "torchvision" or bool(timm_nets.installed_version())


def _is_torchvision_newer() -> bool:
    here = version("torchvision").split("+")[0]
    return here != architecture_index.indexed_version("torchvision")


def _name(entry: IndexedArchitecture) -> str:
    return entry.name if entry.library == "torchvision" else timm_nets.PREFIX + entry.name


def classes_in(architecture: str, state: Mapping[str, Tensor]) -> int | None:
    """Return how many classes ``architecture`` has in ``state``; None where the weights do not fit.

    The names must be the same, and all shapes but for the number of classes.
    """
    expected, default_classes = _shapes(architecture, torchvision_nets.size_in(architecture, state))
    actual = {key: tuple(value.shape) for key, value in state.items()}
    if architecture not in BUILDERS and torchvision_nets.has_side_heads(architecture):
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
    names = [*BUILDERS, *architecture_index.list_families()]
    shared = {name: len(keys & _shapes(name)[0].keys()) / len(keys) for name in names}
    nearest = max(names, key=lambda name: shared[name])
    share = f"{shared[nearest]:.0%} of the names are its"
    hint = f" The nearest is {nearest}: {share}." if shared[nearest] > 0.5 else ""
    first = next(iter(checkpoint.state))
    return (
        f"The {len(keys)} weights in {Path(checkpoint.path).name} (first: {first}) belong to no "
        f"network known here.{hint} Say which they are for: open('file.py:factory', "
        f"checkpoint='{checkpoint.path}'), or --checkpoint on the command line."
    )
