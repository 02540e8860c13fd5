"""The offer to render a layer, where the grid of kept pictures is nearly empty."""

import pytest
from pytestqt.qtbot import QtBot

from dnnvis.app.layers.render_offer import RenderOffer
from dnnvis.core.job_state import JobState


@pytest.mark.parametrize(
    ("missing", "seconds", "text"),
    [
        (250, 2.0, "Render this layer (250 units, about 8 min)"),
        (200, None, "Render this layer (200 units)"),
    ],
)
def test_a_nearly_empty_layer_is_offered_with_its_time(
    qtbot: QtBot, missing: int, seconds: float | None, text: str
) -> None:
    begun: list[bool] = []
    offer = RenderOffer(None)
    qtbot.addWidget(offer)
    offer.offer(lambda: begun.append(True), lambda: seconds)
    offer.show_missing(missing, 256)
    assert offer.isVisibleTo(None)
    assert offer.text() == text
    offer.click()
    assert begun == [True]
    offer.show_missing(100, 256)
    assert offer.isHidden()


def test_while_it_renders_it_says_how_far_it_is(qtbot: QtBot) -> None:
    offer = RenderOffer(None)
    qtbot.addWidget(offer)
    offer.show_job(JobState("render", done=12, total=256))
    offer.show_missing(100, 256)
    assert not offer.isHidden()
    assert not offer.isEnabled()
    assert offer.text() == "Rendering this layer: 12 of 256 ..."
    offer.show_job(JobState("render", done=256, total=256, finished=True))
    offer.show_missing(0, 256)
    assert offer.isHidden()
