from dataclasses import replace

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, QRectF, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dnnvis.app.layers.panel import MosaicPanel
from dnnvis.app.widgets import theme
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import Failure, LayerInfo, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.imaging import colorize
from dnnvis.session.session import Session
from dnnvis.session.state import State

PLAIN = {
    "layer": "block.conv",
    "order": "index",
    "contrast": "running",
    "gamma": 1.0,
    "colours": "viridis",
}


def panel_with(qtbot: QtBot, info: NetworkInfo, live: Live | None, **state: object) -> MosaicPanel:
    session = Session(State(**{**PLAIN, **state}))
    panel = MosaicPanel(session)
    qtbot.addWidget(panel)
    session.listen(panel.show_state)
    panel.resize(700, 500)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_info(info)
    if live is not None:
        panel.on_message("live", live)
        QApplication.processEvents()
    return panel


def point_of(panel: MosaicPanel, channel: int, y: float, x: float) -> QPoint:
    """Where a place lies in the viewport, from first principles: tiles in rows, one cell of
    line before each."""
    _, height, width = panel.live.maps[panel.state.layer].shape
    down, right = panel.grid.block
    columns = panel.grid.tiling.columns
    row, column = divmod(channel, columns)
    cell_y = row * (height * down + 1) + 1 + (y + 0.5) * down
    cell_x = column * (width * right + 1) + 1 + (x + 0.5) * right
    scene = panel.canvas.view_box.mapViewToScene(QPointF(cell_x, cell_y))
    return panel.canvas.mapFromScene(scene)


def click(panel: MosaicPanel, where: QPoint, *, ctrl: bool = False) -> None:
    held = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    QTest.mouseMove(panel.canvas.viewport(), where)
    QTest.mouseClick(panel.canvas.viewport(), Qt.MouseButton.LeftButton, held, where)


def test_a_click_selects_the_channel_and_a_second_one_its_place(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live)
    click(panel, point_of(panel, 4, 6, 7))
    assert panel.session.state.unit == Unit("block.conv", 4)
    click(panel, point_of(panel, 4, 6, 7))
    assert panel.session.state.unit == Unit("block.conv", 4, (6, 7))


def test_a_click_with_ctrl_selects_the_place_at_once(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live)
    click(panel, point_of(panel, 2, 0, 3), ctrl=True)
    assert panel.session.state.unit == Unit("block.conv", 2, (0, 3))


def test_the_last_of_the_vector_units_can_be_clicked(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live, layer="dense")
    click(panel, point_of(panel, 19, 0, 0))
    assert panel.session.state.unit == Unit("dense", 19)


def test_the_mouse_is_told_the_unit_its_value_and_its_place_in_the_input(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live, layer="block.pool")
    lines: list[str] = []
    over: list[Unit | None] = []
    panel.hovered.connect(lines.append)
    panel.previewed.connect(over.append)
    panel.canvas.pointed.emit(*_cell(panel, 3, 1, 2))
    # channel 3 begins at 3 * 16 = 48; the place adds 1 * 4 + 2; offset .5 + k * stride 2
    assert lines[-1] == "block.pool[3]@1,2 = 54.0  px (2.5, 4.5)"
    assert over == [Unit("block.pool", 3)]
    panel.canvas.left.emit()
    assert lines[-1] == ""
    assert over[-1] is None


def _cell(panel: MosaicPanel, channel: int, y: int, x: int) -> tuple[float, float]:
    left, top, width, height = panel.grid.box(channel, (y, x))
    return top + height / 2, left + width / 2


def test_the_line_under_the_mouse_follows_the_frames(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live)
    lines: list[str] = []
    panel.hovered.connect(lines.append)
    panel.canvas.pointed.emit(*_cell(panel, 0, 0, 1))
    changed = {**live.maps, "block.conv": live.maps["block.conv"] + 1}
    panel.on_message("live", replace(live, maps=changed))
    assert [line.split()[2] for line in lines] == ["1.00", "2.00"]


def test_painted_comes_once_per_frame_and_after_its_paint(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, None)
    painted: list[Live] = []
    panel.painted.connect(painted.append)
    panel.on_message("live", live)
    assert painted == []
    qtbot.waitUntil(lambda: len(painted) > 0)
    panel.canvas.viewport().repaint()
    panel.show_state(replace(panel.state, gamma=0.5))
    panel.canvas.viewport().repaint()
    assert painted == [live]


