"""Runs, their steps and records: done once, taken up again, alone or in several processes."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.common import ReproductionProgress
from dnnvis.reproduce.imagination import records
from dnnvis.reproduce.imagination.evaluation import imagine_boards, test_boards
from dnnvis.reproduce.imagination.records import RunRecord, read, record_path
from dnnvis.reproduce.imagination.rows import ROWS, parse_rows
from dnnvis.reproduce.imagination.runner import reproduce
from dnnvis.reproduce.imagination.runs import train_run
from dnnvis.reproduce.imagination.steps import ImaginationConfig, SeedRun, sort_by_turn, steps_left
from helpers.life_records import record
from helpers.tiny_life_runs import GOOD, STAGE, order_in, tiny, two_by_two

ROOT = Path(__file__).resolve().parents[3]
TINY_RUNS = str(ROOT / "tests" / "helpers" / "tiny_life_runs.py")
test_boards.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever pytest thinks


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImaginationConfig, dict[str, Any]]:
    """All steps of the tiny runs in one process, and what is kept of them."""
    order = two_by_two(tmp_path_factory.mktemp("made"))
    done = reproduce(order)
    assert not done.problems
    assert done.left == 0
    return order, kept_in(order.out)


def kept_in(out: Path) -> dict[str, Any]:
    """The records but for times."""
    found = {}
    for place in sorted((out / "runs").iterdir()):
        data = json.loads(place.read_text())
        data.pop("made")
        for part in (data["training"], *data["stages"].values()):
            part.pop("cpu")
        found[place.name] = data
    return found


Made = tuple[ImaginationConfig, dict[str, Any]]


def test_a_survivor_has_every_stage_and_a_failed_run_its_scores_alone(made: Made) -> None:
    _, kept = made
    assert sorted(kept) == [f"{n}-seed{k}.json" for n in ("failing", "tiny") for k in (0, 1)]
    for name, data in kept.items():
        failed = name.startswith("failing")
        assert (data["training"]["reached"] is None) == failed
        assert data["training"]["steps"] == 30
        plain, *later = data["stages"]
        assert plain == "plain"
        assert later == ([] if failed else ["adversarial", "control"])
        assert set(data["stages"]["plain"]["starts"]) == {"half", "chain"}
        assert np.shape(data["stages"]["plain"]["probe"]["accuracy"]) == (3, 3)
    for stage in ("adversarial", "control"):
        setting = kept["tiny-seed0.json"]["stages"][stage]["setting"]
        assert setting == asdict(replace(STAGE, adversarial=stage == "adversarial"))
        assert kept["tiny-seed0.json"]["stages"][stage]["steps"] == 5


def test_the_scores_are_those_of_the_trained_network_on_the_test_boards(made: Made) -> None:
    order, kept = made
    run = train_run(order.rows[0], 1, order.work)
    for k, start in enumerate(("half", "chain")):
        truth = test_boards(start, 50, GOOD)
        if start == "half":
            again = np.random.default_rng([99, k]).random((50, 20, 20), np.float32) < 0.5
            np.testing.assert_array_equal(truth[:, 0], again)
        with torch.no_grad():
            shown = (
                np.stack(
                    [
                        run.net.imagine(torch.tensor(board[0], dtype=torch.float32)[None, None])[
                            0
                        ].numpy()
                        for board in truth
                    ]
                )
                >= 0.5
            )
        np.testing.assert_array_equal(imagine_boards(run.net, truth[:, 0]), shown)
        equal = [np.mean(shown[b, 1] == truth[b, 1]) for b in range(50)]
        found = kept["tiny-seed1.json"]["stages"]["plain"]["starts"][start]
        assert found["paper"] == pytest.approx(np.mean([share >= 0.95 for share in equal]))
        assert found["strict"] == pytest.approx(np.mean([share == 1 for share in equal]))
        right = float((shown[:, -1] == truth[:, -1]).mean())
        assert found["accuracy"] == pytest.approx(right, abs=1e-6)
        assert found["per_state"][1] == pytest.approx(np.mean(equal), abs=1e-6)


def test_without_an_autoencoder_the_encoders_output_may_be_counted_too(tmp_path: Path) -> None:
    from dnnvis.reproduce.imagination.evaluation import score_boards

    truth = test_boards("half", 40, GOOD)  # (40, 3, 20, 20)
    alive = truth > 0
    alive[:, 0] = False  # the encoder's output is no state at all, the next one is right
    found = score_boards(alive, truth, with_h0=True)
    assert found["paper"] == 1.0
    assert found["paper_with_h0"] == 0.5
    assert "paper_with_h0" not in score_boards(alive, truth)


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    whole = record("2-3", 3, {"plain": (0.25, 0.5)}, aligned=float("nan"))
    records.write(tmp_path, whole)
    back = read(record_path(tmp_path, "2-3", 3))
    for start in ("half", "chain"):
        ends = [kept.stages["plain"].starts[start].pop("aligned") for kept in (back, whole)]
        assert np.isnan(ends).all()
    for part in ("setting", "stages", "made", "row", "seed"):
        assert getattr(back, part) == getattr(whole, part)
    np.testing.assert_allclose(back.training.curve, whole.training.curve, atol=5e-7)
    assert replace(back.training, curve=[]) == replace(whole.training, curve=[])
    assert b"NaN" not in record_path(tmp_path, "2-3", 3).read_bytes()


def test_a_state_is_learnt_at_the_first_look_with_98_of_100_cells(made: Made) -> None:
    columns = ["step", "loss", "accuracy", "state 0", "state 1", "state 2"]
    curve = [
        [25, 1, 0.5, 1, 0.979, 0.2],
        [50, 1, 0.97, 1, 0.98, 0.2],
        [75, 1, 0.99, 1, 0.5, 0.3],
    ]
    order = records._learning_order(columns, curve)
    assert order == {"state 1": 50, "state 2": None, "final": 75}
    assert list(order) == ["state 1", "state 2", "final"]


def full(**changes: Any) -> ImaginationConfig:
    base = ImaginationConfig((ROWS["3"],), seeds=(0,), work=Path("work"), out=Path("out"))
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        (None, ["train", "plain", "adversarial"]),
        (record("3", 0), ["plain", "adversarial"]),
        (record("3", 0, {"plain": (0.89, 1.0)}), ["adversarial", "control"]),
        (record("3", 0, {"plain": (0.9, 0.2)}), ["adversarial"]),
        (record("3", 0, {"plain": (0.9, 0.2), "adversarial": (1.0, 1.0)}), []),
        (record("3", 0, {"plain": (0.0, 0.0)}, reached=None), []),
        (record("3", 0, reached=None), ["plain"]),
    ],
)
def test_what_is_left_of_a_run_follows_from_its_record(kept: RunRecord | None, left: list) -> None:
    assert steps_left(kept, full()) == left


def test_other_boards_or_another_stage_setting_are_scored_anew() -> None:
    whole = record("3", 0, {"plain": (0.9, 0.2), "adversarial": (1.0, 1.0)})
    assert steps_left(whole, full(boards=50)) == ["plain", "adversarial"]
    assert steps_left(whole, full(stage=STAGE)) == ["adversarial"]
    assert steps_left(whole, full(stages=("plain",))) == []


def test_all_runs_take_their_first_step_before_any_takes_its_second() -> None:
    order = full(rows=(ROWS["2"], ROWS["3"]), seeds=(0, 1))
    runs = order.runs
    left = {run: ["train", "plain"] for run in runs}
    left[runs[0]] = ["plain"]
    left[runs[2]] = []
    assert sort_by_turn(runs, left) == [runs[1], runs[3], runs[0]]
    assert [(run.row.name, run.seed) for run in runs] == [("2", 0), ("3", 0), ("3", 1), ("2", 1)]
    done = set()
    for rank in (0, 1):  # as ranks.mine: no rank gets a row for itself
        share = runs[rank::2]
        assert {run.row.name for run in share} == {"2", "3"}
        done |= set(share)
    assert done == {SeedRun(row, seed) for row in order.rows for seed in (0, 1)}


def test_rows_seeds_and_stages_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no row '5'; there are 2, 3, "):
        parse_rows("2,5")
    assert [row.name for row in parse_rows(" 3, 2 ")] == ["3", "2"]
    assert len(parse_rows("")) == 10
    with pytest.raises(BadInput, match="no stage 'late'"):
        order_in(tmp_path, stages=("plain", "late"))
    with pytest.raises(BadInput, match="at least one row"):
        order_in(tmp_path, seeds=0)


def test_what_a_record_holds_is_not_done_again(made: Made, tmp_path: Path) -> None:
    order, kept = made
    shutil.copytree(order.out, tmp_path / "out")
    told: list[ReproductionProgress] = []
    done = reproduce(two_by_two(tmp_path), report=told.append)
    assert not told
    assert len(done.records) == 4
    assert not (tmp_path / "work").exists(), "no training was begun"
    assert kept_in(tmp_path / "out") == kept


@pytest.mark.parametrize("share", [0.4, 1.3, 2.5, 3.2])
def test_a_run_that_was_interrupted_anywhere_ends_as_one_that_was_not(
    made: Made, tmp_path: Path, share: float
) -> None:
    """``share``: in which step, and where in it, the Ctrl-C comes."""

    def interrupt(standing: ReproductionProgress) -> None:
        if standing.done >= share:
            raise KeyboardInterrupt

    order = order_in(tmp_path)
    done = reproduce(order, report=interrupt)
    assert done.stopped
    assert 0 < done.left <= 4
    assert len(done.records) == (share > 1)
    whole = reproduce(order)
    assert not whole.stopped
    assert whole.left == 0
    assert kept_in(order.out)["tiny-seed0.json"] == made[1]["tiny-seed0.json"]


def test_asked_to_stop_it_ends_between_two_steps_of_training(tmp_path: Path) -> None:
    asked: list[bool] = []
    order = order_in(tmp_path, seeds=2)
    done = reproduce(
        order,
        report=lambda s: asked.append(True) if s.done > 0.2 else None,
        stop=lambda: bool(asked),
    )
    assert done.stopped
    assert not done.records
    assert done.left >= 6
    assert list(order.work.rglob("progress.pt")), "the progress was kept"


def test_a_broken_record_is_put_aside_and_made_anew(made: Made, tmp_path: Path) -> None:
    order, kept = made
    shutil.copytree(order.out, tmp_path / "out")
    shutil.copytree(order.work, tmp_path / "work")
    place = record_path(tmp_path / "out", "tiny", 0)
    text = place.read_text()
    broken = text[: len(text) // 2]
    place.write_text(broken)
    said: list[str] = []
    done = reproduce(two_by_two(tmp_path), warn=said.append)
    assert done.left == 0
    assert not done.problems
    (words,) = said
    assert "tiny-seed0.json is no record of a run" in words
    assert "made anew" in words
    assert place.with_suffix(".old").read_text() == broken
    place.with_suffix(".old").unlink()
    assert kept_in(tmp_path / "out") == kept


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["setting"].update(channels=5),
        lambda data: data["stages"].update(other=data["stages"]["plain"]),
        lambda data: data["stages"]["plain"]["starts"].pop("chain"),
        lambda data: data["training"].update(cpu="long"),
        lambda data: data["training"]["curve"].append([1.0]),
        lambda data: data.update(seed=7),
        lambda data: data.pop("stages"),
    ],
)
def test_what_is_no_record_of_this_run_is_not_taken_for_one(
    made: Made, tmp_path: Path, change: Callable[[Any], Any]
) -> None:
    order, _ = made
    place = record_path(tmp_path, "tiny", 0)
    place.parent.mkdir()
    data = json.loads(record_path(order.out, "tiny", 0).read_text())
    change(data)
    place.write_text(json.dumps(data))
    record, words = records.read_usable(tmp_path, tiny(), 0)
    assert record is None
    assert "made anew" in words
    assert not place.exists()
    assert json.loads(place.with_suffix(".old").read_text()) == data


def test_a_training_with_other_settings_is_told_and_the_other_runs_go_on(tmp_path: Path) -> None:
    other = tiny(setting=replace(GOOD, channels=5))
    reproduce(order_in(tmp_path, other, stages=("plain",)))
    shutil.rmtree(tmp_path / "out")
    done = reproduce(order_in(tmp_path, tiny(), tiny("more"), stages=("plain",)))
    (words,) = done.problems
    assert words.startswith("tiny seed 0: ")
    assert "other settings; delete that folder" in words
    assert [record.row for record in done.records] == ["more"]


def test_a_training_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    order = order_in(tmp_path)
    folder = order.work / "tiny-seed0"
    folder.mkdir(parents=True)
    (folder / "progress.pt").write_bytes(b"no archive")
    (words,) = reproduce(order).problems
    assert "progress.pt is damaged" in words
    assert "delete that file" in words


def test_a_record_of_another_training_is_not_mixed_with_this_ones(
    made: Made, tmp_path: Path
) -> None:
    """A record whose progress is gone, of another machine: all of it is made anew."""
    order, kept = made
    place = record_path(tmp_path / "out", "tiny", 0)
    place.parent.mkdir(parents=True)
    data = json.loads(record_path(order.out, "tiny", 0).read_text())
    data["training"]["curve"][0][1] += 0.5
    data["stages"]["control"]["starts"]["half"]["paper"] = 0.123
    del data["stages"]["adversarial"]
    place.write_text(json.dumps(data))
    assert reproduce(order_in(tmp_path)).left == 0
    assert kept_in(tmp_path / "out")["tiny-seed0.json"] == kept["tiny-seed0.json"]


def test_a_pool_of_two_that_was_stopped_goes_on_and_makes_the_records_of_one(
    made: Made, tmp_path: Path
) -> None:
    order = two_by_two(tmp_path)
    told: list[ReproductionProgress] = []
    done = reproduce(order, 2, report=told.append, stop=lambda: any(s.done > 0 for s in told))
    assert done.stopped
    assert done.left > 0
    told.clear()
    done = reproduce(order, 2, report=told.append)
    assert done.left == 0
    assert not done.problems
    assert len(done.records) == 4
    assert kept_in(order.out) == made[1]
    assert max(len(standing.now) for standing in told) == 2
    assert told[-1].done == told[-1].total


def test_two_ranks_of_torchrun_make_the_records_of_one(made: Made, tmp_path: Path) -> None:
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    ended = subprocess.run(
        [sys.executable, *words, TINY_RUNS, str(tmp_path), "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    assert kept_in(tmp_path / "out") == made[1]
