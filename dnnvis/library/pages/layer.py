"""The page of a layer, and the one that leads to all layers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.receptive_field import box_of, cropped
from dnnvis.core.unit import Unit
from dnnvis.library.pages.charts import number, share
from dnnvis.library.pages.export import Showing, document, facts, kind_of, sees
from dnnvis.library.pages.html import Child, Html, joined, tag
from dnnvis.library.pages.images import image
from dnnvis.library.pages.unit import ALL, GRAY
from dnnvis.library.store.library import Library
from dnnvis.library.store.records import KeptPicture, Statistics, TopExample
from dnnvis.library.store.summary import layers_known
from dnnvis.network.network import Network

FACES = 4  # examples beside each unit's picture
THUMB = 96  # pixels of a side at most
STRIP = 24  # pictures of a layer on the page of all layers
ORDERS = (
    ("number", "number"),
    ("value", "best example"),
    ("ratio", "synthesis / best example"),
    ("share", "how often awake"),
)


def known_unit(library: Library, network: Network | None, unit: Unit) -> Unit:
    """The whole unit; raises UnknownUnit where there is none."""
    unit = Unit(unit.layer, unit.channel)
    if network is not None:
        network.check(unit)
    elif unit.channel >= (many := units_of(library, None, unit.layer)):
        raise UnknownUnit(f"The library {library.path} knows {many} units of {unit.layer}.")
    return unit


def units_of(library: Library, network: Network | None, layer: str) -> int:
    """How many units a layer has, as far as the network or the library tells. Raises
    UnknownUnit where neither knows the layer."""
    if network is not None:
        return network.layer(layer).shape[0]
    statistics = library.statistics(layer)
    if statistics is not None:
        return len(statistics.mean)
    ((most,),) = library.rows("SELECT max(channel) FROM pictures WHERE layer = ?", layer)
    if most is None and layer not in layers_known(library):
        known = ", ".join(layers_known(library)) or "no layer yet"
        raise UnknownUnit(f"The library {library.path} knows nothing of '{layer}'; it has {known}.")
    return 0 if most is None else int(most) + 1


def layer_page(showing: Showing, layer: str) -> str:
    """A grid of all units of a layer: kept picture, best examples, values. Raises BadInput
    where the library is damaged, UnknownUnit where nothing is known of the layer."""
    many = units_of(showing.library, showing.network, layer)
    statistics, kept = showing.library.statistics(layer), showing.library.kept(layer)
    notes, marks = showing.library.notes(), set(showing.library.bookmarks())
    tops = _tops(showing, layer, many)
    cards = []
    for channel in range(many):
        unit = Unit(layer, channel)
        cards.append(
            _card(showing, unit, kept.get(channel), tops[channel], statistics,
                  notes.get(str(unit), ""), str(unit) in marks)
        )  # fmt: skip
    note = notes.get(layer)
    body = (
        tag("div", note, class_="note") if note else None,
        tag("h2", "All units"),
        _tools(),
        tag("ul", cards, class_="grid"),
    )
    return document(showing, layer, _head(showing, layer, many, len(kept), statistics), body)


def _tops(showing: Showing, layer: str, many: int) -> list[list[TopExample]]:
    if not showing.library.rows("SELECT data FROM layers WHERE layer = ? LIMIT 1", layer):
        return [[] for _ in range(many)]
    return [showing.library.top(Unit(layer, k), ALL, showing.by) for k in range(many)]


def _head(
    showing: Showing, layer: str, many: int, kept: int, statistics: Statistics | None
) -> Html:
    info = showing.layer(layer)
    scanned = "no pictures were looked through"
    if statistics is not None:
        dead = int(statistics.dead.sum())
        units = "unit" if dead == 1 else "units"
        scanned = f"{statistics.images:,} pictures looked through, {dead} dead {units}"
    return joined(
        tag("p", tag("bdi", showing.name), class_="eyebrow"),
        tag("h1", layer, tag("small", f" {many} units")),
        tag("p", "What each unit wants to see, beside what it fires on.", class_="lead"),
        facts(
            ("layer", kind_of(info)),
            ("each unit sees", sees(info)),
            ("kept pictures", f"{kept} of {many} units"),
            ("examples", scanned),
            ("fingerprint", tag("code", showing.library.fingerprint[:16])),
            ("date", showing.made),
        ),
    )


def _tools() -> Html:
    """Find, sort and filter; hidden where there is no script."""
    orders = [tag("option", words, value=name) for name, words in ORDERS]
    boxes = (("kept", "with a kept picture"), ("awake", "not dead"), ("marked", "bookmarked"))
    return tag(
        "form",
        tag("label", "Find", tag("input", type="search", name="words",
                                 placeholder="number, class, note ...")),
        tag("label", "Sort by", tag("select", orders, name="order")),
        [
            tag("label", tag("input", type="checkbox", name=name), words, class_="tick-box")
            for name, words in boxes
        ],
        tag("output", aria_live="polite"),
        class_="tools", aria_label="Find and sort units",
    )  # fmt: skip


def _card(
    showing: Showing,
    unit: Unit,
    kept: KeptPicture | None,
    tops: Sequence[TopExample],
    statistics: Statistics | None,
    note: str,
    marked: bool,
) -> Html:
    label = showing.label(unit)
    ratio = kept.measures.ratio if kept and kept.measures else None
    dead = statistics is not None and bool(statistics.dead[unit.channel])
    often = None if statistics is None else float(statistics.awake[unit.channel])
    classes = Counter(top.label for top in tops if top.label).most_common(1)
    chips = [
        f"{number(ratio)} × natural" if ratio is not None else "",
        "" if dead or often is None else f"awake {share(often)}",
        f"{classes[0][0]} {classes[0][1]}/{len(tops)}" if classes else "",
        "★ bookmarked" if marked else "",
        f"note: {note[:80]}" if note else "",
    ]
    words = tag("span", f"best {number(tops[0].value)}", class_="value") if tops else None
    name = tag("h3", showing.link(str(unit), f"{unit.channel}"), f" {label}" if label else None)
    return tag(
        "li",
        tag("div", _face(unit, kept), _faces(showing, unit, tops[:FACES]), class_="pair"),
        tag("div", name, words, class_="line"),
        tag("div", tag("span", "dead", class_="chip dead") if dead else None,
            [tag("span", tag("bdi", chip), class_="chip") for chip in chips if chip],
            class_="chips"),
        class_="unit",
        data_number=unit.channel,
        data_value=_exact(tops[0].value if tops else None),
        data_ratio=_exact(ratio),
        data_share=_exact(often),
        data_kept="1" if kept else "0",
        data_marked="1" if marked else "0",
        data_awake="0" if dead else "1",
        data_words=f"{unit.channel} {label} {' '.join(name for name, _ in classes)} {note}",
    )  # fmt: skip


def _exact(value: float | None) -> str | None:
    return None if value is None or not np.isfinite(value) else repr(float(value))


def _face(unit: Unit, kept: KeptPicture | None) -> Html:
    if kept is None:
        return tag("div", "no kept picture", class_="none")
    words = f"{unit}, preset {kept.preset or 'none'}"
    return image(kept.pixels, f"What {unit} wants to see", side=2 * THUMB, caption=words)


def _faces(showing: Showing, unit: Unit, tops: Sequence[TopExample]) -> Html:
    if not tops:
        return tag("div", "no examples", class_="none")
    info = showing.layer(unit.layer)
    seen = []
    for top in tops:
        try:
            whole = top.image()
        except BadInput as why:
            seen.append(tag("div", "gone", class_="none", title=str(why)))
            continue
        box = box_of(info.field if info else None, top.place, (whole.shape[0], whole.shape[1]))
        words = f"{number(top.value)} {top.label}".strip()
        alt = f"Example for {unit}: {words}"
        seen.append(image(cropped(whole, box, GRAY), alt, side=THUMB, caption=f"{unit} = {words}"))
    return tag("div", seen, class_="four")


# ---- all layers --------------------------------------------------------------------------


def index_page(showing: Showing, layers: Sequence[str], units: Sequence[str] = ()) -> str:
    """The page that leads to those of ``layers`` and ``units``."""
    scans = showing.library.scans()
    rows = [
        tag("li", tag("bdi", scan.source), f": {scan.seen:,} of {scan.total:,} pictures, the "
            f"{scan.k} best of each unit of {len(scan.layers)} layers",
            "" if scan.finished else " (not finished)")
        for scan in scans
    ]  # fmt: skip
    head = joined(
        tag("p", "What each unit wants to see, and what it fires on", class_="eyebrow"),
        tag("h1", tag("bdi", showing.name)),
        facts(
            ("fingerprint", tag("code", showing.library.fingerprint[:16])),
            ("bookmarks", str(len(showing.library.bookmarks()))),
            ("date", showing.made),
        ),
    )
    body: tuple[Child, ...] = (
        tag("h2", "Layers") if layers else None,
        tag("ul", [_row(showing, layer) for layer in layers], class_="layers") if layers else None,
        tag("h2", "Units") if units else None,
        tag("ul", [tag("li", showing.link(unit)) for unit in units]) if units else None,
        tag("h2", "What was looked through"),
        tag("ul", rows) if rows else tag("p", "Nothing yet.", class_="quiet"),
    )
    return document(showing, "Library", head, body, ways=())


def _row(showing: Showing, layer: str) -> Html:
    library = showing.library
    many, kept = units_of(library, showing.network, layer), library.kept(layer)
    step = max(1, len(kept) // STRIP)
    chosen = list(kept.items())[::step][:STRIP]
    strip = [image(one.pixels, f"What {layer}[{k}] wants to see", side=72) for k, one in chosen]
    return tag(
        "li",
        tag("h3", showing.link(layer)),
        tag("p", f"{many} units, {len(kept)} with a kept picture", class_="quiet small"),
        tag("div", strip, class_="strip") if strip else None,
    )
