"""Explain the words of the window, once: for tool tips, for the help, and for ``glossary.md``.

The table is in the modules of this folder. The page of the guide is written from it:
``python -m dnnvis.guide.glossary > dnnvis/guide/glossary.md``; a test compares them.
"""

from functools import cache

from dnnvis.guide.glossary import activation_map, boards, methods, networks, window
from dnnvis.guide.glossary.entry import Entry, Paper, normalize

#: The entries of each section of the page.
SECTIONS: dict[str, tuple[Entry, ...]] = {
    "Networks and their parts": networks.ENTRIES,
    "What the window shows": window.ENTRIES,
    "Methods": methods.ENTRIES,
    "Recurrent networks and boards": boards.ENTRIES,
    "Activation map": activation_map.ENTRIES,
}
HEAD = "Words of the window and of this guide, in the sense in which they are used here."


@cache
def _by_name() -> dict[str, Entry]:
    return {
        name: entry for entries in SECTIONS.values() for entry in entries for name in entry.names
    }


def find_entry(word: str) -> Entry | None:
    """Return the entry of a word, in any case, of a control's label or a card's title.

    None where the glossary has no such word.
    """
    return _by_name().get(normalize(word))


def explain(word: str) -> str:
    """Return what a word means, in a sentence or two; "" where the glossary does not have it."""
    entry = find_entry(word)
    return "" if entry is None else entry.text


def write_page() -> str:
    """Return the page of the guide, as Markdown."""
    lines = ["# Glossary", "", HEAD, ""]
    for title, entries in SECTIONS.items():
        lines += [f"## {title}", "", "| word | meaning |", "|---|---|"]
        lines += [f"| {entry.word} | {_write_meaning(entry)} |" for entry in entries]
        lines.append("")
    return "\n".join(lines)


def _write_meaning(entry: Entry) -> str:
    if entry.paper is None:
        return entry.meaning
    return f"{entry.meaning} ([{entry.paper.citation}]({entry.paper.address}))"


__all__ = ["SECTIONS", "Entry", "Paper", "explain", "find_entry", "write_page"]
