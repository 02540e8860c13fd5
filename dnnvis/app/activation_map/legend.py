"""Draw the legend: a row for each class, and the colors of the error with numbers."""

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QBrush,
    QColor,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from dnnvis.app.activation_map import colors as map_palette
from dnnvis.app.activation_map.colors import Bounds, MapColors
from dnnvis.app.widgets import theme
from dnnvis.core.activation_map import MapData
from dnnvis.core.formatting import as_plain_text, format_tick, format_value
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging import colorize
from dnnvis.imaging.class_colors import UNLABELED_COLOR, generate_class_colors
from dnnvis.session.map_state import MapChoice

MIN_WIDTH_PIXELS, MAX_WIDTH_PIXELS = 104, 160  # pixels, depending on the names of the classes
BAR_WIDTH_PIXELS, BAR_HEIGHT_PIXELS = 10, 104  # pixels
NO_EXAMPLE, WRONG_ANSWER = "no example", "wrong answer"
HATCH_PATTERN = Qt.BrushStyle.BDiagPattern


class MapLegend(QWidget):
    """Classes over the error's colors; ``changed`` carries the classes that are off."""

    changed = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes = ClassList(self)
        self.bar = ErrorBar(self)
        self.key = MapKey(self)
        self.classes.changed.connect(self.changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 4)
        column.setSpacing(theme.GAP)
        column.addWidget(self.classes, 1)
        column.addWidget(self.bar)
        column.addWidget(self.key)
        self.setFixedWidth(MIN_WIDTH_PIXELS)

    def show_map(
        self, map_data: MapData | None, choice: MapChoice, labels: tuple[str, ...] = ()
    ) -> None:
        """Show the classes and marks of a map.

        Args:
            map_data: The map; None shows nothing.
            choice: What the user chose on the map.
            labels: The network's class names, for a map without names.
        """
        self.key.show_map(map_data, choice)
        if self.classes.show_classes(map_data, choice, labels):
            self.setFixedWidth(
                min(max(self.classes.needed_width(), MIN_WIDTH_PIXELS), MAX_WIDTH_PIXELS)
            )

    def needed_height(self) -> int:
        """Return the height in which every class is listed."""
        parts = [part for part in (self.bar, self.key) if not part.isHidden()]
        heights = [max(part.sizeHint().height(), part.minimumHeight()) for part in parts]
        return self.classes.needed_height() + sum(heights) + (len(parts) + 3) * theme.GAP

    def show_bounds(self, bounds: Bounds, field: bool, dots: bool, map_colors: MapColors) -> None:
        """Show the range of log10 e.

        Args:
            bounds: Lowest and highest log10 e; None hides the bar.
            field: Whether the field is colored by it.
            dots: Whether the dots are colored by it.
            map_colors: Colors of the background.
        """
        self.bar.setVisible(bounds is not None and (field or dots))
        if bounds is not None:
            self.bar.show_range(bounds, field, dots, map_colors)


