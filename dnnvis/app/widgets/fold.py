"""Hold the controls of a panel whose card shows the picture alone."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QBoxLayout, QFrame, QVBoxLayout, QWidget

from dnnvis.app.widgets import theme


class Fold(QFrame):
    """A frame with rows that were taken out of a panel's column.

    ``give_back`` puts every row where it was.
    """

    def __init__(
        self,
        column: QBoxLayout,
        rows: tuple[QWidget, ...],
        hidden: tuple[QWidget, ...],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.hide()
        self._column = column
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        layout.setSpacing(theme.GAP)
        self._slots: list[tuple[int, QWidget, int]] = []
        self._own_rows: list[QWidget] = []
        for row in rows:
            index = column.indexOf(row)
            self._slots.append((index, row, column.stretch(index)))
        for _, row, stretch in self._slots:
            column.removeWidget(row)
            layout.addWidget(row, stretch)
        layout.addStretch(0)  # room that no row takes is at the end
        self._hidden = [(part, part.isHidden()) for part in hidden]
        for part, _ in self._hidden:
            part.hide()

    @property
    def shows_something(self) -> bool:
        """Return whether a row has something to show now; a panel hides what does not apply."""
        rows = (*(row for _, row, _ in self._slots), *self._own_rows)
        return any(not row.isHidden() for row in rows)

    def add_row(self, row: QWidget) -> None:
        """Add a row of the card's own at the end."""
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(layout.count() - 1, row)
        self._own_rows.append(row)

    def give_back(self) -> None:
        """Put every row back where it was in the panel, and delete the frame."""
        for index, row, stretch in sorted(self._slots, key=lambda slot: slot[0]):
            self._column.insertWidget(min(index, self._column.count()), row, stretch)
        for part, was_hidden in self._hidden:
            part.setVisible(not was_hidden)
        self.hide()
        self.deleteLater()
