"""Maps that are read beside the pass, against reading them when they come."""

import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.library.scan import map_reader
from dnnvis.library.scan.channel_summary import BatchSummary, Reducer, assign_unit_ranges
from dnnvis.library.scan.map_reader import MapReader, list_overwritten_layers
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


def reduce(network: Network, pixels: Tensor, reader: MapReader | None) -> BatchSummary:
    layers = [row.name for row in network.layers]
    overwritten = list_overwritten_layers(network, layers)
    reducer = Reducer(assign_unit_ranges(network, layers), reader, overwritten)
    return reducer.run(network, pixels, torch.arange(len(pixels))).summarize()


def assert_same_bits(ours: BatchSummary, theirs: BatchSummary) -> None:
    for name in ("maximum", "mean", "minimum", "positions"):
        assert torch.equal(getattr(ours, name), getattr(theirs, name))
    assert ours.samples.keys() == theirs.samples.keys()
    for start, values in theirs.samples.items():
        assert torch.equal(ours.samples[start], values)


@pytest.mark.parametrize("room", [0, 1 << 30])
def test_the_numbers_have_the_bits_of_a_pass_that_reads_at_once(
    network: Network, noise: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(map_reader, "MAX_QUEUED_BYTES", room)
    pixels = network.encode(noise(5, 12, 12, 3))
    with MapReader() as reader:
        ours = reduce(network, pixels, reader)
    assert_same_bits(ours, reduce(network, pixels, None))


class Overwriting(nn.Module):
    """Changes what its layers returned: always, unseen by torch, and on bright pictures only."""

    def __init__(self) -> None:
        super().__init__()
        self.counted, self.unseen, self.rare, self.lasting = (
            nn.Conv2d(3, 3, 3, padding=1) for _ in range(4)
        )

    def forward(self, x: Tensor) -> Tensor:
        counted = self.counted(x)
        first = counted.relu_()
        unseen = self.unseen(first)
        second = unseen + 1
        unseen.numpy()[:] = 0
        rare = self.rare(second)
        if x.amax() > 0.9:
            rare.mul_(2)
        return self.lasting(rare)


def test_layers_whose_values_do_not_last_are_listed() -> None:
    torch.manual_seed(0)
    net = wrap(Overwriting(), size=8)
    layers = ["counted", "unseen", "rare", "lasting"]
    assert list_overwritten_layers(net, layers) == {"counted", "unseen"}


def test_a_value_that_changes_on_some_pictures_only_is_read_in_a_second_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    net = wrap(Overwriting(), size=8)
    pixels = torch.rand(4, 3, 8, 8)
    pixels[0, 0, 0, 0] = 1.0
    monkeypatch.setattr(MapReader, "_run", lambda self: None)  # all is read at the end: too late
    with MapReader() as reader:
        ours = reduce(net, pixels, reader)
    assert_same_bits(ours, reduce(net, pixels, None))


def test_a_value_changed_while_it_waits_is_reported_once() -> None:
    begun, go = threading.Event(), threading.Event()

    def wait(value: Tensor) -> None:
        begun.set()
        assert go.wait(30)

    seen: list[float] = []
    values = [torch.zeros(1, 1, 2, 2) for _ in range(3)]
    with MapReader() as reader:
        reader.submit("slow", wait, values[0])
        assert begun.wait(30)
        for name, value in zip(("changed", "lasting"), values[1:], strict=True):
            reader.submit(name, lambda maps: seen.append(float(maps.sum())), value)
        values[1].add_(1)
        go.set()
        assert reader.join() == {"changed"}
        assert reader.join() == set()
    assert sorted(seen) == [0.0, 4.0]


def test_an_error_on_the_thread_is_raised_where_it_is_joined() -> None:
    read = threading.Event()

    def fail(value: Tensor) -> None:
        read.set()
        raise ValueError("no maps")

    with MapReader() as reader:
        reader.submit("a", fail, torch.zeros(1, 1, 1, 1))
        assert read.wait(30)
        with pytest.raises(ValueError, match="no maps"):
            reader.join()
        assert reader.join() == set()


def test_what_waits_is_forgotten_when_it_is_discarded() -> None:
    begun = threading.Event()
    seen: list[str] = []

    def wait(value: Tensor) -> None:
        begun.set()
        with reader._condition:
            assert reader._condition.wait_for(lambda: not reader._queue, 30)
        seen.append("first")

    with MapReader() as reader:
        reader.submit("first", wait, torch.zeros(1, 1, 1, 1))
        assert begun.wait(30)
        reader.submit("second", lambda value: seen.append("second"), torch.zeros(1, 1, 1, 1))
        reader.discard()
    assert seen == ["first"]
