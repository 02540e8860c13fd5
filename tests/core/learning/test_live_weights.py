import base64
import struct

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.live_weights import (
    LatestWeights,
    LiveWeights,
    decode_weights,
    encode_weights,
)


def test_weights_come_back_from_json_as_they_were() -> None:
    random = np.random.default_rng(0)
    weights = {"a.weight": random.normal(size=(3, 2, 1, 1)).astype(np.float32)}
    weights |= {"a.bias": np.array([1.5, -2, 0], np.float32), "none": np.zeros((0, 4), np.float32)}
    found = decode_weights(encode_weights(weights))
    assert list(found) == list(weights)
    for name, value in weights.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], value)


def test_values_are_little_endian_floats_one_after_the_other() -> None:
    coded = encode_weights({"w": np.array([[1, 2]], np.float32), "b": np.array([3], np.float32)})
    assert coded["layout"] == [["w", [1, 2]], ["b", [1]]]
    assert base64.b64decode(coded["values"]) == struct.pack("<3f", 1, 2, 3)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"layout": [["w", [2]]], "values": "????"},
        {"layout": [["w", [2]]], "values": base64.b64encode(b"1234").decode()},
        {"layout": [["w", [-1]], ["v", [-1]]], "values": ""},
        {"layout": [["w", ["two"]]], "values": ""},
        {"layout": 7, "values": ""},
    ],
)
def test_anything_else_is_no_weights(data: object) -> None:
    with pytest.raises(BadInput, match="training sends holds"):
        decode_weights(data)


def test_the_newest_weights_replace_what_nobody_took() -> None:
    latest = LatestWeights()
    assert latest.get() is None
    first, second = LiveWeights(1), LiveWeights(2)
    latest.put(first)
    latest.put(second)
    assert latest.get() is second
    assert latest.get() is second
    latest.put(None)
    assert latest.get() is None
