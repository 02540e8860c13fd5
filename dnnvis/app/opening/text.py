"""Texts of the dialog of a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dnnvis.core.address import is_address, mask_address
from dnnvis.core.formatting import format_number, format_value
from dnnvis.core.messages import InputPreview, WeightDifference, WeightsPart
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.recent import describe_options, name_weights
from dnnvis.session.state import SourceChoice

HELP = (
    "A bundled or torchvision name, file.py:factory, package.module:factory, a checkpoint or an "
    "ONNX file. Your own Python file runs only after you agreed."
)
NO_NAME = "Type the name of a network, or choose a file, first."
NO_PICTURE = "The picture appears here as soon as the source shows one."
OPENING = "Opening {name} ..."
#: What weights that differ have in common, by whether file and network have them.
GROUPS = {
    (False, True): "missing in the file",
    (True, False): "not in the network",
    (True, True): "of another shape",
}


def group_differences(
    rows: Sequence[WeightDifference],
) -> dict[str, tuple[WeightDifference, ...]]:
    """Return the rows of each kind of difference, by its title; kinds without any are left out."""
    groups: dict[str, list[WeightDifference]] = {title: [] for title in GROUPS.values()}
    for row in rows:
        in_network = bool(row.in_network) or not row.in_file
        groups[GROUPS[bool(row.in_file), in_network]].append(row)
    return {title: tuple(group) for title, group in groups.items() if group}


def summarize_differences(choice: NetworkChoice, rows: Sequence[WeightDifference]) -> str:
    """Return one sentence that counts the differences of a file and a network."""
    file = Path(choice.checkpoint or choice.net).name
    network = Path(choice.net).name if choice.checkpoint else tr("the network")
    counts = [
        f"{format_value(len(group), ',')} {tr(title)}"
        for title, group in group_differences(rows).items()
    ]
    return tr(
        "The weights in {file} do not fit {network}: {counts}.",
        file=file,
        network=network,
        counts=", ".join(counts),
    )


def describe_part(part: WeightsPart) -> str:
    """Describe a set of weights in a file: ``model.teacher: 24 weights, 1,200,000 values``."""
    name = part.name or tr("its top")
    return tr(
        "{name}: {tensors:,} weights, {values:,} values",
        name=name,
        tensors=part.tensors,
        values=part.values,
    )


def describe_ranges(preview: InputPreview) -> str:
    """Describe size and range of what a network gets, a line for each channel."""
    height, width = preview.pixels.shape[:2]
    rows = [tr("{width} x {height} pixels; the values that go in:", width=width, height=height)]
    for name, (low, middle, high) in zip(preview.channels, preview.ranges, strict=False):
        low_text, high_text = format_number(low), format_number(high)
        rows.append(
            tr(
                "{name}: {low_text} to {high_text}, mean {middle}",
                name=name,
                low_text=low_text,
                high_text=high_text,
                middle=format_number(middle),
            )
        )
    return "\n".join(rows)


def describe_choice(choice: NetworkChoice) -> str:
    """Return a network's name and options for a menu."""
    name, options = name_weights(choice), describe_options(choice)
    return f"{name}  ({options})" if options else name


def as_text(name: str, value: Any) -> str:
    """Return the value of an option as it is typed; "" where the network decides.

    Args:
        name: The field of ``NetworkChoice``.
        value: Its value; names of classes have no text.
    """
    if value is None or (name == "labels" and isinstance(value, tuple)):
        return ""
    if isinstance(value, tuple):
        return ("x" if name == "size" else ", ").join(f"{number:g}" for number in value)
    return str(value)


def describe_recent_source(source: SourceChoice | str) -> str:
    """Return a source's path and what of its settings is unusual, for a menu."""
    if isinstance(source, str):
        return mask_address(source) if is_address(source) else source
    usual = SourceChoice()
    options = [tr("mirrored")] if source.mirror else []
    options += [] if source.loop else [tr("once")]
    options += [f"{source.rule}"] if source.kind == "life" and source.rule else []
    options += [tr("at most {cap:g}/s", cap=source.cap)] if source.cap != usual.cap else []
    path = mask_address(source.path) if is_address(source.path) else source.path
    return f"{path}  ({', '.join(options)})" if options else path
