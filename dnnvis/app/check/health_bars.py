"""Draw how many units of each layer are dead, and how many saturated."""

from PyQt6.QtCore import QEvent, QRectF, QSize, Qt
from PyQt6.QtGui import QHelpEvent, QPainter
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.check import text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget
from dnnvis.core.lens_results import LayerHealth
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr

MAX_BAR_PIXELS = 24


class HealthBars(PaintedWidget):
    """A bar for each layer, the input's first: dead units below, saturated ones above."""

    background = "base"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Dead and saturated units by layer"), parent)
        self.layers: tuple[LayerHealth, ...] = ()
        self.info: NetworkInfo | None = None

    def show_layers(self, layers: tuple[LayerHealth, ...], info: NetworkInfo | None) -> None:
        """Show these layers."""
        if (layers, info) != (self.layers, self.info):
            self.layers, self.info = layers, info
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 80)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 40)

    def layer_at(self, x: float) -> LayerHealth | None:
        """Return the layer whose bar stands at ``x``."""
        k = int(x // self._pitch)
        return self.layers[k] if 0 <= k < len(self.layers) else None

    @property
    def _pitch(self) -> float:
        return min(self.width() / max(len(self.layers), 1), MAX_BAR_PIXELS)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            layer = self.layer_at(event.pos().x())
            tip = text.HEALTH_TIP if layer is None else text.describe_layer(layer, self.info)
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        pitch, height = self._pitch, self.height()
        for k, layer in enumerate(self.layers):
            x, width = k * pitch, max(pitch - 1, 1)
            dead, saturated = (
                height * count / max(layer.units, 1) for count in (layer.dead, layer.saturated)
            )
            painter.fillRect(QRectF(x, height - 1, width, 1), palette.color("line"))
            painter.fillRect(QRectF(x, height - dead, width, dead), palette.color("bar"))
            top = height - dead - saturated
            painter.fillRect(QRectF(x, top, width, saturated), palette.color("warning"))
        painter.setPen(palette.color("muted"))
        painter.setFont(theme.caption_font(self))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignRight, "100 %")
