import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import Picture
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.lenses.look import look
from dnnvis.network.fusion.fused_convolution import FusedConvolution
from dnnvis.network.fusion.fused_pass import FUSED
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap

TOY = NetworkChoice(net="toy")
LENSES = ("deconvnet", "guided", "gradient")


class Passes:
    """A count that no trial pass puts back."""

    count = 0


class Toy(nn.Module):
    """A small network with a layer that is called twice and one that is at times left out."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.act = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.rare = nn.Identity()
        self.head = nn.Linear(8, 5)
        self.passes = Passes()

    def forward(self, x: Tensor) -> Tensor:
        self.passes.count += 1
        x = self.pool(self.act(self.conv1(x)))
        x = self.act(self.conv2(x))
        if float(x.detach().mean()) < 1e9 and getattr(self, "use_rare", True):
            x = self.rare(x)
        return self.head(x.mean((2, 3)))


def frame(number: int = 0, size: tuple[int, int] = (12, 20)) -> Frame:
    random = np.random.default_rng(number)
    return Frame(random.integers(0, 256, (*size, 3), dtype=np.uint8), number, "test")


@pytest.fixture
def network(as_trained: Callable[..., Any]) -> Network:
    return wrap(as_trained(Toy()), size=8, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))


@pytest.fixture
def work(network: Network) -> LiveWork:
    work = LiveWork(lambda choice: network, threading.Event())
    work.open(TOY)
    return work


def passes(network: Network) -> int:
    return int(network.module.passes.count)  # type: ignore[union-attr, arg-type]


def three_lenses(unit: Unit) -> dict[str, Request]:
    return {f"lens{k}": Request(name, unit) for k, name in enumerate(LENSES)}


def test_opening_gives_the_info_and_keeps_the_choice(work: LiveWork, network: Network) -> None:
    assert work.network is network
    assert work.choice == TOY
    assert work.open(TOY) == network.info


def test_a_network_that_cannot_be_opened_leaves_the_one_before(network: Network) -> None:
    def open_network(choice: NetworkChoice) -> Network:
        if choice != TOY:
            raise BadInput("no such thing")
        return network

    work = LiveWork(open_network, threading.Event())
    work.open(TOY)
    with pytest.raises(BadInput):
        work.open(NetworkChoice(net="other"))
    assert work.network is network
    assert work.choice == TOY


def test_the_live_maps_are_those_of_record(work: LiveWork, network: Network) -> None:
    seen = frame()
    live, scenes, failures = work.live(Plan(TOY, ("conv1", "conv2", "head")), seen)
    recording = network.record(seen.pixels, ["conv1", "conv2", "head"])
    assert list(live.maps) == ["conv1", "conv2", "head"]
    for name, maps in live.maps.items():
        assert maps.dtype == np.float32
        assert maps.flags.c_contiguous
        assert np.array_equal(maps, recording[name][-1])
    assert np.array_equal(live.output, recording.output)
    assert not scenes
    assert not failures
    assert live.frame is seen
    assert live.network == network.name
    assert live.seconds > 0


def test_the_maps_are_the_same_with_and_without_lenses(work: LiveWork) -> None:
    plain, _, _ = work.live(Plan(TOY, ("conv2",)), frame())
    bent, _, _ = work.live(Plan(TOY, ("conv2",), requests=three_lenses(Unit("conv2", 1))), frame())
    assert np.array_equal(plain.maps["conv2"], bent.maps["conv2"])
    assert np.array_equal(plain.output, bent.output)


def test_what_was_seen_is_what_the_network_took(work: LiveWork, network: Network) -> None:
    seen = frame(3)
    live, _, _ = work.live(Plan(TOY), seen)
    assert live.pixels.dtype == np.uint8
    assert live.pixels.shape == (8, 8, 3)
    assert np.array_equal(live.pixels, network.show(network.encode(seen.pixels)))


def test_a_picture_of_the_networks_own_size_is_seen_unchanged(work: LiveWork) -> None:
    seen = frame(4, (8, 8))
    live, _, _ = work.live(Plan(TOY), seen)
    assert np.array_equal(live.pixels, seen.pixels)


def test_the_plans_call_is_the_one_recorded(work: LiveWork, network: Network) -> None:
    calls = network.record(frame().pixels, ["act"]).calls("act")
    assert calls[0].shape != calls[1].shape
    for call, expected in ((0, calls[0]), (1, calls[1]), (-1, calls[1]), (7, calls[1])):
        live, _, _ = work.live(Plan(TOY, ("act",), call=call), frame())
        np.testing.assert_allclose(live.maps["act"], expected, atol=1e-5)  # tuned meanwhile


def test_layers_of_another_network_are_passed_over(work: LiveWork) -> None:
    live, _, failures = work.live(Plan(TOY, ("features.9", "conv1")), frame())
    assert list(live.maps) == ["conv1"]
    assert not failures


def test_a_layer_left_out_on_this_picture_is_passed_over(work: LiveWork, network: Network) -> None:
    network.module.use_rare = False  # type: ignore[assignment]
    live, _, _ = work.live(Plan(TOY, ("rare", "conv1")), frame())
    assert list(live.maps) == ["conv1"]


def test_there_is_a_scene_for_every_request(work: LiveWork) -> None:
    seen = frame(9)
    wishes = three_lenses(Unit("conv2", 2))
    _, scenes, failures = work.live(Plan(TOY, (), requests=wishes), seen)
    assert list(scenes) == list(wishes)
    assert not failures
    for scene in scenes.values():
        assert scene.unit == Unit("conv2", 2)
        assert scene.frame is seen


def test_what_cannot_be_looked_at_becomes_a_failure_and_the_rest_goes_on(
    work: LiveWork,
) -> None:
    wishes = {
        "good": Request("gradient", Unit("conv2", 2)),
        "channel": Request("gradient", Unit("conv2", 99)),
        "layer": Request("gradient", Unit("nowhere", 0)),
        "lens": Request("xray", Unit("conv2", 0)),
        "setting": Request("gradient", Unit("conv2", 0), (("view", "inside out"),)),
        "to": Request("gradient", Unit("conv2", 0), (("to", "nowhere"),)),
    }
    _, scenes, failures = work.live(Plan(TOY, ("conv1",), requests=wishes), frame())
    assert list(scenes) == ["good"]
    assert set(failures) == set(wishes) - {"good"}
    for key, failure in failures.items():
        assert isinstance(failure, Failure)
        assert failure.about == key
        assert failure.sentence.endswith((".", "..."))
        assert "\n" not in failure.sentence


def test_a_frame_costs_one_forward_pass_also_with_three_backward_lenses(
    work: LiveWork, network: Network
) -> None:
    plan = Plan(TOY, ("conv1", "conv2"), requests=three_lenses(Unit("conv2", 2)))
    before = passes(network)
    _, scenes, _ = work.live(plan, frame())
    for key, request in plan.requests.items():
        assert len(list(work.look(request, scenes[key]))) == 1
    assert passes(network) - before == 1


@pytest.mark.parametrize("lens", LENSES)
def test_the_live_picture_is_that_of_look(work: LiveWork, network: Network, lens: str) -> None:
    seen = frame(5)
    request = Request(lens, Unit("conv2", 3, (1, 2)), (("to", "input"), ("seed", "one")))
    wishes = three_lenses(Unit("conv2", 3)) | {"it": request}
    _, scenes, _ = work.live(Plan(TOY, ("conv1",), requests=wishes), seen)
    for key in LENSES:  # the others go first, and must not leave their rules behind
        other = next(k for k, r in wishes.items() if r.lens == key)
        list(work.look(wishes[other], scenes[other]))
    (picture,) = work.look(request, scenes["it"])
    alone = look(network, lens, "conv2[3]@1,2", image=seen.pixels, seed="one")
    assert np.array_equal(picture.values, alone.values)
    assert picture.values.any()
    assert picture.frame == 5
    assert picture.recipe["image"] == {"source": "test", "frame": 5}
    assert picture.recipe["weights_sha256"] == network.fingerprint


def test_no_gradients_are_kept_where_no_lens_sends_anything_back(
    work: LiveWork, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    run = network.run

    def noting(*args: Any, **named: Any) -> Any:
        asked.append(named["gradients"])
        recording = run(*args, **named)
        assert recording.tensor("conv1").requires_grad == named["gradients"]
        return recording

    monkeypatch.setattr(network, "run", noting)
    work.live(Plan(TOY, ("conv1",)), frame())
    work.live(Plan(TOY, ("conv1",), requests=three_lenses(Unit("conv2", 1))), frame())
    bad = {"a": Request("gradient", Unit("conv2", 99))}  # nobody will go back from there
    work.live(Plan(TOY, ("conv1",), requests=bad), frame())
    assert asked == [False, True, False]


def test_no_hook_stays_after_a_pass(work: LiveWork, network: Network) -> None:
    plan = Plan(TOY, ("conv1",), requests=three_lenses(Unit("conv2", 1)))
    _, scenes, _ = work.live(plan, frame())
    for key, request in plan.requests.items():
        list(work.look(request, scenes[key]))
    assert count_hooks(network.module) == 0
    assert not torch.nn.modules.module._global_forward_pre_hooks


def test_the_format_is_tuned_once_after_a_few_frames(
    work: LiveWork, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned: list[int] = []
    frames: list[int] = []
    monkeypatch.setattr(network, "choose_memory_format", lambda: tuned.append(len(frames)))
    for number in range(12):
        work.live(Plan(TOY, ("conv1",)), frame(number))
        frames.append(number)
    assert tuned == [6]
    work.open(TOY)
    for number in range(8):
        work.live(Plan(TOY), frame(number))
    assert len(tuned) == 2


@pytest.mark.parametrize("chosen", [torch.contiguous_format, torch.channels_last])
def test_tuning_changes_no_result(
    work: LiveWork, network: Network, monkeypatch: pytest.MonkeyPatch, chosen: Any
) -> None:
    monkeypatch.setattr(network, "choose_memory_format", lambda: network.set_memory_format(chosen))
    plan = Plan(TOY, ("conv1", "act"), requests=three_lenses(Unit("conv2", 1)))
    found = []
    for _ in range(9):
        live, scenes, _ = work.live(plan, frame(1))
        pictures = [next(work.look(plan.requests[k], scenes[k])) for k in plan.requests]
        found.append([live.output, *live.maps.values(), *(p.values for p in pictures)])
    for later in found[1:]:
        for a, b in zip(later, found[0], strict=True):
            assert np.abs(a - b).max() <= 1e-4 * max(1.0, float(np.abs(b).max()))
    assert network.fingerprint == wrap(network.module, size=8).fingerprint


def test_the_real_tuning_leaves_one_of_the_two_formats(work: LiveWork, network: Network) -> None:
    before, _, _ = work.live(Plan(TOY, ("conv2",)), frame())
    for _ in range(8):
        after, _, _ = work.live(Plan(TOY, ("conv2",)), frame())
    assert network.memory_format in (torch.contiguous_format, torch.channels_last)
    assert np.allclose(before.maps["conv2"], after.maps["conv2"], rtol=1e-4, atol=1e-5)


def test_a_network_that_flattens_with_view_outlives_the_tuning() -> None:
    """``view`` after a convolution fails in channels_last."""

    class Views(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4 * 6 * 6, 5)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.conv(x).view(-1, 4 * 6 * 6))

    work = LiveWork(lambda choice: wrap(Views(), size=8), threading.Event())
    work.open(TOY)
    for number in range(8):
        live, _, _ = work.live(Plan(TOY, ("conv",)), frame(number))
        assert live.maps["conv"].shape == (4, 6, 6)


def test_a_slow_network_is_not_tuned(
    work: LiveWork, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight trial passes of a network of 2 s each would freeze the view for 16 s."""
    monkeypatch.setattr("dnnvis.lenses.live.MAX_TUNING_PASS_SECONDS", 0.0)
    monkeypatch.setattr(network, "choose_memory_format", lambda: pytest.fail("tuned"))
    for number in range(9):
        work.live(Plan(TOY), frame(number))


