"""What the tool tips of the window say: more than the control's own name (finding 18)."""

from pathlib import Path

from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QMenuBar,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTableView,
    QToolBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets.controls import LINE_LETTERS
from dnnvis.guide.glossary import explain
from helpers.application_window import Stage, toy

CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
#: What of Qt has parts of its own.
OF_QT = (QAbstractSpinBox, QComboBox, QLineEdit, QDockWidget, QTabBar, QTableView, QMenuBar)

#: Controls whose tips say what the word means just here.
OWN_TIPS = {"Contrast", "Rule", "Cell", "field", "Decoder"}


def controls(window: QWidget) -> list[QWidget]:
    """Every control of ours: neither parts of others nor Qt's own buttons."""
    found = []
    for widget in window.findChildren(QWidget):
        ours = isinstance(widget, (*CONTROLS, QPlainTextEdit)) and not isinstance(
            widget, QScrollBar
        )
        parent = widget.parentWidget()
        is_extension = isinstance(parent, QToolBar) and widget.objectName().startswith("qt_")
        if ours and not isinstance(parent, OF_QT) and not is_extension:
            found.append(widget)
    return found


def name_of(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text or f"{type(widget)} in {type(widget.parent())}"


def test_tips_say_what_a_word_means_and_do_not_repeat_the_name(
    qtbot: QtBot, tmp_path: Path
) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), shown=False, unlocked=False)
    every = controls(stage.window)
    assert len(every) > 150
    bare = [
        name_of(widget)
        for widget in every
        if not widget.toolTip() or widget.toolTip().casefold() == name_of(widget).casefold()
    ]
    assert bare == [], "; ".join(bare)
    missing = [
        name_of(widget)
        for widget in every
        if explain(name_of(widget))
        and " ".join(explain(name_of(widget)).split()) not in " ".join(widget.toolTip().split())
        and name_of(widget) not in OWN_TIPS
    ]
    assert not missing, "; ".join(missing)


def test_a_card_explains_its_title_and_follows_it(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    stage.runs()
    cards = stage.window.page.cards
    assert "rectifier" in cards["lens1"].title.tip
    stage.window.run_action("next_lens")
    assert " ".join(cards["lens1"].title.tip.split()) == explain("Guided backprop")
    assert cards["mosaic"].title.tip.startswith(stage.state.layer)
    assert all(len(line) <= LINE_LETTERS for line in cards["input"].title.tip.splitlines())
