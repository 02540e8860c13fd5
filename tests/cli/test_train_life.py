"""``dnnvis train life``: what it prints, what it writes, and that no stop loses anything."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import dnnvis as package
from dnnvis.cli import train_life
from dnnvis.sources.life.rule import history
from dnnvis.training import life_adversarial
from dnnvis.zoo.life import LifeNet, spec_from_card
from helpers.command_line import ROOT

Say = Callable[..., Any]
TINY = ("--steps", 2, "--channels", 4, "--board", 8, "--most", 60)


@pytest.fixture(autouse=True)
def few_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores are those of other tests."""
    whole = train_life.score_network
    monkeypatch.setattr(train_life, "score_network", lambda net, plan: whole(net, plan, 20))


@pytest.fixture
def short_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = life_adversarial.AdversarialSetting
    monkeypatch.setattr(
        life_adversarial, "AdversarialSetting", lambda: whole(quiet=50, steps=100, batch=2)
    )


def places(folder: Path) -> tuple[object, ...]:
    return "--work", folder / "work", "--out", folder / "out"


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def boards(coded: str, side: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(coded), np.uint8).reshape(-1, side, side)


def network(file: Path) -> LifeNet:
    card = json.loads(file.with_suffix(".json").read_text())
    net = LifeNet(spec_from_card(card["life"]))
    net.load_state_dict(load_file(file))
    return net


def same(one: Path, other: Path) -> bool:
    a, b = load_file(one), load_file(other)
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


@pytest.fixture
def undisturbed(dnnvis: Say, tmp_path: Path) -> Path:
    said = dnnvis("train", "life", *TINY, *places(tmp_path / "whole"))
    assert said.status == 0, said.err
    return tmp_path / "whole" / "out" / "life-2.safetensors"


def test_every_line_is_an_object_with_what_the_window_reads(dnnvis: Say, tmp_path: Path) -> None:
    said = dnnvis("train", "life", *TINY, *places(tmp_path), "--json")
    assert said.status == 0, said.err
    first, *looks, scoring, last = lines(said.out)
    assert first == {"words": "Starting ..."}
    assert [look["done"] for look in looks] == [25, 50, 60]
    for look in looks:
        assert look["total"] == 0
        assert look["seconds_left"] is None
        assert look["stage"] == "learning"
        assert "not yet 99% right" in look["words"]
        assert len(look["accuracies"]) == 3
        assert look["accuracy"] == look["accuracies"][-1]
        truth, imagined = boards(look["truth"], 20), boards(look["imagined"], 20)
        assert np.array_equal(truth, history(truth[:1], 2)[0])
        assert imagined.shape == truth.shape
    assert len({look["imagined"] for look in looks}) == 3  # it is redrawn as it learns
    file = tmp_path / "out" / "life-2.safetensors"
    assert last["file"] == str(file)
    assert set(last["scores"]) == {"half", "chain"}
    assert "did not reach 99%" in last["words"]
    start = torch.from_numpy(boards(scoring["truth"], 20)[:1].copy())[None].float()
    shown = network(file).imagine(start)[0].detach().clamp(0, 1) * 255
    told = boards(scoring["imagined"], 20).astype(np.float32)
    assert np.abs(shown.numpy() - told).max() <= 0.5 + 1e-3


