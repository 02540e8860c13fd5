"""Two networks on the same frames, measured in a window."""

from pathlib import Path

import pytest

from dnnvis.bench.window import live_compare
from dnnvis.bench.window.live_compare import LiveCompareBenchConfig, measure
from dnnvis.core.errors import BadInput

KEYS = """first second threads fused first_fps second_fps both_fps compare_ratio
    compare_processor_ratio hooks_left threads_left load"""


def test_the_figures_of_two_small_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    monkeypatch.setattr(live_compare, "SETTLE_SECONDS", 0.3)
    config = LiveCompareBenchConfig("net1-mnist", "net1-mnist-noise", 1, 0.6, 1)
    lines: list[str] = []
    figures = measure(config, 0.25, lines.append)
    assert set(figures) == set(KEYS.split())
    (line,) = lines
    assert line.startswith("  first ")
    rates = [figures[f"{name}_fps"] for name in ("first", "second", "both")]
    assert min(rates) > 0
    expected = rates[2] * (1 / rates[0] + 1 / rates[1])
    assert figures["compare_ratio"]["median"] == pytest.approx(expected, rel=0.05)
    assert (figures["hooks_left"], figures["threads_left"], figures["load"]) == (0, 0, 0.25)


def test_a_network_that_there_is_not_is_refused_at_once() -> None:
    with pytest.raises(BadInput):
        measure(LiveCompareBenchConfig("net1-mnist", "/no/such.pt"), 0.0, print)
