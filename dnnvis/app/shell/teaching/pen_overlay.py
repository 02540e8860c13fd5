"""Write and draw over the cards while presenting; the data below is not touched."""

from dataclasses import dataclass, field

from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QIcon,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_tool_button
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr

#: Colors of the pen, each with the key that chooses it.
COLORS = {"yellow": QColor("#ffd23c"), "red": QColor("#ff5a4d"), "blue": QColor("#45b4ff")}
LINE_PIXELS = 4
MAX_STROKES = 500
HELP = "1 2 3 colors · Backspace undoes · Del clears · Esc ends"


@dataclass
class Stroke:
    """One line drawn without lifting the pen."""

    #: Key of COLORS.
    color: str
    #: Its points, as fractions of the window's width and height: it keeps its place in F11.
    points: list[tuple[float, float]] = field(default_factory=list)


class PenOverlay(QWidget):
    """Covers the window while the pen is on; strokes are gone when it ends.

    ``ended`` when it is closed.
    """

    ended = pyqtSignal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.strokes: list[Stroke] = []
        self.color = "yellow"
        self._drawing = False
        self.setAccessibleName(tr("Pen for presenting"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.buttons: dict[str, QToolButton] = {}
        self.bar = self._create_bar()
        window.installEventFilter(self)
        self.hide()

    def _create_bar(self) -> QFrame:
        bar = QFrame(self)
        bar.setFrameShape(QFrame.Shape.StyledPanel)
        bar.setAutoFillBackground(True)
        bar.setCursor(Qt.CursorShape.ArrowCursor)
        row = QHBoxLayout(bar)
        row.setContentsMargins(*[theme.GAP // 2] * 4)
        row.setSpacing(theme.GAP // 2)
        for number, (name, color) in enumerate(COLORS.items(), 1):
            tip = tr("Draw in {color} ({number})", color=tr(name), number=number)
            button = create_tool_button(bar, "", tip, name=name)
            dot = QPixmap(16, 16)
            dot.fill(color)
            button.setIcon(QIcon(dot))
            button.setCheckable(True)
            button.clicked.connect(lambda checked=False, n=name: self.choose_color(n))
            self.buttons[name] = button
        undo = create_tool_button(bar, "Undo", "Takes back the last stroke (Backspace)")
        undo.clicked.connect(lambda checked=False: self.undo())
        clear = create_tool_button(bar, "Clear", "Takes back all strokes (Del)")
        clear.clicked.connect(lambda checked=False: self.clear())
        end = create_tool_button(bar, "End", "Puts the pen away, and all strokes (Esc, F8)")
        end.clicked.connect(lambda checked=False: self.end())
        for button in (*self.buttons.values(), undo, clear, end):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        self.buttons |= {"undo": undo, "clear": clear, "end": end}
        bar.setToolTip(tr(HELP))
        return bar

    def toggle(self) -> None:
        """Take the pen, or put it away with all strokes."""
        if self.isVisible():
            self.end()
            return
        self._cover()
        self.choose_color(self.color)
        self.show()
        self.raise_()
        self.setFocus()

    def end(self) -> None:
        """Put the pen away; all strokes are gone."""
        self.strokes.clear()
        self._drawing = False
        self.hide()
        require(self.parentWidget()).setFocus()
        self.ended.emit()

    def choose_color(self, name: str) -> None:
        """Draw in a color from now on."""
        self.color = name
        for key in COLORS:
            self.buttons[key].setChecked(key == name)

    def undo(self) -> None:
        """Take back the last stroke."""
        if self.strokes:
            self.strokes.pop()
            self._drawing = False
            self.update()

    def clear(self) -> None:
        """Take back all strokes."""
        self.strokes.clear()
        self._drawing = False
        self.update()

    def _cover(self) -> None:
        window = require(self.parentWidget())
        self.setGeometry(window.rect())
        self.bar.adjustSize()
        self.bar.move((self.width() - self.bar.width()) // 2, 0)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        return False

    def event(self, event: QEvent | None) -> bool:
        """Keep the keys of the pen from the window's shortcuts."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(self._claims(event))
            return True
        return super().event(event)

    def _claims(self, event: QKeyEvent) -> bool:
        keys = Qt.Key
        own = {keys.Key_Escape, keys.Key_Backspace, keys.Key_Delete, keys.Key_1, keys.Key_2}
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        is_undo = bool(plain & Qt.KeyboardModifier.ControlModifier) and event.key() == keys.Key_Z
        return is_undo or (not plain and event.key() in own | {keys.Key_3})

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None or not self._claims(event):
            super().keyPressEvent(event)
            return
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.end()
        elif key in (Qt.Key.Key_Backspace, Qt.Key.Key_Z):
            self.undo()
        elif key == Qt.Key.Key_Delete:
            self.clear()
        else:
            self.choose_color(list(COLORS)[key - Qt.Key.Key_1])

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            del self.strokes[: -MAX_STROKES + 1]
            self.strokes.append(Stroke(self.color))
            self._drawing = True
            self._add(event.position())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and self._drawing:
            self._add(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        self._drawing = False

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.mousePressEvent(event)

    def _add(self, point: QPointF) -> None:
        width, height = max(self.width(), 1), max(self.height(), 1)
        self.strokes[-1].points.append((point.x() / width, point.y() / height))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stroke in self.strokes:
            pen = QPen(COLORS[stroke.color], LINE_PIXELS)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            points = [QPointF(x * self.width(), y * self.height()) for x, y in stroke.points]
            path = QPainterPath(points[0])
            for point in points:
                path.lineTo(point)
            painter.drawPath(path)
        painter.end()
