"""Write an atlas as one HTML page that needs no other file: pan, zoom, examples, classes."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.core.stable_file import write_whole
from dnnvis.introspect.atlas.atlas import Atlas, AtlasLevel
from dnnvis.lenses.atlas.examples import iter_crops
from dnnvis.lenses.atlas.page_script import ATLAS_SCRIPT, ATLAS_STYLE
from dnnvis.library.pages.export import definition_list
from dnnvis.library.pages.html import Child, Html, replace_unprintable, tag
from dnnvis.library.pages.images import MAX_EXACT_PIXELS, encode_data_uri
from dnnvis.library.pages.style import STYLE, script_hash
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    f"script-src {script_hash(ATLAS_SCRIPT)}; base-uri 'none'; form-action 'none'"
)
PICTURE_SIDE = 96  # pixels of a cell's picture
CROP_SIDE = 48  # pixels of an example
EXAMPLES = 4  # of each cell
MAX_EXAMPLE_CELLS = 900  # of a level, beyond which a page would have tens of megabytes
TOP_CLASSES = 6  # of each cell, where there are many
MAX_ALL_CLASSES = 20
VALUE_DIGITS = 4


def write_atlas_page(
    atlas: Atlas, path: Path, network: Network | None = None, data: Dataset | None = None
) -> None:
    """Write the page of an atlas, whole or not at all.

    Args:
        atlas: The atlas.
        path: The file.
        network: Says what each vector saw; None leaves the examples out.
        data: The pictures; None leaves the examples out.

    Raises:
        BadInput: The file cannot be written.
    """
    write_whole(path, render_atlas_page(atlas, network, data))


def render_atlas_page(
    atlas: Atlas, network: Network | None = None, data: Dataset | None = None
) -> str:
    """Return the page of an atlas as HTML, see ``write_atlas_page``."""
    title = f"Activation atlas of {atlas.layer} · {atlas.network}"
    records = {
        str(level.grid): [
            _cell_record(atlas, level, cell, network, data) for cell in range(len(level.cells))
        ]
        for level in atlas.levels
    }
    facts = {"classes": [replace_unprintable(name) for name in atlas.classes], "levels": records}
    text = json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")
    head = [
        tag("p", "Activation atlas", class_="eyebrow"),
        tag("h1", tag("bdi", atlas.layer), " ", tag("small", atlas.network)),
        definition_list(
            ("Activations", f"{len(atlas.points):,}"),
            ("Layout", {"map": "InfoVAE map", "pca": "PCA", "umap": "UMAP"}[atlas.layout]),
            ("Cells", ", ".join(f"{len(level.cells)} of {level.grid}²" for level in atlas.levels)),
            ("Own picture nearest", _describe_recognized(atlas)),
            ("Pictures of", tag("bdi", Path(atlas.data).name)),
        ),
    ]
    return "<!doctype html>\n" + tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="generator", content="dnnvis"),
            tag("link", rel="icon", href="data:,"),
            tag("title", title),
            tag("style", Html(STYLE + ATLAS_STYLE)),
        ),
        tag(
            "body",
            tag("a", "Skip to the atlas", href="#main", class_="skip"),
            tag("header", *head),
            tag("main", _render_tools(atlas), _render_view(atlas), id="main"),
            _render_footer(atlas),
            tag("script", Html(text), type="application/json", id="atlas-data"),
            tag("script", Html(ATLAS_SCRIPT)),
        ),
        lang="en",
    )


def _describe_recognized(atlas: Atlas) -> str:
    level = atlas.levels[0]
    return f"{level.recognized.mean():.0%} of {len(level.cells)} cells"


def _cell_record(
    atlas: Atlas, level: AtlasLevel, cell: int, network: Network | None, data: Dataset | None
) -> dict[str, Any]:
    values = level.attribution[cell]
    count = len(values) if len(values) <= MAX_ALL_CLASSES else TOP_CLASSES
    order = np.argsort(-values, kind="stable")[:count]
    examples: list[str] = []
    if network is not None and data is not None and len(level.cells) <= MAX_EXAMPLE_CELLS:
        crops = iter_crops(network, atlas.layer, data, level, cell, EXAMPLES)
        examples = [encode_data_uri(crop, side=CROP_SIDE) for crop in crops]
    return {
        "at": level.cells[cell].tolist(),
        "count": int(level.counts[cell]),
        "classes": [[int(k), float(f"{values[k]:.{VALUE_DIGITS}g}")] for k in order],
        "examples": examples,
    }


def _render_tools(atlas: Atlas) -> Html:
    options = [tag("option", "all", value="")]
    options += [tag("option", name, value=str(k)) for k, name in _filter_classes(atlas)]
    return tag(
        "form",
        tag("label", "Class", tag("select", *options, name="category")),
        tag("button", "Zoom in", type="button", name="nearer"),
        tag("button", "Zoom out", type="button", name="farther"),
        tag("output"),
        class_="tools",
    )


def _filter_classes(atlas: Atlas) -> list[tuple[int, str]]:
    """Return the classes that a reader can choose: those that some cell speaks for."""
    if len(atlas.classes) <= MAX_ALL_CLASSES:
        return list(enumerate(atlas.classes))
    tops = {
        int(k)
        for level in atlas.levels
        for row in np.argsort(-level.attribution, 1, kind="stable")[:, :TOP_CLASSES]
        for k in row
    }
    return sorted(((k, atlas.classes[k]) for k in tops), key=lambda pair: pair[1].casefold())


def _render_view(atlas: Atlas) -> Html:
    levels = [_render_level(atlas, level, k > 0) for k, level in enumerate(atlas.levels)]
    return tag(
        "div",
        tag("div", tag("div", *levels, class_="sheet"), class_="atlas"),
        tag(
            "aside",
            tag("p", "Point at a picture: which classes it speaks for, and what was seen there."),
            class_="cell-info",
            aria_live="polite",
        ),
        class_="atlas-view",
    )


def _render_level(atlas: Atlas, level: AtlasLevel, hidden: bool) -> Html:
    side = 100 / level.grid
    images = []
    for cell, ((row, column), picture) in enumerate(
        zip(level.cells.tolist(), level.pictures, strict=True)
    ):
        style = (
            f"left:{column * side:.4g}%;top:{row * side:.4g}%;width:{side:.4g}%;height:{side:.4g}%"
        )
        images.append(
            tag(
                "img",
                src=encode_data_uri(picture, side=PICTURE_SIDE),
                alt=_describe_cell(atlas, level, cell),
                style=style,
                class_="hard" if max(picture.shape[:2]) <= MAX_EXACT_PIXELS else None,
                data_cell=str(cell),
                tabindex="0",
                draggable="false",
            )
        )
    return tag("div", *images, class_="level", data_grid=str(level.grid), hidden=hidden)


def _describe_cell(atlas: Atlas, level: AtlasLevel, cell: int) -> str:
    row, column = level.cells[cell].tolist()
    text = f"row {row}, column {column}"
    values = level.attribution[cell]
    if not len(values) or values.max() <= 0:
        return text
    return f"{text}: {atlas.classes[int(values.argmax())]}"


def _render_footer(atlas: Atlas) -> Html:
    notes: list[Child] = [tag("li", note) for note in atlas.notes]
    return tag(
        "footer",
        tag("h2", "How to read it"),
        tag(
            "p",
            "Each picture is what the mean of the activations in its cell asks for (Carter et al. "
            "2019), grown without any photograph. Numbers of classes are activation times the "
            "gradient of the class's logit, a linear approximation.",
        ),
        tag("ul", *notes),
        tag(
            "p",
            "Network ",
            tag("bdi", atlas.network),
            ", fingerprint ",
            tag("code", atlas.fingerprint),
            ". Made by dnnvis.",
            class_="quiet",
        ),
    )
