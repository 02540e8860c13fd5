"""Classes and boxes that a network answers with, read from a pass."""

import threading
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live
from dnnvis.engine.plan import NetworkChoice, Plan
from dnnvis.lenses.live import LiveWork
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

PIXELS = np.random.default_rng(1).integers(0, 256, (16, 24, 3), dtype=np.uint8)


class Segmenter(nn.Module):
    """Scores of five classes at each second place; channels last where asked."""

    def __init__(self, last: bool = False) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.conv, self.last = nn.Conv2d(3, 5, 3, 2, 1), last

    def forward(self, x: Tensor) -> Any:
        maps = self.conv(x)
        return {"aux": maps * 2, "out": maps.permute(0, 2, 3, 1) if self.last else maps}


class Detector(nn.Module):
    """As many boxes as the picture is bright, as torchvision's detectors return them."""

    def __init__(self, scored: bool = True) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.dense, self.scored = nn.Linear(3, 8), scored

    def forward(self, x: Tensor) -> Any:
        results = []
        for picture in x:
            found = self.dense(picture.mean((1, 2)))
            count = int(picture.mean() * 4)
            boxes = found[None, :4].sigmoid().repeat(count, 1) * 10
            part = {"boxes": boxes}
            if self.scored:
                labels = torch.arange(count) + 7
                part |= {"labels": labels, "scores": torch.linspace(0.9, 0.1, count)}
            results.append(part)
        return results


def live_of(network: Network, pixels: Any = PIXELS, meaning: str = "") -> Live:
    work = LiveWork(lambda choice: network, threading.Event())
    work.open(NetworkChoice(net="toy"))
    plan = Plan(NetworkChoice(net="toy"), meaning=meaning)
    live: Live = work.live(plan, Frame(pixels, 0, "test"))[0]
    return live


@pytest.mark.parametrize("last", [False, True])
def test_each_place_has_the_class_with_the_greatest_value(last: bool) -> None:
    module = Segmenter(last)
    live = live_of(wrap(module, size=(16, 24)))
    x = torch.from_numpy(PIXELS).permute(2, 0, 1)[None].float() / 255
    maps = module(x)["aux"][0].detach().numpy()
    assert live.classes is not None
    assert live.classes.shape == (8, 12)
    for y in range(8):
        for x_ in range(12):
            values = maps[:, y, x_].tolist()
            assert live.classes[y, x_] == values.index(max(values))
    assert live.detections is None


def test_a_chosen_meaning_counts_more_than_the_decided_one() -> None:
    network = wrap(Segmenter(), size=(16, 24))
    assert live_of(network, meaning="map").classes is None
    pooled = wrap(nn.Sequential(Segmenter().conv, nn.AdaptiveAvgPool2d(1), nn.Flatten()), size=16)
    assert live_of(pooled, meaning="segmentation").classes is None
    assert live_of(pooled, meaning="boxes").detections is None


@pytest.mark.parametrize("output", ["", "0.scores"])
def test_a_detectors_boxes_come_with_labels_and_scores(output: str) -> None:
    network = wrap(Detector(), size=(16, 24), output=output)
    for gray, count in ((255, 4), (128, 2)):
        found = live_of(network, np.full((16, 24, 3), gray, np.uint8)).detections
        assert found is not None
        assert found.boxes.shape == (count, 4)
        assert found.labels.tolist() == list(range(7, 7 + count))
        assert found.scores == pytest.approx(np.linspace(0.9, 0.1, count))
        x = torch.full((1, 3, 16, 24), gray / 255)
        expected = network.module(x)[0]["boxes"].detach().numpy()
        assert found.boxes == pytest.approx(expected, abs=1e-5)


def test_boxes_alone_are_sure_and_of_class_0() -> None:
    found = live_of(wrap(Detector(False), size=16), np.full((16, 16, 3), 255, np.uint8)).detections
    assert found is not None
    assert found.labels.tolist() == [0] * 4
    assert found.scores.tolist() == [1.0] * 4
