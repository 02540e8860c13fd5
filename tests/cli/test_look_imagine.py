"""``dnnvis look --lens imagine``: a strip as one sheet, and again from its recipe."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dnnvis as package
from dnnvis.cli.strip_sheet import SCORES_ROW_PIXELS, STEP_TILE_PIXELS, strip_sheet
from dnnvis.core.lens_results import Strip
from dnnvis.imaging.colorize import map_to_rgb, values_to_rgb
from dnnvis.imaging.contact_sheet import TILE_GAP_PIXELS
from dnnvis.imaging.sheet_labels import LINE_HEIGHT_PIXELS
from dnnvis.lenses.recipe_files import read_recipe

Say = Callable[..., Any]
UNIT = "cell[3]"
LENS = ("--lens", "imagine")


def pixels(place: Path) -> np.ndarray:
    with Image.open(place) as image:
        return np.asarray(image)


@pytest.fixture
def board(tmp_path: Path) -> Path:
    place = tmp_path / "board.png"
    alive = np.random.default_rng(0).random((22, 22)) < 0.4
    Image.fromarray((alive * 255).astype(np.uint8)).save(place)
    return place


@pytest.fixture
def rows_net(tmp_path: Path) -> str:
    """A user's own network with a cell in a loop and a head."""
    file = tmp_path / "rows.py"
    file.write_text(
        "import torch\n"
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.cell, self.head = nn.RNNCell(8, 7), nn.Linear(7, 5)\n"
        "    def forward(self, x):\n"
        "        state = torch.zeros(len(x), 7)\n"
        "        for row in x.mean(1).unbind(1):\n"
        "            state = self.cell(row, state)\n"
        "        return self.head(state)\n"
        "def make():\n"
        "    torch.manual_seed(0)\n"
        "    return Net()\n"
    )
    return f"{file}:make"


