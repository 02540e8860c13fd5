"""Looking sentences up: what is unknown stays English, and nothing is raised."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.translation import catalog
from dnnvis.core.translation.catalog import choose_language, read_translations, set_language, tr

TS = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE"><context><name>any</name>{}</context></TS>
"""


def message(source: str, translation: str, kind: str = "") -> str:
    parts = f"<source>{source}</source><translation{kind}>{translation}</translation>"
    return f"<message>{parts}</message>"


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    path = tmp_path / "de.ts"
    rows = (
        *(message("Quit", "Beenden"), message("{count} units", "{count} Einheiten")),
        *(message("{a} of {b}", "{a} von {c}"), message("soon", "bald", ' type="unfinished"')),
        message("a &lt; b", "a kleiner b"),
    )
    path.write_text(TS.format("".join(rows)), encoding="utf-8")
    yield path
    set_language("en")


def test_a_text_is_translated_and_filled_in(german: Path) -> None:
    assert (tr("Quit"), tr("{count} units", count=3)) == ("Quit", "3 units")
    set_language("de")
    assert (tr("Quit"), tr("{count} units", count=3)) == ("Beenden", "3 Einheiten")
    assert tr("a < b") == "a kleiner b"
    set_language("en")
    assert tr("Quit") == "Quit"


def test_what_has_no_finished_translation_stays_english(german: Path) -> None:
    set_language("de")
    assert tr("Nobody translated {this}") == "Nobody translated {this}"
    assert tr("soon") == "soon"
    assert tr("{n} left", n=2) == "2 left"


def test_a_translation_that_cannot_be_filled_in_gives_way_to_english(german: Path) -> None:
    set_language("de")
    assert tr("{a} of {b}", a=1, b=2) == "1 of 2"
    assert tr("{a} of {b", a=1) == "{a} of {b"
    assert tr("{missing} {text}", text=1) == "{missing} {text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no XML",
        "<TS><context>",
        '<!DOCTYPE TS [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><TS>&b;</TS>',
        "\udcff",
    ],
)
def test_a_broken_file_means_english(german: Path, text: str) -> None:
    german.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput, match=r"de\.ts"):
        read_translations(german)
    set_language("de")
    assert (catalog.ACTIVE.language, tr("Quit")) == ("en", "Quit")


def test_a_missing_or_unknown_language_means_english(german: Path) -> None:
    german.unlink()
    for language in ("de", "tlh", "../de", ""):
        set_language(language)
        assert catalog.ACTIVE.language == "en"


@pytest.mark.parametrize(
    ("choice", "system", "language"),
    [
        ("", "de_AT", "de"),
        ("", "de-CH", "de"),
        ("", "fr_FR", "en"),
        ("", "C", "en"),
        ("en", "de_DE", "en"),
        ("de", "en_US", "de"),
    ],
)
def test_the_choice_counts_more_than_the_system(choice: str, system: str, language: str) -> None:
    assert choose_language(choice, system) == language
