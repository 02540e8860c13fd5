"""Controls that a card can open."""

from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets.fold import Fold


def test_a_fold_whose_rows_are_all_hidden_shows_nothing(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    column = QVBoxLayout(parent)
    row = QLabel("a", parent)
    column.addWidget(row)
    row.hide()
    fold = Fold(column, (row,), (), parent)
    assert not fold.shows_something
    row.show()
    assert fold.shows_something  # though the fold itself is not open
    row.hide()
    fold.add_row(QLabel("b", fold))
    assert fold.shows_something
