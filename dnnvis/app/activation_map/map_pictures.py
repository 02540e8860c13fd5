"""Lay pictures of examples on the map where its dots are rare, without any Qt widget."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QImage, QPainter, QPen

from dnnvis.app.activation_map.colors import Dots
from dnnvis.app.activation_map.viewport import MapViewport
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.activation_map import SelectedExamples

PICTURE_PIXELS = 32  # side of a picture on the map
SPACING_PIXELS = 36  # between the middles of two pictures, at least
MAX_CROWD = 20  # dots in three by three squares of SPACING_PIXELS, up to which they are rare
MAX_PICTURES = 160
MAX_STORED = 1500  # pictures that are kept while one moves over the map


def choose_rows(dots: Dots, view: MapViewport) -> tuple[int, ...]:
    """Return the rows whose pictures have room on the part of the map on show.

    The map is divided into squares; one with few dots, and with few in the squares around it, gets
    the picture of its dot nearest to the middle, unless that would cover another picture.

    Args:
        dots: The visible dots of the map.
        view: The part on show.

    Returns:
        Rows of the map, at most MAX_PICTURES.
    """
    points = view.to_pixels(dots.z)
    inside = (points > 0).all(1) & (points < (view.width, view.height)).all(1)
    points, rows = points[inside], dots.rows[inside]
    cells = (points // SPACING_PIXELS).astype(np.int64)
    shape = view.height // SPACING_PIXELS + 3, view.width // SPACING_PIXELS + 3
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, (cells[:, 1] + 1, cells[:, 0] + 1), 1)
    around = _sum_around(counts)[cells[:, 1] + 1, cells[:, 0] + 1]
    rare = np.flatnonzero(around <= MAX_CROWD)
    middles = (cells + 0.5) * SPACING_PIXELS
    order = rare[np.argsort(np.abs(points[rare] - middles[rare]).max(1), kind="stable")]
    chosen: list[int] = []
    taken = np.zeros((0, 2))
    for k in order:
        if len(chosen) == MAX_PICTURES:
            break
        if not len(taken) or np.abs(taken - points[k]).max(1).min() >= SPACING_PIXELS:
            chosen.append(int(rows[k]))
            taken = np.concatenate([taken, points[k : k + 1]])
    return tuple(sorted(chosen))


def _sum_around(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each square the dots in it and in the eight around it."""
    padded = np.pad(counts, 1)
    height, width = counts.shape
    shifted = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    total: NDArray[np.int64] = np.sum(shifted, axis=0)
    return total


class MapPictures:
    """The pictures that have arrived, and which of them are to be drawn."""

    def __init__(self) -> None:
        self.rows: tuple[int, ...] = ()
        self._images: dict[int, QImage] = {}
        self._known: tuple[tuple[object, ...], NDArray[np.int64]] | None = None

    def clear(self) -> None:
        """Forget all: another map is shown."""
        self.rows, self._known = (), None
        self._images.clear()

    def add(self, examples: SelectedExamples) -> None:
        """Keep the pictures that have arrived; of too many those that were kept first go."""
        for row, pixels in zip(examples.rows.tolist(), examples.thumbs, strict=False):
            image = wrap_pixels(np.ascontiguousarray(pixels), QImage.Format.Format_RGB888).copy()
            self._images[row] = image
        for row in list(self._images)[: max(len(self._images) - MAX_STORED, 0)]:
            del self._images[row]

    def paint(self, painter: QPainter, view: MapViewport, dots: Dots) -> tuple[QRectF, ...]:
        """Paint the pictures of the rows on show, framed in the colors of their dots.

        Args:
            painter: Paints on the map's picture.
            view: The part on show.
            dots: The dots, with their positions and colors.

        Returns:
            Where they lie.
        """
        known = self._find(dots)
        boxes = []
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for k, (x, y) in zip(known, view.to_pixels(dots.z[known]), strict=True):
            box = QRectF(0, 0, PICTURE_PIXELS, PICTURE_PIXELS)
            box.moveCenter(QPointF(x, y))
            painter.drawImage(box, self._images[int(dots.rows[k])])
            painter.setPen(QPen(QColor.fromRgb(int(dots.colors[k])), 2))
            painter.drawRect(box)
            boxes.append(box)
        return tuple(boxes)

    def _find(self, dots: Dots) -> NDArray[np.int64]:
        """Return which dots have a picture to be drawn, looked up once for many frames."""
        key = dots, self.rows, len(self._images)
        if self._known is None or self._known[0] != key:
            drawn = [row for row in self.rows if row in self._images]
            self._known = key, np.flatnonzero(np.isin(dots.rows, drawn))
        return self._known[1]
