"""A few jobs are really killed; what the bench would say of a loss is checked on made-up ones."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.bench.reliability import kills
from dnnvis.bench.reliability.jobs import JOBS, KillContext, KillJob
from dnnvis.bench.reliability.kills import KillsConfig, compare, kill_job, list_files, measure
from dnnvis.core.errors import BadInput


def test_four_killed_jobs_end_as_if_they_never_had_been(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = ("torch", "dnnvis.bench.reliability.jobs", "dnnvis.zoo.catalog")
    monkeypatch.setattr(kills, "PRELOADED_MODULES", needed)
    log: list[str] = []
    figures = measure(KillsConfig(4, seed=3, jobs=("notes",)), log.append)
    assert figures["survived"] == "4 of 4", figures
    assert figures["lost"] == []
    assert [line.partition(":")[0] for line in log] == ["notes"]


@pytest.mark.slow
def test_every_job_survives_a_kill() -> None:
    figures = measure(KillsConfig(len(JOBS), seed=5), print)
    assert figures["lost"] == []
    assert all(figures[job] == "1 of 1" for job in JOBS)


def test_an_unknown_job_is_refused() -> None:
    with pytest.raises(BadInput, match="no job 'cook'; there are scan, render"):
        measure(KillsConfig(1, jobs=("cook",)), print)


class FakeProcess:
    """A job that has ended where its folder holds what it was to write."""

    exitcode = 0

    def __init__(self, folder: Path, ends: bool) -> None:
        self._folder, self._ends, self._killed = folder, ends, False

    def join(self, seconds: float | None = None) -> None:
        if self._ends:
            (self._folder / "result").write_text("whole")

    def is_alive(self) -> bool:
        return not self._ends and not self._killed

    def kill(self) -> None:
        self._killed = True


def kill_fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ruin: Any) -> list[str]:
    """Kill a job once that leaves what ``ruin`` does to its folder when it goes on."""

    def read(folder: Path) -> dict[str, Any]:
        return {"text": (folder / "result").read_text()}

    monkeypatch.setitem(JOBS, "fake", KillJob("fake", lambda context, folder: None, read))
    starts = iter((True, False, True))  # runs through, is killed, goes on

    def start(job: str, context: KillContext, folder: Path) -> FakeProcess:
        folder.mkdir(parents=True, exist_ok=True)
        process = FakeProcess(folder, next(starts))
        if process._ends and folder.name.startswith("killed"):
            process.join = lambda seconds=None: ruin(folder)  # type: ignore[method-assign]
        return process

    return kill_job("fake", 1, KillContext(tmp_path), random.Random(0), start)


def test_a_job_that_ends_otherwise_is_a_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (loss,) = kill_fake(
        tmp_path, monkeypatch, lambda folder: (folder / "result").write_text("half")
    )
    assert "differs: text" in loss


def test_a_file_that_is_left_is_a_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ruin(folder: Path) -> None:
        (folder / "result").write_text("whole")
        (folder / "result.new").write_text("half")

    (loss,) = kill_fake(tmp_path, monkeypatch, ruin)
    assert loss.endswith("other files: result.new")


def test_results_are_compared_bit_for_bit_but_for_curves() -> None:
    one = {"w": np.float32([1, 0.0]), "curves": [np.array([1.0])], "n": 3}
    assert compare(one, {**one, "w": np.float32([1, 0.0])}) == ""
    assert compare(one, {**one, "w": np.float32([1, -0.0])}) == "differs: w"
    assert compare(one, {**one, "w": np.float64([1, 0])}) == "differs: w"
    assert compare(one, {**one, "curves": [np.array([1.0 + 1e-7])]}) == ""
    assert compare(one, {**one, "curves": [np.array([1.1])], "n": 4}) == "differs: curves, n"
    assert compare(one, {"w": one["w"], "n": 3}) == "differs: curves"


def test_logs_of_sqlite_are_no_leftovers(tmp_path: Path) -> None:
    for name in ("own.sqlite", "own.sqlite-wal", "own.sqlite-shm", "rest"):
        (tmp_path / name).touch()
    assert list_files(tmp_path) == ["own.sqlite", "rest"]


def test_a_job_that_always_ends_too_early_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kills, "MAX_ATTEMPTS", 2)
    monkeypatch.setitem(
        JOBS, "fake", KillJob("fake", lambda context, folder: None, lambda folder: {})
    )

    def start(job: str, context: KillContext, folder: Path) -> FakeProcess:
        folder.mkdir(parents=True, exist_ok=True)
        return FakeProcess(folder, True)

    with pytest.raises(BadInput, match="always ends before it is killed"):
        kill_job("fake", 1, KillContext(tmp_path), random.Random(0), start)
