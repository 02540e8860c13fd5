import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dnnvis as package
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.cli.render import file_name, parse_unit_numbers
from dnnvis.core.errors import BadInput
from dnnvis.lenses.recipe_files import read_recipe

Say = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]
LAYER = ("net1-mnist", "--layer", "dense3")
QUICK = ("--preset", "live", "--set", "steps=6")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "units.sqlite"


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def kept(place: Path) -> dict[str, tuple[bytes, dict[str, Any]]]:
    """Goal -> (PNG, recipe) of every picture in a library; each goal once."""
    with closing(sqlite3.connect(place)) as library:
        rows = library.execute("SELECT goal, png, recipe FROM pictures ORDER BY id").fetchall()
    assert len({goal for goal, _, _ in rows}) == len(rows)
    return {goal: (png, json.loads(recipe)) for goal, png, recipe in rows}


def test_the_units_of_a_layer_and_goals_lie_in_the_library_of_the_network(dnnvis: Say) -> None:
    said = dnnvis("render", *LAYER, "--units", "0-2,7", "--goal", "-0.5*dense5[1] + out[2]", *QUICK)
    assert said.status == 0, said.err
    assert "5 pictures made" in said.out
    assert "s each" in said.out
    with package.library(package.open("net1-mnist")) as library:
        assert set(library.newest_by_channel("dense3")) == {0, 1, 2, 7}
        (picture,) = library.pictures("-0.5*dense5[1] + out[2]")
        assert picture.recipe["steps"] == 6
        assert picture.pixels.shape == (28, 28, 1)
        assert str(library.path) in said.out


def test_each_picture_is_told_of_in_json_with_how_far_the_work_is(dnnvis: Say, place: Path) -> None:
    words = ("render", *LAYER, "--units", "0-3", *QUICK, "--batch", 2, "--library", place, "--json")
    *before, last = lines(dnnvis(*words).out)
    made = {line["unit"]: line for line in before if "unit" in line}
    assert list(made) == [f"dense3[{k}]" for k in range(4)]
    assert [line["done"] for line in made.values()] == [1, 2, 3, 4]
    for line in made.values():
        assert line["total"] == 4
        assert line["ratio"] is None
        assert "dense3" in line["words"]
        assert line["objective"] == kept(place)[line["unit"]][1]["objective"]
    assert made["dense3[1]"]["seconds_left"] >= 0
    assert made["dense3[3]"]["seconds_left"] == 0
    assert (last["made"], last["done"], last["total"]) == (4, 4, 4)
    assert last["library"] == str(place)
    assert "4 pictures made" in last["words"]


def test_what_was_made_before_is_not_made_again(dnnvis: Say, place: Path) -> None:
    words = ("render", *LAYER, *QUICK, "--library", place, "--json")
    assert lines(dnnvis(*words, "--units", "1").out)[-1]["made"] == 1
    last = lines(dnnvis(*words, "--units", "0-1").out)[-1]
    assert (last["made"], last["known"], last["done"], last["total"]) == (1, 1, 2, 2)
    assert lines(dnnvis(*words, "--units", "1", "--seed", 3).out)[-1]["made"] == 1
    assert lines(dnnvis(*words, "--units", "1", "--again").out)[-1]["made"] == 1


def test_the_pictures_are_files_too_from_which_look_makes_them_again(
    dnnvis: Say, place: Path, tmp_path: Path
) -> None:
    folder, again = tmp_path / "new" / "folder", tmp_path / "again.npy"
    words = ("render", *LAYER, *QUICK, "--library", place, "--threads", 1)
    dnnvis(*words, "--units", "4")
    said = dnnvis(*words, "--units", "4-5", "--goal", "2*out[1] - out[2]", "-o", folder)
    assert said.status == 0, said.err
    names = {"dense3[4].png", "dense3[5].png", "2xout[1]-out[2].png"}
    assert {path.name for path in folder.iterdir()} == names
    for name in names:
        said = dnnvis("look", "--recipe", folder / name, "-o", again)
        assert said.status == 0, said
        assert "Not as it was" not in said.out, said
        with Image.open(folder / name) as image:
            pixels = np.asarray(image)[:, :, :1].astype(float) / 255
        assert np.abs(np.load(again) - pixels).max() <= 1.5 / 255
    assert read_recipe(folder / "dense3[5].png")["unit"] == "dense3[5]"


def test_units_are_written_as_ranges() -> None:
    assert parse_unit_numbers("0-3,7") == [0, 1, 2, 3, 7]
    assert parse_unit_numbers(" 9, 2-2 ,2") == [2, 9]
    for text in ("", "a", "3-1", "-1", "1-", "1,,2", "0-9999999999"):
        with pytest.raises(BadInput, match="0-31,40"):
            parse_unit_numbers(text)


