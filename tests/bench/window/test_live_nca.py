"""An automaton through the whole window, against canvas and network alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dnnvis.bench.window import live_nca
from dnnvis.core.errors import BadInput
from dnnvis.zoo.beyond.nca import NcaSpec
from dnnvis.zoo.catalog import open_network
from helpers.automata import automaton_file

pytest.importorskip("PyQt6.QtWidgets")

KEYS = {
    *("model", "canvas", "threads", "shown_per_s", "bare_per_s", "live_ratio"),
    *("hooks_left", "threads_left", "load"),
}


def test_bare_is_a_step_of_the_canvas_and_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_nca, "SIDE", 16)
    network = open_network(automaton_file(tmp_path))
    assert live_nca.measure_bare_rate(network, 0.05) > 5
    assert network.card.size == (16, 16)
    assert network.module.follows_states


def test_a_network_that_is_no_automaton_is_refused() -> None:
    config = live_nca.LiveNcaBenchConfig("net1-mnist")
    with pytest.raises(BadInput, match="net1-mnist is no automaton"):
        live_nca.measure(config, 0.0, print)


def test_the_window_shows_what_the_canvas_brings(bench: Callable[..., Any], tmp_path: Path) -> None:
    spec = NcaSpec(channels=6, hidden=4, steps=5, live_steps=1)
    file = automaton_file(tmp_path, spec, "nca-mine")
    result = bench("live", "--model", file, "--pairs", 1, "--seconds", 1, "--threads", 1, "--json")
    assert result.exit_code == 0, result.stderr
    (line,) = (json.loads(text) for text in result.stdout.splitlines())
    assert set(line) == KEYS
    assert line["hooks_left"] == line["threads_left"] == 0
    assert line["shown_per_s"] > 5
