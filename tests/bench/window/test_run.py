"""What is opened for each mode that is measured."""

import pytest

from dnnvis.bench.window.run import WindowBenchConfig, _choose_state
from dnnvis.session.state import MODES, Mode


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_is_opened_with_something_to_show(mode: Mode) -> None:
    state = _choose_state(WindowBenchConfig(), mode, "light")
    assert (state.mode, state.theme, state.unlocked) == (mode, "light", False)
    assert state.map.shown == (mode == "map")
    assert (state.source.kind == "life") == (mode == "time")
