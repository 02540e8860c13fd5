import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from dnnvis.core.messages import LayerInfo, NetworkInfo

pytest.importorskip("PyQt6.QtWidgets")

KEYS = {
    "model",
    "threads",
    "shown_fps",
    "bare_fps",
    "live_ratio",
    "live_processor_ratio",
    "fused",
    "backward_ratio",
    "gap_share_ok",
    "gap_max_ms",
    "age_ratio",
    "rss_growth_mb",
    "hooks_left",
    "threads_left",
    "load",
}


def test_the_layer_on_show_is_the_one_with_most_maps() -> None:
    from dnnvis.bench.live import find_widest_layer

    layers = (
        LayerInfo("a", "Conv2d", (8, 4, 4)),
        LayerInfo("b", "Conv2d", (16, 4, 4)),
        LayerInfo("c", "ReLU", (16, 2, 2)),
        LayerInfo("dense", "Linear", (500, 1, 1)),
    )
    info = NetworkInfo("toy", layers, (), (8, 8), 3)
    assert find_widest_layer(info) == "b"
    assert find_widest_layer(NetworkInfo("toy", layers[3:], (), (8, 8), 3)) == "dense"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "nonet"], "nonet"),
        (["--model", "net1-mnist", "--layer", "conv99"], "conv99"),
        (["--model", "net1-mnist", "--lenses", "xray"], "xray"),
    ],
)
def test_a_wish_that_cannot_be_measured_is_told_of_at_once(
    bench: Callable[..., Any], words: list[str], said: str
) -> None:
    result = bench("live", *words, "--pairs", 1)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_busy_machine_measures_nothing(
    bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnnvis.bench.system_load.measure_other_load", lambda: 0.9)
    for command in ("live", "start"):
        result = bench(command, "--json")
        assert result.exit_code == 2
        assert not result.stdout
        assert "0.90 cores" in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs Qt's offscreen plug-in")
@pytest.mark.parametrize("model", ["net1-mnist", "net2-cifar10"])
def test_bench_live_prints_one_object_with_every_figure(
    bench: Callable[..., Any], model: str
) -> None:
    result = bench(
        "live",
        "--model",
        model,
        "--pairs",
        1,
        "--seconds",
        0.3,
        "--frames",
        0,
        "--despite-load",
        "--json",
    )
    assert result.exit_code == 0, result.stderr
    (line,) = result.stdout.splitlines()
    figures = json.loads(line)
    assert figures.keys() >= KEYS
    assert figures["model"] == model
    assert figures["load"] == 0.25
    assert figures["hooks_left"] == 0
    assert figures["threads_left"] == 0
    assert figures["rss_growth_mb"] is None
    assert 0 < figures["gap_share_ok"] <= 1
    rates = ("shown_fps", "bare_fps", "live_ratio", "live_processor_ratio")
    for key in (*rates, "backward_ratio", "age_ratio"):
        assert figures[key] > 0
