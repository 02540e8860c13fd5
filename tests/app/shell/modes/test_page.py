"""The modes in the real window: cards, what is enlarged, what is open, and docks beside them."""

from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QCursor
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from dnnvis.app.shell.modes.card import PanelCard
from dnnvis.app.shell.modes.layout import CARDS_OF_UNIT
from dnnvis.core.unit import Unit
from dnnvis.session.state import MODES, Mode, SourceChoice
from helpers.application_window import Stage, pictures, toy


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    source = SourceChoice(kind="pictures", path=str(pictures(tmp_path)))
    made = Stage(qtbot, tmp_path, toy(tmp_path), source, unlocked=False)
    made.runs()
    made.session.update(layer="1")
    made.session.select(Unit("1", 2))
    return made


def geometry(stage: Stage) -> dict[str, QRect]:
    cards = {n: QRect(c.geometry()) for n, c in stage.window.page.cards.items() if c.isVisible()}
    contents = {f"in {n}": QRect(stage.window.page.cards[n].content.geometry()) for n in cards}
    return cards | contents


def visible(stage: Stage) -> set[str]:
    return {name for name, card in stage.window.page.cards.items() if card.isVisible()}


def test_each_mode_shows_its_cards_and_the_window_can_be_small(stage: Stage) -> None:
    window = stage.window
    for mode in MODES:
        window.run_action(f"mode_{mode}")
        assert stage.state.mode == mode
        assert visible(stage) == set(window.page.plan.boxes)
        assert window.source_bar.modes[mode].isChecked()
        least = window.minimumSizeHint()
        assert (least.width() <= 1024, least.height() <= 640) == (True, True), (mode, least)
        for width, height in ((1024, 640), (1600, 960)):
            window.resize(width, height)
            stage.until(lambda w=width, h=height: (window.width(), window.height()) == (w, h))
    assert not any(dock.isVisible() for dock in window.docks.values())


