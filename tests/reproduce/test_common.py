"""What the reproductions share: attempts, progress that can be stopped, records put aside."""

import json
from pathlib import Path
from typing import Any

import pytest

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.reproduce import common
from dnnvis.reproduce.common import Outcome, ProgressReporter


def raising(error: BaseException) -> Any:
    def step() -> None:
        raise error

    return step


def test_an_attempt_that_fails_is_a_problem_of_its_own() -> None:
    outcome: Outcome[str] = Outcome()
    assert outcome.attempt("first", raising(BadInput("No data."))) == "failed"
    assert outcome.attempt("second", lambda: outcome.records.append("made")) == "done"
    assert outcome == Outcome(["made"], ["first: No data."])


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled("stopped")])
def test_an_interrupted_attempt_stops_all(error: BaseException) -> None:
    outcome: Outcome[str] = Outcome()
    assert outcome.attempt("first", raising(error)) == "stopped"
    assert outcome == Outcome(stopped=True)


def test_an_error_of_the_program_is_no_problem_of_a_step() -> None:
    with pytest.raises(ZeroDivisionError):
        Outcome[str]().attempt("first", raising(ZeroDivisionError()))


def test_outcomes_of_several_processes_add_up() -> None:
    total = Outcome(["a"], ["x"], 1)
    total.add(Outcome(["b"], ["y"], 2, True))
    assert total == Outcome(["a", "b"], ["x", "y"], 3, True)


def test_a_reporter_passes_the_word_on_before_it_ends_the_step() -> None:
    told: list[tuple[str, int, int]] = []
    reporter = ProgressReporter(lambda *said: told.append(said), lambda: len(told) == 1)
    reporter("noise", 1, 3)
    with pytest.raises(Cancelled, match="the same command goes on"):
        reporter("noise", 2, 3)
    assert told == [("noise", 1, 3), ("noise", 2, 3)]
    assert reporter.stop.is_set()


def test_a_file_whose_writing_fails_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    common.write_csv(path, [["a", 1], ["b,c", 2.5]])
    assert path.read_bytes() == b'a,1\n"b,c",2.5\n'
    with pytest.raises(ZeroDivisionError):
        common.write_csv(path, ([1 / left] for left in (1, 0)))
    assert path.read_bytes() == b'a,1\n"b,c",2.5\n'


def test_a_record_has_no_nan_and_six_digits(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one.json"
    common.write_record(path, {"a": float("nan"), "b": {3: (1 / 3, 2)}})
    assert path.read_text() == '{"a":null,"b":{"3":[0.333333,2]}}\n'


def test_a_record_that_cannot_be_used_is_put_aside_once(tmp_path: Path) -> None:
    path = tmp_path / "one.json"

    def read(path: Path) -> int:
        return common.read_record(path, lambda data: int(data["n"]), "run")

    assert common.read_or_back_up(path, read, "it is made anew") == (None, "")
    path.write_text(json.dumps({"n": 3}))
    assert common.read_or_back_up(path, read, "it is made anew") == (3, "")
    path.write_text(json.dumps({"m": 3}))
    record, sentence = common.read_or_back_up(path, read, "it is made anew")
    assert record is None
    assert "is no record of a run (KeyError: 'n')." in sentence
    assert sentence.endswith(" It is kept as one.old, and it is made anew.")
    assert not path.exists()
    assert json.loads((tmp_path / "one.old").read_text()) == {"m": 3}


def test_machines_are_named_once() -> None:
    made = {"torch": "2", "python": "3", "cpu": "c", "when": "w"}
    assert common.describe_machines([made, made | {"when": "x"}]) == "torch 2, Python 3, c"
    assert common.describe_machines([]) == "nothing yet"


def test_a_cell_of_a_markdown_table_may_hold_a_bar() -> None:
    assert common.as_markdown([["a", "b"], [1, "x|y"]]) == "| a | b |\n| --- | --- |\n| 1 | x\\|y |"
