"""Another network over a recording."""

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live
from dnnvis.library.recordings.replay import correlate, summarize
from dnnvis.network.card import Card
from dnnvis.network.network import Network
from dnnvis.sources.recordings import chunks
from dnnvis.sources.recordings.reader import FrameRecording
from helpers.recordings import record

LABELS = ("dark, gloomy", "bright")


class Brightness(nn.Module):
    """Class 1 for pictures brighter than a threshold; ``swap`` changes the classes' order."""

    def __init__(self, threshold: float, swap: bool = False, more: int = 0) -> None:
        super().__init__()
        self.threshold, self.swap, self.more = threshold, swap, more
        self.gain = nn.Parameter(torch.ones(1))

    def forward(self, x):
        bright = (x.mean(dim=(1, 2, 3)) - self.threshold) * self.gain
        rows = [bright, -bright] if self.swap else [-bright, bright]
        return torch.stack([*rows, *[bright * 0 - 9] * self.more], 1)


def network_of(labels=LABELS, **options) -> Network:
    card = Card(name="bright", size=(8, 8), mean=(0.0,) * 3, std=(1.0,) * 3, labels=labels)
    return Network(Brightness(**options), card)


@pytest.fixture
def path(tmp_path):
    network = network_of(threshold=0.5)
    lives = []
    for number, value in enumerate((10, 90, 140, 160, 250)):
        pixels = np.full((8, 8, 3), value, np.uint8)
        output = network.run(network.encode(pixels), ()).output.reshape(-1)
        frame = Frame(pixels, number, born=number / 10)
        lives.append(Live(frame, "bright", pixels, {}, output, 0.0))
    record(tmp_path / "a.dnnrec", lives, network.info)
    return tmp_path / "a.dnnrec"


def summary_of(path, network, **options):
    with FrameRecording(path) as recording:
        return summarize(recording, network, **options)


def test_the_same_network_answers_the_same_bit_for_bit(path):
    summary = summary_of(path, network_of(threshold=0.5))
    assert (summary["frames"], summary["agreement"]) == (5, 1.0)
    assert summary["same_outputs"] == 5
    assert summary["max_difference"] == 0


def test_a_network_with_another_threshold_disagrees_where_it_must(path):
    summary = summary_of(path, network_of(threshold=0.6))
    assert summary["agreement"] == 0.8  # 140 is .549 of white
    assert summary["disagreements"] == [[2, 0.2, "bright", "dark, gloomy"]]
    assert summary["max_difference"] == pytest.approx(0.1, abs=1e-5)


def test_classes_are_compared_by_name_whatever_their_order_and_number(path):
    labels = ("bright", "dark", "other")
    summary = summary_of(path, network_of(labels, threshold=0.5, swap=True, more=1))
    assert summary["agreement"] == 1.0  # "dark" is a synonym of "dark, gloomy"
    assert summary["max_difference"] is None
    assert any("other sizes" in note for note in summary["notes"])


def test_damaged_frames_are_left_out_and_counted(path):
    data = bytearray(path.read_bytes())
    data[data.rfind(chunks.SYNC) - 1] ^= 1  # the last byte of the last frame
    path.write_bytes(data)
    summary = summary_of(path, network_of(threshold=0.5))
    assert summary["frames"] == 4
    assert any("1 frames are damaged" in note for note in summary["notes"])


def test_a_limit_is_kept(path):
    assert summary_of(path, network_of(threshold=0.5), limit=2)["frames"] == 2


def test_correlation_is_numpys():
    rng = np.random.default_rng(3)
    for _ in range(20):
        a, b = rng.normal(size=(2, 30)).astype(np.float32)
        assert correlate(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)
    assert np.isnan(correlate(np.ones(3, np.float32), np.zeros(3, np.float32)))
