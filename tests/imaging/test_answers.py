"""Maps of classes and boxes, drawn over a picture: against loops over single pixels."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from dnnvis.core.messages import Detections
from dnnvis.imaging.answers import (
    CLASS_OPACITY,
    LINE_PIXELS,
    MAX_BOXES,
    MIN_SCORE,
    blend_classes,
    count_classes,
    draw_detections,
    select_detections,
)
from dnnvis.imaging.class_colors import generate_class_colors

Noise = Callable[..., NDArray[np.uint8]]
rng = np.random.default_rng(5)


@pytest.mark.parametrize("size", [(12, 20), (3, 5), (7, 11), (24, 3)])
def test_each_pixel_takes_the_color_of_the_cell_its_center_lies_in(size: tuple[int, int]) -> None:
    pixels = rng.integers(0, 256, (12, 20, 3), dtype=np.uint8)
    classes = rng.integers(0, 14, size)
    drawn = blend_classes(pixels, classes, 14)
    colors = generate_class_colors(14)
    for y in range(12):
        for x in range(20):
            cell = int((y + 0.5) / 12 * size[0]), int((x + 0.5) / 20 * size[1])
            color = colors[classes[cell]].astype(float)
            expected = (1 - CLASS_OPACITY) * pixels[y, x] + CLASS_OPACITY * color
            assert np.abs(drawn[y, x] - expected).max() <= 0.51


def test_shares_are_counted_for_every_class() -> None:
    classes = rng.integers(0, 5, (9, 13))
    expected = [np.mean(classes == k) for k in range(7)]
    assert count_classes(classes, 7) == pytest.approx(expected)


def test_boxes_with_too_small_a_score_are_left_out_and_the_greatest_come_first() -> None:
    scores = rng.random(200).astype(np.float32)
    scores[:4] = MIN_SCORE, np.nan, np.nextafter(np.float32(MIN_SCORE), np.float32(0)), 1
    boxes = np.repeat(np.arange(200, dtype=np.float32)[:, None], 4, 1)
    found = select_detections(Detections(boxes, np.arange(200), scores))
    wanted = sorted((k for k in range(200) if scores[k] >= MIN_SCORE), key=lambda k: -scores[k])
    assert found.labels.tolist() == wanted[:MAX_BOXES]
    assert np.array_equal(found.boxes[:, 0], found.labels)
    few = select_detections(Detections(boxes[:3], np.arange(3), scores[:3]))
    assert few.labels.tolist() == [0]


def outline(size: tuple[int, int], box: tuple[float, ...]) -> NDArray[np.bool_]:
    """Where the frame of a box lies, pixel by pixel."""
    left, top, right, bottom = (round(edge) for edge in box)
    drawn = np.zeros(size, bool)
    for y in range(size[0]):
        for x in range(size[1]):
            inside = left <= x < right and top <= y < bottom
            deep = min(x - left, right - 1 - x, y - top, bottom - 1 - y) >= LINE_PIXELS
            drawn[y, x] = inside and not deep
    return drawn


def test_a_frame_is_drawn_around_a_box_and_nothing_else_changes() -> None:
    pixels = np.full((60, 90, 3), 10, np.uint8)
    box = (20.2, 30.7, 70.0, 55.4)
    found = Detections(np.array([box], np.float32), np.array([3]), np.ones(1, np.float32))
    drawn = draw_detections(pixels, found, ["I"])
    frame = outline((60, 90), box)
    color = generate_class_colors(4)[3]
    below = np.s_[45:]  # the name lies above
    assert np.array_equal((drawn != 10).any(2)[below], frame[below])
    assert (drawn[frame][-60:] == color).all()
    text = (drawn != pixels).any(2) & ~frame
    rows, columns = np.nonzero(text)
    assert rows.min() >= 31
    assert columns.min() >= 20
    assert rows.max() < 50
    assert (pixels == 10).all()


def test_boxes_that_leave_the_picture_or_are_no_numbers_do_no_harm() -> None:
    pixels = np.zeros((20, 20, 3), np.uint8)
    boxes = np.array(
        [[-50, -50, 70, 70], [15, 15, 5, 5], [np.nan, 0, 5, 5], [30, 30, 40, 40], [4, 4, 5, 5]],
        np.float32,
    )
    for box in boxes:
        found = Detections(box[None], np.array([-1]), np.ones(1, np.float32))
        drawn = draw_detections(pixels, found, ["a rather long name of a class"])
        assert drawn.shape == pixels.shape
        assert drawn.any() == bool(np.isfinite(box).all())
    nothing = Detections(boxes[:0], np.zeros(0, np.int64), np.zeros(0, np.float32))
    assert np.array_equal(draw_detections(pixels, nothing, []), pixels)
