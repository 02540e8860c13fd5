"""What the Compare panel writes, and the rows of its bars."""

from dataclasses import replace

import numpy as np
import pytest

from dnnvis.app.comparison import text
from dnnvis.core.frame import Frame
from dnnvis.core.messages import LayerInfo, Live, NetworkInfo, OutputMeaning, SecondLive

PIXELS = np.zeros((4, 4, 3), np.uint8)


def info(labels: tuple[str, ...]) -> NetworkInfo:
    layers = (LayerInfo("output", "result", (3, 1, 1)),)
    return NetworkInfo("first", layers, labels, (4, 4), 3, meaning=OutputMeaning("probabilities"))


def live(values: list[float]) -> Live:
    return Live(Frame(PIXELS), "first", PIXELS, {}, np.array(values, np.float32), 0.1)


def second(values: list[float], labels: tuple[str, ...], differs: bool | None) -> SecondLive:
    output, meaning = np.array(values, np.float32), OutputMeaning("probabilities")
    return SecondLive(0, "other", output=output, labels=labels, meaning=meaning, differs=differs)


def test_classes_are_paired_by_name() -> None:
    other = second([0.2, 0.7, 0.1], ("dog", "cat", "fish"), True)
    rows = text.pair_scores(live([0.6, 0.3, 0.1]), info(("dog", "cat", "bird")), other)
    values = {row.name: (row.first, row.second) for row in rows}
    assert values["cat"] == (pytest.approx(0.3), pytest.approx(0.7))
    assert values["bird"] == (pytest.approx(0.1), None)
    assert values["fish"] == (None, pytest.approx(0.1))
    assert [row.name for row in rows][:2] == ["cat", "dog"]
    assert [row.name for row in rows if row.is_first] == ["dog"]
    assert [row.name for row in rows if row.is_second] == ["cat"]


def test_without_names_of_one_the_names_of_the_other_serve() -> None:
    rows = text.pair_scores(live([0.6, 0.3]), info(()), second([0.1, 0.9], ("a", "b"), True))
    assert {row.name: row.second for row in rows} == pytest.approx({"a": 0.1, "b": 0.9})
    assert all(row.first is not None for row in rows)


def test_what_cannot_be_compared_has_no_rows() -> None:
    assert text.pair_scores(live([0.6, 0.3]), info(()), second([0.1, 0.9], (), None)) == ()
    assert text.describe_answers(second([0.1], (), None)) == ""


def test_a_unit_and_its_partner() -> None:
    pairs = np.array([4, 1]), np.array([0, 2]), np.array([0.9, 0.2])
    layers = ("conv1", "conv9")
    one = SecondLive(0, "other", layers=layers, pairs=pairs, pair_frames=9, reason="at that depth")
    words = "conv1[4] and conv9[0]: correlation 0.90 over 9 frames"
    assert text.describe_pair(one, 4, True) == words
    words = "conv1[1] and conv9[2]: correlation 0.20 over 9 frames"
    assert text.describe_pair(one, 2, False) == words
    assert text.describe_pair(one, 3, True) == "unit 3 has no partner"
    words = text.describe_units(one, 6)
    assert words.startswith("conv1 beside conv9 (at that depth); 1 of 6")
    assert words.endswith("(correlation from 0.5 on, 9 frames)")
    known = text.describe_units(replace(one, pair_chance=0.314), 6)
    assert known.endswith("(correlation from 0.5 on, by chance 0.31, 9 frames)")
    assert text.FEW_FRAMES in text.describe_units(SecondLive(0, "other"), 6)


def test_both_networks_are_named_with_the_edits_of_the_second() -> None:
    other = SecondLive(0, "other")
    assert text.describe_networks(info(()), other) == "first beside other"
    edited = text.describe_networks(info(()), other, ("a[1] = 0", "b *= 2"))
    assert edited == "first beside other: a[1] = 0; b *= 2"
    files = ("/x/a.pt", "/y/b.pt")
    assert text.describe_networks(info(()), other, checkpoints=files) == "first beside other"
    alike = text.describe_networks(info(()), SecondLive(0, "first"), checkpoints=files)
    assert alike == "first (a.pt) beside first (b.pt)"


def test_a_cell_of_the_matrix() -> None:
    cka = np.array([[0.25, 0.5]])
    one = SecondLive(0, "other", cka=cka, rows=(("a",), ("b", "c")), frames=9)
    assert text.describe_cell(one, 0.4, 1.2) == "a with c: CKA 0.50 over 9 frames"
    assert text.describe_cell(one, 1.4, 1.2) == ""
    still = replace(one, cka=np.full_like(one.cka, np.nan))
    assert "does not vary over 9 frames" in text.describe_cell(still, 0.4, 1.2)
    assert text.describe_cell(SecondLive(0, "other"), 0, 0) == ""
