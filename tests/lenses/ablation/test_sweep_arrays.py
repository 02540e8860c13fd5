"""The sweep as a script calls it."""

import numpy as np
import pytest

import dnnvis


def test_the_effects_are_those_of_edited_recordings() -> None:
    net = dnnvis.open("net1-mnist")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 28, 28, 1), np.uint8)
    layer = net.layers[1].name
    channels = net.layers[1].shape[0]
    labels = rng.integers(0, 10, 40)
    effects = dnnvis.sweep(net, layer, images, labels)
    on_unit = dnnvis.sweep(net, layer, images, unit="output[3]")
    own = dnnvis.sweep(net, layer, images)
    assert effects.shape == on_unit.shape == own.shape == (channels,)
    plain = net.record(images, ["output"])["output"].reshape(40, -1)
    for k in (0, channels // 2, channels - 1):
        with net.edited(f"{layer}[{k}] = 0"):
            edited = net.record(images, ["output"])["output"].reshape(40, -1)
        right = (edited.argmax(1) == labels).mean() - (plain.argmax(1) == labels).mean()
        assert effects[k] == pytest.approx(right)
        assert own[k] == pytest.approx((edited.argmax(1) == plain.argmax(1)).mean() - 1)
        assert on_unit[k] == pytest.approx((edited - plain)[:, 3].mean(), abs=1e-6)


def test_what_cannot_be_swept_is_a_sentence() -> None:
    net = dnnvis.open("net1-mnist")
    images = np.zeros((3, 28, 28, 1), np.uint8)
    layer = net.layers[1].name
    for labels in ([1, 2], [1.0, 2.0, 3.0], [[1], [2], [3]], [[1], [2, 3], [4]]):
        with pytest.raises(dnnvis.BadInput, match="whole numbers"):
            dnnvis.sweep(net, layer, images, labels)
    with pytest.raises(dnnvis.BadInput, match="no classes"):
        dnnvis.sweep(net, layer, images, [1, 2, -1])
    with pytest.raises(dnnvis.BadInput, match="no pictures"):
        dnnvis.sweep(net, layer, images[:0])
    with pytest.raises(dnnvis.UnknownUnit):
        dnnvis.sweep(net, "nothing", images)
    with pytest.raises(dnnvis.UnknownUnit):
        dnnvis.sweep(net, layer, images, unit="output[10]")
