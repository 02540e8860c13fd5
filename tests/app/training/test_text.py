"""What the panel Train says, asks of the command line, and draws; without a window."""

import base64
import json
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.app.main import _name_life_network
from dnnvis.app.training import rendering
from dnnvis.app.training import text as words
from dnnvis.app.training.curves import log_range, parse_curves, spread_labels
from dnnvis.app.widgets.strip_rendering import (
    ALIVE_COLOR,
    DEAD_COLOR,
    MISSED_COLOR,
    TOO_ALIVE_COLOR,
)
from dnnvis.core.errors import BadInput
from dnnvis.session.state import State, TrainChoice, from_json, to_json
from dnnvis.training.life_task import LifeSetting

CHOICE = TrainChoice()


@dataclass(frozen=True)
class Stood:
    """A standing made by hand."""

    step: int = 425
    ended: bool = False
    written: int = -1
    curve: tuple[tuple[float, ...], ...] = ((425, 0.1, 0.831, 9.0, 1.0, 0.8, 0.7),)
    setting: dict[str, Any] = field(default_factory=lambda: vars(LifeSetting()))
    scores: dict[str, Any] = field(default_factory=dict)
    later: "Stood | None" = None
    folder: Path = Path("work")

    @property
    def finished(self) -> bool:
        return self.ended and self.written == self.step


DONE = Stood(
    1400,
    True,
    1400,
    ((1400, 0.001, 0.99997, 30.0, 1.0, 0.9, 0.9),),
    scores={"half": {"paper": 1.0}, "chain": {"paper": 0.9876}},
)


def test_the_command_knows_every_argument_and_reads_the_same_setting(tmp_path: Path) -> None:
    from typer.main import get_command

    from dnnvis.cli.main import app

    life = get_command(app).commands["train"].commands["life"]  # type: ignore[attr-defined]
    odd = TrainChoice(True, 4, 2, False, False, "faithful", True, "periodic", 7, "odd")
    for choice, more in (
        (CHOICE, {}),
        (odd, {}),
        (odd, {"max_steps": 425}),
        (odd, {"restart": True}),
    ):
        args = words.build_train_args(choice, "a-name", tmp_path, **more)  # type: ignore[arg-type]
        assert args[:2] == ["train", "life"]
        read = life.make_context("life", args[2:]).params
        assert (read["steps"], read["game_steps"]) == (choice.steps, choice.game)
        assert (read["autoencoder"], read["sharing"]) == (choice.autoencoder, choice.shared)
        assert (read["cell"], read["border"]) == (choice.cell, choice.border)
        assert (read["seed"], read["name"]) == (choice.seed, "a-name")
        assert read["adversarial"] == (choice.adversarial and "max_steps" not in more)
        assert read["most"] == more.get("max_steps", 50_000)
        assert read["restart"] == ("restart" in more)
        assert read["work"] == tmp_path / "training" / f"a-name-seed{choice.seed}"
        assert read["out"] == tmp_path / "networks"


def test_the_usual_name_is_the_commands_own() -> None:
    assert _name_life_network(CHOICE) == "life-3"
    assert (
        _name_life_network(TrainChoice(steps=3, game_steps=2, cell="faithful"))
        == "life-2-3-faithful"
    )
    with pytest.raises(BadInput, match="sees 3 cells far"):
        _name_life_network(TrainChoice(steps=1, game_steps=5))


def test_the_choice_outlives_the_program() -> None:
    odd = TrainChoice(True, 4, 2, False, False, "faithful", True, "periodic", 7, "odd")
    state = replace(State(), train=odd)
    assert from_json(json.loads(json.dumps(to_json(state)))).train == odd
    broken = {"train": {"cell": "fat", "border": 3, "steps": "four", "seed": 9}}
    assert from_json(broken).train == TrainChoice(seed=9)


def test_what_will_happen_and_how_long_is_said() -> None:
    said = words.describe_plan(CHOICE, "life-3")
    assert "life-3 learns to tell the board 3 steps later" in said
    assert "About half a minute on a free core." in said
    assert "adversarial" not in said
    one = words.describe_plan(TrainChoice(steps=1), "life-1")
    assert "the board 1 step later" in one
    assert "about a minute more" in words.describe_plan(replace(CHOICE, adversarial=True), "life-3")
    assert "one of three runs did not" in words.describe_duration(TrainChoice(steps=4))
    assert "was not measured" in words.describe_duration(TrainChoice(steps=8))


def test_every_choice_of_the_form_has_a_sentence() -> None:
    for steps, game, cell in product(range(1, 9), range(9), ("lean", "faithful")):
        assert words.describe_plan(
            TrainChoice(steps=steps, game_steps=game, cell=cell), "n"
        ).endswith(".")


def test_faults_are_told_before_anything_runs() -> None:
    assert words.choice_error(CHOICE) == ""
    assert "cannot name a file" in words.choice_error(replace(CHOICE, name="a/b"))
    assert "hide the file" in words.choice_error(replace(CHOICE, name=".a"))
    assert "two steps" in words.choice_error(TrainChoice(steps=1, adversarial=True))


