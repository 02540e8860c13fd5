"""``dnnvis atlas`` as a command: a page, JSON lines, sentences, stopped and gone on."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dnnvis.cli.analysis.atlas import parse_grids
from dnnvis.cli.main import app
from dnnvis.core.errors import BadInput
from helpers.atlas_networks import write_color_folder

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
