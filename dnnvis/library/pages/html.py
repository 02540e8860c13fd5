"""HTML that cannot be broken by what it shows: every text is escaped unless it is HTML already."""

import html
import re
from collections.abc import Iterable

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_EMPTY = ("img", "meta", "link", "input", "br")  # elements that hold nothing


class Html(str):
    """Text that is HTML; ``tag`` and ``joined`` make it."""

    __slots__ = ()


Child = str | None | Iterable["Child"]


def printable(text: str) -> str:
    """The text with U+FFFD for what cannot be shown, or would turn the text around."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def escaped(text: str) -> Html:
    """Any text as HTML, ``printable``."""
    return Html(html.escape(printable(text)))


def joined(*children: Child) -> Html:
    """The children one after another; those that are not Html are escaped, None is nothing."""
    return Html("".join(_parts(children)))


def _parts(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, str):
            yield child if isinstance(child, Html) else escaped(child)
        elif child is not None:
            yield from _parts(child)


def tag(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Html:
    """An element. ``class_`` is written class, ``data_value`` data-value; True is an attribute
    without a value, None and False are none."""
    said = ""
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        said += " " + key.rstrip("_").replace("_", "-")
        if value is not True:
            said += f'="{escaped(value if isinstance(value, str) else f"{value:g}")}"'
    if name in _EMPTY:
        return Html(f"<{name}{said}>")
    return Html(f"<{name}{said}>{joined(*children)}</{name}>")
