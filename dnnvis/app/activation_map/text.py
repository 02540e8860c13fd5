"""Texts about the activation map."""

import math
from collections.abc import Sequence

from dnnvis.core.activation_map import FramePosition, MapData
from dnnvis.core.formatting import format_value
from dnnvis.core.messages import Failure, SecondLive
from dnnvis.core.translation.catalog import tr
from dnnvis.session.map_state import MapChoice

READING = "Reading the map ..."
NO_FRAME = (
    "Waiting for a first picture: the map is read with it. Choose what to look at in the Source "
    "menu."
)
POSITION_PENDING = "Waiting for a frame: its place on the map becomes a cross."
NO_EXAMPLES_THERE = "where no example lives: the estimate means nothing"
SEED_NOTE = "different seeds"  # the note that contains this is shortened
CONTROLS_HELP = (
    "Drag: move. Wheel, + and −: closer and back. Double click or 0: all of it. Click a dot, or "
    "drag with Shift: pick. Esc: pick none."
)
PART_LABELS = {"all": "all examples", "train": "train", "test": "test"}
COLORING_LABELS = {
    "class": "by class",
    "predicted": "by predicted class",
    "error": "by true error",
    "expected": "by expected error",
}
KIND_LABELS = {"2d": "estimate: 2-d", "rich": "estimate: richer"}
SHORT_KIND_LABELS = {"2d": "2-d", "rich": "richer"}
ALARM_LABELS = {**SHORT_KIND_LABELS, "1-max": "1 − max probability"}
PROJECTION_LABELS = {"map": "InfoVAE", "pca": "PCA", "umap": "UMAP"}


def no_map_reason(received: MapData | Failure | None, has_frame: bool = True) -> str:
    """Return the message shown where there is no map.

    Args:
        received: What arrived in place of a map; None before anything did.
        has_frame: Whether a frame has arrived.

    Returns:
        One sentence.
    """
    if isinstance(received, Failure):
        return received.sentence
    if received is None:
        return tr(READING if has_frame else NO_FRAME)
    return received.message or tr("This map holds no examples.")


def format_log_error(log_e: float) -> str:
    """Format the log10 of an error, with a true minus sign."""
    return (
        tr("not known")
        if not math.isfinite(log_e)
        else format_value(log_e, ".1f").replace("-", "−")
    )


def class_name(map_data: MapData, number: int, labels: Sequence[str] = ()) -> str:
    """Return the name of a class, in quotes; a dash for none.

    Args:
        map_data: The map with its class names.
        number: Index of the class; negative for none.
        labels: The network's class names, for a map without names.

    Returns:
        The name or "class 3".
    """
    if number < 0:
        return "–"
    names = map_data.classes or labels
    return f"“{names[number]}”" if number < len(names) else tr("class {number}", number=number)


def describe_crosses(network: str, second: SecondLive) -> str:
    """Describe which cross is whose, or why a second network has none.

    Args:
        network: Name of the first network, whose map it is.
        second: What the second did with the frame.
    """
    position = second.position
    if second.problem:
        return second.problem
    if position is None:
        return ""
    if not len(position.z):
        return tr("No second cross. {reason}", reason=position.message)
    crosses = tr(
        "White cross +: {first}; green cross ×: {second}, as if its units were those of {first}",
        first=network,
        second=second.name,
    )
    return f"{crosses}. {position.message}".strip() if position.message else crosses


def describe_frame_position(
    map_data: MapData | None,
    position: FramePosition | Failure | None,
    choice: MapChoice,
    labels: Sequence[str] = (),
) -> str:
    """Describe what is expected of the present frame by each estimate.

    Also states whether that is an alarm, and which class the network predicts.

    Args:
        map_data: The map; None while there is none.
        position: The frame's position, or why it is not known.
        choice: What the user chose on the map.
        labels: The network's class names, for a map without names.

    Returns:
        One line; "" without a map.
    """
    if isinstance(position, Failure):
        return position.sentence
    if map_data is None or position is None:
        return tr(POSITION_PENDING) if map_data is not None else ""
    if not len(position.z):
        return position.message or tr(POSITION_PENDING)
    parts = [_describe_expected(map_data, position, choice)]
    if position.empty:
        parts.append(tr(NO_EXAMPLES_THERE))
    exceeded = [
        tr(ALARM_LABELS.get(name, name)) for name, above in position.alarms.items() if above
    ]
    if exceeded:
        parts.append(
            tr("above the 5 % false-alarm line ({exceeded})", exceeded=", ".join(exceeded))
        )
    if position.predicted >= 0:
        parts.append(
            tr(
                "taken for {class_name}",
                class_name=class_name(map_data, position.predicted, labels),
            )
        )
    parts += [tr("1 − max probability {doubt:.3f}", doubt=position.doubt), position.message]
    return " · ".join(part for part in parts if part)


