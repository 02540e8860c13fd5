"""How long a picture takes is measured by the steps that pass."""

import pytest

from dnnvis.app.synthesis.pace import SynthesisPace
from helpers.synthesis_results import make_grown


def test_a_picture_takes_its_steps_at_the_pace_that_was_seen() -> None:
    times = iter((10.0, 12.0, 20.0, 30.0, 31.0))
    pace = SynthesisPace(lambda: next(times))
    assert pace.seconds() is None
    pace.note(make_grown(step=4))
    assert pace.seconds() is None
    pace.note(make_grown(step=8))  # half a second a step, of 48
    assert pace.seconds() == pytest.approx(24)
    pace.note(make_grown(step=2))  # begun again
    assert pace.seconds() == pytest.approx(24)
    pace.reset()
    pace.note(make_grown(9, step=1))
    pace.note(make_grown(9, step=2))  # nine at once
    assert pace.seconds() == pytest.approx(48 / 9)
