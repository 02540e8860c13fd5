"""The window as people use it: launch, click, walk, open, unplug, cancel, close."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QMessageBox

from dnnvis.app.main import LaunchOptions, load_first_state
from dnnvis.app.runtime.backend import choose_first_layer
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.hooks import count_hooks
from dnnvis.session.first_unit import choose_middle_layer
from dnnvis.session.session import load_state
from dnnvis.session.state import SourceChoice
from helpers.application_window import Stage, pictures, toy


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path) -> Stage:
    made = Stage(qtbot, tmp_path, toy(tmp_path))
    made.runs()
    return made


def test_a_network_without_maps_opens_on_a_layer_with_weights() -> None:
    layers = (
        LayerInfo("flatten", "Flatten", (784, 1, 1)),
        LayerInfo("dense1", "Linear", (300, 1, 1), parameters=235_500),
        LayerInfo("sigmoid1", "Sigmoid", (300, 1, 1)),
    )
    info = NetworkInfo("net1", layers, (), (28, 28), 1)
    assert choose_first_layer(info) == "dense1"
    assert choose_first_layer(replace(info, layers=layers[::2])) == "flatten"


def click(stage: Stage, channel: int, place: tuple[int, int] | None = None) -> None:
    """Press and release the mouse over a map of the mosaic, as a hand does."""
    canvas, grid = stage.window.mosaic.canvas, stage.window.mosaic.grid
    x, y, width, height = grid.box(channel, place)
    scene = canvas.view_box.mapViewToScene(QPointF(x + width / 2, y + height / 2))
    point = canvas.mapFromScene(scene)
    stage.bot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=point)


def lens(stage: Stage, key: str = "lens1") -> Picture | None:
    got = stage.window.lenses[key].received
    return got if isinstance(got, Picture) else None


def drop(stage: Stage, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(10, 10),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    stage.window.dropEvent(event)


def test_a_launched_window_shows_the_first_layer_of_a_running_network(stage: Stage) -> None:
    assert stage.state.layer == choose_first_layer(stage.window.backend.info) == "1"
    assert stage.window.windowTitle().endswith("dnnvis")
    live = stage.window.mosaic.live
    assert live.maps["1"].shape == (6, 16, 16)
    assert live.output.shape == (4,)
    assert live.frame.source == "demo"


def test_before_anybody_chose_the_strongest_unit_of_a_middle_layer_is_on_show(
    qtbot: Any, tmp_path: Path
) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), selects_first=True)
    stage.until(lambda: stage.state.unit is not None)
    unit = stage.state.unit
    live = stage.window.unit.live
    assert unit.layer == stage.state.layer == choose_middle_layer(stage.window.backend.info)
    assert live is not None
    stage.until(lambda: all(lens(stage, key) for key in stage.window.lenses))
    assert stage.state.synthesis.goal == str(unit)  # and its picture grows
    stage.session.select(Unit(unit.layer, (unit.channel + 1) % 4))
    stage.runs()
    assert stage.state.unit.channel == (unit.channel + 1) % 4  # a choice stays
    stage.close()


def test_the_first_start_opens_a_network_of_photographs(tmp_path: Path) -> None:
    state = load_first_state(LaunchOptions(), tmp_path / "window.json")
    assert state.network == NetworkChoice(net="squeezenet-imagenet")
    assert state.source.kind == "demo"
    choice = NetworkChoice(net="net1-mnist")
    state = load_first_state(LaunchOptions(network=choice), tmp_path / "window.json")
    assert state.network == choice
    (tmp_path / "window.json").write_text("{}")
    state = load_first_state(LaunchOptions(), tmp_path / "window.json")
    assert state.network == NetworkChoice()  # a window of before keeps its network


def test_a_click_on_a_map_selects_its_unit_and_all_three_lenses_follow(stage: Stage) -> None:
    click(stage, 4)
    stage.until(lambda: all(lens(stage, key) for key in stage.window.lenses))
    assert stage.state.unit == Unit("1", 4)
    for key, name in zip(stage.window.lenses, ("deconvnet", "guided", "gradient"), strict=True):
        picture = lens(stage, key)
        assert picture.unit == "1[4]"
        assert picture.values.shape == (16, 16, 3)
        assert picture.recipe["lens"] == name
        assert picture.network == stage.window.backend.info.name


def test_pictures_belong_to_the_same_frame_as_the_map_beside_them(stage: Stage) -> None:
    click(stage, 2)
    stage.until(lambda: lens(stage))
    stage.session.update(frozen=True)
    stage.until(
        lambda: (
            {lens(stage, k).frame for k in stage.window.lenses}
            == {stage.window.unit.live.frame.number}
        )
    )
    assert not any(view.stale_reason() for view in stage.window.lenses.values())


def test_clicking_the_selected_unit_again_selects_the_place(stage: Stage) -> None:
    click(stage, 4)
    click(stage, 4, (5, 7))
    assert stage.state.unit == Unit("1", 4, (5, 7))
    stage.until(lambda: lens(stage) and lens(stage).unit == "1[4]@5,7")


def test_a_click_on_a_class_makes_that_class_the_unit(stage: Stage) -> None:
    bars = stage.window.predictions.bars
    point = bars.rect().topLeft()
    point.setX(point.x() + 20)
    point.setY(point.y() + bars.row_height // 2)
    stage.bot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=point)
    assert stage.state.unit.layer == "output"
    assert stage.state.layer == "1"
    stage.until(lambda: lens(stage) and lens(stage).unit == str(stage.state.unit))


def test_keys_walk_over_units_and_layers_and_the_back_key_returns(stage: Stage) -> None:
    press = lambda key, **more: stage.bot.keyClick(stage.window, key, **more)  # noqa: E731
    stage.window.session.update(order="index")
    click(stage, 0)
    press(Qt.Key.Key_Right)
    assert stage.state.unit == Unit("1", 1)
    press(Qt.Key.Key_O)
    assert stage.state.unit == Unit("2", 1)
    press(Qt.Key.Key_U)
    assert stage.state.layer == "1"
    click(stage, 5)
    press(Qt.Key.Key_Left, modifier=Qt.KeyboardModifier.AltModifier)
    assert stage.state.unit == Unit("1", 1)
    press(Qt.Key.Key_D)
    assert stage.state.pinned == Unit("1", 1)
    press(Qt.Key.Key_Right)
    assert stage.state.origin == Unit("1", 1)
    unit = stage.state.unit
    press(Qt.Key.Key_Escape)
    assert (stage.state.unit, stage.state.pinned) == (unit, Unit("1", 1)), "it only closes"
    stage.window.run_action("reset")
    assert stage.state.unit is stage.state.pinned is None


def test_freezing_holds_the_frame_and_stepping_moves_it_by_one(stage: Stage) -> None:
    stage.bot.keyClick(stage.window, Qt.Key.Key_F)
    assert stage.state.frozen
    stage.bot.wait(100)
    number = stage.window.mosaic.live.frame.number
    stage.bot.keyClick(stage.window, Qt.Key.Key_Period)
    stage.until(lambda: stage.window.mosaic.live.frame.number == number + 1)
    stage.bot.wait(150)
    assert stage.window.mosaic.live.frame.number == number + 1


def test_the_backward_grid_shows_the_pinned_units_signal_at_the_layer(stage: Stage) -> None:
    stage.session.select(Unit("4", 3))
    stage.bot.keyClick(stage.window, Qt.Key.Key_A)
    assert stage.state.pinned == Unit("4", 3)
    stage.session.update(layer="1")
    stage.until(lambda: isinstance(stage.window.mosaic.backward, Picture))
    assert stage.window.mosaic.backward.values.shape == (16, 16, 6)


def test_letters_do_not_fire_while_somebody_types(stage: Stage) -> None:
    field = stage.window.mosaic.contrast.low
    stage.session.update(contrast="fixed")
    stage.until(field.isVisible)
    field.setFocus()
    stage.bot.keyClick(field, Qt.Key.Key_F)
    assert not stage.state.frozen


def test_a_dropped_folder_becomes_the_source(stage: Stage, tmp_path: Path) -> None:
    drop(stage, pictures(tmp_path))
    stage.until(lambda: stage.window.mosaic.live.frame.source == "0.png")
    assert stage.state.source.kind == "pictures"
    stage.bot.keyClick(stage.window, Qt.Key.Key_E)
    stage.until(lambda: stage.window.mosaic.live.frame.source == "1.png")
    stage.bot.keyClick(stage.window, Qt.Key.Key_W)
    stage.until(lambda: stage.window.mosaic.live.frame.source == "0.png")
    stage.until(lambda: "0.png · pictures 1" in stage.window.source_bar.state_label.text())
    stage.bot.keyClick(stage.window, Qt.Key.Key_Space)  # nothing moved: they follow each other
    assert stage.state.source.every > 0
    assert not stage.state.frozen
    stage.until(lambda: "next in" in stage.window.source_bar.state_label.text())
    stage.bot.keyClick(stage.window, Qt.Key.Key_Space)
    assert stage.state.frozen


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n broken"])
def test_a_bad_file_becomes_a_sentence_and_the_window_lives_on(
    stage: Stage, tmp_path: Path, content: bytes
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(content)
    drop(stage, bad)
    stage.until(lambda: any("bad.png" in words for words in stage.problems()))
    drop(stage, pictures(tmp_path))
    stage.until(lambda: stage.window.mosaic.live.frame.source.endswith(".png"))


def test_a_malicious_checkpoint_does_not_run_and_the_network_before_stays(
    stage: Stage, tmp_path: Path
) -> None:
    import pickle

    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (marker,))

    file = tmp_path / "evil.pt"
    file.write_bytes(pickle.dumps(Evil()))
    before, choice = stage.window.backend.info, stage.state.network
    drop(stage, file)
    stage.until(lambda: any("evil.pt" in words for words in stage.problems()))
    assert not marker.exists()
    assert stage.state.network == choice
    assert stage.window.backend.info is before
    count = stage.window.frame_stats.count
    stage.until(lambda: stage.window.frame_stats.count > count)


def test_running_a_users_file_asks_first_and_names_the_file(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def say_yes(parent: Any, title: str, text: str) -> Any:
        asked.append(text)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "question", say_yes)
    stage.session.update(network=toy(tmp_path, "dictionary", trusted=False))
    stage.until(lambda: asked and stage.state.network.trust_code)
    assert "toy.py" in asked[0]
    stage.until(lambda: stage.window.backend.info.layer("conv"))
    assert any("dict" in words for words in stage.problems())  # what its output is taken from


def test_a_network_that_raises_says_so_in_its_own_words(stage: Stage, tmp_path: Path) -> None:
    stage.session.update(network=toy(tmp_path, "raises"))
    stage.until(lambda: any("the cat sat on the tensor" in p for p in stage.problems()))
    stage.session.update(network=toy(tmp_path))
    count = stage.window.frame_stats.count
    stage.until(lambda: stage.window.frame_stats.count > count + 2)


def test_a_slow_pass_leaves_the_window_alive_and_can_be_cancelled(
    stage: Stage, tmp_path: Path
) -> None:
    stage.session.update(network=toy(tmp_path, "slow"))
    stage.until(lambda: stage.window.backend.info.name.endswith("slow"))
    stage.bot.wait(200)
    stage.session.update(gamma=0.5)  # the window answers meanwhile
    stage.session.update(network=toy(tmp_path))
    stage.parts.engine.cancel()
    count = stage.window.frame_stats.count
    stage.until(lambda: stage.window.frame_stats.count > count + 2)
    assert stage.window.backend.info.name.endswith("net")


def test_a_camera_that_is_unplugged_becomes_a_sentence_and_comes_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = _Camera()
    monkeypatch.setattr("cv2.VideoCapture", camera.open)
    stage.window.backend.open_source(SourceChoice(kind="camera"))
    stage.until(lambda: stage.window.mosaic.live.frame.source == "Camera 0")
    camera.plugged = False
    stage.until(lambda: any("amera 0" in words for words in stage.problems()))
    told = len(stage.problems())
    camera.plugged = True
    stage.until(lambda: len(stage.problems()) > told)
    number = stage.window.mosaic.live.frame.number
    stage.until(lambda: stage.window.mosaic.live.frame.number > number)


def test_a_missing_camera_becomes_a_sentence_and_other_sources_go_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = _Camera()
    camera.plugged = False
    monkeypatch.setattr("cv2.VideoCapture", camera.open)
    stage.window.backend.open_source(SourceChoice(kind="camera"))
    stage.until(lambda: any("amera 0" in words for words in stage.problems()))
    stage.window.backend.open_source(SourceChoice())
    count = stage.window.frame_stats.count
    stage.until(lambda: stage.window.frame_stats.count > count + 2)


def test_closing_leaves_no_hook_and_no_thread(qtbot: Any, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    stage.runs()
    click(stage, 1)
    stage.until(lambda: lens(stage))
    stage.window.close()
    left = [t for t in threading.enumerate() if t not in before and t.name.startswith("dnnvis")]
    for thread in left:
        thread.join(3)
    assert not [t for t in left if t.is_alive()]
    assert count_hooks(stage.parts.engine.network.module) == 0


def test_what_was_chosen_is_there_again_the_next_time(stage: Stage, tmp_path: Path) -> None:
    click(stage, 3)
    stage.session.update(colours="magma", contrast="frame")
    stage.session.save(tmp_path / "state.json")
    state = load_state(tmp_path / "state.json")
    assert state.unit == Unit("1", 3)
    assert (state.colours, state.contrast) == ("magma", "frame")
    assert not state.network.trust_code


def test_docks_can_be_closed_and_put_back(stage: Stage) -> None:
    dock = stage.window.docks["Unit"]
    dock.close()
    assert not dock.isVisible()
    dock.toggleViewAction().trigger()
    assert dock.isVisible()
    stage.window.docks["Input"].setFloating(True)
    stage.window.reset_layout()
    assert not stage.window.docks["Input"].isFloating()


class _Camera:
    """A camera made of wood, that can be unplugged."""

    def __init__(self) -> None:
        self.plugged = True

    def open(self, index: int, backend: int = 0) -> "_Capture":
        return _Capture(self)


class _Capture:
    def __init__(self, camera: _Camera) -> None:
        self.camera = camera

    def isOpened(self) -> bool:
        return self.camera.plugged

    def set(self, key: int, value: float) -> bool:
        return True

    def get(self, key: int) -> float:
        return 30.0

    def grab(self) -> bool:
        return self.camera.plugged

    def read(self) -> tuple[bool, np.ndarray | None]:
        return self.camera.plugged, np.full((48, 64, 3), 90, np.uint8)

    def release(self) -> None: ...


def test_a_pass_that_hangs_in_one_module_is_left_behind_and_the_next_wish_works(
    stage: Stage, tmp_path: Path
) -> None:
    stage.session.update(network=toy(tmp_path, "stuck"))
    stage.until(lambda: stage.window.backend.info.name.endswith("stuck"))
    stage.bot.wait(200)
    stage.parts.engine.cancel()
    stage.until(lambda: any("left behind" in words for words in stage.problems()))
    stage.session.update(network=toy(tmp_path))
    count = stage.window.frame_stats.count
    stage.until(lambda: stage.window.frame_stats.count > count + 2)


def test_a_closed_lens_panel_asks_for_nothing(stage: Stage) -> None:
    click(stage, 1)
    stage.until(lambda: lens(stage, "lens3"))
    stage.window.docks["Lens 3"].close()
    assert not stage.state.panels["lens3"].shown
    stage.window.docks["Lens 3"].show()
    assert stage.state.panels["lens3"].shown


def test_a_network_that_was_refused_is_tried_again_when_chosen_again(
    qtbot: Any, tmp_path: Path
) -> None:
    missing = tmp_path / "late.safetensors"
    stage = Stage(qtbot, tmp_path, toy(tmp_path).__class__(net=str(missing)))
    stage.until(lambda: any("late" in words for words in stage.problems()))
    import shutil

    from dnnvis.core.paths import shipped_folder

    shutil.copy(shipped_folder("models") / "net1-mnist.safetensors", missing)
    stage.window.backend.run(stage.state.network)
    stage.until(lambda: stage.window.backend.info is not None)
    stage.runs()
