"""Say what a network's answer is, without any Qt."""

import html

from dnnvis.app.widgets.messages import format_shape, get_class_name
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Ranking
from dnnvis.core.messages import Live, NetworkInfo, OutputKind, OutputMeaning
from dnnvis.core.unit import Unit
from dnnvis.imaging.answers import MAX_BOXES, MIN_SCORE

CLASS_KINDS: tuple[OutputKind, ...] = ("logits", "probabilities", "sigmoids")
MAX_VALUES = 6  # that are written out

MEANING_NAMES: dict[OutputKind, str] = {
    "logits": "logits",
    "probabilities": "probabilities",
    "sigmoids": "sigmoids",
    "embedding": "an embedding",
    "map": "a map",
    "segmentation": "a map of classes",
    "boxes": "boxes",
    "values": "values",
}
_NUMBERS: dict[OutputKind, str] = {
    "logits": "softmax of logits",
    "probabilities": "probabilities (they add up to 1)",
    "sigmoids": "sigmoids, each from 0 to 1 by itself",
    "segmentation": "share of the picture",
}


def describe_numbers(meaning: OutputMeaning) -> str:
    """Describe what the numbers beside the classes are, and why they are taken for that."""
    numbers = _NUMBERS.get(meaning.kind, "")
    if not numbers or not meaning.reason:
        return numbers
    return f"{numbers}: {meaning.reason}"


def explain_no_classes(meaning: OutputMeaning, info: NetworkInfo | None, live: Live | None) -> str:
    """Return what the answer is where it names no classes; "" where it does.

    Args:
        meaning: What the answer is taken for.
        info: The network that runs; None without one.
        live: The frame on show; None before one arrived.

    Returns:
        One sentence, or "".
    """
    output = info.layer("output") if info is not None else None
    is_vector = output is None or output.shape[1] * output.shape[2] == 1
    shape = "" if output is None else format_shape(output)
    kind, reason = meaning.kind, f" because {meaning.reason}" if meaning.reason else ""
    if kind == "boxes":
        return _describe_boxes(info, live)
    if kind == "segmentation" and (live is None or live.classes is not None):
        return ""
    if kind in CLASS_KINDS and is_vector:
        return ""
    if kind == "embedding":
        return (
            f"The answer is taken for an embedding of {shape} numbers{reason}; it names no classes."
        )
    if kind == "values" and live is not None and live.output.size <= MAX_VALUES:
        numbers = ", ".join(f"{value:.4g}" for value in live.output)
        return f"The answer is {numbers}{reason and f', taken for plain values{reason}'}."
    if is_vector:
        return (
            f"The answer is taken for {MEANING_NAMES[kind]}, {shape}{reason}: see the layer output."
        )
    return f"The answer is a picture, {shape}, not classes: see the layer output."


def _describe_boxes(info: NetworkInfo | None, live: Live | None) -> str:
    found = live.detections if live is not None else None
    if found is None:
        return "The answer is boxes, but this frame's cannot be read: see the layer output."
    scores = found.scores
    drawn = min(int((scores >= MIN_SCORE).sum()), MAX_BOXES)
    best = ""
    if len(scores):
        k = int(scores.argmax())
        name = get_class_name(info, int(found.labels[k])) if info else f"class {found.labels[k]}"
        best = f"; the greatest is {scores[k]:.2f}, {name}"
    return (
        f"The answer is {len(scores)} boxes; {drawn} with a score of {MIN_SCORE:g} or more are "
        f"drawn over the input{best}."
    )


MAX_REASONS = 4  # units that are named; more do not fit into two lines
POINT_AT_CLASS = "Point at a class: the units that speak for it in this frame stand here."
REASONS_TIP = (
    "What each unit of the layer before the classes adds to the class's logit in this frame: "
    "activation x gradient, summed over its map (channel attribution). A click selects the unit."
)


def describe_reasons(info: NetworkInfo, ranking: Ranking | None, k: int) -> str:
    """Return as rich text which units speak for a class, each a link to its own text.

    Args:
        info: The network that runs.
        ranking: What the lens attribution gave last; None before it gave anything.
        k: The class.

    Returns:
        ``zebra, because of fire9: 459 +3.34, 68 +3.21 ...``; "" before it is known.
    """
    if ranking is None or ranking.unit != str(Unit(info.logits or "output", k)):
        return ""
    parts = [
        f'<a href="{html.escape(name)}">{Unit.parse(name, info.names).channel}</a>'
        f"&nbsp;+{format_number(float(value))}"
        for name, value in zip(ranking.names, ranking.values, strict=True)
        if value > 0
    ][:MAX_REASONS]
    name, layer = (
        html.escape(get_class_name(info, k)),
        html.escape(info.label_layer(info.penultimate)),
    )
    if not parts:
        return f"No unit of {layer} speaks for {name} in this frame."
    return f"<b>{name}</b>, because of {layer}: {', '.join(parts)}"
