"""Show in a table how the weights in a file differ from those of a network."""

from collections.abc import Sequence

from PyQt6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from dnnvis.app.opening.text import group_differences
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.formatting import format_value
from dnnvis.core.messages import WeightDifference
from dnnvis.core.translation.catalog import tr

MAX_ROWS = 500  # of each kind; what more there is, is counted
ABSENT = "–"


class DifferencesTable(QTreeWidget):
    """The weights that are missing, left over or of another shape, each kind under its title."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Weights that do not fit"))
        self.setHeaderLabels([tr("Weight"), tr("in the file"), tr("in the network")])
        header = require(self.header())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.setMinimumHeight(130)
        self.hide()

    def show_differences(self, rows: Sequence[WeightDifference]) -> None:
        """Show the rows, those of the smallest kind unfolded; none hides the table."""
        self.clear()
        groups = group_differences(rows)
        smallest = min(groups, key=lambda title: len(groups[title]), default="")
        for title, group in groups.items():
            top = QTreeWidgetItem(self, [f"{tr(title)} ({format_value(len(group), ',')})"])
            for row in group[:MAX_ROWS]:
                QTreeWidgetItem(top, [row.name, row.in_file or ABSENT, row.in_network or ABSENT])
            if len(group) > MAX_ROWS:
                QTreeWidgetItem(top, [tr("and {count:,} more", count=len(group) - MAX_ROWS)])
            top.setFirstColumnSpanned(True)
            top.setExpanded(title == smallest)
        self.setVisible(bool(rows))
