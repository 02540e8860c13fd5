"""How strongly each layer fires, measured within the pass of a frame."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.lenses.live_activity import ActivityMeter
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network


class Twice(nn.Module):
    """A rectifier in place, called twice."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.conv1, self.relu = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4, 6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.conv2(self.relu(self.conv1(x)))).mean((2, 3))


@pytest.fixture(scope="module")
def net() -> Network:
    return dnnvis.wrap(Twice(), size=12)


def test_the_numbers_are_those_of_the_recorded_values(net: Network) -> None:
    image = np.random.default_rng(0).integers(0, 255, (12, 12, 3), np.uint8)
    recording = net.record(image)
    with ActivityMeter().measure(net, wanted=True) as activity:
        net.run(net.encode(image))
    assert activity is not None
    numbers = activity.read()
    assert set(numbers) == {"conv1", "relu", "conv2"}
    for name, (active, mean) in numbers.items():
        values = recording.calls(name)[-1]
        assert active == pytest.approx(float((values > 0).mean()), abs=1e-6)
        assert mean == pytest.approx(float(values.mean()), rel=1e-4)
    assert count_hooks(net.module) == 0


def test_frames_that_stream_are_measured_now_and_then(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [10.0]
    monkeypatch.setattr("dnnvis.lenses.live_activity.time.perf_counter", lambda: clock[0])
    meter, measured = ActivityMeter(), []
    for _ in range(60):  # two seconds at 30 frames a second
        clock[0] += 1 / 30
        with meter.measure(net, wanted=True) as activity:
            measured.append(activity is not None)
    assert 7 <= sum(measured) <= 9
    clock[0] += 0.12  # a single picture after a pause
    assert meter.is_due(net)
    with meter.measure(net, wanted=False) as activity:
        assert activity is None
