"""A circuit, several layers back."""

import numpy as np
import pytest

from dnnvis.core.errors import BadInput, LensMissing, UnknownUnit
from dnnvis.lenses.circuits.circuit import trace_circuit
from helpers.circuit_networks import planted_network


def test_a_planted_circuit_is_traced_to_the_picture() -> None:
    network = planted_network()
    pixels = np.random.default_rng(0).integers(0, 255, (12, 10, 3), dtype=np.uint8)
    for image in (None, pixels):
        circuit = trace_circuit(network, "relu_d[0]", image, depth=4, k=2)
        names = []
        while circuit.feeders:
            names.append(circuit.name)
            circuit = circuit.feeders[0]
        assert [*names, circuit.name] == ["relu_d[0]", "relu_c[5]", "relu_b[1]", "relu_a[4]", "red"]
    assert circuit.picture is not None


def test_settings_that_make_no_sense_are_refused() -> None:
    network = planted_network()
    with pytest.raises(BadInput, match="1 to 6 layers back"):
        trace_circuit(network, "relu_d[0]", depth=0)
    with pytest.raises(BadInput, match="at most 400"):
        trace_circuit(network, "relu_d[0]", depth=4, k=9)
    with pytest.raises(UnknownUnit):
        trace_circuit(network, "relu_d[99]")
    assert issubclass(LensMissing, Exception)
