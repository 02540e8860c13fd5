"""The docks of the window: their titles, their names, and whose tooltip shows where."""

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QHelpEvent
from PyQt6.QtWidgets import QApplication, QLabel, QMainWindow, QToolTip
from pytestqt.qtbot import QtBot

from dnnvis.app.shell.panel_dock import MIN_FLOATING_PIXELS, PanelDock
from helpers.application_window import Stage, toy


def test_docks_have_the_fields_titles_and_keep_the_names_of_saved_layouts(
    qtbot: QtBot, tmp_path: Path
) -> None:
    docks = Stage(qtbot, tmp_path, toy(tmp_path)).window.docks
    for name, title, question in (
        ("Synthesis", "Feature visualization", "what it wants"),
        ("Examples", "Top examples", "what it fires on"),
    ):
        dock = docks[name]
        assert (dock.objectName(), dock.windowTitle(), dock.toolTip()) == (name, title, question)
        assert dock.toggleViewAction().text() == title


@pytest.mark.parametrize(("over_title", "shown"), [(True, "why?"), (False, "")])
def test_the_tooltip_of_a_dock_is_that_of_its_title_alone(
    qtbot: QtBot, over_title: bool, shown: str
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = PanelDock("Title", window)
    dock.setWidget(QLabel("content"))
    dock.setToolTip("why?")
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.resize(200, 200)
    window.show()
    QToolTip.hideText()
    content = dock.widget()
    at = QPoint(5, 5) if over_title else content.geometry().center()
    assert content.geometry().contains(at) != over_title
    receiver = dock if over_title else content
    local = at if over_title else content.mapFrom(dock, at)
    event = QHelpEvent(QHelpEvent.Type.ToolTip, local, dock.mapToGlobal(at))
    QApplication.sendEvent(receiver, event)
    assert QToolTip.text() == shown


def test_a_dock_that_is_taken_out_is_large_enough(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = PanelDock("Title", window)
    dock.setWidget(QLabel("content"))
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.resize(200, 200)
    with qtbot.waitExposed(window):
        window.show()
    dock.setFloating(True)
    assert dock.width() >= MIN_FLOATING_PIXELS.width()
    assert dock.height() >= MIN_FLOATING_PIXELS.height()
