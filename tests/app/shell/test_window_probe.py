"""Change the pictures, and look at a unit's tuning curve, as people do."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnnvis.core.probing.perturbation import Perturbation
from dnnvis.core.unit import Unit
from dnnvis.session.state import SourceChoice
from dnnvis.sources.perturbation import perturb
from helpers.application_window import Stage, pictures, toy


@pytest.fixture
def stage(qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    source = SourceChoice("pictures", str(pictures(tmp_path, 1)))
    made = Stage(qtbot, tmp_path, toy(tmp_path), source)
    made.runs()
    return made


def test_a_slider_changes_what_the_network_sees_and_a_click_undoes_it(stage: Stage) -> None:
    live = stage.window.mosaic.live
    original = live.frame.pixels.copy()
    stage.window.run_action("perturb")
    assert stage.window.perturb.isVisible()
    stage.session.update(perturbation=Perturbation(brightness=0.3, rotation=90))
    stage.until(lambda: stage.window.mosaic.live.frame.perturbed)
    frame = stage.window.mosaic.live.frame
    np.testing.assert_array_equal(
        frame.pixels, perturb(original, stage.state.perturbation, frame.number)
    )
    strip = stage.window.edit_bar.strip
    assert stage.window.edit_bar.isVisible()
    assert strip.changed.text() == "pictures: brightness +0.30, turned 90°"
    strip.unchanged.click()
    stage.until(lambda: not stage.window.mosaic.live.frame.perturbed)
    np.testing.assert_array_equal(stage.window.mosaic.live.frame.pixels, original)
    assert stage.window.edit_bar.isHidden()


def test_the_tuning_curve_follows_the_selected_unit_and_is_kept(stage: Stage) -> None:
    state = stage.state
    stage.session.update(
        synthesis=replace(state.synthesis, shown=False, on_click=False),
        examples=replace(state.examples, shown=False),
    )
    stage.session.select(Unit("1", 2))
    stage.window.run_action("tuning")
    window = stage.window.tuning
    assert window.isVisible()
    stage.until(lambda: window.curve is not None and window.curve.progress == 1, 60)
    assert window.curve.unit == "1[2]"
    assert not window.curve.created
    stage.session.select(Unit("1", 3))
    stage.until(lambda: window.curve is not None and window.curve.unit == "1[3]", 60)
    stage.session.select(Unit("1", 2))
    stage.until(lambda: window.curve is not None and window.curve.created, 60)
    minutes = r"kept \d{4}-\d\d-\d\d \d\d:\d\d$"
    assert re.search(minutes, window.caption.text())
    window.again.click()
    stage.until(
        lambda: (
            window.curve is not None and window.curve.progress == 1 and not window.curve.created
        ),
        60,
    )
    stage.session.update(tuning=replace(stage.state.tuning, kind="hues", run=0))
    stage.until(lambda: window.curve is not None and window.curve.kind == "hues", 60)
    stage.session.update(edits=("0[0] = 0",))
    stage.until(lambda: "with the edits" in window.caption.text(), 60)
    window.close()
    assert not stage.state.tuning.shown
