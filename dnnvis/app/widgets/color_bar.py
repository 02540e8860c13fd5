"""Paint the colors of a picture with the values that they show."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QImage, QPainter
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.captioned_image import ColorScale
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.core.formatting import format_number
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging import colorize

BAR_WIDTH = 12


class ColorBar(PaintedWidget):
    """An upright bar of a colormap with its values.

    The value grows linearly upwards, so gamma bends the colors, not the values.
    """

    policies = (Policy.Fixed, Policy.Expanding)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Colour bar"), parent)
        self._range: tuple[float, float] | None = None
        self._pixels: NDArray[np.uint8] | None = None
        self._key: tuple[str, float] | None = None
        self._written: tuple[str, ...] = ()  # the labels on show

    def show_range(
        self, value_range: tuple[float, float] | None, name: str, gamma: float = 1
    ) -> None:
        """Show a colormap and its range.

        Args:
            value_range: Lowest and highest value; None: every unit has its own range.
            name: Name of the colormap.
            gamma: Exponent applied to the values before the colormap.
        """
        if (value_range, name, gamma) == (self._range, *(self._key or ("", 0))):
            return
        self._range = value_range
        has_new_colors = self._key != (name, gamma)
        if has_new_colors:
            self._key = (name, gamma)
            t = colorize.apply_gamma(np.linspace(1, 0, 256), gamma, name == "signed")
            column = colorize.build_lookup_table(name)[
                (t * colorize.TOP_INDEX + 0.5).astype(np.uint8)
            ]
            self._pixels = np.ascontiguousarray(np.repeat(column[:, None], 4, 1))
        written, self._written = self._written, self.texts()
        if has_new_colors:
            self.update()
        elif written != self._written:  # a range changes with each frame, its few digits seldom
            self.update(self._text_left, 0, self.width() - self._text_left, self.height())

    @property
    def _text_left(self) -> int:
        return BAR_WIDTH + theme.GAP

    @property
    def color_scale(self) -> ColorScale | None:
        """Return what the bar shows; None where every unit has its own range."""
        if self._range is None or self._key is None:
            return None
        name, gamma = self._key
        return ColorScale(self._range, name, gamma, name == "signed")

    def texts(self) -> tuple[str, str, str]:
        """Return the labels at the top, in the middle and at the bottom."""
        if self._range is None:
            return tr("max"), "", tr("min")
        low, high = self._range
        return (
            format_number(high),
            format_number((low + high) / 2),
            format_number(low),
        )

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance("-0.00000")
        return QSize(BAR_WIDTH + width + theme.GAP, 120)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width(), 40)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if self._pixels is None:
            return
        painter.setFont(theme.value_font(self))
        line = painter.fontMetrics().height()
        bar = QRectF(0.5, line / 2, BAR_WIDTH, self.height() - line)
        image = wrap_pixels(self._pixels, QImage.Format.Format_RGB888)
        painter.drawImage(bar, image)
        painter.setPen(palette.color("line"))
        painter.drawRect(bar)
        painter.setPen(palette.color("text"))
        left, room = self._text_left, self.width() - self._text_left
        for text, y in zip(self.texts(), (bar.top(), bar.center().y(), bar.bottom()), strict=True):
            rect = QRectF(left, y - line / 2, room, line)
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, text)
