"""Say in a sentence how good the picture that grows is, over the curve of its steps."""

from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.synthesis import text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.line_plot import LinePlot
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.translation.catalog import tr

SENTENCE_LINES = 2


class OutcomeView(QWidget):
    """A sentence against photographs, and the curve; the numbers are under the mouse."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("How good the picture is"))
        self.sentence = ElidedLabel(self, lines=SENTENCE_LINES)
        self.curve = LinePlot(self)
        policy = self.curve.sizePolicy()
        policy.setVerticalPolicy(policy.Policy.Expanding)
        self.curve.setSizePolicy(policy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.sentence)
        column.addWidget(self.curve, 1)

    def show_result(self, result: SynthesisResult, k: int) -> None:
        """Show the outcome of picture ``k``; what was not measured yet stays as it was."""
        self.curve.show_curve(result.curve, result.steps, k)
        if k < len(result.measures):
            self.sentence.setText(text.describe_outcome(result, result.measures[k]))
            self.sentence.tip = text.explain_outcome(result, result.measures[k])

    def show_nothing(self) -> None:
        self.sentence.setText("")
        self.sentence.tip = ""