def test_where_a_run_stands_is_said() -> None:
    said = words.describe_status(CHOICE, "life-3", Stood())
    assert said == "life-3 stands at step 425 (83.1 % right); Train goes on from there."
    kept = words.describe_status(CHOICE, "life-3", replace(Stood(), written=425))
    assert "Train goes on from there" in kept
    assert "Open shows it" in kept
    older = words.describe_status(CHOICE, "life-3", replace(Stood(), written=400))
    assert "Open" not in older


def test_a_finished_run_tells_its_scores() -> None:
    assert words.describe_status(CHOICE, "life-3", DONE) == (
        "life-3 tells 99.99 % of the cells of state 3; the states in between score 1.000 (p = .5), "
        "0.988 (chain). Open shows it."
    )
    poor = replace(DONE, curve=((1400, 0.1, 0.8, 30.0, 1.0, 0.9, 0.9),), scores={})
    assert "(it did not reach 99%)" in words.describe_status(CHOICE, "life-3", poor)


def test_the_adversarial_stage_is_told_apart() -> None:
    wish = replace(CHOICE, adversarial=True)
    assert words.is_done(CHOICE, DONE)
    assert not words.is_done(wish, DONE)
    assert "adversarial stage is to come; Train goes on there" in words.describe_status(
        wish, "n", DONE
    )
    stage = vars(LifeSetting()) | {"stage": {"quiet": 400, "steps": 1200}}
    begun = replace(DONE, later=Stood(700, setting=stage))
    assert "adversarial stage stands at step 700" in words.describe_status(wish, "n", begun)
    ended = replace(DONE, later=replace(DONE, step=1600, written=1600, setting=stage))
    assert words.is_done(wish, ended)
    assert words.describe_status(wish, "n", ended).startswith("n-adversarial tells 99.99 %")


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 4},
        {"game_steps": 2},
        {"autoencoder": False},
        {"shared": False},
        {"cell": "faithful"},
        {"border": "periodic"},
        {"seed": 1},
    ],
    ids=str,
)
def test_a_run_with_other_settings_is_not_gone_on_with(changes: dict[str, Any]) -> None:
    other = replace(CHOICE, **changes)
    assert words.is_same_run(CHOICE, Stood())
    assert not words.is_same_run(other, Stood())
    said = words.describe_status(other, "mine", Stood())
    assert "has other settings (3 network / 3 game steps, lean, dead border, seed 0)" in said


def test_shares_are_never_rounded_to_all() -> None:
    values = (0.5, 0.76391, 0.9, 0.95, 0.99994, 0.9999999, 1.0)
    told = ["50.0 %", "76.4 %", "90.0 %", "95.00 %", "99.99 %", "99.99 %", "100 %"]
    assert [words.format_percent(value) for value in values] == told


def test_the_order_of_learning_is_said() -> None:
    names = ("0 encoder", "1 cell", "2 cell", "3 cell")
    said = words.describe_learning_order(CHOICE, names, (50, 1200, None, 1450))
    assert said == (
        "98 % right: 1 cell at training step 1,200, 2 cell not yet, 3 cell at training step 1,450"
    )
    apart_ = words.describe_learning_order(
        TrainChoice(steps=3, game_steps=2), ("0 encoder", "3 cell"), (25, 50)
    )
    assert "only 0 encoder and 3 cell have a true counterpart" in apart_


def test_a_curves_rows_become_lines() -> None:
    rows = [[25, 0.3, 0.7, 1.0, 0.8, 0.5, 0.6], [50, 0.2, 0.99, 2.0, 1.0, 0.98, 0.9]]
    learning = parse_curves(rows)
    assert learning.names == ("0 encoder", "1 cell", "2 cell", "3 cell")
    apart = parse_curves([row[:5] for row in rows], 4)  # the game takes another number of steps
    assert apart.names == ("0 encoder", "4 cell")
    assert apart.right.tolist() == [[0.8, 0.7], [1.0, 0.99]]
    assert parse_curves([row[:5] for row in rows], 1).names == ("0 encoder", "1 cell")
    assert learning.steps.tolist() == [25, 50]
    assert learning.loss.tolist() == [0.3, 0.2]
    assert learning.right.tolist() == [[0.8, 0.5, 0.6, 0.7], [1.0, 0.98, 0.9, 0.99]]
    assert learning.first() == [50, 50, None, 50]
    assert learning.last_step == 50
    assert parse_curves([]).names == ()
    assert parse_curves([[1, 2]]).last_step == 0


def test_the_loss_lies_between_powers_of_ten() -> None:
    assert log_range(np.array([0.13, 0.0004])) == (-4, 0)
    assert log_range(np.array([0.1, 0.1])) == (-1, 0)
    assert log_range(np.array([])) == (-1, 0)
    assert log_range(np.array([np.nan, 0.0, 0.05])) == (-2, -1)


