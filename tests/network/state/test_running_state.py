"""A network is given an automaton's whole state, and its passes are short meanwhile."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.probing.perturbation import Perturbation
from dnnvis.network.card import read_card, write_card
from dnnvis.network.network import Network
from dnnvis.network.state.running_state import encode_live, follow_states, takes_state
from dnnvis.sources.perturbation import perturb_frame
from dnnvis.zoo.catalog import open_network
from helpers.automata import SMALL, automaton_file, some_state


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return open_network(automaton_file(tmp_path))


def frame(size: tuple[int, int] = (14, 14)) -> Frame:
    return Frame(np.full((*size, 3), 7, np.uint8), state=some_state(size=size))


def test_a_state_goes_in_as_it_is_and_sets_the_size(network: Network) -> None:
    given = frame()
    assert takes_state(network, given)
    x, shown = encode_live(network, given)
    assert np.array_equal(x[0].numpy(), given.state)
    assert shown is given.pixels
    assert network.card.size == (14, 14)
    x[0, 0, 0, 0] = 9
    assert given.state is not None
    assert given.state[0, 0, 0] != 9  # it belongs to the canvas
    recording = network.run(x, ("encoder",))
    assert torch.equal(recording.tensor("encoder", 0), x)


def test_pictures_and_states_without_alpha_go_in_as_pictures(network: Network) -> None:
    plain = Frame(np.full((12, 12, 3), 255, np.uint8))
    assert not takes_state(network, plain)
    assert encode_live(network, plain)[0].shape == (1, 3, 12, 12)
    nothing = Frame(np.zeros((12, 12, 3), np.uint8), state=np.zeros((3, 12, 12), np.float32))
    assert not takes_state(network, nothing)
    assert encode_live(network, nothing)[0].shape == (1, 3, 12, 12)
    assert not takes_state(open_network("net1"), frame())


def test_a_state_of_another_automaton_gets_the_channels_that_it_lacks(network: Network) -> None:
    other = some_state()[:5]
    x, _ = encode_live(network, Frame(np.zeros((9, 11, 3), np.uint8), state=other))
    assert np.array_equal(x[0, :5].numpy(), other)
    assert np.array_equal(x[0, 5].numpy(), other[3])


def test_passes_are_short_while_states_are_followed_and_whole_afterwards(network: Network) -> None:
    assert len(network.states) == 1 + SMALL.steps
    assert follow_states(network, True)
    assert not follow_states(network, True)
    encode_live(network, frame((20, 20)))
    assert len(network.states) == 1 + SMALL.live_steps
    assert network.layer("cell").shape == (6, 20, 20)
    assert follow_states(network, False)
    assert network.card.size == (12, 12)
    assert len(network.states) == 1 + SMALL.steps


def test_a_table_that_is_proved_later_keeps_the_short_passes(network: Network) -> None:
    network.prove_later = True
    assert len(network.info.states) == 1 + SMALL.steps
    for _ in range(3):
        follow_states(network, True)
        x, _ = encode_live(network, frame())
        assert len(network.info.states) == 1 + SMALL.live_steps
        assert network.run(x, ("cell",)).count("cell") == SMALL.live_steps
    network.prove_later = False
    assert len(network.info.states) == 1 + SMALL.live_steps
    assert not follow_states(network, True)


def test_other_networks_do_not_care() -> None:
    network = open_network("net1")
    assert not follow_states(network, True)
    assert network.card.state_channels == 0


def test_what_shows_a_state_shows_its_colors(network: Network) -> None:
    x, _ = encode_live(network, frame())
    shown = network.show(x)
    assert shown.shape == (14, 14, 3)
    assert np.array_equal(shown, (x[0, :3].clamp(0, 1) * 255).round().permute(1, 2, 0).numpy())


def test_a_changed_picture_has_no_state_any_more() -> None:
    given = frame()
    assert perturb_frame(given, Perturbation()).state is given.state
    assert perturb_frame(given, Perturbation(brightness=0.5)).state is None


@pytest.mark.parametrize(
    "state", [np.zeros((6, 5, 4), np.float32), np.zeros((6, 4, 4)), np.zeros((4, 4), np.float32)]
)
def test_a_state_that_does_not_fit_its_picture_is_refused(state: np.ndarray) -> None:
    with pytest.raises(BadInput, match=r"float32 \(C, H, W\)"):
        Frame(np.zeros((4, 4, 3), np.uint8), state=state)


def test_a_card_says_how_many_channels_a_state_has(network: Network, tmp_path: Path) -> None:
    write_card(network.card, tmp_path / "card.json")
    assert read_card(tmp_path / "card.json").state_channels == 6
    assert network.info.state_channels == 6
    text = (tmp_path / "card.json").read_text()
    (tmp_path / "card.json").write_text(text.replace('"state_channels": 6', '"state_channels": -1'))
    with pytest.raises(BadInput, match="state_channels is a whole number"):
        read_card(tmp_path / "card.json")
