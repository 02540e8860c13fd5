"""Draw what a network answers under each normalization; a click takes one."""

from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPen
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.core.translation.catalog import tr

MIN_TILE_PIXELS = 84
NAME_LINES = 3


@dataclass(frozen=True)
class TrialTile:
    """One normalization with its answer."""

    #: What the normalization is called.
    name: str
    #: The best class.
    answer: str
    #: Its probability, in [0, 1].
    probability: float
    #: A few words below: runs now, fits best ...
    remark: str = ""
    #: Whether the network runs with it.
    is_current: bool = False
    #: Whether it fits best.
    is_best: bool = False
    #: What a click does.
    tip: str = ""


class TrialStrip(PaintedWidget):
    """Tiles side by side; ``clicked`` has the number of one that does not run now."""

    policies = (Policy.Expanding, Policy.Fixed)

    clicked = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Answers under the usual normalizations"), parent)
        self.tiles: tuple[TrialTile, ...] = ()
        self.setMouseTracking(True)

    def show_tiles(self, tiles: tuple[TrialTile, ...], message: str = "") -> None:
        """Show tiles, or a message where there are none."""
        if (tiles, message) != (self.tiles, self.message):
            self.tiles, self.message = tiles, message
            self.setAccessibleDescription("; ".join(f"{t.name}: {t.answer}" for t in tiles))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(6 * MIN_TILE_PIXELS, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        line = self.fontMetrics().lineSpacing()
        return QSize(3 * MIN_TILE_PIXELS, (NAME_LINES + 4) * line + 2 * theme.GAP)

    def tile_rect(self, k: int) -> QRectF:
        """Return where a tile lies."""
        width = (self.width() + theme.GAP) / max(len(self.tiles), 1)
        return QRectF(k * width, 0, width - theme.GAP, self.height())

    def tile_at(self, x: float, y: float) -> int:
        """Return the number of the tile at a point, -1 for none."""
        hits = (k for k in range(len(self.tiles)) if self.tile_rect(k).contains(x, y))
        return next(hits, -1)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        k = self.tile_at(event.position().x(), event.position().y())
        is_left = event.button() == Qt.MouseButton.LeftButton
        if k >= 0 and is_left and not self.tiles[k].is_current:
            self.clicked.emit(k)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        k = self.tile_at(event.position().x(), event.position().y())
        free = k >= 0 and not self.tiles[k].is_current
        self.setCursor(Qt.CursorShape.PointingHandCursor if free else Qt.CursorShape.ArrowCursor)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            k = self.tile_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), self.tiles[k].tip if k >= 0 else "", self)
            return True
        return super().event(event)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if not self.tiles:
            self.paint_message(painter, palette)
            return
        for k, tile in enumerate(self.tiles):
            self._paint_tile(painter, palette, tile, self.tile_rect(k))

    def _paint_tile(
        self, painter: QPainter, palette: theme.Palette, tile: TrialTile, box: QRectF
    ) -> None:
        painter.fillRect(box, palette.color("base"))
        border = "accent" if tile.is_best else "text" if tile.is_current else "line"
        painter.setPen(QPen(palette.color(border), 2 if border != "line" else 1))
        painter.drawRect(box.adjusted(1, 1, -1, -1))
        inner = box.adjusted(theme.GAP, theme.GAP // 2, -theme.GAP, -theme.GAP // 2)
        painter.setFont(self.font())
        line = painter.fontMetrics().lineSpacing()
        wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
        painter.setPen(palette.color("muted"))
        name_box = QRectF(inner.left(), inner.top(), inner.width(), NAME_LINES * line)
        painter.drawText(name_box, wrap, tile.name)
        y = inner.top() + NAME_LINES * line + theme.GAP // 2
        painter.setFont(theme.strong_font(self))
        painter.setPen(palette.color("text"))
        answer = painter.fontMetrics().elidedText(
            tile.answer, Qt.TextElideMode.ElideRight, int(inner.width())
        )
        painter.drawText(QRectF(inner.left(), y, inner.width(), line), 0, answer)
        track = QRectF(inner.left(), y + line + 2, inner.width(), line - 2)
        painter.fillRect(track, palette.color("raised"))
        filled = QRectF(track)
        filled.setWidth(track.width() * min(max(tile.probability, 0.0), 1.0))
        painter.fillRect(filled, palette.color("bar"))
        painter.setFont(self.font())
        center = Qt.AlignmentFlag.AlignCenter
        painter.drawText(track, center, f"{100 * tile.probability:.0f} %")
        painter.setPen(palette.color("accent" if tile.is_best else "muted"))
        painter.drawText(
            QRectF(inner.left(), track.bottom() + 2, inner.width(), line), center, tile.remark
        )
