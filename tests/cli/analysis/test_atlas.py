"""``dnnvis atlas`` as a command: a page, JSON lines, sentences, stopped and gone on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from dnnvis.cli.analysis.atlas import parse_grids
from dnnvis.cli.main import app
from dnnvis.core.errors import BadInput
from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.lenses.atlas.atlas_file import read_atlas
from helpers.atlas_networks import write_color_folder
from helpers.command_line import ROOT

FACTORY = """
import torch
from torch import nn


def tiny():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(4, 2),
    )
"""


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "user"))
    (tmp_path / "net.py").write_text(FACTORY, encoding="utf-8")
    data = write_color_folder(tmp_path / "pictures", 40)
    return [
        *("atlas", f"{tmp_path / 'net.py'}:tiny", "--trust-code", "--size", "12"),
        *("--data", str(data), "--layer", "1", "--layout", "pca"),
        *("--per-picture", "4", "--steps", "4", "--threads", "1"),
    ]


def test_it_writes_a_page_and_says_what_came_of_it(arguments: list[str], tmp_path: Path) -> None:
    page = tmp_path / "atlas.html"
    result = CliRunner().invoke(app, [*arguments, "--grid", "4,2", "-o", str(page), "--json"])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[0]["words"] == "Opening the network ..."
    assert {"Harvesting activations ...", "Growing pictures ..."} <= {
        line["words"] for line in lines
    }
    assert set(lines[-1]["figures"]) == {"2", "4"}
    assert lines[-1]["page"] == str(page)
    assert "Activation atlas" in page.read_text(encoding="utf-8")
    again = CliRunner().invoke(app, [*arguments, "--grid", "2,4"])
    assert again.exit_code == 0
    assert "160 activations of 1 laid out (pca)." in again.stdout
    assert "The square ends at" in again.stdout


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--grid", "x"], "A grid is a number"),
        (["--grid", "30"], "too few for 900 cells"),
        (["--grid", "4", "--class", "green"], "has no class 'green'"),
        (["--grid", "4", "-o", "/"], "is a folder"),
        (["--grid", "4", "-o", "/nowhere/at/all.html"], "There is no folder"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[str], more: list[str], message: str
) -> None:
    result = CliRunner().invoke(app, [*arguments, *more])
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_levels_are_sorted_and_each_once() -> None:
    assert parse_grids("20, 10,20") == (10, 20)
    with pytest.raises(BadInput, match="such as 20"):
        parse_grids("ten")


def only_atlas(home: Path) -> Atlas:
    (path,) = home.rglob("*.atlas.safetensors")
    return read_atlas(path)


def assert_same(one: Atlas, two: Atlas) -> None:
    """But for what rounding does to pictures that grow in batches of another size."""
    np.testing.assert_array_equal(one.index, two.index)
    np.testing.assert_array_equal(one.points, two.points)
    (first,), (second,) = one.levels, two.levels
    assert len(first.cells) > 64  # more than one batch of pictures
    for name in ("cells", "counts", "vectors", "directions", "attribution", "examples"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    np.testing.assert_allclose(first.pictures.astype(int), second.pictures.astype(int), atol=1)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_killed_and_gone_on_with_or_shared_by_two_processes_it_is_the_same_atlas(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*arguments, "--grid", "24", "--min-members", "1", "--per-picture", "40", "--json"]
    homes = [tmp_path / name for name in ("one", "two", "three")]

    def run(*launcher: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", *launcher, "dnnvis", *words]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def say(home: Path) -> list[dict[str, object]]:
        monkeypatch.setenv("DNNVIS_DATA", str(home))
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    say(homes[0])
    one = only_atlas(homes[0])
    monkeypatch.setenv("DNNVIS_DATA", str(homes[1]))
    child = run()
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            said = json.loads(line)
            if said["words"] == "Growing pictures ..." and said["done"] < said["total"]:
                child.kill()
    assert child.wait(60) == -signal.SIGKILL
    assert list(homes[1].rglob("pictures-*.rec")), "it was in the midst"
    assert not list(homes[1].rglob("*.atlas.safetensors"))
    heard = {line["words"] for line in say(homes[1])}
    assert "Growing pictures ..." in heard
    assert "Harvesting activations ..." not in heard, "all vectors were there"
    assert_same(only_atlas(homes[1]), one)
    monkeypatch.setenv("DNNVIS_DATA", str(homes[2]))
    ranks = run("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")
    out, _ = ranks.communicate(timeout=100)
    assert ranks.returncode == 0
    assert_same(only_atlas(homes[2]), one)
    assert out.count("laid out (pca)") == 1, "only one of them speaks"
    assert not list(homes[2].rglob("*.rec.*")), "no rank leaves a file of its own"
