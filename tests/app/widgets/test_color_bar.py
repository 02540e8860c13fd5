from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets.color_bar import BAR_WIDTH, ColorBar


def shown_bar(qtbot: QtBot) -> tuple[ColorBar, list[int]]:
    """Return a bar on show, and where it is painted from now on: left edges."""
    lefts: list[int] = []

    class Bar(ColorBar):
        def paintEvent(self, event: QPaintEvent | None) -> None:
            assert event is not None
            lefts.append(event.rect().left())
            super().paintEvent(event)

    bar = Bar()
    qtbot.addWidget(bar)
    bar.resize(80, 200)
    bar.show_range((0.0, 1.0), "viridis")
    with qtbot.waitExposed(bar):
        bar.show()
    QApplication.processEvents()
    lefts.clear()
    return bar, lefts


def test_other_numbers_are_written_without_painting_the_colors_again(qtbot: QtBot) -> None:
    bar, lefts = shown_bar(qtbot)
    bar.show_range((0.0, 2.0), "viridis")
    QApplication.processEvents()
    assert lefts
    assert min(lefts) > BAR_WIDTH
    known = bar.grab().toImage()
    bar.repaint()  # all of it
    assert bar.grab().toImage() == known


def test_a_range_that_is_written_alike_is_not_painted_but_kept(qtbot: QtBot) -> None:
    bar, lefts = shown_bar(qtbot)
    bar.show_range((0.0, 1.0001), "viridis")
    QApplication.processEvents()
    assert not lefts
    assert bar.color_scale is not None
    assert bar.color_scale.limits == (0.0, 1.0001)


def test_other_colors_are_painted(qtbot: QtBot) -> None:
    bar, lefts = shown_bar(qtbot)
    bar.show_range((0.0, 1.0), "gray")
    QApplication.processEvents()
    assert min(lefts) == 0
