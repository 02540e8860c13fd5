"""Beside an activation map: a row for each class, and the colours of the error with numbers."""

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

from dnnvis.app.activation_map import colors
from dnnvis.app.activation_map.colors import Bounds, Inks
from dnnvis.app.activation_map.markers import number
from dnnvis.app.widgets import theme
from dnnvis.core.activation_map import Cloud
from dnnvis.imaging import colorize
from dnnvis.imaging.class_colors import GRAY, class_colours
from dnnvis.session.map_state import MapChoice

WIDTH, WIDEST = 104, 160  # pixels, as the names of the classes want it
BAR, HIGH = 10, 104  # pixels
HATCHED, RINGED = "no example", "wrong answer"
HATCH = Qt.BrushStyle.BDiagPattern


class MapLegend(QWidget):
    """Classes over the error's colours. ``changed`` comes with the classes that are off."""

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
        self.setFixedWidth(WIDTH)

    def show_map(
        self, cloud: Cloud | None, choice: MapChoice, labels: tuple[str, ...] = ()
    ) -> None:
        """Another map, or other wishes; nothing without a map. ``labels`` are the network's."""
        self.key.show_map(cloud, choice)
        if self.classes.show_classes(cloud, choice, labels):
            self.setFixedWidth(min(max(self.classes.room(), WIDTH), WIDEST))

    def show_bounds(self, bounds: Bounds, field: bool, dots: bool, inks: Inks) -> None:
        """The range of log10 e: of the field, of the dots, or of both."""
        self.bar.setVisible(bounds is not None and (field or dots))
        if bounds is not None:
            self.bar.show_range(bounds, field, dots, inks)


class ClassList(QWidget):
    """One row a class: its colour, its name, how many examples it has. A click hides or shows
    it; with Shift it alone is shown, and once more all are."""

    changed = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[tuple[int, str, int], ...] = ()  # class, name, count
        self.off: tuple[int, ...] = ()
        self.coloured = True
        self._shown: tuple[object, ...] = ()
        self._first = 0
        self.setAccessibleName("Classes of the map")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(40)
        self.setMouseTracking(True)

    def show_classes(
        self, cloud: Cloud | None, choice: MapChoice, labels: tuple[str, ...] = ()
    ) -> bool:
        """The classes of a map; those that are off are pale. Whether they are others now."""
        self.coloured = choice.colour in ("class", "predicted")
        self.off = choice.off
        key = (cloud, choice.colour == "predicted", choice.part, labels)
        fresh = key != self._shown
        if fresh:
            self._shown = key
            self.rows = () if cloud is None else _rows(cloud, choice, labels)
            self._first = min(self._first, max(len(self.rows) - 1, 0))
        self.update()
        return fresh

    def room(self) -> int:
        """How wide the longest row would be, whole."""
        wide = QFontMetrics(theme.small(self)).horizontalAdvance
        return max((wide(f"{name}{count:,}") + 27 for _, name, count in self.rows), default=0)

    @property
    def _pitch(self) -> int:
        return self.fontMetrics().height() + 3

    def box(self, place: int) -> QRectF:
        """Where the row at that place of the list lies."""
        top = (place - self._first) * self._pitch
        return QRectF(0, top, self.width(), self._pitch)

    def row_at(self, point: QPointF) -> int | None:
        """The place in the list under a point."""
        place = int(point.y() // self._pitch) + self._first
        return place if point.y() >= 0 and place < self._first + len(self._seen()) else None

    def _seen(self) -> tuple[tuple[int, str, int], ...]:
        """The rows that are on show; where there are more, a line below says so."""
        room = max(self.height() // self._pitch, 1)
        if len(self.rows) <= room:
            return self.rows[self._first :]
        return self.rows[self._first : self._first + max(room - 1, 1)]

    def more(self) -> str:
        """What stands below the rows that are on show; "" where there are all."""
        above, seen = self._first, len(self._seen())
        below = len(self.rows) - above - seen
        parts = [f"{arrow} {many}" for arrow, many in (("▴", above), ("▾", below)) if many]
        return f"{'  '.join(parts)} more" if parts else ""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter, tones = QPainter(self), theme.tones(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.small(self))
        most = max((which for which, _, _ in self.rows), default=-1)
        colours = [QColor(*map(int, c)) for c in class_colours(most + 1)]
        seen = self._seen()
        for place, (which, name, count) in enumerate(seen, self._first):
            colour = colours[which] if which >= 0 else QColor(*GRAY)
            self._paint_row(painter, tones, self.box(place), (colour, name, count, which))
        painter.setPen(tones.colour("muted"))
        below = self.box(self._first + len(seen)).adjusted(17, 0, 0, 0)
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, self.more())
        painter.end()

    def _paint_row(
        self,
        painter: QPainter,
        tones: theme.Tones,
        box: QRectF,
        row: tuple[QColor, str, int, int],
    ) -> None:
        colour, name, count, which = row
        on = which not in self.off
        spot = QRectF(2, box.center().y() - 4.5, 9, 9)
        painter.setPen(colour if self.coloured else tones.colour("muted"))
        painter.setBrush(colour if on and self.coloured else Qt.BrushStyle.NoBrush)
        if on and not self.coloured:
            painter.setBrush(tones.colour("muted"))
        painter.drawEllipse(spot)
        painter.setPen(tones.colour("muted"))
        number_ = f"{count:,}"
        wide = painter.fontMetrics().horizontalAdvance(number_)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box.adjusted(0, 0, -2, 0), Qt.AlignmentFlag.AlignRight | middle, number_)
        painter.setPen(tones.colour("text" if on else "muted"))
        place = box.adjusted(17, 0, -wide - 8, 0)
        cut = painter.fontMetrics().elidedText(
            name, Qt.TextElideMode.ElideRight, int(place.width())
        )
        painter.drawText(place, middle, cut)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        place = self.row_at(event.position()) if event is not None else None
        if event is not None and place is not None:
            only = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.changed.emit(self.toggled(self.rows[place][0], only))

    def toggled(self, which: int, only: bool = False) -> tuple[int, ...]:
        """The classes that are off after a click on one."""
        off = set(self.off)
        if only:
            others = {other for other, _, _ in self.rows} - {which}
            return () if off == others else tuple(sorted(others))
        return tuple(sorted(off ^ {which}))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is None:
            return
        step = -1 if event.angleDelta().y() > 0 else 1
        self.roll(3 * step)
        event.accept()

    def roll(self, rows: int) -> None:
        """Show rows further down (or up), as far as there are some."""
        room = max(self.height() // self._pitch, 1)
        last = len(self.rows) - max(room - 1, 1) if len(self.rows) > room else 0
        self._first = min(max(self._first + rows, 0), last)
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.roll(0)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.row_at(QPointF(event.pos()))
            if place is not None:
                words = f"{self.rows[place][1]}\nClick: hide or show. Shift+click: only this one."
                QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)


