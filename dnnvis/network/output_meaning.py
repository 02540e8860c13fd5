"""Decide once what the numbers are that a network answers with."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.messages import LayerInfo, OutputKind, OutputMeaning
from dnnvis.network.card import Card
from dnnvis.network.layout import ChannelLayout
from dnnvis.network.outputs import Path, iter_tensors, tensor_at
from dnnvis.network.values import as_shown

TOLERANCE = 1e-3  # of sums that are 1, and of lengths
MAX_CLASSES = 256  # more channels than that, at many places, are features
MAX_CLASS_STRIDE = 8  # maps of classes have at least an eighth of the picture's sides
MIN_POOLED_WIDTH = 128  # fewer numbers after pooling are classes, most likely
IMAGENET_CLASSES = 1000
BOXES, SCORES, CLASSES = "boxes", "scores", "labels"  # as torchvision's detectors call them
EMBEDDING_NAMES = ("embed", "feature", "pooler", "hidden", "latent")

_SOFTMAX, _LOG_SOFTMAX, _SIGMOID, _LINEAR = "softmax", "log-softmax", "sigmoid", "linear layer"
_POOLING, _NORM, _RECTIFIER = "pooling", "normalization", "rectifier"
#: Nodes of the graph (without Backward0) -> the step that they are.
_STEPS = {
    "Softmax": _SOFTMAX,
    "LogSoftmax": _LOG_SOFTMAX,
    "Sigmoid": _SIGMOID,
    **dict.fromkeys(("Addmm", "Mm", "Bmm", "Linear", "MkldnnConvolution", "Convolution"), _LINEAR),
    **dict.fromkeys(("Mean", "AdaptiveAvgPool2D", "AvgPool2D", "AdaptiveMaxPool2D"), _POOLING),
    **dict.fromkeys(("NativeLayerNorm", "NativeBatchNorm", "NativeGroupNorm"), _NORM),
    **dict.fromkeys(("Relu", "Gelu", "Hardswish", "Silu", "Hardtanh"), _RECTIFIER),
}
#: Nodes that only arrange or resample numbers: what was before them counts.
_ARRANGING = frozenset(
    (
        *(
            "View",
            "UnsafeView",
            "ReshapeAlias",
            "Squeeze",
            "Unsqueeze",
            "Select",
            "Slice",
            "Permute",
        ),
        *("Transpose", "T", "Clone", "Alias", "ToCopy", "Expand", "NativeDropout"),
        *("UpsampleBilinear2D", "UpsampleNearest2D", "UpsampleBicubic2D"),
    )
)
_MODULES: tuple[tuple[type[nn.Module], str], ...] = (
    (nn.Softmax, _SOFTMAX),
    (nn.Softmax2d, _SOFTMAX),
    (nn.LogSoftmax, _LOG_SOFTMAX),
    (nn.Sigmoid, _SIGMOID),
    (nn.Linear, _LINEAR),
    (nn.Conv2d, _LINEAR),
)


@dataclass(frozen=True)
class OutputEvidence:
    """What the trial passes showed of a network's answer."""

    #: Where the answer lies in what the network returns.
    path: Path = ()
    #: The names beside it in the same mapping, its own among them.
    names: tuple[str, ...] = ()
    #: The last step that computed it: softmax, sigmoid, linear layer ...; "" for any other.
    last_step: str = ""
    #: Whether all finite values lie in [0, 1].
    is_bounded: bool = False
    #: Whether the channels of each picture and place are positive and add up to 1.
    adds_up: bool = False
    #: Whether their exponentials do.
    is_log: bool = False
    #: Whether the channels of each picture and place have the length 1.
    has_unit_length: bool = False
    #: Whether its places are those of the picture.
    is_map: bool = False


