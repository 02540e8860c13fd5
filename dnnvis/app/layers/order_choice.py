"""Choose the order of the units in the mosaic."""

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_combo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.session import Session
from dnnvis.session.state import UNIT_ORDERS, State, UnitOrder

_LABELS: dict[UnitOrder, str] = {
    "strongest": "strongest first",
    "index": "by number",
    "variance": "by variance",
    "selectivity": "by selectivity",
    "name": "by name",
    "effect": "by effect",
}
_HELP: dict[UnitOrder, str] = {
    "strongest": "The unit with the largest value in this frame first; renewed twice a second",
    "index": "As the network numbers its units",
    "variance": "The unit whose values differ most, over positions and the frames of this run",
    "selectivity": "The unit that the fewest of this run's frames excite (lifetime sparseness)",
    "name": "By the names of the classes, where the units are classes; else by number",
    "effect": "The unit whose loss hurts most first, where a sweep has measured it (Ctrl+Shift+E)",
}


class OrderChoice(QWidget):
    """The list of orders."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        labels = {order: _LABELS[order] for order in UNIT_ORDERS}
        self.combo = create_combo(self, "Order of the units", labels, min_letters=14)
        for row, order in enumerate(UNIT_ORDERS):
            self.combo.setItemData(row, tr(_HELP[order]), 3)  # 3: the tool tip
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, theme.GAP, 0)
        layout.addWidget(self.combo)
        self.combo.currentIndexChanged.connect(lambda k: session.update(order=UNIT_ORDERS[k]))

    def show_state(self, state: State) -> None:
        with QSignalBlocker(self.combo):
            self.combo.setCurrentIndex(UNIT_ORDERS.index(state.order))
