"""The field for a board's rule: a list of well-known ones, in which others can be written."""

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QWidget

from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.errors import BadInput
from dnnvis.core.life.life_rule import RULE_NAMES, describe_rule, format_rule
from dnnvis.core.translation.catalog import tr

TIP = (
    "The rule of the board: with how many living neighbors a cell is born (B) and survives (S).\n"
    "Choose one, or write another, B36/S23 or 23/36, and press Enter."
)
MIN_LETTERS = 10


class RuleChoice(QComboBox):
    """A list of named rules that also takes B/S notation.

    ``chosen`` has a rule in that notation; "" where what was written is none, and ``problem`` says
    why.
    """

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.problem = ""
        self._rule = ""
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setAccessibleName(tr("Rule"))
        self.setToolTip(tr(TIP))
        self.setMinimumContentsLength(MIN_LETTERS)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setCompleter(None)  # it would make Life of the letter L
        for rule in RULE_NAMES.values():
            self.addItem(describe_rule(rule), rule)
        self.activated.connect(lambda index: self._choose(str(self.itemData(index))))
        require(self.lineEdit()).editingFinished.connect(self._read_text)

    def show_rule(self, rule: str) -> None:
        """Show the rule by which the board runs, unless another is being written."""
        if rule == self._rule or not rule:
            return
        self._rule = rule
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findData(rule))
            self.setEditText(describe_rule(rule))

    def forget_problem(self) -> None:
        """Say no more of what was written and is no rule."""
        self.problem = ""

    def _read_text(self) -> None:
        text = self.currentText()
        if not self._rule or text == describe_rule(self._rule):
            return
        index = self.findText(text)
        self._choose(text if index < 0 else str(self.itemData(index)))

    def _choose(self, text: str) -> None:
        has_problem = bool(self.problem)
        try:
            rule, self.problem = format_rule(text), ""
        except BadInput as error:
            rule, self.problem = "", str(error)
            self.setEditText(describe_rule(self._rule))
        if rule != self._rule or has_problem:
            self.chosen.emit(rule)
