"""Draw the icons of the tool bar in the text's own color, so that both themes show them."""

from math import cos, pi, sin

from PyQt6.QtCore import QEvent, QObject, QPointF, Qt
from PyQt6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap, QPolygonF
from PyQt6.QtWidgets import QAbstractButton, QWidget

Shape = tuple[tuple[float, float], ...]

# Polygons on a field of 16 x 16.
RIGHT: Shape = ((4, 3), (13, 8), (4, 13))
LEFT: Shape = ((12, 3), (3, 8), (12, 13))
DISK: Shape = tuple((8 + 6 * cos(pi * k / 16), 8 + 6 * sin(pi * k / 16)) for k in range(32))
SHAPES: dict[str, tuple[Shape, ...]] = {
    "play": (RIGHT,),
    "pause": (((4, 3), (7, 3), (7, 13), (4, 13)), ((9, 3), (12, 3), (12, 13), (9, 13))),
    "step": (((3, 3), (9, 8), (3, 13)), ((10, 3), (12, 3), (12, 13), (10, 13))),
    "step_back": (((13, 3), (7, 8), (13, 13)), ((4, 3), (6, 3), (6, 13), (4, 13))),
    "first": (((3, 3), (5, 3), (5, 13), (3, 13)), ((14, 3), (6, 8), (14, 13))),
    "last": (((2, 3), (10, 8), (2, 13)), ((11, 3), (13, 3), (13, 13), (11, 13))),
    "before": (((10, 2), (12, 4), (8, 8), (12, 12), (10, 14), (4, 8)),),
    "after": (((6, 2), (12, 8), (6, 14), (4, 12), (8, 8), (4, 4)),),
    "loop": (
        ((2, 4), (10, 4), (10, 1), (15, 5.5), (10, 10), (10, 7), (4, 7), (4, 9), (2, 9)),
        ((14, 12), (4, 12), (4, 14.5), (1, 11.25), (4, 8.5), (4, 10), (12, 10), (12, 9), (14, 9)),
    ),
    "record": (DISK,),
    "next": (((2, 3), (7.5, 8), (2, 13)), ((8, 3), (13.5, 8), (8, 13))),
    "previous": (((14, 3), (8.5, 8), (14, 13)), ((8, 3), (2.5, 8), (8, 13))),
    "back": (((7, 3), (2, 8), (7, 13)), ((6, 7), (14, 7), (14, 9), (6, 9))),
}


def create_icon(name: str, color: QColor, ratio: float = 2.0) -> QIcon:
    """Create the icon of a name.

    Args:
        name: A key of SHAPES.
        color: Color of the shapes.
        ratio: Device pixels per pixel.

    Returns:
        The icon.
    """
    pixmap = QPixmap(round(16 * ratio), round(16 * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    for shape in SHAPES[name]:
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in shape]))
    painter.end()
    return QIcon(pixmap)


class PaletteIcons(QObject):
    """Keep the icons of a bar in the color of its buttons' text, in both themes."""

    def __init__(self, bar: QWidget) -> None:
        super().__init__(bar)
        self._bar = bar
        self._names: dict[QAction | QAbstractButton, str] = {}
        bar.installEventFilter(self)

    def set_icon(self, target: QAction | QAbstractButton, name: str) -> None:
        """Show the icon of that name on an action or a button of the bar from now on."""
        if self._names.get(target) != name:
            self._names[target] = name
            target.setIcon(create_icon(name, self._color()))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            for target, name in self._names.items():
                target.setIcon(create_icon(name, self._color()))
        return False

    def _color(self) -> QColor:
        return self._bar.palette().buttonText().color()
