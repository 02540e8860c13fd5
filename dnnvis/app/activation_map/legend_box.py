"""Lay the legend over a corner of the map, and close it with one click."""

from PyQt6.QtCore import QEvent, QObject, QRectF, QSize
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.activation_map.legend import MapLegend
from dnnvis.app.activation_map.plot import MapPlot
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_tool_button
from dnnvis.core.translation.catalog import tr

MARGIN_PIXELS = 8  # to the edges of the map
MAX_HEIGHT_FRACTION = 0.5  # of the map's; more classes are scrolled to
OPACITY = 215  # of 255


class LegendBox(QWidget):
    """A frame over the upper right corner of ``plot`` that holds the legend, or a button alone."""

    def __init__(self, plot: MapPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._legend: MapLegend | None = None
        self.toggle = create_tool_button(
            self, "legend ▾", "Show or hide the legend", name="Legend", flat=True
        )
        self.toggle.setFont(theme.caption_font(self))
        self.toggle.clicked.connect(lambda checked=False: self.show_legend(not self.is_open))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(6, 2, 6, 2)
        self._column.setSpacing(0)
        self._column.addWidget(self.toggle)
        plot.installEventFilter(self)
        self.hide()

    @property
    def is_open(self) -> bool:
        return self._legend is not None and not self._legend.isHidden()

    def hold(self, legend: MapLegend) -> None:
        """Take the legend."""
        self._legend = legend
        self._column.addWidget(legend, 1)
        self.show_legend(True)
        self.show()

    def release(self) -> MapLegend | None:
        """Give the legend back."""
        legend, self._legend = self._legend, None
        if legend is not None:
            self._column.removeWidget(legend)
            legend.show()
        self.hide()
        return legend

    def show_legend(self, on: bool) -> None:
        """Show the legend, or the button that brings it back."""
        if self._legend is not None:
            self._legend.setVisible(on)
        self.toggle.setText("legend ▾" if on else tr("legend ▸"))
        self.fit()

    def fit(self) -> None:
        """Take as much of the corner as the legend needs."""
        plot, hint = self._plot.plot(), QSize(self.toggle.sizeHint())
        margins = self._column.contentsMargins()
        width = hint.width() + margins.left() + margins.right()
        height = hint.height() + margins.top() + margins.bottom()
        if self.is_open and self._legend is not None:
            width = max(width, self._legend.width() + margins.left() + margins.right())
            height += self._legend.needed_height()
        height = min(height, round(MAX_HEIGHT_FRACTION * plot.height()))
        x = round(plot.right()) - width - MARGIN_PIXELS
        self.setGeometry(x, round(plot.top()) + MARGIN_PIXELS, width, max(height, 1))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize:
            self.fit()
        return False

    def event(self, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        color = QColor(theme.palette(self).color("window"))
        color.setAlpha(OPACITY)
        painter.setPen(theme.palette(self).color("line"))
        painter.setBrush(color)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()
