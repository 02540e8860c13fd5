"""The memory of the running source, against a search through everything by hand."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.library.recent_frames import (
    MIN_INTERVAL_SECONDS,
    MIN_SCENE_SECONDS,
    FrameMemory,
    top_k_distinct,
)
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

TOY = NetworkChoice(net="toy")


class Toy(nn.Module):
    """A shared rectifier that is called twice, in place, and a layer that is not always used."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(6, 8, 3, stride=2)
        self.rare = nn.Identity()
        self.head = nn.Linear(8, 5)
        self.use_rare = True

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.conv1(x))
        x = self.act(self.conv2(x))
        if self.use_rare:
            x = self.rare(x)
        return self.head(x.mean((2, 3)))


@pytest.fixture
def network(as_trained: Callable[..., Any]) -> Network:
    return wrap(as_trained(Toy()), size=9, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))


@pytest.fixture
def work(network: Network) -> LiveWork:
    work = LiveWork(lambda choice: network, threading.Event())
    work.open(TOY)
    return work


def frame(number: int, born: float, source: str = "camera 0", label: str | None = None) -> Frame:
    random = np.random.default_rng(number)
    pixels = random.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return Frame(pixels, number, source, label, born)


def show(work: LiveWork, frames: list[Frame], memory: float = 5.0, **plan: Any) -> FrameMemory:
    for one in frames:
        work.live(Plan(TOY, memory=memory, **plan), one)
    assert work.memory is not None
    return work.memory


def by_hand(network: Network, frames: list[Frame], unit: Unit) -> list[tuple[float, float, Any]]:
    """(maximum, mean, place) of the unit's map at the last call, frame by frame."""
    rows = []
    for one in frames:
        map_ = network.record(one.pixels, [unit.layer]).calls(unit.layer)[-1][unit.channel]
        place = np.unravel_index(map_.argmax(), map_.shape)
        rows.append((map_.max(), map_.mean(), tuple(map(int, place))))
    return rows


@pytest.mark.parametrize("by", ["max", "mean"])
@pytest.mark.parametrize("bottom", [False, True])
@pytest.mark.parametrize("layer", ["conv1", "act", "conv2", "rare", "head", "output"])
def test_the_best_frames_are_those_found_by_hand(
    work: LiveWork, network: Network, by: Any, bottom: bool, layer: str
) -> None:
    frames = [frame(k, 10 + 2.0 * k, label=f"class {k % 3}") for k in range(14)]
    memory = show(work, frames)
    assert len(memory) == 14
    for channel in range(network.layer(layer).shape[0]):
        unit = Unit(layer, channel)
        rows = by_hand(network, frames, unit)
        column = [row[by == "mean"] for row in rows]
        order = sorted(range(14), key=lambda n: column[n] if bottom else -column[n])
        found = memory.top(unit, 4, by, bottom)
        np.testing.assert_allclose(
            [one.value for one in found], [column[n] for n in order[:4]], rtol=1e-4, atol=1e-5
        )
        if abs(column[order[0]] - column[order[1]]) > 1e-4:  # a dead unit has many firsts
            best = order[0]
            assert found[0].index == best
            assert found[0].label == f"class {best % 3}"
            if layer != "act":
                assert found[0].position == rows[best][2]
            assert np.array_equal(found[0].image(), frames[best].pixels)
            assert found[0].source == "camera 0"
            assert found[0].path == ""


def test_the_numbers_are_the_same_with_gradients(work: LiveWork, network: Network) -> None:
    frames = [frame(k, 2.0 * k) for k in range(4)]
    lens = {"a": Request("gradient", Unit("conv2", 1))}
    plain = [one.value for one in show(work, frames).top("conv1[2]", 4)]
    work.open(TOY)
    work.memory = None
    bent = [one.value for one in show(work, frames, requests=lens).top("conv1[2]", 4)]
    np.testing.assert_allclose(plain, bent, rtol=1e-4)


def test_frames_near_in_time_show_the_same_thing(work: LiveWork) -> None:
    frames = [frame(k, 0.5 * k) for k in range(20)]
    memory = show(work, frames)
    assert len(memory) == 20
    for by in ("max", "mean"):
        found = memory.top("conv1[0]", 9, by)  # type: ignore[arg-type]
        born = [0.5 * one.index for one in found]
        assert len(born) >= 4
        assert all(abs(a - b) >= MIN_SCENE_SECONDS for n, a in enumerate(born) for b in born[:n])


def test_the_choice_among_near_frames_is_greedy_from_the_best() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        n, k = int(random.integers(1, 12)), int(random.integers(1, 5))
        values = random.integers(0, 6, (n, 3)).astype(np.float32)
        values[random.random((n, 3)) < 0.1] = np.nan
        same = np.abs(np.arange(n)[:, None] - np.arange(n)) < 2
        for bottom in (False, True):
            found = top_k_distinct(values, same, k, bottom)
            for column in range(3):
                chosen: list[int] = []
                sign = 1 if bottom else -1
                order = sorted(range(n), key=lambda i: (sign * np.nan_to_num(values[i, column]), i))
                for i in order:
                    bad = np.isnan(values[i, column]) or any(same[i, j] for j in chosen)
                    if not bad and len(chosen) < k:
                        chosen.append(i)
                assert [i for i in found[:, column] if i >= 0] == chosen


def test_pictures_of_a_folder_are_all_different_but_each_shows_once(work: LiveWork) -> None:
    frames = [frame(k % 4, 0.6 * k, f"{k % 4}.jpg") for k in range(12)]
    frames = [Frame(f.pixels, k, f.source, None, f.born) for k, f in enumerate(frames)]
    memory = show(work, frames)
    assert len(memory) == 12
    assert memory.source == "a folder"
    found = memory.top("conv1[0]", 9)
    assert sorted(one.source for one in found) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]