def test_every_picture_is_enlarged_by_a_double_click_and_comes_back_to_the_pixel(
    stage: Stage,
) -> None:
    window, page = stage.window, stage.window.page
    for mode in ("explore", "map"):
        window.run_action(f"mode_{mode}")
        before, state = geometry(stage), stage.state
        for name in sorted(visible(stage)):
            panel = page.cards[name].panel
            for picture in panel.picture_parts() if panel is not None else ():
                target = picture.viewport() if hasattr(picture, "viewport") else picture
                if not target.isVisible():
                    continue
                QTest.mouseDClick(target, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
                assert page.enlarged == name
                QApplication.processEvents()
                assert page.cards[name].width() >= before[name].width()
                QTest.keyClick(window, Qt.Key.Key_Escape)
                assert page.enlarged == ""
                assert geometry(stage) == before, name
        assert stage.state == state


def test_a_picture_grows_on_while_it_is_enlarged_and_through_other_modes(stage: Stage) -> None:
    window = stage.window
    synthesis = stage.state.synthesis
    stage.session.update(synthesis=synthesis.with_param("steps", 5000))

    def is_growing() -> bool:  # the picture of 5,000 steps, not one that began with fewer
        result = window.synthesis.result
        return result is not None and result.steps == 5000 and result.step > 5

    stage.until(is_growing)
    steps = [window.synthesis.result.step]
    for _ in range(2):
        window.page.toggle_enlarged("synthesis")
        stage.until(lambda: window.synthesis.result.step != steps[-1])
        steps.append(window.synthesis.result.step)
    window.run_action("mode_map")
    window.run_action("mode_synthesis")
    stage.until(lambda: window.synthesis.result.step != steps[-1])
    steps.append(window.synthesis.result.step)
    assert steps == sorted(steps), "it began again"


def test_z_enlarges_what_the_mouse_points_at(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    window, page = stage.window, stage.window.page
    for name in ("lens2", "examples", "mosaic"):
        card = page.cards[name]
        point = card.mapToGlobal(card.rect().center())
        monkeypatch.setattr(QCursor, "pos", lambda point=point: point)
        QTest.keyClick(window, Qt.Key.Key_Z)
        assert page.enlarged == name
        QTest.keyClick(window, Qt.Key.Key_Z)
        assert page.enlarged == ""


def test_escape_closes_the_latest_thing_that_is_open_and_nothing_else(stage: Stage) -> None:
    window, page = stage.window, stage.window.page
    window.run_action("enlarge")
    page.put_back()
    stage.session.update(pinned=Unit("1", 1), gamma=0.5)
    page.toggle_enlarged("lens1")
    page.toggle_fold("lens1")
    window.toggle_problems()
    window.run_action("help")
    state = stage.state
    seen = []
    for _ in range(5):
        seen.append(
            (
                window.teaching.keys.isVisible(),
                window.problem_popup.isVisible(),
                page.open_fold,
                page.enlarged,
            )
        )
        QTest.keyClick(window, Qt.Key.Key_Escape)
    assert seen == [
        (True, True, "lens1", "lens1"),
        (False, True, "lens1", "lens1"),
        (False, False, "lens1", "lens1"),
        (False, False, "", "lens1"),
        (False, False, "", ""),
    ]
    assert stage.state == state


def test_the_controls_of_an_enlarged_card_stay_over_it_while_things_change(stage: Stage) -> None:
    page = stage.window.page
    page.toggle_enlarged("lens1")
    page.toggle_fold("lens1")
    fold = page.cards["lens1"].fold
    stage.session.update(gamma=0.5)  # whatever is chosen lays the page out
    assert page.childAt(fold.geometry().center()) in (fold, *fold.findChildren(QWidget))


def test_a_fold_holds_every_control_of_its_panel_and_lies_on_the_page(stage: Stage) -> None:
    page = stage.window.page
    for name in CARDS_OF_UNIT:
        page.toggle_fold(name)
        fold = page.cards[name].fold
        assert page.open_fold == name
        assert fold.isVisible()
        assert page.rect().contains(fold.geometry())
    lens = stage.window.lenses["lens1"]
    page.toggle_fold("lens1")
    assert page.open_fold == "lens1"
    assert lens.lens.isVisible()
    lens.lens.setCurrentIndex(1)
    lens.lens.activated.emit(1)
    assert stage.state.panels["lens1"].lens == "guided"
    assert page.cards["lens1"].title.text() == "Guided backprop"


def test_the_buttons_of_a_card_are_there_where_the_mouse_is(stage: Stage) -> None:
    card: PanelCard = stage.window.page.cards["lens1"]
    assert not card.menu_button.isVisible()
    card.enterEvent(None)
    assert card.menu_button.isVisible()
    assert card.enlarge_button.isVisible()
    card.leaveEvent(None)
    assert not card.enlarge_button.isVisible()


def test_unlocked_panels_lie_in_docks_and_come_back_into_their_cards(stage: Stage) -> None:
    window = stage.window
    before = geometry(stage)
    window.run_action("toggle_locked")
    assert stage.state.unlocked
    assert window.docks["Lens 1"].widget() is window.lenses["lens1"]
    stage.until(window.lenses["lens1"].lens.isVisible)
    assert window.centralWidget() is window.mosaic
    stage.until(window.mosaic.order.isVisible)
    window.docks["Input"].hide()
    window.run_action("toggle_locked")
    assert not stage.state.unlocked
    stage.until(lambda: geometry(stage) == before)
    window.run_action("toggle_locked")
    assert window.docks["Input"].isHidden(), "as the docks were left"


KEYS = {
    Qt.Key.Key_Right: lambda s: s.unit.channel == 1,
    Qt.Key.Key_O: lambda s: s.layer == "2",
}


def test_keys_act_the_same_wherever_the_focus_is_but_in_a_text(stage: Stage) -> None:
    """The property over all widgets of the window: no list, slider or button keeps a key."""
    window = stage.window
    stage.session.update(order="index")
    tried = 0
    for mode in MODES:
        window.run_action(f"mode_{mode}")
        for name in sorted(visible(stage)):
            if window.page.cards[name].fold is not None and name not in window.page.plan.folds:
                window.page.close_fold()
                window.page.toggle_fold(name)
        for widget in window.findChildren(QWidget):
            if not widget.isVisible() or not widget.focusPolicy() & Qt.FocusPolicy.ClickFocus:
                continue
            if is_text(widget) or not widget.isEnabled():
                continue
            tried += 1
            for key, holds in KEYS.items():
                stage.session.update(layer="1", unit=Unit("1", 0))
                widget.setFocus()
                QTest.keyClick(widget, key)
                assert holds(stage.state), (mode, type(widget), widget.accessibleName(), key)
    assert tried > 10


def is_text(widget: QWidget) -> bool:
    from dnnvis.app.shell.typing_guard import accepts_text

    return accepts_text(widget) or isinstance(widget, QPlainTextEdit)


@pytest.mark.parametrize("mode", MODES)
def test_a_window_comes_back_in_its_mode(qtbot: QtBot, tmp_path: Path, mode: Mode) -> None:
    first = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    first.until(lambda: first.window.backend.info is not None)
    first.window.run_action(f"mode_{mode}")
    first.close()
    again = Stage(qtbot, tmp_path, toy(tmp_path), unlocked=False)
    again.until(lambda: again.window.backend.info is not None)
    assert again.state.mode == mode
    assert visible(again) == set(again.window.page.plan.boxes)


def test_a_click_on_an_enlargeable_picture_counts_once_it_is_no_double_click(stage: Stage) -> None:
    window = stage.window
    stage.until(lambda: window.unit.view.pixels is not None)
    target = window.unit.view
    QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=target.rect().center())
    QTest.mouseDClick(target, Qt.MouseButton.LeftButton, pos=target.rect().center())
    assert window.page.enlarged == "unit"
    window.page.put_back()
    stage.bot.wait(QApplication.doubleClickInterval() + 50)
    assert stage.state.unit == Unit("1", 2), "no position was chosen"
    QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=target.rect().center())
    stage.until(lambda: stage.state.unit.position is not None)


