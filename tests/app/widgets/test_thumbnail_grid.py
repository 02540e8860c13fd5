"""Several pictures in a widget, and in one picture."""

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.imaging import contact_sheet


def tile(value: int, text: str = "", height: int = 8, width: int = 8, **more: object) -> Thumbnail:
    return Thumbnail(np.full((height, width, 3), value, np.uint8), text, **more)


@pytest.fixture
def tiles(qtbot: QtBot) -> ThumbnailGrid:
    made = ThumbnailGrid("Pictures")
    qtbot.addWidget(made)
    made.resize(300, 300)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_the_place_of_a_tile_shows_its_colour(tiles: ThumbnailGrid) -> None:
    tiles.show_tiles(tuple(tile(40 + 20 * k) for k in range(9)))
    image = tiles.grab().toImage()
    for k in range(9):
        middle = tiles.image_rect(k).center().toPoint()
        assert image.pixelColor(middle).red() == 40 + 20 * k


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9])
def test_tiles_are_square_lie_apart_and_inside(tiles: ThumbnailGrid, count: int) -> None:
    tiles.show_tiles(tuple(tile(k, "1.00") for k in range(count)))
    places = [tiles.image_rect(k) for k in range(count)]
    for k, place in enumerate(places):
        assert place.width() == pytest.approx(place.height())
        assert tiles.rect().toRectF().contains(place)
        assert tiles.index_at(place.center().x(), place.center().y()) == k
        assert not any(place.intersects(other) for other in places[:k])
    assert tiles.index_at(-1, -1) is None


def test_nine_squares_stand_three_by_three_in_a_square(tiles: ThumbnailGrid) -> None:
    tiles.show_tiles(tuple(tile(k) for k in range(9)))
    assert len({round(tiles.image_rect(k).x()) for k in range(9)}) == 3
    assert len({round(tiles.image_rect(k).y()) for k in range(9)}) == 3


def test_a_wide_picture_keeps_its_proportions(tiles: ThumbnailGrid) -> None:
    tiles.show_tiles((tile(9, height=10, width=40),))
    place = tiles.image_rect(0)
    assert place.width() / place.height() == pytest.approx(4)


def test_a_click_and_the_mouse_tell_the_number_of_the_tile(
    tiles: ThumbnailGrid, qtbot: QtBot
) -> None:
    tiles.show_tiles(tuple(tile(k) for k in range(4)))
    clicked: list[int] = []
    pointed: list[int] = []
    left: list[bool] = []
    tiles.clicked.connect(clicked.append)
    tiles.pointed.connect(pointed.append)
    tiles.left.connect(lambda: left.append(True))
    middle = [tiles.image_rect(k).center().toPoint() for k in range(4)]
    QTest.mouseClick(tiles, Qt.MouseButton.LeftButton, pos=middle[3])
    QTest.mouseClick(tiles, Qt.MouseButton.RightButton, pos=middle[2])
    assert clicked == [3]
    QTest.mouseMove(tiles, middle[1])
    QTest.mouseMove(tiles, middle[1] + QPoint(1, 1))
    QTest.mouseMove(tiles, middle[2])
    assert pointed[-2:] == [1, 2]
    tiles.leaveEvent(None)
    assert left == [True]


def test_the_chosen_tile_is_framed_where_there_are_several(tiles: ThumbnailGrid) -> None:
    both = (tile(120), tile(120))
    tiles.show_tiles(both, 0)
    first = tiles.grab().toImage()
    tiles.show_tiles(both, 1)
    assert tiles.grab().toImage() != first
    tiles.show_tiles(both[:1], 0)
    alone = tiles.grab().toImage()
    tiles.show_tiles(both[:1], None)
    assert tiles.grab().toImage() == alone


def test_a_box_is_framed_in_the_pictures_own_pixels(tiles: ThumbnailGrid) -> None:
    tiles.show_tiles((tile(0, height=100, width=100, box=(20, 40, 30, 20)),))
    image, place = tiles.grab().toImage(), tiles.image_rect(0)
    scale = place.width() / 100
    edge = QPoint(round(place.x() + 21.5 * scale), round(place.y() + 50 * scale))
    around = [image.pixelColor(edge + QPoint(dx, 0)).lightness() for dx in range(-4, 5)]
    assert max(around) > 60
    assert image.pixelColor(place.center().toPoint() + QPoint(60, 60)).lightness() == 0


def test_words_stand_where_there_are_no_pictures(tiles: ThumbnailGrid) -> None:
    tiles.show_tiles((tile(0),))
    tiles.show_message("Nothing grows.")
    assert tiles.tiles == ()
    assert tiles.accessibleDescription() == "Nothing grows."
    blank = ThumbnailGrid("Pictures", tiles)
    blank.resize(tiles.size())
    assert tiles.grab().toImage() != blank.grab().toImage()
    tiles.show_tiles((tile(0, "0.50"), tile(1, "0.75")))
    assert tiles.accessibleDescription() == "0.50, 0.75"


def test_what_is_stale_is_tinted(tiles: ThumbnailGrid) -> None:
    tiles.show_tiles((tile(0, height=10, width=40),))
    fresh = tiles.grab().toImage().pixelColor(3, 3)
    tiles.show_stale(True)
    assert tiles.grab().toImage().pixelColor(3, 3) != fresh


def test_a_sheet_is_laid_out_in_rows_with_a_gap() -> None:
    pictures = np.arange(1, 6, dtype=np.float32).reshape(5, 1, 1, 1) * np.ones((5, 3, 4, 2))
    full = contact_sheet.arrange_images(pictures, gap=2, fill=0.0)
    assert full.shape == (8, 16, 2)  # two rows of three
    for k in range(5):
        x, y, w, h = (round(edge) for edge in contact_sheet.receptive_box(k, pictures.shape, 2))
        assert (full[y : y + h, x : x + w] == k + 1).all()
    counted = np.unique(full, return_counts=True)
    assert counted[0].tolist() == [0, 1, 2, 3, 4, 5]
    assert counted[1][1:].tolist() == [24] * 5


def test_the_picture_under_a_point_of_the_sheet_is_found() -> None:
    shape = (5, 3, 4, 3)
    found = {
        (y, x): contact_sheet.find_image(y, x, shape, 2)
        for y in np.arange(0, 8, 0.5)
        for x in range(16)
    }
    for (y, x), k in found.items():
        boxes = [contact_sheet.receptive_box(n, shape, 2) for n in range(5)]
        inside = [n for n, (a, b, w, h) in enumerate(boxes) if a <= x < a + w and b <= y < b + h]
        assert k == (inside[0] if inside else None)
    assert contact_sheet.choose_columns(1) == 1
    assert contact_sheet.choose_columns(9) == 3
    assert contact_sheet.choose_columns(10) == 4


def test_a_name_is_written_over_the_lower_edge_where_there_is_room(tiles: ThumbnailGrid) -> None:
    tiles.show_tiles((tile(200, "468", name="zebra"),))
    assert tiles.accessibleDescription() == "zebra 468"
    place, image = tiles.image_rect(0), tiles.grab().toImage()
    corner = place.bottomLeft().toPoint()
    assert image.pixelColor(corner.x() + 3, corner.y() - 5).red() < 120  # the band
    assert image.pixelColor(place.center().toPoint()).red() == 200
    tiles.resize(38, 90)
    band = tiles.image_rect(0).bottomLeft().toPoint()
    assert tiles.grab().toImage().pixelColor(band.x() + 3, band.y() - 5).red() == 200