def _describe_expected(map_data: MapData, position: FramePosition, choice: MapChoice) -> str:
    """Describe both estimates side by side, with what each colors on the map."""
    field = choice.field and map_data.projection == "map"
    estimates = []
    for name, short in SHORT_KIND_LABELS.items():
        values = position.expected.get(name)
        if values is not None and len(values):
            dots = choice.colour == "expected" and choice.kind == name
            marks = [tr("field")] * (field and name == "2d") + [tr("dots")] * dots
            mark = f": {tr(' and ').join(marks)}" if marks else ""
            estimates.append(f"{format_log_error(float(values[-1]))} ({tr(short)}{mark})")
    return (
        tr("expected log₁₀ error {estimates}", estimates=", ".join(estimates))
        if estimates
        else tr("no estimate of the error")
    )


def dot(map_data: MapData, row: int, kind: str, labels: Sequence[str] = ()) -> str:
    """Describe one example: its class, the predicted one, errors, number and step.

    Args:
        map_data: The map.
        row: Row of the example.
        kind: Estimator of the expected error: "2d" or "rich".
        labels: The network's class names, for a map without names.

    Returns:
        One line.
    """
    label, guess = int(map_data.labels[row]), int(map_data.predicted[row])
    parts = [
        tr("example {number:,}", number=int(map_data.shown[row]))
        + (tr(" (test)") if map_data.test[row] else "")
    ]
    if map_data.rows_each > 1:
        parts.append(
            tr(
                "step {step} of 0 to {last}",
                step=int(map_data.step[row]),
                last=map_data.rows_each - 1,
            )
        )
    parts.append(class_name(map_data, label, labels) if label >= 0 else tr("no class"))
    if guess >= 0:
        wrong = label >= 0 and guess != label
        predicted_text = tr(
            "taken for {class_name}", class_name=class_name(map_data, guess, labels)
        )
        parts.append(predicted_text if wrong or label < 0 else tr("right"))
    parts.append(tr("log₁₀ error {log_e}", log_e=format_log_error(float(map_data.log_e[row]))))
    if kind in map_data.expected:
        expected = format_log_error(float(map_data.expected[kind][row]))
        parts.append(
            tr("expected {expected} ({kind})", expected=expected, kind=tr(SHORT_KIND_LABELS[kind]))
        )
    return " · ".join(parts)


def describe_selection(rows: tuple[int, ...], lassoed: int = 0) -> str:
    """Describe how many examples are picked, of how many ``lassoed`` where that is more."""
    if not rows:
        return ""
    if len(rows) == 1:
        return tr("1 example picked (Esc: none)")
    if lassoed > len(rows):
        return tr(
            "{count:,} of the {lassoed:,} in the lasso are picked (Esc: none)",
            count=len(rows),
            lassoed=lassoed,
        )
    return tr("{count:,} picked (Esc: none)", count=len(rows))


def playing(plays: int, rows: int) -> str:
    """Describe how many pictures of those picked run, where that is not all of them."""
    return (
        tr("{plays:,} of {rows:,} play, taken evenly", plays=plays, rows=rows)
        if plays < rows
        else ""
    )


def missing_pictures(path: str) -> str:
    """Describe why pictures that were picked do not run, and what to do."""
    if not path:
        return tr("they do not run: their pictures were not kept")
    return tr(
        "they do not run: their pictures are not in {path} (Pictures ... under Examples)", path=path
    )


def about(map_data: MapData) -> str:
    """Describe the whole map in one line: its seed, how many examples, what is missing."""
    each = (
        tr(", {rows_each} steps each", rows_each=map_data.rows_each)
        if map_data.rows_each > 1
        else ""
    )
    count = len(map_data.z) // max(map_data.rows_each, 1)
    parts = [_seed(map_data), tr("{count:,} examples{each}", count=count, each=each)]
    test_count = int(map_data.test.sum()) // max(map_data.rows_each, 1)
    if test_count:
        parts.append(tr("{test_count:,} of them for testing", test_count=test_count))
    notes = " ".join(note for note in _distinct_notes(map_data) if SEED_NOTE not in note)
    return " · ".join(part for part in (*parts, map_data.message, notes) if part)


def _distinct_notes(map_data: MapData) -> tuple[str, ...]:
    """Return the notes without those that the message says already."""
    return tuple(note for note in map_data.notes if note not in map_data.message)


def _seed(map_data: MapData) -> str:
    map_recipe = map_data.recipe.get("map")
    seed = map_recipe.get("seed") if isinstance(map_recipe, dict) else None
    return "" if seed is None else tr("seed {seed} · another seed gives another map", seed=seed)


def tip(map_data: MapData) -> str:
    """Return all notes of a map, one below the other, and what mouse and keys do."""
    notes = dict.fromkeys((map_data.message, *_distinct_notes(map_data), tr(CONTROLS_HELP)))
    return "\n".join(note for note in notes if note)
