"""The glossary: what is in it, how it is looked up, and the page that is written from it."""

import re

import pytest

from dnnvis import guide
from dnnvis.app.shell.modes.cards import CARD_TITLES, LENS_TITLES
from dnnvis.guide import glossary

ENTRIES = [entry for entries in glossary.SECTIONS.values() for entry in entries]
#: Words of the window that finding 18 of the trials had nowhere explained, and those beside them.
WORDS = """unit, layer, activation, deconvnet, guided, guided backprop, gradient, receptive field,
    what it wants, what it fires on, preset, normblur, jitter, live, board, each unit, at input,
    reached (mean), high freq., awake, aligned, corrected, distinct, MCC, strict, logit, softmax,
    lens view, contrast, seed, RNN step, imagined state, VAE map, dead unit, selectivity,
    entropy"""
MAX_LETTERS = 260  # of what a tool tip holds


def test_the_page_of_the_guide_is_written_from_the_table() -> None:
    text = "python -m dnnvis.guide.glossary > dnnvis/guide/glossary.md writes it anew"
    assert guide.read_page("glossary") == glossary.write_page(), text


@pytest.mark.parametrize("word", re.split(r",\s+", WORDS))
def test_a_word_of_the_window_is_explained(word: str) -> None:
    assert len(glossary.explain(word)) > len(word)
    assert glossary.find_entry(word.upper() + " …") is glossary.find_entry(word)


@pytest.mark.parametrize("title", sorted({c.title for c in CARD_TITLES.values() if c.header}))
def test_the_title_of_every_card_is_explained(title: str) -> None:
    assert glossary.explain(title)


def test_lenses_have_the_paper_that_they_come_from() -> None:
    for title in LENS_TITLES.values():
        entry = glossary.find_entry(title)
        assert entry is not None
        assert entry.paper is not None, title
        assert entry.paper.address.startswith("https://")
        assert entry.text.endswith(f"({entry.paper.citation})")


def test_no_name_leads_to_two_entries() -> None:
    names = [name for entry in ENTRIES for name in entry.names]
    assert sorted(names) == sorted(set(names))


def test_what_is_said_is_short_and_whole_sentences() -> None:
    for entry in ENTRIES:
        assert len(entry.meaning) <= MAX_LETTERS, entry.word
        assert entry.meaning[0].isupper() or entry.meaning[0] in "`½", entry.word
        assert entry.meaning.endswith((".", ")", "...")), entry.word


def test_a_word_that_is_not_there_is_not_explained() -> None:
    assert glossary.explain("marmalade") == ""
    assert glossary.find_entry("") is None
