"""The form of a dissection, and the story of a unit that is named and found."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt

from dnnvis.app.dissection.dialog import FOLDER, THIS_LAYER, DissectDialog
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.core.job_state import JobState
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice, State
from helpers.application_window import Stage, pictures, toy
from helpers.fake_jobs import FakeJob

INFO = NetworkInfo(
    "toy",
    (LayerInfo("conv1", "Conv2d", (4, 8, 8)), LayerInfo("output", "result", (3, 1, 1))),
    (),
    (8, 8),
    3,
)
RECORD = {
    "network": "toy",
    "layers": [
        {
            "layer": "conv1",
            "measure": "iou",
            "units": 4,
            "names": {"2": ["red", 0.31], "0": ["red", 0.05], "3": ["dots", 0.1]},
            "control_concepts": {"red": 3, "grass": 1},
            "pictures": 90,
        }
    ],
}


@pytest.fixture
def made(qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    started: list[FakeJob] = []

    def create(name: str, args: Sequence[str]) -> FakeJob:
        started.append(FakeJob(args))
        return started[-1]

    session = Session(State(layer="conv1"))
    dialog = DissectDialog(session, Jobs(create))
    qtbot.addWidget(dialog)
    session.listen(dialog.show_state)
    dialog.show_info(INFO)
    dialog.open_dialog()
    return dialog, session, started


def test_concepts_are_made_unless_a_folder_is_given(made: Any) -> None:
    dialog, _, started = made
    assert "This layer was not dissected yet." in dialog.message.text()
    dialog.kind.setCurrentIndex(dialog.kind.findData(FOLDER))
    assert "Choose a folder of concepts" in dialog.message.text()
    assert not dialog.start.isEnabled()
    dialog.path.setText("/concepts")
    dialog.limit.setValue(0)
    dialog.control.setChecked(False)
    dialog.upsample.setChecked(True)
    dialog.scope.setCurrentIndex(dialog.scope.findData("all"))
    dialog.start.click()
    text = " ".join(started[0].args)
    assert text.startswith("dissect ")
    assert text.endswith("--concepts /concepts --no-control --upsample")
    assert not dialog.start.isEnabled()  # one at a time


def test_made_concepts_of_this_layer(made: Any) -> None:
    dialog, _, started = made
    assert dialog.scope.currentData() == THIS_LAYER
    dialog.start.click()
    text = " ".join(started[0].args)
    assert text.endswith("--concepts made --layer conv1 --limit 1000")


def test_the_table_has_the_control_and_a_click_selects_the_best_unit(made: Any) -> None:
    dialog, session, _ = made
    state = JobState("dissect", done=1, total=2, latest=RECORD)
    dialog.on_message("job dissect", state)
    rows = [[dialog.list.item(r, c).text() for c in range(4)] for r in range(3)]
    assert rows == [
        ["red", "2", "3", "conv1[2]  0.31"],
        ["dots", "1", "0", "conv1[3]  0.10"],
        ["grass", "0", "1", ""],
    ]
    text = dialog.message.text()
    assert "3 of 4 units detect a concept (IoU, 90 pictures). With shuffled weights: 4." in text
    dialog.list.cellClicked.emit(1, 0)
    assert session.state.unit == Unit("conv1", 3)
    dialog.list.cellClicked.emit(2, 0)  # of the control alone: nothing to select
    assert session.state.unit == Unit("conv1", 3)
    session.update(edits=("conv1[0] = 0",))
    assert "without the edits" in dialog.message.text()
    session.update(layer="output")
    assert dialog.list.rowCount() == 0
    dialog.on_message("job dissect", replace(state, latest={"words": "Starting ..."}))
    session.update(layer="conv1")
    assert dialog.list.rowCount() == 3  # what was known stays
    dialog.show_info(replace(INFO, name="other"))
    assert dialog.list.rowCount() == 0


def test_story_a_network_is_dissected_and_a_unit_found_by_its_concept(
    qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run it on a toy network, see a unit's name, look for the concept, land on a unit of it; after
    the window is opened again the names are there."""
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    source = SourceChoice("pictures", str(pictures(tmp_path, 1)))
    stage = Stage(qtbot, tmp_path, toy(tmp_path), source)
    stage.runs()
    stage.session.select(Unit("0", 1))
    stage.window.run_action("dissect")
    dialog = stage.window.forms.dissection
    assert dialog.isVisible()
    dialog.limit.setValue(120)
    dialog.start.click()
    stage.until(lambda: dialog.list.rowCount() > 0, 120)
    layer = dialog.concepts.layer("0")
    channel, (concept, _) = next(iter(layer.names.items()))
    others = [k for k in range(6) if layer.names.get(k, ("",))[0] != concept]
    dialog.close()
    stage.session.select(Unit("0", others[0] if others else channel))
    stage.window.go_to.toggle()
    qtbot.keyClicks(stage.window.go_to.query, concept)
    (first, *_) = [t for t in stage.window.go_to.shown_targets() if t.kind == "concept"]
    assert first.text == concept
    while stage.window.go_to.list.currentItem().data(Qt.ItemDataRole.UserRole) != first:
        qtbot.keyClick(stage.window.go_to.query, Qt.Key.Key_Down)
    qtbot.keyClick(stage.window.go_to.query, Qt.Key.Key_Return)
    unit = stage.state.unit
    assert unit is not None
    assert layer.names[unit.channel][0] == concept
    assert (
        max(score for name, score in layer.names.values() if name == concept)
        == layer.names[unit.channel][1]
    )
    assert f"Detects {concept}" in stage.window.unit.concept.text()
    hovers: list[str] = []
    stage.window.mosaic.hovered.connect(hovers.append)
    x, y, width, height = stage.window.mosaic.grid.box(unit.channel)
    stage.window.mosaic.canvas.pointed.emit(y + height / 2, x + width / 2)
    assert f"detects {concept}, IoU" in hovers[-1]
    stage.close()
    again = Stage(qtbot, tmp_path, toy(tmp_path), source)
    again.runs()
    again.session.select(unit)
    again.until(lambda: f"Detects {concept}" in again.window.unit.concept.text())
    again.close()
