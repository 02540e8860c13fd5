"""Text in a place of its own: cut where it does not fit, and shown to be."""

import pytest
from PyQt6.QtGui import QFontMetrics, QTextDocument
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets import elided_label
from dnnvis.app.widgets.elided_label import ElidedLabel, break_lines
from dnnvis.core.formatting import as_plain_text

WORDS = "one two three four five six seven eight nine ten eleven twelve"


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def made_line(parent: QWidget, text: str, wide: int, lines: int) -> ElidedLabel:
    found = ElidedLabel(parent, lines=lines)
    found.resize(wide, found.height())
    found.setText(text)
    return found


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_what_is_cut_ends_in_an_ellipsis_and_nothing_is_too_wide(
    parent: QWidget, lines: int
) -> None:
    found = made_line(parent, WORDS, 120, lines)
    metrics = QFontMetrics(found.font())
    rows = found.rows()
    assert len(rows) == lines
    assert rows[-1].endswith("…")
    assert all(metrics.horizontalAdvance(row) <= 120 for row in rows)
    told = " ".join(rows).rstrip("…").strip()
    assert WORDS.startswith(told)
    assert told
    assert not found.grab().isNull()


def test_what_fits_is_whole(parent: QWidget) -> None:
    wide = QFontMetrics(parent.font()).horizontalAdvance(WORDS)
    rows = made_line(parent, WORDS, wide * 2 // 3, 2).rows()
    assert len(rows) == 2
    assert " ".join(rows) == WORDS
    assert made_line(parent, WORDS, wide + 10, 2).rows() == [WORDS]
    assert made_line(parent, "", 100, 2).rows() == []


def test_lines_end_where_the_text_says_so_too(parent: QWidget) -> None:
    assert made_line(parent, "one\ntwo", 400, 2).rows() == ["one", "two"]
    assert made_line(parent, "one\ntwo\nthree", 400, 2).rows() == ["one", "two …"]
    assert made_line(parent, "one\n\nthree", 400, 3).rows() == ["one", "", "three"]


def test_a_word_that_is_too_long_is_broken(parent: QWidget) -> None:
    rows = made_line(parent, "x" * 200, 100, 3).rows()
    assert len(rows) == 3
    assert rows[0] == rows[1]
    assert rows[-1].endswith("…")


def test_the_lines_are_found_once_for_a_text_and_a_width(
    parent: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(text: str, font: object, wide: int, most: int) -> list[str]:
        asked.append(wide)
        return break_lines(text, font, wide, most)

    monkeypatch.setattr(elided_label, "break_lines", counted)
    found = made_line(parent, WORDS, 120, 2)
    for _ in range(3):
        found.grab()
    assert asked == [120]
    found.resize(150, found.height())
    found.grab()
    assert asked == [120, 150]


@pytest.mark.parametrize(
    "text",
    ["conv1 & 2", "a < b", '<img src="/etc/passwd">', "<b>bold</b>\nand <qt>more", "&lt;i&gt;"],
)
def test_plain_text_is_shown_as_it_is_where_qt_guesses(text: str) -> None:
    document, is_markup = QTextDocument(), as_plain_text(text).startswith("<qt>")
    (document.setHtml if is_markup else document.setPlainText)(as_plain_text(text))
    assert document.toPlainText() == text
    assert is_markup == ("<" in text)  # nothing without it is taken for markup