def test_a_hidden_mosaic_draws_nothing_until_it_is_shown(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, None)
    panel.hide()
    panel.on_message("live", live)
    assert panel.grid is None
    panel.show()
    qtbot.waitUntil(lambda: panel.grid is not None)


def test_the_whole_mosaic_is_seen_and_a_double_click_returns_to_that(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live)
    canvas = panel.canvas
    assert canvas.view_box.viewRect().contains(canvas.extent())
    canvas.view_box.setRange(QRectF(0, 0, 3, 3))
    canvas.view_box.sigRangeChangedManually.emit([True, True])
    assert not canvas.is_fitted
    for act in (QTest.mouseDClick, QTest.mouseRelease):
        act(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert canvas.is_fitted
    assert canvas.view_box.viewRect().contains(canvas.extent())


def test_the_colour_bar_has_the_numbers_of_the_running_range(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live)
    assert panel.bar.texts() == ("319", "160", "0")
    panel.session.update(colours="signed")
    assert panel.bar.texts() == ("319", "0", "-319")
    panel.session.update(colours="viridis", contrast="fixed", fixed=(0.0, 2.0))
    assert panel.bar.texts() == ("2.00", "1.00", "0")
    panel.session.update(contrast="frame", per_unit=True)
    assert panel.bar.texts() == ("max", "", "min")


def test_fixing_the_contrast_keeps_the_range_on_show(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live)
    panel.contrast.contrast.setCurrentText("fixed")
    assert panel.session.state.contrast == "fixed"
    assert panel.session.state.fixed == (0.0, 319.0)


def test_silent_units_are_said_in_words(qtbot: QtBot, info: NetworkInfo, live: Live) -> None:
    panel = panel_with(qtbot, info, live)
    assert panel.notes.text() == "1 of 6 units (dimmed) have not fired in this run"


def test_values_that_are_not_finite_are_said_in_words(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    live.maps["block.conv"][0, 0, :3] = np.nan
    panel = panel_with(qtbot, info, live)
    assert panel.notes.text().startswith("3 values are not finite (magenta)")


def test_the_title_names_the_layer_on_show(qtbot: QtBot, info: NetworkInfo, live: Live) -> None:
    panel = panel_with(qtbot, info, live)
    assert panel.title.text().startswith("block.conv · ")
    panel.session.update(layer="dense")
    assert panel.title.text().startswith("dense · ")
    titled = replace(info, layers=tuple(replace(row, title="fc") for row in info.layers))
    panel.show_info(titled)
    assert panel.title.text().startswith("fc · ")


def test_an_empty_mosaic_says_why(qtbot: QtBot, info: NetworkInfo) -> None:
    panel = panel_with(qtbot, info, None)
    assert panel.message.isVisible()
    assert "No picture has arrived yet" in panel.message.text()
    panel.show_info(None)
    assert panel.message.text() == f"Opening {panel.state.network.net} ..."
    panel.show_open_failure(Failure("There is no file a.pt."))
    assert panel.message.text().startswith("There is no file a.pt.")
    assert "Network menu" in panel.message.text()
    panel.session.update(network=NetworkChoice("b.pt"))
    panel.show_state(panel.session.state)
    assert panel.message.text() == "Opening b.pt ..."


@pytest.mark.parametrize("colours", ["viridis", "signed"])
def test_backward_mode_shows_the_lens_at_this_layer_zero_centred(
    qtbot: QtBot, info: NetworkInfo, live: Live, colours: str
) -> None:
    panel = panel_with(qtbot, info, live, grid="backward", unit=Unit("dense", 1), colours=colours)
    assert "Waiting for the backward pass from dense[1]" in panel.message.text()
    values = np.zeros((8, 8, 6), np.float32)
    values[2, 3, 4] = -7
    panel.on_message("grid", Picture(values, "signed"))
    assert panel.bar.texts() == ("7.00", "0", "-7.00")
    assert panel.unit_at(*_cell(panel, 4, 2, 3)) == Unit("block.conv", 4, (2, 3))
    panel.on_message("grid", Failure("It cannot be done."))
    assert panel.message.text() == "It cannot be done."


def test_the_pixels_on_screen_have_the_colours_of_the_values(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live)
    grabbed = panel.canvas.grab().toImage()
    ratio = grabbed.devicePixelRatio()
    where = point_of(panel, 4, 7, 7)  # the greatest value: 5 * 64 - 1
    colour = grabbed.pixelColor(int(where.x() * ratio), int(where.y() * ratio))
    assert colour.getRgb()[:3] == tuple(colorize.build_lookup_table("viridis")[colorize.TOP_INDEX])


def test_an_output_of_maps_is_shown_as_maps_so_that_each_is_a_unit(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    maps = live.maps["block.conv"]
    live = replace(live, output=maps.reshape(-1), maps={"output": maps})
    result = LayerInfo("output", "result", maps.shape)
    panel = panel_with(qtbot, replace(info, layers=(result,)), live, layer="output")
    click(panel, point_of(panel, 4, 6, 7))
    assert panel.session.state.unit == Unit("output", 4)


def test_a_frame_that_fails_shows_its_sentence_instead_of_the_mosaic_until_one_works(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live)
    assert panel._stack.currentIndex() == 1
    panel.on_message("live", Failure("sizes differ.", kind="BadInput", in_row=1))
    assert panel._stack.currentIndex() == 0
    assert panel.message.text() == "sizes differ."
    panel.on_message("live", Failure("sizes differ.", kind="BadInput", in_row=12))
    assert "sizes differ." in panel.message.text()
    assert "Failed 12 times in a row" in panel.message.text()
    panel.show_state(replace(panel.state, layer="dense"))
    assert "Failed 12 times in a row" in panel.message.text()
    panel.on_message("live", live)
    assert panel._stack.currentIndex() == 1
    panel.on_message("lens1", Failure("of a lens"))
    assert panel._stack.currentIndex() == 1


def many_units(live: Live, info: NetworkInfo, maps: np.ndarray) -> tuple[NetworkInfo, Live]:
    layer = LayerInfo("many", "ReLU", maps.shape)
    return replace(info, layers=(layer,)), replace(live, maps={"many": maps})


def peaks(*values: float, side: int = 4) -> np.ndarray:
    maps = np.zeros((len(values), side, side), np.float32)
    maps[:, 1, 2] = values
    return maps


@pytest.mark.parametrize("count", [5, 30])
def test_the_strongest_stands_first_and_every_way_to_a_unit_finds_it(
    qtbot: QtBot, info: NetworkInfo, live: Live, count: int
) -> None:
    values = np.random.default_rng(5).permutation(count).astype(float)
    info, live = many_units(live, info, peaks(*values))
    panel = panel_with(qtbot, info, live, layer="many", order="strongest")
    ranks = np.argsort(-values)
    assert panel.grid.order.tolist() == ranks.tolist()
    assert panel.order.combo.currentText() == "strongest first"
    for tile in (0, 1, count - 1):
        channel = int(ranks[tile])
        left, top, width, height = panel.grid.box(channel, (1, 2))
        point = QPointF(left + width / 2, top + height / 2)
        where = panel.canvas.mapFromScene(panel.canvas.view_box.mapViewToScene(point))
        click(panel, where, ctrl=True)
        assert panel.session.state.unit == Unit("many", channel, (1, 2))
        frames = [rect for rect, _ in panel.canvas.marks._frames]
        assert QRectF(*panel.grid.box(channel)) in frames
        assert panel.unit_at(point.y(), point.x()) == Unit("many", channel, (1, 2))
    assert (panel.export_values() == live.maps["many"]).all()  # by number, whatever the order


def test_an_order_rests_half_a_second_and_the_tile_under_the_mouse_stays(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    info, live = many_units(live, info, peaks(1, 2, 3, 4, 5))
    panel = panel_with(qtbot, info, live, layer="many", order="strongest")
    panel.canvas.pointed.emit(*_cell(panel, 3, 1, 1))
    panel.on_message("live", replace(live, maps={"many": peaks(9, 2, 3, 1, 5)}))
    assert panel.grid.order.tolist() == [4, 3, 2, 1, 0]
    qtbot.waitUntil(lambda: panel.grid.order.tolist() != [4, 3, 2, 1, 0], timeout=3000)
    assert panel.grid.order.tolist() == [0, 3, 4, 2, 1]
    assert panel.unit_at(*_cell(panel, 3, 1, 1)) == Unit("many", 3, (1, 1))


def test_each_order_is_as_it_says(qtbot: QtBot, info: NetworkInfo, live: Live) -> None:
    names = ("wolf", "Ape", "cat", "bee")
    info, live = many_units(live, replace(info, labels=names), peaks(1, 3, 2, 0))
    panel = panel_with(qtbot, info, live, layer="many", order="selectivity")
    assert panel.grid.order.tolist() == [1, 2, 0, 3]  # one frame says nothing: by strength
    panel.on_message("live", replace(live, maps={"many": peaks(0, 3, 4, 0)}))
    orders = {}
    for row in range(panel.order.combo.count()):
        panel.order.combo.setCurrentIndex(row)
        order = panel.grid.order
        orders[panel.session.state.order] = None if order is None else order.tolist()
    assert orders == {
        "strongest": [2, 1, 0, 3],
        "index": None,
        "variance": [2, 1, 0, 3],
        "selectivity": [0, 2, 1, 3],
        "name": [1, 3, 2, 0],
        "effect": [2, 1, 0, 3],  # no sweep yet: by strength
    }


def test_silent_units_stand_last_and_are_dimmed(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    info, live = many_units(live, info, peaks(-5, 3, 0, 2))
    live.maps["many"][0] = -5
    panel = panel_with(qtbot, info, live, layer="many", order="strongest")
    assert panel.grid.order.tolist() == [1, 3, 2, 0]
    boxes = panel.canvas.marks._boxes.tolist()
    assert boxes == [list(panel.grid.box(0)), list(panel.grid.box(2))]
    panel.canvas.grab()
    assert len(panel.canvas.marks._dimmed) == 2


def test_a_layer_with_negative_values_has_zero_in_the_middle(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    maps = np.random.default_rng(6).normal(size=(8, 20, 20)).astype(np.float32)
    maps[0, 0, 0] = 50
    info, live = many_units(live, info, maps)
    state = {"contrast": "clip", "colours": "auto"}
    panel = panel_with(qtbot, info, live, layer="many", **state)
    top, middle, bottom = panel.bar.texts()
    assert middle == "0"
    assert bottom == f"-{top}"
    assert 2 < float(top) < 4  # 99.5 % of absolute normal values: 2.81; not 50
    assert panel.bar._key == ("signed", 1.0)
    panel.on_message("live", replace(live, maps={"many": np.maximum(maps, 0)}))
    assert panel.bar._key == ("magma", 1.0)
    assert 2 < float(panel.bar.texts()[0]) < 4
    panel.session.update(colours="turbo")
    assert panel.bar._key == ("turbo", 1.0)


def test_the_backward_mosaic_orders_by_the_greatest_absolute_value(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    unit = Unit("dense", 1)
    panel = panel_with(qtbot, info, live, order="strongest", grid="backward", unit=unit)
    values = np.zeros((8, 8, 6), np.float32)
    values[2, 3, 4], values[0, 0, 1] = -7, 5
    panel.on_message("grid", Picture(values, "signed"))
    assert panel.grid.order.tolist() == [4, 1, 0, 2, 3, 5]
    assert panel.unit_at(*_cell(panel, 4, 2, 3)) == Unit("block.conv", 4, (2, 3))


def test_the_backward_mosaic_of_the_units_own_layer_says_what_to_do(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    panel = panel_with(qtbot, info, live, grid="backward", unit=Unit("block.conv", 1))
    assert "Go to an earlier layer (u)" in panel.message.text()
    panel.on_message("grid", Failure("Nothing arrives there."))
    assert "Go to an earlier layer (u)" in panel.message.text()


def test_another_theme_recolors_the_mosaic_of_a_still_picture(
    qtbot: QtBot, info: NetworkInfo, live: Live
) -> None:
    application = QApplication.instance()
    theme.apply_theme(application, "dark")
    panel = panel_with(qtbot, info, live)
    before = panel.canvas.image._colors.copy()
    assert panel.canvas.backgroundBrush().color() == theme.DARK.color("window")
    theme.apply_theme(application, "light")
    QApplication.processEvents()
    assert panel.canvas.backgroundBrush().color() == theme.LIGHT.color("window")
    assert (panel.canvas.image._colors != before).any()  # the lines between the maps
    theme.apply_theme(application, "system")
