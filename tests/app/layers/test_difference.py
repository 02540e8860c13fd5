"""The difference that edits make, of one frame and no other."""

from dataclasses import replace

import numpy as np

from dnnvis.app.layers.difference import (
    compute_difference,
    describe_difference,
    explain_no_difference,
)
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


def test_rounding_of_fused_passes_is_no_difference() -> None:
    live = make_live()
    maps = live.maps["block.conv"].copy()
    largest = float(np.abs(maps).max())
    plain = maps.copy()
    plain[0, 0, 0] += np.float32(5e-6 * largest)
    plain[1, 0, 0] -= np.float32(1e-3 * largest)
    live = replace(live, maps={"block.conv": maps}, edits=EDITS)
    live = replace(live, unedited=Unedited(142, live.output, {"block.conv": plain}))
    exact = compute_difference(live, "block.conv")
    fused = compute_difference(replace(live, fused="fused: within 1e-5"), "block.conv")
    assert exact is not None
    assert fused is not None
    assert np.count_nonzero(exact.maps) == 2
    assert np.argwhere(fused.maps).tolist() == [[1, 0, 0]]
    assert fused.maps[1, 0, 0] == exact.maps[1, 0, 0]
    assert "rounding" in describe_difference(fused)
    assert "rounding" not in describe_difference(exact)
