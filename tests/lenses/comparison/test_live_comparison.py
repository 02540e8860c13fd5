"""A second network on the frames of the live view."""

import copy
import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.engine.plan import NetworkChoice, Plan, SecondNetwork
from dnnvis.lenses.comparison import live_comparison
from dnnvis.lenses.comparison.live_comparison import SAMPLED_EVERY
from dnnvis.lenses.comparison.recent_activity import MIN_FRAMES
from dnnvis.lenses.live import LiveWork
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network

ORDER = torch.tensor([3, 0, 5, 1, 4, 2])
A, B = NetworkChoice(net="a"), NetworkChoice(net="b")
PLAN = Plan(A, layers=("conv1",), second=SecondNetwork(B))


class Pair(nn.Module):
    def __init__(self, channels: int = 6, classes: int = 5) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels, 3, padding=1)
        self.act = nn.Tanh()
        self.head = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.act(self.conv1(x)).mean((2, 3)))


def permute(module: Pair) -> Pair:
    """Return a copy with the units of its convolution in another order."""
    result = copy.deepcopy(module)
    with torch.no_grad():
        result.conv1.weight.copy_(module.conv1.weight[ORDER])
        assert module.conv1.bias is not None
        assert result.conv1.bias is not None
        result.conv1.bias.copy_(module.conv1.bias[ORDER])
        result.head.weight.copy_(module.head.weight[:, ORDER])
    return result


def frame(number: int) -> Frame:
    pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Frame(pixels, number, "test")


def open_nets(first: nn.Module, second: nn.Module) -> dict[str, Network]:
    return {"a": dnnvis.wrap(first, size=8), "b": dnnvis.wrap(second, size=8)}


def start(nets: dict[str, Network]) -> LiveWork:
    def open_network(choice: NetworkChoice) -> Network:
        if choice.net not in nets:
            raise BadInput(f"There is no network {choice.net}.")
        return nets[choice.net]

    work = LiveWork(open_network, threading.Event(), tune_after=-1)
    work.open(A)
    return work


@pytest.fixture
def module() -> Pair:
    torch.manual_seed(3)
    return Pair()


def test_without_a_second_network_nothing_of_it_runs(module: Pair) -> None:
    work = start(open_nets(module, Pair()))
    assert work.live(replace(PLAN, second=None), frame(0))[0].second is None


def test_its_answer_and_maps_are_those_of_the_same_frame(module: Pair) -> None:
    torch.manual_seed(4)
    nets = open_nets(module, Pair())
    work = start(nets)
    for number in range(SAMPLED_EVERY + 1):
        live, _, _ = work.live(PLAN, frame(number))
        second = live.second
        assert second is not None
        recording = nets["b"].record(frame(number).pixels)
        np.testing.assert_allclose(second.output, recording.output, atol=1e-5)
        np.testing.assert_allclose(second.maps, recording["conv1"][0], atol=1e-5)
        assert second.differs == (live.output.argmax() != second.output.argmax())
        assert list(live.maps) == ["conv1"]  # what was sampled besides is not on show
    assert (second.layers, second.reason) == (("conv1", "conv1"), "the layer of the same name")
    assert count_hooks(nets["b"].module) == 0


def test_a_permuted_copy_is_matched_and_similar_over_recent_frames(module: Pair) -> None:
    work = start(open_nets(module, permute(module)))
    second = None
    for number in range(SAMPLED_EVERY * (MIN_FRAMES + 2)):
        work._comparison._measure_due = 0.0
        second = work.live(PLAN, frame(number))[0].second
    assert second is not None
    assert second.pairs is not None
    a, b, correlation = second.pairs
    assert ORDER[b].tolist() == a.tolist()
    np.testing.assert_allclose(correlation, 1, atol=1e-4)
    assert second.cka is not None
    assert second.rows == (("act", "output"), ("act", "output"))
    np.testing.assert_allclose(np.diag(second.cka), 1, atol=1e-4)
    assert second.frames >= MIN_FRAMES


