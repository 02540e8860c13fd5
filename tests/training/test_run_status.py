"""One run at a time in a folder, and where a run stands."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.run_lock import clear_run, run_lock
from dnnvis.core.training_status import TrainingStatus
from dnnvis.training import life_export
from dnnvis.training.life_adversarial import AdversarialSetting, AdversarialTask
from dnnvis.training.life_task import VALIDATION_INTERVAL_STEPS, LifeSetting, LifeTask
from dnnvis.training.loop import train
from dnnvis.training.run_status import read_status

SMALL = LifeSetting(steps=2, game_steps=2, channels=4, size=8, batch=2, goal=0.01, cool=10)
HOLDER = """
import sys
from pathlib import Path
from dnnvis.core.run_lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process at work in the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_folder_in_which_another_process_trains_is_refused(tmp_path: Path) -> None:
    with holder(tmp_path):
        with pytest.raises(BadInput, match="at work in"):
            train(LifeTask(SMALL), tmp_path)
        with pytest.raises(BadInput, match="at work in"):
            clear_run(tmp_path)
        train(LifeTask(SMALL), tmp_path / "other", stop_after=1)


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.kill()
        process.wait()
        assert train(LifeTask(SMALL), tmp_path, stop_after=1).step == 1


def test_a_run_that_has_ended_or_failed_gives_the_folder_back(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="it failed"), run_lock(tmp_path):
        raise ValueError("it failed")
    with run_lock(tmp_path):
        pass


def test_what_is_forgotten_is_gone_with_its_stages(tmp_path: Path) -> None:
    train(LifeTask(SMALL), tmp_path, stop_after=2)
    train(LifeTask(SMALL), tmp_path / "adversarial", stop_after=2)
    clear_run(tmp_path)
    assert read_status(tmp_path, tmp_path / "n.safetensors") is None
    assert not (tmp_path / "adversarial").exists()
    clear_run(tmp_path / "was never there")


def stands(folder: Path, name: str = "life-2") -> TrainingStatus:
    found = read_status(folder / "work", folder / f"{name}.safetensors")
    assert found is not None
    return found


def test_there_is_nothing_where_nothing_was_begun(tmp_path: Path) -> None:
    assert read_status(tmp_path, tmp_path / "life-2.safetensors") is None


def test_an_unfinished_run_stands_at_its_last_save(tmp_path: Path) -> None:
    progress = train(
        LifeTask(SMALL), tmp_path / "work", score_every=VALIDATION_INTERVAL_STEPS, stop_after=30
    )
    found = stands(tmp_path)
    assert (found.step, found.ended, found.written, found.finished) == (30, False, -1, False)
    assert [list(row) for row in found.curve] == progress.curve
    assert found.setting["steps"] == 2
    assert found.setting["seed"] == 0


def test_a_kept_network_is_written_but_its_run_has_not_ended(tmp_path: Path) -> None:
    course = LifeTask(replace(SMALL, most=30, goal=2.0))
    scores = {"half": {"paper": 0.25}}
    progress = train(course, tmp_path / "work", score_every=VALIDATION_INTERVAL_STEPS)
    life_export.export_life(course, progress, tmp_path, name="life-2", scores=scores)
    found = stands(tmp_path)
    assert (found.step, found.written, found.ended, found.finished) == (30, 30, False, False)
    assert found.scores == scores
    train(LifeTask(replace(SMALL, goal=2.0)), tmp_path / "work", stop_after=3)
    assert (stands(tmp_path).step, stands(tmp_path).written) == (33, 30)


def test_a_finished_run_says_so_and_its_later_stage_too(tmp_path: Path) -> None:
    course = LifeTask(SMALL)
    progress = train(course, tmp_path / "work", score_every=VALIDATION_INTERVAL_STEPS)
    assert stands(tmp_path).ended
    assert not stands(tmp_path).finished
    life_export.export_life(course, progress, tmp_path, name="life-2")
    assert stands(tmp_path).finished
    assert stands(tmp_path).later is None
    stage = AdversarialSetting(quiet=2, steps=3, batch=2)
    later = AdversarialTask(course.module, course.config, stage)  # type: ignore[arg-type]
    train(later, tmp_path / "work" / "adversarial", stop_after=4)
    found = stands(tmp_path).later
    assert found is not None
    assert (found.step, found.ended) == (4, False)
    progress = train(later, tmp_path / "work" / "adversarial")
    life_export.export_life(later, progress, tmp_path, name="life-2-adversarial")
    found = stands(tmp_path).later
    assert found is not None
    assert found.finished


def test_a_network_of_another_run_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    other = LifeTask(replace(SMALL, seed=1))
    life_export.export_life(
        other, train(other, tmp_path / "other", stop_after=2), tmp_path, name="life-2"
    )
    train(LifeTask(SMALL), tmp_path / "work", score_every=VALIDATION_INTERVAL_STEPS)
    assert stands(tmp_path).ended
    assert stands(tmp_path).written == -1
    (tmp_path / "life-2.json").write_text("{")
    assert stands(tmp_path).written == -1


def test_progress_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "progress.pt").write_bytes(b"half a file")
    with pytest.raises(BadInput, match="begin anew"):
        read_status(tmp_path, tmp_path / "life-2.safetensors")
