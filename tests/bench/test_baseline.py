from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.bench import baseline
from dnnvis.bench.memory_source import MemorySource, demo_frames
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


def frames(count: int = 3) -> list[Frame]:
    random = np.random.default_rng(0)
    return [Frame(random.integers(0, 256, (9, 9, 3), dtype=np.uint8), k) for k in range(count)]


def network(*layers: nn.Module) -> Network:
    return wrap(nn.Sequential(*layers), size=8)


@pytest.fixture
def convolutions(as_trained: Callable[..., Any]) -> Network:
    convs = [nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 2, 3)]
    return wrap(as_trained(nn.Sequential(*convs)), size=8)


def test_the_middle_convolution_is_the_one_in_the_middle(convolutions: Network) -> None:
    assert baseline.find_middle_convolution(convolutions) == "2"
    assert baseline.find_middle_convolution(network(nn.Conv2d(3, 1, 1))) == "0"
    four = network(*(nn.Conv2d(3, 3, 1) for _ in range(4)))
    assert baseline.find_middle_convolution(four) == "2"


def test_without_convolutions_it_is_the_dense_layer_in_the_middle() -> None:
    dense = network(nn.Flatten(), nn.Linear(192, 5), nn.ReLU(), nn.Linear(5, 5), nn.Linear(5, 5))
    assert baseline.find_middle_convolution(dense) == "3"


def test_a_network_with_neither_is_told_of() -> None:
    with pytest.raises(BadInput, match="no convolution and no dense layer"):
        baseline.find_middle_convolution(network(nn.ReLU(), nn.AvgPool2d(2)))


def test_the_backward_reference_leaves_the_network_as_it_was(convolutions: Network) -> None:
    module = convolutions.module
    before = {k: v.clone() for k, v in module.state_dict().items()}
    inside = [dict(part.__dict__) for part in module.modules()]
    pixels = frames()[0].pixels
    output = convolutions.record(pixels).output
    assert baseline.measure_backward_seconds(convolutions, frames(), 0.0) > 0
    assert count_hooks(module) == 0
    assert [part.__dict__.keys() for part in module.modules()] == [d.keys() for d in inside]
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())
    assert not any(p.requires_grad or p.grad is not None for p in module.parameters())
    assert np.array_equal(convolutions.record(pixels).output, output)


def test_the_backward_reference_leaves_it_so_after_an_error_too(convolutions: Network) -> None:
    assert convolutions.layers  # known before the fault
    convolutions.forward = lambda x: 1 / 0  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        baseline.measure_backward_seconds(convolutions, frames(), 0.0)
    assert "forward" not in vars(dict(convolutions.module.named_modules())["2"])


def test_the_backward_reference_makes_one_forward_and_three_backwards(
    convolutions: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert convolutions.layers  # the table takes a pass of its own
    calls = {"forward": 0, "backward": 0}
    forward, grad = convolutions.forward, torch.autograd.grad

    def counted_forward(x: Any) -> Any:
        calls["forward"] += 1
        return forward(x)

    def counted_grad(*args: Any, **named: Any) -> Any:
        calls["backward"] += 1
        return grad(*args, **named)

    monkeypatch.setattr(convolutions, "forward", counted_forward)
    monkeypatch.setattr(torch.autograd, "grad", counted_grad)
    baseline.measure_backward_seconds(convolutions, frames(), 0.0)
    assert calls == {"forward": 3, "backward": 9}  # three times at least


def test_the_rate_counts_frames_per_second(
    convolutions: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that gains a quarter of a second with every frame: four frames a second."""
    now = [0.0]
    monkeypatch.setattr(baseline.time, "perf_counter", lambda: now[0])
    seen: list[int] = []

    def encode(pixels: Any) -> Any:
        assert torch.is_inference_mode_enabled()
        now[0] += 0.25
        seen.append(len(seen))
        return torch.zeros(1, 3, 8, 8)

    monkeypatch.setattr(convolutions, "encode", encode)
    assert baseline.measure_rate(convolutions, frames(), 2.0) == pytest.approx(4.0)
    assert len(seen) == 8


def test_the_faster_format_is_taken(convolutions: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    def rate(net: Network, frames: Any, seconds: float) -> float:
        return 9.0 if net.memory_format == torch.channels_last else 5.0

    monkeypatch.setattr(baseline, "measure_rate", rate)
    assert baseline.select_faster_format(convolutions, frames()) == "channels_last"
    assert convolutions.memory_format == torch.channels_last
    monkeypatch.setattr(baseline, "measure_rate", lambda *args: 14.0 - rate(*args))
    assert baseline.select_faster_format(convolutions, frames()) == "nchw"
    assert convolutions.memory_format == torch.contiguous_format


def test_a_format_in_which_a_network_fails_is_not_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Weights of five axes cannot lie in channels_last."""
    net = network(nn.Unflatten(1, (1, 3)), nn.Conv3d(1, 2, 3))
    monkeypatch.setattr(baseline, "measure_rate", lambda *args: 9.0)
    assert baseline.select_faster_format(net, frames()) == "nchw"
    assert net.memory_format == torch.contiguous_format


def test_the_ring_gives_its_frames_round_and_round() -> None:
    given = frames(3)
    with MemorySource(given, 30.0) as ring:
        numbers = [frame.number for frame in (ring.read() for _ in range(7)) if frame]
    assert numbers == [1, 2, 0, 1, 2, 0, 1]
    assert ring.rate == 30.0
    assert not ring.live


def test_the_demos_frames_are_pictures_of_their_own() -> None:
    one, two = demo_frames(2)
    assert one.pixels.shape == (480, 640, 3)
    assert not np.shares_memory(one.pixels, two.pixels)
    assert not np.array_equal(one.pixels, two.pixels)