def test_units_and_layers_are_both_measured_whatever_frames_are_taken_in(
    module: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SAMPLED_EVERY", "SAMPLED_EVERY_IDLE", "UNITS_EVERY"):
        monkeypatch.setattr(live_comparison, name, 1)
    monkeypatch.setattr(live_comparison, "MEASURE_SECONDS", 0.0)
    monkeypatch.setattr(live_comparison, "MEASURE_FRACTION", 1e9)
    work = start(open_nets(module, permute(module)))
    for number in range(MIN_FRAMES + 2):
        second = work.live(PLAN, frame(number))[0].second
    assert second is not None
    assert second.pairs is not None
    assert second.cka is not None


def test_the_live_view_goes_on_while_the_second_network_is_opened(module: Pair) -> None:
    nets = open_nets(module, permute(module))
    is_allowed, is_open = threading.Event(), threading.Event()

    def open_network(choice: NetworkChoice) -> Network:
        if choice == B:
            assert is_allowed.wait(20)
        return nets[choice.net]

    work = LiveWork(open_network, threading.Event(), tune_after=-1, wake=is_open.set)
    work.open(A)
    for number in range(3):
        live = work.live(PLAN, frame(number))[0]
        assert live.second is not None
        assert live.second.problem == "Opening b ..."
        assert live.output.shape == (5,)
    is_allowed.set()
    assert is_open.wait(20)
    second = work.live(PLAN, frame(3))[0].second
    assert second is not None
    assert (second.problem, second.name) == ("", nets["b"].name)
    assert second.output is not None


def test_what_cannot_be_opened_beside_the_live_view_is_a_sentence(module: Pair) -> None:
    nets, is_open = open_nets(module, module), threading.Event()

    def open_network(choice: NetworkChoice) -> Network:
        if choice == A:
            return nets["a"]
        raise BadInput("There is no network b.")

    work = LiveWork(open_network, threading.Event(), tune_after=-1, wake=is_open.set)
    work.open(A)
    work.live(PLAN, frame(0))
    assert is_open.wait(20)
    for number in (1, 2):
        second = work.live(PLAN, frame(number))[0].second
        assert second is not None
        assert second.problem == "The second network cannot be run: There is no network b."


def test_a_frame_that_stays_is_counted_once(module: Pair) -> None:
    work = start(open_nets(module, permute(module)))
    held = frame(0)
    for _ in range(50):
        second = work.live(PLAN, held)[0].second
    assert second is not None
    assert second.frames == 1


def test_what_cannot_be_opened_is_a_sentence_and_the_first_goes_on(module: Pair) -> None:
    work = start(open_nets(module, Pair()))
    plan = replace(PLAN, second=SecondNetwork(NetworkChoice(net="nothing")))
    live, _, _ = work.live(plan, frame(0))
    assert live.second is not None
    expected = "The second network cannot be run: There is no network nothing."
    assert live.second.problem == expected
    assert len(live.output) == 5
    assert work.live(PLAN, frame(1))[0].second.problem == ""  # type: ignore[union-attr]


def test_other_inputs_and_classes_are_named(module: Pair) -> None:
    nets = open_nets(module, Pair())
    nets["b"] = dnnvis.wrap(Pair(4, 7), size=12)
    second = start(nets).live(PLAN, frame(0))[0].second
    assert second is not None
    assert second.differs is None
    assert len(second.output) == 7
    assert any("5 classes and Pair 7" in note for note in second.notes)
    assert any("inputs differ" in note for note in second.notes)
    assert second.layers[0] == "conv1"
    assert second.reason == "at the same depth"


def test_the_same_network_is_named_unless_the_first_is_edited(module: Pair) -> None:
    work = start(open_nets(module, copy.deepcopy(module)))
    second = work.live(PLAN, frame(0))[0].second
    assert second is not None
    assert any("Both are the same network" in note for note in second.notes)
    live, _, _ = work.live(replace(PLAN, edits=("conv1[2] = 0",)), frame(1))
    assert live.second is not None
    assert live.second.notes == (
        "Not both networks name their classes: they are compared by number.",
    )
    assert (live.maps["conv1"][2] == 0).all()
    assert live.second.maps is not None
    assert (live.second.maps[2] != 0).any()


def test_its_own_edits_change_it_alone(module: Pair) -> None:
    nets = open_nets(module, copy.deepcopy(module))
    work = start(nets)
    plan = replace(PLAN, second=SecondNetwork(B, edits=("conv1[1] = 0",)))
    live, _, _ = work.live(plan, frame(0))
    assert live.second is not None
    assert live.second.maps is not None
    assert (live.second.maps[1] == 0).all()
    assert (live.maps["conv1"][1] != 0).any()
    assert not nets["b"].edits.active  # a copy has them
    bad = replace(PLAN, second=SecondNetwork(B, edits=("conv9[1] = 0",)))
    second = work.live(bad, frame(1))[0].second
    assert second is not None
    assert "has no layer 'conv9'" in second.problem


def test_a_moment_of_a_training_is_restored(as_trained: Callable[..., object]) -> None:
    nets = {"a": dnnvis.open("life-3"), "b": dnnvis.open("life-3")}
    work = start(nets)
    board = np.random.default_rng(0).integers(0, 2, (20, 20, 1)).astype(np.uint8) * 255
    plan = replace(PLAN, layers=("cell",), second=SecondNetwork(B, moment=10))
    second = work.live(plan, Frame(board, 0, "test"))[0].second
    assert second is not None
    assert second.name == "life-3 at step 500"
    assert second.differs
    assert second.layers == ("cell", "cell")
