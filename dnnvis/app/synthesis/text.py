"""Texts of the Synthesis panel, without Qt."""

from dnnvis.app.synthesis.photo_statistics import PhotoRange, estimate_photo_ranges
from dnnvis.core.errors import UnknownUnit
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import QualityMetrics, StoredPicture, SynthesisResult
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.session.plan_for import invalid_reason, layer_names, parse_objective

TIPS = {
    "reached": "What the picture reaches as it is, against the best natural picture that the "
    "library knows; above 1× it excites the unit more than any of them.",
    "high freq.": "Share of the picture's spectral energy above 0.25 cycles per pixel; below it "
    "the median of photographs of this size and what 95 % of them stay below. ▲: more than those, "
    "so the picture is part noise.",
    "variation": "Total variation: mean |dx| + |dy| of neighbouring pixels in [0, 1]; below it "
    "the median of photographs of this size and what 95 % of them stay below. ▲: more than those.",
}
SCANNED_STATISTICS = ("mean", "max", "neuron")  # what a scan knows of a unit
NOTHING_GROWS = "Nothing grows. Click a unit in the mosaic, press g, or write a goal above."
FIRST_PICTURE_PENDING = "Growing the first picture of {goal} ..."
PAUSED_AT_START = "{goal} is paused before its first step."
BOARD_NOTE = "photos are no measure"


def objective_error(text: str, info: NetworkInfo | None) -> str:
    """Return why an objective cannot be grown; "" where it can, or where there is none."""
    if not text.strip():
        return ""
    try:
        objective = Objective.parse(text, layer_names(info))
    except UnknownUnit as error:
        return str(error)
    return "" if info is None else invalid_reason(objective, info)


def explain_empty(info: NetworkInfo | None, objective: str, paused: bool) -> str:
    """Return why there is no picture yet.

    Args:
        info: The network that runs; None without one.
        objective: The objective as text, such as ``conv2[3]``.
        paused: Whether the growth is paused.

    Returns:
        One sentence.
    """
    if info is None:
        return ""
    if not objective.strip():
        return NOTHING_GROWS
    return objective_error(objective, info) or (
        PAUSED_AT_START if paused else FIRST_PICTURE_PENDING
    ).format(goal=objective)


def explain_stale(result: SynthesisResult, objective: str, info: NetworkInfo | None) -> str:
    """Return why a picture is not what grows now; "" where it is.

    Args:
        result: The picture on show.
        objective: The objective as text.
        info: The network that runs; None without one.

    Returns:
        A few words or "".
    """
    if result.network and info is not None and result.network != info.name:
        return f"made with {result.network}, now {info.name} runs"
    requested = parse_objective(objective, info)
    if requested is None:
        return f"of {result.unit}; nothing grows now"
    return f"of {result.unit}, now {objective} is to grow" if result.unit != str(requested) else ""


def describe_reached(result: SynthesisResult, metrics: QualityMetrics) -> tuple[str, str, str]:
    """Describe the activation that the picture reached.

    Returns:
        What number it is, ``4.31``, and the best of natural pictures with the ratio to it, or why
        that is not known.
    """
    statistic = str(result.recipe.get("statistic", ""))
    title = f"reached ({statistic})" if statistic else "reached"
    return (
        title,
        format_number(metrics.value),
        _describe_natural(result, metrics, statistic),
    )


def _describe_natural(result: SynthesisResult, metrics: QualityMetrics, statistic: str) -> str:
    if metrics.natural is not None:
        ratio = "" if metrics.ratio is None else f": {metrics.ratio:.2f}×"
        return f"best natural {format_number(metrics.natural)}{ratio}"
    objective = parse_objective(result.unit)
    unit = objective.unit if objective is not None else None
    if unit is None:
        return "of a sum or layer; photographs have no such value"
    if unit.position is not None or unit.call != -1:
        return "of one place or call; scans keep no such value"
    if statistic not in SCANNED_STATISTICS:
        return f"scans keep no '{statistic}' of photographs"
    return "best natural not known: scan a folder"


def is_board(result: SynthesisResult) -> bool:
    """Return whether the picture is one of cells, dead or alive.

    Photographs are no measure for it.
    """
    sheet = result.sheet
    return sheet.size > 0 and sheet.shape[3] == 1 and bool(((sheet == 0) | (sheet == 1)).all())


def compare_to_photos(value: float, photo_range: PhotoRange) -> tuple[str, str]:
    """Compare a value to photographs.

    Returns:
        ``0.338 ▲``, with the mark where 95 % of photographs lie below it, and their median and 95th
        percentile.
    """
    mark = " ▲" if value > photo_range.percentile_95 else ""
    return (
        f"{value:.3f}{mark}",
        f"photos {photo_range.median:.2f}, 95 % < {photo_range.percentile_95:.2f}",
    )


def describe_outcome(result: SynthesisResult, metrics: QualityMetrics) -> str:
    """Describe in one sentence what a picture reaches, and how it compares to photographs."""
    _, value, natural = describe_reached(result, metrics)
    strength = f"It reaches {value}; {natural}"
    if metrics.ratio is not None and metrics.ratio >= 1.95:
        strength = f"Excites it {metrics.ratio:.0f} times as much as the best photograph"
    elif metrics.ratio is not None:
        percent = f"{metrics.ratio:.0%}".replace("%", " %")
        strength = f"Excites it {percent} as much as the best photograph"
        strength = strength if metrics.ratio > 0 else "Does not excite it yet"
    if is_board(result):
        return f"{strength}."
    frequency_range, variation_range = estimate_photo_ranges(max(result.sheet.shape[1:3]))
    if metrics.high_frequency > frequency_range.percentile_95:
        return f"{strength}; grainier than photographs: a part of it is noise."
    if metrics.variation > variation_range.percentile_95:
        return f"{strength}; more restless than photographs."
    return f"{strength}; as smooth as photographs."


def explain_outcome(result: SynthesisResult, metrics: QualityMetrics) -> str:
    """Return the numbers behind the sentence, and what they mean."""
    title, value, natural = describe_reached(result, metrics)
    lines = [f"{title} {value} ({natural})", TIPS["reached"]]
    if not is_board(result):
        ranges = estimate_photo_ranges(max(result.sheet.shape[1:3]))
        numbers = (metrics.high_frequency, metrics.variation)
        for name, number, known in zip(("high freq.", "variation"), numbers, ranges, strict=True):
            text, photos = compare_to_photos(number, known)
            lines += [f"{name} {text} ({photos})", TIPS[name]]
    return "\n\n".join(lines)


def format_short(metrics: QualityMetrics) -> str:
    """Return the caption of one of several pictures."""
    return format_number(metrics.value) if metrics.ratio is None else f"{metrics.ratio:.2f}×"


def describe_stored(picture: StoredPicture) -> str:
    """Describe a saved picture that is on show instead of the one that grows."""
    return f"kept on {picture.created[:10]}" if picture.created else "kept"


def format_progress(result: SynthesisResult, paused: bool) -> str:
    """Format ``37 / 128``, and whether it is paused or finished."""
    is_finished = result.progress >= 1
    state_text = " · finished" if is_finished else " · paused" if paused else ""
    return f"{result.step} / {result.steps}{state_text}"
