"""Every language says everything, with the same placeholders, and nothing else."""

import string
from typing import get_args

import pytest

from dnnvis.core.translation.catalog import FOLDER, LANGUAGES, TRANSLATIONS, read_translations
from dnnvis.session.state import Language
from helpers.window_texts import called_texts, table_texts, untranslated_texts


def placeholders(text: str) -> set[tuple[str | None, str | None]]:
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module")
def sources() -> set[str]:
    return table_texts() | called_texts().keys()


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_text_of_the_window_has_a_translation(language: str, sources: set[str]) -> None:
    assert sources - read_translations(FOLDER / f"{language}.ts").keys() == set()


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_translation_is_left_over(language: str, sources: set[str]) -> None:
    assert read_translations(FOLDER / f"{language}.ts").keys() - sources == set()


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_placeholders_of_its_text(language: str) -> None:
    for text, translation in read_translations(FOLDER / f"{language}.ts").items():
        assert placeholders(text) == placeholders(translation), text
        assert (text[:1].isspace(), text[-1:].isspace()) == (
            translation[:1].isspace(),
            translation[-1:].isspace(),
        ), text


def test_the_texts_are_collected_from_tables_and_calls() -> None:
    tables, calls = table_texts(), called_texts()
    assert {"Quit", "close the program", "Where it fires", "Click a unit", "Ctrl"} <= tables
    assert calls["Language"] == "app/shell/menus.py"
    assert calls["Put all tips away"] == "app/shell/teaching/coach_marks.py"
    assert calls["step 0 of {last}: the encoder's"] == "app/widgets/messages.py"
    assert min(len(tables), len(calls)) > 300


def test_no_text_of_the_window_goes_past_the_translation() -> None:
    assert untranslated_texts() == {}


def test_the_state_knows_every_language() -> None:
    assert set(get_args(Language)) == {"", *LANGUAGES}
