"""Where the cards of each mode lie."""

import itertools

import pytest

from dnnvis.app.shell.modes.layout import (
    CARDS_OF_UNIT,
    Metrics,
    ModeLayout,
    compute_enlarged_box,
    compute_mode_layout,
)
from dnnvis.app.shell.window_layout import Box
from dnnvis.session.state import MODES, Mode

SIZES = [(1600, 890), (1280, 690), (1366, 660), (1920, 960), (1024, 540), (1100, 700), (2560, 1300)]


def overlap(a: Box, b: Box) -> bool:
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


def boxes_of(layout: ModeLayout) -> dict[str, Box]:
    return layout.boxes | {f"fold of {name}": box for name, box in layout.folds.items()}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", SIZES)
def test_no_card_covers_another_and_all_lie_on_the_page(mode: Mode, size: tuple[int, int]) -> None:
    layout = compute_mode_layout(mode, *size, Metrics())
    boxes = boxes_of(layout)
    for (name, a), (other, b) in itertools.combinations(boxes.items(), 2):
        assert not overlap(a, b), (name, other)
    for name, box in boxes.items():
        assert box.width > 0, name
        assert box.height > 0, name
        assert box.x >= 0, name
        assert box.x + box.width <= size[0], name
        if not layout.scroll_range:
            assert box.y + box.height <= size[1], name


@pytest.mark.parametrize(("size", "side"), [((1600, 890), 256), ((1280, 690), 200)])
def test_the_pictures_of_a_unit_are_as_large_as_asked(size: tuple[int, int], side: int) -> None:
    layout, metrics = compute_mode_layout("explore", *size, Metrics()), Metrics()
    for name in CARDS_OF_UNIT:
        box = layout.boxes[name]
        assert min(box.width, box.height - metrics.header) >= side, name


def test_a_narrow_page_scrolls_the_cards_of_the_unit_in_one_column() -> None:
    layout = compute_mode_layout("explore", 1024, 540, Metrics())
    assert len({layout.boxes[name].x for name in CARDS_OF_UNIT}) == 1
    end = compute_mode_layout("explore", 1024, 540, Metrics(), scroll=layout.scroll_range)
    last = end.boxes["examples"]
    assert last.y + last.height <= 540
    assert compute_mode_layout("explore", 1024, 540, Metrics(), scroll=10**6) == end


def test_an_enlarged_card_fills_the_middle_and_the_middle_the_page() -> None:
    layout, page = compute_mode_layout("explore", 1600, 890, Metrics()), Box(0, 0, 1600, 890)
    assert compute_enlarged_box("explore", "lens1", layout, page) == layout.boxes["mosaic"]
    assert compute_enlarged_box("explore", "mosaic", layout, page) == page
    layout = compute_mode_layout("synthesis", 1600, 890, Metrics())
    assert compute_enlarged_box("synthesis", "examples", layout, page) == page


@pytest.mark.parametrize("size", [(1600, 918), (1280, 718), (1024, 558)])
def test_kernels_take_the_lower_part_of_the_layers_and_of_nothing_else(
    size: tuple[int, int],
) -> None:
    usual = compute_mode_layout("explore", *size, Metrics())
    with_kernels = compute_mode_layout("explore", *size, Metrics(), kernels=True)
    layers, kernels = with_kernels.boxes.pop("layers"), with_kernels.boxes.pop("kernels")
    before = usual.boxes.pop("layers")
    assert with_kernels.boxes == usual.boxes
    assert layers.y + layers.height == kernels.y
    assert (kernels.x, kernels.width) == (before.x, before.width)
    assert kernels.y + kernels.height == before.y + before.height
    assert kernels.height >= layers.height
    assert "kernels" not in compute_mode_layout("time", *size, Metrics(), kernels=True).boxes
