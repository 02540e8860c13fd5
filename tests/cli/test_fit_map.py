"""``dnnvis fit-map`` as a user, the window and a shell see it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.cli.fit_map import MAX_PREVIEW_POINTS, preview_points
from dnnvis.introspect.fit import FitProgress
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import read_map
from helpers.command_line import ROOT, Say
from helpers.map_command_files import CLASSES, own_network, pictures


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of a quick fit."""
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "home"))
    data = pictures(tmp_path / "data")
    return [
        "fit-map",
        *own_network(tmp_path),
        "--data",
        str(data),
        "--steps",
        "60",
        "--threads",
        "1",
    ]


def assert_same(one: Map, two: Map) -> None:
    np.testing.assert_array_equal(one.index, two.index)
    np.testing.assert_array_equal(one.z, two.z)
    np.testing.assert_array_equal(one.errors, two.errors)
    for kind, values in one.examples.expected.items():
        np.testing.assert_array_equal(values, two.examples.expected[kind])


def lines_of(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_it_tells_the_figures_and_where_the_map_lies(
    dnnvis: Say, words: list[str], tmp_path: Path
) -> None:
    said = dnnvis(*words)
    assert said.status == 0, said
    flat = " ".join(said.out.split())
    for part in (
        "15 neighbours on the map",
        "R2 of the activations",
        "AUROC",
        "CPU seconds",
        "1 picture could not be read and left out: ",
        "003.png",
    ):
        assert part in flat, flat
    (place,) = (tmp_path / "home" / "library").glob("*.map.safetensors")
    made = read_map(place)
    assert made.classes == CLASSES
    assert len(made.z) == 149
    assert made.columns_.width == 24
    assert f"{100 * made.figures['kNN15']:.2f}%" in flat
    assert place.name in "".join(said.out.split())


def test_json_lines_say_how_far_it_is_show_the_map_and_end_with_the_figures(
    dnnvis: Say, words: list[str], tmp_path: Path
) -> None:
    place = tmp_path / "own.map.safetensors"
    said = dnnvis(*words, "-o", place, "--json")
    assert said.status == 0, said
    lines = lines_of(said.out)
    assert all({"words", "done", "total", "seconds_left"} <= set(line) for line in lines)
    assert all(line["done"] <= line["total"] for line in lines)
    previews = [line["preview"] for line in lines if "preview" in line]
    assert previews
    for x, y, label in previews[0]:
        assert abs(x) < 100
        assert abs(y) < 100
        assert label in (0, 1, 2)
    last = lines[-1]
    assert last["map"] == str(place)
    assert "Fitted: 149 places, 24 units" in last["words"]
    assert last["figures"] == json.loads(json.dumps(read_map(place).figures))
    assert any("003.png" in note for note in last["notes"])
    assert not (tmp_path / "home" / "library").exists()


def test_a_network_of_boards_needs_no_data(dnnvis: Say, tmp_path: Path) -> None:
    place = tmp_path / "life.map.safetensors"
    said = dnnvis("fit-map", "life-3", "--limit", "40", "--steps", "30", "-o", place)
    assert said.status == 0, said
    made = read_map(place)
    assert made.rows_each == 4
    assert len(made.z) == 160
    assert len(made.classes) == 4
    assert "The colours are the steps" in " ".join(said.out.split())


def test_nonsense_ends_in_one_sentence(
    refuses: Callable[..., str], words: list[str], tmp_path: Path
) -> None:
    assert "nowhere" in refuses("fit-map", "net1-mnist", "--data", "nowhere")
    assert "--data" in refuses("fit-map", "net1-mnist")
    assert "conv9" in refuses(*words, "--layers", "conv9")
    assert "--layers" in refuses(*words, "--layers", ",")
    assert "auto, whole" in refuses(*words, "--how", "sideways")
    assert "is a folder" in refuses(*words, "-o", tmp_path)


def test_too_few_examples_are_said_after_the_harvest(dnnvis: Say, words: list[str]) -> None:
    said = dnnvis(*words, "--limit", "19")
    assert said.status == 2
    assert "at least 20" in said.err
    assert said.err.count("\n") == 1


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 8 kB, which a file system without room says likewise."""
    resource = pytest.importorskip("resource", reason="limits are POSIX's")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_in_one_sentence(
    full_disk: None, words: list[str], refuses: Callable[..., str]
) -> None:
    assert "cannot be written" in refuses(*words)


def test_a_full_disk_in_the_autoencoder_is_said_too(
    dnnvis: Say, full_disk: None, words: list[str]
) -> None:
    """40 examples are few enough for the file of the harvest."""
    said = dnnvis(*words, "--limit", "40", "--json")
    assert said.status == 2, said
    assert said.err.count("\n") == 1, said
    assert "autoencoder-0.pt cannot be written" in said.err
    assert "Traceback" not in said.err


def test_umap_that_is_not_there_is_said_before_anything_else(
    refuses: Callable[..., str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dnnvis.introspect import projections

    monkeypatch.setattr(projections, "is_umap_installed", lambda: False)
    assert "pip install dnnvis[umap]" in refuses(*words, "--umap")


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_saves_says_how_to_go_on_and_does(
    dnnvis: Say, words: list[str], tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dnnvis.cli import fit_map

    def told(standing: FitProgress) -> None:
        if standing.message == "The map ...":
            signal.raise_signal(number)

    with monkeypatch.context() as within:
        within.setattr(fit_map, "_json_reporter", lambda: told)
        said = dnnvis(*words, "--json")
    assert said.status == 128 + number
    assert not said.err
    assert "the same command goes on" in lines_of(said.out)[-1]["words"]
    assert dnnvis(*words).status == 0
    assert not list((tmp_path / "home" / "maps").iterdir())


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_killed_and_gone_on_with_or_shared_by_two_processes_it_is_the_same_map(
    dnnvis: Say, words: list[str], tmp_path: Path
) -> None:
    assert dnnvis(*words, "-o", tmp_path / "one").status == 0
    one = read_map(tmp_path / "one")
    child = subprocess.Popen(
        [sys.executable, "-m", "dnnvis", *words, "--json"], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            if "Harvesting" in json.loads(line)["words"]:
                child.kill()
    assert child.wait(60) == -signal.SIGKILL
    assert list((tmp_path / "home" / "maps").rglob("harvest.rec")), "it was in the midst"
    assert dnnvis(*words, "-o", tmp_path / "two").status == 0
    assert_same(read_map(tmp_path / "two"), one)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    ended = subprocess.run(
        [
            sys.executable,
            *torchrun,
            "-m",
            "dnnvis",
            *words,
            "-o",
            str(tmp_path / "three"),
            "--json",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    assert_same(read_map(tmp_path / "three"), one)
    said = lines_of(ended.stdout)
    assert len([line for line in said if "map" in line]) == 1, "only one of them speaks"
    assert any("003.png" in note for note in said[-1]["notes"]), "whoever could not read it"
    assert not list((tmp_path / "home" / "maps").iterdir())


def test_a_preview_has_few_dots_evenly_taken() -> None:
    z = np.arange(2002, dtype=np.float32).reshape(1001, 2) / 7
    labels = np.arange(1001) % 5
    found = preview_points(FitProgress("", 1, 2, preview=z, labels=labels))
    assert len(found) <= MAX_PREVIEW_POINTS
    assert found[1] == [round(float(z[3, 0]), 2), round(float(z[3, 1]), 2), 3]
    assert preview_points(FitProgress("", 1, 2, preview=z[:2]))[1][2] == -1
