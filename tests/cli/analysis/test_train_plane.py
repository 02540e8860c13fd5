"""``dnnvis train plane``: what it prints and writes, and that it takes commands."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dnnvis.cli.main import app
from dnnvis.zoo.catalog import open_network
from helpers.command_line import Say


def test_it_learns_to_the_goal_and_writes_a_network(dnnvis: Say, tmp_path: Path) -> None:
    said = dnnvis("train", "plane", "--goal", 0.02, "--out", tmp_path, "--name", "c", "--json")
    assert said.status == 0, said.err
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert rows[-1]["test_loss"] <= 0.02
    assert rows[-1]["done"] < 2000
    network = open_network(rows[-1]["file"])
    assert network.snapshots is not None
    assert network.snapshots.steps[-1] == rows[-1]["done"]


def test_a_sentence_says_what_became_of_it(dnnvis: Say, tmp_path: Path) -> None:
    said = dnnvis("train", "plane", "--data", "xor", "--steps", 30, "--out", tmp_path)
    assert said.status == 0, said.err
    assert "has taken 30 steps: loss" in said.out
    assert str(tmp_path / "plane-xor.safetensors") in said.out.replace("\n", "")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--data", "square"), "no data for the plane"),
        (("--data", "no.csv"), "no file"),
        (("--noise", "2"), "noise lies between"),
        (("--rate", "nan"), "learning rate"),
        (("--optimizer", "magic"), "adam or sgd"),
        (("--net", "mlp-2d:q"), "says nothing"),
        (("--name", "a/b"), "cannot name a file"),
        (("--seed", f"{10**30}"), "A seed is a whole number up to"),
        (("--net", "mlp-2d:8-8-8,linear,x,y,xx,yy", "--rate", "900", "--optimizer", "sgd",
          "--decay", "9"), "has diverged"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_one_sentence(
    dnnvis: Say, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    said = dnnvis("train", "plane", *options, "--out", tmp_path)
    assert said.status == 2
    assert sentence in " ".join(said.err.split())
    assert not list(tmp_path.glob("*.safetensors"))


def test_a_folder_that_cannot_be_written_is_said_before_it_learns(
    dnnvis: Say, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    said = dnnvis("train", "plane", "--out", tmp_path / "file", "--steps", 10**9)
    assert said.status == 2
    assert "Nothing can be written to" in said.err


def test_it_takes_commands_until_its_input_ends(tmp_path: Path) -> None:
    commands = [
        {"step": 3},
        {"set": {"rate": -1}},
        {"net": "mlp-2d:2"},
        {"step": 1, "keep": "mine"},
    ]
    text = "".join(f"{json.dumps(command)}\n" for command in commands) + "no json\n[1]\n"
    words = ["train", "plane", "--listen", "--out", str(tmp_path), "--json"]
    result = CliRunner().invoke(app, words, input=text)
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert (rows[0]["done"], rows[0]["playing"]) == (0, False)
    assert (rows[-1]["done"], rows[-1]["net"]) == (1, "mlp-2d:2")
    assert open_network(tmp_path / "mine.safetensors").module.spec.widths == (2,)  # type: ignore[union-attr]
