"""What killed jobs must give again: all but the times."""

import json
from pathlib import Path

from dnnvis.bench.reliability import jobs
from dnnvis.bench.reliability.jobs import _find_lost_note, _query, without_clocks
from dnnvis.engine.plan import NetworkChoice
from dnnvis.library.store.library import Library


def test_times_are_left_out_and_nothing_else() -> None:
    record = {
        "seconds": 3,
        "score": 0.5,
        "runs": [{"when": "today", "n": 1}],
        "curve": [[1, 0.5, 0.25, 77, 0.1], [2, 0.4, 0.5, 99, 0.2]],
        "rows": [[1, 2, 3, 4]],
    }
    assert without_clocks(record) == {
        "score": 0.5,
        "runs": [{"n": 1}],
        "curve": [[1, 0.5, 0.25, 0.1], [2, 0.4, 0.5, 0.2]],
        "rows": [[1, 2, 3, 4]],
    }


def test_a_note_that_was_confirmed_and_is_not_there_is_a_loss(tmp_path: Path) -> None:
    path = tmp_path / "library" / "x.sqlite"
    with Library(path, "f" * 64, "toy") as library:
        library.write_note("0[0]", "note 0")
        library.write_note("0[1]", "note 1")
    (tmp_path / "confirmed").write_text("0\n1\n")
    (tmp_path / "window.json").write_text(json.dumps({"marks": []}))
    assert _find_lost_note(tmp_path) == ""
    (tmp_path / "confirmed").write_text("0\n1\n2\n")
    assert _find_lost_note(tmp_path) == "note 2 was confirmed, the library holds -1"
    assert _query(path, "SELECT count(*) FROM notes") == [(2,)]


def test_the_network_of_the_jobs_is_named_by_its_file(tmp_path: Path) -> None:
    context = jobs.prepare(tmp_path)
    assert NetworkChoice(net=context.network[0]).net == f"{tmp_path / 'net.py'}:tiny"
    assert len(list(context.pictures.rglob("*.png"))) == jobs.PICTURES
