import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit

pytest.importorskip("PyQt6.QtWidgets")


def info(*kinds: str) -> NetworkInfo:
    layers = tuple(LayerInfo(f"l{k}", kind, (10 * k + 12, 4, 4)) for k, kind in enumerate(kinds))
    return NetworkInfo("toy", layers, (), (8, 8), 3)


def pick_units(*args: Any) -> list[Unit]:
    from dnnvis.bench.click import pick_units

    return pick_units(*args)


def test_units_are_spread_over_three_layers_and_their_channels() -> None:
    network = info("Conv2d", "ReLU", "Conv2d", "Conv2d", "Linear", "Conv2d", "Conv2d", "Conv2d")
    chosen = pick_units(network, 7)  # of l0, l2, l3, l5, l6, l7: the middle of each third
    assert [str(unit) for unit in chosen] == [
        "l2[5]",
        "l2[16]",
        "l2[26]",
        "l5[15]",
        "l5[46]",
        "l7[20]",
        "l7[61]",
    ]


def test_what_rectifiers_are_given_is_chosen() -> None:
    network = info("Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d")
    assert {unit.layer for unit in pick_units(network, 6)} == {"l1", "l4"}


def test_no_unit_is_chosen_twice() -> None:
    chosen = pick_units(info("Conv2d"), 6)
    assert len(chosen) == len(set(chosen)) == 2


def test_a_network_without_convolutions_has_no_units_to_choose() -> None:
    with pytest.raises(BadInput, match="no convolution"):
        pick_units(info("Linear", "ReLU"), 6)


def test_worst_is_the_far_end_of_what_is_asked() -> None:
    from dnnvis.bench.click import _summarize

    assert _summarize([0.1, 0.5, 0.2], "first_s") == {
        "median": 0.2,
        "worst": 0.5,
        "asked": "<= 0.3",
        "hold": "2 of 3 units",
    }
    assert _summarize([0.7, 0.9, 0.75], "share") == {
        "median": 0.75,
        "worst": 0.7,
        "asked": ">= 0.75",
        "hold": "2 of 3 units",
    }


def test_a_share_of_nothing_is_reached_or_not() -> None:
    from dnnvis.bench.click import fraction_reached

    assert fraction_reached(3.0, 4.0) == 0.75
    assert (
        fraction_reached(-2.0, -1.0),
        fraction_reached(-1.0, -1.0),
        fraction_reached(1.0, 0.0),
    ) == (0.0, 1.0, 1.0)


def test_photographs_are_the_pictures_of_a_folder(tmp_path: Path) -> None:
    from dnnvis.bench.click import load_photographs
    from dnnvis.sources.opencv import opencv

    for k in range(3):
        pixels = np.full((4 + k, 5, 3), 40 * k, np.uint8)
        opencv().imwrite(str(tmp_path / f"{k}.png"), pixels)
    (tmp_path / "notes.txt").write_text("none")
    assert [frame.pixels.shape[0] for frame in load_photographs(tmp_path)] == [4, 5, 6]
    assert len(load_photographs(tmp_path, 2)) == 2
    with pytest.raises(BadInput, match="no picture"):
        (tmp_path / "empty").mkdir()
        load_photographs(tmp_path / "empty")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    from dnnvis.cli.main import app

    monkeypatch.setattr("dnnvis.bench.system_load.measure_other_load", lambda: 0.25)
    threads, interval = torch.get_num_threads(), sys.getswitchinterval()

    def call(*words: object) -> Any:
        try:
            return CliRunner().invoke(app, ["bench", "click", *map(str, words)])
        finally:
            torch.set_num_threads(threads)
            sys.setswitchinterval(interval)

    return call


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "nonet"], "nonet"),
        (["--model", "real", "--nets", "nowhere"], "nowhere"),
        (["--model", "net1-mnist", "--data", "nowhere"], "nowhere"),
    ],
)
def test_a_wish_that_cannot_be_measured_is_told_of_before_a_window_opens(
    bench: Callable[..., Any], words: list[str], said: str
) -> None:
    result = bench(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_busy_machine_measures_nothing(
    bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnnvis.bench.system_load.measure_other_load", lambda: 0.9)
    result = bench("--json")
    assert result.exit_code == 2
    assert not result.stdout
    assert "0.90 cores" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs Qt's offscreen plug-in")
def test_a_click_is_followed_to_the_last_picture(
    bench: Callable[..., Any], own_data_folder: Path
) -> None:
    before = set(own_data_folder.rglob("*"))
    result = bench(
        "--model",
        "net2-cifar10",
        "--units",
        2,
        "--steps",
        24,
        "--long",
        32,
        "--seconds",
        0.2,
        "--threads",
        1,
        "--despite-load",
        "--json",
    )
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert figures["model"] == "net2-cifar10"
    assert figures["threads"] == 1
    assert figures["hooks_left"] == 0
    assert figures["threads_left"] == 0
    assert figures["bare_fps"] > 0
    assert figures["load"] == 0.25
    assert 0 <= figures["load_meanwhile"] < (os.cpu_count() or 1) + 0.5
    assert [row["unit"] for row in figures["units"]] == ["conv2[48]", "conv4[96]"]
    for row in figures["units"]:
        assert row["steps"] == 24
        assert row["objective_long"] > 0
        assert 0 < row["start_s"] <= row["first_s"] <= row["done_s"]
        assert row["share"] == pytest.approx(row["objective"] / row["objective_long"], abs=1e-3)
        assert row["live_ratio"] == pytest.approx(
            row["live_fps"] / min(figures["bare_fps"], 30), abs=2e-3
        )
    assert figures["done_s"]["worst"] == max(row["done_s"] for row in figures["units"])
    assert figures["share"]["worst"] == min(row["share"] for row in figures["units"])
    assert os.environ["DNNVIS_DATA"] == str(own_data_folder)
    assert set(own_data_folder.rglob("*")) == before, "the user's library was written to"
