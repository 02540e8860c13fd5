"""Sliders that change the pictures."""

from typing import Any

import pytest

from dnnvis.app.probe.perturb_window import NAMES, STEPS, PerturbWindow, from_slider, to_slider
from dnnvis.core.probing.perturbation import RANGES, Perturbation
from dnnvis.session.session import Session
from dnnvis.session.state import State


@pytest.mark.parametrize("name", NAMES)
def test_a_slider_reaches_both_ends_and_what_changes_nothing(name: str) -> None:
    low, high = RANGES[name]
    assert from_slider(name, 0) == pytest.approx(low)
    assert from_slider(name, STEPS) == pytest.approx(high)
    plain = getattr(Perturbation(), name)
    assert from_slider(name, to_slider(name, plain)) == plain
    for position in range(STEPS + 1):
        assert to_slider(name, from_slider(name, position)) == position


def test_sliders_change_the_state_and_follow_it(qtbot: Any) -> None:
    session = Session(State())
    window = PerturbWindow(session)
    qtbot.addWidget(window)
    session.listen(window.show_state)
    window.sliders["rotation"].setValue(to_slider("rotation", 45))
    assert session.state.perturbation.rotation == pytest.approx(45, abs=1)
    assert "turned 45°" in window.caption.text()
    session.update(perturbation=Perturbation(noise=0.25))
    assert window.sliders["noise"].value() == STEPS // 2
    assert window.numbers["noise"].text() == "0.25"
    window.reset.click()
    assert session.state.perturbation.is_identity
    assert "unchanged" in window.caption.text()
    assert set(NAMES) == set(RANGES) == set(window.sliders)
