"""What the product wrote, said and drew before its house was rebuilt, it still reads, says and
draws. ``python tests/golden/make_golden.py`` makes the golden files again: only where such a
change is wanted, and the commit says why."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file

import dnnvis
from dnnvis.introspect.map_file import read_map, write_map
from dnnvis.network.card import read_card, write_card

HERE = Path(__file__).parent / "golden"
RECIPE = "dnnvis recipe"  # the text chunk of a PNG
COMMANDS = sorted(place.stem for place in (HERE / "help").glob("*.txt"))


def read_json(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def lost(golden: Any, now: Any, where: str = "") -> list[str]:
    """What of ``golden`` is not in ``now``: keys may be added, none may go or change its value.
    Numbers may differ where another processor rounds otherwise."""
    if isinstance(golden, dict) and isinstance(now, dict):
        gone = [f"{where}/{key} is gone" for key in golden if key not in now]
        kept = [key for key in golden if key in now]
        return gone + [w for key in kept for w in lost(golden[key], now[key], f"{where}/{key}")]
    if isinstance(golden, list) and isinstance(now, list) and len(golden) == len(now):
        pairs = enumerate(zip(golden, now, strict=True))
        return [w for k, (a, b) in pairs for w in lost(a, b, f"{where}/{k}")]
    same = golden == now and type(golden) is type(now)
    if isinstance(golden, float) and isinstance(now, float):
        same = now == pytest.approx(golden, rel=1e-3, abs=1e-5)
    return [] if same else [f"{where}: {golden!r} is now {now!r}"]


def test_a_lost_name_and_a_changed_value_are_seen() -> None:
    golden = {"a": {"b": 1.0, "c": [1, 2]}, "d": True}
    assert lost(golden, {"a": {"b": 1.0 + 1e-6, "c": [1, 2], "new": 0}, "d": True}) == []
    assert lost(golden, {"a": {"b": 1.1, "c": [1, 3]}}) == [
        "/d is gone",
        "/a/b: 1.0 is now 1.1",
        "/a/c/1: 2 is now 3",
    ]
    assert lost(golden, {"a": {"b": 1, "c": [1]}, "d": 1})[0].startswith("/a/b")


def test_every_field_of_a_saved_state_is_read_and_written_again(
    golden: ModuleType, tmp_path: Path
) -> None:
    now = golden.state_again(HERE / "window.json", tmp_path / "window.json")
    assert lost(read_json("window.json"), now) == []


def test_no_field_of_the_golden_state_has_its_default(golden: ModuleType, tmp_path: Path) -> None:
    """Else a field that is no longer read would not be missed."""

    def equal(kept: Any, plain: Any, where: str) -> list[str]:
        if isinstance(kept, dict) and isinstance(plain, dict) and plain:
            return [w for k in kept if k in plain for w in equal(kept[k], plain[k], f"{where}/{k}")]
        return [where] if kept == plain else []

    plain = golden.state_again(tmp_path / "none.json", tmp_path / "plain.json")
    assert equal(read_json("window.json"), plain, "") == ["/network/trust_code"]


def test_a_card_is_read_and_written_letter_by_letter(tmp_path: Path) -> None:
    write_card(read_card(HERE / "golden-life.json"), tmp_path / "card.json")
    assert (tmp_path / "card.json").read_text() == (HERE / "golden-life.json").read_text()


def test_a_network_that_was_written_opens_with_its_card_and_its_moments() -> None:
    network = dnnvis.open(str(HERE / "golden-life.safetensors"))
    assert [(row.name, row.kind, row.shape, row.calls) for row in network.layers] == [
        ("encoder.conv1", "Conv2d", (2, 20, 20), 1),
        ("encoder.leaky1", "LeakyReLU", (2, 20, 20), 1),
        ("encoder", "Sequential", (2, 20, 20), 1),
        ("cell.conv1", "Conv2d", (2, 20, 20), 2),
        ("cell.leaky1", "LeakyReLU", (2, 20, 20), 2),
        ("cell.conv2", "Conv2d", (2, 20, 20), 2),
        ("cell.leaky2", "LeakyReLU", (2, 20, 20), 2),
        ("cell.conv3", "Conv2d", (2, 20, 20), 2),
        ("cell.leaky3", "LeakyReLU", (2, 20, 20), 2),
        ("cell", "Cell", (2, 20, 20), 2),
        ("decoder.conv1", "Conv2d", (1, 20, 20), 1),
        ("decoder", "Sequential", (1, 20, 20), 1),
        ("output", "result", (1, 20, 20), 1),
    ]
    stored = load_file(HERE / "golden-life.moments.safetensors")
    assert network.snapshots is not None
    assert list(network.snapshots.steps) == stored["steps"].tolist()
    for name, values in load_file(HERE / "golden-life.safetensors").items():
        assert np.array_equal(stored[name][-1], values)


@pytest.mark.parametrize("name", ["look", "ascent"])
def test_a_picture_is_made_again_from_the_recipe_in_it(
    name: str, golden: ModuleType, golden_run: Any, tmp_path: Path
) -> None:
    before, fresh = HERE / f"{name}.png", tmp_path / "fresh.png"
    image = ("--image", golden_run.folder / "pictures" / "ant" / "0.png")
    words = ("--recipe", before, *(image if name == "look" else ()), "-o", fresh)
    (line,) = golden.lines_of("look", *golden.net_words(golden_run.folder), *words)
    with Image.open(before) as one, Image.open(fresh) as other:
        recipes = [json.loads(picture.info[RECIPE]) for picture in (one, other)]
        pixels = [np.asarray(picture).astype(int) for picture in (one, other)]
    for recipe in recipes:  # where the files lay, and the versions of that day
        del recipe["network"], recipe["image"], recipe["made_with"]
    if name == "ascent":  # its preset shows the whole picture since; the recipe says 128 pixels
        assert [recipe.pop("source") for recipe in recipes] == [
            "after Olah et al. 2017, with a window and one fused warp",
            "after Olah et al. 2017, with one fused warp",
        ]
        assert [recipe["window"] for recipe in recipes] == [128, 128]
    assert lost(*recipes) == []
    assert recipes[0]["lens"] == line["recipe"]["lens"]
    assert np.abs(pixels[0] - pixels[1]).max() <= 1


def test_a_library_holds_what_it_held(golden: ModuleType, golden_run: Any, tmp_path: Path) -> None:
    shutil.copy(HERE / "library.sqlite", tmp_path)
    now = golden.library_contents(golden_run.folder, tmp_path / "library.sqlite")
    was = read_json("library.json")
    for held in (was, now):  # the paths of the machine that made it
        for picture in (one for kept in held["pictures"].values() for one in kept):
            del picture["recipe"]["network"]
    assert lost(was, json.loads(json.dumps(now))) == []
    assert was["notes"]["relu2"] == "five maps"
    assert len(was["pictures"]["conv2[1]"]) == 1


def test_a_fresh_library_has_the_tables_and_numbers_of_the_golden_one(golden_run: Any) -> None:
    def rows(place: Path) -> dict[str, list[Any]]:
        with closing(sqlite3.connect(place)) as file:
            tables = [
                name
                for (name,) in file.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
                )
            ]
            found: dict[str, list[Any]] = {
                table: file.execute(f"SELECT count(*) FROM {table}").fetchall() for table in tables
            }
            found["values"] = file.execute(
                "SELECT goal, layer, channel, preset, channels FROM pictures ORDER BY goal"
            ).fetchall()
            found["notes"] = file.execute("SELECT * FROM notes ORDER BY unit").fetchall()
            found["scans"] = file.execute("SELECT layers, k, skipped FROM scans").fetchall()
            found["pixels"] = [png[:4] for (png,) in file.execute("SELECT png FROM images")]
            return found

    assert rows(golden_run.folder / "library.sqlite") == rows(HERE / "library.sqlite")


def test_a_map_says_of_stored_vectors_what_it_said(golden: ModuleType, golden_run: Any) -> None:
    network = golden.open_net(golden_run.folder)
    found = dnnvis.open_map(network, HERE / "tiny.map.safetensors")
    with np.load(HERE / "map_rows.npz") as stored:
        rows = dict(stored)
    h = rows.pop("h")
    now = golden.map_says(found, h)
    assert now.keys() == rows.keys()
    for name, values in rows.items():
        np.testing.assert_allclose(now[name], values, rtol=1e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(found.harvest(golden.all_pictures()[::4]), h, atol=1e-5)
    (line,) = golden.lines_of(
        "map",
        *golden.net_words(golden_run.folder),
        "--map",
        HERE / "tiny.map.safetensors",
        "--image",
        golden_run.folder / "pictures" / "ant" / "0.png",
        "-k",
        1,
    )
    assert line["z"] == pytest.approx(rows["z"][0].tolist(), abs=1e-3)
    assert line["nearest"][0]["number"] == 0


def test_a_map_is_written_as_it_was_read(tmp_path: Path) -> None:
    write_map(read_map(HERE / "tiny.map.safetensors"), tmp_path / "again.map.safetensors")
    held = []
    for place in (HERE / "tiny.map.safetensors", tmp_path / "again.map.safetensors"):
        with safe_open(place, "numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            held.append((arrays, json.loads(file.metadata()["dnnvis map"])))
    (was, words), (now, others) = held
    assert words == others
    assert was.keys() == now.keys()
    for name, values in was.items():
        assert values.dtype == now[name].dtype, name
        assert np.array_equal(values, now[name]), name


def assert_equal(one: Any, other: Any) -> None:
    """Both hold the same numbers and tensors."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_equal(*pair)
    else:
        assert one == other or one != one


