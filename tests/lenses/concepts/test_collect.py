"""Activation vectors of a data set: which, how many, and where they were left."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.lenses.concepts import collect
from dnnvis.lenses.concepts.collect import (
    choose_options,
    collect_activations,
    file_of,
    sample_positions,
)
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset, open_data


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "kept"))


@pytest.fixture
def net() -> Network:
    torch.manual_seed(0)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    return dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), head), size=8)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Dataset]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(5):
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "2.png").write_bytes(b"no picture")
    with closing(open_data(folder)) as dataset:
        yield dataset


def test_each_picture_gives_some_of_its_positions(net: Network, data: Dataset) -> None:
    options = choose_options(net, data, "1", None, 4, 0)
    assert options.rows == (0, 1, 2, 3, 4)
    collected = collect_activations(net, data, options)
    assert collected.vectors.shape == (16, 6)  # one of the five cannot be read
    assert list(collected.unreadable) == [data.name(2)]
    assert collected.answers[2] == -1
    maps = net.record(data.read(0)[0], "1")["1"][0].reshape(6, -1).T
    for vector in collected.vectors[:4]:
        assert np.isclose(maps, vector, atol=1e-6).all(1).any()
    answer = net.record(data.read(4)[0], "output").output
    assert collected.answers[4] == answer.argmax()


def test_the_choice_is_that_of_the_pictures_number(net: Network) -> None:
    maps = torch.arange(2 * 30.0).reshape(2, 5, 6)
    first = sample_positions(maps, 7, 0, 3)
    assert first.shape == (7, 2)
    assert len(np.unique(first[:, 0])) == 7
    np.testing.assert_array_equal(sample_positions(maps, 7, 0, 3), first)
    assert not np.array_equal(sample_positions(maps, 7, 0, 4), first)
    assert len(sample_positions(maps, 99, 0, 3)) == 30


def test_the_memory_is_bounded_however_many_pictures(
    net: Network, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "MAX_ROWS", 10)
    assert choose_options(net, data, "1", None, 8, 0).positions == 2
    assert choose_options(net, data, "1", 2, 8, 0).positions == 5
    assert choose_options(net, data, "1", 2, 8, 0).rows == (0, 2)
    assert choose_options(net, data, "output", None, 8, 0).positions == 1


def test_what_was_stopped_goes_on_with_the_same_vectors(
    net: Network, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "BATCH_PICTURES", 2)
    options = choose_options(net, data, "1", None, 4, 0)
    whole = collect_activations(net, data, options)
    file_of(net, data, options).unlink()
    with pytest.raises(Cancelled):
        collect_activations(net, data, options, should_stop=lambda: True)
    reads: list[int] = []
    read = data.read
    monkeypatch.setattr(data, "read", lambda number: (reads.append(number), read(number))[1])
    again = collect_activations(net, data, options)
    assert reads == [2, 3, 4]  # the first two were kept
    np.testing.assert_array_equal(again.vectors, whole.vectors)
    np.testing.assert_array_equal(again.answers, whole.answers)


def test_a_damaged_file_is_made_again(net: Network, data: Dataset) -> None:
    options = choose_options(net, data, "1", None, 4, 0)
    whole = collect_activations(net, data, options)
    file_of(net, data, options).write_bytes(b"cut short")
    np.testing.assert_array_equal(collect_activations(net, data, options).vectors, whole.vectors)


def test_a_folder_without_a_picture_that_can_be_read(net: Network, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "0.png").write_bytes(b"no picture")
    with closing(open_data(folder)) as data, pytest.raises(BadInput):
        collect_activations(net, data, choose_options(net, data, "1", None, 4, 0))
