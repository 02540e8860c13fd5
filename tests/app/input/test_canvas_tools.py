"""The canvas in the window: an automaton is erased, planted, cut, and heals."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtWidgets import QWidget

from dnnvis.app.input.board_offer import BoardOffer
from dnnvis.app.input.board_viewport import cells_around
from dnnvis.app.input.canvas_tools import HALVES, cells_of_half
from dnnvis.app.main import LaunchOptions, load_first_state
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.state import SourceChoice, State
from dnnvis.sources.canvas.codec import parse_canvas
from dnnvis.zoo.beyond.nca import NcaSpec
from helpers.application_window import Stage, toy
from helpers.automata import SMALL, automaton_file
from helpers.strips import life_info

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
PLAIN, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
STILL = SourceChoice(kind="canvas", canvas_side=24, canvas_rate=0.5)


class Hand:
    """A window whose source is a canvas, held still, and a hand over it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.panel = stage.window.input
        self.view, self.tools = self.panel.view, self.panel.canvas
        stage.until(lambda: self.tools.brush.is_active)

    @property
    def state(self) -> np.ndarray:
        state = self.panel.live.frame.state
        assert state is not None
        return state

    def point(self, cell: tuple[int, int]) -> QPoint:
        sight, place = self.tools.brush.viewport, self.view.image_rect()
        scale = place.width() / sight.image_size[1]
        y, x = sight.corner(cell)
        high, wide = sight.cell_size
        there = QPointF(place.x() + (x + wide / 2) * scale, place.y() + (y + high / 2) * scale)
        return there.toPoint()

    def stroke(self, *cells: tuple[int, int], button: Any = LEFT, held: Any = PLAIN) -> None:
        self.stage.bot.mousePress(self.view, button, held, self.point(cells[0]))
        for cell in cells[1:]:
            self.stage.bot.mouseMove(self.view, self.point(cell))
        self.stage.bot.mouseRelease(self.view, button, pos=self.point(cells[-1]))

    def until_state(self, condition: Callable[[np.ndarray], bool]) -> None:
        self.stage.until(lambda: bool(condition(self.state)))


@pytest.fixture
def hand(qtbot: Any, tmp_path: Path) -> Hand:
    file = automaton_file(tmp_path, NcaSpec(channels=6, hidden=4, steps=3, live_steps=2))
    made = Hand(Stage(qtbot, tmp_path, NetworkChoice(net=str(file)), STILL))
    made.stage.session.update(frozen=True)
    return made


def test_a_stroke_erases_a_disk_and_the_right_button_plants(hand: Hand) -> None:
    hand.tools.plant.click()
    for cell in ((4, 4), (12, 12), (20, 18)):
        hand.stroke(cell)
    hand.until_state(
        lambda s: all((s[:, y, x] == 1).all() for y, x in ((4, 4), (12, 12), (20, 18)))
    )
    hand.tools.erase.click()
    hand.tools.radius.setValue(2)
    hand.stroke((12, 10), (12, 16))
    hand.until_state(lambda s: not s[:, 12, 9:18].any() and not s[:, 10:15, 12].any())
    assert (hand.state[:, 4, 4] == 1).all()
    hand.stroke((9, 9), button=RIGHT)
    hand.until_state(lambda s: bool((s[:, 9, 9] == 1).all()))
    hand.stroke((9, 9), (9, 14), held=CTRL)  # plants where it begins, and nowhere else
    hand.until_state(lambda s: bool((s[:, 9, 9] == 1).all()))
    assert not hand.state[:, 9, 14].any()
    hand.stage.bot.keyClick(hand.stage.window, Qt.Key.Key_Comma)
    assert hand.panel.is_double_click_free() is False


def test_halves_are_cut_and_a_step_back_brings_them_again(hand: Hand) -> None:
    hand.tools.plant.click()
    hand.stroke((4, 4))
    hand.stroke((4, 20))
    hand.until_state(lambda s: s[0, 4, 4] == 1 and s[0, 4, 20] == 1)
    menu = hand.tools.cut.menu()
    next(action for action in menu.actions() if action.text() == HALVES["left"]).trigger()
    hand.until_state(lambda s: s[0, 4, 4] == 0 and s[0, 4, 20] == 1)
    hand.stage.bot.keyClick(hand.stage.window, Qt.Key.Key_Comma)
    hand.until_state(lambda s: s[0, 4, 4] == 1 and s[0, 4, 20] == 1)
    hand.tools.clear.click()
    hand.until_state(lambda s: not s.any())
    hand.stage.until(lambda: "plant a seed" in hand.tools.step_label.text())
    hand.tools.seed.click()
    hand.until_state(lambda s: s[0].sum() == 1 and s[0, 12, 12] == 1)


