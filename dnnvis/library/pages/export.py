"""Self-contained HTML pages of what a library knows: of a unit, of a layer, of all of it.

In the manner of OpenAI Microscope (Schubert et al. 2020): what a unit wants to see beside what it
fires on. A page refers to no other file or server but pages beside it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import LayerInfo
from dnnvis.core.receptive_field import Box, per_axis
from dnnvis.core.stable_file import write_whole
from dnnvis.core.unit import Unit
from dnnvis.library.pages.html import Child, Html, join, tag
from dnnvis.library.pages.style import SCRIPT, STYLE, script_hash
from dnnvis.library.store.library import Library
from dnnvis.library.store.preprocessing import describe_other_preprocessing
from dnnvis.library.store.records import By
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network

Pixels = NDArray[np.uint8]
DrawBackward = Callable[[Unit, Pixels, tuple[int, int], Box, str], Pixels]
INDEX = "index.html"
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    f"script-src {script_hash()}; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class PageContext:
    """What pages are built from."""

    #: The library.
    library: Library
    #: Gives receptive fields and class names; None where its file cannot be opened.
    network: Network | None = None
    #: Draws a backward picture uint8 (h, w, 3) of (unit, whole picture, position, box, lens);
    #: raises a DnnvisError where there is none.
    draw_backward: DrawBackward | None = None
    #: Date of the export.
    created: str = ""
    #: Commands that build the pages again.
    rebuild_commands: Sequence[str] = ()
    #: Number of examples.
    k: int = 9
    #: Ranking of examples by the maximum or the mean.
    by: By = "max"
    #: Unit or layer -> the page beside this one that shows it.
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of the network."""
        return self.library.network or "a network without a name"

    def layer(self, name: str) -> LayerInfo | None:
        """Return the layer's row of the layer table, where the network is there."""
        return None if self.network is None else self.network.layer(name)

    def label(self, unit: Unit) -> str:
        """Return the class that a unit of the output stands for, or ""."""
        labels = () if self.network is None else self.network.card.labels
        named = unit.layer == OUTPUT and unit.channel < len(labels)
        return str(labels[unit.channel]) if named else ""

    def link(self, target: str, text: Child = None) -> Html:
        """Return ``text`` as a link to the page of a unit or layer, where there is one."""
        text = join(target if text is None else text)
        return tag("a", text, href=self.links[target]) if target in self.links else text


def render_document(
    context: PageContext, title: str, head: Child, body: Child, targets: Sequence[str] = ("",)
) -> str:
    """Return a whole page.

    Args:
        context: What pages are built from.
        title: Title of the page.
        head: What stands on top.
        body: The sections.
        targets: Other pages to link to, as far as they exist beside it; "" is that of all layers.
    """
    about = tag(
        "footer",
        tag("h2", "How to make this again"),
        tag("pre", "\n".join(context.rebuild_commands)) if context.rebuild_commands else None,
        tag(
            "p",
            "Network ",
            tag("bdi", context.name),
            ", fingerprint ",
            tag("code", context.library.fingerprint or "unknown"),
            ". Made ",
            context.created,
            " by dnnvis from the library ",
            tag("bdi", context.library.path.name),
            ".",
            class_="quiet",
        ),
    )
    return "<!doctype html>\n" + tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="generator", content="dnnvis"),
            tag("link", rel="icon", href="data:,"),
            tag("title", f"{title} · {context.name}"),
            tag("style", Html(STYLE)),
        ),
        tag(
            "body",
            tag("a", "Skip to the pictures", href="#main", class_="skip"),
            tag("header", _render_nav(context, targets), head),
            tag("main", _render_mark(context), body, id="main"),
            about,
            tag("script", Html(SCRIPT)),
        ),
        lang="en",
    )


def _render_mark(context: PageContext) -> Html | None:
    """Return a paragraph where the pictures were scanned with another preprocessing."""
    if context.network is None or not context.library.scans():
        return None
    stale = describe_other_preprocessing(context.library, context.network)
    return tag("p", f"Stale: {stale}.") if stale else None


def _render_nav(context: PageContext, targets: Sequence[str]) -> Html | None:
    links = [context.link(name, name or "All layers") for name in targets if name in context.links]
    return tag("nav", *links, aria_label="Pages") if links else None


def describe_kind(info: LayerInfo | None) -> str | None:
    """Return the kind and shape of a layer as text."""
    return None if info is None else f"{info.kind}, {' × '.join(map(str, info.shape))}"


def describe_field(info: LayerInfo | None) -> str | None:
    """Return how much of the picture a unit sees, as text."""
    if info is None:
        return None
    if info.field is None:
        return "the whole input"
    height, width = per_axis(info.field).size
    return f"{height} × {width} pixels"


def definition_list(*pairs: tuple[str, Child]) -> Html:
    """Return names with values in one line."""
    rows = [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value]
    return tag("dl", *rows, class_="facts")


def assign_file_names(targets: Sequence[str]) -> dict[str, str]:
    """Return the file name of each unit's or layer's page: plain, and distinct on any disk."""
    names: dict[str, str] = {}
    taken = {INDEX}
    for target in targets:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", target).strip("-.")[:80] or "page"
        name, suffix = f"{stem}.html", 2
        while name.lower() in taken:
            name, suffix = f"{stem}-{suffix}.html", suffix + 1
        taken.add(name.lower())
        names[target] = name
    return names


def write_page(path: Path, text: str) -> None:
    """Write a page atomically; raise BadInput where that fails."""
    write_whole(path, text)