def test_a_files_name_is_the_goal_as_far_as_a_file_may_be_called_so() -> None:
    assert file_name("conv4[3]@1,2#0") == "conv4[3]@1,2#0.png"
    assert file_name("0.5*a.b[1] - c/d[2]") == "0.5xa.b[1]-c_d[2].png"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["net1-mnist"], "--layer"),
        (["net1-mnist", "--units", "3"], "--layer"),
        ([*LAYER, "--units", "3-"], "0-31,40"),
        ([*LAYER, "--units", "300"], "0 to 199"),
        (["net1-mnist", "--layer", "dense99"], "no layer 'dense99'"),
        (["net1-mnist", "--layer", "dense3#4"], "no call 4"),
        (["net1-mnist", "--layer", "dense3#x"], "no call of dense3"),
        (["net1-mnist", "--goal", "dense3["], "no goal"),
        (["net1-mnist", "--goal", "dense3[1] + out[99]"], "0 to 9"),
        ([*LAYER, "--preset", "fast"], "preset of ascent is one of default"),
        ([*LAYER, "--set", "steps=0"], "steps of ascent lies in 1 to"),
        ([*LAYER, "--set", "speed=3"], "no setting 'speed'"),
        ([*LAYER, "--set", "steps"], "name=value"),
        ([*LAYER, "--set", "seeds=3"], "one picture of each unit"),
        ([*LAYER, "--preset", "deepdream"], "starts from a picture"),
        ([*LAYER, "--image", "none.png"], "no picture none.png"),
        ([*LAYER, "--batch", "0"], "--batch"),
        ([*LAYER, "--library", "{}"], "is a folder"),
        ([*LAYER, "--library", "{}/text.txt"], "not a library"),
        ([*LAYER, "-o", "{}/text.txt"], "cannot be made"),
        (["nonet", "--layer", "a"], "nonet"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_cannot_be_done_is_told_of_in_a_sentence(
    refuses: Callable[..., str], tmp_path: Path, words: list[str], said: str
) -> None:
    (tmp_path / "text.txt").write_text("no library, and certainly no folder")
    sentence = refuses("render", *(word.replace("{}", str(tmp_path)) for word in words))
    assert said in sentence


def begun(place: Path, *words: object) -> "subprocess.Popen[str]":
    """The command in a process of its own, once two of its pictures are finished."""
    command = [sys.executable, "-m", "dnnvis", "render", *LAYER, "--library", place, *words]
    running = subprocess.Popen(
        [*map(str, command), "--preset", "live", "--batch", "2", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert running.stdout is not None
    told = 0
    for line in running.stdout:
        told += "unit" in json.loads(line)
        if told == 2:
            break
    return running


@pytest.mark.slow
def test_after_a_kill_all_that_was_finished_is_there_and_the_rest_is_made(
    dnnvis: Say, place: Path
) -> None:
    running = begun(place)
    running.kill()
    out, _ = running.communicate()
    told = {"dense3[0]", "dense3[1]"}
    told |= {line["unit"] for line in lines(out[: out.rfind("\n") + 1]) if "unit" in line}
    before = kept(place)
    assert told <= set(before)
    assert len(before) < 200
    units = f"0-{len(before) + 1}"
    said = dnnvis(
        "render", *LAYER, "--units", units, "--preset", "live", "--library", place, "--json"
    )
    last = lines(said.out)[-1]
    assert (last["made"], last["known"]) == (2, len(before))
    assert set(kept(place)) == {f"dense3[{k}]" for k in range(len(before) + 2)}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.slow
def test_asked_to_end_it_says_what_is_left_and_where_to_go_on(
    place: Path, number: signal.Signals
) -> None:
    running = begun(place)
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 128 + number
    assert not err
    last = lines(out)[-1]
    assert last["stopped"]
    assert last["words"].startswith("Stopped; ")
    assert last["made"] == len(kept(place))
    assert last["done"] + (200 - last["made"]) == 200
    assert f"{200 - last['made']} were left" in last["words"]


def test_a_signal_is_only_noted_once_and_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        with catch_interrupts() as ending:
            assert not ending.is_set()
            assert ending.exit_status == 0
            os.kill(os.getpid(), signal.SIGTERM)
            assert ending.is_set()
            assert ending.exit_status == 143
            assert not heard
            os.kill(os.getpid(), signal.SIGTERM)
            assert heard == [signal.SIGTERM]
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard == [signal.SIGTERM] * 2
    finally:
        signal.signal(signal.SIGTERM, before)


def test_two_ranks_give_the_rows_of_one_process(dnnvis: Say, place: Path, tmp_path: Path) -> None:
    words = ("render", *LAYER, "--units", "0-6", *QUICK, "--batch", 3, "--threads", 1)
    assert dnnvis(*words, "--library", place).status == 0
    other = tmp_path / "two" / "ranks.sqlite"
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = subprocess.run(
        [
            sys.executable,
            *torchrun,
            "-m",
            "dnnvis",
            *map(str, words),
            "--library",
            str(other),
            "--json",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = lines(done.stdout)
    assert {line["rank"] for line in told if "unit" in line} == {0, 1}
    (last,) = [line for line in told if "made" in line]
    assert (last["made"], last["done"]) == (7, 7)
    assert [path.name for path in other.parent.iterdir()] == [other.name]  # nothing is left over
    one, two = kept(place), kept(other)
    assert set(one) == set(two) == {f"dense3[{k}]" for k in range(7)}
    for goal, (_, recipe) in one.items():
        objective = two[goal][1].pop("objective")
        assert objective == pytest.approx(recipe.pop("objective"), rel=1e-4)
        assert two[goal][1] == recipe
