"""The dialog of a network: what is typed becomes the choice that is opened."""

from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.shell.network_dialog import NetworkDialog
from dnnvis.engine.plan import NetworkChoice


def test_what_is_typed_is_the_choice_and_what_is_empty_is_left_to_the_network(
    qtbot: QtBot,
) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = NetworkDialog(["net1", "net2"], NetworkChoice("net1"), parent)
    assert dialog.choice() == NetworkChoice("net1")
    dialog.net.setCurrentText("own.py:make")
    dialog.edge.setText(" 48x64 ")
    dialog.channels.setText(" 4 ")
    dialog.mean.setText("0.5")
    dialog.output.setText(" 0.boxes ")
    assert dialog.choice() == NetworkChoice(
        "own.py:make", size="48x64", channels="4", mean="0.5", output="0.boxes"
    )
