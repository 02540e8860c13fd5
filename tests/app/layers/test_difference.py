"""The difference that edits make, of one frame and no other."""

from dataclasses import replace

import numpy as np

from dnnvis.app.layers.difference import compute_difference, explain_no_difference
from dnnvis.app.layers.shown_maps import find_difference
from dnnvis.core.messages import Unedited
from dnnvis.session.state import State
from helpers.live_frames import make_live

EDITS = ("block.conv[1] = 0",)


def test_it_is_edited_minus_unedited_of_the_same_frame() -> None:
    live = make_live()
    plain = {"block.conv": live.maps["block.conv"] + 2, "dense": np.zeros((3, 1, 1), np.float32)}
    unedited = Unedited(142, live.output - 0.5, plain)
    edited = replace(live, edits=EDITS, unedited=unedited)
    found = compute_difference(edited, "block.conv")
    assert found is not None
    assert (found.maps == -2).all()
    assert found.frame == 142
    output = compute_difference(edited, "output")
    assert output is not None
    np.testing.assert_allclose(output.maps, np.full((3, 1, 1), 0.5))
    assert compute_difference(edited, "dense") is None  # of another shape
    assert compute_difference(edited, "block.pool") is None  # not compared
    assert compute_difference(live, "block.conv") is None
    late = replace(edited, unedited=replace(unedited, frame=141))
    assert compute_difference(late, "block.conv") is None
    state = State(layer="block.conv", grid="difference")
    later = replace(live, edits=EDITS)
    assert find_difference(state, later, found)[0] is found.maps  # until the next one
    assert find_difference(state, live, found) == (None, explain_no_difference(live))
    other = replace(live, edits=("block.conv[2] = 0",))
    assert find_difference(state, other, found)[0] is None
    assert "not been run" in explain_no_difference(later)
    assert "No edit is on" in explain_no_difference(None)
