"""A second network on the first network's map: against the map's own encoder on its activations."""

import threading
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.api import wrap
from dnnvis.core.activation_map import FramePosition
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request, SecondNetwork
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.map_cache import get_cached_map
from dnnvis.lenses.live import LiveWork
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network
from helpers import map_networks as nets
from helpers.stored_maps import (  # noqa: F401
    folder_fixture,
    home_fixture,
    made_fixture,
)

A, B = NetworkChoice(net="a"), NetworkChoice(net="b")
LIFE = NetworkChoice(net="life-3")


def frame(seed: int = 5) -> Frame:
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Frame(pixels, seed, "test")


def compare(
    second: Network, edits: tuple[str, ...] = (), on_map: bool = True, **params: Any
) -> FramePosition | None:
    networks = {"a": nets.network(), "b": second}
    work = LiveWork(lambda choice: networks[choice.net], threading.Event(), tune_after=-1)
    work.open(A)
    requests = {"map": Request("map", Unit("output", 0), tuple(params.items()))} if on_map else {}
    plan = Plan(A, requests=requests, second=SecondNetwork(B, edits=edits))
    live, _, failures = work.live(plan, frame())
    assert not failures
    assert live.second is not None
    assert not live.second.problem
    return live.second.position


def test_its_cross_is_where_the_map_puts_its_own_activations(made: Map) -> None:
    other = nets.network(seed=3)
    position = compare(other)
    assert position is not None
    recording = other.record(frame().pixels, ["2", "4"])
    h = np.concatenate([recording["2"].ravel(), recording["4"].ravel()])[None]
    np.testing.assert_allclose(position.z, made.encode(h), atol=1e-4)
    assert np.abs(position.z - made.encode(made.harvest(frame().pixels[None]))).max() > 1e-3
    assert position.message == ""
    assert position.network == other.name
    assert position.predicted == int(np.argmax(recording.output))
    principal = compare(other, projection="pca")
    assert principal is not None
    assert principal.projection == "pca"
    np.testing.assert_allclose(principal.z, made.project(h), atol=1e-4)


def test_the_same_network_with_edits_is_at_another_place(made: Map) -> None:
    same, edited = compare(nets.network()), compare(nets.network(), ("2[3] = 4", "2[5] = -4"))
    assert same is not None
    assert edited is not None
    own = made.encode(made.harvest(frame().pixels[None]))
    np.testing.assert_allclose(same.z, own, atol=1e-4)
    with nets.network().edited("2[3] = 4", "2[5] = -4") as network:
        recording = network.record(frame().pixels, ["2", "4"])
    h = np.concatenate([recording["2"].ravel(), recording["4"].ravel()])[None]
    np.testing.assert_allclose(edited.z, made.encode(h), atol=1e-4)
    assert np.abs(edited.z - own).max() > 1e-3


def test_layers_of_the_same_shape_stand_for_others_and_that_is_said(made: Map) -> None:
    class Other(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(1)
            self.first, self.second = nn.Linear(3 * 36, 24), nn.Linear(24, 16)
            self.act, self.act2, self.out = nn.ELU(), nn.ELU(), nn.Linear(16, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y: torch.Tensor = self.out(self.act2(self.second(self.act(self.first(x.flatten(1))))))
            return y

    other = wrap(Other(), size=6)
    position = compare(other)
    assert position is not None
    recording = other.record(frame().pixels, ["act", "act2"])
    h = np.concatenate([recording["act"].ravel(), recording["act2"].ravel()])[None]
    np.testing.assert_allclose(position.z, made.encode(h), atol=1e-4)
    assert position.message == "Layers of the same shape: act ~ 2, act2 ~ 4."


@pytest.mark.parametrize("side", [20, 28])
def test_the_states_of_a_recurrent_network_have_places_on_boards_of_any_size(
    home: object, side: int
) -> None:
    work = LiveWork(lambda choice: open_network(choice.net), threading.Event(), tune_after=-1)
    work.open(LIFE)
    plan = Plan(LIFE, requests={"map": Request("map", Unit("cell", 0))}, second=SecondNetwork(LIFE))
    cells = np.random.default_rng(0).random((side, side, 1)) < 0.3  # the map has 20 x 20
    board = cells.astype(np.uint8) * 255
    live, _, _ = work.live(plan, Frame(board, 0, "test"))
    assert live.second is not None
    assert live.second.position is not None
    assert live.second.position.message == ""
    network = open_network(LIFE.net)
    recording = network.record(board, ["encoder", "cell"])
    states = (recording["encoder"][0], *recording["cell"][:3])
    h = np.stack([state.mean((1, 2)) for state in states])
    fitted = get_cached_map(network, 0).map
    assert fitted is not None
    np.testing.assert_allclose(live.second.position.z, fitted.encode(h), atol=1e-3)


def test_where_there_is_no_such_layer_a_sentence_says_so(made: Map) -> None:
    torch.manual_seed(0)
    narrow = nn.Sequential(nn.Flatten(), nn.Linear(108, 24), nn.ELU(), nn.Linear(24, 3))
    position = compare(wrap(narrow, size=6))
    assert position is not None
    assert not len(position.z)
    assert "no place on this map" in position.message
    assert "4 (16 x 1 x 1, called 1x)" in position.message


def test_without_a_map_the_reason_is_that_of_the_first(home: object) -> None:
    position = compare(nets.network(seed=3))
    assert position is not None
    assert not len(position.z)
    assert "There is no map" in position.message


def test_while_the_map_is_not_on_show_nothing_is_computed(made: Map) -> None:
    assert compare(nets.network(seed=3), on_map=False) is None


def test_activations_that_are_no_numbers_have_no_place_and_that_is_said(made: Map) -> None:
    module = nets.module(seed=3)
    with torch.no_grad():
        module[1].weight[0, 0] = float("nan")  # type: ignore[index,operator,union-attr]
    position = compare(wrap(module, size=6))
    assert position is not None
    assert not len(position.z) or not np.isfinite(position.z).any()
    assert position.message
