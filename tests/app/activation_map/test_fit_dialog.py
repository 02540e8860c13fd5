"""A map is fitted from the window: what is asked for, what is seen, what comes of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map.fit_dialog import MapFitDialog, may_be_large
from dnnvis.app.activation_map.fit_preview import MapPreview
from dnnvis.app.runtime.job_commands import MapFitRequest, build_map_args
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.core.job_state import JobState
from dnnvis.core.messages import NetworkInfo
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.map_state import MAP_DATA
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice, State
from helpers.application_window import Stage, toy
from helpers.map_data import small_cloud


class Fake:
    """A job that does what the test says."""

    made: "list[Fake]" = []
    can_pause = True

    def __init__(self, name: str, args: Sequence[str]) -> None:
        self.args = list(args)
        self.state = JobState(name)
        Fake.made.append(self)

    def start(self) -> None: ...
    def pause(self) -> None: ...
    def go_on(self) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


@pytest.fixture
def form(qtbot: QtBot, info: NetworkInfo) -> MapFitDialog:
    Fake.made = []
    state = replace(State(), network=NetworkChoice(net="toy.py:net", trust_code=True))
    made = MapFitDialog(Session(state), Jobs(Fake))
    qtbot.addWidget(made)
    made.show_info(info)
    return made


def tell(form: MapFitDialog, **changes: Any) -> JobState:
    job = Fake.made[-1]
    job.state = replace(job.state, **changes)
    form.on_message("job map", job.state)
    return job.state


def test_the_command_is_of_the_network_that_runs(tmp_path: Path) -> None:
    choice = NetworkChoice(net="toy.py:net", size=(6, 8), trust_code=True)
    bare = ["fit-map", "toy.py:net", "--size", "6x8", "--trust-code"]
    assert build_map_args(choice, MapFitRequest(), tmp_path) == bare
    wish = MapFitRequest("/a b", "act1,act2", 500, 7, 90, False, True, "whole")
    assert build_map_args(choice, wish, tmp_path) == [
        *bare,
        "--data",
        "/a b",
        "--layers",
        "act1,act2",
        "--how",
        "whole",
        "--limit",
        "500",
        "--seed",
        "7",
        "--steps",
        "90",
        "--no-record",
        "--umap",
    ]


def test_nothing_begins_before_it_is_said_on_which_pictures(form: MapFitDialog) -> None:
    form.open_dialog()
    assert form.isVisible()
    assert not form.isModal()
    assert not form.fit.isEnabled()
    assert "which pictures" in form.fit.toolTip()
    form.begin()
    assert not Fake.made
    form.data.setText("/pictures")
    form.layers.setText(" dense , block.conv,")
    form.limit.setValue(300)
    form.fit.click()
    words = Fake.made[-1].args
    assert words[:3] == ["fit-map", "toy.py:net", "--trust-code"]
    assert words[words.index("--layers") + 1] == "dense,block.conv"
    assert words[words.index("--limit") + 1] == "300"
    assert "--seed" not in words
    assert "--no-record" not in words
    form.begin()
    assert len(Fake.made) == 1, "one at a time"


def test_a_network_of_boards_needs_no_pictures(form: MapFitDialog, info: NetworkInfo) -> None:
    boards = replace(info, name="life-3", binary=True, states=(("cell", 0), ("cell", 1)))
    form.show_info(boards)
    assert not form.invalid_reason()
    assert "rule" in form.data.placeholderText()
    assert form.layers.placeholderText() == "its 2 hidden states"
    form.begin()
    assert "--data" not in Fake.made[-1].args


def test_a_learning_record_is_offered_where_the_network_knows_its_moments(
    form: MapFitDialog, info: NetworkInfo
) -> None:
    form.show()
    assert not form.record.isVisible()
    assert form.request.record
    form.show_info(replace(info, snapshots=(0, 10)))
    assert form.record.isVisible()
    assert form.record.isChecked()
    form.record.setChecked(False)
    assert not form.request.record
    form.show_info(replace(info, name="toy at step 0", snapshots=(0, 10)))
    assert not form.request.record, "another moment of the same training is no other network"


def test_umap_is_offered_where_it_is_installed(
    form: MapFitDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    form.data.setText("x")
    assert not form.umap.isEnabled()
    assert "pip install" in form.umap.toolTip()
    form.umap.setChecked(True)
    assert not form.request.umap
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    form.data.setText("y")
    assert form.umap.isEnabled()
    assert form.request.umap


def test_the_pictures_that_are_looked_at_are_offered(form: MapFitDialog, tmp_path: Path) -> None:
    folder = SourceChoice(kind="pictures", path=str(tmp_path))
    form.show_state(replace(form.state, source=folder))
    form.open_dialog()
    assert form.data.text() == str(tmp_path)


def test_the_maps_own_pictures_are_offered_first_and_what_was_typed_stays(
    form: MapFitDialog, tmp_path: Path
) -> None:
    tar = tmp_path / "all.tar"
    tar.write_bytes(b"")
    source = SourceChoice(kind="examples", path=f"{tar}/test")
    form.show_state(replace(form.state, source=source))
    form.open_dialog()
    assert form.data.text() == f"{tar}/test"
    form.on_message(MAP_DATA, small_cloud(data=str(tmp_path)))
    form.open_dialog()
    assert form.data.text() == str(tmp_path)
    form.on_message(MAP_DATA, small_cloud(data="/nowhere/any more"))
    form.open_dialog()
    assert form.data.text() == f"{tar}/test"
    form.data.setText("/mine")
    form.open_dialog()
    assert form.data.text() == "/mine"


def test_one_picture_and_a_film_are_no_data_to_map(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"x")
    assert not may_be_large(tmp_path / "one.png")
    assert not may_be_large(tmp_path / "none")
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(b"x")
    assert may_be_large(tmp_path / "t10k-images-idx3-ubyte.gz")
    assert may_be_large(tmp_path)


def test_how_maps_are_taken_can_be_chosen(form: MapFitDialog) -> None:
    form.data.setText("/pictures")
    assert form.request.how == "auto"
    form.how.setCurrentIndex(form.how.findData("random"))
    form.begin()
    words = Fake.made[-1].args
    assert words[words.index("--how") + 1] == "random"


def test_what_a_fit_replaces_is_said_before(form: MapFitDialog, info: NetworkInfo) -> None:
    assert form.replaces.text() == ""
    form.on_message(MAP_DATA, small_cloud())
    assert form.replaces.text() == "This replaces the map of 6 examples (kept as the one before)."
    form.on_message(MAP_DATA, small_cloud(rows_each=3))
    assert "map of 2 examples" in form.replaces.text()
    form.show_info(replace(info, name="another"))
    assert form.replaces.text() == ""


def begun(form: MapFitDialog) -> None:
    form.data.setText("/pictures")
    form.begin()


def test_dots_appear_as_it_learns_and_the_fields_are_held(form: MapFitDialog) -> None:
    begun(form)
    assert not form.data.isEnabled()
    assert not form.fit.isEnabled()
    tell(
        form, message="The map ...", done=20, total=90, latest={"preview": [[0, 1, 2], [3, 1, -1]]}
    )
    assert form.preview.dots.tolist() == [[0, 1, 2], [3, 1, -1]]
    tell(form, done=30, latest={"words": "The map ..."})
    assert len(form.preview.dots) == 2, "they stay until there are others"
    assert "30 of 90" in form.job.label.text()


def test_when_it_has_ended_well_there_is_another_map(form: MapFitDialog) -> None:
    before = replace(form.session.state.map, picked=(3,), place=(0.5, 1.0), data="/old", fitted=4)
    form.session.update(map=before)
    begun(form)
    last = {"map": "/m", "figures": {}, "notes": ["9 units are left out."], "words": "Fitted: 90."}
    tell(form, finished=True, message="Fitted: 90.", latest=last)
    now = form.session.state.map
    assert (now.fitted, now.picked, now.place, now.data) == (5, (), (), "")
    assert form.message.text() == "Fitted: 90. 9 units are left out."
    assert form.data.isEnabled()
    assert form.fit.isEnabled()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"failed": "19 examples are too few."}, "19 examples are too few."),
        ({"stopped": True, "message": "Stopped."}, "Fit goes on"),
    ],
)
def test_what_failed_or_was_stopped_is_said(form: MapFitDialog, changes: Any, words: str) -> None:
    begun(form)
    tell(form, finished=True, latest={"words": "The map ..."}, **changes)
    assert words in form.message.text()
    assert form.session.state.map.fitted == 0
    assert form.fit.isEnabled()
    form.begin()
    assert len(Fake.made) == 2
    assert form.message.text() == ""


def test_another_network_does_not_see_what_came_of_the_first_ones_fit(
    form: MapFitDialog, info: NetworkInfo
) -> None:
    begun(form)
    tell(form, finished=True, latest={"map": "/m", "preview": [[0, 0, 1]]}, message="Fitted: 90.")
    assert form.message.text() == "Fitted: 90."
    assert len(form.preview.dots)
    form.show_info(replace(info, name="another"))
    assert form.message.text() == ""
    assert not len(form.preview.dots)
    assert form.job.isHidden()
    begun(form)
    form.show_info(replace(info, name="a third"))
    tell(form, finished=True, latest={"map": "/m"}, message="Fitted: 80.")
    assert form.message.text() == "another: Fitted: 80."


def test_another_jobs_words_are_not_its_own(form: MapFitDialog) -> None:
    begun(form)
    form.on_message("job scan", JobState("scan", finished=True, latest={"map": "x"}))
    assert form.session.state.map.fitted == 0


def test_dots_lie_where_they_should_in_the_colours_of_their_classes(qtbot: QtBot) -> None:
    from dnnvis.imaging.class_colors import FIRST_TEN_COLORS, UNLABELED_COLOR

    made = MapPreview()
    qtbot.addWidget(made)
    made.resize(200, 200)
    made.show_dots([[-2, 2, 0], [2, 2, 1], [0, -2, -1]])
    image = made.grab().toImage()
    scale = image.width() / 200

    def colour(x: float, y: float) -> tuple[int, ...]:
        return image.pixelColor(round(x * scale), round(y * scale)).getRgb()[:3]

    assert colour(50, 50) == FIRST_TEN_COLORS[0]
    assert colour(150, 50) == FIRST_TEN_COLORS[1]
    assert colour(100, 150) == UNLABELED_COLOR


@pytest.mark.parametrize("rows", [None, "no", [[1, 2]], [[1, 2, None]], [["a", 1, 2]], [], 7])
def test_a_preview_that_is_none_is_left_aside(qtbot: QtBot, rows: object) -> None:
    made = MapPreview()
    qtbot.addWidget(made)
    made.show_dots([[0, 0, 1]])
    made.show_dots(rows)
    assert len(made.dots) == 1


def classes(folder: Path) -> Path:
    """25 pictures of each of two classes of the toy network."""
    from PIL import Image

    dice = np.random.default_rng(0)
    for k, name in enumerate(("cat", "dog")):
        (folder / name).mkdir(parents=True)
        for number in range(25):
            pixels = np.clip(60 + 90 * k + dice.normal(0, 40, (16, 16, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


def test_a_map_is_fitted_from_the_window_and_shown(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "home"))
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    stage.runs()
    stage.window.run_action("map")
    panel, form = stage.window.map, stage.window.map_form
    stage.until(panel.fit.isVisible)
    assert panel.map_data is None
    qtbot.mouseClick(panel.fit, Qt.MouseButton.LeftButton)
    stage.until(form.isVisible)
    form.data.setText(str(classes(tmp_path / "data")))
    form.steps.setValue(40)
    qtbot.mouseClick(form.fit, Qt.MouseButton.LeftButton)
    stage.until(lambda: "Fitted: 50 places" in form.message.text(), 120)
    assert len(form.preview.dots)
    stage.until(lambda: panel.map_data is not None and len(panel.map_data.z) == 50, 30)
    assert panel.map_data.classes[:2] == ("cat", "dog")
    qtbot.keyClick(form, Qt.Key.Key_Escape)
    stage.until(lambda: not form.isVisible())


def test_the_dialogs_for_pictures_begin_where_they_were_chosen_last(
    form: MapFitDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    begun: list[str] = []

    def answer(parent: Any, title: str, start: str) -> str:
        begun.append(start)
        return str(folder)

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", answer)
    form.data.setText("")
    form._browse_folder()
    form.show_state(form.session.state)
    assert (form.data.text(), form.session.state.data_folder) == (str(folder), str(folder))
    form.data.setText("")
    form._browse_folder()
    assert begun == [str(Path.home()), str(folder)]
