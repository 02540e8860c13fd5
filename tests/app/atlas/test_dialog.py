"""The form that makes an atlas: what it starts, and what follows when the job is done."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dnnvis.app.atlas.dialog import AtlasDialog
from dnnvis.app.blocks.concepts_dialog import ConceptsDialog
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.core.job_state import JobState
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice, State
from helpers.fake_jobs import FakeJob

INFO = NetworkInfo(
    "toy",
    (LayerInfo("conv1", "Conv2d", (4, 8, 8)), LayerInfo("output", "result", (3, 1, 1))),
    (),
    (8, 8),
    3,
)


@pytest.fixture
def made(qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    started: list[FakeJob] = []

    def create(name: str, args: Sequence[str]) -> FakeJob:
        started.append(FakeJob(args))
        return started[-1]

    session = Session(State(layer="conv1"))
    dialog = AtlasDialog(session, Jobs(create))
    qtbot.addWidget(dialog)
    session.listen(dialog.show_state)
    return dialog, session, started


def test_what_is_missing_is_said(made: Any) -> None:
    dialog, _, started = made
    dialog.open_dialog()
    assert dialog.message.text() == "Open a network first."
    dialog.show_info(INFO)
    assert "Choose the pictures" in dialog.message.text()
    dialog.begin()
    assert not started


def test_the_pictures_of_the_source_are_laid_out(made: Any) -> None:
    dialog, session, started = made
    session.update(source=replace(SourceChoice(), kind="pictures", path="/pictures"))
    dialog.show_info(INFO)
    dialog.open_dialog()
    assert dialog.data.text() == "/pictures"
    dialog.grid.setValue(8)
    dialog.limit.setValue(0)
    dialog.layout_choice.setCurrentIndex(dialog.layout_choice.findData("pca"))
    dialog.start.click()
    args = list(started[0].args)
    assert args[0] == "atlas"
    for option, value in (
        ("--data", "/pictures"),
        ("--layer", "conv1"),
        ("--layout", "pca"),
        ("--grid", "8,16"),
    ):
        assert args[args.index(option) + 1] == value
    assert "--limit" not in args


@pytest.mark.parametrize(
    ("state", "versions"),
    [
        (JobState("atlas", "done", 1, 1, finished=True), 1),
        (JobState("atlas", "Growing", 1, 9), 0),
        (JobState("atlas", finished=True, failed="No."), 0),
        (JobState("atlas", finished=True, stopped=True), 0),
    ],
)
def test_a_finished_atlas_is_read(made: Any, state: JobState, versions: int) -> None:
    dialog, session, _ = made
    session.update(map=replace(session.state.map, atlas_region=(0.0, 0.0, 1.0)))
    dialog.on_message("job atlas", state)
    choice = session.state.map
    assert choice.atlas_version == versions
    assert (choice.tab == "atlas") == bool(versions)
    assert (choice.atlas_region == ()) == bool(versions)


def test_the_window_opens_it_by_key_and_from_the_map(made: Any) -> None:
    from dnnvis.app.shell.actions import ACTIONS
    from dnnvis.app.shell.keymap import KEYS

    binding = next(key for key in KEYS if key.function == "atlas")
    assert binding.keys == ("Ctrl+Shift+A",)
    assert "atlas" in {action.id for action in ACTIONS}


def test_concepts_are_found_over_the_pictures_named(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    started: list[FakeJob] = []

    def create(name: str, args: Sequence[str]) -> FakeJob:
        started.append(FakeJob(args))
        return started[-1]

    session = Session(State(layer="conv1"))
    dialog = ConceptsDialog(session, Jobs(create))
    qtbot.addWidget(dialog)
    session.listen(dialog.show_state)
    dialog.show_info(INFO)
    dialog.open_dialog()
    dialog.data.setText("/pictures")
    dialog.count.setValue(7)
    dialog.start.click()
    assert list(started[0].args)[-8:] == [
        *("--data", "/pictures", "--layer", "conv1"),
        *("-k", "7", "--limit", "500"),
    ]
    dialog.on_message("job concepts", JobState("concepts", finished=True))
    assert session.state.blocks.concepts
    assert session.state.blocks.concepts_run == 1
