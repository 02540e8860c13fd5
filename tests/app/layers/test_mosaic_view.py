import numpy as np
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QPaintEvent
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.layers.mosaic_view import MosaicView
from dnnvis.imaging.colorize import build_lookup_table

NONE_DIMMED = np.zeros((0, 4), np.int64)
VEIL, WHITE = QColor("#202020"), QColor("#ffffff")


class Canvas(MosaicView):
    """A mosaic that notes how much of it is painted."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        assert event is not None
        self.__dict__.setdefault("areas", []).append(event.rect())
        super().paintEvent(event)


def shown_canvas(qtbot: QtBot) -> Canvas:
    host = QWidget()
    qtbot.addWidget(host)
    canvas = Canvas(host)
    host.resize(400, 400)
    canvas.resize(400, 400)
    indices = np.random.default_rng(1).integers(0, 250, (100, 100), dtype=np.uint8)
    canvas.show_indices(indices, build_lookup_table("viridis"))
    with qtbot.waitExposed(host):
        host.show()
    frame(canvas, 0)
    canvas.viewport().repaint()
    QApplication.processEvents()
    canvas.areas.clear()
    return canvas


def frame(canvas: Canvas, number: int) -> None:
    """Frame one of the boxes along the diagonal."""
    box = (10.0 * number, 10.0 * number, 9.0, 9.0)
    canvas.marks.show_marks(((box, WHITE),), NONE_DIMMED, VEIL, QRectF(0, 0, 100, 100))


def test_a_frame_that_moves_paints_little_and_leaves_nothing_behind(qtbot: QtBot) -> None:
    canvas = shown_canvas(qtbot)
    frame(canvas, 1)
    QApplication.processEvents()
    assert canvas.areas
    assert max(area.width() * area.height() for area in canvas.areas) < 0.25 * 400 * 400
    moved = canvas.grab().toImage()
    canvas.marks.update()  # all of it
    canvas.viewport().repaint()
    assert canvas.grab().toImage() == moved


def test_the_same_marks_paint_nothing_and_other_veils_all(qtbot: QtBot) -> None:
    canvas = shown_canvas(qtbot)
    frame(canvas, 0)
    QApplication.processEvents()
    assert not canvas.areas
    canvas.marks.show_marks((), np.array([[10, 10, 9, 9]]), VEIL, QRectF(0, 0, 100, 100))
    QApplication.processEvents()
    assert max(area.width() for area in canvas.areas) > 350
