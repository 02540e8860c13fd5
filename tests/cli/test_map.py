"""``dnnvis map``: where a picture is, what is expected there, who lives near."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import dnnvis as package
from dnnvis.introspect.map import Map
from helpers.command_line import Say
from helpers.map_command_files import own_network, pictures


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mapped")


@pytest.fixture(scope="module")
def net(place: Path) -> list[str]:
    return own_network(place)


@pytest.fixture(scope="module")
def data(place: Path) -> Path:
    return pictures(place / "data")


@pytest.fixture(scope="module")
def file(place: Path, net: list[str], data: Path) -> Path:
    """A map of its own file."""
    from typer.testing import CliRunner

    from dnnvis.cli.main import app

    words = ["fit-map", *net, "--data", data, "--steps", "60", "-o", place / "m.map.safetensors"]
    ended = CliRunner().invoke(app, [*map(str, words), "--threads", "1"])
    assert ended.exit_code == 0, ended.output
    return place / "m.map.safetensors"


@pytest.fixture(scope="module")
def made(file: Path, net: list[str], place: Path) -> Map:
    network = package.open(net[0], size=6, labels=str(place / "labels.txt"), trust_code=True)
    return package.open_map(network, file)


def test_a_picture_of_the_data_lies_where_the_map_has_it(
    dnnvis: Say, net: list[str], data: Path, file: Path, made: Map
) -> None:
    image = data / "ape" / "007.png"  # the eighth of the data
    row = int(np.flatnonzero(made.index == 7)[0])
    said = dnnvis("map", *net, "--map", file, "--image", image, "-k", 5, "--json")
    assert said.status == 0, said
    (line,) = (json.loads(text) for text in said.out.splitlines())
    np.testing.assert_allclose(line["z"], made.z[row], atol=1e-3)
    for kind in ("2d", "rich"):
        assert line["expected"][kind] == pytest.approx(made.examples.expected[kind][row], abs=1e-3)
        assert line["lines"][kind] == pytest.approx(made.figures[f"line {kind}"])
    for kind, limit in line["lines"].items():
        assert line["above"][kind] == (line["expected"][kind] > limit)
    assert line["expected"]["1-max"] == pytest.approx(made.examples.doubt[row], abs=1e-4)
    assert line["predicted"] == made.examples.predicted[row]
    away = np.linalg.norm(made.z - made.z[row], axis=1)  # by hand
    nearest = np.argsort(away)[:5]
    assert line["nearest"][0]["number"] == 7
    assert line["nearest"][0]["class"] == "ape"
    assert line["nearest"][0]["distance"] == pytest.approx(0, abs=1e-3)
    assert {one["number"] for one in line["nearest"]} == set(made.index[nearest].tolist())
    assert [one["distance"] for one in line["nearest"]] == pytest.approx(away[nearest], abs=2e-3)


def test_several_pictures_are_told_for_people(
    dnnvis: Say, net: list[str], data: Path, file: Path
) -> None:
    two = [data / "ape" / "001.png", data / "cat" / "002.png"]
    said = dnnvis("map", *net, "--map", file, "--image", two[0], "--image", two[1], "-k", 3)
    assert said.status == 0, said
    flat = " ".join(said.out.split())
    assert flat.count("the network says") == 2
    assert flat.count("5 % line") >= 2
    assert flat.count("nearest class distance") == 2
    assert "ape" in flat
    assert "cat" in flat
    assert "003.png" in flat  # the map's notes


def test_a_place_where_nobody_lives_is_said(
    dnnvis: Say, net: list[str], place: Path, file: Path, made: Map
) -> None:
    from PIL import Image

    from dnnvis.lenses.activation_map.lookup import Lookup

    ask = Lookup(made)
    random = np.random.default_rng(0)
    for _ in range(400):  # some odd picture lies aside
        pixels = random.integers(0, 2, (6, 6, 3), dtype=np.uint8) * np.uint8(255)
        pixels[:, :, random.integers(3)] = 0
        found = ask(pixels, 1)
        if found.empty[0]:
            break
    x0, x1, y0, y1 = made.extent
    column = round((float(np.clip(found.z[0, 0], x0, x1)) - x0) / (x1 - x0) * 160)
    line = round((float(np.clip(found.z[0, 1], y0, y1)) - y0) / (y1 - y0) * 160)
    assert made.empty[line, column]
    Image.fromarray(pixels).save(place / "odd.png")
    words = ("map", *net, "--map", file, "--image", place / "odd.png")
    assert "no example lives there" in " ".join(dnnvis(*words).out.split())
    assert json.loads(dnnvis(*words, "--json").out)["empty"] is True


def test_of_a_recurrent_network_each_step_is_a_row(
    dnnvis: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # the path of the board is long
    place, board = tmp_path / "life.map.safetensors", tmp_path / "glider.rle"
    board.write_text("x = 3, y = 3\nbo$2bo$3o!")
    fitted = dnnvis("fit-map", "life-3", "--limit", 40, "--steps", 20, "-o", place)
    assert fitted.status == 0, fitted
    words = ("map", "life-3", "--map", place, "--image", board, "-k", 2)
    lines = [json.loads(text) for text in dnnvis(*words, "--json").out.splitlines()]
    assert [line["step"] for line in lines] == [0, 1, 2, 3]
    cells = np.array([[0, 1, 0], [0, 0, 1], [1, 1, 1]], np.uint8)
    answer = package.open("life-3").record(cells * np.uint8(255)).output
    doubt = float(np.minimum(np.abs(answer), np.abs(answer - 1)).mean())  # of a board's cells
    for line in lines:
        assert line["predicted"] == -1
        assert line["expected"]["1-max"] == pytest.approx(doubt, abs=1e-4)
    shown = dnnvis(*words)
    assert shown.status == 0
    named = set(re.findall(r"state \d \(\w+\)", shown.out))  # which are nearest depends on the fit
    assert named
    assert named <= {"state 0 (encoder)", *(f"state {k} (cell)" for k in (1, 2, 3))}


def test_nonsense_ends_in_one_sentence(
    refuses: Callable[..., str], net: list[str], data: Path, file: Path, place: Path
) -> None:
    image = ("--image", data / "ape" / "001.png")
    assert "--image" in refuses("map", *net, "--map", file)
    assert "nothing.png" in refuses("map", *net, "--map", file, "--image", "nothing.png")
    assert "003.png" in refuses("map", *net, "--map", file, "--image", data / "bee" / "003.png")
    assert "another checkpoint" in refuses("map", "net1-mnist", "--map", file, *image)
    assert "fit-map" in refuses("map", *net, *image), "there is none in its place"
    assert "no map" in refuses("map", *net, "--map", place / "gone", *image).lower()
    (place / "text").write_text("no map")
    assert "no activation map" in refuses("map", *net, "--map", place / "text", *image)
