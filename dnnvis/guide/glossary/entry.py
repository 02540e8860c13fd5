"""One word of the glossary."""

from dataclasses import dataclass

from dnnvis.core.translation.catalog import tr


@dataclass(frozen=True)
class Paper:
    """A paper that explains a word at length."""

    #: Authors and year.
    citation: str
    #: Where it can be read.
    address: str


@dataclass(frozen=True)
class Entry:
    """A word, and what it means in the window."""

    #: The word; several that are explained at once with commas.
    word: str
    #: One or two plain sentences.
    meaning: str
    #: The paper that it comes from; None for a word of everybody.
    paper: Paper | None = None
    #: What else controls and titles call it.
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return everything that the entry is looked up by, as ``normalize`` has it."""
        names = (self.word, *self.word.split(", "), *self.aliases)
        return tuple(dict.fromkeys(normalize(name) for name in names))

    @property
    def text(self) -> str:
        """Return the meaning in the window's language, with the paper's authors and year."""
        meaning = tr(self.meaning).replace("`", "")
        return f"{meaning} ({self.paper.citation})" if self.paper is not None else meaning


def normalize(word: str) -> str:
    """Return a word in small letters, without the dots that a label may end with."""
    return word.casefold().strip(" .…:")