def test_the_end_is_foretold_once_the_goal_is_reached(
    dnnvis: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dnnvis.training import life_task

    easy = life_task.LifeSetting

    def setting(**given: Any) -> Any:
        return easy(**given | {"goal": 0.01, "cool": 30})

    monkeypatch.setattr(life_task, "LifeSetting", setting)
    said = dnnvis("train", "life", *TINY, *places(tmp_path), "--json")
    looks = [line for line in lines(said.out) if "done" in line]
    assert [(look["done"], look["total"]) for look in looks] == [(25, 55), (50, 55), (55, 55)]
    assert [look["words"] for look in looks] == ["Learning life-2"] * 3
    assert looks[0]["seconds_left"] >= looks[1]["seconds_left"] >= looks[2]["seconds_left"] == 0


def test_the_network_opens_and_its_card_says_how_it_came_about(
    undisturbed: Path, tmp_path: Path
) -> None:
    net = package.open(str(undisturbed))
    about = net.card.about
    assert net.card.name == "life-2"
    assert net.card.binary
    assert net.card.decoder == "decoder"
    assert about["steps"] == 60
    assert about["reached"] is None
    assert about["goal"] == 0.99
    assert about["border"] == "dead"
    assert about["game_steps"] == 2
    assert about["seed"] == 0
    assert about["scores"]["half"]["boards"] == 20
    assert [row[0] for row in about["curve"]] == [25, 50, 60]
    assert about["curve_columns"] == ["step", "loss", "accuracy", "seconds", "state 0", "state 1"]
    moments = load_file(undisturbed.with_name("life-2.moments.safetensors"))
    assert moments["steps"].tolist() == [0, 25, 50, 60]
    assert moments["accuracy"].shape == (4, 3)
    assert moments["accuracy"][0].isnan().all()
    final = load_file(undisturbed)
    assert all(torch.equal(moments[key][-1], final[key]) for key in final)


def start(folder: Path, *words: object) -> "subprocess.Popen[str]":
    """The command, in a process of its own."""
    command = [sys.executable, "-m", "dnnvis", "train", "life", *words, *places(folder), "--json"]
    return subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_ended_from_outside_it_goes_on_and_ends_with_the_same_weights(
    dnnvis: Say, tmp_path: Path, number: signal.Signals
) -> None:
    endless = (*TINY[:-1], 10**9)
    process = start(tmp_path, *endless)
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("done", 0) >= 25:
            process.send_signal(number)
            break
    process.communicate(timeout=60)
    assert process.returncode != 0
    most = 60
    if number == signal.SIGTERM:  # it has saved what it learned
        state = torch.load(tmp_path / "work" / "progress.pt", weights_only=True)
        assert state["progress"]["step"] >= 25
        most = state["progress"]["step"] + 10
    for folder in (tmp_path, tmp_path / "whole"):
        said = dnnvis("train", "life", *TINY[:-1], most, *places(folder))
        assert said.status == 0, said.err
    networks = (folder / "out" / "life-2.safetensors" for folder in (tmp_path, tmp_path / "whole"))
    assert same(*networks)


def test_a_run_beside_one_of_the_same_name_is_refused(
    refuses: Callable[..., str], tmp_path: Path
) -> None:
    process = start(tmp_path, *TINY[:-1], 10**9)
    assert process.stdout is not None
    try:
        next(line for line in process.stdout if "done" in json.loads(line))
        assert "Another run is at work" in refuses("train", "life", *TINY, *places(tmp_path))
        sentence = refuses("train", "life", *TINY, *places(tmp_path), "--restart")
        assert "Another run is at work" in sentence
    finally:
        process.kill()
        process.communicate()


def test_what_is_done_is_not_done_again_and_restart_forgets_it(
    dnnvis: Say, undisturbed: Path, tmp_path: Path
) -> None:
    words = ("train", "life", *TINY, *places(tmp_path / "whole"), "--json")
    before = load_file(undisturbed)
    again = dnnvis(*words)
    assert again.status == 0
    assert not any("done" in line for line in lines(again.out))
    assert all(torch.equal(before[k], v) for k, v in load_file(undisturbed).items())
    anew = dnnvis(*words, "--restart")
    assert [line["done"] for line in lines(anew.out) if "done" in line] == [25, 50, 60]
    assert all(torch.equal(before[k], v) for k, v in load_file(undisturbed).items())


def test_a_run_is_kept_where_it_stands_and_goes_on_afterwards(
    dnnvis: Say, undisturbed: Path, tmp_path: Path
) -> None:
    short = dnnvis("train", "life", *TINY[:-1], 7, *places(tmp_path), "--json")
    assert short.status == 0, short.err
    file = tmp_path / "out" / "life-2.safetensors"
    assert json.loads(file.with_suffix(".json").read_text())["steps"] == 7
    assert not same(file, undisturbed)
    assert dnnvis("train", "life", *TINY, *places(tmp_path)).status == 0
    assert same(file, undisturbed)


def test_the_adversarial_stage_leaves_encoder_and_cell_and_writes_both(
    dnnvis: Say, undisturbed: Path, tmp_path: Path, short_stage: None
) -> None:
    said = dnnvis("train", "life", *TINY, *places(tmp_path), "--adversarial", "--json")
    assert said.status == 0, said.err
    base, later = (tmp_path / "out" / f"life-2{end}.safetensors" for end in ("", "-adversarial"))
    assert same(base, undisturbed)
    before, after = load_file(base), load_file(later)
    kept = [key for key in before if not key.startswith("decoder.")]
    assert kept
    assert all(torch.equal(before[key], after[key]) for key in kept)
    assert "decoder.conv2.weight" in after
    assert "decoder.conv2.weight" not in before
    looks = [line for line in lines(said.out) if line.get("stage") == "adversarial"]
    assert [look.get("done") for look in looks] == [100, 150, None]
    assert looks[0]["total"] == 150
    files = [line["file"] for line in lines(said.out) if "file" in line]
    assert files == [str(base), str(later)]
    card = package.open(str(later)).card
    assert card.name == "life-2-adversarial"
    assert card.about["life"]["decoder"] == 2
    assert card.about["setting"]["stage"]["adversarial"] is True


def test_the_adversarial_stage_goes_on_where_it_was_stopped(
    dnnvis: Say, tmp_path: Path, short_stage: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("train", "life", *TINY, "--adversarial")
    assert dnnvis(*words, *places(tmp_path / "whole")).status == 0
    learn = life_adversarial.AdversarialTask.train_step

    def stopped(self: Any, step: int) -> float:
        if step == 70:
            os.kill(os.getpid(), signal.SIGTERM)
        return learn(self, step)

    monkeypatch.setattr(life_adversarial.AdversarialTask, "train_step", stopped)
    assert dnnvis(*words, *places(tmp_path)).status != 0
    monkeypatch.setattr(life_adversarial.AdversarialTask, "train_step", learn)
    name = "life-2-adversarial.safetensors"
    assert not (tmp_path / "out" / name).exists()
    assert dnnvis(*words, *places(tmp_path)).status == 0
    assert same(tmp_path / "out" / name, tmp_path / "whole" / "out" / name)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--steps", 0), "0 steps"),
        (("--game-steps", 0), "0 steps of the game"),
        (("--steps", 1, "--game-steps", 4), "sees 3 cells far"),
        (("--cell", "fat"), "lean or faithful"),
        (("--border", "round"), "dead or periodic"),
        (("--name", "a/b"), "cannot name a file"),
        (("--steps", 1, "--adversarial"), "at least two steps"),
    ],
    ids=str,
)
def test_what_cannot_be_trained_is_one_sentence(
    refuses: Callable[..., str], tmp_path: Path, words: tuple[object, ...], part: str
) -> None:
    assert part in refuses("train", "life", *words, *places(tmp_path))
    assert not list(tmp_path.rglob("*.safetensors"))


