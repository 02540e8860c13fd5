"""``dnnvis invert``, and the lens ``inversion`` by ``dnnvis look``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dnnvis as package
from dnnvis.imaging.contact_sheet import PAPER_GRAY, TILE_GAP_PIXELS
from dnnvis.imaging.sheet_labels import labeled_sheet
from dnnvis.lenses.recipe_files import read_recipe

Say = Callable[..., Any]
QUICK = ("--set", "steps=4")
NET = "net1-mnist"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "sheet.png"


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def errors_in(table: str) -> dict[str, float]:
    """Layer -> normalised error, as the table says."""
    rows = [line.split() for line in table.splitlines() if " x " in line]
    return {row[0]: float(row[-2]) for row in rows}


def test_a_table_says_each_layers_error_and_the_sheet_carries_the_recipe(
    dnnvis: Say, picture: Path, sheet: Path
) -> None:
    words = ("--layer", "dense3", "--layer", "out", "--image", picture, "-o", sheet)
    said = dnnvis("invert", NET, *words, *QUICK)
    assert said.status == 0, said
    assert not said.err, said
    assert "normalised error" in said.out
    assert str(sheet) in said.out
    recipe, told = read_recipe(sheet), errors_in(said.out)
    assert list(told) == list(recipe["errors"]) == ["dense3", "out"]
    network = package.open(NET)
    for layer, error in told.items():
        shown = package.look(network, "inversion", layer, image=picture, steps=4)
        assert recipe["errors"][layer] == pytest.approx(shown.recipe["error"], rel=1e-4)
        assert error == pytest.approx(shown.recipe["error"], rel=5e-3)
    assert recipe["image"]["path"] == str(picture.resolve())
    assert recipe["network"]["name"] == NET
    assert recipe["weights_sha256"] == network.fingerprint
    assert (recipe["lens"], recipe["preset"], recipe["steps"]) == ("inversion", "fourier", 4)


def test_the_picture_comes_first_and_then_one_for_each_layer(
    dnnvis: Say, picture: Path, sheet: Path
) -> None:
    words = ("--layer", "dense3", "--image", picture, "-o", sheet)
    assert dnnvis("invert", NET, *words, *QUICK).status == 0
    pixels = np.asarray(Image.open(sheet).convert("RGB"))
    network = package.open(NET)
    shown = package.look(network, "inversion", "dense3", image=picture, steps=4)
    first = network.show(network.encode(picture))[:, :, 0]
    second = np.rint(shown.values[:, :, 0] * 255)
    wide = 28 * 4  # four times as large
    for number, wanted in enumerate((first, second)):
        left = TILE_GAP_PIXELS + number * (wide + TILE_GAP_PIXELS)
        tile = pixels[TILE_GAP_PIXELS : TILE_GAP_PIXELS + wide : 4, left : left + wide : 4, 0]
        np.testing.assert_allclose(tile.astype(int), wanted, atol=1)


def test_the_sheet_of_one_layer_is_made_again_by_look(
    dnnvis: Say, picture: Path, sheet: Path, tmp_path: Path
) -> None:
    words = ("--layer", "dense3", "--image", picture, "-o", sheet)
    dnnvis("invert", NET, *words, *QUICK, "--set", "seed=3", "--threads", 1)
    said = dnnvis("look", "--recipe", sheet, "-o", tmp_path / "again.png", "--json")
    (line,) = lines(said.out)
    assert line["differs"] == []
    assert line["recipe"]["seed"] == 3
    assert line["recipe"]["error"] == read_recipe(sheet)["error"]


def test_without_a_layer_it_goes_through_the_network(
    dnnvis: Say, picture: Path, sheet: Path
) -> None:
    said = dnnvis("invert", NET, "--image", picture, "-o", sheet, *QUICK, "--json")
    *each, last = lines(said.out)
    names = [layer.name for layer in package.open(NET).layers]
    layers = [line["layer"] for line in each]
    assert layers[0] == names[0]
    assert layers[-1] == "output"
    assert len(layers) == min(12, len(names))
    assert layers == [name for name in names if name in layers]
    for line in each:
        assert line["steps"] == 4
        assert line["error"] > 0
        assert line["seconds"] > 0
    assert last["output"] == str(sheet)
    assert last["recipe"] == read_recipe(sheet)
    assert list(last["recipe"]["errors"]) == layers


def test_a_layer_named_twice_is_inverted_once(dnnvis: Say, picture: Path, sheet: Path) -> None:
    words = ("--layer", "out", "--layer", "out", "--image", picture, "-o", sheet, "--json")
    assert [line.get("layer") for line in lines(dnnvis("invert", NET, *words, *QUICK).out)] == [
        "out",
        None,
    ]


def test_the_papers_own_preset_and_its_settings(dnnvis: Say, picture: Path, sheet: Path) -> None:
    words = ("--layer", "out", "--image", picture, "-o", sheet, "--preset", "mahendran")
    changes = ("--set", "schedule=long", "--set", "tv=3", "--set", "seeds=2")
    assert dnnvis("invert", NET, *words, *QUICK, *changes).status == 0
    recipe = read_recipe(sheet)
    wanted = {"preset": "mahendran", "schedule": "long", "tv": 3, "seeds": 2, "alpha": 8e-10}
    assert {name: recipe[name] for name in wanted} == wanted


def test_a_bar_runs_on_a_terminal_only_while_it_works(picture: Path, sheet: Path) -> None:
    """In a pseudo-terminal: percent signs come and go, the table stays."""
    import os
    import pty
    import subprocess
    import sys

    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "dnnvis",
        "invert",
        NET,
        "--layer",
        "dense3",
        "--image",
        str(picture),
        "-o",
        str(sheet),
        "--set",
        "steps=200",
    ]
    running = subprocess.Popen(
        command,
        stdout=theirs,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    told = b""
    try:
        while part := os.read(ours, 4096):
            told += part
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
        assert running.wait(60) == 0
    text = told.decode()
    assert "Inverting dense3" in text
    assert "100 %" in text
    assert text.rindex("Inverting") < text.rindex("normalised error")


def test_slips_are_told_in_one_sentence_before_any_work(
    refuses: Callable[..., str], picture: Path, sheet: Path, tmp_path: Path
) -> None:
    image, out = ("--image", picture), ("-o", sheet)
    assert "--image F" in refuses("invert", NET, *out)
    assert "There is no picture" in refuses("invert", NET, "--image", tmp_path / "no.png", *out)
    assert "-o SHEET.png" in refuses("invert", NET, *image)
    assert "-o SHEET.png" in refuses("invert", NET, *image, "-o", tmp_path / "sheet.npy")
    nowhere = tmp_path / "nowhere" / "sheet.png"
    assert "There is no folder" in refuses("invert", NET, *image, "-o", nowhere)
    assert "one of fourier, mahendran" in refuses("invert", NET, *image, *out, "--preset", "lucid")
    assert "no setting 'depth'" in refuses("invert", NET, *image, *out, "--set", "depth=3")
    assert "no setting of inversion" in refuses("invert", NET, *image, *out, "--set", "image=3")
    assert "has no layer 'conv9'" in refuses("invert", NET, *image, *out, "--layer", "conv9")
    assert "name=value" in refuses("invert", NET, *image, *out, "--set", "steps")
    assert not sheet.exists()


def test_a_picture_that_leaves_a_layer_at_zero_is_refused(
    refuses: Callable[..., str], sheet: Path, picture: Path, tmp_path: Path
) -> None:
    file = tmp_path / "dead.py"
    file.write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 2, 3), nn.Threshold(1e9, 0.0))\n"
    )
    words = (f"{file}:make", "--trust-code", "--size", "8", "--image", picture, "-o", sheet)
    said = refuses("invert", *words, "--layer", "1")
    assert "zero everywhere" in said
    assert not sheet.exists()


def test_look_says_the_normalised_error_of_an_inversion(
    dnnvis: Say, refuses: Callable[..., str], picture: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    words = ("look", NET, "dense3", "--lens", "inversion", "-o", out)
    said = dnnvis(*words, "--image", picture, *QUICK)
    assert said.status == 0
    assert said.out.count("normalised error") == 2
    said = dnnvis("look", "--recipe", out, "-o", tmp_path / "again.png")
    assert "Not as it was" not in said.out
    assert (tmp_path / "again.png").read_bytes() == out.read_bytes()
    assert "needs a picture" in refuses(*words)
    sums = ("look", NET, "dense3 + out", "--lens", "inversion", "--image", picture, "-o", out)
    assert "dnnvis invert" in refuses(*sums)


def test_labels_stand_below_pictures_which_are_not_covered() -> None:
    tiles = [(np.full((20, 30, 3), 10 * k, np.uint8), f"name {k}\nsecond") for k in range(5)]
    made = labeled_sheet(tiles)
    step_y, step_x = (
        (made.shape[0] - TILE_GAP_PIXELS) // 2,
        (made.shape[1] - TILE_GAP_PIXELS) // 3,
    )  # 2 rows of 3
    for k in range(5):
        row, column = divmod(k, 3)
        tile = made[TILE_GAP_PIXELS + row * step_y :, TILE_GAP_PIXELS + column * step_x :]
        assert (tile[:80, :120] == 10 * k).all()  # 4 times as large
        below = tile[80 : step_y - TILE_GAP_PIXELS, : step_x - TILE_GAP_PIXELS]
        assert (below[:14] < 128).any()
        assert (below[14:] < 128).any()
    assert (made[TILE_GAP_PIXELS + step_y :, TILE_GAP_PIXELS + 2 * step_x :] == PAPER_GRAY).all()


def test_a_name_that_is_too_long_keeps_its_end() -> None:
    tile = np.zeros((112, 112, 3), np.uint8)
    long = labeled_sheet([(tile, "features.denseblock4.denselayer16.conv2")])
    other = labeled_sheet([(tile, "features.denseblock4.denselayer16.conv1")])
    assert long.shape == other.shape
    assert (long != other).any()
    assert (long[:, -TILE_GAP_PIXELS:] == PAPER_GRAY).all()