def test_strokes_are_undone_and_the_canvas_is_kept_with_the_state(hand: Hand) -> None:
    backend, session = hand.stage.window.backend, hand.stage.session
    hand.tools.plant.click()
    hand.stroke((4, 4))
    hand.until_state(lambda s: s[0, 4, 4] == 1)
    assert "draw on the canvas" in session.history.undo_text(session.state)
    hand.tools.clear.click()
    hand.until_state(lambda s: not s.any())
    backend.undo()
    hand.until_state(lambda s: s[0, 4, 4] == 1)
    kept = backend.current_source()
    state, _ = parse_canvas(kept.canvas)
    assert (state == hand.state).all()
    backend.undo()
    hand.until_state(lambda s: s[0, 4, 4] == 0)
    backend.redo()
    hand.until_state(lambda s: s[0, 4, 4] == 1)
    backend.open_source(kept)  # as a saved state is opened
    hand.until_state(lambda s: bool((s == state).all()))


def test_size_and_speed_change_without_a_new_canvas(hand: Hand) -> None:
    hand.tools.plant.click()
    hand.stroke((3, 3))
    hand.until_state(lambda s: s[0, 3, 3] == 1)
    hand.tools.side.setValue(30)
    hand.until_state(lambda s: s.shape == (6, 30, 30) and s[0, 6, 6] == 1)
    hand.tools.speed.setValue(12)
    source = hand.stage.state.source
    assert (source.canvas_side, source.canvas_rate) == (30, 12)
    assert hand.state[0, 6, 6] == 1
    hand.stage.session.update(source=replace(source, canvas_side=26))  # as undo does it
    hand.until_state(lambda s: s.shape == (6, 26, 26) and s[0, 4, 4] == 1)


def test_all_panels_see_the_whole_state(hand: Hand) -> None:
    hand.stage.session.update(layer="encoder")
    hand.stroke((4, 4), button=RIGHT)
    hand.until_state(lambda s: s[5, 4, 4] == 1)
    mosaic = hand.stage.window.mosaic
    hand.stage.until(lambda: mosaic.live.maps["encoder"][5, 4, 4] == 1)
    assert np.array_equal(mosaic.live.maps["encoder"], mosaic.live.frame.state)
    info = hand.stage.window.backend.info
    assert info is not None
    assert info.states == (("encoder", 0), ("cell", 0), ("cell", 1))
    strip = hand.stage.window.steps
    hand.stage.until(lambda: strip.current_strip is not None)
    assert len(strip.current_strip.rows["imagination"]) == 3


def test_with_another_network_the_canvas_is_a_picture_that_stays(
    qtbot: Any, tmp_path: Path
) -> None:
    stage = Stage(qtbot, tmp_path, toy(tmp_path), replace(STILL, canvas_rate=30.0))
    stage.until(lambda: stage.window.frame_stats.count > 3)
    stage.until(lambda: "is no automaton" in stage.window.input.canvas.hint.text())
    live = stage.window.input.live
    assert live.frame.label == "step 0, 1 cell alive"
    assert live.pixels.shape == (16, 16, 3)


def test_an_automaton_is_offered_a_canvas(qtbot: Any) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    offer = BoardOffer(parent)
    info = replace(life_info(), binary=False, state_channels=16)
    offer.show_for(State(), info)
    assert not offer.isHidden()
    assert "heals" in offer.label.text()
    with qtbot.waitSignal(offer.requested, timeout=1000) as caught:
        offer.button.click()
    assert caught.args == ["canvas"]
    offer.show_for(State(source=SourceChoice("canvas")), info)
    assert offer.isHidden()


@pytest.mark.parametrize(
    ("net", "source", "kind"),
    [("nca", None, "canvas"), ("nca", "demo", "demo"), ("net1", None, "demo")],
)
def test_an_automaton_begins_on_a_canvas_unless_another_source_is_named(
    tmp_path: Path, net: str, source: str | None, kind: str
) -> None:
    options = LaunchOptions(NetworkChoice(net=net), source)
    assert load_first_state(options, tmp_path / "window.json").source.kind == kind


def test_a_disk_is_round_and_a_half_is_half() -> None:
    for radius, count in ((0, 1), (1, 5), (2, 21), (4, 61)):
        assert len(set(cells_around((9, 9), radius))) == count
    both = set(cells_of_half((6, 9), "left")) | set(cells_of_half((6, 9), "right"))
    assert len(both) == 54
    assert set(cells_of_half((6, 9), "top")) == {(y, x) for y in range(3) for x in range(9)}
    assert not set(cells_of_half((6, 9), "top")) & set(cells_of_half((6, 9), "bottom"))
    assert SMALL.channels == 6
