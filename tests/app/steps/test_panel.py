"""The panel of steps, with strips made by hand: sliding, playing, clicking, choosing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from dnnvis.app.steps import text
from dnnvis.app.steps.panel import MIN_WIDTH_BESIDE_PIXELS, StepsPanel
from dnnvis.core.lens_results import Strip
from dnnvis.core.messages import Failure, LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.session import Session
from dnnvis.session.state import State, StepsChoice
from helpers.live_frames import make_live
from helpers.strips import STEPS, life_info, life_strip

IMAGINE = "imagine"


@pytest.fixture
def session() -> Session:
    return Session(State(layer="cell", unit=Unit("cell", 3), steps=StepsChoice(speed=8.0)))


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> StepsPanel:
    made = StepsPanel(session)
    qtbot.addWidget(made)
    session.listen(made.show_state)
    made.resize(700, 360)
    made.show()
    qtbot.waitExposed(made)
    made.show_info(life_info())
    return made


class Watch(QObject):
    """Notes every painting of what it watches."""

    def __init__(self, painted: list[object]) -> None:
        super().__init__()
        self.painted = painted

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.painted.append(event.type())
        return False


def press(qtbot: QtBot, panel: StepsPanel, row: int, column: int, cell: tuple[int, int]) -> None:
    qtbot.mouseClick(panel.strip, Qt.MouseButton.LeftButton, pos=point(panel, row, column, cell))


def point(panel: StepsPanel, row: int, column: int, cell: tuple[int, int]) -> QPoint:
    """The middle of a cell of a board, in the strip."""
    box, (high, wide) = panel.strip.picture_box(row, column), panel.strip.rows[row].size
    y, x = (cell[0] + 0.5) * box.height() / high, (cell[1] + 0.5) * box.width() / wide
    return QPointF(box.left() + x, box.top() + y).toPoint()


def place(session: Session) -> tuple[str, int, str]:
    return session.state.layer, session.state.call, str(session.state.unit)


def test_the_slider_brings_layer_and_unit_to_the_step(panel: StepsPanel, session: Session) -> None:
    assert (panel.bar.slider.maximum(), panel.bar.slider.value()) == (3, 3)
    assert panel.bar.count.text() == "3 / 3"
    panel.bar.slider.setValue(2)
    assert place(session) == ("cell", 1, "cell[3]#1")
    assert panel.bar.count.text() == "2 / 3"
    panel.bar.first.click()
    assert place(session) == ("encoder", -1, "encoder[3]")
    assert not panel.bar.previous.isEnabled()
    panel.bar.next.click()
    assert place(session) == ("cell", 0, "cell[3]#0")
    panel.bar.last.click()
    assert place(session) == ("cell", -1, "cell[3]")
    assert not panel.bar.next.isEnabled()
    panel.bar.previous.click()
    assert panel.bar.slider.value() == 2


def test_a_click_on_a_column_goes_to_its_step_and_frames_it(
    qtbot: QtBot, panel: StepsPanel, session: Session
) -> None:
    panel.on_message(IMAGINE, life_strip())
    assert panel.strip.present == 3
    press(qtbot, panel, 1, 2, (4, 4))
    assert place(session) == ("cell", 1, "cell[3]#1")
    assert panel.strip.present == 2


def test_a_strip_of_some_steps_only_frames_the_one_it_has(
    qtbot: QtBot, panel: StepsPanel, session: Session
) -> None:
    panel.on_message(IMAGINE, life_strip(3, steps=STEPS[1:]))
    assert panel.strip.headings == ("1  cell", "2  cell", "3  cell")
    press(qtbot, panel, 0, 0, (1, 1))
    assert session.state.call == 0
    assert panel.strip.present == 0
    panel.go_to_step(0)
    assert panel.strip.present is None


def test_the_mouse_over_a_cell_tells_its_values(panel: StepsPanel) -> None:
    told: list[str] = []
    panel.hovered.connect(told.append)
    panel.on_message(IMAGINE, life_strip())
    panel.strip.pointed.emit(panel.strip.spot_at(QPointF(point(panel, 1, 2, (0, 2)))))
    assert told[-1] == "step 2, cell (0, 2): truth 0, imagination 0.830, difference 0.830"
    box = panel.strip.column_box(0)
    panel.strip.pointed.emit(panel.strip.spot_at(QPointF(box.center().x(), box.bottom() - 3)))
    assert told[-1] == "step 0: 96.8 %, matches, trained"
    panel.strip.pointed.emit(None)
    assert told[-1] == ""


def test_keys_of_the_panel_walk_and_play(qtbot: QtBot, panel: StepsPanel, session: Session) -> None:
    qtbot.keyClick(panel.strip, Qt.Key.Key_Comma)
    assert session.state.call == 1
    qtbot.keyClick(panel.bar.slider, Qt.Key.Key_Comma)
    assert session.state.call == 0
    qtbot.keyClick(panel.strip, Qt.Key.Key_Period)
    assert session.state.call == 1
    qtbot.keyClick(panel.strip, Qt.Key.Key_Space)
    assert panel.playing
    qtbot.keyClick(panel.strip, Qt.Key.Key_Space)
    assert not panel.playing


def test_playing_begins_again_where_it_may_and_ends_where_not(
    qtbot: QtBot, panel: StepsPanel, session: Session
) -> None:
    seen: list[int] = []
    session.listen(lambda state: seen.append(panel.bar.slider.value()))
    panel.bar.play.click()  # from the last step: from the start
    qtbot.waitUntil(lambda: seen[-2:] == [3, 0], timeout=4000)
    assert seen[:4] == [0, 1, 2, 3]
    panel.bar.loop.click()
    assert not session.state.steps.loop
    qtbot.waitUntil(lambda: not panel.playing, timeout=4000)
    assert session.state.call == -1
    assert session.state.layer == "cell"


def test_a_hidden_panel_neither_plays_nor_draws(panel: StepsPanel) -> None:
    panel.play()
    panel.hide()
    assert not panel.playing
    before = panel.strip.rows
    panel.on_message(IMAGINE, life_strip())
    assert panel.strip.rows is before
    panel.play()
    assert not panel.playing
    panel.show()
    assert len(panel.strip.rows) == 3


def test_a_picture_a_frame_is_painted_once(panel: StepsPanel, qtbot: QtBot) -> None:
    painted: list[object] = []
    watch = Watch(painted)
    panel.strip.installEventFilter(watch)
    panel.strip.repaint()
    assert len(painted) == 1
    panel.on_message("live", make_live())
    panel.on_message(IMAGINE, life_strip())
    qtbot.waitUntil(lambda: len(painted) == 2, timeout=2000)
    qtbot.wait(50)
    assert len(painted) == 2


def test_what_is_missing_is_said_where_the_strip_would_be(
    panel: StepsPanel, session: Session
) -> None:
    assert "Source menu" in panel.strip.message  # no frame
    panel.on_message("live", make_live())
    assert panel.strip.message == text.STEPS_PENDING
    panel.on_message(IMAGINE, Failure("The cat sat on the decoder.", kind="BadInput"))
    assert panel.strip.message == "The cat sat on the decoder."
    panel.on_message(IMAGINE, Strip({}, message="No module fits.", network="life-toy"))
    assert panel.strip.message == "No module fits."
    assert not panel.drawn.isVisible()
    assert not panel.scores.isVisible()
    panel.on_message(IMAGINE, life_strip(network="another"))
    assert panel.strip.message == text.STEPS_PENDING
    panel.show_info(None)
    assert panel.strip.message.startswith("Opening ")


def test_a_network_without_steps_says_what_would_bring_some(
    panel: StepsPanel, session: Session, info: NetworkInfo
) -> None:
    panel.show_info(info)
    session.update(layer="dense")
    assert "opens life-3" in panel.strip.message
    assert panel.bar.count.text() == "– / –"
    assert not panel.bar.slider.isEnabled()
    assert not panel.bar.play.isEnabled()
    panel.step_by(1)
    panel.play()
    assert not panel.playing


def test_calls_of_a_layer_are_walked_and_counted_from_one(
    qtbot: QtBot, panel: StepsPanel, session: Session
) -> None:
    layers = (LayerInfo("conv", "Conv2d", (6, 8, 8)), LayerInfo("relu", "ReLU", (6, 8, 8), 40))
    panel.show_info(NetworkInfo("res", layers, ("cat", "dog"), (8, 8), 3))
    session.update(layer="relu", unit=Unit("relu", 2))
    assert panel.bar.count.text() == "40 / 40"
    scores = np.random.default_rng(0).random((40, 1, 2, 1)).astype(np.float32)
    steps = tuple(("relu", k) for k in range(40))
    strip = Strip(
        {"imagination": scores},
        steps=steps,
        network="res",
        decoder="fc",
        decoders=("fc",),
        marks=("cat",) * 40,
    )
    panel.on_message(IMAGINE, strip)
    shown = panel.strip.visible()
    assert shown.stop == 40
    assert 3 < len(shown) < 20
    assert panel.strip.rows[0].labels == ("cat", "dog")
    qtbot.mouseClick(
        panel.strip, Qt.MouseButton.LeftButton, pos=panel.strip.column_box(38).center().toPoint()
    )
    assert (panel.bar.count.text(), str(session.state.unit)) == ("39 / 40", "relu[2]#38")
    panel.go_to_step(3)
    assert panel.strip.visible().start == 0
    assert panel.strip.column_box(39).isEmpty()
    session.update(layer="conv")
    assert "click one of them" in panel.strip.message


def test_the_decoder_is_chosen_among_those_that_fit(panel: StepsPanel, session: Session) -> None:
    assert not panel.decoder.isVisible()
    panel.on_message(IMAGINE, life_strip(decoders=("decoder", "head")))
    assert panel.decoder.isVisible()
    panel.decoder.setCurrentIndex(panel.decoder.findData("head"))
    panel.decoder.activated.emit(panel.decoder.currentIndex())
    assert session.state.steps.decoder == "head"
    panel.on_message(IMAGINE, life_strip(decoder="head"))
    assert panel.decoder.currentData() == "head"
    assert "through head" in panel.caption.text()


def test_the_raw_values_are_shown_as_cells_where_one_wants_it(
    panel: StepsPanel, session: Session
) -> None:
    panel.on_message(IMAGINE, life_strip())
    before = panel.strip.rows[1].pixels
    panel.drawn.setCurrentIndex(1)
    panel.drawn.activated.emit(1)
    assert session.state.steps.drawn == "cells"
    after = panel.strip.rows[1].pixels
    assert set(np.unique(after)) == {0, 255}
    assert len(np.unique(before)) > 2


def test_scores_stand_beside_the_strip_and_under_it_where_it_is_narrow(
    qtbot: QtBot, panel: StepsPanel
) -> None:
    panel.on_message(IMAGINE, life_strip())
    assert panel.scores.isVisible()
    qtbot.waitUntil(lambda: panel.scores.x() > panel.strip.geometry().right(), timeout=2000)
    assert panel.scores.text("mcc") == "0.93"
    assert panel.scores.text("strict") == "0.00"
    middle = panel.scores.box("aligned").center()
    assert panel.scores.tip(middle).startswith("aligned 1.0000")
    panel.resize(MIN_WIDTH_BESIDE_PIXELS - 100, 360)
    qtbot.waitUntil(lambda: panel.scores.y() > panel.strip.geometry().bottom(), timeout=2000)
    panel.on_message(IMAGINE, life_strip(scores={}, message="The board is dead from the start."))
    assert panel.scores.isVisible()
    assert panel.scores.text("paper") == "–"
    assert "dead from the start" in panel.scores.tip(panel.scores.box("paper").center())
    assert "dead from the start" in panel.caption.text()


def test_columns_of_another_number_than_the_truths_are_drawn_all(panel: StepsPanel) -> None:
    for truths in (2, 6):
        panel.on_message(IMAGINE, life_strip(truths=truths))
        assert panel.strip.columns == max(truths, 4)
        assert panel.strip.picture_box(0, truths - 1).isValid()
        assert panel.strip.picture_box(0, truths).isEmpty()
        panel.strip.grab()


def test_enlarged_boards_have_cells_of_one_size(panel: StepsPanel) -> None:
    panel.resize(731, 397)
    panel.on_message(IMAGINE, life_strip())
    box = panel.strip.picture_box(1, 1)
    assert box.width() % 8 == box.height() % 8 == 0
    assert box.width() >= 16
    image: QImage = panel.strip.grab().toImage()
    side = int(box.width() / 8)
    for x in range(8):
        columns = {
            image.pixel(int(box.left()) + x * side + inner, int(box.top()) + side * 3 + side // 2)
            for inner in range(1, side - 1)
        }
        assert len(columns) == 1


def test_the_training_can_be_scrubbed_where_its_moments_are_known(
    panel: StepsPanel, session: Session
) -> None:
    assert not panel.snapshot_row.isVisible()
    info = life_info(snapshots=(0, 25, 425, 1350))
    panel.show_info(info)
    assert panel.snapshot_row.isVisible()
    assert panel.snapshot_label.text() == "training step 1350 of 1350"
    panel.snapshot_slider.setValue(2)
    assert session.state.steps.moment == 2
    assert panel.snapshot_label.text() == "training step 425 of 1350"
    panel.on_message(IMAGINE, life_strip())
    panel.play()
    panel.show_info(replace(info, name="life-toy at step 425"))  # the same choice of network
    assert len(panel.strip.rows) == 3
    assert panel.playing
    panel.pause()
    panel.snapshot_slider.setValue(3)
    assert session.state.steps.moment == -1


def test_the_numbers_and_the_recipe_are_those_of_the_lens(panel: StepsPanel) -> None:
    assert panel.export_values() is None
    strip = life_strip()
    panel.on_message(IMAGINE, strip)
    assert np.array_equal(panel.export_values()[1], strip.rows["imagination"])
    panel.go_to_step(1)
    recipe = panel.export_recipe()
    assert (recipe["lens"], recipe["step"], recipe["drawn"]) == ("imagine", 1, "raw")


def test_the_panel_is_low_enough_for_a_small_screen(panel: StepsPanel) -> None:
    panel.show_info(life_info(snapshots=(0, 25)))
    panel.resize(panel.minimumSizeHint())
    panel.on_message(IMAGINE, life_strip())
    least: Any = panel.minimumSizeHint()
    assert least.height() <= 260, least
    assert least.width() <= 380, least
    panel.grab()


def test_a_network_without_steps_offers_one_that_has_some(
    qtbot: QtBot, panel: StepsPanel, info: NetworkInfo
) -> None:
    assert not panel.example.isVisible()
    panel.show_info(info)
    assert panel.example.isVisible()
    with qtbot.waitSignal(panel.example_requested, timeout=1000):
        panel.example.click()
