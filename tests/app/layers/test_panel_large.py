import threading
from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.app.layers import drawing
from dnnvis.app.layers.panel import MosaicPanel
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.imaging import maps_summary
from dnnvis.session.session import Session
from dnnvis.session.state import State


def brighten(live: Live, factor: float) -> Live:
    """Return another frame whose maps are so many times as strong."""
    return replace(live, maps={name: factor * maps for name, maps in live.maps.items()})


@pytest.fixture
def panel(
    qtbot: QtBot, info: NetworkInfo, live: Live, monkeypatch: pytest.MonkeyPatch
) -> MosaicPanel:
    """A mosaic on show that counts as large, with its first frame."""
    monkeypatch.setattr(drawing, "MAX_PROMPT_VALUES", 10)
    panel = MosaicPanel(Session(State(layer="block.conv", order="index")))
    qtbot.addWidget(panel)
    panel.resize(700, 500)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_info(info)
    panel.on_message("live", live)
    QApplication.processEvents()
    return panel


def test_ranges_of_a_large_mosaic_are_found_beside_the_window(
    qtbot: QtBot, panel: MosaicPanel, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    compute = maps_summary.compute_ranges

    def note(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
        threads.append(threading.current_thread().name)
        return compute(maps)

    monkeypatch.setattr(maps_summary, "compute_ranges", note)
    shown: list[Live] = []
    panel.painted.connect(shown.append)
    latest = brighten(live, 3.0)
    panel.on_message("live", brighten(live, 2.0))
    panel.on_message("live", latest)
    assert panel.live is live  # what is on screen
    qtbot.waitUntil(lambda: bool(shown) and shown[-1] is latest)
    assert panel.live is latest
    np.testing.assert_array_equal(panel.export_values(), latest.maps["block.conv"])
    assert set(threads) == {"dnnvis-mosaic"}


def test_a_mosaic_that_is_hidden_meanwhile_shows_the_newest_frame_later(
    qtbot: QtBot, panel: MosaicPanel, live: Live
) -> None:
    latest = brighten(live, 2.0)
    panel.on_message("live", latest)
    panel.hide()
    panel.show()
    qtbot.waitUntil(lambda: panel.live is latest and not panel._worker.is_running)
    newest = latest.maps["block.conv"]
    qtbot.waitUntil(lambda: np.array_equal(panel.export_values(), newest))  # once it is delivered


def test_a_frame_of_the_network_before_is_not_shown(
    qtbot: QtBot, panel: MosaicPanel, live: Live, info: NetworkInfo
) -> None:
    panel.on_message("live", brighten(live, 2.0))
    panel.show_info(info)
    qtbot.waitUntil(lambda: not panel._worker.is_running)
    QApplication.processEvents()
    assert panel.live is None
