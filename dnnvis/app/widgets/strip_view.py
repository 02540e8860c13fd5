"""Pictures of steps in rows: truth over imagination over their difference."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.app.widgets.strip_layout import LEAST, NARROWEST, Layout, layout, texts_of
from dnnvis.app.widgets.strip_rendering import DrawnRow

GAP = theme.GAP


@dataclass(frozen=True)
class Spot:
    """What lies under a point: a column, and there the row and the place (y, x) in its picture,
    None between the pictures."""

    column: int
    row: int | None = None
    place: tuple[int, int] | None = None


class StripView(QWidget):
    """A click on a column reports its number. Pixels are enlarged crisply, by a whole number
    where there is room for twice their size. Where there are more columns than fit, those about
    the present one are shown. ``painted`` counts the strips that came to the screen."""

    clicked = pyqtSignal(int)
    pointed = pyqtSignal(object)  # Spot, None when the mouse leaves

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[DrawnRow, ...] = ()
        self._images: list[QImage] = []
        self._headings: tuple[str, ...] = ()
        self._marks: tuple[str, ...] = ()
        self._present: int | None = None
        self._words = ""
        self._stale = False
        self._laid: Layout | None = None  # until texts, size or font change
        self._fresh = False  # rows that were not painted yet
        self.painted = 0  # how often fresh ones were
        self.setAccessibleName("Strip of steps")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # -- what is shown

    def show_rows(
        self, rows: Sequence[DrawnRow], headings: Sequence[str], marks: Sequence[str]
    ) -> None:
        """Draw ``rows``; over each column a heading, under it a few words."""
        kind = QImage.Format.Format_RGB888
        about = texts_of(rows), [row.count for row in rows], tuple(marks)
        if about != (texts_of(self._rows), [row.count for row in self._rows], self._marks):
            self._laid = None
        self._rows, self._words = tuple(rows), ""
        self._images = [
            wrap_pixels(row.pixels, kind) for row in rows
        ]  # each lives on its row's pixels
        self._headings, self._marks = tuple(headings), tuple(marks)
        self._fresh = True
        self.update()

    def show_words(self, words: str) -> None:
        """Say why there are no pictures."""
        if words != self._words or self._rows:
            self._rows, self._images, self._words = (), [], words
            self.update()

    def show_present(self, column: int | None) -> None:
        """Frame the column of the step on show."""
        if column != self._present:
            self._present, self._laid = column, None
            self.update()

    def show_stale(self, stale: bool) -> None:
        """Tint what surrounds the pictures."""
        if stale != self._stale:
            self._stale = stale
            self.update()

    @property
    def words(self) -> str:
        return self._words

    @property
    def rows(self) -> tuple[DrawnRow, ...]:
        return self._rows

    @property
    def present(self) -> int | None:
        return self._present

    @property
    def headings(self) -> tuple[str, ...]:
        return self._headings

    @property
    def marks(self) -> tuple[str, ...]:
        return self._marks

    def sizeHint(self) -> QSize:
        return QSize(420, 220)

    def minimumSizeHint(self) -> QSize:
        line = QFontMetricsF(theme.small(self)).height()
        return QSize(240, round(3 * (LEAST + GAP) + 2 * line + 2 * GAP))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._laid = None

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        self._laid = None

    # -- where it lies

    @property
    def columns(self) -> int:
        return max((row.count for row in self._rows), default=0)

    @property
    def _lay(self) -> Layout:
        """How the widget is divided, found out once for many frames."""
        if self._laid is None:
            size = self.width(), self.height()
            small = QFontMetricsF(theme.small(self))
            self._laid = layout(self._rows, self._marks, self._present or 0, size, small)
        return self._laid

    def visible(self) -> range:
        """The columns that there is room for."""
        return self._lay.visible

    def column_box(self, column: int) -> QRectF:
        """Where a column lies, heading and marks included; empty where it is out of sight."""
        lay = self._lay
        if column not in lay.visible:
            return QRectF()
        left = lay.left + (column - lay.visible.start) * lay.pitch
        return QRectF(left, 0, lay.pitch, self.height())

    def picture_box(self, row: int, column: int) -> QRectF:
        """Where a picture lies; empty where there is none."""
        column_box = self.column_box(column)
        if column_box.isEmpty() or not 0 <= column < self._rows[row].count:
            return QRectF()
        inner = self._row_box(row)
        box = QRectF(column_box.left(), inner.top(), column_box.width(), inner.height())
        box.adjust(GAP / 2, 0, -GAP / 2, 0)
        if self._rows[row].classes:
            return box
        high, wide = self._rows[row].size
        ratio = self.devicePixelRatioF()
        scale = min(box.width() / wide, box.height() / high) * ratio
        scale = (int(scale) if scale >= 2 else scale) / ratio
        placed = QRectF(0, 0, wide * scale, high * scale)
        placed.moveCenter(box.center())
        placed.moveTo(round(placed.left() * ratio) / ratio, round(placed.top() * ratio) / ratio)
        return placed

    def spot_at(self, point: QPointF) -> Spot | None:
        """What lies under a point of the widget."""
        for column in self.visible():
            if not self.column_box(column).contains(point):
                continue
            for row, drawn in enumerate(self._rows):
                box = self.picture_box(row, column)
                if box.contains(point):
                    high, wide = drawn.size
                    y = int((point.y() - box.top()) / box.height() * high)
                    x = int((point.x() - box.left()) / box.width() * wide)
                    return Spot(column, row, (min(y, high - 1), min(x, wide - 1)))
            return Spot(column)
        return None

    def _row_box(self, row: int) -> QRectF:
        """The room of a row, all its columns and its name."""
        lay = self._lay
        return QRectF(0, lay.top + row * lay.high, self.width(), lay.high - GAP / 2)

    # -- painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        if self._fresh:
            self.painted += 1
            self._fresh = False
        painter = QPainter(self)
        tones = theme.tones(self)
        painter.fillRect(self.rect(), tones.colour("stale" if self._stale else "base"))
        if not self._rows:
            painter.setPen(tones.colour("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, GAP, -12, -GAP), flags, self._words)
        else:
            self._paint_strip(painter, tones)
        if self.hasFocus():
            painter.setPen(QPen(tones.colour("accent"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_strip(self, painter: QPainter, tones: theme.Tones) -> None:
        painter.setFont(theme.small(self))
        present = self.column_box(-1 if self._present is None else self._present)
        if not present.isEmpty():
            painter.fillRect(present, tones.colour("raised"))
        for number, row in enumerate(self._rows):
            self._paint_name(painter, tones, number, row)
            for column in self.visible():
                self._paint_picture(painter, number, column)
        for column in self.visible():
            self._paint_words(painter, tones, column)
        self._paint_more(painter, tones)
        if not present.isEmpty():
            painter.setPen(QPen(tones.colour("accent"), 2))
            painter.drawRoundedRect(present.adjusted(1, 1, -1, -1), 4, 4)

    def _paint_name(
        self, painter: QPainter, tones: theme.Tones, number: int, row: DrawnRow
    ) -> None:
        box = self._row_box(number)
        box.setWidth(self._lay.left - GAP)
        box.setLeft(GAP)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if row.classes:
            self._paint_labels(painter, tones, row, box)
            return
        painter.setPen(tones.colour("text"))
        lines = [row.name, *(line for line in row.note.split("\n") if line)]
        line = self._lay.small.height()
        lines = lines[: max(1, int(box.height() // line))]
        top = box.center().y() - len(lines) * line / 2
        for k, text in enumerate(lines):
            place = QRectF(box.left(), top + k * line, box.width(), line)
            painter.drawText(place, right, self._cut(text, box.width()))
            painter.setPen(tones.colour("muted"))

    def _paint_labels(
        self, painter: QPainter, tones: theme.Tones, row: DrawnRow, box: QRectF
    ) -> None:
        """The classes of a list of scores, as many as there is room for."""
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        high = box.height() / len(row.labels)
        every = max(1, -(-int(self._lay.small.height()) // max(int(high), 1)))
        painter.setPen(tones.colour("text"))
        for k in range(0, len(row.labels), every):
            place = QRectF(box.left(), box.top() + k * high, box.width(), high)
            painter.drawText(place, right, self._cut(row.labels[k], box.width()))

    def _paint_picture(self, painter: QPainter, number: int, column: int) -> None:
        box, row = self.picture_box(number, column), self._rows[number]
        if box.isEmpty():
            return
        high, wide = row.size
        smooth = not row.classes and box.width() < wide
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        source = QRectF(0, column * high, wide, high)
        painter.drawImage(box, self._images[number], source)
        painter.setPen(QPen(QColor(128, 128, 128, 90), 1))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_words(self, painter: QPainter, tones: theme.Tones, column: int) -> None:
        """The heading over a column and the words under it."""
        box, line = self.column_box(column), self._lay.small.height()
        box.adjust(3, 0, -3, 0)
        centre = Qt.AlignmentFlag.AlignHCenter
        if column < len(self._headings):
            painter.setPen(tones.colour("text" if column == self._present else "muted"))
            heading = self._headings[column]
            place = QRectF(box.left(), GAP / 2, box.width(), line)
            painter.drawText(place, centre, self._fitting(heading, box.width()))
        if column < len(self._marks):
            painter.setPen(tones.colour("text"))
            top = self.height() - GAP / 2 - self._lay.mark_lines * line
            for k, text in enumerate(self._lay.marks[column]):
                row = QRectF(box.left(), top + k * line, box.width(), line)
                painter.drawText(row, centre, self._cut(text, box.width()))
                painter.setPen(tones.colour("muted"))

    def _paint_more(self, painter: QPainter, tones: theme.Tones) -> None:
        """How many columns are out of sight on either side."""
        shown = self.visible()
        before, after = shown.start, self.columns - shown.stop
        painter.setPen(tones.colour("accent"))
        line = self._lay.small.height()
        if before:
            place = QRectF(GAP, GAP / 2, self._lay.left - 2 * GAP, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, f"‹ {before} more")
        if after:
            place = QRectF(GAP, self.height() - line - GAP / 2, self._lay.left - 2 * GAP, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, f"{after} more ›")

    def _cut(self, text: str, width: float) -> str:
        return self._lay.small.elidedText(text, Qt.TextElideMode.ElideRight, width)

    def _fitting(self, heading: str, width: float) -> str:
        """The whole heading, or its number alone."""
        if self._lay.small.horizontalAdvance(heading) <= width:
            return heading
        return heading.split(" ")[0] if width < NARROWEST + GAP else self._cut(heading, width)

    # -- the mouse and the focus

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        spot = self.spot_at(event.position()) if event is not None else None
        if event is not None and spot is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(spot.column)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None:
            self.pointed.emit(self.spot_at(event.position()))

    def leaveEvent(self, event: QEvent | None) -> None:
        self.pointed.emit(None)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        self.update()
