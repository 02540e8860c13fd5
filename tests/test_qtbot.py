"""What the tests of the window stand on: a widget lives as long as it is painted."""

import gc
import weakref
from typing import Any

import pytest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot


class Cyclic(QWidget):
    """A widget that only the collector frees, as any with a callback of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.callback = self.update


@pytest.fixture
def seen() -> Any:
    """What the test leaves to look at when its own variables are gone."""
    left: list[weakref.ref[QWidget]] = []
    yield left
    gc.collect()
    assert left[0]() is not None  # torn down before qtbot, which closes it


def test_a_widget_that_only_the_test_knew_outlives_its_last_painting(
    qtbot: QtBot, seen: list[Any]
) -> None:
    widget = Cyclic()
    qtbot.addWidget(widget)
    seen.append(weakref.ref(widget))
