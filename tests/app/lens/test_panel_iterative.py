"""A lens panel with a lens that works for many steps on the frame it began with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.lens.panel import LensPanelView
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import LensPanel, State
from helpers.application_window import Stage, toy

UNIT = Unit("block.conv", 1)


@pytest.fixture
def panel(qtbot: QtBot, info: NetworkInfo, live: Live) -> LensPanelView:
    state = State(unit=UNIT, panels={"a": LensPanel("inversion"), "b": LensPanel("guided")})
    made = LensPanelView(Session(state), "a", stale_after_ms=0)
    qtbot.addWidget(made)
    made.session.listen(made.show_state)
    made.resize(240, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.show_info(info)
    made.on_message("live", live)
    return made


def grown(progress: float = 0.25) -> SynthesisResult:
    values = np.full((8, 8, 3), 0.5, np.float32)
    return SynthesisResult(
        values,
        caption="what block.conv knows",
        unit=str(UNIT),
        frame=142,
        network="toy",
        progress=progress,
    )


def test_it_has_no_views_seeds_or_layers_but_begins_again(panel: LensPanelView) -> None:
    assert panel.invert_button.isVisible()
    assert panel.lens.isVisible()
    assert not (panel.shown_as.isVisible())
    assert not (panel.seed.isVisible())
    assert not (panel.to.isVisible())
    panel.invert_button.click()
    assert panel.session.state.panels["a"].run == 1
    panel.session.update(
        panels={**panel.session.state.panels, "a": replace(panel.choice, lens="deconvnet")}
    )
    assert panel.shown_as.isVisible()
    assert not panel.invert_button.isVisible()


def test_how_far_it_is_stands_first(panel: LensPanelView) -> None:
    panel.on_message("a", grown())
    assert panel.notes.text() == "25 % · what block.conv knows"
    panel.on_message("a", grown(1.0))
    assert panel.notes.text() == "what block.conv knows"
    assert (panel.view.pixels == 128).all()


def test_other_frames_do_not_make_it_stale_but_another_unit_does(
    panel: LensPanelView, live: Live
) -> None:
    panel.on_message("a", grown())
    later = replace(live, frame=replace(live.frame, number=999))
    panel.on_message("live", later)
    assert not panel.stale_reason()
    assert "frame 142" in panel.caption.text()
    panel.session.select(Unit("block.conv", 2))
    assert "no longer the selected unit" in panel.stale_reason()


def test_inversion_of_the_present_frame_grows_and_is_begun_again_with_r(
    qtbot: Any, tmp_path: Path
) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    stage.runs()
    panels = dict(stage.state.panels)
    panels["lens3"] = LensPanel("inversion")
    stage.session.update(panels=panels)
    stage.session.select(Unit("1", 2))
    view = stage.window.lenses["lens3"]
    stage.until(lambda: isinstance(view.received, SynthesisResult) and view.received.step > 3)
    first = view.received
    assert first.values.shape == (16, 16, 3)
    assert first.frame >= 0
    assert first.curve[-1, 0] < first.curve[0, 0]
    assert "normalised error" in view.notes.text()
    stage.bot.keyClick(stage.window, Qt.Key.Key_R)
    stage.until(
        lambda: isinstance(view.received, SynthesisResult) and view.received.frame > first.frame
    )
    assert not view.stale_reason()
