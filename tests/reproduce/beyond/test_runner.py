"""Runs beyond Life: done once, gone on with, alone or in several processes, and their report."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.beyond.report import write_results
from dnnvis.reproduce.beyond.rows import ROWS, BeyondConfig, parse_beyond_rows
from dnnvis.reproduce.beyond.runner import BeyondRun, load_records, record_path, reproduce
from dnnvis.reproduce.common import ReproductionProgress

ROOT = Path(__file__).resolve().parents[3]


def config_in(folder: Path, rows: tuple[str, ...] = ("chess",), seeds: int = 1) -> BeyondConfig:
    return BeyondConfig(
        seeds=tuple(range(seeds)),
        work=folder / "work",
        out=folder / "out",
        rows=rows,
        examples=8,
        most=2,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BeyondConfig:
    config = config_in(tmp_path_factory.mktemp("made"), ("maze", "chess"))
    seen: list[ReproductionProgress] = []
    result = reproduce(config, report=seen.append)
    assert (len(result.records), result.left, result.problems) == (2, 0, [])
    assert seen[-1].done <= seen[-1].total == 2
    assert {"maze, seed 0", "chess, seed 0"} == {text for step in seen for text in step.now}
    return config


def test_what_a_record_holds_is_not_done_again(made: BeyondConfig) -> None:
    paths = [record_path(made.out, BeyondRun(row, 0)) for row in made.rows]
    times = [path.stat().st_mtime_ns for path in paths]
    result = reproduce(made)
    assert (len(result.records), result.left) == (2, 0)
    assert [path.stat().st_mtime_ns for path in paths] == times


def test_the_report_has_every_row_with_its_conclusion(made: BeyondConfig) -> None:
    write_results(made)
    text = made.report_path.read_text()
    records = load_records(made)
    for record in records:
        assert ROWS[record.row].conclude([dict(record.scores)]) in text
    assert "| steps | 9 x 9, 8 mazes | 13 x 13, 2 mazes | 21 x 21, 1 mazes |" in text
    assert "followed from 0.1 above that correlation on" in text
    assert "at least 10 percentage points more often than by the best control" in text
    files = {path.name for path in made.out.iterdir()}
    assert {"maze.png", "chess.png", "maze-accuracy.csv", "maze-candidates.csv"} <= files
    assert {"chess-final.csv", "chess-between.csv", "chess-equation1.csv"} <= files
    lines = (made.out / "maze-candidates.csv").read_text().splitlines()
    assert lines[0].startswith("candidate,squares a step,decoder,other ends")
    assert len(lines) == 8


def test_a_stopped_run_goes_on_and_ends_with_the_same_figures(
    made: BeyondConfig, tmp_path: Path
) -> None:
    config = config_in(tmp_path)
    calls = []

    def stop() -> bool:
        calls.append(1)
        return len(calls) > 1

    result = reproduce(config, stop=stop)
    assert (result.stopped, result.left, result.records) == (True, 1, [])
    assert not record_path(config.out, BeyondRun("chess", 0)).exists()
    result = reproduce(config)
    assert result.left == 0
    whole = next(record for record in load_records(made) if record.row == "chess")
    assert result.records[0].scores == json.loads(json.dumps(whole.scores)) or (
        _rounded(result.records[0].scores) == _rounded(whole.scores)
    )


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def test_a_record_of_other_examples_is_put_aside(made: BeyondConfig, tmp_path: Path) -> None:
    config = config_in(tmp_path)
    path = record_path(config.out, BeyondRun("chess", 0))
    path.parent.mkdir(parents=True)
    path.write_text(record_path(made.out, BeyondRun("chess", 0)).read_text())
    heard: list[str] = []
    result = reproduce(replace(config, examples=9), warn=heard.append)
    assert (len(result.records), result.left) == (1, 0)
    assert "is of 8 examples" in heard[0]
    assert path.with_suffix(".old").exists()


def test_a_training_with_other_settings_is_a_problem_of_its_run(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    reproduce(config)
    record_path(config.out, BeyondRun("chess", 0)).unlink()
    result = reproduce(replace(config, most=3))
    assert result.left == 1
    assert "holds a training with other settings" in result.problems[0]


def test_two_processes_do_what_one_does(made: BeyondConfig, tmp_path: Path) -> None:
    config = config_in(tmp_path, seeds=2)
    result = reproduce(config, processes=2)
    assert (len(result.records), result.left, result.problems) == (2, 0, [])
    whole = next(record for record in load_records(made) if record.row == "chess")
    again = next(record for record in load_records(config) if record.seed == 0)
    assert again.scores == whole.scores


def test_two_ranks_share_the_runs(tmp_path: Path) -> None:
    config = config_in(tmp_path, seeds=2)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    command += ["2", "-m", "dnnvis", "reproduce", "beyond", "-o", str(config.out), "--rows"]
    command += ["chess", "--seeds", "2", "--examples", "8", "--most", "2"]
    command += ["--work", str(config.work)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True, timeout=300)
    assert {record.seed for record in load_records(config)} == {0, 1}
    assert config.report_path.exists()


def test_rows_by_their_names() -> None:
    assert parse_beyond_rows("") == tuple(ROWS)
    assert parse_beyond_rows(" chess, maze,chess") == ("chess", "maze")
    with pytest.raises(BadInput, match="no row 'go'; there are maze"):
        parse_beyond_rows("go")
