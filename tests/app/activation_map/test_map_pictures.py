"""Pictures on the map: only where there is room, and drawn where their dots are."""

import numpy as np
import pytest
from PyQt6.QtGui import QImage, QPainter

from dnnvis.app.activation_map import map_pictures
from dnnvis.app.activation_map.colors import Dots
from dnnvis.app.activation_map.map_pictures import MapPictures, choose_rows
from dnnvis.app.activation_map.viewport import MapViewport, fit_box
from dnnvis.core.activation_map import SelectedExamples

VIEW = fit_box((-1, 1, -1, 1), 700, 500)


def dots_at(z: np.ndarray) -> Dots:
    count = len(z)
    shades = np.full(count, 0xFF20C040, np.uint32)
    rows = np.arange(count) + 100
    return Dots(rows, z.astype(np.float32), shades, np.zeros(count, bool))


def crowd_around(points: np.ndarray, k: int) -> int:
    """Counted the slow way: dots in the square of dot k and the eight around it."""
    side = map_pictures.SPACING_PIXELS
    cell = points[k] // side
    return sum(bool((np.abs(point // side - cell) <= 1).all()) for point in points)


@pytest.mark.parametrize("view", [VIEW, VIEW.magnify(6, 200, 100), VIEW.pan(-300, 40)])
def test_pictures_stand_where_dots_are_rare_and_never_on_each_other(view: MapViewport) -> None:
    random = np.random.default_rng(0)
    z = np.concatenate([random.normal(0, 0.1, (900, 2)), random.uniform(-1, 1, (60, 2))])
    chosen = np.array(choose_rows(dots_at(z), view)) - 100
    assert len(chosen)
    points = view.to_pixels(z.astype(np.float32))
    inside = [
        k
        for k in range(len(z))
        if (points[k] > 0).all() and (points[k] < (view.width, view.height)).all()
    ]
    visible = points[inside]
    for k in chosen:
        assert crowd_around(visible, inside.index(k)) <= map_pictures.MAX_CROWD
    for a in range(len(chosen)):
        for b in range(a):
            distance = np.abs(points[chosen[a]] - points[chosen[b]]).max()
            assert distance >= map_pictures.SPACING_PIXELS
    left_out = [
        k for k in inside if crowd_around(visible, inside.index(k)) == 1 and k not in chosen
    ]
    for k in left_out:  # a lonely dot is left out only where its picture would cover another
        assert np.abs(points[chosen] - points[k]).max(1).min() < map_pictures.SPACING_PIXELS


def test_a_crowded_map_shows_none_and_a_close_view_some() -> None:
    z = np.random.default_rng(1).uniform(-1, 1, (20_000, 2))
    assert choose_rows(dots_at(z), VIEW) == ()
    assert len(choose_rows(dots_at(z), VIEW.magnify(30, 350, 250))) > 5
    assert choose_rows(dots_at(z[:0]), VIEW) == ()


def test_what_has_arrived_is_painted_on_its_dot_in_a_frame_of_its_color() -> None:
    dots = dots_at(np.array([[0.0, 0.0], [0.5, 0.5]]))
    pictures = MapPictures()
    pictures.rows = (100, 101)
    image = QImage(700, 500, QImage.Format.Format_RGB32)
    image.fill(0)
    thumbs = np.full((1, 64, 64, 3), (250, 10, 10), np.uint8)
    pictures.add(SelectedExamples(rows=np.array([101]), thumbs=thumbs))
    painter = QPainter(image)
    (box,) = pictures.paint(painter, VIEW, dots)
    painter.end()
    x, y = VIEW.to_pixels(dots.z)[1]
    assert (box.center().x(), box.center().y()) == pytest.approx((x, y))
    assert box.width() == box.height() == 32
    assert image.pixelColor(round(x), round(y)).getRgb()[:3] == (250, 10, 10)
    assert image.pixelColor(round(x) - 16, round(y)).getRgb()[:3] == (0x20, 0xC0, 0x40)
    assert image.pixelColor(350, 250).getRgb()[:3] == (0, 0, 0)
    pictures.clear()
    assert pictures.rows == ()


def test_of_too_many_pictures_the_first_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_pictures, "MAX_STORED", 2)
    pictures = MapPictures()
    for row in (1, 2, 3):
        thumbs = np.zeros((1, 4, 4, 3), np.uint8)
        pictures.add(SelectedExamples(rows=np.array([row]), thumbs=thumbs))
    assert list(pictures._images) == [2, 3]
