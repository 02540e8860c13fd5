"""Texts of the Synthesis panel, without Qt."""

from dnnvis.app.synthesis.photo_statistics import PhotoRange, estimate_photo_ranges
from dnnvis.core.errors import UnknownUnit
from dnnvis.core.formatting import format_number, format_value
from dnnvis.core.lens_results import QualityMetrics, StoredPicture, SynthesisResult
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.translation.catalog import tr
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


def is_empty(result: SynthesisResult) -> bool:
    """Return whether there is no picture to show: none, or one that no step has moved."""
    return not len(result.sheet) or bool(result.error and (result.curve == result.curve[:1]).all())


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
        return tr(NOTHING_GROWS)
    text = PAUSED_AT_START if paused else FIRST_PICTURE_PENDING
    return objective_error(objective, info) or tr(text, goal=objective)


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
        text = "made with {previous}, now {network} runs"
        return tr(text, previous=result.network, network=info.name)
    requested = parse_objective(objective, info)
    if requested is None:
        return tr("of {unit}; nothing grows now", unit=result.unit)
    if result.unit == str(requested):
        return ""
    return tr("of {unit}, now {goal} is to grow", unit=result.unit, goal=objective)


def describe_reached(result: SynthesisResult, metrics: QualityMetrics) -> tuple[str, str, str]:
    """Describe the activation that the picture reached.

    Returns:
        What number it is, ``4.31``, and the best of natural pictures with the ratio to it, or why
        that is not known.
    """
    statistic = str(result.recipe.get("statistic", ""))
    title = f"{tr('reached')} ({statistic})" if statistic else tr("reached")
    return (
        title,
        format_number(metrics.value),
        _describe_natural(result, metrics, statistic),
    )


def _describe_natural(result: SynthesisResult, metrics: QualityMetrics, statistic: str) -> str:
    if metrics.natural is not None:
        ratio = "" if metrics.ratio is None else f": {format_value(metrics.ratio, '.2f')}×"
        return tr("best natural {value}", value=f"{format_number(metrics.natural)}{ratio}")
    objective = parse_objective(result.unit)
    unit = objective.unit if objective is not None else None
    if unit is None:
        return tr("of a sum or layer; photographs have no such value")
    if unit.position is not None or unit.call != -1:
        return tr("of one place or call; scans keep no such value")
    if statistic not in SCANNED_STATISTICS:
        return tr("scans keep no '{name}' of photographs", name=statistic)
    return tr("best natural not known: scan a folder")


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
        f"{format_value(value, '.3f')}{mark}",
        tr(
            "photos {median:.2f}, 95 % < {most:.2f}",
            median=photo_range.median,
            most=photo_range.percentile_95,
        ),
    )


def describe_outcome(result: SynthesisResult, metrics: QualityMetrics) -> str:
    """Describe in one sentence what a picture reaches, and how it compares to photographs."""
    _, value, natural = describe_reached(result, metrics)
    strength = tr("It reaches {value}; {natural}", value=value, natural=natural)
    if metrics.ratio is not None and metrics.ratio >= 1.95:
        text = "Excites it {ratio:.0f} times as much as the best photograph"
        strength = tr(text, ratio=metrics.ratio)
    elif metrics.ratio is not None:
        percent = f"{metrics.ratio:.0%}".replace("%", " %")
        text = "Excites it {percent} as much as the best photograph"
        strength = tr(text, percent=percent) if metrics.ratio > 0 else tr("Does not excite it yet")
    if is_board(result):
        return f"{strength}."
    frequency_range, variation_range = estimate_photo_ranges(max(result.sheet.shape[1:3]))
    if metrics.high_frequency > frequency_range.percentile_95:
        grainy = tr("grainier than photographs: a part of it is noise.")
        return f"{strength}; {grainy}"
    if metrics.variation > variation_range.percentile_95:
        return f"{strength}; {tr('more restless than photographs.')}"
    return f"{strength}; {tr('as smooth as photographs.')}"


def explain_outcome(result: SynthesisResult, metrics: QualityMetrics) -> str:
    """Return the numbers behind the sentence, and what they mean."""
    title, value, natural = describe_reached(result, metrics)
    lines = [f"{title} {value} ({natural})", tr(TIPS["reached"])]
    if not is_board(result):
        ranges = estimate_photo_ranges(max(result.sheet.shape[1:3]))
        numbers = (metrics.high_frequency, metrics.variation)
        for name, number, known in zip(("high freq.", "variation"), numbers, ranges, strict=True):
            text, photos = compare_to_photos(number, known)
            lines += [f"{tr(name)} {text} ({photos})", tr(TIPS[name])]
    return "\n\n".join(lines)


def format_short(metrics: QualityMetrics) -> str:
    """Return the caption of one of several pictures."""
    return (
        format_number(metrics.value)
        if metrics.ratio is None
        else f"{format_value(metrics.ratio, '.2f')}×"
    )


def describe_stored(picture: StoredPicture) -> str:
    """Describe a saved picture that is on show instead of the one that grows."""
    return tr("kept on {date}", date=picture.created[:10]) if picture.created else tr("kept")


def format_progress(result: SynthesisResult, paused: bool) -> str:
    """Format ``37 / 128``, and whether it is paused or finished."""
    is_finished = result.progress >= 1
    status = tr("finished") if is_finished else tr("paused") if paused else ""
    return " · ".join(filter(None, (f"{result.step} / {result.steps}", status)))
