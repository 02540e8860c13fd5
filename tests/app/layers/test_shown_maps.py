"""Which maps the mosaic shows, and the sentences where there are none."""

import numpy as np

from dnnvis.app.layers.shown_maps import find_backward_maps, find_forward_maps
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import Failure, LayerInfo, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.state import State
from helpers.live_frames import make_live

INFO = NetworkInfo(
    "toy",
    (LayerInfo("dense", "Linear", (20, 1, 1)), LayerInfo("output", "result", (3, 1, 1))),
    (),
    (8, 8),
    3,
)


def test_maps_of_the_frame_the_output_and_sentences() -> None:
    live = make_live()
    maps, message = find_forward_maps(State(layer="dense"), INFO, live)
    assert maps is live.maps["dense"]
    assert message == ""
    output, _ = find_forward_maps(State(layer="output"), INFO, live)
    assert output is not None
    np.testing.assert_array_equal(output.ravel(), live.output)
    assert find_forward_maps(State(layer="dense"), INFO, None)[0] is None


def test_backward_maps_are_those_of_the_layer() -> None:
    values = np.arange(20, dtype=np.float32).reshape(1, 1, 20)
    picture = Picture(values, scale="signed", unit="output[1]", network="toy")
    state = State(layer="dense", unit=Unit("output", 1))
    maps, _ = find_backward_maps(state, INFO, picture)
    assert maps is not None
    np.testing.assert_array_equal(maps.ravel(), np.arange(20))
    assert find_backward_maps(state, INFO, Failure("it failed")) == (None, "it failed")
    assert find_backward_maps(state, INFO, None)[0] is None
    own = State(layer="dense", unit=Unit("dense", 1))
    assert find_backward_maps(own, INFO, picture)[0] is None
