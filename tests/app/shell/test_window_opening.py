"""In the whole window: weights that do not fit, what they are, and the way to them."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PyQt6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from dnnvis.app.opening.dialog import NetworkDialog
from dnnvis.app.shell.actions import open_checkpoint
from dnnvis.session.recent import list_networks
from dnnvis.zoo.net1 import net1
from helpers.application_window import Stage, toy


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda parent, title, text: yes)
    stage = Stage(qtbot, tmp_path, replace(toy(tmp_path), labels=None), unlocked=False)
    stage.runs()
    return stage


def open_dialog(stage: Stage) -> NetworkDialog:
    open_checkpoint(stage.window.context)
    dialogs = stage.window.findChildren(NetworkDialog)
    return dialogs[-1]


def test_a_file_that_does_not_fit_is_opened_as_what_it_is(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "digits.pt"
    torch.save(net1().state_dict(), file)
    before = stage.window.backend.info
    dialog = open_dialog(stage)
    assert dialog.choice().net == toy(tmp_path).net
    stage.until(lambda: dialog.preview.view.pixels is not None)
    dialog.checkpoint.setText(str(file))
    dialog.fields["size"].setText("")
    dialog.fields["mean"].setText("0.1")
    dialog.open_network()  # agrees to run the file, whose network these weights do not fit
    stage.until(lambda: dialog.offer_button.isVisible(), 60)
    assert stage.window.backend.info is before
    assert dialog.differences.topLevelItemCount() > 0
    dialog.offer_button.click()
    stage.until(lambda: stage.window.backend.info is not before, 60)
    assert stage.window.backend.info.choice.net == "net1"
    stage.until(lambda: not stage.window.findChildren(NetworkDialog))
    latest = list_networks(stage.state)[0]
    assert (latest.net, latest.checkpoint, latest.mean) == ("net1", str(file), "0.1")
    stage.close()
