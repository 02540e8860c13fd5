"""Mosaics drawn beside the window are those that the window draws itself."""

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.app.layers import drawing
from dnnvis.app.layers.drawing import MosaicRequest, color_pixels, draw_mosaic, scaled_size
from dnnvis.app.layers.panel import MosaicPanel
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.imaging import colorize
from dnnvis.imaging.mosaic import build_grid
from dnnvis.session.session import Session
from dnnvis.session.state import State


def request_of(maps: np.ndarray, *, finite: bool = True, scale: float | None) -> MosaicRequest:
    grid = build_grid(*maps.shape, aspect=1.5)
    table = colorize.build_lookup_table("viridis")
    return MosaicRequest(maps, grid, -1.0, 2.0, 1.0, False, finite, table, scale)


def test_a_mosaic_is_drawn_step_by_step_as_here() -> None:
    maps = np.random.default_rng(0).normal(size=(6, 40, 30)).astype(np.float32)
    maps[2, 3, 4] = np.nan
    drawn = draw_mosaic(request_of(maps, finite=False, scale=0.5))
    indices, bad = colorize.mark_nonfinite(colorize.quantize(maps, -1.0, 2.0), maps)
    assert drawn.bad == bad == 1
    np.testing.assert_array_equal(drawn.indices, drawn.request.grid.render(indices))
    assert drawn.pixels is not None
    colors = colorize.pack_rgb(drawn.request.table)
    assert drawn.pixels.shape == tuple(side // 2 for side in drawn.indices.shape)
    np.testing.assert_array_equal(
        drawn.pixels, color_pixels(drawn.indices, colors, 0.5, signed=False)
    )
    assert np.isin(drawn.pixels, colors).all()


def test_without_a_scale_nothing_is_drawn_for_the_screen() -> None:
    maps = np.zeros((2, 5, 5), np.float32)
    assert draw_mosaic(request_of(maps, scale=None)).pixels is None


@pytest.mark.parametrize(("scale", "size"), [(0.25, (25, 10)), (3.0, (100, 40)), (0.001, (1, 1))])
def test_a_mosaic_has_at_most_a_pixel_a_cell_and_at_least_one(
    scale: float, size: tuple[int, int]
) -> None:
    assert scaled_size((100, 40), scale) == size


def screen_of(panel: MosaicPanel) -> np.ndarray:
    return np.array(panel.canvas.image._pixels)


def draw_twice(qtbot: QtBot, info: NetworkInfo, live: Live) -> MosaicPanel:
    """A panel that has drawn a frame, and then the same in other colors."""
    session = Session(State(layer="block.conv", order="index", contrast="running"))
    panel = MosaicPanel(session)
    qtbot.addWidget(panel)
    session.listen(panel.show_state)
    panel.resize(700, 500)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_info(info)
    panel.on_message("live", live)
    QApplication.processEvents()
    session.update(colours="magma", gamma=0.5)
    return panel


def test_the_panel_shows_the_same_whichever_thread_draws(
    qtbot: QtBot, info: NetworkInfo, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = draw_twice(qtbot, info, live)
    QApplication.processEvents()
    expected = screen_of(prompt)
    monkeypatch.setattr(drawing, "MAX_PROMPT_VALUES", 0)
    panel = draw_twice(qtbot, info, live)
    first = screen_of(panel)
    qtbot.waitUntil(lambda: not np.array_equal(screen_of(panel), first), timeout=10_000)
    np.testing.assert_array_equal(screen_of(panel), expected)
    assert panel.grid == prompt.grid
    panel.hide()
    assert not panel._worker.is_running


def test_a_mosaic_of_what_is_no_longer_on_show_is_dropped(
    qtbot: QtBot, info: NetworkInfo, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = draw_twice(qtbot, info, live)
    QApplication.processEvents()
    shown, grid = screen_of(panel), panel.grid
    assert panel._maps is not None
    request = request_of(panel._maps, scale=1.0)
    panel._receive_drawn("mosaic", draw_mosaic(request))
    assert panel.grid is grid
    np.testing.assert_array_equal(screen_of(panel), shown)
