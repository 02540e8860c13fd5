"""The recurrent network of the Game of Life, and opening one by name, card or weights."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scipy.signal import correlate2d

import dnnvis
from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.network.card import write_card
from dnnvis.zoo.life import LifeNet, LifeSpec, infer_spec, spec_from_card
from dnnvis.zoo.life_nets import life_card

LEAN, DEEP = LifeSpec(), LifeSpec(2, 4, (3, 3), 2, 3, shared=False, residual=False)
SPECS = [LEAN, DEEP, replace(LEAN, border="periodic", cell=(3, 3, 3)), LifeSpec(steps=1)]


def board(high: int = 9, wide: int = 7, count: int = 1) -> torch.Tensor:
    dice = np.random.default_rng(5)
    return torch.from_numpy((dice.random((count, 1, high, wide)) < 0.4).astype(np.float32))


def layer(state: dict[str, np.ndarray], name: str, x: np.ndarray, border: str) -> np.ndarray:
    """A convolution (C, H, W) -> (C', H, W) with scipy."""
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    mode = {"dead": "fill", "periodic": "wrap"}[border]
    return np.stack(
        [
            sum(correlate2d(x[c], weight[k, c], "same", mode) for c in range(len(x))) + bias[k]
            for k in range(len(weight))
        ]
    )


def leaky(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0.3 * x)


def imagined_slowly(net: LifeNet, x: np.ndarray) -> list[np.ndarray]:
    """Every decoded state of a board (1, H, W)."""
    spec = net.spec
    state = {key: value.double().numpy() for key, value in net.state_dict().items()}
    for k in range(1, spec.encoder + 1):
        x = leaky(layer(state, f"encoder.conv{k}", x, spec.border))
    shown = []
    for step in range(spec.steps + 1):
        seen = x
        for k in range(1, spec.decoder):
            seen = leaky(layer(state, f"decoder.conv{k}", seen, spec.border))
        shown.append(layer(state, f"decoder.conv{spec.decoder}", seen, spec.border)[0])
        stem = "cell" if spec.shared else f"cells.{min(step, spec.steps - 1)}"
        change = x
        for k in range(1, len(spec.cell) + 1):
            change = leaky(layer(state, f"{stem}.conv{k}", change, spec.border))
        x = x + change if spec.residual else change
    return shown


@pytest.mark.parametrize("spec", SPECS)
def test_the_network_is_what_the_paper_and_its_code_describe(spec: LifeSpec) -> None:
    torch.manual_seed(1)
    net, x = LifeNet(spec).double(), board().double()
    with torch.no_grad():
        found, output = net.imagine(x)[0].numpy(), net(x)[0, 0].numpy()
    expected = imagined_slowly(net, x[0].numpy())
    assert found.shape == (spec.steps + 1, 9, 7)
    assert np.allclose(found, expected, atol=1e-10)
    assert np.allclose(output, expected[-1], atol=1e-10)


def test_the_lean_and_the_faithful_network_have_as_many_parameters_as_reported() -> None:
    def count(spec: LifeSpec) -> int:
        return sum(weight.numel() for weight in LifeNet(spec).parameters())

    assert count(LEAN) == 4841
    assert count(replace(LEAN, cell=(3, 3, 3))) == 11241
    assert count(replace(LEAN, shared=False)) == 13761


def test_a_periodic_network_sees_a_torus() -> None:
    torch.manual_seed(2)
    net, x = LifeNet(replace(LEAN, border="periodic")), board()
    moved = net.imagine(x.roll((3, 2), (2, 3)))
    assert torch.allclose(moved, net.imagine(x).roll((3, 2), (2, 3)), atol=1e-5)
    dead = LifeNet(LEAN)
    assert not torch.allclose(dead(x.roll(3, 2)), dead(x).roll(3, 2), atol=1e-3)


def test_states_are_calls_of_the_cell() -> None:
    network = dnnvis.open("life")
    record = network.record((board()[0, 0].numpy() * 255).astype(np.uint8))
    states = network.module.states(board())
    assert network.states == (("encoder", 0), ("cell", 0), ("cell", 1), ("cell", 2))
    for (name, call), state in zip(network.states, states, strict=True):
        assert np.allclose(record[name][call], state[0].detach().numpy(), atol=1e-5)
    assert network.info.game_steps == 3
    assert network.info.binary
    assert network.info.border == "dead"
    assert network.card.preprocessing() == (
        "7 x 9 cells, of any size, pixels from half on are alive"
    )
    assert any("random weights" in note for note in network.notes)


@pytest.mark.parametrize(
    ("high", "wide"),
    [(2, 9), (9, 2), (1, 1)],
)
def test_a_board_smaller_than_the_kernel_is_refused_in_words(high: int, wide: int) -> None:
    with pytest.raises(BadInput, match="smaller than the kernel"):
        dnnvis.imagine(dnnvis.open("life"), np.ones((1, high, wide), np.uint8))


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"channels": 0},
        {"cell": ()},
        {"cell": (2,)},
        {"border": "open"},
        {"decoder": 0},
        {"steps": 2.5},
    ],
)
def test_a_structure_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        LifeSpec(**wrong)  # type: ignore[arg-type]


