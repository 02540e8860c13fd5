"""Show pictures of steps in rows: truth over imagination over their difference."""

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
    QPen,
    QResizeEvent,
)
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.app.widgets.qimage import wrap_pixels
from dnnvis.app.widgets.strip_layout import (
    MIN_PITCH,
    MIN_ROW_HEIGHT,
    StripLayout,
    compute_layout,
    list_texts,
)
from dnnvis.app.widgets.strip_rendering import StripRow
from dnnvis.core.translation.catalog import tr

GAP = theme.GAP
MAX_WHOLE_LOSS = 0.06  # of a picture's side that cells of one size may cost


@dataclass(frozen=True)
class StripHit:
    """What lies under a point of the strip."""

    #: Index of the column.
    column: int
    #: Index of the row; None between the pictures.
    row: int | None = None
    #: (y, x) in the row's picture; None between the pictures.
    position: tuple[int, int] | None = None


class StripView(PaintedWidget):
    """Rows of pictures, one column a step; a click on a column reports its number.

    Pixels are enlarged crisply, by a whole number where that costs next to nothing. Where
    there are more columns than fit, those about the present one are shown. ``paint_count`` counts
    the strips that were painted on the screen.
    """

    background = "base"

    clicked = pyqtSignal(int)
    pointed = pyqtSignal(object)  # StripHit, None when the mouse leaves

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Strip of steps"), parent)
        self._rows: tuple[StripRow, ...] = ()
        self._images: list[QImage] = []
        self._headings: tuple[str, ...] = ()
        self._marks: tuple[str, ...] = ()
        self._present: int | None = None
        self._cached_layout: StripLayout | None = None  # until texts, size or font change
        self._unpainted = False  # rows that were not painted yet
        self.paint_count = 0  # how often new rows were painted
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_rows(
        self, rows: Sequence[StripRow], headings: Sequence[str], marks: Sequence[str]
    ) -> None:
        """Draw rows of pictures.

        Args:
            rows: The rows, from the top.
            headings: Heading over each column.
            marks: A few words under each column.
        """
        kind = QImage.Format.Format_RGB888
        about = list_texts(rows), [row.count for row in rows], tuple(marks)
        if about != (list_texts(self._rows), [row.count for row in self._rows], self._marks):
            self._cached_layout = None
        self._rows, self.message = tuple(rows), ""
        self._images = [
            wrap_pixels(row.pixels, kind) for row in rows
        ]  # each lives on its row's pixels
        self._headings, self._marks = tuple(headings), tuple(marks)
        self._unpainted = True
        self.update()

    def show_message(self, text: str) -> None:
        """Show why there are no pictures."""
        if text != self.message or self._rows:
            self._rows, self._images, self.message = (), [], text
            self.update()

    def show_present(self, column: int | None) -> None:
        """Frame the column of the step on show."""
        if column != self._present:
            self._present, self._cached_layout = column, None
            self.update()

    def show_stale(self, stale: bool) -> None:
        """Tint what surrounds the pictures."""
        if stale != self.stale:
            self.background = "stale" if stale else "base"
            self.update()

    @property
    def stale(self) -> bool:
        return self.background == "stale"

    @property
    def rows(self) -> tuple[StripRow, ...]:
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
        line = QFontMetricsF(theme.caption_font(self)).height()
        return QSize(240, round(3 * (MIN_ROW_HEIGHT + GAP) + 2 * line + 2 * GAP))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._cached_layout = None

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        self._cached_layout = None

    @property
    def columns(self) -> int:
        return max((row.count for row in self._rows), default=0)

    @property
    def _current_layout(self) -> StripLayout:
        """Return the layout, computed once for many frames."""
        if self._cached_layout is None:
            size = self.width(), self.height()
            small = QFontMetricsF(theme.caption_font(self))
            self._cached_layout = compute_layout(
                self._rows, self._marks, self._present or 0, size, small
            )
        return self._cached_layout

    def visible(self) -> range:
        """Return the columns that there is room for."""
        return self._current_layout.visible

    def column_box(self, column: int) -> QRectF:
        """Return the box of a column, heading and marks included; empty where it is not visible."""
        current = self._current_layout
        if column not in current.visible:
            return QRectF()
        left = current.left + (column - current.visible.start) * current.pitch
        return QRectF(left, 0, current.pitch, self.height())

    def picture_box(self, row: int, column: int) -> QRectF:
        """Return the box of a picture; empty where there is none."""
        column_box = self.column_box(column)
        if column_box.isEmpty() or not 0 <= column < self._rows[row].count:
            return QRectF()
        inner = self._row_box(row)
        box = QRectF(column_box.left(), inner.top(), column_box.width(), inner.height())
        box.adjust(GAP / 2, 0, -GAP / 2, 0)
        if self._rows[row].classes:
            return box
        height, width = self._rows[row].size
        ratio = self.devicePixelRatioF()
        scale = min(box.width() / width, box.height() / height) * ratio
        whole = float(int(scale))
        scale = (whole if whole >= 2 and whole >= (1 - MAX_WHOLE_LOSS) * scale else scale) / ratio
        rect = QRectF(0, 0, width * scale, height * scale)
        rect.moveCenter(box.center())
        rect.moveTo(round(rect.left() * ratio) / ratio, round(rect.top() * ratio) / ratio)
        return rect

    def picture_rects(self) -> tuple[QRectF, ...]:
        rows = range(len(self._rows))
        boxes = (self.picture_box(row, column) for row in rows for column in self.visible())
        return tuple(box for box in boxes if not box.isEmpty())

    def spot_at(self, point: QPointF) -> StripHit | None:
        """Return what lies under a point of the widget."""
        for column in self.visible():
            if not self.column_box(column).contains(point):
                continue
            for row, strip_row in enumerate(self._rows):
                box = self.picture_box(row, column)
                if box.contains(point):
                    height, width = strip_row.size
                    y = int((point.y() - box.top()) / box.height() * height)
                    x = int((point.x() - box.left()) / box.width() * width)
                    return StripHit(column, row, (min(y, height - 1), min(x, width - 1)))
            return StripHit(column)
        return None

    def _row_box(self, row: int) -> QRectF:
        """Return the box of a row, all its columns and its name."""
        current = self._current_layout
        return QRectF(
            0, current.top + row * current.row_height, self.width(), current.row_height - GAP / 2
        )

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if self._unpainted:
            self.paint_count += 1
            self._unpainted = False
        if not self._rows:
            self.paint_message(painter, palette, (12, GAP))
        else:
            self._paint_strip(painter, palette)
        if self.hasFocus():
            painter.setPen(QPen(palette.color("accent"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_strip(self, painter: QPainter, palette: theme.Palette) -> None:
        painter.setFont(theme.caption_font(self))
        present = self.column_box(-1 if self._present is None else self._present)
        if not present.isEmpty():
            painter.fillRect(present, palette.color("raised"))
        for number, row in enumerate(self._rows):
            self._paint_name(painter, palette, number, row)
            for column in self.visible():
                self._paint_picture(painter, number, column)
        for column in self.visible():
            self._paint_texts(painter, palette, column)
        self._paint_hidden_counts(painter, palette)
        if not present.isEmpty():
            painter.setPen(QPen(palette.color("accent"), 2))
            painter.drawRoundedRect(present.adjusted(1, 1, -1, -1), 4, 4)

    def _paint_name(
        self, painter: QPainter, palette: theme.Palette, number: int, row: StripRow
    ) -> None:
        box = self._row_box(number)
        box.setWidth(self._current_layout.left - GAP)
        box.setLeft(GAP)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if row.classes:
            self._paint_labels(painter, palette, row, box)
            return
        painter.setPen(palette.color("text"))
        lines = [tr(row.name), *(line for line in row.note.split("\n") if line)]
        line = self._current_layout.small.height()
        lines = lines[: max(1, int(box.height() // line))]
        top = box.center().y() - len(lines) * line / 2
        for k, text in enumerate(lines):
            rect = QRectF(box.left(), top + k * line, box.width(), line)
            painter.drawText(rect, right, self._elide(text, box.width()))
            painter.setPen(palette.color("muted"))

    def _paint_labels(
        self, painter: QPainter, palette: theme.Palette, row: StripRow, box: QRectF
    ) -> None:
        """Paint the classes of a list of scores, as many as there is room for."""
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        label_height = box.height() / len(row.labels)
        stride = max(1, -(-int(self._current_layout.small.height()) // max(int(label_height), 1)))
        painter.setPen(palette.color("text"))
        for k in range(0, len(row.labels), stride):
            rect = QRectF(box.left(), box.top() + k * label_height, box.width(), label_height)
            painter.drawText(rect, right, self._elide(row.labels[k], box.width()))

    def _paint_picture(self, painter: QPainter, number: int, column: int) -> None:
        box, row = self.picture_box(number, column), self._rows[number]
        if box.isEmpty():
            return
        height, width = row.size
        smooth = not row.classes and box.width() < width
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        source = QRectF(0, column * height, width, height)
        painter.drawImage(box, self._images[number], source)
        painter.setPen(QPen(QColor(128, 128, 128, 90), 1))
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_texts(self, painter: QPainter, palette: theme.Palette, column: int) -> None:
        """Paint the heading over a column and the mark under it."""
        box, line = self.column_box(column), self._current_layout.small.height()
        box.adjust(3, 0, -3, 0)
        center = Qt.AlignmentFlag.AlignHCenter
        if column < len(self._headings):
            painter.setPen(palette.color("text" if column == self._present else "muted"))
            heading = self._headings[column]
            rect = QRectF(box.left(), GAP / 2, box.width(), line)
            painter.drawText(rect, center, self._shorten_heading(heading, box.width()))
        if column < len(self._marks):
            painter.setPen(palette.color("text"))
            top = self.height() - GAP / 2 - self._current_layout.mark_lines * line
            for k, text in enumerate(self._current_layout.marks[column]):
                row = QRectF(box.left(), top + k * line, box.width(), line)
                painter.drawText(row, center, self._elide(text, box.width()))
                painter.setPen(palette.color("muted"))

    def _paint_hidden_counts(self, painter: QPainter, palette: theme.Palette) -> None:
        """Paint how many columns are hidden on either side."""
        shown = self.visible()
        hidden_left, hidden_right = shown.start, self.columns - shown.stop
        painter.setPen(palette.color("accent"))
        line = self._current_layout.small.height()
        if hidden_left:
            rect = QRectF(GAP, GAP / 2, self._current_layout.left - 2 * GAP, line)
            painter.drawText(
                rect,
                Qt.AlignmentFlag.AlignRight,
                tr("‹ {hidden_left} more", hidden_left=hidden_left),
            )
        if hidden_right:
            rect = QRectF(
                GAP, self.height() - line - GAP / 2, self._current_layout.left - 2 * GAP, line
            )
            painter.drawText(
                rect,
                Qt.AlignmentFlag.AlignRight,
                tr("{hidden_right} more ›", hidden_right=hidden_right),
            )

    def _elide(self, text: str, width: float) -> str:
        return self._current_layout.small.elidedText(text, Qt.TextElideMode.ElideRight, width)

    def _shorten_heading(self, heading: str, width: float) -> str:
        """Return the whole heading, or its number alone."""
        if self._current_layout.small.horizontalAdvance(heading) <= width:
            return heading
        return heading.split(" ")[0] if width < MIN_PITCH + GAP else self._elide(heading, width)

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