class ClassList(QWidget):
    """One row a class: its color, its name, how many examples it has.

    A click hides or shows it; with Shift it alone is shown, and once more all are.
    """

    changed = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[tuple[int, str, int], ...] = ()  # class, name, count
        self.off: tuple[int, ...] = ()
        self.shows_class_colors = True
        self._shown_key: tuple[object, ...] = ()
        self._first_row = 0
        self.setAccessibleName(tr("Classes of the map"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(40)
        self.setMouseTracking(True)

    def show_classes(
        self, map_data: MapData | None, choice: MapChoice, labels: tuple[str, ...] = ()
    ) -> bool:
        """Show the classes of a map; those that are off are pale.

        Args:
            map_data: The map; None shows nothing.
            choice: What the user chose on the map.
            labels: The network's class names, for a map without names.

        Returns:
            Whether the rows have changed.
        """
        self.shows_class_colors = choice.colour in ("class", "predicted")
        self.off = choice.off
        key = (map_data, choice.colour == "predicted", choice.part, labels)
        changed = key != self._shown_key
        if changed:
            self._shown_key = key
            self.rows = () if map_data is None else _class_rows(map_data, choice, labels)
            self._first_row = min(self._first_row, max(len(self.rows) - 1, 0))
        self.update()
        return changed

    def needed_width(self) -> int:
        """Return how wide the longest row would be, whole."""
        text_width = QFontMetrics(theme.caption_font(self)).horizontalAdvance
        return max(
            (text_width(f"{name}{format_value(count, ',')}") + 27 for _, name, count in self.rows),
            default=0,
        )

    def needed_height(self) -> int:
        """Return how high all rows are."""
        return max(len(self.rows) * self._row_height, self.minimumHeight())

    @property
    def _row_height(self) -> int:
        return self.fontMetrics().height() + 3

    def box(self, index: int) -> QRectF:
        """Return the box of the row at that index of the list."""
        top = (index - self._first_row) * self._row_height
        return QRectF(0, top, self.width(), self._row_height)

    def row_at(self, point: QPointF) -> int | None:
        """Return the index in the list under a point."""
        index = int(point.y() // self._row_height) + self._first_row
        return (
            index
            if point.y() >= 0 and index < self._first_row + len(self._visible_rows())
            else None
        )

    def _visible_rows(self) -> tuple[tuple[int, str, int], ...]:
        """Return the rows on show; where there are more, a line below counts them."""
        capacity = max(self.height() // self._row_height, 1)
        if len(self.rows) <= capacity:
            return self.rows[self._first_row :]
        return self.rows[self._first_row : self._first_row + max(capacity - 1, 1)]

    def more_label(self) -> str:
        """Return the line below the rows on show; "" where all are."""
        above, visible = self._first_row, len(self._visible_rows())
        below = len(self.rows) - above - visible
        parts = [f"{arrow} {count}" for arrow, count in (("▴", above), ("▾", below)) if count]
        return tr("{parts} more", parts="  ".join(parts)) if parts else ""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter, palette = QPainter(self), theme.palette(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.caption_font(self))
        max_class = max((class_index for class_index, _, _ in self.rows), default=-1)
        colors = [QColor(*map(int, c)) for c in generate_class_colors(max_class + 1)]
        visible = self._visible_rows()
        for index, (class_index, name, count) in enumerate(visible, self._first_row):
            color = colors[class_index] if class_index >= 0 else QColor(*UNLABELED_COLOR)
            self._paint_row(painter, palette, self.box(index), (color, name, count, class_index))
        painter.setPen(palette.color("muted"))
        below = self.box(self._first_row + len(visible)).adjusted(17, 0, 0, 0)
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, self.more_label())
        painter.end()

    def _paint_row(
        self,
        painter: QPainter,
        palette: theme.Palette,
        box: QRectF,
        row: tuple[QColor, str, int, int],
    ) -> None:
        color, name, count, class_index = row
        on = class_index not in self.off
        spot = QRectF(2, box.center().y() - 4.5, 9, 9)
        painter.setPen(color if self.shows_class_colors else palette.color("muted"))
        painter.setBrush(color if on and self.shows_class_colors else Qt.BrushStyle.NoBrush)
        if on and not self.shows_class_colors:
            painter.setBrush(palette.color("muted"))
        painter.drawEllipse(spot)
        painter.setPen(palette.color("muted"))
        count_text = format_value(count, ",")
        width = painter.fontMetrics().horizontalAdvance(count_text)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(
            box.adjusted(0, 0, -2, 0), Qt.AlignmentFlag.AlignRight | middle, count_text
        )
        painter.setPen(palette.color("text" if on else "muted"))
        text_box = box.adjusted(17, 0, -width - 8, 0)
        elided = painter.fontMetrics().elidedText(
            name, Qt.TextElideMode.ElideRight, int(text_box.width())
        )
        painter.drawText(text_box, middle, elided)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        index = self.row_at(event.position()) if event is not None else None
        if event is not None and index is not None:
            only = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.changed.emit(self.toggle(self.rows[index][0], only))

    def toggle(self, class_index: int, only: bool = False) -> tuple[int, ...]:
        """Return the classes that are off after a click on one."""
        off = set(self.off)
        if only:
            others = {other for other, _, _ in self.rows} - {class_index}
            return () if off == others else tuple(sorted(others))
        return tuple(sorted(off ^ {class_index}))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is None:
            return
        step = -1 if event.angleDelta().y() > 0 else 1
        self.roll(3 * step)
        event.accept()

    def roll(self, rows: int) -> None:
        """Show rows further down (or up), as far as there are some."""
        capacity = max(self.height() // self._row_height, 1)
        last = len(self.rows) - max(capacity - 1, 1) if len(self.rows) > capacity else 0
        self._first_row = min(max(self._first_row + rows, 0), last)
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.roll(0)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.row_at(QPointF(event.pos()))
            if index is not None:
                text = tr(
                    "{name}\nClick: hide or show. Shift+click: only this one.",
                    name=self.rows[index][1],
                )
                QToolTip.showText(event.globalPos(), as_plain_text(text), self)
            return True
        return super().event(event)


def _class_rows(
    map_data: MapData, choice: MapChoice, labels: tuple[str, ...]
) -> tuple[tuple[int, str, int], ...]:
    """Return class, name and count of each class that has examples.

    A map without names takes those of the network.
    """
    names = dict(enumerate(map_data.classes or labels))
    counts = map_palette.count_rows(map_data, choice.colour, choice.part)
    return tuple(
        (
            class_index,
            tr("no class")
            if class_index < 0
            else names.get(class_index, tr("class {number}", number=class_index)),
            count,
        )
        for class_index, count in counts.items()
        if count
    )


class MapKey(QWidget):
    """The meaning of hatching and rings on the map, a line for each that is there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.marks: tuple[str, ...] = ()
        self.setAccessibleName(tr("Marks on the map"))
        self.setToolTip(
            tr(
                "Hatched: no example lives there, the expected error means nothing. A ring around "
                "a dot: the network takes that example for another class."
            )
        )

    def show_map(self, map_data: MapData | None, choice: MapChoice) -> None:
        """Show the marks that this map has under this choice."""
        marks: list[str] = []
        if (
            map_data is not None
            and choice.field
            and map_data.projection == "map"
            and map_data.empty.size
        ):
            marks.append(NO_EXAMPLE)
        if map_data is not None and choice.colour == "class" and len(map_data.labels):
            marks.append(WRONG_ANSWER)
        if tuple(marks) != self.marks:
            self.marks = tuple(marks)
            self.setVisible(bool(marks))
            self.setFixedHeight(max(len(marks), 1) * (self.fontMetrics().height() + 1))
            self.setAccessibleDescription(", ".join(map(tr, marks)))
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter, palette = QPainter(self), theme.palette(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.caption_font(self))
        line_height = self.fontMetrics().height() + 1
        for k, mark in enumerate(self.marks):
            box = QRectF(0, k * line_height, self.width(), line_height)
            spot = QRectF(2.5, box.center().y() - 4.5, 9, 9)
            painter.setPen(palette.color("muted"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if mark == NO_EXAMPLE:
                painter.fillRect(spot, QBrush(palette.color("muted"), HATCH_PATTERN))
                painter.drawRect(spot)
            else:
                painter.drawEllipse(spot)
            painter.drawText(box.adjusted(17, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, tr(mark))
        painter.end()


class ErrorBar(QWidget):
    """A color bar of field and dots: log10 of the error, lowest below.

    Where both are on show the left half is the field's, which is drawn paler.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.range = (0.0, 1.0)
        self._strips: tuple[QImage, ...] = ()
        self.setAccessibleName(tr("Colors of the error"))
        self.setFixedHeight(BAR_HEIGHT_PIXELS)
        self.setToolTip(tr("log10 of e = ½|y − ŷ|²: bright is where errors are large"))

    def show_range(
        self, bounds: tuple[float, float], field: bool, dots: bool, map_colors: MapColors
    ) -> None:
        """Show the range and its colors.

        Args:
            bounds: Lowest and highest log10 e.
            field: Whether the field's colors are shown.
            dots: Whether the dots' colors are shown.
            map_colors: Colors of the background.
        """
        self.range = bounds
        full = map_palette.pack_rgb(
            colorize.build_lookup_table(map_palette.FIELD_COLORMAP)[: colorize.TOP_INDEX + 1]
        )
        tables = ([map_palette.build_field_palette(map_colors)[:256]] if field else []) + (
            [full] if dots else []
        )
        kind = QImage.Format.Format_RGB32
        self._strips = tuple(
            QImage(t[::-1].copy().tobytes(), 1, len(t), 4, kind).copy() for t in tables
        )
        self.setAccessibleDescription(" ".join(self.texts()))
        self.update()

    def texts(self) -> tuple[str, str, str]:
        """Return the numbers at the top, in the middle and at the bottom."""
        lower, upper = self.range
        return tuple(format_tick(round(v, 1)) for v in (upper, (lower + upper) / 2, lower))  # type: ignore[return-value]

    def sizeHint(self) -> QSize:
        return QSize(MIN_WIDTH_PIXELS, BAR_HEIGHT_PIXELS)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter, palette = QPainter(self), theme.palette(self)
        painter.setFont(theme.caption_font(self))
        line_height = painter.fontMetrics().height()
        painter.setPen(palette.color("muted"))
        title = QRectF(2, 0, self.width() - 2, line_height)
        painter.drawText(title, Qt.AlignmentFlag.AlignLeft, tr("log₁₀ error"))
        bar = QRectF(
            2.5, line_height * 1.9, BAR_WIDTH_PIXELS * 2, self.height() - line_height * 2.6
        )
        each = bar.width() / max(len(self._strips), 1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for k, strip in enumerate(self._strips):
            painter.drawImage(QRectF(bar.left() + k * each, bar.top(), each, bar.height()), strip)
        painter.setPen(palette.color("line"))
        painter.drawRect(bar)
        painter.setPen(palette.color("text"))
        for text, y in zip(self.texts(), (bar.top(), bar.center().y(), bar.bottom()), strict=True):
            box = QRectF(bar.right() + theme.GAP, y - line_height / 2, self.width(), line_height)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
