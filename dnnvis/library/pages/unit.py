"""Render the page of one unit."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.formatting import format_page_number, format_percent
from dnnvis.core.lens_results import QualityMetrics
from dnnvis.core.objective import Objective
from dnnvis.core.probing.dissection import MEASURE_NAMES
from dnnvis.core.receptive_field import crop_box, receptive_box
from dnnvis.core.unit import Unit
from dnnvis.library.pages.charts import (
    render_bars,
    render_curves,
    render_histogram,
    render_meter,
)
from dnnvis.library.pages.export import (
    PageContext,
    Pixels,
    definition_list,
    describe_field,
    describe_kind,
    render_document,
)
from dnnvis.library.pages.html import Child, Html, join, tag
from dnnvis.library.pages.images import image_tag, image_with_box
from dnnvis.library.store.dissections import list_dissections
from dnnvis.library.store.records import LayerStatistics, SavedPicture, TopExample

MAX_EXAMPLES = 1000  # more than any library stores of a unit
PADDING_GRAY = 128  # fills a receptive field beyond the edge of the picture
BACKWARD_LENSES = {"deconvnet": "deconvnet", "guided": "guided backpropagation"}
MAX_PHOTO_PIXELS = 256  # longest side of a photograph
MAX_CORRELATED_UNITS = 8  # shown on the page


def render_unit_page(context: PageContext, unit: Unit) -> str:
    """Return all that is known of a whole unit; raise BadInput where the library is damaged."""
    unit = Unit(unit.layer, unit.channel)
    library = context.library
    statistics = library.statistics(unit.layer)
    tops = library.top(unit, MAX_EXAMPLES, context.by)
    bottoms = library.top(unit, context.k, context.by, bottom=True)
    body = (
        _render_notes(context, unit),
        _render_synthesis(context, unit),
        _render_examples(context, unit, tops[: context.k], bottom=False),
        _render_examples(context, unit, bottoms, bottom=True),
        tag(
            "div",
            _render_classes(tops[: _certain_count(context, unit.layer)]),
            _render_activations(unit, statistics),
            class_="two",
        ),
        _render_correlated(context, unit, statistics),
    )
    neighbors = [Unit(unit.layer, k) for k in (unit.channel - 1, unit.channel + 1)]
    targets = ("", unit.layer, *map(str, neighbors))
    return render_document(
        context, str(unit), _render_header(context, unit, statistics), body, targets
    )


def _render_header(context: PageContext, unit: Unit, statistics: LayerStatistics | None) -> Html:
    info, label = context.layer(unit.layer), context.label(unit)
    star = " ★ bookmarked" if str(unit) in context.library.bookmarks() else ""
    best = context.library.best(unit, context.by)
    return join(
        tag("p", tag("bdi", context.name), " · ", context.link(unit.layer), class_="eyebrow"),
        tag("h1", str(unit), tag("small", f" {label}{star}") if label or star else None),
        definition_list(
            ("layer", describe_kind(info)),
            ("sees", describe_field(info)),
            ("best natural example", None if best is None else format_page_number(best)),
            ("detects", _describe_concept(context, unit)),
            ("state", None if statistics is None else _describe_activity(statistics, unit.channel)),
            ("fingerprint", tag("code", context.library.fingerprint[:16])),
            ("date", context.created),
        ),
    )


def _describe_concept(context: PageContext, unit: Unit) -> str | None:
    """Return the concept of a unit; None where its layer was not dissected."""
    layer = list_dissections(context.library, layer=unit.layer).get(unit.layer)
    if layer is None or unit.channel >= len(layer.scores):
        return None
    name, measure = layer.name(unit.channel), MEASURE_NAMES[layer.measure]
    if not name:
        return f"none of {len(layer.concepts)} concepts ({layer.source})"
    score = float(layer.best_scores[unit.channel])
    return f"{name}: {measure} {score:.2f}, best of {len(layer.concepts)} ({layer.source})"


def _describe_activity(statistics: LayerStatistics, channel: int) -> str:
    if statistics.dead[channel]:
        return f"dead: never above 0 on {statistics.images:,} pictures"
    return f"awake on {format_percent(statistics.awake[channel])} of {statistics.images:,} pictures"


def _render_notes(context: PageContext, unit: Unit) -> Child:
    notes = [text for name, text in context.library.notes().items() if _names_unit(name, unit)]
    if not notes:
        return None
    return tag("section", tag("h2", "Notes"), [tag("div", note, class_="note") for note in notes])


def _names_unit(name: str, unit: Unit) -> bool:
    """Return whether a note's or an objective's name is the unit, at any position or call."""
    try:
        terms = Objective.parse(name).terms
    except DnnvisError:
        return False
    return any((term.layer, term.channel) == (unit.layer, unit.channel) for term in terms)


def _render_synthesis(context: PageContext, unit: Unit) -> Html:
    library = context.library
    rows = library.rows("SELECT id, goal FROM pictures ORDER BY made DESC, id DESC")
    numbers = [number for number, objective in rows if _names_unit(objective, unit)]
    if not numbers:
        text = "No picture was grown for this unit yet; `dnnvis render` or the window does it."
        return tag("section", tag("h2", "What it wants to see"), tag("p", text, class_="quiet"))
    return tag(
        "section",
        tag("h2", "What it wants to see"),
        tag("p", "Pictures grown by gradient ascent until the unit answered most strongly."),
        tag("div", [_render_picture(library.picture(n), unit) for n in numbers], class_="kept"),
    )


def _render_picture(picture: SavedPicture, unit: Unit) -> Html:
    preset = picture.preset or "no preset"
    objective = f" for {picture.objective}" if picture.objective != str(unit) else ""
    alt = f"What {picture.objective} wants to see: synthesis with preset {preset}"
    recipe = json.dumps(picture.recipe, indent=1, ensure_ascii=False)
    return tag(
        "figure",
        image_tag(picture.pixels, alt, exact=True, caption=f"{picture.objective}, preset {preset}"),
        tag(
            "figcaption",
            tag("h3", preset, tag("span", objective, class_="quiet") if objective else None),
            render_measures(picture.measures),
            None if picture.curve is None else render_curves(picture.curve),
            tag(
                "p",
                f"picture {picture.id}, made {picture.created[:16].replace('T', ' ')} UTC",
                class_="quiet small",
            ),
            tag("details", tag("summary", "Recipe"), tag("pre", recipe)),
        ),
    )


def render_measures(measures: QualityMetrics | None) -> Html:
    """Return three quality metrics of a synthesis as a list.

    Activation over the best natural example, high-frequency fraction, total variation.
    """
    if measures is None:
        return tag("p", "Nothing was measured on this picture.", class_="quiet")
    ratio = measures.ratio
    ratio_meter = None if ratio is None else render_meter(ratio, max(2.0, ratio), 1.0)
    rows = (
        ("activation / best natural", ratio_meter, _format_ratio(measures)),
        (
            "high-frequency share",
            render_meter(measures.high_frequency, 1.0),
            format_percent(measures.high_frequency),
        ),
        (
            "total variation",
            render_meter(measures.variation, 0.5),
            format_page_number(measures.variation),
        ),
    )
    cells = [
        tag("div", tag("dt", name), tag("dd", text, class_="said"), bar and tag("dd", bar))
        for name, bar, text in rows
    ]
    reached = tag(
        "p", f"activation reached: {format_page_number(measures.value)}", class_="small quiet"
    )
    return join(tag("dl", cells, class_="honest"), reached)


def _format_ratio(measures: QualityMetrics) -> str:
    if measures.ratio is not None:
        return f"{format_page_number(measures.ratio)} ×"
    if measures.natural is None:
        return "no picture was looked through"
    return f"{format_page_number(measures.value)} against {format_page_number(measures.natural)}"


def _render_examples(
    context: PageContext, unit: Unit, tops: Sequence[TopExample], *, bottom: bool
) -> Html:
    title = "What moves it least" if bottom else "What it fires on"
    if not tops:
        text = "No pictures were looked through for this layer yet; `dnnvis scan` does it."
        return tag("section", tag("h2", title), tag("p", text, class_="quiet"))
    items = [_render_example(context, unit, top) for top in tops]
    end = "smallest" if bottom else "largest"
    what = "mean" if context.by == "mean" else "maximum"
    return tag(
        "section",
        tag("h2", title),
        tag(
            "p",
            f"The {len(tops)} natural pictures with the {end} {what} of its map. ",
            _describe_tiles(context, unit.layer, [reason for _, reason in items]),
        ),
        tag("ol", [item for item, _ in items], class_="examples"),
    )


def _describe_tiles(context: PageContext, layer: str, reasons: Sequence[str]) -> str:
    """Return what the rows of tiles show, and why something is missing."""
    if context.network is None:
        return (
            "Shown whole: the receptive field, and the deconvnet and guided pictures, need the "
            "network itself (name it: dnnvis library export NET)."
        )
    size = context.network.card.size
    text = "From the top: the picture, what the unit sees of it"
    if receptive_box(context.network.layer(layer).field, (0, 0), size) == (0, 0, *size):
        text = "From the top: the picture, all of which the unit sees"
    if context.draw_backward is None:
        return f"{text}. The deconvnet and guided pictures were left out (--backs)."
    reason = next((reason for reason in reasons if reason), "")
    return (
        f"{text}, its deconvnet picture, guided backpropagation (gray is zero, each stretched "
        f"to its own range). {reason}"
    ).strip()


def _render_example(context: PageContext, unit: Unit, top: TopExample) -> tuple[Html, str]:
    """Return the example, and why its backward pictures are missing, or ""."""
    where = top.path or f"{top.source}, number {top.index}"
    name = PurePath(where).name or where
    alt = f"{format_page_number(top.value)} for {top.label or name}"
    reason = ""
    try:
        whole = top.image()
    except BadInput as error:
        tiles: list[Html] = [tag("div", str(error), class_="none")]
    else:
        tiles, reason = _render_tiles(context, unit, top, whole, alt)
    y, x = top.position
    caption = tag(
        "figcaption",
        tag("span", format_page_number(top.value), class_="value"),
        tag("span", " at ", f"{y},{x}", class_="quiet"),
        tag("bdi", top.label, class_="cut", title=top.label) if top.label else None,
        tag("bdi", name, class_="cut quiet", title=where),
    )
    return tag("li", tag("figure", tiles, caption)), reason


def _render_tiles(
    context: PageContext, unit: Unit, top: TopExample, whole: Pixels, example_alt: str
) -> tuple[list[Html], str]:
    """Return the picture, the crop, the backward pictures; and why these are missing, or ""."""
    info = context.layer(unit.layer)
    size = whole.shape[0], whole.shape[1]
    box = receptive_box(info.field if info else None, top.position, size)
    tiles: list[Html] = []
    if box != (0, 0, *size):
        tiles.append(
            image_with_box(
                whole, box, f"{example_alt}: the whole picture, field marked", side=MAX_PHOTO_PIXELS
            )
        )
    alt = f"{example_alt}: what {unit} sees"
    tiles.append(image_tag(crop_box(whole, box, PADDING_GRAY), alt, side=MAX_PHOTO_PIXELS))
    if context.draw_backward is None:
        return tiles, ""
    try:
        for lens, name in BACKWARD_LENSES.items():
            drawn = context.draw_backward(unit, whole, top.position, box, lens)
            tiles.append(
                image_tag(
                    drawn, f"{example_alt}: {name} of {unit}", side=MAX_PHOTO_PIXELS, exact=True
                )
            )
    except DnnvisError as error:
        return tiles, f"No backward pictures: {error}"
    return tiles, ""


def _certain_count(context: PageContext, layer: str) -> int:
    """Return how many of the best examples over all data sets are certain.

    As many as the shortest of their lists holds.
    """
    lengths = (scan.k for scan in context.library.scans() if layer in scan.layers)
    return min(lengths, default=0)


def _render_classes(tops: Sequence[TopExample]) -> Child:
    labels = Counter(top.label for top in tops if top.label)
    if not labels:
        return None
    rows = [
        (name, float(count), f"{count} of {len(tops)}") for name, count in labels.most_common(20)
    ]
    return tag(
        "section",
        tag("h2", f"Classes of the top {len(tops)}"),
        render_bars(rows, ("class", "pictures")),
    )


def _render_activations(unit: Unit, statistics: LayerStatistics | None) -> Child:
    if statistics is None:
        return None
    k = unit.channel
    return tag(
        "section",
        tag("h2", "Its activations"),
        definition_list(
            ("least", format_page_number(float(statistics.minimum[k]))),
            ("mean", format_page_number(float(statistics.mean[k]))),
            ("deviation", format_page_number(float(statistics.std[k]))),
            ("most", format_page_number(float(statistics.maximum[k]))),
            ("above 0", f"{format_percent(statistics.active[k])} of its values"),
        ),
        render_histogram(statistics.counts[k], statistics.edges),
        tag(
            "p",
            "Values at a few places of each map, brown up to 0; bins of half an octave, "
            "heights logarithmic.",
            class_="quiet small",
        ),
    )


def _render_correlated(
    context: PageContext, unit: Unit, statistics: LayerStatistics | None
) -> Child:
    if statistics is None or statistics.correlation is None or len(statistics.correlation) < 2:
        return None
    r = statistics.correlation[unit.channel].copy()
    r[unit.channel] = 0
    channels = [
        int(k) for k in np.argsort(-np.abs(r), kind="stable")[:MAX_CORRELATED_UNITS] if r[k]
    ]
    if not channels:
        return None
    pictures = context.library.newest_by_channel(unit.layer)
    items = []
    for k in channels:
        other = Unit(unit.layer, k)
        thumbnail = tag("div", "no kept picture", class_="none")
        if k in pictures:
            thumbnail = image_tag(pictures[k].pixels, f"What {other} wants to see", side=128)
        caption = context.link(str(other)), tag("span", f" r = {r[k]:.2f}", class_="quiet")
        items.append(tag("li", tag("figure", thumbnail, tag("figcaption", caption))))
    return tag(
        "section",
        tag("h2", "Units that act alike"),
        tag("p", "The strongest correlations, of either sign, of the maps' means over pictures."),
        tag("ul", items, class_="kin"),
    )