def test_letters_grow_and_shrink_and_the_cards_follow(stage: Stage) -> None:
    window = stage.window
    usual, header = QApplication.font().pointSizeF(), window.page.cards["unit"].header.height()
    caption = window.lenses["lens1"].line.font().pointSizeF()
    try:
        for _ in range(30):
            window.run_action("larger_letters")
        assert QApplication.font().pointSizeF() == stage.state.letters == 20
        assert window.page.cards["unit"].header.height() > header
        assert window.lenses["lens1"].line.font().pointSizeF() >= 16
        window.set_theme("dark")
        window.set_theme("light")
        for label in (window.lenses["lens1"].line, window.page.cards["unit"].title):
            assert label.font().pointSizeF() >= 16, "another theme brings small letters back"
        for _ in range(30):
            window.run_action("smaller_letters")
        assert QApplication.font().pointSizeF() == 10
    finally:
        window.run_action("usual_letters")
    assert (QApplication.font().pointSizeF(), stage.state.letters) == (usual, 0.0)
    assert window.page.cards["unit"].header.height() == header
    assert abs(window.lenses["lens1"].line.font().pointSizeF() - caption) < 0.1


def test_the_bars_hide_and_the_keys_go_on(stage: Stage) -> None:
    window = stage.window
    QTest.keyClick(window, Qt.Key.Key_F11)
    assert not window.menuBar().isVisible()
    assert not window.source_bar.isVisible()
    QTest.keyClick(window, Qt.Key.Key_O)
    assert stage.state.layer == "2"
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.menuBar().isVisible()
    assert window.statusBar().isVisible()
