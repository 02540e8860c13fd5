"""``dnnvis reproduce imagination`` as one types it."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dnnvis.cli.reproduce as command
from dnnvis.reproduce.imagination.rows import ROWS, TableRow
from dnnvis.training.life_task import LifeSetting
from helpers.command_line import Say

GOOD = LifeSetting(
    steps=2, game_steps=2, channels=4, size=8, batch=4, goal=0.5, cool=5, most=30, warm=1
)
FAILING = LifeSetting(**{**vars(GOOD), "goal": 2.0})


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[object, ...]:
    """The command for two rows that take a second, without the later stages."""
    for name, setting in (("tiny", GOOD), ("failing", FAILING)):
        monkeypatch.setitem(ROWS, name, TableRow(name, f"a {name} one", setting, 0.5, 3, "1"))
    return (
        "reproduce",
        "imagination",
        "--rows",
        "tiny,failing",
        "--seeds",
        1,
        "--boards",
        50,
        "--stages",
        "plain",
        "--work",
        tmp_path / "work",
        "-o",
        tmp_path / "out",
    )


def test_it_makes_records_tables_and_a_report_and_then_has_nothing_to_do(
    dnnvis: Say, words: tuple[object, ...], tmp_path: Path
) -> None:
    said = dnnvis(*words)
    assert said.status == 0, said
    report = tmp_path / "out" / "report.md"
    assert said.out.splitlines()[-2:] == ["2 of 2 runs have a record.", f"The report: {report}"]
    text = report.read_text()
    assert "2 runs, 1 of which reached 99 %" in text
    assert "Not finished" not in text
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == [
        "all.csv",
        "order.csv",
        "order.png",
        "report.md",
        "runs",
        "scores.png",
        "table1.csv",
        "table2.csv",
        "table3.csv",
    ]
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "runs").iterdir()}
    again = dnnvis(*words, "--json")
    (line,) = map(json.loads, again.out.splitlines())
    assert (line["records"], line["left"], line["stopped"]) == (2, 0, False)
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_lines_of_json_tell_how_far_it_is(dnnvis: Say, words: tuple[object, ...]) -> None:
    *lines, last = map(json.loads, dnnvis(*words, "--json").out.splitlines())
    assert lines
    assert all(line.keys() == lines[0].keys() for line in lines)
    for line in lines:
        assert 0 <= line["done"] <= line["total"] == 4
        assert line["seconds_left"] >= 0
    assert lines[0]["words"].endswith("seed 0: training")
    assert last["problems"] == []
    assert last["report"].endswith("report.md")


def test_sigterm_ends_it_in_words_and_the_same_command_goes_on(
    dnnvis: Say, words: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = command._json_reporter

    def ending(extra: dict[str, Any]) -> Callable[[Any], None]:
        def report(standing: Any) -> None:
            if 0.3 < standing.done < 1:
                os.kill(os.getpid(), signal.SIGTERM)
            lines(extra)(standing)

        return report

    monkeypatch.setattr(command, "_json_reporter", ending)
    before = signal.getsignal(signal.SIGTERM)
    said = dnnvis(*words, "--json")
    assert said.status in (130, 143)
    assert signal.getsignal(signal.SIGTERM) == before
    last = json.loads(said.out.splitlines()[-1])
    assert last["stopped"]
    assert last["left"] >= 3
    assert "the same command goes on" in last["words"]
    assert (tmp_path / "out" / "report.md").exists()
    assert (tmp_path / "work" / "tiny-seed0" / "progress.pt").exists()
    monkeypatch.undo()
    for name, setting in (("tiny", GOOD), ("failing", FAILING)):
        monkeypatch.setitem(ROWS, name, TableRow(name, f"a {name} one", setting, 0.5, 3, "1"))
    assert dnnvis(*words).status == 0


def test_a_run_that_cannot_go_on_is_named_and_the_status_says_so(
    dnnvis: Say, words: tuple[object, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "work" / "tiny-seed0"
    folder.mkdir(parents=True)
    (folder / "progress.pt").write_bytes(b"no archive")
    said = dnnvis(*words)
    assert said.status == 1
    assert said.err.startswith("dnnvis: tiny seed 0: ")
    assert "delete that file" in said.err
    assert "1 of 2 runs have a record." in said.out


def test_rows_stages_and_folders_that_cannot_be_are_told_in_a_sentence(
    refuses: Callable[..., str], tmp_path: Path
) -> None:
    base = ("reproduce", "imagination", "-o", tmp_path / "out")
    assert refuses(*base, "--rows", "2,7").startswith("There is no row '7'; there are 2, 3,")
    assert "no stage 'late'" in refuses(*base, "--stages", "late")
    assert "--seeds" in refuses(*base, "--seeds", 0)
    (tmp_path / "file").write_text("")
    assert "Nothing can be written to" in refuses(*base[:-1], tmp_path / "file")
    assert not (tmp_path / "out").exists()
