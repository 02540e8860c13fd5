"""The bar of a lesson: it covers no card, and shows every text whole."""

from pathlib import Path

from PyQt6.QtCore import QRect, Qt
from pytestqt.qtbot import QtBot

from dnnvis.session.lesson import MAX_TEXT_LETTERS, parse_lesson
from helpers.application_window import Stage, toy

WRAP = int(Qt.TextFlag.TextWordWrap)


def test_the_longest_text_is_whole_and_the_cards_do_not_move(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    window, bar = stage.window, stage.window.teaching.bar
    stage.runs()
    long_text = "long word " * (MAX_TEXT_LETTERS // 10 - 1)
    steps = "".join(f'[[step]]\ntitle = "a"\ntext = "{text}"\n' for text in ("One.", long_text))
    window.teaching.player.start(parse_lesson(f'title = "t"\n{steps}', "t", {}))
    for width, letters in ((1280, 0), (1024, 0), (1600, 100)):
        try:
            if letters:
                window.scale_letters(letters)
            window.resize(width, 800)
            stage.until(lambda want=width: window.width() == want)
            window.teaching.player.restart()
            stage.until(lambda: window.page.geometry().bottom() < bar.y())
            page = QRect(window.page.geometry())
            window.teaching.player.next()
            text = bar.text
            needed = text.fontMetrics().boundingRect(
                QRect(0, 0, text.width(), 1 << 16), WRAP, text.text()
            )
            assert text.height() >= needed.height()
            assert window.page.geometry() == page
            assert not bar.geometry().intersects(window.page.geometry())
            assert bar.text.text() == long_text.strip()
        finally:
            if letters:
                window.scale_letters(0)
