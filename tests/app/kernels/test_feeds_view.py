"""Units that feed a unit on screen, and the clicks that follow them."""

from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt

from dnnvis.app.kernels.feeds_view import FeedsView
from dnnvis.core.weights.feeds import ConnectedUnit, Feeds


def connected(name: str, value: float, **changes: Any) -> ConnectedUnit:
    picture = np.full((8, 8, 3), 60, np.uint8)
    return ConnectedUnit(name, name, value / 2, value, picture, **changes)


FEEDERS = tuple(connected(f"relu2[{k}]", 9.0 - 2 * k) for k in range(9))
FED = (connected("relu4[3]", -2.0), connected("relu4[5]", 1.0))


def feeds(**changes: Any) -> Feeds:
    return Feeds("relu3[1]", FEEDERS, 64, FED, 128, **changes)


@pytest.fixture
def view(qtbot: Any) -> FeedsView:
    view = FeedsView("feeds")
    qtbot.addWidget(view)
    view.resize(500, 420)
    view.show()
    return view


@pytest.mark.parametrize("size", [(214, 212), (260, 300), (500, 420), (1100, 500), (120, 110)])
def test_tiles_lie_inside_their_half_and_do_not_overlap(
    view: FeedsView, size: tuple[int, int]
) -> None:
    view.resize(*size)
    view.show_feeds(feeds())
    items = view.items()
    assert len(items) >= 4
    rects = [item.rect for item in items]
    for k, rect in enumerate(rects):
        assert rect.right() <= size[0] + 1
        assert rect.bottom() <= size[1]
        assert not any(rect.intersects(other) for other in rects[k + 1 :])
        assert view.item_at(rect.center()) is items[k].unit
    view.grab()


def test_bars_are_parts_of_the_strongest_of_each_side(view: FeedsView) -> None:
    view.show_feeds(feeds())
    strengths = {item.unit.name: item.strength for item in view.items()}
    assert strengths["relu2[0]"] == 1
    assert strengths["relu2[8]"] == pytest.approx(-7 / 9)
    assert strengths["relu4[3]"] == -1
    assert strengths["relu4[5]"] == pytest.approx(0.5)


def test_a_click_names_the_unit_and_a_channel_of_the_picture_is_none(
    view: FeedsView, qtbot: Any
) -> None:
    red = ConnectedUnit("", "red", 0.5, 3.0, map=np.ones((4, 4), np.float32), channel=0)
    view.show_feeds(Feeds("conv1[0]", (red,), 3, FED, 2))
    clicked: list[str] = []
    view.clicked.connect(clicked.append)
    first, second = (item.rect.center().toPoint() for item in view.items()[:2])
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=first)
    assert clicked == []
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=second)
    assert clicked == ["relu4[3]"]
    assert "click" not in view.text_at(QPointF(first))
    assert view.text_at(QPointF(second)).splitlines() == [
        "relu4[3]",
        "adds -2 on this frame",
        "weight -1",
        "click to go to it; Alt+← comes back",
    ]


def test_ranked_by_weights_the_weights_are_shown(view: FeedsView) -> None:
    unit = ConnectedUnit("a[0]", "a[0]", -4.0, float("nan"))
    view.show_feeds(Feeds("b[0]", (unit,), 1, (), 0, "weight", fed_message="Nothing takes b."))
    assert view.items()[0].strength == -1
    assert "on this frame" not in view.text_at(view.items()[0].rect.center())
    view.grab()


def test_a_sentence_takes_the_place_of_units(view: FeedsView) -> None:
    view.show_feeds(Feeds("b[0]", message="Nothing lies before b."))
    assert view.items() == []
    assert view.accessibleDescription() == "Nothing lies before b."
    view.show_message("Select a unit.")
    assert view.item_at(QPointF(50, 50)) is None
    view.grab()
