"""The window's layout is kept as plain bytes in the state, what is no layout is passed over, and
the first window lies inside of its screen."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import dnnvis
from dnnvis.app.shell.window_layout import (
    FRAME,
    MAX_LENGTH,
    SIZE,
    TITLE,
    Box,
    compute_first_box,
    decode_layout,
    encode_layout,
)
from dnnvis.session.session import load_state
from dnnvis.session.state import State, from_json, to_json
from helpers.application_window import Stage, toy
from helpers.panel_geometry import settled


def imported_names(folder: Path) -> Iterator[str]:
    """Every name that an import or an attribute in the sources of ``folder`` mentions."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.alias):
                yield node.name
            elif isinstance(node, ast.Attribute):
                yield node.attr


def test_no_reader_that_makes_objects_reads_what_the_window_keeps() -> None:
    names = set(imported_names(Path(dnnvis.__file__).parent))
    assert "QMainWindow" in names
    assert "QSettings" not in names


@pytest.mark.parametrize("data", [b"", b"\x00\xff window", bytes(range(256))])
def test_bytes_come_back_from_their_text(data: bytes) -> None:
    assert decode_layout(encode_layout(data)) == data


@pytest.mark.parametrize("text", ["no base64!", "AAA", "ä" * 8, "A" * (MAX_LENGTH + 4)])
def test_what_is_no_layout_is_empty(text: str) -> None:
    assert decode_layout(text) == b""


@pytest.mark.parametrize("value", [None, 7, True, ["A"], {"a": 1}])
def test_a_state_passes_over_a_layout_of_another_type(value: Any) -> None:
    data = to_json(State()) | {"window_geometry": value, "window_docks": value}
    assert from_json(json.loads(json.dumps(data))) == State()


def test_a_state_from_before_begins_with_the_first_layout(tmp_path: Path) -> None:
    data = to_json(State(theme="dark"))
    del data["window_geometry"], data["window_docks"]
    (tmp_path / "window.json").write_text(json.dumps(data))
    (tmp_path / "window.ini").write_text("[window]\ngeometry=1\n")
    assert load_state(tmp_path / "window.json") == State(theme="dark")


def test_the_docks_come_back_with_the_next_window(qtbot: QtBot, tmp_path: Path) -> None:
    first = Stage(qtbot, tmp_path, toy(tmp_path))
    plain = settled(first)
    docks = first.window.docks
    docks["Input"].hide()
    first.window.resizeDocks([docks["Unit"]], [700], Qt.Orientation.Horizontal)
    left = settled(first)
    assert left != plain
    first.window.close()
    assert first.state.window_geometry  # is for a larger screen than the offscreen one: not here
    first.session.settle(window_geometry="")
    first.session.save(first.place)
    again = Stage(qtbot, tmp_path, toy(tmp_path))
    assert settled(again) == left


@pytest.mark.parametrize("text", ["no base64!", "AAAA" * 40, "AAAA" * MAX_LENGTH])
def test_garbage_gives_the_first_layout(qtbot: QtBot, tmp_path: Path, text: str) -> None:
    plain = Stage(qtbot, tmp_path, toy(tmp_path))
    size, expected = plain.window.size(), settled(plain)
    plain.window.close()
    data = to_json(State(window_geometry=text, window_docks=text))
    (tmp_path / "window.json").write_text(json.dumps(data))
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    assert settled(stage) == expected
    assert stage.window.size() == size


@pytest.mark.parametrize(("left", "top"), [(0, 0), (1920, 27)])
@pytest.mark.parametrize("size", [(1280, 800), (1600, 900), (1600, 1000), (3840, 2160)])
def test_the_first_window_with_its_frame_lies_on_the_screen(
    size: tuple[int, int], left: int, top: int
) -> None:
    screen = Box(left, top, *size)
    box, maximized = compute_first_box(screen)
    assert box.width <= SIZE[0]
    assert box.height <= SIZE[1]
    assert left <= box.x
    assert box.x + box.width <= left + size[0]
    assert top + TITLE <= box.y
    assert box.y + box.height + FRAME - TITLE <= top + size[1]
    assert maximized == (size[0] < 1600 or size[1] < 900)


def test_a_large_screen_gives_the_first_window_its_full_size_in_the_middle() -> None:
    box, maximized = compute_first_box(Box(0, 0, 3840, 2160))
    assert (box.width, box.height, maximized) == (*SIZE, False)
    assert box.x == (3840 - SIZE[0]) // 2
    assert abs(box.y - (2160 - SIZE[1]) / 2) <= TITLE


def test_the_window_begins_with_the_size_that_it_asks_for(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    settled(stage)
    assert (stage.window.width(), stage.window.height()) == SIZE


def test_only_a_first_window_fits_itself_to_a_small_screen(qtbot: QtBot, tmp_path: Path) -> None:
    first = Stage(qtbot, tmp_path, toy(tmp_path), shown=False)
    screen = first.window.screen().availableGeometry()
    assert screen.width() < 1600, "the offscreen platform has a small screen"
    first.window.show_on_screen()
    assert first.window.isMaximized()
    first.window.showNormal()
    first.close()
    again = Stage(qtbot, tmp_path, toy(tmp_path), shown=False)
    again.window.show_on_screen()
    assert not again.window.isMaximized()


def test_a_reset_leaves_no_widgets_behind_whatever_loop_runs(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    settled(stage)
    application = QApplication.instance()
    assert isinstance(application, QApplication)

    def reset() -> int:
        for _ in range(3):
            stage.window.reset_layout()
            application.processEvents()  # in which nothing is deleted later
        return len(application.allWidgets())

    first = reset()
    assert reset() <= first
