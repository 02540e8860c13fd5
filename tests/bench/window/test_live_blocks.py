"""Building blocks on in a window, measured."""

from pathlib import Path

import pytest

from dnnvis.bench.window import live_blocks
from dnnvis.bench.window.live_blocks import LiveBlocksBenchConfig, measure

KEYS = """model layer k blocks_fps shown_fps shown_fps_without gap_share_ok gap_share_ok_without
    gap_max_ms engine_ms engine_ms_without explained threads hooks_left threads_left load"""


def test_the_figures_of_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    monkeypatch.setattr(live_blocks, "WARM_SECONDS", 0.2)
    config = LiveBlocksBenchConfig("net2-cifar10", "elu7", 3, pairs=1, seconds=1.5, threads=1)
    lines: list[str] = []
    figures = measure(config, 0.25, lines.append)
    assert set(figures) == set(KEYS.split())
    assert len(lines) == 1
    assert (figures["model"], figures["layer"], figures["k"]) == ("net2-cifar10", "elu7", 3)
    assert figures["blocks_fps"] > 0
    assert figures["engine_ms"] > 0
    assert 0 < figures["explained"] < 1
    assert 0 <= figures["gap_share_ok"] <= 1
    assert (figures["hooks_left"], figures["threads_left"], figures["load"]) == (0, 0, 0.25)
