"""The pictures of a folder follow each other, each for the seconds that are chosen."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.runtime.slide_show import SlideShow
from dnnvis.core.frame import Frame
from dnnvis.session.state import SourceChoice, State

FOLDER = State(source=SourceChoice("pictures", "/pictures", every=0.02))


def picture(index: int | None) -> Frame:
    return Frame(np.zeros((2, 2, 3), np.uint8), source=f"{index}.png", index=index)


class Folder:
    def __init__(self, bot: QtBot, position: float = 0.0) -> None:
        self.moves = 0
        feeder: Any = SimpleNamespace(position=position, next=self._move)
        self.parent = QWidget()
        bot.addWidget(self.parent)
        self.slides = SlideShow(feeder, self.parent)

    def _move(self) -> None:
        self.moves += 1


def test_each_picture_is_followed_by_the_next(qtbot: QtBot) -> None:
    folder = Folder(qtbot)
    folder.slides.follow(FOLDER)
    assert folder.slides.seconds_left is None  # before the first picture
    for index in range(3):
        folder.slides.show_frame(picture(index))
        assert folder.slides.seconds_left == 1
        qtbot.waitUntil(lambda count=index + 1: folder.moves == count, timeout=2000)
        assert not folder.slides.is_running  # until the next picture is on show


def test_nothing_follows_by_itself_unless_it_is_chosen(qtbot: QtBot) -> None:
    folder = Folder(qtbot)
    for state, index in (
        (replace(FOLDER, source=replace(FOLDER.source, every=0.0)), 0),
        (replace(FOLDER, frozen=True), 0),
        (replace(FOLDER, source=replace(FOLDER.source, kind="video")), 0),
        (FOLDER, None),  # a single picture
    ):
        folder.slides.follow(state)
        folder.slides.show_frame(picture(index))
        assert not folder.slides.is_running
        assert folder.slides.seconds_left is None
    folder.slides.show_frame(picture(0))
    assert folder.slides.is_running
    folder.slides.follow(replace(FOLDER, frozen=True))
    assert not folder.slides.is_running
    folder.slides.follow(FOLDER)
    assert folder.slides.is_running


def test_without_a_loop_the_last_picture_stays(qtbot: QtBot) -> None:
    folder = Folder(qtbot, position=1.0)
    folder.slides.follow(replace(FOLDER, source=replace(FOLDER.source, loop=False)))
    folder.slides.show_frame(picture(9))
    assert not folder.slides.is_running
    folder.slides.follow(FOLDER)
    assert folder.slides.is_running