def test_other_settings_in_the_folder_are_one_sentence_and_lose_nothing(
    refuses: Callable[..., str], undisturbed: Path, tmp_path: Path
) -> None:
    place = tmp_path / "whole" / "work" / "progress.pt"
    before = place.read_bytes()
    words = ("train", "life", *TINY, *places(tmp_path / "whole"), "--seed", 1)
    assert "--restart" in refuses(*words)
    assert place.read_bytes() == before


def test_names_of_its_own_and_an_odd_network(dnnvis: Say, tmp_path: Path) -> None:
    odd = ("--no-autoencoder", "--no-sharing", "--no-residual", "--border", "periodic")
    said = dnnvis(
        "train", "life", *TINY, *odd, "--game-steps", 3, "--name", "odd", *places(tmp_path)
    )
    assert said.status == 0, said.err
    assert "odd tells" in said.out
    assert "odd.safetensors" in said.out
    net = network(tmp_path / "out" / "odd.safetensors")
    assert not net.spec.shared
    assert not net.spec.residual
    assert net.spec.border == "periodic"
    assert package.open(str(tmp_path / "out" / "odd.safetensors")).card.about["game_steps"] == 3


def test_one_step_has_nothing_in_between_to_score(dnnvis: Say, tmp_path: Path) -> None:
    said = dnnvis("train", "life", *TINY, "--steps", 1, *places(tmp_path), "--json")
    assert said.status == 0, said.err
    last = lines(said.out)[-1]
    assert last["scores"] == {}
    assert "in between" not in last["words"]


def test_a_network_lies_in_the_users_folder_where_no_other_is_named(
    dnnvis: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shipped network of the same name must not be written over."""
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    shipped_folder = Path(ROOT) / "models" / "life-2.safetensors"
    before = shipped_folder.read_bytes()
    said = dnnvis("train", "life", *TINY)
    assert said.status == 0, said.err
    assert (tmp_path / "networks" / "life-2.safetensors").is_file()
    assert shipped_folder.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told_before_the_training(
    dnnvis: Say, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    work = tmp_path / "work"
    said = dnnvis("train", "life", *TINY, "--work", work, "--out", tmp_path / "file" / "networks")
    assert said.status == 2
    assert "Nothing can be written to" in said.err
    assert "--out" in said.err
    assert not work.exists()
