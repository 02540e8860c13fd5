"""``dnnvis tune``: a curve in words, numbers and a file, kept for the next time."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from dnnvis.lenses.look import look
from dnnvis.zoo.catalog import open_network
from helpers.command_line import Say


@pytest.fixture(autouse=True)
def own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))


def test_a_curve_is_measured_kept_and_read_again(dnnvis: Say, tmp_path: Path) -> None:
    table = tmp_path / "curve.csv"
    words = ("tune", "net2-cifar10", "conv1[5]", "--kind", "bars")
    first = dnnvis(*words, "-o", str(table))
    assert first.status == 0
    assert "conv1[5], bars: response by angle (degrees) at width" in first.out
    assert "; kept " not in first.out
    second = json.loads(dnnvis(*words, "--json").out)
    assert second["created"]
    curve = look(open_network("net2-cifar10"), "tuning", "conv1[5]", kind="bars", renew=True)
    np.testing.assert_allclose(second["responses"], curve.responses, rtol=1e-5)
    assert second["best"] == pytest.approx(list(curve.best))
    assert second["selectivity"] == pytest.approx(curve.selectivity()[0], rel=1e-4)
    with table.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0][0] == "angle"
    np.testing.assert_allclose(np.array(rows[1:], float)[:, 1:], curve.responses, rtol=1e-4)
    values = tmp_path / "curve.npy"
    assert dnnvis(*words, "--again", "-o", str(values)).status == 0
    np.testing.assert_allclose(np.load(values), curve.responses, rtol=1e-5)


def test_an_edited_network_has_a_curve_of_its_own(dnnvis: Say) -> None:
    words = ("tune", "net2-cifar10", "conv2[5]", "--json")
    plain = json.loads(dnnvis(*words).out)
    edited = json.loads(dnnvis(*words, "--edit", "conv1[0:32] = 0").out)
    assert edited["responses"] != plain["responses"]
    assert json.loads(dnnvis(*words).out)["responses"] == plain["responses"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("tune", "net2-cifar10", "conv1[500]"), "channels 0 to"),
        (("tune", "net2-cifar10", "conv1[5]", "--kind", "faces"), "is one of"),
        (("tune", "net2-cifar10", "conv1[5]", "-o", "x.png"), "OUT.csv"),
        (("tune", "net1-mnist", "output[5]", "--kind", "hues"), "no hues"),
        (("tune", "life-3", "cell[5]"), "boards"),
        (("look", "net2-cifar10", "conv1[5]", "--lens", "tuning", "-o", "x.png"), "dnnvis tune"),
    ],
)
def test_bad_requests_are_one_sentence(dnnvis: Say, words: tuple[str, ...], message: str) -> None:
    done = dnnvis(*words)
    assert done.status == 2
    assert message in done.err
    assert done.err.count("\n") == 1
