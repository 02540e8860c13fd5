"""Changed files of every kind are opened or refused in a sentence, and never run, hang or crash.

The files of a seed are the same each time. All 2,000: ``pytest -m slow tests/test_fuzz.py``, or
with a table of what came of them ``PYTHONPATH=.:tests python -m helpers.fuzz.run 2000``.
"""

import json
import pickle
import random
from importlib.util import find_spec
from pathlib import Path

import pytest

from dnnvis.core.errors import BadInput
from helpers.fuzz import child, marker, packed, run
from helpers.fuzz.mutations import change_json, mutate
from helpers.fuzz.reader import Reader
from helpers.fuzz.readers import READERS
from helpers.fuzz.run import Order, fuzz, orders

#: Kinds whose files a library makes that dnnvis does not need, and its module.
OPTIONAL = {"DICOM": "pydicom", "HEIC": "pillow_heif", "parquet": "pyarrow"}
IN_CI = 200
ALL = 2000


def failures(todo: list[Order]) -> list[str]:
    lacking = {kind for kind, module in OPTIONAL.items() if find_spec(module) is None}
    made = [(kind, number) for kind, number in todo if kind not in lacking]
    results = list(fuzz(made))
    assert {(one.kind, one.number) for one in results} >= set(made)
    return [f"{one.kind} {one.number}: {one.text}" for one in results if one.outcome == "failed"]


def test_two_hundred_changed_files_are_opened_or_refused_in_a_sentence() -> None:
    todo = orders(IN_CI)
    assert {kind for kind, _ in todo} == set(READERS)
    assert failures(todo) == []


@pytest.mark.slow
def test_two_thousand_changed_files_are_opened_or_refused_in_a_sentence() -> None:
    assert failures(orders(ALL)) == []


def test_a_seed_gives_the_same_file_each_time_and_mostly_another_one_than_the_next() -> None:
    for kind in ("safetensors", "RLE", "labels in JSON", "state"):
        files = [child.changed_files(kind, number) for number in range(10)]
        assert files == [child.changed_files(kind, number) for number in range(10)]
        different = {tuple(sorted(one.items())) for one in files}
        assert len(different) >= 8, kind


@pytest.mark.parametrize("kind", ["torch zip", "torch legacy", "CIFAR, pickled"])
def test_what_is_planted_into_pickles_runs_in_a_reader_that_trusts_them(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(marker.MARKER_VARIABLE, str(tmp_path / "marker"))
    data = pickle.dumps({"a": [1.0, 2.0], "b": "text"}, 2)
    planted = [packed.plant_call(data, random.Random(f"{kind} {n}")) for n in range(20)]
    assert all(packed.PAYLOAD[:-1] in one for one in planted)
    for one in planted:
        try:
            pickle.loads(one)
        except Exception:  # the call's result lies in the way; the call was made
            continue
    assert (tmp_path / "marker").exists()


def refuse_badly(path: Path, scratch: Path) -> None:
    try:
        int("a number that is none")
    except ValueError as error:
        raise BadInput(f"The file is broken: {error}.") from None


def crash(path: Path, scratch: Path) -> None:
    raise KeyError("a key")


@pytest.mark.parametrize(
    ("open_", "expected"),
    [
        (lambda path, scratch: path.read_bytes(), "opened"),
        (refuse_badly, "no sentence of ours"),
        (crash, "KeyError"),
        (lambda path, scratch: marker.make_marker(), "code ran"),
    ],
)
def test_the_child_sees_what_is_wrong(
    open_: object, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(lambda: {"a.txt": b"text"}, open_, "a.txt")  # type: ignore[arg-type]
    monkeypatch.setitem(READERS, "odd", reader)
    monkeypatch.setenv(marker.MARKER_VARIABLE, str(tmp_path / "marker"))
    monkeypatch.chdir(tmp_path)
    result = child.run(tmp_path, "odd", 0)
    assert expected in f"{result['outcome']} {result['text']}"
    assert (result["outcome"] == "opened") is (expected == "opened")


@pytest.mark.parametrize(
    "text", ["", "no end", "Two\nlines.", "Traceback: what.", "a" * 2000 + "."]
)
def test_what_is_no_sentence_is_seen(text: str) -> None:
    assert not child.is_sentence(text)


def test_changes_of_json_stay_json_and_reach_every_value() -> None:
    whole = {"a": [1, 2.0, None], "b": {"c": "text"}}
    texts = [change_json(json.dumps(whole).encode(), random.Random(n)) for n in range(300)]
    values = [json.loads(text) for text in texts if max(map(text.count, (b"[", b"{"))) < 40]
    assert len(values) > 200
    holders = [value for value in values if isinstance(value, dict)]
    assert any(value.get("b") != whole["b"] for value in holders)
    assert any(value.get("a") != whole["a"] for value in holders)
    assert any(not isinstance(value, dict) for value in values)


def test_a_change_of_nothing_is_no_error() -> None:
    for number in range(200):
        mutate(b"", [b"", b"other"], (), random.Random(number))


#: A child that acts as the names of its kinds say.
ACTOR = """
import json, os, sys, time
for kind, number in json.load(sys.stdin):
    print(json.dumps({"begin": [kind, number]}), flush=True)
    if kind == "crash":
        os._exit(3)
    if kind == "loop":
        while True:
            pass
    if kind == "grow":
        block = bytearray(b"x") * 300_000_000
        time.sleep(60)
    line = {"kind": kind, "number": number, "outcome": "opened", "text": ""}
    print(json.dumps({"end": line}), flush=True)
"""


def test_a_child_that_crashes_hangs_or_grows_is_ended_and_followed_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "CHILD", ("-c", ACTOR))
    monkeypatch.setattr(run, "MAX_CPU_SECONDS", 0.3)
    monkeypatch.setattr(run, "MAX_RESIDENT_BYTES", 200_000_000)
    todo = [("a", 0), ("crash", 0), ("b", 0), ("loop", 0), ("grow", 0), ("c", 0)]
    results = list(fuzz(todo))
    assert [(one.kind, one.number) for one in results] == todo
    texts = {one.kind: one.text for one in results if one.outcome == "failed"}
    assert "ended with 3" in texts.pop("crash")
    assert "processor time" in texts.pop("loop")
    assert "MB" in texts.pop("grow")
    assert not texts
