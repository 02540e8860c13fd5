"""The lenses of attribution in a lens panel, and their pictures put to the test there."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from dnnvis.app.lens.audit_part import AuditPart
from dnnvis.app.lens.audit_view import describe_audit_weights
from dnnvis.app.lens.panel import LensPanelView
from dnnvis.core.attribution.audit import AttributionAudit, WeightsComparison
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import Request
from dnnvis.session.plan_for import audit_key, plan_for
from dnnvis.session.session import Session
from dnnvis.session.state import LensPanel, State
from helpers.application_window import Stage, toy

UNIT = Unit("block.conv", 1)
AREAS = {"deletion": 0.2, "deletion control": 0.5, "insertion": 0.8, "insertion control": 0.4}


@pytest.fixture
def panel(qtbot: QtBot, info: NetworkInfo, live: Live) -> LensPanelView:
    state = State(unit=UNIT, panels={"a": LensPanel("occlusion"), "b": LensPanel("layercam")})
    made = LensPanelView(Session(state), "a", stale_after_ms=0)
    qtbot.addWidget(made)
    made.session.listen(made.show_state)
    made.resize(300, 500)
    with qtbot.waitExposed(made):
        made.show()
    made.show_info(info)
    made.on_message("live", live)
    return made


def audited(progress: float = 1.0) -> AttributionAudit:
    fractions = np.linspace(0, 1, 5).astype(np.float32)
    curves = {name: np.linspace(0, area, 5).astype(np.float32) for name, area in AREAS.items()}
    compared = (WeightsComparison(2, 3, 0.125, 0.25),)
    return AttributionAudit(
        "occlusion", fractions, curves, AREAS, compared, caption="value of it", progress=progress
    )


def test_a_card_too_small_for_its_controls_has_them_all_in_its_fold(qtbot: QtBot) -> None:
    state = State(unit=UNIT, panels={"a": LensPanel("layercam")})
    made = LensPanelView(Session(state), "a")
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.resize(200, made.minimumHeight())  # as before the first layout of a card
    qtbot.waitUntil(lambda: made._test_row.isHidden())
    assert not made.audit.button.isVisible()
    made.set_compact(True)
    assert made.fold is not None
    made.fold.show()
    assert made.audit.button.isVisible()
    assert made.to.isVisible()
    made.set_compact(False)
    made.resize(200, made.minimumHeight())
    qtbot.waitUntil(lambda: not made.audit.button.isVisible())


def test_each_lens_has_its_own_settings(panel: LensPanelView) -> None:
    shown = {
        "occlusion": {panel.shown_as, panel.patch, panel.side, panel.invert_button},
        "integrated": {panel.shown_as, panel.baseline, panel.invert_button},
        "layercam": {panel.to},
        "inversion": {panel.invert_button},
        "guided": {panel.shown_as, panel.seed, panel.to},
    }
    for lens, own in shown.items():
        panels = {**panel.state.panels, "a": replace(panel.choice, lens=lens)}
        panel.session.update(panels=panels)
        parts = (
            *(panel.shown_as, panel.seed, panel.to, panel.patch, panel.side, panel.baseline),
            panel.invert_button,
        )
        assert {part for part in parts if part.isVisible()} == own, lens
        assert panel.audit.button.isVisible() == (lens != "inversion")
        assert (panel.to.itemText(0) == "at the last map") == (lens == "layercam")


def test_the_settings_go_into_the_request(panel: LensPanelView, info: NetworkInfo) -> None:
    panel.patch.setCurrentIndex(panel.patch.findData("mean"))
    panel.patch.activated.emit(panel.patch.currentIndex())
    panel.side.setCurrentIndex(panel.side.findData(8))
    panel.side.activated.emit(panel.side.currentIndex())
    requests = plan_for(panel.session.state, info).requests
    settings = (("patch", "mean"), ("size", 8))
    assert requests["a"] == Request("occlusion", UNIT, settings, False, 0)
    assert requests["b"] == Request("layercam", UNIT, (("to", "input"),))
    assert audit_key("a") not in requests
    panel.audit.button.click()
    request = plan_for(panel.session.state, info).requests[audit_key("a")]
    assert (request.lens, request.follow, request.unit) == ("audit", False, UNIT)
    params = dict(request.params)
    assert params["method"] == "occlusion"
    assert json.loads(params["settings"]) == {"patch": "mean", "size": 8}


def test_curves_and_sentence_are_shown_while_they_are_asked_for(panel: LensPanelView) -> None:
    panel.on_message(audit_key("a"), audited())
    assert not panel.audit.isVisible()  # nobody asked
    panel.audit.button.click()
    panel.on_message(audit_key("a"), audited(0.5))
    assert panel.audit.isVisible()
    assert "testing: 50 %" in panel.audit.text.text()
    panel.on_message(audit_key("a"), audited())
    text = panel.audit.text.text()
    assert "better than random in both curves" in text
    assert "last 2 of 3 layers shuffled: rank correlation 0.12, SSIM 0.25" in text
    heading = panel.audit.curves.describe_areas("insertion")
    assert "0.800" in heading
    assert "0.400" in heading
    pixels = panel.audit.curves.grab().toImage()
    colors = {pixels.pixel(x, y) for x in range(pixels.width()) for y in range(pixels.height())}
    assert len(colors) > 4  # lines and numbers
    panel.audit.button.click()
    assert not panel.audit.isVisible()
    assert panel.session.state.panels["a"].audited == ""


def test_another_unit_or_lens_ends_it(panel: LensPanelView, info: NetworkInfo) -> None:
    panel.audit.button.click()
    panel.session.select(Unit("block.conv", 2))
    assert not panel.audit.button.isChecked()
    assert audit_key("a") not in plan_for(panel.session.state, info).requests
    panel.session.select(UNIT)
    panel.lens.setCurrentIndex(panel.lens.findData("gradient"))
    panel.lens.activated.emit(panel.lens.currentIndex())
    assert panel.session.state.panels["a"].audited == ""


def test_a_failure_is_a_sentence_below_the_picture(panel: LensPanelView) -> None:
    panel.audit.button.click()
    panel.on_message(audit_key("a"), Failure("No picture to test."))
    assert panel.audit.text.text() == "No picture to test."
    assert not panel.audit.curves.isVisible()


def test_a_picture_of_zeros_says_why(panel: LensPanelView) -> None:
    caption = "how far it falls; exactly zero everywhere: no patch changes the unit"
    recipe = {"lens": "occlusion"}
    zeros = np.zeros((8, 8, 1), np.float32)
    picture = Picture(zeros, "signed", caption, recipe, unit=str(UNIT), frame=142, network="toy")
    panel.on_message("a", picture)
    assert panel.view.message == caption


def test_a_user_puts_a_picture_to_the_test(qtbot: Any, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path))
    stage.runs()
    panels = {**stage.state.panels, "lens3": LensPanel("occlusion")}
    stage.session.update(panels=panels)
    stage.session.select(Unit("1", 2))
    view = stage.window.lenses["lens3"]
    stage.until(lambda: isinstance(view.received, Picture) and view.received.progress == 1)
    assert "patches" in view.notes.text()
    part: AuditPart = view.audit
    part.button.click()
    stage.until(lambda: part.curves.audit is not None and part.curves.audit.progress == 1)
    audit = part.curves.audit
    assert audit is not None
    assert audit.unit == "1[2]"
    assert audit.sentence in part.text.text()
    panels = {**stage.state.panels, "lens2": LensPanel("layercam")}
    stage.session.update(panels=panels)
    other = stage.window.lenses["lens2"]
    stage.until(
        lambda: isinstance(other.received, Picture) and other.received.recipe["lens"] == "layercam"
    )
    assert other.received.recipe["to"] == "0"


def test_no_picture_on_shuffled_weights_is_said_and_no_number() -> None:
    nothing = WeightsComparison(3, 3, float("nan"), float("nan"))
    audit = replace(audited(), comparisons=(*audited().comparisons, nothing))
    text = describe_audit_weights(audit)
    assert "last 2 of 3 layers shuffled: rank correlation 0.12, SSIM 0.25" in text
    assert "last 3 of 3 layers shuffled: no picture" in text
    assert "nan" not in text
