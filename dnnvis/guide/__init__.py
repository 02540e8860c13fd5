"""List and read the guide: Markdown pages that open in the window under Help.

They ship with the package.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from dnnvis.core.errors import BadInput

#: Names of all pages in reading order; a page's file is its name with ``.md``.
PAGE_NAMES = (
    "index",
    "first-hour",
    "window",
    "keys",
    "glossary",
    "networks",
    "files",
    "synthesis",
    "intervene",
    "attribution",
    "building-blocks",
    "tuning",
    "recording",
    "recurrent",
    "mazes-and-chess",
    "activation-map",
    "weights",
    "atlas",
    "compare",
    "dissection",
    "playground",
    "lessons",
    "python",
    "command-line",
    "reproductions",
    "benchmarks",
    "architecture",
)
#: The page that opens where a topic has no section of its own.
CONTENTS = "index"
#: Titles of the window's panels; each has a section in ``window.md``.
PANEL_TITLES = (
    "Input",
    "Layers",
    "Kernels",
    "Graph",
    "Compare",
    "Playground",
    "Unit",
    "Lens",
    "Feature visualization",
    "Top examples",
    "Statistics",
    "Predictions",
    "Check",
    "Steps",
    "Activation map",
    "Train",
    "Problems",
)
_PANEL_PAGE = "window"
_TOPICS = {title.casefold(): title for title in PANEL_TITLES} | {
    # the names that docks have in saved layouts
    "lens 1": "Lens",
    "lens 2": "Lens",
    "lens 3": "Lens",
    "synthesis": "Feature visualization",
    "examples": "Top examples",
    "map": "Activation map",
    "mosaic": "Layers",
    "layer tree": "Layers",
}
_FENCE = re.compile(r"^(```|~~~)")
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")


def list_lessons() -> tuple[str, ...]:
    """Return the file names of the lessons that ship, in the order of the menu."""
    folder = resources.files(__package__).joinpath("lessons")
    return tuple(sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml")))


def find_lesson(name: str) -> Path:
    """Return the path of a lesson that ships."""
    return Path(str(resources.files(__package__).joinpath("lessons", name)))


@dataclass(frozen=True)
class Page:
    """One page of the guide."""

    #: What ``read_page`` takes: the file's name without ``.md``.
    name: str
    #: The page's first heading.
    title: str


@dataclass(frozen=True)
class Heading:
    """One heading of a page."""

    #: 1 for the page's title to 6.
    level: int
    #: The text as it is read, without Markdown's marks.
    title: str
    #: What a link writes after ``#``, unique on the page.
    anchor: str


@cache
def list_pages() -> tuple[Page, ...]:
    """Return every page in reading order, the contents first."""
    return tuple(Page(name, list_headings(name)[0].title) for name in PAGE_NAMES)


@cache
def read_page(name: str) -> str:
    """Return the Markdown of a page; raises BadInput for a name that no page has."""
    if name not in PAGE_NAMES:
        raise BadInput(f"The guide has no page '{name}'; it has {', '.join(PAGE_NAMES)}.")
    file = resources.files(__package__).joinpath(f"{name}.md")
    return file.read_text(encoding="utf-8")


@cache
def list_headings(name: str) -> tuple[Heading, ...]:
    """Return the headings of a page from top to bottom; raises BadInput for an unknown name."""
    headings: list[Heading] = []
    used: dict[str, int] = {}
    fenced = False
    for line in read_page(name).splitlines():
        fenced ^= bool(_FENCE.match(line))
        match = None if fenced else _HEADING.match(line)
        if match is None:
            continue
        title = re.sub(r"[`*]", "", match[2])
        slug = slugify(title)
        count = used.get(slug, 0)
        used[slug] = count + 1
        headings.append(Heading(len(match[1]), title, f"{slug}-{count}" if count else slug))
    return tuple(headings)


def slugify(title: str) -> str:
    """Return a heading's anchor as GitHub makes it: small letters, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def page_for(topic: str) -> tuple[str, str]:
    """Return the page and the anchor of the section about ``topic``.

    ``topic`` is a panel's title or dock name, or a page's name, in any case. Any other topic
    leads to the contents, so that F1 always opens something.
    """
    title = _TOPICS.get(topic.strip().casefold())
    if title is not None:
        return _PANEL_PAGE, slugify(title)
    name = topic.strip().casefold()
    return (name if name in PAGE_NAMES else CONTENTS), ""
