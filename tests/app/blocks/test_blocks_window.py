"""The window of building blocks: the legend, the overlay, and what its controls change."""

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from dnnvis.app.blocks.blocks_window import BORDER_PIXELS, SWATCH_PIXELS, BlocksWindow
from dnnvis.core.concepts.blocks import BlockPictures, BlockVotes, BuildingBlocks
from dnnvis.core.frame import Frame
from dnnvis.core.messages import DIRECTIONS, Failure, LayerInfo, Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging.groups import group_colors
from dnnvis.session.act_choices import BlocksChoice
from dnnvis.session.blocks import BLOCK_PICTURES, BLOCKS, POSITIONS, VOTES
from dnnvis.session.session import Session
from dnnvis.session.state import State

INFO = NetworkInfo(
    "net",
    (
        LayerInfo("conv", "Conv2d", (3, 2, 2)),
        LayerInfo("conv~", DIRECTIONS, (2, 2, 2), part_of="conv"),
        LayerInfo("output", "result", (5, 1, 1)),
    ),
    (),
    (8, 8),
    3,
)


def build_blocks() -> BuildingBlocks:
    groups = np.zeros((2, 2, 2), np.float32)
    groups[0, 0, 0], groups[1, 1, 1] = 1.0, 2.0
    return BuildingBlocks(
        "conv",
        "conv~",
        groups,
        np.eye(2, 3, dtype=np.float32),
        np.array([0.5, 0.25]),
        frame=7,
        caption="2 groups hold 75 %",
    )


def send_frame(window: BlocksWindow) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    frame = Frame(pixels, number=7)
    window.on_message("live", Live(frame, "net", pixels, {}, np.zeros(5, np.float32), 0.01, -1))
    return pixels


@pytest.fixture
def window(qtbot: QtBot) -> BlocksWindow:
    session = Session(State(layer="conv", blocks=BlocksChoice(shown=True, k=2)))
    result = BlocksWindow(session)
    session.listen(result.show_state)
    qtbot.addWidget(result)
    result.show_info(INFO)
    return result


def redraw(window: BlocksWindow) -> None:
    window._throttle._draw_now()
    window._legend_throttle._draw_now()


def test_each_group_has_its_color_its_share_and_its_votes(window: BlocksWindow) -> None:
    send_frame(window)
    window.on_message(BLOCKS, build_blocks())
    redraw(window)
    tiles = window.legend.tiles
    assert [tile.text for tile in tiles] == ["50 %", "25 %"]
    side = SWATCH_PIXELS + 2 * BORDER_PIXELS
    for tile, color in zip(tiles, group_colors(2), strict=True):
        assert tile.pixels.shape == (side, side, 3)
        assert (tile.pixels[0] == color).all()
    votes = BlockVotes("conv", "output[1]", groups=np.array([1.5, -0.25]), caption="votes")
    window.on_message(VOTES, votes)
    redraw(window)
    assert [tile.text for tile in window.legend.tiles] == ["50 % · +1.5", "25 % · -0.25"]
    assert window.caption.text() == "2 groups hold 75 %; votes"


def test_with_votes_the_line_of_the_mouse_has_what_the_position_adds(
    window: BlocksWindow,
) -> None:
    send_frame(window)
    window.on_message(BLOCKS, replace(build_blocks(), step=3))  # of a map of 5 x 6
    redraw(window)
    side = window.picture.pixels.shape[0]
    point = (0.75 * side, 0.6 * side)
    window.picture.pointed.emit(*point)
    assert window.hover.text() == "conv~[1] at 3,3: 2.00"
    positions = np.arange(30, dtype=np.float32).reshape(5, 6) / 4 - 6
    votes = BlockVotes("conv", "output[1]", positions, np.array([1.5, -0.25]), caption="votes")
    window.on_message(VOTES, votes)
    window.picture.pointed.emit(*point)
    # position (3, 3) is number 3 * 6 + 3 of the map
    assert window.hover.text() == "conv~[1] at 3,3: 2.00 · the position adds -0.75 to output[1]"
    window.on_message(VOTES, BlockVotes("conv", message="Nothing arrives there."))
    window.picture.pointed.emit(*point)
    assert window.hover.text() == "conv~[1] at 3,3: 2.00"