def test_the_sheet_shows_truth_imagination_and_difference_of_every_state(
    dnnvis: Say, board: Path, tmp_path: Path
) -> None:
    place = tmp_path / "a.png"
    said = dnnvis("look", "life", UNIT, *LENS, "--image", board, "-o", place, "--threads", 1)
    assert said.status == 0, said
    strip = package.look(package.open("life"), "imagine", UNIT, image=board)
    for (layer, call), mark in zip(strip.steps, strip.marks, strict=True):
        assert f"  {layer}#{call}  {mark}" in said.out
    assert "scores: paper" in said.out
    sheet = pixels(place)
    size = 22 * (STEP_TILE_PIXELS // 22)  # whole pixels: 176 = 8 * 22
    assert sheet.shape == (
        3 * (size + 2 * LINE_HEIGHT_PIXELS + TILE_GAP_PIXELS) + TILE_GAP_PIXELS,
        4 * (size + TILE_GAP_PIXELS) + TILE_GAP_PIXELS,
        3,
    )
    for row, name in enumerate(("truth", "imagination", "difference")):
        for column, values in enumerate(strip.rows[name]):
            top = TILE_GAP_PIXELS + row * (size + 2 * LINE_HEIGHT_PIXELS + TILE_GAP_PIXELS)
            left = TILE_GAP_PIXELS + column * (size + TILE_GAP_PIXELS)
            tile = sheet[top : top + size : 8, left : left + size : 8]
            drawn = values_to_rgb(values, "rgb")[0]
            if name == "difference":
                drawn = map_to_rgb(values[..., 0], -1, 1, "signed")
            assert np.array_equal(tile, drawn), (name, column)


def test_the_recipe_makes_the_same_sheet(dnnvis: Say, board: Path, tmp_path: Path) -> None:
    settings = ("--set", "match=0.6", "--set", "decoder=decoder.conv1")
    words = ("--image", board, "-o", tmp_path / "a.png", "--threads", 1)
    assert dnnvis("look", "life", UNIT, *LENS, *settings, *words).status == 0
    said = dnnvis("look", "--recipe", tmp_path / "a.png", "-o", tmp_path / "b.png")
    assert said.status == 0, said
    assert "Not as it was" not in said.out, said
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    recipe = read_recipe(tmp_path / "b.png")
    assert (recipe["lens"], recipe["match"]) == ("imagine", 0.6)
    assert recipe["decoder"] == "decoder.conv1"
    assert recipe["image"]["path"] == str(board)


def test_a_recipe_whose_board_is_gone_asks_for_it(
    dnnvis: Say, refuses: Callable[..., str], board: Path, tmp_path: Path
) -> None:
    dnnvis("look", "life", UNIT, *LENS, "--image", board, "-o", tmp_path / "a.png")
    board.unlink()
    sentence = refuses("look", "--recipe", tmp_path / "a.png", "-o", tmp_path / "b.png")
    assert "--image" in sentence


def test_the_numbers_are_the_raw_imagination_and_json_says_the_rest(
    dnnvis: Say, board: Path, tmp_path: Path
) -> None:
    place = tmp_path / "a.npy"
    said = dnnvis("look", "life", UNIT, *LENS, "--image", board, "-o", place, "--json")
    cells = pixels(board)[None] // 255
    assert np.array_equal(
        np.load(place)[None, ..., 0], package.imagine(package.open("life"), cells)
    )
    told = json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert told["steps"] == [["encoder", 0], ["cell", 0], ["cell", 1], ["cell", 2]]
    assert told["decoder"] == "decoder"
    assert "decoder" in told["decoders"]
    assert set(told["scores"]) >= {"paper", "mcc"}
    assert len(told["marks"]) == 4


def test_a_network_without_decoder_is_read_by_its_head(
    dnnvis: Say, rows_net: str, board: Path, tmp_path: Path
) -> None:
    place = tmp_path / "a.png"
    opening = (rows_net, "--trust-code", "--size", 8)
    said = dnnvis("look", *opening, "cell[2]", *LENS, "--image", board, "-o", place)
    assert said.status == 0, said
    assert "through head" in said.out, said
    assert "cell#7  class" in said.out
    sheet = pixels(place)
    assert sheet.shape[0] == 8 * SCORES_ROW_PIXELS
    assert sheet.shape[1] > 256
    again = dnnvis("look", "--recipe", place, "--trust-code", "-o", tmp_path / "b.png")
    assert again.status == 0, again
    assert np.array_equal(sheet, pixels(tmp_path / "b.png")), again


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["life", UNIT, "--set", "decoder=encoder"], "encoder does not take a state of"),
        (["life", UNIT, "--set", "match=0"], "match of imagine lies in 0.01 to 1.0"),
        (["net1-mnist", "out[1]"], "No layer of net1-mnist is called more than once"),
    ],
    ids=["decoder", "match", "no states"],
)
def test_what_cannot_be_imagined_is_told_of_in_a_sentence(
    refuses: Callable[..., str], board: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    place = tmp_path / "a.png"
    assert said in refuses("look", *words, *LENS, "--image", board, "-o", place)
    assert not place.exists()


def test_a_picture_is_asked_for(refuses: Callable[..., str], tmp_path: Path) -> None:
    assert "picture" in refuses("look", "life", UNIT, *LENS, "-o", tmp_path / "a.png")


def test_rows_of_several_lengths_leave_paper_where_there_is_no_state() -> None:
    row = np.zeros((4, 5, 5, 1), np.float32)
    steps = tuple(("cell", k) for k in range(4))
    rows = {"truth": row[:3], "imagination": row, "difference": row}
    sheet = strip_sheet(Strip(rows=rows, steps=steps))
    width = (sheet.shape[1] - TILE_GAP_PIXELS) // 4
    assert (
        sheet[TILE_GAP_PIXELS : TILE_GAP_PIXELS + STEP_TILE_PIXELS, 3 * width + TILE_GAP_PIXELS :]
        == 255
    ).all()
    assert (
        sheet[
            TILE_GAP_PIXELS : TILE_GAP_PIXELS + STEP_TILE_PIXELS,
            TILE_GAP_PIXELS : TILE_GAP_PIXELS + STEP_TILE_PIXELS,
        ]
        == 0
    ).all()


def test_pictures_without_a_truth_share_one_scale() -> None:
    row = np.zeros((2, 6, 6, 1), np.float32)
    row[0, 0, 0], row[1, 0, 0] = -3, 5
    sheet = strip_sheet(Strip(rows={"imagination": row}, steps=(("cell", 0), ("cell", 1))))
    left = sheet.shape[1] // 2 + TILE_GAP_PIXELS
    assert sheet[TILE_GAP_PIXELS, TILE_GAP_PIXELS, 0] == 0
    assert sheet[TILE_GAP_PIXELS, left, 0] == 255
    assert (
        sheet[TILE_GAP_PIXELS + 60, TILE_GAP_PIXELS + 60, 0]
        == sheet[TILE_GAP_PIXELS + 60, left + 60, 0]
        == round(255 * 3 / 8)
    )
