"""What is picked on the map panel, and what leaves it as a picture or a table."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from dnnvis.app.activation_map import text
from dnnvis.app.activation_map.panel import MapPanel
from dnnvis.app.activation_map.raster import MAX_PICKED
from dnnvis.app.activation_map.table import HEADINGS, select_rows, write_table
from dnnvis.app.widgets.image_files import RECIPE
from dnnvis.core.activation_map import SelectedExamples
from dnnvis.core.errors import BadInput
from dnnvis.session.map_state import MAP, MAP_DATA, PICKED, MapChoice
from dnnvis.session.session import Session
from dnnvis.session.state import SourceChoice
from helpers.map_data import PLACES, cloud_of_many, here_at, small_cloud
from helpers.map_panels import (  # noqa: F401 (fixtures)
    Asked,
    asked_of_a_map,
    chosen,
    panel_of_a_map,
    session_of_a_map,
    told,
    with_map,
)


def test_a_pick_becomes_the_source_and_opens_its_tab(
    qtbot: QtBot, panel: MapPanel, session: Session, asked: Asked
) -> None:
    with_map(qtbot, panel)
    at = panel.canvas.point_of(PLACES[3]).toPoint()
    qtbot.mouseClick(panel.canvas, Qt.MouseButton.LeftButton, pos=at)
    assert chosen(session).picked == (3,)
    assert chosen(session).tab == "selected"
    assert asked.rows == [(3,)]
    assert "1 example picked" in panel.about.text()
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Escape)
    assert chosen(session).picked == ()
    assert asked.rows == [(3,)]
    assert chosen(session).tab == "selected"


def test_pictures_that_are_not_there_are_said_and_can_be_shown_where(
    qtbot: QtBot, panel: MapPanel, session: Session, asked: Asked
) -> None:
    with_map(qtbot, panel)
    asked.plays = text.missing_pictures("/gone")
    panel.pick((1, 2))
    assert "2 picked (Esc: none) · they do not run: their pictures are not in /gone" in (
        panel.about.text()
    )
    asked.plays = ""
    panel.choose_pictures("/here")
    assert chosen(session).data == "/here"
    assert asked.rows == [(1, 2), (1, 2)]
    assert "do not run" not in panel.about.text()
    panel.pick(())
    panel.choose_pictures("/there")
    assert asked.rows == [(1, 2), (1, 2)]


def test_of_a_large_lasso_rows_are_kept_evenly_and_that_is_said(
    qtbot: QtBot, panel: MapPanel, session: Session, asked: Asked
) -> None:
    with_map(qtbot, panel, cloud_of_many(12_000))
    asked.plays = text.playing(200, MAX_PICKED)
    panel.pick(tuple(range(12_000)))
    kept = chosen(session).picked
    assert len(kept) == MAX_PICKED
    assert (kept[0], kept[-1]) == (0, 11_999)
    assert panel.about.text().startswith(
        "5,000 of the 12,000 in the lasso are picked (Esc: none) · "
        "200 of 5,000 play, taken evenly · "
    )
    assert text.playing(200, 200) == ""


def test_picked_boards_run_once_for_each_pick(
    qtbot: QtBot, panel: MapPanel, session: Session, asked: Asked
) -> None:
    with_map(qtbot, panel)
    boards = SelectedExamples(rows=np.array([2, 4]), boards=("x = 2, y = 1\nob!",))
    panel.on_message(PICKED, boards)
    assert asked.boards == []  # nobody picked just now
    panel.pick((2, 4, 5))
    panel.on_message(PICKED, SelectedExamples(rows=np.array([1]), boards=("x = 1, y = 1\no!",)))
    assert asked.boards == []  # of a pick before
    panel.on_message(PICKED, boards)
    panel.on_message(PICKED, boards)
    assert asked.boards == [boards]


def test_a_place_under_the_mouse_is_asked_about_until_it_leaves(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    qtbot.mouseMove(panel.canvas, panel.canvas.point_of((0.9, -0.5)).toPoint())
    qtbot.waitUntil(lambda: chosen(session).place != (), timeout=2000)
    assert chosen(session).place == pytest.approx((0.9, -0.5), abs=0.02)
    panel.hide()
    assert chosen(session).place == ()


def test_the_pictures_that_run_are_those_of_a_bundled_map(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel, small_cloud(data="MNIST-of-nowhere"))
    assert chosen(session).data == ""
    running = SourceChoice("examples", "/data/other")
    session.update(source=running)
    panel.on_message(MAP_DATA, small_cloud(data="MNIST-of-nowhere"))
    assert chosen(session).data == ""  # another data set runs
    session.update(source=replace(running, path="/data/MNIST-of-nowhere"))
    panel.on_message(MAP_DATA, small_cloud(data="MNIST-of-nowhere"))
    assert chosen(session).data == "/data/MNIST-of-nowhere"


def test_of_more_places_than_a_screen_shows_the_latest_counts(
    qtbot: QtBot, panel: MapPanel
) -> None:
    with_map(qtbot, panel)
    many = [here_at((0.001 * k, 0.0)) for k in range(50)]
    for here in many:
        panel.on_message(MAP, here)
    assert panel.canvas.frame_position is many[0]  # the first at once
    qtbot.waitUntil(lambda: panel.canvas.frame_position is many[-1], timeout=2000)
    assert len(panel.canvas.trail.points) < len(many)


def test_the_trail_begins_anew_with_another_source(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    with_map(qtbot, panel)
    for x in (0.1, 0.2, 0.3):
        told(qtbot, panel, here_at((x, 0.0)))
    assert len(panel.canvas.trail.points) == 3
    session.update(source=SourceChoice(kind="demo", cap=5.0))
    assert panel.canvas.trail.points == []


def test_the_table_has_a_line_for_each_visible_example(tmp_path: Path) -> None:
    cloud = small_cloud()
    place = tmp_path / "map.csv"
    write_table(cloud, select_rows(cloud, MapChoice(off=(0,))), place)
    with place.open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert tuple(lines[0]) == HEADINGS
    assert [line[0] for line in lines[1:]] == ["1", "2", "4", "5"]
    assert lines[2] == ["2", "102", "0", "1.5", "-1", "dog", "cat", "-0.5", "-2", "-1", "0.5", "1"]
    assert lines[3][5:9] == ["", "dog", "", "-3"]  # no class, no true error
    assert list(tmp_path.iterdir()) == [place]


def test_picked_rows_come_alone_into_the_table() -> None:
    cloud = small_cloud()
    assert select_rows(cloud, MapChoice(picked=(5, 2, 900), off=(1,))).tolist() == [2, 5]
    assert select_rows(cloud, MapChoice(part="test")).tolist() == [2, 5]


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written") as failed:
        write_table(small_cloud(), np.arange(3), tmp_path / "no folder" / "map.csv")
    said = str(failed.value)
    assert f"there is no folder {tmp_path / 'no folder'}" in said
    assert "rrno" not in said
    assert ".new" not in said
    (tmp_path / "map.csv").mkdir()
    with pytest.raises(BadInput, match="cannot be written"):
        write_table(small_cloud(), np.arange(3), tmp_path / "map.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["map.csv"]


def test_the_table_is_written_beside_the_window_and_problems_are_told(
    qtbot: QtBot, panel: MapPanel, asked: Asked, tmp_path: Path
) -> None:
    panel.write_table(tmp_path / "nothing.csv")  # no map: nothing to write
    with_map(qtbot, panel)
    with qtbot.waitSignal(panel.written, timeout=5000):
        panel.write_table(tmp_path / "map.csv")
    assert len((tmp_path / "map.csv").read_text().splitlines()) == 7
    panel.write_table(tmp_path / "no folder" / "map.csv")
    qtbot.waitUntil(lambda: len(asked.problems) == 1, timeout=5000)
    assert "cannot be written" in asked.problems[0].sentence
    assert not (tmp_path / "nothing.csv").exists()


def test_the_picture_is_twice_as_sharp_and_knows_its_recipe(
    qtbot: QtBot, panel: MapPanel, asked: Asked, tmp_path: Path
) -> None:
    with_map(qtbot, panel)
    shown = panel.canvas.shown
    with qtbot.waitSignal(panel.written, timeout=5000):
        panel.write_picture(tmp_path / "map.png")
    image = QImage(str(tmp_path / "map.png"))
    assert image.size() == panel.picture.size() * 2
    recipe = json.loads(image.text(RECIPE))
    assert recipe["seed"] == 5
    assert recipe["colour"] == "class"
    assert "network" in recipe
    assert panel.canvas.shown is shown  # the screen is as it was
    panel.write_picture(tmp_path / "no folder" / "map.png")
    qtbot.waitUntil(lambda: len(asked.problems) == 1, timeout=5000)
    assert "cannot be written" in asked.problems[0].sentence


def test_the_numbers_of_the_panel_are_the_places_on_show(
    qtbot: QtBot, panel: MapPanel, session: Session
) -> None:
    assert panel.export_values() is None
    with_map(qtbot, panel)
    session.update(map=replace(chosen(session), off=(1,)))
    assert (panel.export_values() == PLACES[[0, 3, 4]]).all()
    assert panel.export_recipe()["off"] == (1,)
