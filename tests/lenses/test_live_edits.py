"""Edits in the live view: before and after on the same frame, and lenses that follow."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.lenses.live_edits import MAX_MEAN_FRAMES, LiveEdits
from dnnvis.lenses.look import look
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

TOY = NetworkChoice(net="toy")
PLAN = Plan(TOY, layers=("conv1", "conv2"), edits=("conv1[2] = 0", "conv1[3] *= 2"))


class Toy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv2(self.conv1(x).relu()).relu().mean((2, 3)))


def frame(number: int = 0) -> Frame:
    pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Frame(pixels, number, "test")


@pytest.fixture
def network(as_trained: Callable[..., Any]) -> Network:
    return wrap(as_trained(Toy()), size=8)


@pytest.fixture
def work(network: Network) -> LiveWork:
    work = LiveWork(lambda choice: network, threading.Event(), tune_after=-1)
    work.open(TOY)
    return work


def test_a_frame_is_shown_with_and_without_edits(work: LiveWork, network: Network) -> None:
    live, _, _ = work.live(PLAN, frame())
    plain = network.record(frame().pixels)
    with network.edited(*PLAN.edits):
        edited = network.record(frame().pixels)
    assert live.edits == PLAN.edits
    assert live.missed == ()
    assert live.unedited is not None
    assert live.unedited.frame == live.frame.number
    for maps, recording in ((live.maps, edited), (live.unedited.maps, plain)):
        np.testing.assert_array_equal(maps["conv1"], recording["conv1"][0])
        np.testing.assert_array_equal(maps["conv2"], recording["conv2"][0])
    np.testing.assert_array_equal(live.output, edited.output)
    np.testing.assert_array_equal(live.unedited.output, plain.output)
    after, _, _ = work.live(replace(PLAN, edits=()), frame())
    np.testing.assert_array_equal(after.output, plain.output)
    assert after.unedited is None
    assert count_hooks(network.module) == 0


def count_compared(
    edits: LiveEdits,
    network: Network,
    clock: dict[str, float],
    gap: float,
    frames: int = 200,
    waiting: bool = False,
) -> int:
    """Return how many frames are compared: each takes 10 ms, and so does a pass without edits.

    ``waiting``: each frame was there before the last one was done.
    """
    count = 0
    for number in range(frames):
        born = clock["now"] - 0.001 if waiting else clock["now"] + gap
        start = clock["now"] = clock["now"] + gap
        clock["now"] += 0.010
        unedited = edits.compare(network, PLAN.edits, network.probe(), (), -1, number)
        count += unedited is not None
        edits.note_frame(start, clock["now"], born)
    return count


@pytest.mark.parametrize(
    ("gap", "waiting", "fewest", "most"),
    [
        (0.0, False, 3, 6),
        (0.002, False, 3, 6),
        (0.0067, False, 20, 80),
        (0.04, False, 199, 200),
        (0.04, True, 3, 6),  # the processor did something else meanwhile
        (0.4, True, 199, 200),  # a frame that is held is run again
    ],
)
def test_comparisons_take_little_of_the_time_that_frames_leave(
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
    gap: float,
    waiting: bool,
    fewest: int,
    most: int,
) -> None:
    clock = {"now": 100.0}
    run = network.run

    def run_slowly(*args: Any, **named: Any) -> Any:
        clock["now"] += 0.010
        return run(*args, **named)

    monkeypatch.setattr("dnnvis.lenses.live_edits.time.perf_counter", lambda: clock["now"])
    monkeypatch.setattr(network, "run", run_slowly)
    edits = LiveEdits()
    assert edits.compare(network, PLAN.edits, network.probe(), (), -1, 999) is not None
    count = count_compared(edits, network, clock, gap, waiting=waiting)
    assert fewest <= count <= most
    for texts, layers in ((("conv1[1] = 0",), ()), (("conv1[1] = 0",), ("conv2",))):
        assert edits.compare(network, texts, network.probe(), layers, -1, 0) is not None
    spent = count_compared(edits, network, clock, 0.0, 40) * 0.010
    assert spent <= 0.05 * 40 * 0.010 + 0.02 + 0.01  # what was saved before is two passes at most


def test_a_held_frame_that_runs_again_keeps_its_comparison(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits, x = LiveEdits(), network.probe()
    first = edits.compare(network, PLAN.edits, x, ("conv1",), -1, 7)
    assert first is not None
    passes: list[int] = []
    run = network.run
    monkeypatch.setattr(network, "run", lambda *args: passes.append(1) or run(*args))
    edits._saved_seconds = 0.0  # frames leave no time for another pass
    assert edits.compare(network, PLAN.edits, x.clone(), ("conv1",), -1, 7) is first
    assert edits.compare(network, PLAN.edits, x + 0.1, ("conv1",), -1, 7) is None  # perturbed
    assert edits.compare(network, PLAN.edits, x, ("conv1",), -1, 8) is None  # another frame
    assert not passes
    again = edits.compare(network, PLAN.edits, x, ("conv2",), -1, 7)  # another layer on show
    assert again is not None
    assert set(again.maps) == {"conv2"}
    network.caches.clear()  # as new weights do
    edits._saved_seconds = 1.0
    assert edits.compare(network, PLAN.edits, x, ("conv2",), -1, 7) is not again
    assert len(passes) == 2


def test_backward_views_are_those_of_the_edited_network(work: LiveWork, network: Network) -> None:
    unit = Unit("head", 1)
    request = Request("gradient", unit, edits=PLAN.edits)
    _, scenes, failures = work.live(replace(PLAN, requests={"a": request}), frame())
    assert not failures
    picture = next(work.look(request, scenes["a"]))
    with network.edited(*PLAN.edits):
        expected = look(network, "gradient", unit, image=frame().pixels)
    np.testing.assert_array_equal(picture.values, expected.values)
    plain = look(network, "gradient", unit, image=frame().pixels)
    assert not np.array_equal(picture.values, plain.values)
    assert picture.recipe["network"]["edits"] == list(PLAN.edits)


def test_a_growing_picture_follows_the_edits_and_stays_out_of_the_library(
    work: LiveWork, network: Network
) -> None:
    def grow(edits: tuple[str, ...]) -> SynthesisResult:
        request = Request("ascent", Unit("conv2", 1), (("steps", 4),), False, edits=edits)
        plan = replace(PLAN, requests={"synthesis": request}, edits=edits)
        _, scenes, _ = work.live(plan, frame())
        last: Any = None
        for last in work.look(request, scenes["synthesis"]):  # noqa: B007
            assert not network.edits  # between two steps nothing is edited
        assert isinstance(last, SynthesisResult)
        return last

    edited, plain = grow(PLAN.edits), grow(())
    assert not np.array_equal(edited.values, plain.values)
    assert plain.saved
    assert not edited.saved
    with pytest.raises(BadInput, match="with edits"):
        work.keep("synthesis", edited)
    with network.edited(*PLAN.edits):
        expected = look(network, "ascent", "conv2[1]", steps=4)
    np.testing.assert_array_equal(edited.values, expected.values)


def test_a_mean_is_that_of_the_frames_sampled_so_far(
    work: LiveWork, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnnvis.lenses.live_edits.MEAN_SECONDS", 0.0)
    monkeypatch.setattr("dnnvis.lenses.live_edits.COMPARED_FRACTION", 1e9)
    plan = replace(PLAN, edits=("conv1[2] = mean",))
    seen: list[float] = []
    for number in range(MAX_MEAN_FRAMES + 5):
        live, _, _ = work.live(plan, frame(number))
        plain = network.record(frame(number).pixels, ["conv1"])["conv1"][0]
        seen.append(float(plain[2].mean()))
        expected = np.mean(seen[-MAX_MEAN_FRAMES:])
        np.testing.assert_allclose(live.maps["conv1"][2], expected, atol=1e-5)
        np.testing.assert_array_equal(live.maps["conv1"][0], plain[0])


def test_an_edit_that_the_network_does_not_have_fails_in_a_sentence(work: LiveWork) -> None:
    with pytest.raises(BadInput, match="is no edit"):
        work.live(replace(PLAN, edits=("conv1[0] = 0 0",)), frame())
    live, _, _ = work.live(replace(PLAN, edits=(str(Edit("conv1", (0,))),)), frame())
    assert not live.maps["conv1"][0].any()