def gather_evidence(
    results: Iterable[Any],
    path: Path,
    layout: ChannelLayout,
    node: Any,
    modules: Iterable[nn.Module] = (),
) -> OutputEvidence:
    """Gather what the results of trial passes show of the answer.

    Args:
        results: What the network returned for single pictures.
        path: Where the answer lies in each.
        layout: How the answer is arranged.
        node: The node of the graph that computed it; None without a graph.
        modules: The modules that returned just this tensor.

    Returns:
        The evidence.
    """
    results = list(results)
    answers = [value for value in (tensor_at(each, path) for each in results) if value is not None]
    names = _names_beside(results[0], path) if results else ()
    same = [value.detach() for value in answers if value.shape == answers[0].shape]
    arranged = [] if BOXES in names else [layout.arrange(as_shown(value)) for value in same]
    values = [value.double() for value in arranged if value.numel()]
    return OutputEvidence(
        path,
        names,
        name_last_step(node) or _step_of(modules),
        **_measure(values),
        is_map=layout.kind in ("maps", "last") or layout.grid is not None,
    )


def name_last_step(node: Any) -> str:
    """Return the step that computed a value, behind what only arranges or resamples numbers.

    Args:
        node: The value's node in the graph; None without one.

    Returns:
        softmax, log-softmax, sigmoid, linear layer, pooling, normalization, rectifier; "": other.
    """
    while node is not None:
        name = re.sub(r"Backward\d*$", "", type(node).__name__)
        if name not in _ARRANGING:
            return _STEPS.get(name, "")
        node = node.next_functions[0][0] if node.next_functions else None
    return ""


def _step_of(modules: Iterable[nn.Module]) -> str:
    steps = (step for part in modules for kind, step in _MODULES if isinstance(part, kind))
    return next(steps, "")


def _names_beside(result: Any, path: Path) -> tuple[str, ...]:
    parents = [other for other, _ in iter_tensors(result) if other[:-1] == path[:-1] and other]
    return tuple(other[-1] for other in parents)


def _measure(values: Sequence[Tensor]) -> dict[str, bool]:
    """Return what holds of all values (1, C, H, W) of all pictures."""
    if not values or not any(bool(value.isfinite().any()) for value in values):
        return {}
    x = torch.cat([value.movedim(1, -1).flatten(0, -2) for value in values])  # (rows, C)
    finite = x[x.isfinite()]
    sums, is_vector = x.sum(1), x.shape[1] > 1
    return {
        "is_bounded": bool(((finite >= -1e-6) & (finite <= 1 + 1e-6)).all()),
        "adds_up": is_vector and bool((x >= -1e-6).all()) and _are_one(sums),
        "is_log": is_vector and bool((x <= 1e-6).all()) and _are_one(x.exp().sum(1)),
        "has_unit_length": is_vector and _are_one(x.square().sum(1).sqrt()),
    }


def _are_one(numbers: Tensor) -> bool:
    return bool(((numbers - 1).abs() < TOLERANCE).all())


def decide_meaning(
    evidence: OutputEvidence, shape: tuple[int, int, int], card: Card
) -> OutputMeaning:
    """Decide what a network's answer means, and say why.

    Args:
        evidence: What the trial passes showed.
        shape: Shape (C, H, W) of the answer.
        card: The network's card: its labels, and the size of its pictures.

    Returns:
        The meaning, with the reason.
    """
    if BOXES in evidence.names:
        return OutputMeaning("boxes", f"it returns {', '.join(evidence.names)}")
    if shape[1] * shape[2] > 1:
        return _meaning_of_map(evidence, shape, card)
    return _meaning_of_vector(evidence, shape[0], len(card.labels))


def _meaning_of_map(
    evidence: OutputEvidence, shape: tuple[int, int, int], card: Card
) -> OutputMeaning:
    channels, height, width = shape
    if not evidence.is_map:
        return OutputMeaning("values", "its places are not known")
    stride = card.size[0] / height, card.size[1] / width
    is_fine = max(stride) <= MAX_CLASS_STRIDE and abs(stride[0] - stride[1]) < 0.5
    if channels < 2 or not is_fine:
        return OutputMeaning("map", f"it has {channels} channel{'s' * (channels > 1)} of values")
    if channels == len(card.labels):
        return OutputMeaning("segmentation", "it has a channel for each label")
    if evidence.last_step in (_SOFTMAX, _LOG_SOFTMAX) or evidence.adds_up or evidence.is_log:
        return OutputMeaning("segmentation", "its channels add up to 1 at each place")
    if channels == card.channels:
        return OutputMeaning("map", "it has the channels of a picture")
    if channels > MAX_CLASSES or evidence.last_step in (_NORM, _RECTIFIER):
        return OutputMeaning("map", "its channels look like features, not like classes")
    return OutputMeaning("segmentation", f"it has {channels} channels at the picture's places")


