"""What lives at a place of the map, and the pictures of picked examples."""

import shutil
import tarfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnnvis
from dnnvis.core.activation_map import PointInfo, SelectedExamples
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map import example_images
from dnnvis.lenses.activation_map.collect import boards_for
from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_arrays, fit_data
from dnnvis.lenses.activation_map.point_query import MAP_POINT
from dnnvis.lenses.activation_map.selection import SELECTION
from dnnvis.lenses.activation_map.storage import save_map
from dnnvis.lenses.lens import Scene, params_for
from dnnvis.lenses.patterns import make_thumbnail
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data
from dnnvis.sources.life.rle import read_rle
from helpers import map_networks as nets
from helpers.stored_maps import (  # noqa: F401
    folder_fixture,
    home_fixture,
    made_fixture,
)

OUTPUT = Unit("output", 0)


def looked(lens: Any, network: Network | None = None, **params: Any) -> list[Any]:
    """Everything the lens yields."""
    scene = Scene(network or nets.network(), OUTPUT, params_for(lens, params))
    return list(lens.look(scene))


def place(network: Network | None = None, **params: Any) -> PointInfo:
    found: PointInfo = looked(MAP_POINT, network, **params)[-1]
    return found


def picked(network: Network | None = None, **params: Any) -> SelectedExamples:
    found: SelectedExamples = looked(SELECTION, network, **params)[-1]
    return found


def expected_thumbs(folder: Path, made: Map, rows: Any, side: int = 48) -> np.ndarray:
    data = open_data(folder)
    return np.stack([make_thumbnail(data.read(int(made.index[row]))[0], side) for row in rows])


def test_a_place_tells_what_the_decoder_says_and_who_lives_near(made: Map, folder: Path) -> None:
    said = place(x=0.25, y=-0.5)
    at = np.array([[0.25, -0.5]], np.float32)
    away = np.square(made.z - at).sum(1)
    assert len(said.rows) == 10
    assert np.allclose(away[said.rows], np.sort(away)[:10])
    assert np.array_equal(said.h, made.decode(at)[0])
    assert said.expected == pytest.approx(float(made.error_at(at)[0]))
    assert said.z == (0.25, -0.5)
    assert not said.message
    assert np.array_equal(said.thumbs, expected_thumbs(folder, made, said.rows))


def test_a_place_where_nobody_lives_is_empty(made: Map) -> None:
    assert place(x=3.9, y=-3.9).empty
    assert place(x=50.0, y=0.0).empty
    home = made.z[~made.examples.test].mean(0)
    assert not place(x=float(home[0]), y=float(home[1])).empty


def test_under_another_projection_there_are_neighbours_but_no_decoder(made: Map) -> None:
    said = place(projection="pca", x=1.0, y=0.0)
    away = np.square(made.others["pca"] - (1.0, 0.0)).sum(1)
    assert np.allclose(away[said.rows], np.sort(away)[:10])
    assert said.h.size == 0
    assert np.isnan(said.expected)
    assert "decoder" in said.message
    assert len(said.thumbs) == 10