def test_a_training_goes_on_from_its_golden_progress(golden: ModuleType, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(HERE / "progress.pt", work)
    before = torch.load(HERE / "progress.pt", weights_only=True)
    with pytest.raises(RuntimeError, match="holds a run with other settings"):
        golden.said(*golden.train_words(tmp_path, 6, channels=3))
    golden.said(*golden.train_words(tmp_path, 6), "--json")  # nothing is left to learn
    same = torch.load(work / "progress.pt", weights_only=True)
    assert_equal(same, before)
    golden.said(*golden.train_words(tmp_path, 8), "--json")
    after = torch.load(work / "progress.pt", weights_only=True)
    assert (before["progress"]["step"], after["progress"]["step"]) == (6, 8)
    assert (
        after["progress"]["curve"][: len(before["progress"]["curve"])]
        == (before["progress"]["curve"])
    )


def test_every_kind_of_line_of_every_report_is_as_it_was(golden_run: Any) -> None:
    was, now = read_json("reports.json"), json.loads(json.dumps(golden_run.masked()))
    assert was.keys() == now.keys()
    for name, lines in was.items():
        others = {tuple(line): line for line in now[name]}
        assert {tuple(line) for line in lines} == others.keys(), name
        for line in lines:
            assert lost(line, others[tuple(line)], name) == []


def words_in(text: str) -> list[str]:
    """Without frames and line ends, which the version of a library decides."""
    return [word for word in text.split() if word.strip("│╭╮╰╯─")]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_reads_as_it_did(name: str, golden: ModuleType) -> None:
    (command,) = (one for one in golden.COMMANDS if golden.help_file(one) == f"{name}.txt")
    was = (HERE / "help" / f"{name}.txt").read_text(encoding="utf-8")
    assert words_in(golden.help_of(command)) == words_in(was)


def test_there_is_a_golden_help_of_every_command(golden: ModuleType) -> None:
    assert sorted(map(golden.help_file, golden.COMMANDS)) == sorted(
        f"{name}.txt" for name in COMMANDS
    )


def test_every_picture_is_drawn_bit_by_bit_as_it_was(golden: ModuleType) -> None:
    """Mosaics, pattern mosaic, sheets, strips, rasters of a map, colour tables. Words in sheets
    are cut off: their letters are those of Pillow's version."""
    with np.load(HERE / "pictures.npz") as file:
        was = dict(file)
    now = golden.pictures()
    assert was.keys() == now.keys()
    for name, pixels in was.items():
        assert now[name].dtype == np.uint8, name
        assert now[name].shape == pixels.shape, name
        assert np.array_equal(now[name], pixels), name
        assert pixels.min() < pixels.max(), f"{name} is empty"


def test_the_golden_files_are_small() -> None:
    files = [
        place for place in HERE.rglob("*") if place.is_file() and "__pycache__" not in place.parts
    ]
    assert sum(place.stat().st_size for place in files) < 1_000_000
