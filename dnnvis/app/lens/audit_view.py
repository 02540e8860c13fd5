"""Draw the deletion and insertion curve of a picture beside those of a random order."""

import numpy as np
from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPen
from PyQt6.QtWidgets import QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.line_plot import draw_line, draw_range, to_unit_square, value_range
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.core.attribution.audit import AttributionAudit, WeightsComparison
from dnnvis.core.formatting import format_number
from dnnvis.core.translation.catalog import tr


class AuditView(PaintedWidget):
    """Two plots side by side: the picture's order of pixels strong, a random one thin."""

    policies = (Policy.Expanding, Policy.Fixed)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Deletion and insertion curve"), parent)
        self.audit: AttributionAudit | None = None
        self.setToolTip(
            tr(
                "How the unit changes as pixels are deleted, or inserted, from 0 to all of them. "
                "Strong: in the picture's order; thin: in random order. The area stands above."
            )
        )

    def show_audit(self, audit: AttributionAudit | None) -> None:
        """Draw what is known so far; None draws nothing."""
        self.audit = audit
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 7 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 5 * self.fontMetrics().height())

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        if self.audit is None:
            return
        painter.setFont(theme.value_font(self))
        half = self.width() / 2
        for number, kind in enumerate(("deletion", "insertion")):
            box = QRectF(number * half, 0, half - theme.GAP, self.height())
            self._paint_curves(painter, palette, box, kind)

    def _paint_curves(
        self, painter: QPainter, palette: theme.Palette, box: QRectF, kind: str
    ) -> None:
        assert self.audit is not None
        line = painter.fontMetrics().height()
        room = painter.fontMetrics().horizontalAdvance("-0.0e-00")
        plot = box.adjusted(0.5, line + 2.0, -room - theme.GAP, -1.5)
        painter.setPen(palette.color("muted"))
        heading = QRectF(box.left(), box.top(), box.width(), line)
        text = self.describe_areas(kind)
        if painter.fontMetrics().horizontalAdvance(text) > heading.width():
            text = self.describe_area(kind)  # in a card
        painter.drawText(heading, Qt.AlignmentFlag.AlignLeft, text)
        painter.fillRect(plot, palette.color("base"))
        names = [f"{kind} control", kind]  # the picture's own lies on top
        curves = [self.audit.curves.get(name, np.zeros(0, np.float32)) for name in names]
        scores = np.concatenate(curves)
        low, high = value_range(scores)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for values, color, width in zip(curves, ("muted", "accent"), (1.0, 1.8), strict=True):
            painter.setPen(QPen(palette.color(color), width))
            steps = max(len(self.audit.fractions), 1)
            draw_line(painter, plot, to_unit_square(values, steps, low, high))
        painter.setPen(palette.color("muted"))
        if scores.size:
            draw_range(painter, plot, room, low, high)

    def describe_areas(self, kind: str) -> str:
        """Return the heading of a plot: its name and both areas, as far as they are known."""
        control = self._format_area(f"{kind} control")
        return tr("{own} (random {control})", own=self.describe_area(kind), control=control)

    def describe_area(self, kind: str) -> str:
        """Return the name of a plot and the area of the picture's own curve."""
        name = tr("deletion") if kind == "deletion" else tr("insertion")
        return f"{name} {self._format_area(kind)}"

    def _format_area(self, name: str) -> str:
        area = None if self.audit is None else self.audit.areas.get(name)
        return "..." if area is None else format_number(area)


def describe_audit_weights(audit: AttributionAudit) -> str:
    """Return what both tests say in words, as far as they are done."""
    parts = [audit.sentence] if audit.sentence else []
    if audit.progress < 1:
        parts.append(tr("testing: {percent:.0f} %", percent=100 * audit.progress))
    parts += [_describe_comparison(each) for each in audit.comparisons]
    return " · ".join([*parts, audit.caption])


def _describe_comparison(comparison: WeightsComparison) -> str:
    """Return how alike the picture is on shuffled weights, or that there is none."""
    layers, of = comparison.layers, comparison.of
    if not np.isfinite(comparison.spearman):
        return tr("last {layers} of {of} layers shuffled: no picture", layers=layers, of=of)
    return tr(
        "last {layers} of {of} layers shuffled: rank correlation {spearman:.2f}, SSIM {ssim:.2f}",
        layers=layers,
        of=of,
        spearman=round(comparison.spearman, 2) + 0.0,  # no -0.00
        ssim=comparison.ssim,
    )
