import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dnnvis.bench import open_data


@pytest.mark.parametrize("kind", open_data.KINDS)
def test_as_many_pictures_are_made_and_listed(kind: str, tmp_path: Path) -> None:
    path = open_data.make_pictures(tmp_path, kind, 230)
    assert open_data.list_names(kind, path) == 230
    with open_data.open_path(path) as source:
        frames = [source.read() for _ in range(230)]
    names = {frame.source.rpartition("/")[2] for frame in frames if frame is not None}
    assert names == {f"{number}.jpg" for number in range(230)}


def test_every_figure_is_the_ratio_of_two_medians(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([9.0, 9.0, 2.0, 1.0, 4.0, 3.0, 1.0, 9.0])  # the first two warm up
    monkeypatch.setattr(open_data, "_time", lambda work: next(times))
    monkeypatch.setattr(open_data, "_follow_memory", lambda path, count: (10.0, 12.5))
    monkeypatch.setattr(open_data, "KINDS", ("zip",))
    (figures,) = open_data.measure(20, 3, lambda text: None)
    assert figures["first_frame_ratio"] == {"median": 1.5, "asked": "<= 1.5"}
    assert figures["growth_mb"] == {"measured": 2.5, "asked": "<= 5"}


def test_the_command_measures_each_kind(bench: Callable[..., Any]) -> None:
    result = bench("data", "--pictures", 120, "--rounds", 1, "--despite-load", "--json")
    assert result.exit_code == 0, result.stderr
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["kind"] for row in rows] == ["folder", "flat", "zip", "tar"]
    assert all(row["pictures"] == 120 and row["first_frame_seconds"] > 0 for row in rows)
