"""Texts shown where there is nothing to see, and under what there is, without Qt."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.formatting import format_number, format_value
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import Patterns, Picture
from dnnvis.core.messages import Failure, LayerInfo, Live, NetworkInfo
from dnnvis.core.receptive_field import per_axis
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.state import PanelLens, State
from dnnvis.session.steps import has_states, step_of, steps_of

NO_NETWORK = "No network runs. Choose one in the Network menu, or drop a checkpoint here."
OPENING = "Opening {name} ..."
NO_FRAME = "No picture has arrived yet. Choose a camera, film or folder in the Source menu."
NO_UNIT = "No unit is selected. Click one in the mosaic, or a class among the predictions."
NO_PICTURE = "Working on the first picture of {unit} ..."
NO_OUTPUT = "No output yet: the predictions appear with the first frame."
NOT_RECORDED = "'{layer}' was not recorded with this frame; it appears with the next one."
NO_PROBLEMS = "Nothing has gone wrong so far. Failures would be listed here, with details to copy."
#: What each lens is called as a title.
LENS_TITLES: dict[PanelLens, str] = {
    "deconvnet": "Deconvnet",
    "guided": "Guided backprop",
    "gradient": "Gradient",
    "layercam": "LayerCAM",
    "inversion": "Inversion",
    "occlusion": "Occlusion",
    "integrated": "Integrated gradients",
}
ZERO_GRADIENT = (
    "The gradient is exactly zero here: nothing in this frame moves {unit}. "
    "It may not fire on this picture; try another picture or another unit."
)

ZERO_GRADIENT_EDITED = (
    "The gradient is exactly zero here: nothing in this frame moves {unit} while these edits are "
    "on: {edits}."
)


def describe_frame(frame: Frame) -> str:
    """Describe a frame by its file or its source, and its number where that tells more."""
    name = frame.source
    return (
        name
        if frame.index is None and "." in name
        else tr("{name}, frame {number}", name=name, number=frame.number)
    )


def explain_no_network(net: str, failure: Failure | None) -> str:
    """Return why no network runs: it opens still, or it could not be opened.

    Args:
        net: Name or path of the network.
        failure: Why it could not be opened; None while it opens.
    """
    if failure is None:
        return tr(OPENING, name=net.replace("\\", "/").rpartition("/")[2])
    return f"{failure.sentence}\n\n{tr(NO_NETWORK)}"


def explain_failing_frame(failure: Failure) -> str:
    """Return why there is no picture while frames fail, and that they are tried on."""
    if failure.in_row <= 1:
        return failure.sentence
    times = tr(
        "Failed {count} times in a row; the next frames are tried ever more seldom.",
        count=failure.in_row,
    )
    return f"{failure.sentence}\n\n{times}"


def format_shape(info: LayerInfo) -> str:
    """Format a layer's shape in short: ``96 x 32 x 32``, ``512`` for a vector."""
    return info.shape_text


def describe_hover(unit: Unit, value: float, pixel: tuple[float, float] | None) -> str:
    """Describe what lies under the mouse.

    Args:
        unit: The unit, with its position.
        value: Its activation.
        pixel: (y, x) in the input, in the order of positions; None where it is not known.

    Returns:
        One line.
    """
    text = f"{unit} = {format_number(value)}"
    return (
        text
        if pixel is None
        else f"{text}  px ({format_value(pixel[0], 'g')}, {format_value(pixel[1], 'g')})"
    )


def step_label(info: NetworkInfo | None, layer: str, call: int) -> str:
    """Return which step or call of a layer is on show.

    Args:
        info: The network that runs; None without one.
        layer: Name of the layer.
        call: Which of its calls is on show.

    Returns:
        ``step 2 of 3`` of a layer that is or lies in a hidden state, ``call 2 of 5`` of another one
        that is called more than once; else "".
    """
    layer_info = info.layer(layer) if info is not None else None
    if info is None or layer_info is None:
        return ""
    state = State(layer=layer, call=call)
    steps = steps_of(state, info)
    has_state = any(layer == name or layer.startswith(f"{name}.") for name, _ in steps)
    if has_states(info) and has_state:
        k, last = step_of(state, info), len(steps) - 1
        text = "step {number} of {last}" if k else "step 0 of {last}: the encoder's"
        return tr(text, number=k, last=last)
    if layer_info.calls > 1:
        number = call % layer_info.calls + 1
        return tr("call {number} of {count}", number=number, count=layer_info.calls)
    return ""


