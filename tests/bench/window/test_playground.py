"""A network that learns in a window, measured."""

from pathlib import Path

import pytest

from dnnvis.bench.window import playground
from dnnvis.bench.window.playground import PlaygroundBenchConfig, measure

KEYS = """model data steps bare_steps step_ratio step_ratio_asked shown_fps shown_fps_asked
    gap_share_ok gap_share_asked gap_max_ms threads platform hooks_left threads_left load"""


def test_the_figures_of_a_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))
    monkeypatch.setattr(playground, "WARM_SECONDS", 0.2)
    config = PlaygroundBenchConfig("mlp-2d:4", "xor", pairs=1, seconds=1.0, threads=1)
    lines: list[str] = []
    figures = measure(config, 0.25, lines.append)
    assert set(figures) == set(KEYS.split())
    assert len(lines) == 1
    assert (figures["model"], figures["data"], figures["load"]) == ("mlp-2d:4", "xor", 0.25)
    assert figures["steps"] > 0
    assert figures["bare_steps"] > 0
    assert figures["step_ratio"] == pytest.approx(
        figures["steps"] / figures["bare_steps"], abs=0.01
    )
    assert figures["shown_fps"] > 0
    assert 0 <= figures["gap_share_ok"] <= 1
    assert (figures["hooks_left"], figures["threads_left"]) == (0, 0)
