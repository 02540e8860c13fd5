"""How strongly each layer fires, measured within the pass of a frame."""

import threading
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.engine.plan import Plan
from dnnvis.lenses.live import LiveWork
from dnnvis.lenses.live_activity import MAX_VALUES, ActivityMeter, LayerActivity, _sample
from dnnvis.network.hooks import count_hooks, observe_modules
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


class Tokens(nn.Module):
    """A dense layer of many tokens, whose channels differ much from one another."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.embed = nn.Linear(3, 96)
        with torch.no_grad():
            self.embed.bias.copy_(torch.linspace(-2, 5, 96))

    def forward(self, x: Tensor) -> Tensor:
        return self.embed(x.flatten(2).transpose(1, 2)).mean(1)


def test_of_many_tokens_a_few_stand_for_all_and_every_channel_counts() -> None:
    net = dnnvis.wrap(Tokens(), size=60)  # 3,600 tokens of 96 channels: every 168th value
    image = np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8)
    values = net.record(image).calls("embed")[-1]  # (96, 60, 60)
    activity = LayerActivity(net)
    with observe_modules(net.module, activity.on_output):
        net.run(net.encode(image))
    assert activity._samples["embed"].numel() <= MAX_VALUES * 1.1
    active, mean = activity.read()["embed"]
    assert active == pytest.approx(float((values > 0).mean()), abs=0.02)
    assert mean == pytest.approx(float(values.mean()), abs=0.05 * float(values.std()))


def test_a_sample_of_tokens_has_as_many_values_of_each_channel() -> None:
    channel = torch.arange(768.0).expand(1, 197, 768).contiguous()  # ViT-B: each value is its own
    counts = np.bincount(_sample(channel).long().numpy(), minlength=768)
    assert counts.min() >= 2
    assert counts.max() <= counts.min() + 1


def test_of_a_network_whose_passes_are_slow_fewer_are_measured() -> None:
    work = LiveWork(lambda choice: network, threading.Event())
    network = dnnvis.wrap(Twice(), size=12)
    seconds = []
    work._activity.measure = lambda network, wanted, interval: (  # type: ignore[method-assign]
        seconds.append(interval) or nullcontext()
    )
    for work._seconds in (0.001, 0.02, 0.2):
        work._measure_activity(Plan(activity=True), network, may_fuse=False)
    assert seconds == pytest.approx([0.25, 0.25, 2.0])
