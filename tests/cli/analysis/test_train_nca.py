"""``dnnvis train nca``: what it prints and writes, and that no stop loses anything."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dnnvis.cli.analysis.train_nca import describe_failure
from dnnvis.training import nca_task
from dnnvis.training.nca_export import unpack_target
from dnnvis.zoo.beyond.nca import NcaSpec
from dnnvis.zoo.catalog import open_network
from helpers.automata import automaton_file

STANDING = {"words", "done", "total", "seconds_left", "loss", "grown", "healed"}
TINY = ("--channels", 5, "--hidden", 6, "--steps", 4)


@pytest.fixture(autouse=True)
def small_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = nca_task.NcaSetting
    monkeypatch.setattr(
        nca_task, "NcaSetting", lambda *a, **k: usual(*a, **k, pool=4, batch=2, seeds=1, damage=1)
    )
    monkeypatch.setattr(nca_task, "SCORE_INTERVAL_STEPS", 2)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    rgba = np.zeros((9, 7, 4), np.uint8)
    rgba[2:7, 2:5] = (255, 120, 0, 255)
    Image.fromarray(rgba).save(tmp_path / "Small flag.png")
    return tmp_path / "Small flag.png"


def test_it_learns_writes_and_goes_on_where_it_was(
    dnnvis: Callable[..., Any], picture: Path, tmp_path: Path
) -> None:
    words = ("train", "nca", "--target", picture, *TINY, "--work", tmp_path / "work")
    said = dnnvis(*words, "--out", tmp_path / "out", "--json")
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["done"] for line in lines[:-1]] == [2, 4]
    assert all(set(line) == STANDING for line in lines[:-1])
    assert set(lines[-1]) == {"words", "file", "measured"}
    assert "small-flag is 0." in lines[-1]["words"]
    file = tmp_path / "out" / "nca-small-flag.safetensors"
    assert lines[-1]["file"] == str(file)
    network = open_network(file)
    assert network.card.size == (17, 15)
    target = unpack_target(network.card)
    assert target is not None
    assert (target[..., 3] > 0.5).sum() == 15
    again = dnnvis(*words, "--out", tmp_path / "again")
    assert again.status == 0, again.err
    assert "at step 1,000" in again.out
    weights = open_network(tmp_path / "again" / file.name).module.state_dict()
    for name, value in network.module.state_dict().items():
        assert torch.equal(value, weights[name])
    assert dnnvis(*words, "--restart", "--name", "flag", "--out", tmp_path / "out").status == 0
    assert (tmp_path / "out" / "flag.json").is_file()


def test_it_begins_as_another_automaton(
    dnnvis: Callable[..., Any], refuses: Callable[..., str], picture: Path, tmp_path: Path
) -> None:
    begun = automaton_file(tmp_path, NcaSpec(channels=5, hidden=6))
    words = ("train", "nca", "--target", picture, *TINY[:4], "--work", tmp_path / "work")
    assert (
        dnnvis(*words, "--start", begun, "--steps", 1, "--rate", 1e-6, "--out", tmp_path).status
        == 0
    )
    weights = open_network(tmp_path / "nca-small-flag.safetensors").module.state_dict()
    for name, value in open_network(begun).module.state_dict().items():
        assert torch.allclose(value, weights[name], atol=1e-5)
    assert "start" in refuses(*words, "--steps", 1, "--rate", 1e-6)  # a run of other settings
    other = automaton_file(tmp_path, NcaSpec(channels=8, hidden=6), "other")
    assert "--channels 8 --hidden 6" in refuses(*words, "--start", other)
    assert "no automaton" in refuses(*words, "--start", "net1-mnist")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--target", "nothing.png"), "no picture 'nothing.png'"),
        (("--target", "salamander", "--side", 3), "4 to 96 pixels"),
        (("--target", "salamander", "--name", "a/b"), "cannot name a file"),
        (("--target", "salamander", "--channels", 300), "4 to 256 channels"),
        (("--target", "salamander", "--hidden", 10**8), "1 to 4096 hidden units"),
        (("--target", "salamander", "--seed", 10**30), "A seed is a whole number up to"),
        (("--target", "salamander", "--threads", 10**6), "processor threads"),
    ],
)
def test_what_cannot_be_learned_is_refused_before_it_begins(
    refuses: Callable[..., str], tmp_path: Path, words: tuple[object, ...], sentence: str
) -> None:
    assert sentence in refuses("train", "nca", *words, "--work", tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_a_run_with_other_settings_is_not_overwritten(
    dnnvis: Callable[..., Any], refuses: Callable[..., str], picture: Path, tmp_path: Path
) -> None:
    words = ("train", "nca", "--target", picture, "--work", tmp_path / "work", "--out", tmp_path)
    assert dnnvis(*words, *TINY).status == 0
    rgba = np.full((9, 7, 4), 255, np.uint8)
    Image.fromarray(rgba).save(picture)
    assert "target_digest" in refuses(*words, *TINY)


@pytest.mark.parametrize(("grown", "is_said"), [(0.01, False), (0.07, True), (float("nan"), True)])
def test_an_automaton_that_grew_nothing_is_said_to(grown: float, is_said: bool) -> None:
    said = describe_failure({"grown": grown, "empty": 0.07})
    assert ("An empty grid is as near (0.0700)" in said) == is_said
