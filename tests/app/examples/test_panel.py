from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from dnnvis.app.examples.panel import DEFAULT_MINUTES, REFRESH_INTERVAL_MS, SCAN, ExamplesPanel
from dnnvis.app.examples.preview import ExampleDialog
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.core.lens_results import Example, Examples
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.plan_for import EXAMPLES
from dnnvis.session.session import Session
from dnnvis.session.state import State

UNIT = Unit("block.conv", 1)


def example(k: int, where: str = "demo, number 4", **backs: Any) -> Example:
    crop, whole = np.full((3, 3, 3), k, np.uint8), np.full((8, 8, 3), 10 * k, np.uint8)
    return Example(crop, whole, 5.0 - k, (k, 2), (k - 1, 1, 3, 3), "cat", where, backs)


def found(*items: Example, **changes: Any) -> Examples:
    made = Examples(
        items or tuple(example(k) for k in range(5)),
        str(UNIT),
        "toy",
        "largest maximum of block.conv[1]",
        counts=(("cat", 3), ("dog", 1)),
    )
    return replace(made, **changes)


class RunningState:
    name, message, done, total, seconds_left = SCAN, "scanning", 3, 10, 5.0
    latest: dict[str, Any] = {}
    paused = stopped = finished = False
    failed = ""


class FakeJob:
    """A job that is started and never ends by itself."""

    made: list[tuple[str, list[str]]] = []
    latest: "FakeJob"

    def __init__(self, name: str, args: Any) -> None:
        FakeJob.made.append((name, list(args)))
        self.state, self.can_pause = RunningState(), True
        FakeJob.latest = self

    def start(self) -> None: ...
    def pause(self) -> None: ...
    def go_on(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


@pytest.fixture
def opened() -> list[str]:
    return []


@pytest.fixture
def panel(qtbot: QtBot, info: NetworkInfo, opened: list[str]) -> ExamplesPanel:
    FakeJob.made = []
    state = State(NetworkChoice("toy"), unit=UNIT, layer="block.conv")
    made = ExamplesPanel(Session(state), Jobs(FakeJob), opened.append)
    qtbot.addWidget(made)
    made.session.listen(made.show_state)
    made.resize(330, 420)
    with qtbot.waitExposed(made):
        made.show()
    made.show_info(info)
    return made


def give(panel: ExamplesPanel, value: object) -> None:
    panel.on_message(EXAMPLES, value)
    panel.grab()


def test_crops_come_with_their_values_classes_and_what_they_are(panel: ExamplesPanel) -> None:
    give(panel, found())
    values = ["5.00", "4.00", "3.00", "2.00", "1.00"]
    assert [tile.text.split(" · ")[0] for tile in panel.view.tiles] == values
    assert panel.view.tiles[0].text == "5.00 · demo, number 4"
    assert [tile.name for tile in panel.view.tiles].count("cat") > 1
    assert [int(tile.pixels[0, 0, 0]) for tile in panel.view.tiles] == [0, 1, 2, 3, 4]
    assert panel.classes.isVisible()
    assert panel.classes.accessibleDescription() == "cat 3 · dog 1"
    assert panel.caption.text() == "largest maximum of block.conv[1]"


def test_a_unit_that_never_fires_is_said_to(panel: ExamplesPanel) -> None:
    give(panel, found(message="block.conv[1] is above 0 on none of them"))
    assert panel.caption.text().startswith("block.conv[1] is above 0 on none of them · largest")


def test_a_small_field_is_shown_as_large_as_the_panel_allows(panel: ExamplesPanel) -> None:
    give(panel, found())
    for k in range(5):  # three pixels of the picture fill the tile's cell all the same
        cell, place = panel.view.cell(k), panel.view.image_rect(k)
        line = panel.view.fontMetrics().height()
        assert place.width() >= min(cell.width(), cell.height() - line) - 4 > 60


def test_the_whole_picture_has_the_field_framed(panel: ExamplesPanel, qtbot: QtBot) -> None:
    give(panel, found())
    panel.shown_as.setCurrentIndex(1)
    panel.shown_as.activated.emit(1)
    assert panel.session.state.examples.shown_as == "whole"
    tile = panel.view.tiles[2]
    assert tile.box == (1, 1, 3, 3)
    assert tile.pixels.shape == (8, 8, 3)
    assert int(tile.pixels[0, 0, 0]) == 20


def test_backward_pictures_take_the_crops_place_as_they_come(panel: ExamplesPanel) -> None:
    panel.session.update(examples=replace(panel.choice, shown_as="guided"))
    back = np.zeros((3, 3, 3), np.float32)
    back[1, 1] = 2.0
    give(panel, found(example(0, guided=back), example(1)))
    first, second = panel.view.tiles
    assert int(first.pixels[0, 0, 0]) == 128
    assert int(first.pixels[1, 1, 0]) == 255
    assert int(second.pixels[0, 0, 0]) == 1  # still its crop


@pytest.mark.parametrize(
    ("combo", "row", "field", "value"),
    [("by", 1, "by", "mean"), ("end", 1, "bottom", True), ("shown_as", 2, "shown_as", "deconvnet")],
)
def test_what_is_chosen_is_asked_for(
    panel: ExamplesPanel, combo: str, row: int, field: str, value: object
) -> None:
    box = getattr(panel, combo)
    box.setCurrentIndex(row)
    box.activated.emit(row)
    assert getattr(panel.session.state.examples, field) == value


def test_the_memory_is_switched_on_when_it_is_first_asked_for(panel: ExamplesPanel) -> None:
    assert panel.scan.isVisible()
    assert not panel.minutes.isVisible()
    panel.switch_source()
    choice = panel.session.state.examples
    assert (choice.where, choice.minutes) == ("memory", DEFAULT_MINUTES)
    assert panel.minutes.text() == "2.0 min"
    assert panel.minutes.isVisible()
    assert not panel.scan.isVisible()
    assert panel._refresh_timer.isActive()
    assert panel._refresh_timer.interval() == REFRESH_INTERVAL_MS
    panel._refresh_timer.timeout.emit()
    assert panel.session.state.examples.run == 1
    panel.session.update(frozen=True)
    assert not panel._refresh_timer.isActive()  # nothing new comes
    panel.switch_source()
    assert panel.session.state.examples.where == "library"
    assert panel.session.state.examples.minutes == DEFAULT_MINUTES  # it goes on


def test_an_open_panel_says_why_it_is_empty(panel: ExamplesPanel, info: NetworkInfo) -> None:
    assert panel.view.message == "Looking for pictures that block.conv[1] fires on ..."
    give(panel, found(items=(), message="Scan a folder first."))
    assert panel.view.message == "Scan a folder first."
    assert not panel.classes.isVisible()
    give(panel, Failure("The library is damaged."))
    assert panel.view.message == "The library is damaged."
    panel.session.select(Unit("dense", 2))
    assert "dense[2]" in panel.view.message
    panel.session.select(None)
    assert panel.view.message.startswith("No unit is selected")
    panel.show_info(None)
    assert panel.view.message == ""


def test_examples_of_another_unit_are_marked_stale(panel: ExamplesPanel) -> None:
    give(panel, found())
    panel.session.select(Unit("block.conv", 3))
    assert panel.view.stale
    assert panel.caption.text().endswith("stale")
    assert panel.caption.tip == "These pictures are of block.conv[1], no longer the selected unit."


def test_the_mouse_on_an_example_shows_the_whole_picture_beside_the_panel(
    panel: ExamplesPanel, qtbot: QtBot
) -> None:
    give(panel, found())
    panel.move(400, 100)
    qtbot.mouseMove(panel.view, panel.view.image_rect(1).center().toPoint())
    preview = panel.preview
    assert preview.isVisible()
    assert preview.message.text().startswith("block.conv[1] = 4.00 at 1,2\nclass: cat")
    here = QRect(panel.mapToGlobal(QPoint()), panel.size())
    assert not preview.geometry().intersects(here)
    assert preview.view.tiles[0].box == (1, 0, 3, 3)
    panel.view.left.emit()
    assert not preview.isVisible()


def test_where_there_is_no_room_on_the_left_it_stands_on_the_right(
    panel: ExamplesPanel, qtbot: QtBot
) -> None:
    give(panel, found())
    panel.move(0, 0)
    qtbot.mouseMove(panel.view, panel.view.image_rect(1).center().toPoint())
    assert panel.preview.x() >= panel.mapToGlobal(QPoint(panel.width(), 0)).x()


def test_a_click_opens_the_picture_large_and_it_can_become_the_source(
    panel: ExamplesPanel, qtbot: QtBot, opened: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "cat.png"
    file.write_bytes(b"not looked into here")
    give(panel, found(example(0, str(file), guided=np.ones((3, 3, 3), np.float32)), example(1)))
    place = panel.view.image_rect(0).center().toPoint()
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=place)
    dialog = panel.findChild(ExampleDialog)
    assert [tile.text for tile in dialog.view.tiles] == ["whole", "crop", "guided"]
    assert dialog.screen().availableGeometry().contains(dialog.frameGeometry().topLeft())
    assert dialog.run.isEnabled()
    dialog.run.click()
    assert opened == [str(file)]


def test_a_frame_of_a_camera_cannot_become_the_source(panel: ExamplesPanel) -> None:
    give(panel, found())
    dialog = panel.open_large(0)
    assert not dialog.run.isEnabled()
    dialog.close()
    assert panel.open_large(17) is None


def test_a_folder_is_scanned_beside_the_window(
    panel: ExamplesPanel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = str(tmp_path)
    begun: list[str] = []

    def answer(parent: Any, title: str, start: str) -> str:
        begun.append(start)
        return folder if len(begun) == 1 else ""

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", answer)
    panel.scan.click()
    panel.choose_folder()
    assert begun == [str(Path.home()), folder]
    assert FakeJob.made == [(SCAN, ["scan", "toy", "--data", folder])]
    running = RunningState()
    panel.on_message(f"job {SCAN}", running)
    assert not panel.scan.isEnabled()
    assert panel.job.label.text() == "scanning · 3 of 10 · 5 s left"
    done = FakeJob.latest.state
    done.finished, done.message = True, "10 pictures"
    panel.on_message(f"job {SCAN}", done)
    assert panel.scan.isEnabled()
    assert panel.session.state.examples.run == 1


def test_a_job_that_failed_says_why(panel: ExamplesPanel) -> None:
    failed = RunningState()
    failed.finished, failed.failed = True, "There is no picture in that folder."
    panel.on_message(f"job {SCAN}", failed)
    assert panel.job.label.text() == "There is no picture in that folder."


@pytest.mark.parametrize("data", [("gone", "{here}"), ("photographs of the demo 1",)])
def test_another_preprocessing_is_marked_and_one_click_scans_again(
    panel: ExamplesPanel, tmp_path: Path, data: tuple[str, ...]
) -> None:
    give(panel, found())
    assert panel.mark.isHidden()
    addresses = tuple(each.format(here=tmp_path) for each in data)
    reason = "scanned with std 0.00392; the network runs with std 0.229"
    give(panel, found(stale=reason, data=addresses))
    assert panel.mark.sentence.text() == f"Stale: {reason}."
    assert panel.line.text() == "stale"
    assert panel.mark.button is not None
    panel.mark.button.click()
    ((name, args),) = FakeJob.made
    assert name == SCAN
    assert args[-1] == ("demo" if len(data) == 1 else str(tmp_path))


def test_each_picture_counts_once_unless_switched_off(panel: ExamplesPanel) -> None:
    assert panel.distinct.isChecked()
    panel.distinct.click()
    assert not panel.session.state.examples.distinct
    panel.session.update(examples=replace(panel.session.state.examples, distinct=True))
    assert panel.distinct.isChecked()
    panel.set_compact(True)
    panel.on_message(EXAMPLES, found(message="1 picture holds all"))
    assert panel.note.isVisible()
    assert panel.note.text() == "1 picture holds all"
    panel.on_message(EXAMPLES, found())
    assert not panel.note.isVisible()
