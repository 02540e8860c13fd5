"""The order of the tiles by the effect of a sweep."""

import numpy as np

from dnnvis.app.layers.layer_ranges import LayerRanges
from dnnvis.app.layers.tile_order import TileOrder
from dnnvis.session.state import State
from dnnvis.session.unit_effects import UnitEffects

NONE = np.zeros(0, np.int64)


def test_the_most_harmful_loss_stands_first_once_a_sweep_knows_it() -> None:
    order = TileOrder()
    state, key = State(order="effect", layer="conv1"), ("toy", "conv1#-1")
    strength = np.array([1.0, 5.0, 2.0, 3.0])
    by_strength = order.renew(state, key, strength, LayerRanges(), np.array([1]), None)
    assert by_strength.tolist() == [3, 2, 0, 1]  # no sweep yet; a silent unit stands last
    assert "no sweep of this layer yet" in order.describe(state, "toy", 4)
    effects = np.array([0.1, -0.2, np.nan, -0.5])
    order.effects = UnitEffects("toy", "conv1", "accuracy", 0.9, effects, np.ones(4), 40)
    assert order.wait(state, key, 4) == 0  # another sweep, another order: at once
    by_effect = order.renew(state, key, strength, LayerRanges(), np.array([1]), None)
    assert by_effect.tolist() == [3, 1, 0, 2]
    assert "accuracy, 40 pictures" in order.describe(state, "toy", 4)
    assert order.wait(state, key, 4) > 0
    assert order.effects_of(state, "other", 4) is None
    assert order.describe(State(order="index"), "toy", 4) == ""
