"""The dialog of a network: it keeps what is typed, and says what a file that does not fit is."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from torch import nn

from dnnvis.app.opening.dialog import NetworkDialog
from dnnvis.app.runtime.network_openings import NetworkOpenings
from dnnvis.core.errors import Mismatch
from dnnvis.core.frame import Frame
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import NetworkInfo, describe_failure
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.session import Session
from dnnvis.session.state import State, from_json, to_json
from dnnvis.zoo.input_preview import preview_input
from dnnvis.zoo.net1 import net1
from dnnvis.zoo.weights_report import list_parts, recognize_weights

TYPED = NetworkChoice(
    "own.py:make",
    checkpoint="weights.pt",
    size="48x64",
    channels="4",
    mean="0.5",
    std="0.2",
    labels="names.txt",
    output="0.boxes",
    inputs="t=0.5",
)


class Desk:
    """A dialog on a backend that opens nothing by itself; ``runs`` are the choices it was given."""

    def __init__(self, bot: QtBot, state: State | None = None) -> None:
        self.bot, self.parent = bot, QWidget()
        bot.addWidget(self.parent)
        self.mailbox, self.runs = Mailbox(), list[NetworkChoice]()
        services = SimpleNamespace(
            preview_input=preview_input,
            recognize_weights=recognize_weights,
            list_parts=list_parts,
            describe_download=lambda name: f"5 MB for {name}",
        )
        self.backend: Any = SimpleNamespace(
            session=Session(state or State()),
            services=services,
            openings=NetworkOpenings(self.mailbox),
            live=None,
            run=self.runs.append,
        )
        self.dialog = self.open()

    def open(self) -> NetworkDialog:
        self.dialog = NetworkDialog(self.backend, ["net1", "net2"], self.parent)
        self.dialog.open()
        return self.dialog

    def type(self, choice: NetworkChoice) -> None:
        self.dialog.net.setCurrentText(choice.net)
        self.dialog.checkpoint.setText(choice.checkpoint or "")
        for name, field in self.dialog.fields.items():
            field.setText(getattr(choice, name) or "")

    def fail(self, message: str, rows: Any = ()) -> None:
        failure = describe_failure(Mismatch(message, rows), self.runs[-1])
        self.backend.openings.deliver(failure)

    def until(self, done: Callable[[], object]) -> None:
        """Hand on the mail until something is so."""

        def check() -> bool:
            for answer in self.mailbox.collect().values():
                self.backend.openings.deliver(answer)
            return bool(done())

        self.bot.waitUntil(check, timeout=60_000)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    desk = Desk(qtbot)
    yield desk
    desk.dialog.close()


def test_what_is_typed_is_the_choice_and_what_is_empty_is_left_to_the_network(desk: Desk) -> None:
    assert desk.dialog.choice() == State().network
    desk.type(NetworkChoice(" net1 ", size=" 48x64 ", output=" aux "))
    assert desk.dialog.choice() == NetworkChoice("net1", size="48x64", output="aux")


def test_what_is_typed_is_there_the_next_time_and_after_a_restart(desk: Desk) -> None:
    desk.type(TYPED)
    desk.dialog.reject()
    assert desk.open().choice() == TYPED
    desk.dialog.close()
    desk.backend.session = Session(from_json(to_json(desk.backend.session.state)))
    assert desk.open().choice() == TYPED


def test_what_was_given_elsewhere_is_filled_in_and_stays_as_it_was(qtbot: QtBot) -> None:
    given = NetworkChoice("x.pt", size=(32, 48), mean=(0.5, 0.25), labels=("cat", "dog"))
    desk = Desk(qtbot, State(network=given))
    dialog = desk.dialog
    assert dialog.fields["size"].text() == "32x48"
    assert dialog.fields["mean"].text() == "0.5, 0.25"
    assert dialog.choice() == given
    dialog.fields["mean"].setText("0.5, 0.3")
    assert dialog.choice().mean == "0.5, 0.3"
    assert dialog.choice().labels == ("cat", "dog")
    dialog.close()


def test_a_mismatch_leaves_the_dialog_with_all_fields_and_a_table(desk: Desk) -> None:
    desk.type(TYPED)
    desk.dialog.open_network()
    assert desk.runs == [TYPED]
    rows = [("a.weight", "", "3x3"), ("b.bias", "", "3"), ("c", "5", ""), ("d", "1x2", "1x3")]
    desk.fail("a long sentence", rows)
    assert desk.dialog.isVisible()
    assert desk.dialog.choice() == TYPED
    message = desk.dialog.message.text()
    assert "2 missing in the file, 1 not in the network, 1 of another shape" in message
    assert "weights.pt" in message
    table = desk.dialog.differences
    titles = [table.topLevelItem(k).text(0) for k in range(table.topLevelItemCount())]
    assert titles == ["missing in the file (2)", "not in the network (1)", "of another shape (1)"]
    assert [table.topLevelItem(2).child(0).text(k) for k in range(3)] == ["d", "1x2", "1x3"]
    desk.backend.openings.deliver(_info(NetworkChoice("another")))
    assert desk.dialog.isVisible()
    desk.dialog.open_network()
    desk.backend.openings.deliver(_info(desk.runs[-1]))
    assert not desk.dialog.isVisible()


def _info(choice: NetworkChoice) -> NetworkInfo:
    return NetworkInfo("x", (), (), (8, 8), 3, choice=choice)


def test_a_file_that_does_not_fit_is_offered_as_what_it_is(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "digits.pt"
    torch.save(net1().state_dict(), file)
    desk.type(NetworkChoice("resnet18", checkpoint=str(file), mean="0.5"))
    desk.dialog.open_network()
    desk.fail("does not fit", [("a", "", "3")])
    desk.until(lambda: desk.dialog.offer_button.isVisible())
    assert "digits.pt fits net1 exactly with 10 classes" in desk.dialog.offer.text()
    desk.dialog.offer_button.click()
    assert desk.runs[-1] == NetworkChoice("net1", checkpoint=str(file), mean="0.5")


def test_the_sets_of_weights_in_a_file_are_a_menu(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "both.pt"
    torch.save({"model": net1().state_dict(), "teacher": nn.Linear(3, 2).state_dict()}, file)
    desk.type(NetworkChoice("own.py:make", checkpoint=str(file)))
    desk.until(lambda: desk.dialog.part.count() == 2)
    assert desk.dialog.part.isVisible()
    assert desk.dialog.part.itemText(1) == "teacher: 2 weights, 8 values"
    desk.dialog.part.activated.emit(1)
    assert desk.dialog.choice().checkpoint == f"{file}#teacher"
    desk.type(NetworkChoice("net1"))
    desk.until(lambda: not desk.dialog.part.isVisible())


def test_the_preview_shows_the_frame_as_the_network_would_get_it(desk: Desk) -> None:
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:, 20:60, 0] = 255
    desk.backend.live = SimpleNamespace(frame=Frame(pixels))
    desk.type(NetworkChoice("net2", size="20", mean="0.5, 0, 0", std="0.5, 1, 1"))
    desk.until(lambda: desk.dialog.preview.view.pixels is not None)
    shown = desk.dialog.preview
    assert shown.view.pixels.shape == (20, 20, 3)
    assert (shown.view.pixels[..., 0] == 255).all()
    assert "red: 1.00 to 1.00, mean 1.00" in shown.ranges.text()
    assert "20 x 20 pixels" in shown.ranges.text()
    desk.dialog.fields["std"].setText("0, 1, 1")
    desk.until(lambda: "std" in shown.view.message)


def test_pretrained_weights_say_what_is_downloaded(desk: Desk) -> None:
    desk.type(NetworkChoice("alexnet"))
    desk.dialog.weights.setCurrentIndex(2)
    desk.until(lambda: desk.dialog.download.text() == "5 MB for alexnet")
    assert desk.dialog.download.isVisible()
    desk.dialog.weights.setCurrentIndex(0)
    desk.until(lambda: not desk.dialog.download.isVisible())
