"""Render the page of a layer, and the one that links to all layers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.formatting import format_page_number, format_percent
from dnnvis.core.receptive_field import crop_box, receptive_box
from dnnvis.core.unit import Unit
from dnnvis.library.pages.export import (
    PageContext,
    definition_list,
    describe_field,
    describe_kind,
    render_document,
)
from dnnvis.library.pages.html import Child, Html, join, tag
from dnnvis.library.pages.images import image_tag
from dnnvis.library.pages.unit import MAX_EXAMPLES, PADDING_GRAY
from dnnvis.library.store.library import Library
from dnnvis.library.store.records import LayerStatistics, SavedPicture, TopExample
from dnnvis.library.store.summary import list_known_layers
from dnnvis.network.network import Network

EXAMPLES_PER_UNIT = 4  # beside each unit's picture
MAX_THUMBNAIL_PIXELS = 96  # longest side of a thumbnail
MAX_STRIP_PICTURES = 24  # of a layer on the page of all layers
SORT_ORDERS = (
    ("number", "number"),
    ("value", "best example"),
    ("ratio", "synthesis / best example"),
    ("share", "how often awake"),
)


def require_known_unit(library: Library, network: Network | None, unit: Unit) -> Unit:
    """Return the unit without position and call, checked to exist.

    Args:
        library: The library.
        network: The network; None where its file cannot be opened.
        unit: The unit.

    Raises:
        UnknownUnit: There is no such unit.
    """
    unit = Unit(unit.layer, unit.channel)
    if network is not None:
        network.check(unit)
    elif unit.channel >= (count := count_units(library, None, unit.layer)):
        raise UnknownUnit(f"The library {library.path} knows {count} units of {unit.layer}.")
    return unit


def count_units(library: Library, network: Network | None, layer: str) -> int:
    """Return how many units a layer has, as far as the network or the library knows.

    Args:
        library: The library.
        network: The network; None where its file cannot be opened.
        layer: Name of the layer.

    Raises:
        UnknownUnit: Neither knows the layer.
    """
    if network is not None:
        return network.layer(layer).shape[0]
    statistics = library.statistics(layer)
    if statistics is not None:
        return len(statistics.mean)
    ((highest_channel,),) = library.rows("SELECT max(channel) FROM pictures WHERE layer = ?", layer)
    if highest_channel is None and layer not in list_known_layers(library):
        known = ", ".join(list_known_layers(library)) or "no layer yet"
        raise UnknownUnit(f"The library {library.path} knows nothing of '{layer}'; it has {known}.")
    return 0 if highest_channel is None else int(highest_channel) + 1


def render_layer_page(context: PageContext, layer: str) -> str:
    """Return a grid of all units of a layer: saved picture, best examples, values.

    Raises BadInput where the library is damaged, UnknownUnit where nothing is known of the layer.
    """
    count = count_units(context.library, context.network, layer)
    statistics, pictures = (
        context.library.statistics(layer),
        context.library.newest_by_channel(layer),
    )
    notes, marks = context.library.notes(), set(context.library.bookmarks())
    tops = _load_top_examples(context, layer, count)
    cards = []
    for channel in range(count):
        unit = Unit(layer, channel)
        cards.append(
            _render_card(
                context,
                unit,
                pictures.get(channel),
                tops[channel],
                statistics,
                notes.get(str(unit), ""),
                str(unit) in marks,
            )
        )
    note = notes.get(layer)
    body = (
        tag("div", note, class_="note") if note else None,
        tag("h2", "All units"),
        _render_tools(),
        tag("ul", cards, class_="grid"),
    )
    return render_document(
        context, layer, _render_header(context, layer, count, len(pictures), statistics), body
    )


def _load_top_examples(context: PageContext, layer: str, count: int) -> list[list[TopExample]]:
    if not context.library.rows("SELECT data FROM layers WHERE layer = ? LIMIT 1", layer):
        return [[] for _ in range(count)]
    return [context.library.top(Unit(layer, k), MAX_EXAMPLES, context.by) for k in range(count)]


def _render_header(
    context: PageContext,
    layer: str,
    count: int,
    picture_count: int,
    statistics: LayerStatistics | None,
) -> Html:
    info = context.layer(layer)
    scanned = "no pictures were looked through"
    if statistics is not None:
        dead = int(statistics.dead.sum())
        units = "unit" if dead == 1 else "units"
        scanned = f"{statistics.images:,} pictures looked through, {dead} dead {units}"
    return join(
        tag("p", tag("bdi", context.name), class_="eyebrow"),
        tag("h1", layer, tag("small", f" {count} units")),
        tag("p", "What each unit wants to see, beside what it fires on.", class_="lead"),
        definition_list(
            ("layer", describe_kind(info)),
            ("each unit sees", describe_field(info)),
            ("kept pictures", f"{picture_count} of {count} units"),
            ("examples", scanned),
            ("fingerprint", tag("code", context.library.fingerprint[:16])),
            ("date", context.created),
        ),
    )


def _render_tools() -> Html:
    """Return the controls to find, sort and filter; hidden where scripts cannot run."""
    orders = [tag("option", label, value=name) for name, label in SORT_ORDERS]
    boxes = (("kept", "with a kept picture"), ("awake", "not dead"), ("marked", "bookmarked"))
    return tag(
        "form",
        tag(
            "label",
            "Find",
            tag("input", type="search", name="words", placeholder="number, class, note ..."),
        ),
        tag("label", "Sort by", tag("select", orders, name="order")),
        [
            tag("label", tag("input", type="checkbox", name=name), label, class_="tick-box")
            for name, label in boxes
        ],
        tag("output", aria_live="polite"),
        class_="tools",
        aria_label="Find and sort units",
    )


def _render_card(
    context: PageContext,
    unit: Unit,
    picture: SavedPicture | None,
    tops: Sequence[TopExample],
    statistics: LayerStatistics | None,
    note: str,
    add_mark: bool,
) -> Html:
    label = context.label(unit)
    ratio = picture.measures.ratio if picture and picture.measures else None
    dead = statistics is not None and bool(statistics.dead[unit.channel])
    awake_fraction = None if statistics is None else float(statistics.awake[unit.channel])
    classes = Counter(top.label for top in tops if top.label).most_common(1)
    chips = [
        f"{format_page_number(ratio)} × natural" if ratio is not None else "",
        "" if dead or awake_fraction is None else f"awake {format_percent(awake_fraction)}",
        f"{classes[0][0]} {classes[0][1]}/{len(tops)}" if classes else "",
        "★ bookmarked" if add_mark else "",
        f"note: {note[:80]}" if note else "",
    ]
    best_value = (
        tag("span", f"best {format_page_number(tops[0].value)}", class_="value") if tops else None
    )
    name = tag("h3", context.link(str(unit), f"{unit.channel}"), f" {label}" if label else None)
    return tag(
        "li",
        tag(
            "div",
            _render_picture(unit, picture),
            _render_examples(context, unit, tops[:EXAMPLES_PER_UNIT]),
            class_="pair",
        ),
        tag("div", name, best_value, class_="line"),
        tag(
            "div",
            tag("span", "dead", class_="chip dead") if dead else None,
            [tag("span", tag("bdi", chip), class_="chip") for chip in chips if chip],
            class_="chips",
        ),
        class_="unit",
        data_number=unit.channel,
        data_value=_exact_text(tops[0].value if tops else None),
        data_ratio=_exact_text(ratio),
        data_share=_exact_text(awake_fraction),
        data_kept="1" if picture else "0",
        data_marked="1" if add_mark else "0",
        data_awake="0" if dead else "1",
        data_words=f"{unit.channel} {label} {' '.join(name for name, _ in classes)} {note}",
    )


def _exact_text(value: float | None) -> str | None:
    return None if value is None or not np.isfinite(value) else repr(float(value))


def _render_picture(unit: Unit, picture: SavedPicture | None) -> Html:
    if picture is None:
        return tag("div", "no kept picture", class_="none")
    caption = f"{unit}, preset {picture.preset or 'none'}"
    return image_tag(
        picture.pixels, f"What {unit} wants to see", side=2 * MAX_THUMBNAIL_PIXELS, caption=caption
    )


def _render_examples(context: PageContext, unit: Unit, tops: Sequence[TopExample]) -> Html:
    if not tops:
        return tag("div", "no examples", class_="none")
    info = context.layer(unit.layer)
    thumbnails = []
    for top in tops:
        try:
            whole = top.image()
        except BadInput as error:
            thumbnails.append(tag("div", "gone", class_="none", title=str(error)))
            continue
        box = receptive_box(
            info.field if info else None, top.position, (whole.shape[0], whole.shape[1])
        )
        caption = f"{format_page_number(top.value)} {top.label}".strip()
        alt = f"Example for {unit}: {caption}"
        thumbnails.append(
            image_tag(
                crop_box(whole, box, PADDING_GRAY),
                alt,
                side=MAX_THUMBNAIL_PIXELS,
                caption=f"{unit} = {caption}",
            )
        )
    return tag("div", thumbnails, class_="four")


def render_index_page(
    context: PageContext, layers: Sequence[str], units: Sequence[str] = ()
) -> str:
    """Return the page that links to others.

    Args:
        context: What pages are built from.
        layers: Layers whose pages to link to.
        units: Units whose pages to link to.
    """
    scans = context.library.scans()
    rows = [
        tag(
            "li",
            tag("bdi", scan.source),
            f": {scan.seen:,} of {scan.total:,} pictures, the "
            f"{scan.k} best of each unit of {len(scan.layers)} layers",
            "" if scan.finished else " (not finished)",
        )
        for scan in scans
    ]
    head = join(
        tag("p", "What each unit wants to see, and what it fires on", class_="eyebrow"),
        tag("h1", tag("bdi", context.name)),
        definition_list(
            ("fingerprint", tag("code", context.library.fingerprint[:16])),
            ("bookmarks", str(len(context.library.bookmarks()))),
            ("date", context.created),
        ),
    )
    body: tuple[Child, ...] = (
        tag("h2", "Layers") if layers else None,
        tag("ul", [_render_layer_row(context, layer) for layer in layers], class_="layers")
        if layers
        else None,
        tag("h2", "Units") if units else None,
        tag("ul", [tag("li", context.link(unit)) for unit in units]) if units else None,
        tag("h2", "What was looked through"),
        tag("ul", rows) if rows else tag("p", "Nothing yet.", class_="quiet"),
    )
    return render_document(context, "Library", head, body, targets=())


def _render_layer_row(context: PageContext, layer: str) -> Html:
    library = context.library
    count, pictures = count_units(library, context.network, layer), library.newest_by_channel(layer)
    step = max(1, len(pictures) // MAX_STRIP_PICTURES)
    chosen = list(pictures.items())[::step][:MAX_STRIP_PICTURES]
    strip = [
        image_tag(one.pixels, f"What {Unit(layer, k)} wants to see", side=72) for k, one in chosen
    ]
    return tag(
        "li",
        tag("h3", context.link(layer)),
        tag("p", f"{count} units, {len(pictures)} with a kept picture", class_="quiet small"),
        tag("div", strip, class_="strip") if strip else None,
    )