def test_a_film_that_begins_again_does_not_fill_the_list(work: LiveWork) -> None:
    frames = [frame(k % 3, 4.0 * k, "film.mp4") for k in range(9)]
    frames = [Frame(f.pixels, k, f.source, None, f.born) for k, f in enumerate(frames)]
    assert len(show(work, frames).top("conv1[0]", 9)) == 3


def test_no_more_than_two_frames_a_second_are_taken(
    work: LiveWork, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = show(work, [frame(k, k / 30) for k in range(90)])
    monkeypatch.setattr(memory, "_last_seconds", 0.0)
    born = [seen.born for seen in memory.newest_first()][::-1]
    assert 4 <= len(born) <= 6
    assert all(b - a >= MIN_INTERVAL_SECONDS for a, b in itertools.pairwise(born))


def test_a_slow_network_is_asked_more_seldom(work: LiveWork) -> None:
    memory = show(work, [frame(0, 0.0)])
    memory._last_seconds = 0.2
    assert not memory.should_store(frame(1, 3.9))
    assert memory.should_store(frame(1, 4.1))


def test_the_same_frame_is_taken_once(work: LiveWork) -> None:
    one = frame(3, 1.0)
    memory = show(work, [one, one, Frame(one.pixels, 3, one.source, None, 100.0)])
    assert len(memory) == 1


def test_what_is_older_than_the_minutes_is_forgotten(work: LiveWork) -> None:
    memory = show(work, [frame(k, 10.0 * k) for k in range(20)], memory=1.0)
    assert [seen.number for seen in memory.newest_first()] == list(range(19, 12, -1))
    assert memory.seconds == 60
    assert {one.index for one in memory.top("conv1[0]", 9, minutes=0.25)} == {18, 19}
    show(work, [frame(20, 200.0)], memory=0.5)
    assert len(memory) == 4


def test_it_never_holds_more_than_it_may(work: LiveWork, network: Network) -> None:
    memory = work.memory = FrameMemory(network, 1.0, max_frames=5)
    show(work, [frame(k, 0.7 * k) for k in range(200)], memory=1.0)
    assert len(memory) <= 5
    assert memory.seconds >= 40
    big = work.memory = FrameMemory(network, 1.0, max_bytes=2000)
    show(work, [frame(k, 0.7 * k) for k in range(200)], memory=1.0)
    assert len(big) >= 1
    assert big.size <= 2000


def test_another_source_empties_it(work: LiveWork) -> None:
    memory = show(work, [frame(k, k) for k in range(4)])
    show(work, [frame(9, 4.1, "camera 1")])
    assert len(memory) == 1
    assert memory.source == "camera 1"
    show(work, [frame(10, 4.2, "a.png"), frame(11, 5.2, "b.png")])
    assert len(memory) == 2


def test_another_network_begins_a_new_one(
    work: LiveWork, network: Network, as_trained: Callable[..., Any]
) -> None:
    before = show(work, [frame(0, 0.0)])
    other = wrap(as_trained(Toy(), 1), size=9)
    work._open_network = lambda choice: other
    work.open(NetworkChoice(net="other"))
    after = show(work, [frame(1, 1.0)])
    assert after is not before
    assert after.network is other
    assert len(after) == 1


def test_without_minutes_nothing_is_kept_and_nothing_listens(
    work: LiveWork, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks: list[int] = []
    run = network.run

    def counting(*args: Any, **named: Any) -> Any:
        hooks.append(count_hooks(network.module))
        return run(*args, **named)

    monkeypatch.setattr(network, "run", counting)
    show(work, [frame(0, 0.0), frame(1, 0.1), frame(2, 1.0)])
    work.live(Plan(TOY), frame(3, 2.0))
    assert work.memory is None
    assert [count > 0 for count in hooks] == [True, False, True, False]
    assert count_hooks(network.module) == 0


def test_what_was_not_called_is_not_remembered_as_zero(work: LiveWork, network: Network) -> None:
    for number in (7, 8):  # trial passes come after the first frame
        work.live(Plan(TOY), frame(number, 0.0))
    show(work, [frame(0, 0.0)])
    network.module.use_rare = False  # type: ignore[assignment]
    memory = show(work, [frame(1, 2.0)])
    assert [one.index for one in memory.top("rare[0]", 9, bottom=True)] == [0]
    assert len(memory.top("conv2[0]", 9)) == 2


def test_nonsense_is_refused_in_words(work: LiveWork) -> None:
    memory = show(work, [frame(0, 0.0)])
    with pytest.raises(UnknownUnit):
        memory.top("nowhere[0]")
    with pytest.raises(UnknownUnit):
        memory.top("conv1[6]")
    with pytest.raises(BadInput, match="median"):
        memory.top("conv1[0]", by="median")  # type: ignore[arg-type]
    memory.clear()
    assert memory.top("conv1[0]") == []
    assert memory.seconds == 0
    assert memory.source == ""


def test_class_tokens_and_token_maps_are_remembered(family: Callable[..., Any]) -> None:
    net = wrap(family("vit_b_16", image_size=32), size=32)
    memory = FrameMemory(net)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    with memory.summarize_pass() as summary:
        recording = net.run(net.encode(pixels))
    memory.add(Frame(pixels), pixels, summary, recording)
    whole = net.record(pixels)
    for row in net.layers[::9]:
        expected = whole.calls(row.name)[-1]
        (top,) = memory.top(Unit(row.name, 1), 1)
        assert top.value == pytest.approx(expected[1].max(), rel=1e-3, abs=1e-3)
        y, x = top.position
        assert expected[1][y, x] == pytest.approx(expected[1].max(), rel=1e-3, abs=1e-3)
    assert torch.is_grad_enabled()
