"""``dnnvis train maze`` and ``dnnvis train chess`` as one types them."""

import json
from pathlib import Path

import pytest

from dnnvis.cli.analysis import train_beyond
from helpers.command_line import Say

SMALL = {
    "maze": ("--size", 5, "--steps", 2, "--channels", 3, "--most", 2),
    "chess": ("--plies", 2, "--channels", 3, "--cell", "lean", "--most", 2),
}
NAMES = {"maze": "maze-5", "chess": "chess-krk"}


@pytest.fixture(autouse=True)
def few_mazes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the steps against fewer mazes, and be done sooner."""
    monkeypatch.setattr(train_beyond, "FOLLOW_MAZES", 20)


@pytest.mark.parametrize("kind", SMALL)
def test_it_trains_and_writes_a_network_that_opens(dnnvis: Say, tmp_path: Path, kind: str) -> None:
    places = ("--work", tmp_path / "work", "--out", tmp_path / "out")
    said = dnnvis("train", kind, *SMALL[kind], *places, "--json")
    assert said.status == 0, said
    *_, last = map(json.loads, said.out.splitlines())
    assert last["words"].startswith(NAMES[kind])
    assert 0 <= last["scores"]["exact"] <= 1
    if kind == "maze":
        assert last["scores"]["follow_mazes"] == 20
    file = Path(last["file"])
    assert file.exists()
    layers = dnnvis("layers", file, "--json")
    assert layers.status == 0, layers
    again = dnnvis("train", kind, *SMALL[kind], *places)  # nothing is left to do
    assert again.status == 0
    assert f"It is in {file}." in again.out


def test_a_run_with_other_settings_is_refused(dnnvis: Say, tmp_path: Path) -> None:
    places = ("--work", tmp_path / "work", "--out", tmp_path / "out")
    assert dnnvis("train", "maze", *SMALL["maze"], *places).status == 0
    said = dnnvis("train", "maze", *SMALL["maze"], "--seed", 1, *places)
    assert said.status == 2
    assert "seed 0, not 1" in said.err
    assert dnnvis("train", "maze", *SMALL["maze"], "--seed", 1, *places, "--restart").status == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("maze", "--size", 8), "odd number of rows"),
        (("maze", "--name", "a/b"), "cannot name a file"),
        (("chess", "--cell", "deep"), "A cell is lean or faithful"),
        (("chess", "--plies", 31), "1 to 30 plies"),
        (("maze", "--channels", 10**6), "up to 1024 channels"),
        (("chess", "--channels", 10**6), "up to 1024 channels"),
        (("maze", "--seed", 10**30), "A seed is a whole number up to"),
        (("chess", "--seed", 10**30), "A seed is a whole number up to"),
        (("maze", "--threads", 10**6), "processor threads"),
        (("maze", "--out", __file__), "Nothing can be written to"),
        (("chess", "--out", __file__), "Nothing can be written to"),
    ],
)
def test_what_cannot_be_trained_is_told_so(
    dnnvis: Say, words: tuple[object, ...], sentence: str
) -> None:
    said = dnnvis("train", *words)
    assert said.status == 2
    assert sentence in said.err
