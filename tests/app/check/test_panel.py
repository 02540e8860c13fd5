"""The card Check: what it says, and that one click takes a normalization and another goes back."""

from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from dnnvis.app.check import text
from dnnvis.app.check.panel import CheckPanel
from dnnvis.core.lens_results import (
    CheckReport,
    LayerHealth,
    Normalization,
    NormalizationCheck,
    NormalizationTrial,
)
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.plan_for import CHECK
from dnnvis.session.session import Session
from dnnvis.session.state import CheckChoice, SourceChoice, State

RAW = Normalization("0 to 255 minus the mean", (0.48502, 0.45796, 0.4076), (1 / 255,))
NOW = Normalization("as it is now", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
OWN = NetworkChoice(net="own.pt", labels="classes.txt")


def trial(normalization: Normalization, score: float, best_class: int = 0) -> NormalizationTrial:
    return NormalizationTrial(normalization, score, best_class, 0.9, 0.75, 0.6, 0.5, 0.5, np.nan)


def report(pictures: int = 12, gap: float = 1.0) -> CheckReport:
    trials = (trial(RAW, 1 + gap, 1), trial(NOW, 1.0))
    tied = (RAW.name,) if gap > 0.2 else (RAW.name, NOW.name)
    check = NormalizationCheck(trials, pictures, pictures, NOW.name, tied)
    layers = (LayerHealth("conv", 8, 0), LayerHealth("act", 10, 4, 2))
    return CheckReport(
        "toy",
        "32 x 32 RGB",
        assumed=True,
        input_range=(-2.1, 2.6),
        input_mean=(0.1, 0.2, 0.3),
        input_std=(1.0, 1.1, 1.2),
        entropy=np.log(50),
        chance=np.log(1000),
        labeled=12,
        right=3,
        layers=layers,
        pictures=pictures,
        normalization=check,
    )


@pytest.fixture
def panel(qtbot: QtBot, info: NetworkInfo) -> CheckPanel:
    source = SourceChoice("pictures", "somewhere")
    state = State(network=OWN, source=source, layer="conv", unit=Unit("conv", 3))
    panel = CheckPanel(Session(state))
    qtbot.addWidget(panel)
    panel.session.listen(panel.show_state)
    panel.resize(700, 360)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_info(info)
    return panel


def give(qtbot: QtBot, panel: CheckPanel, value: object) -> None:
    panel.on_message(CHECK, value)
    qtbot.waitUntil(lambda: len(panel.strip.tiles) > 0)


def test_it_opens_by_itself_once_where_something_is_odd(panel: CheckPanel) -> None:
    panel.on_message(CHECK, report(pictures=3))  # too few to call anything odd
    panel.on_message(CHECK, report(gap=0.0))
    assert not panel.session.state.check.shown
    panel.on_message(CHECK, report())
    assert panel.session.state.check.shown
    panel.session.update(check=CheckChoice(False))
    panel.on_message(CHECK, report())
    assert not panel.session.state.check.shown  # it was closed


def test_it_does_not_open_in_another_mode(panel: CheckPanel) -> None:
    panel.session.update(mode="map")
    panel.on_message(CHECK, report())
    assert not panel.session.state.check.shown


def test_a_click_takes_a_normalization_and_another_goes_back(
    qtbot: QtBot, panel: CheckPanel, info: NetworkInfo
) -> None:
    give(qtbot, panel, report())
    before = panel.session.state
    middle = panel.strip.tile_rect(0).center().toPoint()
    qtbot.mouseClick(panel.strip, Qt.MouseButton.LeftButton, pos=middle)
    state = panel.session.state
    assert state.network == replace(OWN, mean=RAW.mean, std=RAW.std, channel_order="RGB")
    assert (state.layer, state.unit, state.source) == (before.layer, before.unit, before.source)
    panel.show_info(info)  # it runs
    qtbot.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    assert panel.session.state.network == OWN
    assert panel.back.isHidden()


def test_a_click_on_what_runs_changes_nothing(qtbot: QtBot, panel: CheckPanel) -> None:
    give(qtbot, panel, report())
    middle: QPoint = panel.strip.tile_rect(1).center().toPoint()
    qtbot.mouseClick(panel.strip, Qt.MouseButton.LeftButton, pos=middle)
    assert panel.session.state.network == OWN


def test_the_tiles_say_the_answers_and_which_fits_best(
    qtbot: QtBot, panel: CheckPanel, info: NetworkInfo
) -> None:
    give(qtbot, panel, report())
    assert panel.sentence.text().startswith("The normalization looks wrong: of 12 pictures")
    best, now = panel.strip.tiles
    assert (best.name, best.remark, best.is_best) == (RAW.name, "fits best", True)
    assert (now.remark, now.is_current) == ("runs now", True)
    assert best.answer == info.labels[1]
    assert "mean 0.485,0.458,0.4076, std 0.003922" in best.tip
    assert panel.health.text() == "Dead on 12 pictures: 4 of 18 units; saturated: 2"
    layer = panel.bars.layer_at(0.0)
    assert layer is not None
    assert text.describe_layer(layer, None) == "conv: 0 of 8 units dead"


def test_the_facts_are_written_out() -> None:
    lines = text.list_facts(report())
    assert lines[0] == "Input: -2.10 to 2.60, mean 0.1, 0.2, 0.3, std 1, 1.1, 1.2"
    assert lines[1] == "Prepared: 32 x 32 RGB; mean and std were assumed"
    assert lines[2].startswith("Answers: as unsure as between 50 of 1,000 classes")
    assert lines[3] == "Right: 3 of 12 labeled pictures (25 %)"


def test_answers_as_good_as_chance_are_odd_too() -> None:
    value = replace(report(gap=0.0), entropy=6.9)
    assert "as good as chance" in value.odd
    assert replace(value, entropy=3.0).odd == ""
    assert text.describe_check(replace(value, entropy=3.0)).startswith("Nothing odd on 12 pictures")
