"""Tuning curves in a library, also in one of before and in a damaged row."""

from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.probing.tuning import TuningAxis, TuningCurve
from dnnvis.library.store.library import Library
from dnnvis.library.store.tunings import read_tuning, save_tuning

AXES = (
    TuningAxis("angle", (0.0, 90.0), "degrees", 180.0),
    TuningAxis("width", (1.0, 2.0, 4.0), "pixels"),
)
CURVE = TuningCurve(
    "bars", "conv1[3]", AXES, np.arange(6, dtype=np.float32).reshape(2, 3), 0.25, "how", {"a": 1}
)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "l.sqlite", "f" * 64, "net")


def test_the_latest_curve_of_each_unit_and_kind_is_kept(library: Library) -> None:
    assert read_tuning(library, "conv1[3]", "bars") is None
    save_tuning(library, CURVE)
    read = read_tuning(library, "conv1[3]", "bars")
    assert read is not None
    np.testing.assert_array_equal(read.responses, CURVE.responses)
    assert (read.axes, read.baseline, read.caption, read.recipe) == (AXES, 0.25, "how", {"a": 1})
    assert read.created
    assert read_tuning(library, "conv1[3]", "dots") is None
    assert read_tuning(library, "conv1[4]", "bars") is None
    save_tuning(library, TuningCurve("bars", "conv1[3]", AXES, CURVE.responses + 1, 0.5))
    again = read_tuning(library, "conv1[3]", "bars")
    assert again is not None
    assert again.baseline == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"axes": [["angle", [0], "d", 180]], "responses": [], "baseline": 0}',
    ],
)
def test_a_row_that_is_not_ours_is_no_curve(library: Library, text: str) -> None:
    save_tuning(library, CURVE)
    library.run("UPDATE tunings SET curve = ?", text)
    assert read_tuning(library, "conv1[3]", "bars") is None