def explain_empty_mosaic(info: NetworkInfo | None, layer: str, live: Live | None) -> str:
    """Return why the mosaic is empty; "" where it need not be.

    Args:
        info: The network that runs; None without one.
        layer: Name of the chosen layer; "" without one.
        live: The frame on show; None before one arrived.

    Returns:
        One sentence or "".
    """
    if info is None:
        return ""
    if not layer:
        return tr("No layer is chosen. Click one in the list of layers, or press o.")
    if layer != "output" and info.layer(layer) is None:
        text = "{network} has no layer '{layer}'. Click one in the list of layers."
        return tr(text, network=info.name, layer=layer)
    if live is None:
        return tr(NO_FRAME)
    if layer not in live.maps:
        return tr(NOT_RECORDED, layer=layer)
    return ""


def explain_empty_map(info: NetworkInfo | None, unit: Unit | None, live: Live | None) -> str:
    """Return why the selected unit has no map to show; "" where no network runs.

    Args:
        info: The network that runs; None without one.
        unit: The selected unit; None without one.
        live: The frame on show; None before one arrived.

    Returns:
        One sentence.
    """
    if info is None:
        return ""
    if unit is None:
        return tr(NO_UNIT)
    layer = info.layer(unit.layer)
    if layer is None and unit.layer != "output":
        text = "{network} has no layer '{layer}'. Click a unit in the mosaic."
        return tr(text, network=info.name, layer=unit.layer)
    channels = len(info.labels) if layer is None else layer.shape[0]
    if channels and unit.channel >= channels:
        text = "'{layer}' has {count} units; there is no number {number}."
        return tr(text, layer=unit.layer, count=channels, number=unit.channel)
    if live is None:
        return tr(NO_FRAME)
    return tr(NOT_RECORDED, layer=unit.layer)


def get_class_name(info: NetworkInfo, k: int) -> str:
    """Return the label of class ``k``, or its number where it has none."""
    return info.labels[k] if k < len(info.labels) else tr("class {number}", number=k)


def explain_no_backward(origin: Unit | None, layer: str) -> str:
    """Return why the backward mosaic is empty."""
    if origin is None:
        return tr(NO_UNIT)
    if origin.layer == layer:
        return tr(
            "{unit} lies in this layer, and nothing is sent back within one. Go to an earlier "
            "layer (u), or press a for activations.",
            unit=origin,
        )
    text = "Waiting for the backward pass from {unit} to '{layer}'. Press a for activations."
    return tr(text, unit=origin, layer=layer)


def describe_silent_units(count: int, total: int) -> str:
    """Describe how many units of the layer have not fired in this run."""
    if count == 0:
        return tr("all {total} units have fired in this run", total=total)
    if count == total:
        return tr("none of the {total} units has fired in this run", total=total)
    text = "{count} of {total} units (dimmed) have not fired in this run"
    return tr(text, count=count, total=total)


def describe_patterns(patterns: Patterns | Failure | None, stored: Patterns | None) -> str:
    """Describe the tiles of pattern mode; ``stored`` belongs to the layer on show."""
    if isinstance(patterns, Failure):
        return patterns.sentence
    if stored is None:
        return tr("reading the kept pictures of this layer ...")
    if not stored.thumbs:
        return tr(
            "no pictures kept for this layer yet: g grows one, the Synthesis panel's menu "
            "renders the layer · edges: present maximum"
        )
    about = stored.message.rstrip(".")
    parts = (tr("kept pictures of what each unit wants"), about, tr("edges: present maximum"))
    return " · ".join(part for part in parts if part)


def describe_nonfinite(count: int) -> str:
    """Describe how many values are drawn in magenta because they are no numbers."""
    return tr("{count} values are not finite (magenta)", count=count) if count else ""


