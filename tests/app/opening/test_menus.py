"""The menus open networks and recent things as they were set, and say what each of them is."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PyQt6.QtWidgets import QMenu, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.opening.menus import OpeningMenus
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice, State


class Desk:
    def __init__(self, bot: QtBot, state: State) -> None:
        self.parent = QWidget()
        bot.addWidget(self.parent)
        self.runs, self.sources = list[NetworkChoice](), list[SourceChoice]()
        services = SimpleNamespace(
            bundled=lambda: ["net1-mnist", "other"],
            bundled_titles=lambda: {"net1-mnist": "handwritten digits"},
            describe_download=lambda name: f"{name} is 5 MB.",
        )
        backend: Any = SimpleNamespace(
            session=Session(state),
            services=services,
            run=self.runs.append,
            open_source=self.sources.append,
            engine=None,
        )
        names = ("resnet18", "resnet50", "alexnet")
        self.menus = OpeningMenus(backend, self.parent, lambda: None, lambda: names)
        self.menu = QMenu(self.parent)

    def fill(self, fill: Callable[[QMenu], None]) -> dict[str, Any]:
        fill(self.menu)
        return {action.text(): action for action in self.menu.actions() if action.text()}


def test_recent_things_are_opened_with_all_that_was_set(qtbot: QtBot, tmp_path: Path) -> None:
    weights, film = tmp_path / "w&b.pt", tmp_path / "a.mp4"
    weights.touch()
    film.touch()
    choice = NetworkChoice("own.py:make", checkpoint=str(weights), mean="0.5", size="64")
    gone = NetworkChoice(str(tmp_path / "gone.pt"))
    source = SourceChoice("video", str(film), mirror=True)
    desk = Desk(qtbot, State(recent_choices=(choice, gone), recent_files=(source,)))
    entries = desk.fill(desk.menus.fill_recent)
    title = f"{weights}  (in own.py:make, size 64, mean 0.5)".replace("&", "&&")
    assert list(entries) == [f"{film}  (mirrored)", title, f"{gone.net} (missing)"]
    assert not entries[f"{gone.net} (missing)"].isEnabled()
    entries[title].trigger()
    entries[f"{film}  (mirrored)"].trigger()
    assert desk.runs == [choice]
    assert desk.sources == [source]


def test_without_anything_recent_the_menu_says_so(qtbot: QtBot) -> None:
    desk = Desk(qtbot, State())
    entries = desk.fill(desk.menus.fill_recent)
    assert list(entries) == ["Nothing was opened yet"]


def test_the_networks_that_ship_say_what_they_are(qtbot: QtBot) -> None:
    desk = Desk(qtbot, State(network=NetworkChoice("other")))
    entries = desk.fill(desk.menus.fill_networks)
    assert entries["other"].isChecked()
    digits = entries["net1-mnist\thandwritten digits"]
    assert not digits.isChecked()
    digits.trigger()
    assert desk.runs == [NetworkChoice("net1-mnist")]


@pytest.mark.parametrize("agrees", [True, False])
def test_pretrained_weights_are_fetched_once_the_user_knows_what_they_are(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, agrees: bool
) -> None:
    desk, texts = Desk(qtbot, State()), list[str]()
    button = QMessageBox.StandardButton.Yes if agrees else QMessageBox.StandardButton.No

    def answer(parent: QWidget, title: str, text: str) -> QMessageBox.StandardButton:
        texts.append(text)
        return button

    monkeypatch.setattr(QMessageBox, "question", answer)
    entries = desk.fill(lambda menu: desk.menus.fill_torchvision(menu, "pretrained"))
    assert list(entries) == ["resnet", "alexnet"]
    resnets = {action.text(): action for action in entries["resnet"].menu().actions()}
    resnets["resnet50"].trigger()
    assert desk.runs == ([NetworkChoice("resnet50", weights="pretrained")] if agrees else [])
    assert texts[0].startswith("resnet50 is 5 MB.")


def test_random_weights_need_no_question(qtbot: QtBot) -> None:
    desk = Desk(qtbot, State())
    entries = desk.fill(lambda menu: desk.menus.fill_torchvision(menu, "random"))
    entries["alexnet"].menu().actions()[0].trigger()
    assert desk.runs == [NetworkChoice("alexnet")]
