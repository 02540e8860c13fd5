"""The three numbers about a synthesised picture, one below the other."""

from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.synthesis import text
from dnnvis.app.synthesis.photo_statistics import usual
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.core.lens_results import Grown

WIDTH = 152  # pixels


class MeasureColumn(QWidget):
    """For each number what it is, its value, and what natural pictures have."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Numbers about the picture")
        self.titles: dict[str, Line] = {}
        self.values: dict[str, Line] = {}
        self.natural: dict[str, Line] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 4)
        for name, tip in text.TIPS.items():
            self.titles[name] = Line(self, theme.small(self))
            self.values[name] = Line(self, theme.numbers(self))
            lines = 2 if name == "reached" else 1
            self.natural[name] = Line(self, theme.small(self), muted=True, lines=lines)
            for line in (self.titles[name], self.values[name], self.natural[name]):
                line.tip = tip
            row = QHBoxLayout()
            row.setSpacing(0)
            row.addWidget(self.titles[name], 5)
            row.addWidget(self.values[name], 3)
            column.addLayout(row)
            column.addWidget(self.natural[name])
        column.addStretch(1)
        self.setFixedWidth(WIDTH)
        self.show_nothing()

    def show_nothing(self) -> None:
        for name in text.TIPS:
            self._show(name, name, "–", "")

    def show_measures(self, grown: Grown, k: int) -> None:
        """Those of picture ``k``; what was not measured yet stays as it was."""
        if k >= len(grown.measures):
            return
        found = grown.measures[k]
        if text.is_board(grown):
            self._show("reached", *text.reached(grown, found))
            for name, value in (
                ("high freq.", found.high_frequency),
                ("variation", found.variation),
            ):
                self._show(name, name, f"{value:.3f}", text.BOARD)
            return
        noise, change = usual(max(grown.sheet.shape[1:3]))
        self._show("reached", *text.reached(grown, found))
        share = text.against(found.high_frequency, noise)
        self._show("high freq.", "high freq.", *share)
        self._show("variation", "variation", *text.against(found.variation, change))

    def _show(self, name: str, title: str, value: str, natural: str) -> None:
        self.titles[name].setText(title)
        self.values[name].setText(value)
        self.natural[name].setText(natural)
