"""Which map a network is said to have."""

import pytest

from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.map_cache import get_cached_map, override_map, require_map
from helpers import map_networks as nets
from helpers.stored_maps import folder_fixture, home_fixture, made_fixture  # noqa: F401


def test_another_map_counts_as_the_networks_own_only_for_a_while(made: Map) -> None:
    network = nets.network()
    with override_map(network, made, 3):
        inside = require_map(network, 3)
        assert inside.z is made.z
        assert inside.network is network
    own = get_cached_map(network)
    assert own.map is not None
    assert own.map.z is not made.z
    with pytest.raises(ZeroDivisionError), override_map(network, made, 3):
        assert require_map(network, 3).z is made.z
        raise ZeroDivisionError
    assert get_cached_map(network) is own