def test_frames_go_on_while_a_large_data_set_is_opened(
    made: Map, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def slowly(path: str) -> Any:
        go.wait(10)
        return open_data(path)

    monkeypatch.setattr(example_images, "open_data", slowly)
    params = params_for(MAP_POINT, {"x": 0.0, "y": 0.0})
    steps = MAP_POINT.look(Scene(nets.network(), OUTPUT, params))
    first = [next(steps), next(steps)]  # each comes back at once
    assert all(len(said.rows) == 10 and not len(said.thumbs) for said in first)
    others = SELECTION.look(Scene(nets.network(), OUTPUT, params_for(SELECTION, {"rows": (1,)})))
    assert next(others).progress == 0
    go.set()
    assert np.array_equal(list(steps)[-1].thumbs, expected_thumbs(folder, made, first[0].rows))
    assert len(list(others)[-1].thumbs) == 1
    assert len(looked(MAP_POINT, x=0.1, y=0.0)) == 1  # it is open by now


def test_data_that_could_not_be_opened_is_tried_again(
    made: Map, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: str) -> Any:
        raise RuntimeError("torn")

    monkeypatch.setattr(example_images, "open_data", broken)
    assert "cannot be opened: torn" in place(data=str(folder)).message
    monkeypatch.setattr(example_images, "open_data", open_data)
    assert len(place(data=str(folder)).thumbs) == 10


def test_pictures_that_are_not_there_are_asked_for_and_found_where_they_are_said_to_be(
    made: Map, folder: Path
) -> None:
    moved = folder.rename(folder.with_name("elsewhere"))
    said = place(x=0.0, y=0.0)
    assert "not here" in said.message
    assert "choose their folder" in said.message
    assert len(said.thumbs) == 0
    assert len(said.rows) == 10
    assert said.h.size
    said = place(x=0.0, y=0.0, data=str(moved))
    assert not said.message
    assert np.array_equal(said.thumbs, expected_thumbs(moved, made, said.rows))


def test_other_pictures_than_the_maps_are_never_shown_for_them(made: Map, home: Path) -> None:
    few = nets.pictures(home / "few", each=5)
    assert "are others" in place(data=str(few)).message
    swapped = nets.pictures(home / "swapped")
    shutil.move(swapped / "ape" / "000.png", swapped / "cat" / "zzz.png")
    said = picked(rows=tuple(range(20, 40)), data=str(swapped))
    assert "are others" in said.message
    assert len(said.thumbs) == 0
    assert len(said.rows) == 20


def test_a_map_of_arrays_has_no_pictures_and_says_so(home: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (60, 6, 6, 3), dtype=np.uint8)
    save_map(fit_arrays(nets.network(), images, fit_config=nets.QUICK))
    said = place(x=0.0, y=0.0)
    assert "fitted on arrays" in said.message
    assert len(said.rows) == 10
    assert np.isnan(said.expected)


def test_a_place_that_is_no_number_is_refused(made: Map) -> None:
    with pytest.raises(BadInput, match="two numbers"):
        place(x=float("nan"))


def test_without_a_map_both_say_how_to_get_one(home: Path) -> None:
    assert "fit-map" in place().message
    assert "fit-map" in picked(rows=(1,)).message


def test_picked_examples_come_with_their_pictures_each_once(made: Map, folder: Path) -> None:
    said = picked(rows=(7, 80, 7, 33, -1, 5000), side=32)
    assert said.rows.tolist() == [7, 80, 33]
    assert said.boards == ()
    assert not said.message
    assert np.array_equal(said.thumbs, expected_thumbs(folder, made, said.rows, 32))


def test_at_most_sixty_pictures_are_shown_and_that_is_said(made: Map) -> None:
    said = picked(rows=tuple(range(90)))
    assert len(said.thumbs) == len(said.rows) == 60
    assert "60 of 90" in said.message


def test_many_pictures_come_in_portions(made: Map, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dnnvis.lenses.activation_map.selection.PARTIAL_RESULT_SECONDS", -1.0)
    parts = looked(SELECTION, rows=(3, 4, 5, 6))
    assert (
        [len(part.thumbs) for part in parts] == [len(part.rows) for part in parts] == [1, 2, 3, 4]
    )
    assert [part.progress for part in parts] == [0.25, 0.5, 0.75, 1.0]
    assert np.array_equal(parts[0].thumbs[0], parts[-1].thumbs[0])


def test_rows_that_are_no_numbers_are_refused(made: Map) -> None:
    with pytest.raises(BadInput, match="whole numbers"):
        picked(rows=("a",))


def test_a_data_set_is_opened_once_and_closed_when_another_comes(
    made: Map, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = folder.with_suffix(".tar")
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, ".")
    opened: list[Any] = []

    def open_and_note(path: str) -> Any:
        opened.append(open_data(path))
        return opened[-1]

    monkeypatch.setattr(example_images, "open_data", open_and_note)
    for x in (0.0, 0.5, 1.0):
        place(x=x, data=str(archive))
        picked(rows=(1, 2), data=str(archive))
    assert len(opened) == 1
    place(x=0.0)
    assert len(opened) == 2
    assert opened[0]._file.closed
    archive.touch()
    place(x=0.0, data=str(archive))
    with tarfile.open(archive, "w") as tar:  # another archive at the same path
        tar.add(folder, ".")
        tar.add(folder / "ape" / "000.png", "zoo/000.png")
    place(x=0.0, data=str(archive))
    assert len(opened) == 4
    assert opened[2]._file.closed


def test_boards_are_made_again_and_can_run(home: Path) -> None:
    network = dnnvis.open("life-2")
    made = fit_data(network, MapFitOptions("", limit=40, fit_config=nets.QUICK, record=False))
    assert made is not None
    boards = boards_for(network, 40, 0)
    row = 2 * made.rows_each + 1  # the second state of the third board
    said = picked(network, rows=(row,))
    assert np.array_equal(read_rle(said.boards[0]).cells, boards[2])
    assert np.array_equal(said.thumbs[0], make_thumbnail(boards[2][:, :, None] * np.uint8(255), 48))
    assert len(place(network, x=0.0, y=0.0).thumbs) == 10
    # that is the board whose states the map has there
    h = made.harvest(boards[2][None, :, :, None] * np.uint8(255))
    assert np.allclose(made.encode(h), made.z[2 * made.rows_each : 3 * made.rows_each], atol=1e-4)