def test_a_card_keeps_the_whole_structure() -> None:
    for spec in SPECS:
        assert spec_from_card(json.loads(json.dumps(spec.as_dict()))) == spec
    with pytest.raises(BadInput, match="life network"):
        spec_from_card({"steps": "many", "cell": ["x"]})


def test_weights_tell_what_can_be_told() -> None:
    for spec in SPECS:
        found = infer_spec(LifeNet(spec).state_dict())
        steps = 3 if spec.shared else spec.steps
        assert found == replace(spec, steps=steps, residual=True, border="dead")
    assert infer_spec(dnnvis.open("net1-mnist").module.state_dict()) is None


def saved(folder: Path, spec: LifeSpec, *, card: bool) -> Path:
    torch.manual_seed(4)
    place = folder / "own.safetensors"
    save_file(LifeNet(spec).state_dict(), place)
    if card:
        write_card(life_card(spec, "own"), place.with_suffix(".json"))
    return place


def test_an_own_checkpoint_opens_by_its_card_or_by_its_weights(tmp_path: Path) -> None:
    spec = replace(LEAN, steps=5, border="periodic")
    place = saved(tmp_path, spec, card=True)
    network = dnnvis.open(str(place))
    assert network.module.spec == spec
    assert network.name == "own"
    assert len(network.states) == 6
    assert network.info.border == "periodic"
    place.with_suffix(".json").unlink()
    network = dnnvis.open(str(place))
    assert network.module.spec == LEAN
    assert len(network.states) == 4
    assert any("3 times is assumed" in note for note in network.notes)


def test_weights_that_are_no_life_networks_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "none.safetensors"
    save_file({"encoder.conv1.weight": torch.zeros(2, 3, 3, 3)}, place)
    with pytest.raises(Mismatch, match="no weights of a life network"):
        dnnvis.open("life", checkpoint=str(place))
    broken = saved(tmp_path, LEAN, card=True)
    card = json.loads(broken.with_suffix(".json").read_text())
    card["life"]["channels"] = 12
    broken.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(Mismatch):
        dnnvis.open(str(broken))


def test_imagine_takes_boards_and_nothing_else() -> None:
    network = dnnvis.open("life")
    found = dnnvis.imagine(network, board(6, 5, 4)[:, 0].numpy().astype(np.uint8))
    assert found.shape == (4, 4, 6, 5)
    assert found.dtype == np.float32
    with torch.inference_mode():
        assert np.allclose(found, network.module.imagine(board(6, 5, 4)).numpy(), atol=1e-5)
    for wrong in (np.zeros((6, 5), np.uint8), np.full((1, 6, 5), 7, np.uint8), np.zeros((1, 6, 5))):
        with pytest.raises(BadInput):
            dnnvis.imagine(network, wrong)
    with pytest.raises(BadInput, match="states"):
        dnnvis.imagine(dnnvis.open("net1-mnist"), np.zeros((1, 28, 28), np.uint8))


def test_several_planes_go_in_and_come_out() -> None:
    spec = LifeSpec(steps=2, channels=4, planes=3)
    net = LifeNet(spec)
    assert net(torch.zeros(2, 3, 8, 8)).shape == (2, 3, 8, 8)
    assert net.imagine(torch.zeros(2, 3, 8, 8)).shape == (2, 9, 8, 8)
    assert infer_spec(net.state_dict()) == replace(spec, steps=LifeSpec.steps)
    card = life_card(spec)
    assert (card.channels, card.binary) == (3, False)
    assert spec_from_card(card.about["life"]) == spec
    with pytest.raises(BadInput, match="planes"):
        LifeSpec(planes=0)


def test_cards_of_one_plane_say_nothing_of_planes() -> None:
    assert "planes" not in LEAN.as_dict()
    assert spec_from_card(LEAN.as_dict()) == LEAN
