"""``dnnvis scan`` as a user, the window and a shell see it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dnnvis.core.job_state import JobState
from dnnvis.jobs.child_process import Job
from dnnvis.library.store.library import Library
from helpers.command_line import ROOT, Say, make_picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """12 pictures, one of which cannot be read."""
    place = tmp_path / "pictures"
    place.mkdir()
    for seed in range(12):
        make_picture(place / f"{seed:02d}.png", seed)
    (place / "03.png").write_bytes(b"bad")
    return place


def test_it_says_what_was_seen_skipped_and_where_the_library_lies(
    dnnvis: Say, folder: Path, tmp_path: Path
) -> None:
    place = tmp_path / "l.sqlite"
    words = ("scan", "net1-mnist", "--data", folder, "--library", place)
    said = dnnvis(*words, "--layers", "dense1,output", "-k", 3)
    assert said.status == 0, said
    flat = " ".join(said.out.split())
    assert "Saw 11 pictures" in flat
    assert "in 2 layers" in flat
    assert "1 picture could not be read" in flat
    assert "03.png" in flat.replace(" ", "")
    assert place.name in flat.replace(" ", "")
    with Library(place) as made:
        assert len(made.top("output[7]", 9)) == 3
        assert made.statistics("dense1") is not None
    again = dnnvis(*words, "--layers", "dense1", "--layers", "output", "-k", 3)
    assert "known already" in again.out


def test_without_a_file_the_library_lies_where_libraries_lie(dnnvis: Say, folder: Path) -> None:
    import dnnvis as package

    said = dnnvis("scan", "net1-mnist", "--data", folder, "--limit", 2, "--json")
    last = json.loads(said.out.splitlines()[-1])
    with package.library(package.open("net1-mnist")) as made:
        assert Path(last["library"]) == made.path
        assert made.scans()[0].seen == 2


def test_json_lines_say_how_far_it_is_and_a_summary_at_the_end(
    dnnvis: Say, folder: Path, tmp_path: Path
) -> None:
    said = dnnvis(
        "scan", "net1-mnist", "--data", folder, "--library", tmp_path / "l", "--json", "--batch", 4
    )
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert all({"words", "done", "total", "seconds_left"} <= set(line) for line in lines)
    assert [line["done"] for line in lines] == sorted(line["done"] for line in lines)
    last = lines[-1]
    assert (last["done"], last["total"], last["seen"], last["left"]) == (12, 12, 11, 0)
    assert [Path(name).name for name in last["skipped"]] == ["03.png"]
    assert "Saw 11 pictures" in last["words"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("net1-mnist", "--data", "nowhere"), "nowhere"),
        (("net1-mnist", "--data", ".", "--layers", ","), "--layers"),
        (("net1-mnist", "--data", "tests", "--layers", "conv9"), "conv9"),
        (("net1-mnist",), "--data"),
    ],
)
def test_nonsense_ends_in_one_sentence(refuses: Callable[..., str], words: Any, part: str) -> None:
    assert part in refuses("scan", *words)


def test_the_window_starts_it_hears_it_and_stops_it(folder: Path, tmp_path: Path) -> None:
    """Through the same Job; what was seen until SIGTERM is kept, the same command goes on."""
    for seed in range(12, 200):
        os.link(folder / "00.png", folder / f"{seed:03d}.png")
    place, told = tmp_path / "l.sqlite", []

    def post(key: str, state: JobState) -> None:
        told.append(state)
        if 0 < state.done < state.total:
            job.stop()

    words = ["scan", "resnet18", "--weights", "random", "--size", "64", "--data", str(folder)]
    words += ["--library", str(place), "--batch", "4", "--layers", "layer1"]
    job = Job("scan", words, post, patience=30)
    job.start()
    last = job.join(90)
    assert last.finished, last
    assert last.stopped, last
    assert not last.malformed, last
    assert "Stopped" in last.latest["words"]
    assert 0 < last.done < last.total == 200
    with Library(place) as made:
        (known,) = made.scans()
        assert known.seen == last.done
        assert not known.finished


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.slow
def test_ctrl_c_saves_and_says_how_to_go_on(folder: Path, tmp_path: Path) -> None:
    for seed in range(12, 200):
        os.link(folder / "00.png", folder / f"{seed:03d}.png")
    words = [sys.executable, "-m", "dnnvis", "scan", "net2-cifar10", "--data", str(folder)]
    words += ["--library", str(tmp_path / "l"), "--batch", "2", "--json"]
    child = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    lines = []
    for line in child.stdout:
        lines.append(json.loads(line))
        if len(lines) == 3:
            child.send_signal(signal.SIGINT)
    _, errors = child.communicate()
    assert child.returncode == 130
    assert not errors
    assert 0 < lines[-1]["left"] < 200
    assert "the same command goes on" in lines[-1]["words"]
