"""The form of a sweep: what it asks for, what it lists, what a click does."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from dnnvis.app.edits.sweep_dialog import DATA, SweepDialog
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.core.frame import Frame
from dnnvis.core.job_state import JobState
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import State
from helpers.fake_jobs import FakeJob
from helpers.live_frames import make_live

INFO = NetworkInfo(
    "toy",
    (LayerInfo("conv1", "Conv2d", (3, 8, 8)), LayerInfo("output", "result", (3, 1, 1))),
    (),
    (8, 8),
    3,
)
RECORD = {
    "network": "toy",
    "layer": "conv1",
    "measure": "agreement",
    "baseline": 1.0,
    "pictures": 32,
    "effects": [0.0, -0.5, -0.25],
    "fired": [0.0, 1.0, 0.5],
}


@pytest.fixture
def made(qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    started: list[FakeJob] = []

    def create(name: str, args: Sequence[str]) -> FakeJob:
        started.append(FakeJob(args))
        return started[-1]

    session = Session(State(layer="conv1"))
    dialog = SweepDialog(session, Jobs(create))
    qtbot.addWidget(dialog)
    session.listen(dialog.show_state)
    dialog.show_info(INFO)
    dialog.open_dialog()
    return dialog, session, started


def test_it_says_what_is_missing_and_sweeps_the_last_frames(made: Any, tmp_path: Path) -> None:
    dialog, _, started = made
    assert "No frame has run yet" in dialog.message.text()
    assert not dialog.start.isEnabled()
    live = make_live()
    for number in range(3):
        pixels = np.full((8, 8, 3), number, np.uint8)
        shown = replace(live, frame=Frame(pixels, number, "test", born=float(number)))
        dialog.on_message("live", shown)
    dialog.open_dialog()
    assert dialog.start.isEnabled()
    dialog.start.click()
    args = list(started[0].args)
    path = tmp_path / "sweeps" / "recent-frames.npz"
    assert args[0] == "sweep"
    assert args[args.index("--layer") + 1] == "conv1"
    assert args[args.index("--data") + 1] == str(path)
    assert np.load(path)["images"].shape == (3, 8, 8, 3)
    assert not dialog.start.isEnabled()  # one at a time


def test_a_data_set_and_the_selected_unit(made: Any) -> None:
    dialog, session, started = made
    dialog.where.setCurrentIndex(dialog.where.findData(DATA))
    assert "Say on which pictures" in dialog.message.text()
    dialog.data.setText("/pictures")
    dialog.measure.setCurrentIndex(dialog.measure.findData("unit"))
    assert "Select the unit" in dialog.message.text()
    session.update(unit=Unit("output", 2))
    dialog.set_to.setCurrentIndex(dialog.set_to.findData("mean"))
    dialog.start.click()
    text = " ".join(started[0].args)
    assert "--data /pictures --limit 256 --unit output[2] --set-to mean" in text


def test_the_list_is_by_harm_and_a_click_selects_the_unit(made: Any) -> None:
    dialog, session, _ = made
    state = JobState("sweep", done=1, total=2, latest={"sweep": RECORD})
    dialog.on_message("job sweep", state)
    rows = [[dialog.list.item(r, c).text() for c in range(3)] for r in range(3)]
    assert rows == [
        ["conv1[1]", "-50.00 points", "100 %"],
        ["conv1[2]", "-25.00 points", "50 %"],
        ["conv1[0]", "+0.00 points", "0 %"],
    ]
    assert "agreement with the network's own answers 100.0 %" in dialog.message.text()
    dialog.list.cellClicked.emit(1, 0)
    assert session.state.unit == Unit("conv1", 2)
    dialog.order.click()
    assert session.state.order == "effect"
    session.update(edits=("conv1[0] = 0",))
    assert "without the edits" in dialog.message.text()
    dialog.on_message("job sweep", replace(state, latest={"words": "Starting ..."}))
    assert dialog.effects is not None  # what was known stays
    dialog.show_info(replace(INFO, name="other"))
    assert dialog.effects is None
    assert dialog.list.rowCount() == 0


def test_esc_closes_it_and_the_last_frames_need_no_number(made: Any) -> None:
    dialog, _, _ = made
    assert dialog.limit.isHidden()
    assert dialog.data.isHidden()
    dialog.where.setCurrentIndex(dialog.where.findData(DATA))
    assert not dialog.limit.isHidden()
    assert not dialog.data.isHidden()
    assert "listed here" in dialog.message.text()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isHidden()