def _meaning_of_vector(evidence: OutputEvidence, width: int, labels: int) -> OutputMeaning:
    """Return the first meaning whose condition holds, the surest first."""
    last, name = evidence.last_step, evidence.path[-1].lower() if evidence.path else ""
    is_labeled, is_single = labels == width, width == 1
    is_called_so = any(word in name for word in EMBEDDING_NAMES)
    is_wide = width >= MIN_POOLED_WIDTH and width != IMAGENET_CLASSES
    is_scored = evidence.is_bounded and last not in (_LINEAR, _RECTIFIER) and not is_single
    cases: tuple[tuple[bool, OutputKind, str], ...] = (
        (
            last == _SOFTMAX and evidence.adds_up,
            "probabilities",
            "the network ends in a softmax",
        ),
        (last == _SIGMOID, "sigmoids", "the network ends in a sigmoid"),
        (evidence.adds_up, "probabilities", "they add up to 1 on the trial pictures"),
        (evidence.is_log, "logits", "they are logarithms of probabilities"),
        (is_labeled and is_scored, "sigmoids", "they lie from 0 to 1 on the trial pictures"),
        (is_labeled, "logits", "there is one for each label"),
        (is_called_so, "embedding", f"the network calls them '{name}'"),
        (evidence.has_unit_length, "embedding", "they have length 1 on the trial pictures"),
        (last in (_NORM, _RECTIFIER), "embedding", f"the network ends in a {last}"),
        (last == _POOLING and is_wide, "embedding", "the network ends in pooling"),
        (is_scored, "sigmoids", "they lie from 0 to 1 on the trial pictures"),
        (is_single, "values", "it is a single number"),
        (bool(last), "logits", f"the network ends in a {last}"),
    )
    found = (OutputMeaning(kind, reason) for holds, kind, reason in cases if holds)
    return next(found, OutputMeaning("logits", "nothing says otherwise"))


#: Kinds of layers whose values are those of the layer before, or of the last one inside.
PASSING_KINDS = ("Dropout", "Dropout2d", "Flatten", "Identity", "Sequential")
#: Kinds behind the last weights that leave logits logits.
LINEAR_KINDS = ("Dropout", "Flatten", "Identity", "AdaptiveAvgPool2d", "AvgPool2d")


def find_class_layers(layers: Sequence[LayerInfo], meaning: OutputMeaning) -> tuple[str, str]:
    """Return where the classes' logits are, and the last layer before they are computed.

    Args:
        layers: The rows of the layer table, ``output`` last.
        meaning: What the output means.

    Returns:
        (logits, penultimate): the layer of the logits, "" where they are the output itself or not
        known; the layer that the last weights read, "" where it is not known or the output names
        no classes.
    """
    if meaning.kind not in ("logits", "probabilities", "sigmoids"):
        return "", ""
    rows = [row for row in layers if not row.part_of]
    output = rows.pop()
    heads = {
        name[:k] for name in (row.name for row in rows) for k, c in enumerate(name) if c == "."
    }
    leaves = [row for row in rows if row.name not in heads]
    of_classes = [row for row in leaves if row.shape[0] == output.shape[0]]
    weighted = [row for row in of_classes if row.parameters]
    if not weighted:
        return "", ""
    head = weighted[-1]
    linear = (head, *(row for row in of_classes if row.kind in LINEAR_KINDS))
    logits = max(linear, key=rows.index).name if meaning.kind != "logits" else ""
    earlier = reversed(rows[: rows.index(head)])
    return logits, next((row.name for row in earlier if row.kind not in PASSING_KINDS), "")
