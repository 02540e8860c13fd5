"""Build HTML that its content cannot break: all text is escaped unless it is HTML already."""

import html
import re
from collections.abc import Iterable

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_EMPTY = ("img", "meta", "link", "input", "br")  # elements without content


class Html(str):
    """Text that is HTML; ``tag`` and ``join`` build it."""

    __slots__ = ()


Child = str | None | Iterable["Child"]


def replace_unprintable(text: str) -> str:
    """Return the text with U+FFFD for what cannot be shown or would reverse the text."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def escape(text: str) -> Html:
    """Return any text as HTML, see ``replace_unprintable``."""
    return Html(html.escape(replace_unprintable(text)))


def join(*children: Child) -> Html:
    """Return the children one after another; text is escaped, None is left out."""
    return Html("".join(_flatten(children)))


def _flatten(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, str):
            yield child if isinstance(child, Html) else escape(child)
        elif child is not None:
            yield from _flatten(child)


def tag(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Html:
    """Return an element.

    ``class_`` is written class, ``data_value`` data-value; True is an attribute without a value,
    None and False are left out.
    """
    attribute_text = ""
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute_text += " " + key.rstrip("_").replace("_", "-")
        if value is not True:
            attribute_text += f'="{escape(value if isinstance(value, str) else f"{value:g}")}"'
    if name in _EMPTY:
        return Html(f"<{name}{attribute_text}>")
    return Html(f"<{name}{attribute_text}>{join(*children)}</{name}>")
