"""The network that marks ways through mazes, and opening one by name, card or weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import dnnvis
from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.network.card import write_card
from dnnvis.zoo.beyond.maze import MazeNet, MazeSpec, infer_maze_spec, maze_spec_from_card
from dnnvis.zoo.beyond.maze_nets import maze_card

SMALL = MazeSpec(steps=3, channels=4)


def pictures(side: int = 5) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).random((2, 3, side, side), np.float32))


def test_it_has_as_many_weights_as_its_three_convolutions_and_its_ends() -> None:
    net = MazeNet(MazeSpec(channels=32))
    encoder, first, second = 9 * 3 * 32 + 32, 9 * 35 * 32 + 32, 9 * 32 * 32 + 32
    decoder = 9 * 32 + 1
    assert sum(p.numel() for p in net.parameters()) == encoder + first + second + decoder


@torch.no_grad()
def test_a_step_is_a_residual_block_that_sees_the_maze_again() -> None:
    torch.manual_seed(0)
    net, x = MazeNet(SMALL), pictures()
    state = torch.relu(torch.conv2d(x, *net.encoder[0].parameters(), padding=1))
    for _ in range(3):
        seen = torch.cat([state, x], 1)
        change = torch.conv2d(seen, net.cell.conv1.weight, net.cell.conv1.bias, padding=1)
        change = torch.conv2d(
            change.clamp(min=0), net.cell.conv2.weight, net.cell.conv2.bias, padding=1
        )
        state = (state + change).clamp(min=0)
    logits = torch.conv2d(state, *net.decoder[0].parameters(), padding=1)
    expected = 1 / (1 + torch.exp(-logits))
    assert torch.allclose(net(x), expected, atol=1e-5)
    assert net(x).shape == (2, 1, 5, 5)
    assert torch.allclose(net.logits(net.states(x)[-1]), logits, atol=1e-4)
    assert len(net.states(x)) == 4


@torch.no_grad()
def test_it_may_think_for_longer_than_its_spec_says() -> None:
    torch.manual_seed(0)
    net, x = MazeNet(SMALL), pictures()
    longer = MazeNet(MazeSpec(7, 4))
    longer.load_state_dict(net.state_dict())
    assert torch.equal(net(x, steps=7), longer(x))
    with pytest.raises(BadInput, match="at least one of steps"):
        net(x, steps=0)
    with pytest.raises(TypeError, match="whole number"):
        net(x, steps=torch.tensor([7, 7]))


def test_it_takes_mazes_of_any_size_but_none_smaller_than_its_kernel() -> None:
    net = MazeNet(SMALL)
    assert net(torch.zeros(1, 3, 13, 21)).shape == (1, 1, 13, 21)
    with pytest.raises(BadInput, match="2 x 5 squares is smaller"):
        net(torch.zeros(1, 3, 2, 5))


def test_opened_by_name_its_states_and_decoder_are_known() -> None:
    network = dnnvis.open("maze")
    assert network.states == (("encoder", 0), *(("cell", k) for k in range(30)))
    assert (network.card.decoder, network.info.mazes, network.info.game_steps) == (
        "decoder",
        True,
        0,
    )
    assert network.card.size == (9, 9)


def test_opened_with_more_steps_there_are_more_states() -> None:
    network = dnnvis.open("maze", inputs="steps=42")
    assert len(network.states) == 43
    assert any("steps is held at 42" in note for note in network.notes)


def test_weights_without_a_card_are_recognized(tmp_path: Path) -> None:
    net = MazeNet(SMALL)
    save_file(net.state_dict(), tmp_path / "found.safetensors")
    network = dnnvis.open(str(tmp_path / "found.safetensors"))
    assert network.info.mazes
    assert any("30 times is assumed" in note for note in network.notes)
    assert infer_maze_spec(net.state_dict()) == MazeSpec(channels=4)


def test_a_card_says_how_many_steps(tmp_path: Path) -> None:
    net = MazeNet(SMALL)
    save_file(net.state_dict(), tmp_path / "mine.safetensors")
    write_card(maze_card(SMALL, "mine", {"title": "Mine"}), tmp_path / "mine.json")
    network = dnnvis.open(str(tmp_path / "mine.safetensors"))
    assert len(network.states) == 4
    assert network.card.about["title"] == "Mine"


def test_other_weights_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(Mismatch, match="no weights of a maze network"):
        dnnvis.open("maze", checkpoint=str(tmp_path / "other.safetensors"))
    state = MazeNet(SMALL).state_dict()
    del state["cell.conv2.bias"]
    assert infer_maze_spec(state) is None
    assert infer_maze_spec({}) is None


@pytest.mark.parametrize(
    "card", [{"steps": 0}, {"steps": "many"}, {"channels": 1.5}, {"steps": 10_000}, []]
)
def test_a_card_without_sense_is_refused(card: object) -> None:
    with pytest.raises(BadInput, match="maze network"):
        maze_spec_from_card(card)


def test_the_card_is_json(tmp_path: Path) -> None:
    write_card(maze_card(SMALL), tmp_path / "card.json")
    data = json.loads((tmp_path / "card.json").read_text())
    assert data["maze"] == {"steps": 3, "channels": 4}
    assert data["states"] == ["encoder", "cell"]
