"""The page of one unit."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.lens_results import Measures
from dnnvis.core.objective import Goal
from dnnvis.core.receptive_field import box_of, cropped
from dnnvis.core.unit import Unit
from dnnvis.library.pages.charts import bars, curves, histogram, meter, number, share
from dnnvis.library.pages.export import Pixels, Showing, document, facts, kind_of, sees
from dnnvis.library.pages.html import Child, Html, joined, tag
from dnnvis.library.pages.images import boxed, image
from dnnvis.library.store.records import KeptPicture, Statistics, TopExample

ALL = 1000  # more than any library keeps of a unit
GRAY = 128  # where a receptive field reaches over the edge of the picture
BACKS = {"deconvnet": "deconvnet", "guided": "guided backpropagation"}
SIDE = 256  # pixels of a photograph's side at most
KIN = 8  # correlated units shown


def unit_page(showing: Showing, unit: Unit) -> str:
    """All that is known of a whole unit. Raises BadInput where the library is damaged."""
    unit = Unit(unit.layer, unit.channel)
    library = showing.library
    statistics = library.statistics(unit.layer)
    tops = library.top(unit, ALL, showing.by)
    bottoms = library.top(unit, showing.k, showing.by, bottom=True)
    body = (
        _notes(showing, unit),
        _synthesis(showing, unit),
        _examples(showing, unit, tops[: showing.k], bottom=False),
        _examples(showing, unit, bottoms, bottom=True),
        tag(
            "div",
            _classes(tops[: _exact(showing, unit.layer)]),
            _activations(unit, statistics),
            class_="two",
        ),
        _kin(showing, unit, statistics),
    )
    beside = [Unit(unit.layer, k) for k in (unit.channel - 1, unit.channel + 1)]
    ways = ("", unit.layer, *map(str, beside))
    return document(showing, str(unit), _head(showing, unit, statistics), body, ways)


def _head(showing: Showing, unit: Unit, statistics: Statistics | None) -> Html:
    info, label = showing.layer(unit.layer), showing.label(unit)
    star = " ★ bookmarked" if str(unit) in showing.library.bookmarks() else ""
    best = showing.library.best(unit, showing.by)
    return joined(
        tag("p", tag("bdi", showing.name), " · ", showing.link(unit.layer), class_="eyebrow"),
        tag("h1", str(unit), tag("small", f" {label}{star}") if label or star else None),
        facts(
            ("layer", kind_of(info)),
            ("sees", sees(info)),
            ("best natural example", None if best is None else number(best)),
            ("state", None if statistics is None else _state(statistics, unit.channel)),
            ("fingerprint", tag("code", showing.library.fingerprint[:16])),
            ("date", showing.made),
        ),
    )


def _state(statistics: Statistics, channel: int) -> str:
    if statistics.dead[channel]:
        return f"dead: never above 0 on {statistics.images:,} pictures"
    return f"awake on {share(statistics.awake[channel])} of {statistics.images:,} pictures"


def _notes(showing: Showing, unit: Unit) -> Child:
    notes = [text for name, text in showing.library.notes().items() if _is_of(name, unit)]
    if not notes:
        return None
    return tag(
        "section", tag("h2", "Notes"), [tag("div", note, class_="note") for note in notes]
    )  # fmt: skip


def _is_of(name: str, unit: Unit) -> bool:
    """Whether a note's or a goal's name is the unit, at any place or call."""
    try:
        terms = Goal.parse(name).terms
    except DnnvisError:
        return False
    return any((term.layer, term.channel) == (unit.layer, unit.channel) for term in terms)


# ---- what it wants to see ----------------------------------------------------------------


def _synthesis(showing: Showing, unit: Unit) -> Html:
    library = showing.library
    rows = library.rows("SELECT id, goal FROM pictures ORDER BY made DESC, id DESC")
    found = [number for number, goal in rows if _is_of(goal, unit)]
    if not found:
        words = "No picture was grown for this unit yet; `dnnvis render` or the window does it."
        return tag("section", tag("h2", "What it wants to see"), tag("p", words, class_="quiet"))
    return tag(
        "section",
        tag("h2", "What it wants to see"),
        tag("p", "Pictures grown by gradient ascent until the unit answered most strongly."),
        tag("div", [_kept(library.picture(n), unit) for n in found], class_="kept"),
    )


def _kept(kept: KeptPicture, unit: Unit) -> Html:
    preset = kept.preset or "no preset"
    goal = f" for {kept.goal}" if kept.goal != str(unit) else ""
    alt = f"What {kept.goal} wants to see: synthesis with preset {preset}"
    recipe = json.dumps(kept.recipe, indent=1, ensure_ascii=False)
    return tag(
        "figure",
        image(kept.pixels, alt, exact=True, caption=f"{kept.goal}, preset {preset}"),
        tag(
            "figcaption",
            tag("h3", preset, tag("span", goal, class_="quiet") if goal else None),
            honest(kept.measures),
            None if kept.curve is None else curves(kept.curve),
            tag("p", f"picture {kept.id}, made {kept.made[:16].replace('T', ' ')} UTC",
                class_="quiet small"),
            tag("details", tag("summary", "Recipe"), tag("pre", recipe)),
        ),
    )  # fmt: skip


def honest(measures: Measures | None) -> Html:
    """Three honest numbers: activation over the best natural example, high-frequency share,
    total variation."""
    if measures is None:
        return tag("p", "Nothing was measured on this picture.", class_="quiet")
    ratio = measures.ratio
    against = None if ratio is None else meter(ratio, max(2.0, ratio), 1.0)
    rows = (
        ("activation / best natural", against, _compared(measures)),
        ("high-frequency share", meter(measures.high_frequency, 1.0),
         share(measures.high_frequency)),
        ("total variation", meter(measures.variation, 0.5), number(measures.variation)),
    )  # fmt: skip
    cells = [
        tag("div", tag("dt", name), tag("dd", words, class_="said"), bar and tag("dd", bar))
        for name, bar, words in rows
    ]
    reached = tag("p", f"activation reached: {number(measures.value)}", class_="small quiet")
    return joined(tag("dl", cells, class_="honest"), reached)


def _compared(measures: Measures) -> str:
    if measures.ratio is not None:
        return f"{number(measures.ratio)} ×"
    if measures.natural is None:
        return "no picture was looked through"
    return f"{number(measures.value)} against {number(measures.natural)}"


# ---- what it fires on --------------------------------------------------------------------


def _examples(showing: Showing, unit: Unit, tops: Sequence[TopExample], *, bottom: bool) -> Html:
    title = "What moves it least" if bottom else "What it fires on"
    if not tops:
        words = "No pictures were looked through for this layer yet; `dnnvis scan` does it."
        return tag("section", tag("h2", title), tag("p", words, class_="quiet"))
    items = [_example(showing, unit, top) for top in tops]
    end = "smallest" if bottom else "largest"
    what = "mean" if showing.by == "mean" else "maximum"
    return tag(
        "section",
        tag("h2", title),
        tag("p", f"The {len(tops)} natural pictures with the {end} {what} of its map. ",
            _legend(showing, unit.layer, [why for _, why in items])),
        tag("ol", [item for item, _ in items], class_="examples"),
    )  # fmt: skip


def _legend(showing: Showing, layer: str, whys: Sequence[str]) -> str:
    """What lies below each other, and why something is missing."""
    if showing.network is None:
        return (
            "Shown whole: the receptive field, and the deconvnet and guided pictures, need the "
            "network itself (name it: dnnvis library export NET)."
        )
    size = showing.network.card.size
    words = "From the top: the picture, what the unit sees of it"
    if box_of(showing.network.layer(layer).field, (0, 0), size) == (0, 0, *size):
        words = "From the top: the picture, all of which the unit sees"
    if showing.back is None:
        return f"{words}. The deconvnet and guided pictures were left out (--backs)."
    why = next((why for why in whys if why), "")
    return (
        f"{words}, its deconvnet picture, guided backpropagation (gray is zero, each stretched "
        f"to its own range). {why}"
    ).strip()


def _example(showing: Showing, unit: Unit, top: TopExample) -> tuple[Html, str]:
    """The example, and why its backward pictures are missing, or ""."""
    where = top.path or f"{top.source}, number {top.index}"
    name = PurePath(where).name or where
    said = f"{number(top.value)} for {top.label or name}"
    why = ""
    try:
        whole = top.image()
    except BadInput as error:
        tiles: list[Html] = [tag("div", str(error), class_="none")]
    else:
        tiles, why = _tiles(showing, unit, top, whole, said)
    y, x = top.place
    caption = tag(
        "figcaption",
        tag("span", number(top.value), class_="value"),
        tag("span", " at ", f"{y},{x}", class_="quiet"),
        tag("bdi", top.label, class_="cut", title=top.label) if top.label else None,
        tag("bdi", name, class_="cut quiet", title=where),
    )
    return tag("li", tag("figure", tiles, caption)), why


def _tiles(
    showing: Showing, unit: Unit, top: TopExample, whole: Pixels, said: str
) -> tuple[list[Html], str]:
    """The picture, the crop, the backward pictures; and why these are missing, or ""."""
    info = showing.layer(unit.layer)
    size = whole.shape[0], whole.shape[1]
    box = box_of(info.field if info else None, top.place, size)
    tiles: list[Html] = []
    if box != (0, 0, *size):
        tiles.append(boxed(whole, box, f"{said}: the whole picture, field marked", side=SIDE))
    alt = f"{said}: what {unit} sees"
    tiles.append(image(cropped(whole, box, GRAY), alt, side=SIDE))
    if showing.back is None:
        return tiles, ""
    try:
        for lens, words in BACKS.items():
            drawn = showing.back(unit, whole, top.place, box, lens)
            tiles.append(image(drawn, f"{said}: {words} of {unit}", side=SIDE, exact=True))
    except DnnvisError as why:
        return tiles, f"No backward pictures: {why}"
    return tiles, ""


# ---- how it behaves ----------------------------------------------------------------------


def _exact(showing: Showing, layer: str) -> int:
    """How many of the best examples over all data sets are known for certain: as many as the
    shortest of their lists holds."""
    lengths = (scan.k for scan in showing.library.scans() if layer in scan.layers)
    return min(lengths, default=0)


def _classes(tops: Sequence[TopExample]) -> Child:
    labels = Counter(top.label for top in tops if top.label)
    if not labels:
        return None
    rows = [(name, float(many), f"{many} of {len(tops)}") for name, many in labels.most_common(20)]
    return tag(
        "section", tag("h2", f"Classes of the top {len(tops)}"), bars(rows, ("class", "pictures"))
    )  # fmt: skip


def _activations(unit: Unit, statistics: Statistics | None) -> Child:
    if statistics is None:
        return None
    k = unit.channel
    return tag(
        "section",
        tag("h2", "Its activations"),
        facts(
            ("least", number(float(statistics.least[k]))),
            ("mean", number(float(statistics.mean[k]))),
            ("deviation", number(float(statistics.std[k]))),
            ("most", number(float(statistics.most[k]))),
            ("above 0", f"{share(statistics.active[k])} of its values"),
        ),
        histogram(statistics.counts[k], statistics.edges),
        tag("p", "Values at a few places of each map, brown up to 0; bins of half an octave, "
            "heights logarithmic.", class_="quiet small"),
    )  # fmt: skip


def _kin(showing: Showing, unit: Unit, statistics: Statistics | None) -> Child:
    if statistics is None or statistics.correlation is None or len(statistics.correlation) < 2:
        return None
    r = statistics.correlation[unit.channel].copy()
    r[unit.channel] = 0
    order = [int(k) for k in np.argsort(-np.abs(r), kind="stable")[:KIN] if r[k]]
    if not order:
        return None
    kept = showing.library.kept(unit.layer)
    items = []
    for k in order:
        other = Unit(unit.layer, k)
        face = tag("div", "no kept picture", class_="none")
        if k in kept:
            face = image(kept[k].pixels, f"What {other} wants to see", side=128)
        words = showing.link(str(other)), tag("span", f" r = {r[k]:.2f}", class_="quiet")
        items.append(tag("li", tag("figure", face, tag("figcaption", words))))
    return tag(
        "section",
        tag("h2", "Units that act alike"),
        tag("p", "The strongest correlations, of either sign, of the maps' means over pictures."),
        tag("ul", items, class_="kin"),
    )