def test_names_at_the_ends_of_lines_do_not_overlap() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        places = random.uniform(-20, 120, random.integers(1, 10)).tolist()
        moved = spread_labels(places, 10, 0, 100)
        assert all(-1e-9 <= place <= 100 + 1e-9 for place in moved)
        order = np.argsort(places, kind="stable")
        gaps = np.diff(np.array(moved)[order])
        assert (gaps >= 10 - 1e-9).all()
    assert spread_labels([5, 50, 95], 10, 0, 100) == [5, 50, 95]
    assert spread_labels([50, 50], 80, 0, 40) == [0, 40]


def coded(values: np.ndarray) -> str:
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()


def said(imagined: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    return {"size": list(truth.shape[1:]), "imagined": coded(imagined), "truth": coded(truth)}


def test_a_line_of_a_run_becomes_a_strip() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, (4, 5, 7))
    imagined = random.integers(0, 256, (4, 5, 7))
    strip = rendering.parse_strip(said(imagined, truth))
    assert strip is not None
    assert strip.rows["truth"].shape == (4, 5, 7, 1)
    assert np.array_equal(strip.rows["truth"][..., 0], truth)
    assert np.allclose(strip.rows["imagination"][..., 0], imagined / 255)
    assert np.allclose(strip.rows["difference"][..., 0], imagined / 255 - truth)
    right = [np.mean((imagined[k] >= 128) == (truth[k] == 1)) for k in range(4)]
    assert list(strip.marks) == [words.format_percent(float(value)) for value in right]
    assert rendering.headings(strip) == ["0  encoder", "1  cell", "2  cell", "3  cell"]


@pytest.mark.parametrize(("made", "true"), [(4, 3), (3, 4)])
def test_first_and_last_belong_together_where_the_steps_differ(made: int, true: int) -> None:
    random = np.random.default_rng(1)
    truth = random.integers(0, 2, (true, 3, 3))
    imagined = 255 * random.integers(0, 2, (made, 3, 3))
    strip = rendering.parse_strip(said(imagined, truth))
    assert strip is not None
    for name, own in (("truth", truth), ("imagination", imagined / 255)):
        row = strip.rows[name][..., 0]
        assert np.array_equal(row[0], own[0])
        assert np.array_equal(row[-1], own[-1])
        assert np.array_equal(row[: len(own) - 1], own[:-1])
        assert np.isnan(row[len(own) - 1 : -1]).all()
    difference = strip.rows["difference"]
    assert np.isnan(difference[1:-1]).all()
    assert np.isfinite(difference[[0, -1]]).all()
    assert [bool(mark) for mark in strip.marks] == [True, False, False, True]
    drawn = rendering.render_strip(strip, (9, 8, 7))
    pixels = drawn[2].pixels.reshape(4, 3, 3, 3)
    assert (pixels[1:3] == (9, 8, 7)).all()
    assert not (pixels[[0, 3]] == (9, 8, 7)).all(-1).any()


def test_what_is_wrong_has_its_colour() -> None:
    truth = np.array([[[0, 1], [0, 1]]] * 2)
    imagined = np.array([[[0, 255], [200, 100]]] * 2)
    strip = rendering.parse_strip(said(imagined, truth))
    assert strip is not None
    rows = rendering.render_strip(strip, (0, 0, 0))
    assert [row.name for row in rows] == ["truth", "imagination", "difference"]
    wrong = rows[2].pixels.reshape(2, 2, 2, 3)[0]
    for (y, x), faint, color, part in (
        ((0, 0), DEAD_COLOR, TOO_ALIVE_COLOR, 0.0),
        ((0, 1), ALIVE_COLOR, MISSED_COLOR, 0.0),
        ((1, 0), DEAD_COLOR, TOO_ALIVE_COLOR, 200 / 255),
        ((1, 1), ALIVE_COLOR, MISSED_COLOR, 155 / 255),
    ):
        mixed = [(1 - part) * a + part * b for a, b in zip(faint, color, strict=True)]
        assert wrong[y, x].tolist() == pytest.approx(mixed, abs=1)
    gray = rows[1].pixels.reshape(2, 2, 2, 3)[0, :, :, 0].astype(int)
    assert gray[0, 0] < gray[1, 1] < gray[1, 0] < gray[0, 1]


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"words": "Scoring"},
        {"size": [2, 2], "imagined": "!!", "truth": "AAAA"},
        {"size": [2, 2], "imagined": "AAAAAAA=", "truth": "AAAAAAAAAAA="},
        {"size": 4, "imagined": "AAAAAAAAAAA=", "truth": "AAAAAAAAAAA="},
        {"size": [2, 2], "imagined": None, "truth": "AAAAAAAAAAA="},
        {"size": [2, 2], "imagined": "AAAAAA==", "truth": "AAAAAA=="},
    ],
)
def test_a_line_without_a_picture_gives_none(line: dict[str, Any]) -> None:
    assert rendering.parse_strip(line) is None
