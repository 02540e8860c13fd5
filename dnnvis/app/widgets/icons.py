"""The few icons of the tool bar, drawn in the text's own colour so that both themes show them."""

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF

Shape = tuple[tuple[float, float], ...]

# Polygons on a field of 16 x 16.
RIGHT: Shape = ((4, 3), (13, 8), (4, 13))
LEFT: Shape = ((12, 3), (3, 8), (12, 13))
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
    "next": (((2, 3), (7.5, 8), (2, 13)), ((8, 3), (13.5, 8), (8, 13))),
    "previous": (((14, 3), (8.5, 8), (14, 13)), ((8, 3), (2.5, 8), (8, 13))),
    "back": (((7, 3), (2, 8), (7, 13)), ((6, 7), (14, 7), (14, 9), (6, 9))),
}


def create_icon(name: str, color: QColor, ratio: float = 2.0) -> QIcon:
    """The icon of that name; ``ratio`` device pixels per pixel."""
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
