"""Show how true the imagination is, in a few numbers."""

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QHelpEvent, QPainter
from PyQt6.QtWidgets import QToolTip, QWidget

from dnnvis.app.steps import text as steps_text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.painted_widget import PaintedWidget, Policy
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.translation.catalog import tr


class ScoresView(PaintedWidget):
    """A list beside the strip, or lines of three under it where the panel is narrow.

    A number's tool tip states what it means, and why it is missing where it is.
    """

    policies = (Policy.Preferred, Policy.Preferred)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.scores: dict[str, float] = {}
        self.missing_reason = ""
        self.controls = steps_text.NO_CONTROLS
        self._beside = True
        self._help = steps_text.score_help({})  # title and meaning of each
        self.show_scores({}, "")

    def show_scores(
        self,
        scores: dict[str, float],
        missing_reason: str,
        controls: steps_text.Controls = steps_text.NO_CONTROLS,
    ) -> None:
        """Show scores; ``missing_reason`` states why some are missing, where some are.

        ``controls`` are what scores of a maze are held against.
        """
        self.scores, self.missing_reason, self.controls = scores, missing_reason, controls
        titles, self._help = self._help, steps_text.score_help(scores)
        if titles is not self._help:
            self.updateGeometry()
        texts = (f"{tr(title)} {self.text(name)}" for name, (title, _) in self._help.items())
        self.setAccessibleName(tr("Scores of the board on show: ") + ", ".join(texts))
        self.update()

    def text(self, name: str) -> str:
        """Return the number as text."""
        return steps_text.format_score(self.scores.get(name))

    def set_beside(self, beside: bool) -> None:
        """Lay the scores out as a list, or as two lines."""
        if beside != self._beside:
            self._beside = beside
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        line_height = self._line_height()
        if self._beside:
            return QSize(self._column_width() + 2 * theme.GAP, line_height * 3)
        return QSize(3 * self._column_width(), self._line_count() * line_height)

    def box(self, name: str) -> QRectF:
        """Return the box of a number."""
        k, line_height = list(self._help).index(name), self._line_height()
        if self._beside:
            row_height = min(self.height() / len(self._help), 1.5 * line_height)
            return QRectF(theme.GAP, k * row_height, self.width() - 2 * theme.GAP, row_height)
        row, column = divmod(k, 3)
        column_width = self.width() / 3
        box = QRectF(column * column_width, row * line_height, column_width, line_height)
        return box.adjusted(theme.GAP, 0, -theme.GAP, 0)

    def tip(self, point: QPointF) -> str:
        """Return the tool tip of the number under a point."""
        for name in self._help:
            if self.box(name).contains(point):
                return steps_text.describe_score(
                    name, self.scores, self.missing_reason, self.controls
                )
        return ""

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = as_plain_text(self.tip(QPointF(event.pos())))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paint(self, painter: QPainter, palette: theme.Palette) -> None:
        centered = Qt.AlignmentFlag.AlignVCenter
        for name, (title, _) in self._help.items():
            box = self.box(name)
            painter.setFont(theme.caption_font(self))
            painter.setPen(palette.color("muted"))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | centered, tr(title))
            painter.setFont(theme.value_font(self))
            painter.setPen(palette.color("text" if name in self.scores else "muted"))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | centered, self.text(name))

    def _line_height(self) -> int:
        return self.fontMetrics().height() + 2

    def _line_count(self) -> int:
        """Return how many lines of three numbers there are under the strip."""
        return -(-len(self._help) // 3)

    def _column_width(self) -> int:
        titles = [tr(title) for title, _ in self._help.values()]
        longest = max(titles, key=len)
        return self.fontMetrics().horizontalAdvance(f"{longest} -0.00")
