"""Show the three quality metrics of a synthesized picture, one below the other."""

from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.synthesis import text
from dnnvis.app.synthesis.photo_statistics import estimate_photo_ranges
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.formatting import format_value
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.translation.catalog import tr

WIDTH_PIXELS = 152  # pixels


class MetricsColumn(QWidget):
    """For each metric its title, its value, and the range of natural pictures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Numbers about the picture"))
        self.titles: dict[str, ElidedLabel] = {}
        self.values: dict[str, ElidedLabel] = {}
        self.natural: dict[str, ElidedLabel] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 4)
        for name, tip in text.TIPS.items():
            self.titles[name] = ElidedLabel(self, theme.caption_font(self))
            self.values[name] = ElidedLabel(self, theme.value_font(self))
            lines = 2 if name == "reached" else 1
            self.natural[name] = ElidedLabel(
                self, theme.caption_font(self), muted=True, lines=lines
            )
            for line in (self.titles[name], self.values[name], self.natural[name]):
                line.tip = tip
            row = QHBoxLayout()
            row.setSpacing(0)
            row.addWidget(self.titles[name], 5)
            row.addWidget(self.values[name], 3)
            column.addLayout(row)
            column.addWidget(self.natural[name])
        column.addStretch(1)
        self.setFixedWidth(WIDTH_PIXELS)
        self.show_nothing()

    def show_nothing(self) -> None:
        for name in text.TIPS:
            self._show(name, name, "–", "")

    def show_metrics(self, result: SynthesisResult, k: int) -> None:
        """Show the metrics of picture ``k``; what was not measured yet stays as it was."""
        if k >= len(result.measures):
            return
        metrics = result.measures[k]
        if text.is_board(result):
            self._show("reached", *text.describe_reached(result, metrics))
            for name, value in (
                ("high freq.", metrics.high_frequency),
                ("variation", metrics.variation),
            ):
                self._show(name, name, format_value(value, ".3f"), tr(text.BOARD_NOTE))
            return
        frequency_range, variation_range = estimate_photo_ranges(max(result.sheet.shape[1:3]))
        self._show("reached", *text.describe_reached(result, metrics))
        texts = text.compare_to_photos(metrics.high_frequency, frequency_range)
        self._show("high freq.", "high freq.", *texts)
        self._show(
            "variation", "variation", *text.compare_to_photos(metrics.variation, variation_range)
        )

    def _show(self, name: str, title: str, value: str, natural: str) -> None:
        self.titles[name].setText(tr(title))
        self.values[name].setText(value)
        self.natural[name].setText(natural)
