"""The check of the network, through the live work: its numbers by other means."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import CheckReport
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses import network_check
from dnnvis.lenses.live import LiveWork
from dnnvis.lenses.network_check import NetworkCheckup, is_doubtful
from dnnvis.network.card import Card
from dnnvis.network.network import Network

TOY = NetworkChoice(net="toy")
LABELS = ("cat", "dog", "ship")


class Small(nn.Module):
    """Unit 1 of ``relu`` never fires; units 0 and 2 of ``squash`` stay at their ends."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)
        self.relu = nn.ReLU()
        self.mix = nn.Conv2d(4, 3, 1)
        self.squash = nn.Sigmoid()
        self.head = nn.Linear(3, 3)
        with torch.no_grad():
            self.conv.bias[1] = -100.0
            self.mix.bias.copy_(torch.tensor([50.0, 0.0, -50.0]))

    def forward(self, x: Tensor) -> Tensor:
        values = self.squash(self.mix(self.relu(self.conv(x))))
        return self.head(values.mean((2, 3)))


@pytest.fixture
def net() -> Network:
    card = Card("toy", (8, 8), mean=(0.1, 0.2, 0.3), std=(0.5,) * 3, labels=LABELS)
    return Network(Small(), card)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_check, "MIN_INTERVAL_SECONDS", 0.0)


def frames(count: int) -> Iterator[Frame]:
    for k in range(count):
        pixels = np.random.default_rng(k).integers(0, 256, (8, 8, 3), np.uint8)
        yield Frame(pixels, k, f"picture {k}", LABELS[k % 3])


def last(checkup: NetworkCheckup, frame: Frame, background: bool = False) -> CheckReport:
    return list(checkup.look(frame, background))[-1]


def test_input_answers_and_units_are_those_of_a_plain_pass(net: Network) -> None:
    checkup = NetworkCheckup()
    checkup.follow(net)
    seen = list(frames(5))
    for frame in seen:
        report = last(checkup, frame)
    given = (seen[-1].pixels / 255 - [0.1, 0.2, 0.3]) / 0.5  # (H, W, C)
    np.testing.assert_allclose(report.input_range, (given.min(), given.max()), rtol=1e-4)
    np.testing.assert_allclose(report.input_mean, given.mean((0, 1)), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(report.input_std, given.std((0, 1), ddof=1), rtol=1e-2)
    x = torch.stack([torch.from_numpy(f.pixels).permute(2, 0, 1) for f in seen]) / 255
    x = (x - torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1)) / 0.5
    with torch.no_grad():
        p = net.module(x).softmax(1)
    entropy = torch.distributions.Categorical(p).entropy().mean()
    assert report.entropy == pytest.approx(float(entropy), rel=1e-4)
    assert report.chance == pytest.approx(np.log(3))
    right = sum(int(p[k].argmax()) == k % 3 for k in range(5))
    assert (report.labeled, report.right, report.pictures) == (5, right, 5)
    health = {each.layer: each for each in report.layers}
    assert (health["relu"].units, health["relu"].dead) == (4, 1)
    assert (health["squash"].units, health["squash"].dead, health["squash"].saturated) == (3, 0, 2)
    assert health["conv"].dead == 0


def test_a_picture_that_comes_again_counts_once_and_a_dozen_are_enough(net: Network) -> None:
    checkup = NetworkCheckup()
    checkup.follow(net)
    first = next(frames(1))
    for _ in range(3):
        list(checkup.look(first, True))
    for frame in frames(12):
        assert checkup.wants(net, True)
        report = last(checkup, frame, True) if frame.number else report_of(checkup, frame)
    assert report.pictures == 12
    assert report.normalization is not None
    assert report.normalization.pictures == 12
    assert report.progress == 1.0
    assert not checkup.wants(net, background=True)
    assert checkup.wants(net, background=False)


def report_of(checkup: NetworkCheckup, frame: Frame) -> CheckReport | None:
    return next(iter(checkup.look(frame, True)), None)


def test_the_same_pictures_are_looked_at_again_after_another_preprocessing(net: Network) -> None:
    checkup = NetworkCheckup()
    checkup.follow(net)
    seen = list(frames(4))
    for frame in seen:
        last(checkup, frame)
    taken = Network(net.module, net.card.with_values({"mean": (0.0,)}, "user"))
    checkup.follow(taken)
    report = last(checkup, seen[-1])
    assert report.pictures == 4
    assert report.normalization is not None
    assert report.normalization.pictures == 4


def test_a_check_that_ended_goes_on_with_the_next_picture(net: Network) -> None:
    def open_network(choice: NetworkChoice) -> Network:
        if choice != TOY:
            raise BadInput(choice.net)
        return net

    work = LiveWork(open_network, threading.Event())
    assert work.open(TOY).doubtful
    request = Request("check", Unit("output", 0), (("background", True),), False, restarts=True)
    plan = Plan(TOY, requests={"check": request})
    for number, frame in enumerate(frames(13), 1):
        _, scenes, failures = work.live(plan, frame)
        assert not failures
        assert ("check" in scenes) is (number < 13)
        for scene in scenes.values():
            reports = list(work.look(request, scene))
            assert reports[-1].pictures == number


def test_only_what_nobody_vouches_for_is_doubtful(net: Network) -> None:
    assert is_doubtful(net)  # its mean and std were assumed
    shipped = Network(net.module, net.card.with_origin("file"))
    assert not is_doubtful(shipped)
    by_name = Network(net.module, net.card.with_origin("module"))
    by_name.origin = {"net": "resnet18"}
    assert not is_doubtful(by_name)
    by_name.origin = {"net": "resnet18", "checkpoint": "mine.pt"}
    assert is_doubtful(by_name)