def test_a_picture_stands_for_a_group_as_long_as_its_direction_does(
    window: BlocksWindow,
) -> None:
    send_frame(window)
    window.on_message(BLOCKS, build_blocks())
    redraw(window)
    piece = window.legend.tiles[0].pixels  # where it is strongest in the frame
    white = np.ones((2, 4, 4, 3), np.float32)
    window.on_message(BLOCK_PICTURES, BlockPictures("conv", white, np.eye(2, 3)))
    redraw(window)
    inner = slice(BORDER_PIXELS, -BORDER_PIXELS)
    assert (window.legend.tiles[0].pixels[inner, inner] == 255).all()
    turned = replace(build_blocks(), directions=np.eye(2, 3)[::-1].astype(np.float32))
    window.on_message(BLOCKS, turned)
    redraw(window)
    np.testing.assert_array_equal(window.legend.tiles[0].pixels, piece)


def test_a_group_that_is_selected_is_drawn_alone(window: BlocksWindow) -> None:
    send_frame(window)
    window.on_message(BLOCKS, build_blocks())
    redraw(window)
    every = window.picture.pixels.copy()
    window.legend.clicked.emit(1)
    assert window.session.state.unit == Unit("conv~", 1)
    assert window.session.state.blocks.held
    assert window.hold.isChecked()
    redraw(window)
    assert window.legend.chosen == 1
    assert np.abs(window.picture.pixels.astype(int) - every).max() > 0
    window.choose_group(5)  # there is no such group
    assert window.session.state.unit == Unit("conv~", 1)


def test_pictures_of_positions_take_the_place_of_the_frame(window: BlocksWindow) -> None:
    send_frame(window)
    window.on_message(BLOCKS, build_blocks())
    window.positions_box.click()
    assert window.session.state.blocks.positions
    assert not window.again.isHidden()
    drawn = BlockPictures(
        "conv", np.ones((4, 4, 4, 3), np.float32), np.ones((4, 3)), (2, 2), np.ones((2, 2))
    )
    window.on_message(POSITIONS, drawn)
    redraw(window)
    assert (window.picture.pixels == 255).all()
    window.again.click()
    assert window.session.state.blocks.run == 1
    window.positions_box.click()
    redraw(window)
    assert not (window.picture.pixels == 255).all()


def test_reasons_are_shown_in_the_place_of_groups(window: BlocksWindow) -> None:
    redraw(window)
    assert "appear with the next frame" in window.picture.message
    window.on_message(BLOCKS, BuildingBlocks("conv", message="Every value is zero."))
    redraw(window)
    assert window.picture.message == "Every value is zero."
    assert window.export_values() is None
    window.on_message(BLOCKS, Failure("The lens failed."))
    redraw(window)
    assert window.picture.message == "The lens failed."
    window.on_message(BLOCKS, replace(build_blocks(), layer="other"))  # of the layer before
    redraw(window)
    assert window.blocks is not None
    assert window.blocks.layer == "conv"


def test_the_slider_and_the_boxes_are_choices(window: BlocksWindow) -> None:
    window.count.setValue(9)
    window.class_votes.click()
    choice = window.session.state.blocks
    assert (choice.k, choice.votes) == (9, True)
    assert window.number.text() == "9 groups"
    window.session.update(blocks=replace(choice, k=4, held=True, votes=False))
    assert (window.count.value(), window.hold.isChecked()) == (4, True)
    assert not window.class_votes.isChecked()
    window.close()
    assert not window.session.state.blocks.shown


def test_another_layer_drops_what_was_of_the_one_before(window: BlocksWindow) -> None:
    send_frame(window)
    window.on_message(BLOCKS, build_blocks())
    window.session.update(layer="conv~")  # the same groups
    assert window.blocks is not None
    window.session.update(layer="output")
    assert window.blocks is None