def _rows(
    cloud: Cloud, choice: MapChoice, labels: tuple[str, ...]
) -> tuple[tuple[int, str, int], ...]:
    """Class, name and count of each class that has examples; of a map without names the
    network's are meant."""
    names = dict(enumerate(cloud.classes or labels))
    many = colors.counts(cloud, choice.colour, choice.part)
    return tuple(
        (which, "no class" if which < 0 else names.get(which, f"class {which}"), count)
        for which, count in many.items()
        if count
    )


class MapKey(QWidget):
    """What hatching and rings on the map mean, a line for each that is there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.marks: tuple[str, ...] = ()
        self.setAccessibleName("Marks on the map")
        self.setToolTip(
            "Hatched: no example lives there, the expected error means nothing. A ring around a "
            "dot: the network takes that example for another class."
        )

    def show_map(self, cloud: Cloud | None, choice: MapChoice) -> None:
        """The marks that this map bears under these wishes."""
        found: list[str] = []
        if cloud is not None and choice.field and cloud.projection == "map" and cloud.empty.size:
            found.append(HATCHED)
        if cloud is not None and choice.colour == "class" and len(cloud.labels):
            found.append(RINGED)
        if tuple(found) != self.marks:
            self.marks = tuple(found)
            self.setVisible(bool(found))
            self.setFixedHeight(max(len(found), 1) * (self.fontMetrics().height() + 1))
            self.setAccessibleDescription(", ".join(found))
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter, tones = QPainter(self), theme.tones(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.small(self))
        high = self.fontMetrics().height() + 1
        for k, mark in enumerate(self.marks):
            box = QRectF(0, k * high, self.width(), high)
            spot = QRectF(2.5, box.center().y() - 4.5, 9, 9)
            painter.setPen(tones.colour("muted"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if mark == HATCHED:
                painter.fillRect(spot, QBrush(tones.colour("muted"), HATCH))
                painter.drawRect(spot)
            else:
                painter.drawEllipse(spot)
            painter.drawText(box.adjusted(17, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, mark)
        painter.end()


class ErrorBar(QWidget):
    """What the colours of field and dots mean: log10 of the error, lowest below. Where both
    are on show the left half is the field's, which is drawn paler."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.range = (0.0, 1.0)
        self._strips: tuple[QImage, ...] = ()
        self.setAccessibleName("Colours of the error")
        self.setFixedHeight(HIGH)
        self.setToolTip("log10 of e = ½|y − ŷ|²: bright is where errors are large")

    def show_range(self, bounds: tuple[float, float], field: bool, dots: bool, inks: Inks) -> None:
        """The range, and whose colours are shown."""
        self.range = bounds
        full = colors.packed(colorize.colours(colors.FIELD)[: colorize.TOP + 1])
        tables = ([colors.field_table(inks)[:256]] if field else []) + ([full] if dots else [])
        kind = QImage.Format.Format_RGB32
        self._strips = tuple(
            QImage(t[::-1].copy().tobytes(), 1, len(t), 4, kind).copy() for t in tables
        )
        self.setAccessibleDescription(" ".join(self.texts()))
        self.update()

    def texts(self) -> tuple[str, str, str]:
        """The numbers at the top, in the middle and at the bottom."""
        low, high = self.range
        return tuple(number(round(v, 1)) for v in (high, (low + high) / 2, low))  # type: ignore[return-value]

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HIGH)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter, tones = QPainter(self), theme.tones(self)
        painter.setFont(theme.small(self))
        high = painter.fontMetrics().height()
        painter.setPen(tones.colour("muted"))
        title = QRectF(2, 0, self.width() - 2, high)
        painter.drawText(title, Qt.AlignmentFlag.AlignLeft, "log₁₀ error")
        bar = QRectF(2.5, high * 1.9, BAR * 2, self.height() - high * 2.6)
        each = bar.width() / max(len(self._strips), 1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for k, strip in enumerate(self._strips):
            painter.drawImage(QRectF(bar.left() + k * each, bar.top(), each, bar.height()), strip)
        painter.setPen(tones.colour("line"))
        painter.drawRect(bar)
        painter.setPen(tones.colour("text"))
        for text, y in zip(self.texts(), (bar.top(), bar.center().y(), bar.bottom()), strict=True):
            place = QRectF(bar.right() + theme.GAP, y - high / 2, self.width(), high)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()