def test_a_set_flag_cancels_the_pass_and_the_next_one_is_whole(network: Network) -> None:
    flag = threading.Event()
    work = LiveWork(lambda choice: network, flag)
    work.open(TOY)
    flag.set()
    with pytest.raises(Cancelled):
        work.live(Plan(TOY, ("conv1",)), frame())
    assert count_hooks(network.module) == 0
    flag.clear()
    live, _, _ = work.live(Plan(TOY, ("conv1",)), frame())
    assert live.maps["conv1"].shape == (6, 8, 8)


def test_cancel_while_formats_are_tried_keeps_the_frame(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = threading.Event()
    work = LiveWork(lambda choice: network, flag, tune_after=1)
    work.open(TOY)
    tune = network.choose_memory_format

    def interrupted() -> None:
        flag.set()
        try:
            tune()
        finally:
            flag.clear()

    monkeypatch.setattr(network, "choose_memory_format", interrupted)
    work.live(Plan(TOY), frame(1))
    live, _, _ = work.live(Plan(TOY, ("conv1",)), frame(2))
    assert live.frame.number == 2


def test_closing_a_picture_stream_closes_the_lens(
    work: LiveWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []

    class Endless:
        def look(self, scene: Any) -> Any:
            try:
                while True:
                    yield Picture(np.zeros((1, 1, 3), np.float32))
            finally:
                closed.append(True)

    request = Request("gradient", Unit("conv2", 0))
    _, scenes, _ = work.live(Plan(TOY, (), requests={"a": request}), frame())
    monkeypatch.setattr("dnnvis.lenses.live.get_lens", lambda name: Endless())
    steps = work.look(request, scenes["a"])
    next(steps), next(steps)
    assert not closed
    steps.close()  # type: ignore[attr-defined]
    assert closed == [True]


def test_a_network_that_raises_does_so_in_words_and_leaves_no_hook(as_trained: Any) -> None:
    class Picky(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 1)
            self.runs = Passes()

        def forward(self, x: Tensor) -> Tensor:
            self.runs.count += 1
            if self.runs.count > 1:
                raise ValueError("not twice")
            return self.conv(x)

    network = wrap(Picky(), size=4)
    work = LiveWork(lambda choice: network, threading.Event())
    work.open(TOY)
    with pytest.raises(BadInput, match="not twice"):
        work.live(Plan(TOY, ("conv",)), frame())
    assert count_hooks(network.module) == 0


class Slices(nn.Module):
    """Cuts its map into windows by numbers, in a way that no graph tells."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.cut = nn.Conv2d(3, 6, 2, 2), nn.Flatten(2)
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv(x)
        tokens = torch.empty_like(maps.flatten(2))
        tokens[...] = maps.flatten(2)
        return self.head(self.cut(tokens.unsqueeze(3)).mean(2))


def test_layouts_are_proved_after_the_first_frame_and_changes_are_notified(
    as_trained: Callable[..., Any],
) -> None:
    network = wrap(as_trained(Slices()), size=16)
    told: list[NetworkInfo] = []
    work = LiveWork(lambda choice: network, threading.Event(), notify=told.append)
    opened = work.open(TOY)
    rows = {row.name: row.shape for row in opened.layers}
    assert rows["cut"] != (6, 8, 8)
    work.live(Plan(TOY, ("conv",)), frame())
    assert told == []
    work.live(Plan(TOY, ("conv",)), frame(1))
    assert {row.name: row.shape for row in told[0].layers}["cut"] == (6, 8, 8)
    work.live(Plan(TOY, ("conv",)), frame(2))
    assert len(told) == 1


def test_where_a_proof_may_wait_it_comes_after_so_many_frames(
    as_trained: Callable[..., Any],
) -> None:
    network = wrap(as_trained(Slices()), size=16)
    network.proof_after = 3
    notified: list[NetworkInfo] = []
    work = LiveWork(lambda choice: network, threading.Event(), notify=notified.append)
    work.open(TOY)
    for number in range(3):
        work.live(Plan(TOY, ("conv",)), frame(number))
        assert not notified
    work.live(Plan(TOY, ("conv",)), frame(3))
    assert len(notified) == 1


def test_a_lens_that_reads_no_recording_keeps_none_alive(work: LiveWork) -> None:
    unit = Unit("conv2", 1)
    plan = Plan(TOY, ("conv1",), requests={**three_lenses(unit), "grow": Request("ascent", unit)})
    _, scenes, failures = work.live(plan, frame())
    assert not failures
    assert scenes["grow"].recording is None
    assert scenes["lens0"].recording is scenes["lens2"].recording is not None


class Normalized(nn.Module):
    """A network with a batch norm to fold."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.act = nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU()
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.head(self.act(self.norm(self.conv(x))).mean((2, 3)))
        return result


def test_passes_are_fused_where_asked_for_and_without_gradients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = wrap(Normalized(), size=8)
    work = LiveWork(lambda choice: network, threading.Event())
    work.open(TOY)
    calls: list[bool] = []
    monkeypatch.setattr(
        "dnnvis.network.fusion.fused_convolution.FusedConvolution.forward",
        lambda self, x, forward=FusedConvolution.forward: (calls.append(True), forward(self, x))[1],
    )
    plain, fused = Plan(TOY, ("act",)), Plan(TOY, ("act",), fused=True)
    lives = [work.live(fused, frame(number))[0] for number in range(12)]
    assert lives[-1].fused == FUSED
    count = len(calls)
    assert 2 <= count < 12
    exact = work.live(plain, frame(11))[0]
    assert (exact.fused, len(calls)) == ("", count)
    np.testing.assert_allclose(lives[-1].maps["act"], exact.maps["act"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(lives[-1].output, exact.output, rtol=0, atol=1e-5)
    lens = {"lens1": Request("gradient", Unit("act", 1))}
    live, scenes, failures = work.live(Plan(TOY, ("act",), -1, lens, fused=True), frame(11))
    assert (live.fused, failures, len(calls)) == ("", {}, count)
    assert isinstance(next(work.look(lens["lens1"], scenes["lens1"])), Picture)
    measured = work.live(replace(fused, activity=True), frame(11))[0]
    assert set(measured.activity) == {"conv", "norm", "act", "head"}
    assert len(calls) == count
    assert work.live(fused, frame(11))[0].fused == FUSED
    assert len(calls) > count
