"""The sentences of the Kernels panel."""

from collections.abc import Callable

import numpy as np

from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Kernels, PatchSum
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.weights.summary import WeightMatrix
from dnnvis.session.act_choices import WeightsView

WAITING = "Reading the weights ..."
NO_LAYER = "Choose a layer to see its kernels."
NO_UNIT = "Select a unit to see which units feed it, and which it feeds."
WAITING_FEEDS = "Following the unit's connections ..."
#: What each view is called.
VIEWS: dict[WeightsView, str] = {
    "kernels": "Kernels",
    "matrix": "Hinton",
    "sorted": "Hinton, sorted",
    "feeds": "Feeds now",
    "weights": "Feeds, weights",
}
MAX_LISTED = 6  # dead, silent and duplicate kernels in a line
CLICK_HINT = "Click a place in Where it fires to see the sum behind its value."
PADDING = {
    "zeros": "zeros",
    "reflect": "the mirrored map",
    "replicate": "the map's edge",
    "circular": "the opposite side",
}


def describe_kernels(kernels: Kernels, label: Callable[[str], str]) -> str:
    """Describe in one line what the tiles show.

    Args:
        kernels: The kernels.
        label: Gives the title of a layer by its name.

    Returns:
        The line.
    """
    units, inputs = kernels.weights.shape[:2]
    if kernels.colors:
        tiles = tr("in colors, each scaled by its largest weight, gray = 0")
    elif inputs == 1:
        tiles = tr("each scaled by its largest weight: red +, blue -")
    else:
        tiles = tr("each tile: its strongest input, red +, blue -")
    if len(set(kernels.scales)) > 1:
        tiles += tr("; weights divided by the std of their color")
    of_layer = "" if kernels.convolution == kernels.layer else f"{label(kernels.convolution)}: "
    text = "{units} units" if inputs == 1 else "{units} units of {inputs} inputs"
    count = tr(text, units=units, inputs=inputs)
    return f"{of_layer}{count}, {kernels.geometry} · {tiles}"


def describe_matrix(matrix: WeightMatrix, label: Callable[[str], str]) -> str:
    """Describe in a few lines what a matrix shows, and what stands out in it.

    Args:
        matrix: The matrix.
        label: Gives the title of a layer by its name.

    Returns:
        The lines.
    """
    (units, inputs), summary = matrix.shape, matrix.summary
    of_layer = "" if matrix.owner == matrix.layer else f"{label(matrix.owner)}: "
    count = tr("{units} units of {inputs} inputs", units=units, inputs=inputs)
    cell = tr("area = size, white +, black -; where there is no room, red + and blue -")
    if matrix.kernel:
        size = " x ".join(map(str, matrix.kernel))
        cell += tr("; a cell is a kernel of {size}: its norm, sign of its sum", size=size)
    lines = [f"{of_layer}{count} · {cell}"]
    if len(summary.norms):
        low, median, high = (
            format_number(float(f(summary.norms))) for f in (np.min, np.median, np.max)
        )
        text = "norm of a unit's weights: {low} to {high}, median {median}"
        lines.append(tr(text, low=low, high=high, median=median))
    lines.append(_describe_outliers(matrix))
    lines += matrix.notes
    if summary.limit:
        lines.append(summary.limit)
    return "\n".join(lines)


def name_row(matrix: WeightMatrix, unit: int, info: NetworkInfo | None) -> str:
    """Return what the unit of a row is called: ``fc[3]``, with its class where it is one's."""
    name = f"{matrix.layer if info is None else info.label_layer(matrix.layer)}[{unit}]"
    labels = info.labels if info is not None and matrix.is_output else ()
    return f"{name} ({labels[unit].split(',')[0]})" if unit < len(labels) else name


def name_input(matrix: WeightMatrix, number: int, info: NetworkInfo | None) -> str:
    """Return what an input is called: the unit that feeds it, a color, or its number."""
    if number in matrix.colors:
        return (tr("red"), tr("green"), tr("blue"))[matrix.colors.index(number)]
    if info is None or info.layer(matrix.feeding) is None:
        return tr("input {number}", number=number)
    call = f"#{matrix.feeding_call}" if matrix.feeding_call >= 0 else ""
    return f"{info.label_layer(matrix.feeding)}[{number}]{call}"


def _describe_outliers(matrix: WeightMatrix) -> str:
    """Name dead, silent and duplicate kernels."""
    summary = matrix.summary
    parts = [
        tr("dead (norm below 1e-6 of the median): {units}", units=list_units(summary.dead)),
    ]
    if summary.pictures:
        parts.append(
            tr(
                "never above 0 on {count:,} pictures: {units}",
                count=summary.pictures,
                units=list_units(summary.silent),
            )
        )
    pairs = [f"{a} = {b}" for a, b, _ in summary.duplicates[:MAX_LISTED]]
    more = " ..." if len(summary.duplicates) > MAX_LISTED else ""
    listed = ", ".join(pairs) + more if pairs else tr("none")
    parts.append(tr("duplicates (cosine 0.999 or more): {pairs}", pairs=listed))
    return " · ".join(parts)


def list_units(units: tuple[int, ...]) -> str:
    """List units by number, with their count where they are many."""
    if not units:
        return tr("none")
    listed = ", ".join(map(str, units[:MAX_LISTED]))
    return listed if len(units) <= MAX_LISTED else f"{len(units)} ({listed} ...)"


def describe_unit(unit: int, inputs: int) -> str:
    """Head the tiles of one unit's inputs."""
    return tr("Unit {number}: {count} inputs, strongest first", number=unit, count=inputs)


def describe_sum(patch_sum: PatchSum, shown: int) -> str:
    """Describe how the parts of a sum add up to the unit's value.

    Args:
        patch_sum: The sum.
        shown: Number of inputs whose products are on show.

    Returns:
        One line: ``1.2 + the other 61 inputs 0.4 + bias 0.1 = 1.7``.
    """
    contributions = patch_sum.contributions
    order = sort_contributions(patch_sum)
    terms = [(float(contributions[k]), "") for k in order[:shown]]
    rest = order[shown:]
    if rest:
        one, more = tr("the other input"), tr("the other {count} inputs", count=len(rest))
        others = one if len(rest) == 1 else more
        terms.append((float(contributions[rest].sum()), f" ({others})"))
    if patch_sum.bias is not None:
        terms.append((patch_sum.bias, f" ({tr('bias')})"))
    line = f"{_join_terms(terms)} = {format_number(patch_sum.total)}"
    if patch_sum.after:
        names = ", ".join(patch_sum.after)
        line += tr(", after {names}: {value}", names=names, value=format_number(patch_sum.value))
    return line


def _join_terms(terms: list[tuple[float, str]]) -> str:
    """Write a sum with the signs of its terms."""
    line = ""
    for value, name in terms:
        sign = " - " if value < 0 else " + "
        number = format_number(value if not line else abs(value))
        line += f"{sign if line else ''}{number}{name}"
    return line


def describe_padding(patch_sum: PatchSum) -> str:
    """Say what lies outside of the maps; "" where the whole patch lies inside."""
    count = int(patch_sum.outside.sum())
    if not count:
        return ""
    padding = tr(PADDING[patch_sum.padding])
    return tr("hatched: outside of the map, padded with {padding}", padding=padding)


def sort_contributions(patch_sum: PatchSum) -> list[int]:
    """Return the inputs by what they add, the largest absolute value first."""
    contributions = patch_sum.contributions
    return sorted(range(len(contributions)), key=lambda k: -abs(float(contributions[k])))
