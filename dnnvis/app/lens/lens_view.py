"""Show the picture of a lens, with a small frame where it lies in the whole."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.image_view import ImageView
from dnnvis.imaging.views import PixelBox

INSET_FRACTION = 0.2  # of the drawn picture's longer side
MIN_INSET_PIXELS = 22.0
GAP_PIXELS = 4.0


class LensView(ImageView):
    """A picture; of a cut-out, an inset at the lower right shows where it was cut out."""

    _cut_out: PixelBox | None = None
    _size = (0, 0)
    note = ""

    def show_note(self, note: str) -> None:
        """Write a sentence over the upper edge of the picture; "" writes nothing."""
        if note != self.note:
            self.note = note
            self.update()

    def show_cut_out(self, box: PixelBox | None, size: tuple[int, int]) -> None:
        """Show where the picture lies in a whole of ``size`` (H, W); None: it is the whole."""
        if (box, size) != (self._cut_out, self._size):
            self._cut_out, self._size = box, size
            self.update()

    def inset(self) -> tuple[QRectF, QRectF] | None:
        """Return where the whole and its cut-out are outlined; None where there is no inset."""
        if self._cut_out is None or self._pixels is None:
            return None
        rect, (height, width) = self.image_rect(), self._size
        longest = max(INSET_FRACTION * max(rect.width(), rect.height()), MIN_INSET_PIXELS)
        scale = longest / max(height, width)
        whole = QRectF(0, 0, width * scale, height * scale)
        whole.moveBottomRight(rect.bottomRight())
        whole.translate(-GAP_PIXELS, -GAP_PIXELS)
        y, x, box_height, box_width = (side * scale for side in self._cut_out)
        return whole, QRectF(whole.x() + x, whole.y() + y, box_width, box_height)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        super().paint(painter, palette)
        if self.note and self._pixels is not None:
            self._paint_note(painter)
        inset = self.inset()
        if inset is None:
            return
        whole, cut_out = inset
        painter.fillRect(whole, QColor(16, 16, 16, 170))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for rect, color, width in (
            (whole, QColor("#909090"), 1.0),
            (cut_out, palette.color("cursor"), 1.5),
        ):
            painter.setPen(QPen(color, width))
            painter.drawRect(rect)

    def _paint_note(self, painter: QPainter) -> None:
        """Write the note white on a dark band, over as many lines as it needs."""
        painter.setFont(theme.caption_font(self))
        room = self.image_rect().adjusted(4, 2, -4, 0)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        band = painter.fontMetrics().boundingRect(room.toRect(), int(flags), self.note)
        height = min(band.height() + 4.0, room.height())
        painter.fillRect(
            QRectF(self.image_rect().x(), self.image_rect().y(), self.image_rect().width(), height),
            QColor(16, 16, 16, 190),
        )
        painter.setPen(QColor("#ffffff"))
        painter.drawText(room, int(flags), self.note)
