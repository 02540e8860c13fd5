"""Hide those parts of a panel that it has no height for."""

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QVBoxLayout, QWidget

_LAYOUT_EVENTS = (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest)


class CollapseToFit(QObject):
    """Hides those ``widgets`` of a column for which there is no room, the last first.

    The minimum height of the panel that ``column`` lays out is that without any of them. The
    ``widgets`` are direct items of the column, and nothing else shows or hides them.
    """

    def __init__(self, panel: QWidget, column: QVBoxLayout, *widgets: QWidget) -> None:
        super().__init__(panel)
        self._panel, self._column, self._widgets = panel, column, widgets
        self._active = True
        panel.installEventFilter(self)
        self.fit()

    def set_active(self, on: bool) -> None:
        """Watch the panel's height, or show all widgets and leave them and it to others."""
        self._active = on
        if not on:
            for widget in self._widgets:
                widget.show()
        self.fit()

    def fit(self) -> None:
        """Show what there is room for."""
        if not self._active:
            return
        visible = [widget for widget in self._widgets if not widget.isHidden()]
        min_height = self._column.totalMinimumSize().height() - sum(map(self._height_of, visible))
        if self._panel.minimumHeight() != min_height:
            self._panel.setMinimumHeight(min_height)
        needed = min_height
        for widget in self._widgets:
            needed += self._height_of(widget)
            fits = needed <= self._panel.height()
            if fits == widget.isHidden():
                widget.setVisible(fits)

    def _height_of(self, widget: QWidget) -> int:
        """Return the height in pixels of ``widget`` in the column, with the gap before it."""
        min_height = widget.minimumSize().height() or widget.sizeHint().height()
        return min_height + self._column.spacing()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() in _LAYOUT_EVENTS:
            self.fit()
        return False
