"""Say what a network's answer is, without any Qt."""

import html

from dnnvis.app.widgets.messages import format_shape, get_class_name
from dnnvis.core.formatting import format_number, join_values
from dnnvis.core.lens_results import Ranking
from dnnvis.core.messages import Live, NetworkInfo, OutputKind, OutputMeaning
from dnnvis.core.translation.catalog import tr
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
    numbers = tr(_NUMBERS.get(meaning.kind, ""))
    if not numbers or not meaning.reason:
        return numbers
    return f"{numbers}: {tr(meaning.reason)}"


def describe_changes(compared: Live, live: Live) -> str:
    """Describe what the second bar and number of each class are, while edits are on.

    Args:
        compared: The last frame that ran without the edits, too.
        live: The frame on show.
    """
    if compared.edits != live.edits:
        return tr("thin bars: an edit ago")
    if compared.frame is live.frame:
        return tr("thin bars: without the edits")
    seconds = max(0.0, live.frame.born - compared.frame.born)
    return tr("thin bars: without the edits, {seconds:.1f} s ago", seconds=seconds)


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
    kind, reason = (
        meaning.kind,
        tr(" because {reason}", reason=tr(meaning.reason)) if meaning.reason else "",
    )
    if kind == "boxes":
        return _describe_boxes(info, live)
    if kind == "segmentation" and (live is None or live.classes is not None):
        return ""
    if kind in CLASS_KINDS and is_vector:
        return ""
    if kind == "embedding":
        return tr(
            "The answer is taken for an embedding of {shape} numbers{reason}; it names no classes.",
            shape=shape,
            reason=reason,
        )
    if kind == "values" and live is not None and live.output.size <= MAX_VALUES:
        numbers = join_values(live.output, ".4g")
        return tr(
            "The answer is {numbers}{why}.",
            numbers=numbers,
            why=reason and tr(", taken for plain values{reason}", reason=reason),
        )
    if is_vector:
        return tr(
            "The answer is taken for {meaning}, {shape}{reason}: see the layer output.",
            meaning=tr(MEANING_NAMES[kind]),
            shape=shape,
            reason=reason,
        )
    return tr("The answer is a picture, {shape}, not classes: see the layer output.", shape=shape)


def _describe_boxes(info: NetworkInfo | None, live: Live | None) -> str:
    found = live.detections if live is not None else None
    if found is None:
        return tr("The answer is boxes, but this frame's cannot be read: see the layer output.")
    scores = found.scores
    drawn = min(int((scores >= MIN_SCORE).sum()), MAX_BOXES)
    best = ""
    if len(scores):
        k = int(scores.argmax())
        name = (
            get_class_name(info, int(found.labels[k]))
            if info
            else tr("class {number}", number=found.labels[k])
        )
        best = tr("; the greatest is {score:.2f}, {name}", score=scores[k], name=name)
    return tr(
        "The answer is {count} boxes; {drawn} with a score of {min_score:g} or more are drawn "
        "over the input{best}.",
        count=len(scores),
        drawn=drawn,
        min_score=MIN_SCORE,
        best=best,
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
        f'<a href="{html.escape(name)}">{Unit.parse(name, info.names).channel}</a>&nbsp;'
        f"+{format_number(float(value))}"
        for name, value in zip(ranking.names, ranking.values, strict=True)
        if value > 0
    ][:MAX_REASONS]
    name, layer = (
        html.escape(get_class_name(info, k)),
        html.escape(info.label_layer(info.penultimate)),
    )
    if not parts:
        return tr("No unit of {layer} speaks for {name} in this frame.", layer=layer, name=name)
    return tr(
        "<b>{name}</b>, because of {layer}: {parts}", name=name, layer=layer, parts=", ".join(parts)
    )
