"""``dnnvis look`` for what is no backward picture: syntheses, examples, kept pictures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dnnvis as package
from dnnvis.imaging.colorize import crop_to_rgb, values_to_rgb
from dnnvis.imaging.contact_sheet import TILE_GAP_PIXELS, arrange_tiles
from dnnvis.imaging.sheet_labels import TILE_SIDE_PIXELS
from dnnvis.lenses.patterns import make_thumbnail
from dnnvis.lenses.recipe_files import read_recipe, save_png

Say = Callable[..., Any]
NET = "net1-mnist"
QUICK = ("--lens", "ascent", "--set", "preset=live", "--set", "steps=6")


def pixels(place: Path) -> np.ndarray:
    with Image.open(place) as image:
        return np.asarray(image)


@pytest.mark.parametrize("unit", ["dense3[5]", "dense3", "0.5*dense3[5] - dense5[2]"])
def test_a_synthesis_is_made_and_its_recipe_makes_it_again(
    dnnvis: Say, tmp_path: Path, unit: str
) -> None:
    said = dnnvis("look", NET, unit, *QUICK, "-o", tmp_path / "a.png", "--threads", 1)
    assert said.status == 0, said
    assert "reached" in said.out, said
    expected = package.look(package.open(NET), "ascent", unit, preset="live", steps=6)
    assert np.array_equal(pixels(tmp_path / "a.png"), values_to_rgb(expected.values, "rgb")[0])
    said = dnnvis("look", "--recipe", tmp_path / "a.png", "-o", tmp_path / "b.png")
    assert said.status == 0, said
    assert "Not as it was" not in said.out, said
    assert np.array_equal(pixels(tmp_path / "a.png"), pixels(tmp_path / "b.png"))
    assert read_recipe(tmp_path / "a.png") == read_recipe(tmp_path / "b.png")


def test_a_synthesis_tells_its_honest_numbers(dnnvis: Say, tmp_path: Path) -> None:
    said = dnnvis("look", NET, "out[3]", *QUICK, "--seed", 4, "-o", tmp_path / "a.png", "--json")
    told = json.loads(said.out)
    (numbers,) = told["measures"]
    assert told["steps"] == 6
    assert told["recipe"]["seed"] == told["recipe"]["best_seed"] == 4
    assert numbers["value"] == told["recipe"]["objective"]
    assert "ratio" in numbers


def test_a_picture_kept_on_its_way_is_made_again_as_it_was(dnnvis: Say, tmp_path: Path) -> None:
    network = package.open(NET)
    for half in package.looks(network, "ascent", "dense3[5]", preset="live", steps=9):
        if half.step == 4:
            break
    recipe = {**half.recipe, "image": {"source": "demo", "frame": 3}}  # as the window keeps it
    save_png(tmp_path / "half.png", values_to_rgb(half.values, "rgb")[0], recipe)
    said = dnnvis("look", "--recipe", tmp_path / "half.png", "-o", tmp_path / "a.png")
    assert said.status == 0, said
    assert "Not as it was" not in said.out, said
    assert np.array_equal(pixels(tmp_path / "a.png"), pixels(tmp_path / "half.png"))
    said = dnnvis(
        "look", "--recipe", tmp_path / "half.png", "--set", "seed=1", "-o", tmp_path / "b.png"
    )
    assert "seed was 0, is 1" in said.out
    assert "steps_done was 4, is 9" in said.out


def test_a_recipe_that_begins_with_a_frame_asks_for_it(
    refuses: Callable[..., str], tmp_path: Path
) -> None:
    frame = np.zeros((28, 28), np.uint8)
    made = package.look(
        package.open(NET), "ascent", "dense3[5]", image=frame, preset="deepdream", steps=4
    )
    save_png(tmp_path / "dream.png", values_to_rgb(made.values, "rgb")[0], made.recipe)
    sentence = refuses("look", "--recipe", tmp_path / "dream.png", "-o", tmp_path / "a.png")
    assert "--image" in sentence


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*QUICK, "--set", "preset=none"], "preset of ascent is one of"),
        ([*QUICK, "--set", "move=none"], "move of ascent is one of"),
        ([*QUICK, "--set", "image=a.png"], "image is not set with --set"),
        ([*QUICK, "--set", "unit=out[1]"], "unit is not set with --set"),
        ([*QUICK, "--seed", "-1"], "seed of ascent lies in 0 to"),
        ([*QUICK, "--view", "norm"], "no setting 'view'"),
        (["--lens", "patterns"], "dnnvis render"),
        (["--lens", "examples"], "dnnvis scan"),
        (["--lens", "statistics"], "numbers, not a picture"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_cannot_be_shown_is_told_of_in_a_sentence(
    refuses: Callable[..., str],
    tmp_path: Path,
    words: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "nothing"))
    assert said in refuses("look", NET, "out[1]", *words, "-o", tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_kept_pictures_lie_side_by_side_where_their_units_are(dnnvis: Say, tmp_path: Path) -> None:
    place = tmp_path / "units.sqlite"
    words = ("--preset", "live", "--set", "steps=2", "--library", place)
    dnnvis("render", NET, "--layer", "out", "--units", "0,2,4", *words)
    said = dnnvis(
        "look",
        NET,
        "out[0]",
        "--lens",
        "patterns",
        "--set",
        f"library={place}",
        "--set",
        "side=28",
        "-o",
        tmp_path / "a.png",
    )
    assert said.status == 0, said
    assert "3 of 10 units" in said.out, said
    sheet = pixels(tmp_path / "a.png")
    side = 3 * 28 + 4 * TILE_GAP_PIXELS
    assert sheet.shape == (2 * 28 + 3 * TILE_GAP_PIXELS, side, 3)  # units 0 to 4 in rows of three
    with package.library(package.open(NET), place) as library:
        for channel, kept in library.newest_by_channel("out").items():
            top, left = (
                TILE_GAP_PIXELS + (28 + TILE_GAP_PIXELS) * part for part in divmod(channel, 3)
            )
            assert np.array_equal(
                sheet[top : top + 28, left : left + 28], make_thumbnail(kept.pixels, 28)
            )
    assert (
        sheet[
            TILE_GAP_PIXELS : TILE_GAP_PIXELS + 28,
            28 + 2 * TILE_GAP_PIXELS : 56 + 2 * TILE_GAP_PIXELS,
        ]
        == 128
    ).all()  # unit 1


def test_examples_lie_above_their_backward_pictures(dnnvis: Say, tmp_path: Path) -> None:
    from dnnvis.library.scan.scan import scan

    folder, place = tmp_path / "pictures", tmp_path / "scanned.sqlite"
    folder.mkdir()
    for seed in range(3):
        noise = np.random.default_rng(seed).integers(0, 256, (28, 28), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{seed}.png")
    network = package.open(NET)
    scan(network, folder, place, layers=["dense3"])
    words = ("look", NET, "dense3[5]", "--lens", "examples", "--set", f"library={place}")
    said = dnnvis(*words, "-o", tmp_path / "a.png", "--json")
    told = json.loads(said.out)
    expected = package.look(network, "examples", "dense3[5]", library=str(place))
    assert [item["value"] for item in told["examples"]] == [one.value for one in expected.items]
    sheet = pixels(tmp_path / "a.png")
    assert sheet.shape == (
        2 * (TILE_SIDE_PIXELS + TILE_GAP_PIXELS) + TILE_GAP_PIXELS,
        3 * (TILE_SIDE_PIXELS + TILE_GAP_PIXELS) + TILE_GAP_PIXELS,
        3,
    )
    first = sheet[
        TILE_GAP_PIXELS : TILE_GAP_PIXELS + TILE_SIDE_PIXELS,
        TILE_GAP_PIXELS : TILE_GAP_PIXELS + TILE_SIDE_PIXELS,
    ]
    assert np.array_equal(first, make_thumbnail(expected.items[0].pixels, TILE_SIDE_PIXELS))
    back = crop_to_rgb(expected.items[2].backs["deconvnet"])
    assert np.array_equal(
        sheet[
            -TILE_SIDE_PIXELS - TILE_GAP_PIXELS : -TILE_GAP_PIXELS,
            -TILE_SIDE_PIXELS - TILE_GAP_PIXELS : -TILE_GAP_PIXELS,
        ],
        make_thumbnail(back, TILE_SIDE_PIXELS),
    )
    said = dnnvis("look", "--recipe", tmp_path / "a.png", "-o", tmp_path / "b.npy")
    assert np.array_equal(np.load(tmp_path / "b.npy"), sheet)
    assert "1. " in said.out
    assert str(folder) in said.out


def test_tiles_are_laid_row_by_row() -> None:
    tiles = [np.full((1, 2, 3), k, np.uint8) for k in range(3)]
    sheet = arrange_tiles(tiles, 2)[:, :, 0]
    rows, columns = np.nonzero(sheet != 255)
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == {
        (TILE_GAP_PIXELS, TILE_GAP_PIXELS),
        (TILE_GAP_PIXELS, TILE_GAP_PIXELS + 1),
        (TILE_GAP_PIXELS, 2 * TILE_GAP_PIXELS + 2),
        (TILE_GAP_PIXELS, 2 * TILE_GAP_PIXELS + 3),
        (2 * TILE_GAP_PIXELS + 1, TILE_GAP_PIXELS),
        (2 * TILE_GAP_PIXELS + 1, TILE_GAP_PIXELS + 1),
    }
    assert sheet[TILE_GAP_PIXELS, TILE_GAP_PIXELS] == 0
    assert sheet[TILE_GAP_PIXELS, 2 * TILE_GAP_PIXELS + 2] == 1
    assert sheet[2 * TILE_GAP_PIXELS + 1, TILE_GAP_PIXELS] == 2


def test_what_the_unit_wants_stands_to_the_left_of_its_examples(
    dnnvis: Say, tmp_path: Path
) -> None:
    from dnnvis.library.scan.scan import scan

    folder, place = tmp_path / "pictures", tmp_path / "both.sqlite"
    folder.mkdir()
    Image.fromarray(np.eye(28, dtype=np.uint8) * 255).save(folder / "line.png")
    network = package.open(NET)
    scan(network, folder, place, layers=["dense3"])
    words = ("--preset", "live", "--set", "steps=2", "--library", place)
    dnnvis("render", NET, "--layer", "dense3", "--units", "5", *words)
    words = ("look", NET, "dense3[5]", "--lens", "examples", "--set", f"library={place}")
    assert dnnvis(*words, "-o", tmp_path / "a.png").status == 0
    sheet = pixels(tmp_path / "a.png")
    side = 2 * TILE_SIDE_PIXELS + TILE_GAP_PIXELS
    assert sheet.shape == (
        side + 2 * TILE_GAP_PIXELS,
        TILE_GAP_PIXELS + side + TILE_SIDE_PIXELS + 2 * TILE_GAP_PIXELS,
        3,
    )
    with package.library(network, place) as library:
        (kept,) = library.pictures("dense3[5]")
    assert np.array_equal(
        sheet[TILE_GAP_PIXELS : TILE_GAP_PIXELS + side, TILE_GAP_PIXELS : TILE_GAP_PIXELS + side],
        make_thumbnail(kept.pixels, side),
    )
    crop = sheet[
        TILE_GAP_PIXELS : TILE_GAP_PIXELS + TILE_SIDE_PIXELS, 2 * TILE_GAP_PIXELS + side :
    ][:, :TILE_SIDE_PIXELS]
    assert np.array_equal(
        crop, make_thumbnail(np.eye(28, dtype=np.uint8)[:, :, None] * 255, TILE_SIDE_PIXELS)
    )
