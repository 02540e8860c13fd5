"""Attention heads in the live view: the query on show, and what is remembered of them."""

import threading

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import dnnvis
from dnnvis.core.errors import UnknownUnit
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.network.attention.heads import rollout
from dnnvis.network.network import Network
from helpers.attention_networks import GRID, HEADS, Attention, Deep, TokenNetwork

CHOICE = NetworkChoice(net="toy")
ROWS = [f"attn.layers.{k}.heads" for k in range(3)]
LAST = ROWS[-1]
SIZE = 4 * GRID


@pytest.fixture
def network() -> Network:
    return dnnvis.wrap(TokenNetwork(Deep()), size=SIZE)


@pytest.fixture
def work(network: Network) -> LiveWork:
    work = LiveWork(lambda choice: network, threading.Event())
    work.open(CHOICE)
    return work


def frame(number: int = 0) -> Frame:
    pixels = np.random.default_rng(number).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    return Frame(pixels, number, "camera 0", None, float(number))


def full_weights(network: Network) -> list[np.ndarray]:
    recording = network.record(frame().pixels, ROWS)
    return [recording.attention(row) for row in ROWS]


def test_a_network_tells_the_weights_of_a_layer_by_its_row_or_its_module(network: Network) -> None:
    weights = full_weights(network)[1]
    owner = network.table.heads[ROWS[1]].module
    assert network.attention(frame().pixels, ROWS[1]).tolist() == weights.tolist()
    assert network.attention(frame().pixels, owner).tolist() == weights.tolist()
    assert weights.sum(-1) == pytest.approx(np.ones(weights.shape[:-1]), abs=1e-5)
    two = network.attention(np.stack([frame(k).pixels for k in (0, 1)]), ROWS[1])
    assert two[0] == pytest.approx(weights, abs=1e-5)
    with pytest.raises(UnknownUnit, match="has no attention heads; rows of heads are: attn"):
        network.attention(frame().pixels, "output")
    with pytest.raises(UnknownUnit, match="no layer"):
        network.attention(frame().pixels, "nowhere")


def as_maps(keys: np.ndarray) -> np.ndarray:
    """(heads, keys), the class token first -> (heads, h, w)."""
    return keys[:, 1:].reshape(HEADS, GRID, GRID)


@pytest.mark.parametrize(
    ("query", "caption"),
    [
        ("", "attention from the class token"),
        ("class", "attention from the class token"),
        ("mean", "attention averaged over all queries"),
        ((1, 3), "attention from position 1,3"),
        ("rollout", "attention rollout from the class token"),
    ],
)
def test_the_query_of_the_plan_is_on_show_and_said(
    work: LiveWork, network: Network, query: str | tuple[int, int], caption: str
) -> None:
    live, _, failures = work.live(Plan(CHOICE, (LAST, "norm"), query=query), frame())
    weights = full_weights(network)
    identity = np.eye(GRID * GRID + 1)
    through = identity
    for layer in weights[:2]:
        through = (0.5 * layer.mean(0) + 0.5 * identity) @ through
    rolled = (0.5 * weights[2] + 0.5 * identity) @ through
    expected = {
        "": weights[2][:, 0],
        "class": weights[2][:, 0],
        "mean": weights[2].mean(1),
        (1, 3): weights[2][:, 1 + GRID + 3],
        "rollout": rolled[:, 0],
    }[query]
    assert np.allclose(live.maps[LAST], as_maps(expected), atol=1e-6)
    assert live.captions == {LAST: caption, "norm": ""}
    assert failures == {}
    assert set(live.maps) == {LAST, "norm"}


def test_the_rollout_of_every_layer_on_show_is_made_of_plain_weights(
    work: LiveWork, network: Network
) -> None:
    live, _, _ = work.live(Plan(CHOICE, (ROWS[1], LAST), query="rollout"), frame())
    weights = [layer[None] for layer in full_weights(network)]
    for row, count in ((ROWS[1], 2), (LAST, 3)):
        expected = rollout([torch.from_numpy(layer) for layer in weights[:count]])
        keys = expected[0, 0, 1:].numpy().reshape(GRID, GRID)
        assert np.allclose(live.maps[row].mean(0), keys, atol=1e-6)


def test_a_query_that_a_layer_does_not_have_leaves_its_own() -> None:
    network = dnnvis.wrap(TokenNetwork(Attention(F.scaled_dot_product_attention), 0), size=SIZE)
    work = LiveWork(lambda choice: network, threading.Event())
    work.open(CHOICE)
    live, _, _ = work.live(Plan(CHOICE, ("attn.heads",), query="class"), frame())
    assert live.captions["attn.heads"] == "attention averaged over all queries"


def test_a_lens_looks_at_the_query_on_show(work: LiveWork, network: Network) -> None:
    request = Request("gradient", Unit(LAST, 1))
    pictures = []
    for query in ("", "mean"):
        plan = Plan(CHOICE, (LAST,), requests={"a": request}, query=query)
        _, scenes, failures = work.live(plan, frame())
        assert failures == {}
        pictures.append(next(work.look(request, scenes["a"])).values)
    alone = dnnvis.look(network, "gradient", f"{LAST}[1]", image=frame().pixels).values
    assert np.allclose(pictures[0], alone, atol=1e-6 * np.abs(alone).max())
    assert np.abs(pictures[1] - pictures[0]).max() > 0.01 * np.abs(pictures[0]).max()


def test_the_frames_that_a_head_liked_are_remembered(work: LiveWork, network: Network) -> None:
    for number in range(0, 8, 2):
        work.live(Plan(CHOICE, ("norm",), memory=5.0), frame(number))
    assert work.memory is not None
    unit = Unit(LAST, 2)
    values = {
        number: network.record(frame(number).pixels, [LAST])[LAST][0][2].max()
        for number in range(0, 8, 2)
    }
    best = work.memory.top(unit, 4)
    assert [one.index for one in best] == sorted(values, key=lambda k: -values[k])
    assert np.allclose([one.value for one in best], sorted(values.values(), reverse=True))