def describe_receptive_field(
    info: LayerInfo | None, position: tuple[int, int] | None, at_max: bool
) -> str:
    """Describe the rectangle on the input.

    Args:
        info: The layer; None without one.
        position: (y, x) in the unit's map; None for no position.
        at_max: Whether it is where the map is greatest.

    Returns:
        One line; "" without a layer.
    """
    if info is None:
        return ""
    if info.field is None:
        return tr("{layer} sees the whole input", layer=info.name)
    height, width = per_axis(info.field).size
    parts = [tr("receptive field {height} × {width}", height=height, width=width)]
    parts += [] if position is None else [tr("at {y},{x}", y=position[0], x=position[1])]
    parts += [tr("(where the map is greatest)")] if at_max else []
    return " ".join(parts)


def describe_overlay(mode: str) -> str:
    """Describe what the blend over the input shows."""
    return {
        "active": tr("photo where the unit is active"),
        "inactive": tr("photo where the unit is inactive"),
    }.get(mode, "")


def describe_origin(picture: Picture) -> str:
    """Describe what a picture belongs to: ``conv3[17] · frame 142 · net2-cifar10``."""
    frame = tr("frame {number}", number=picture.frame) if picture.frame >= 0 else ""
    return " · ".join(part for part in (picture.unit, frame, picture.network) if part)


def explain_stale(
    picture: Picture, unit: Unit | None, frame: int | None, network: str | None
) -> str:
    """Return why a picture no longer belongs to what is shown; "" where it does.

    A picture without a frame number belongs to any frame.

    Args:
        picture: The picture on show.
        unit: The present origin.
        frame: Number of the frame on show.
        network: Name of the network that runs.

    Returns:
        A few words or "".
    """
    if picture.network and network and picture.network != network:
        text = "made with {previous}, now {network} runs"
        return tr(text, previous=picture.network, network=network)
    if picture.unit and picture.unit != str(unit or ""):
        return tr("of {unit}, no longer the selected unit", unit=picture.unit)
    if picture.frame >= 0 and frame is not None and picture.frame != frame:
        return tr("of frame {previous}, now {number}", previous=picture.frame, number=frame)
    return ""


def format_fraction(value: float) -> str:
    """Format the value of a class, three digits: 0.250, or NaN, inf, -inf."""
    return "NaN" if math.isnan(value) else format_value(value, ".3f")


def describe_not_finite(output: NDArray[np.float32]) -> str:
    """Describe for how many classes the output is not finite; "" where all are."""
    total = output.size
    counts = {tr("NaN (not a number)"): np.isnan(output), tr("infinity"): np.isinf(output)}
    parts = tr(" and ").join(
        tr(
            "{name} for {count} of {total} classes",
            name=name,
            count=np.count_nonzero(found),
            total=total,
        )
        for name, found in counts.items()
        if found.any()
    )
    return tr("The network answered {parts}", parts=parts) if parts else ""


def describe_predictions(
    numbers: str, shown: int, total: int, true: str | None, bad: str = ""
) -> str:
    """Return the line under the class bars.

    Args:
        numbers: What the numbers are, in words.
        shown: Number of classes on show.
        total: Number of classes in all.
        true: The true label; None where it is not known.
        bad: What ``describe_not_finite`` returned; comes first.

    Returns:
        The parts joined by " · ".
    """
    parts = [bad, numbers]
    if shown < total:
        parts.append(tr("the first {count} of {total} classes", count=shown, total=total))
    if true is not None:
        parts.append(tr("true label: {name}", name=true))
    return " · ".join(part for part in parts if part)


def describe_trace(count: int) -> str:
    """Describe how many frames the line of the unit's maximum covers."""
    text = "maximum, last {count} frame" if count == 1 else "maximum, last {count} frames"
    return tr(text, count=count)


def build_recipe(picture: Picture) -> dict[str, Any]:
    """Return enough to compute the picture again: its own recipe, and what it belongs to."""
    belongs = {"unit": picture.unit, "frame": picture.frame, "network": picture.network}
    return {**belongs, "caption": picture.caption, **picture.recipe}
