"""The automaton's network: one step by hand, its life and death, how it is opened."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.network.checkpoint import read_checkpoint
from dnnvis.zoo.beyond.firing import draw_firing_mask
from dnnvis.zoo.beyond.nca import (
    STATE_LIMIT,
    ColorDecoder,
    NcaNet,
    NcaSpec,
    StateEncoder,
    infer_spec,
    plant_seed,
    spec_from_card,
)
from dnnvis.zoo.beyond.nca_numpy import read_cell
from dnnvis.zoo.bundled import read_architecture_name
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.detect_architecture import detect_architecture
from helpers.automata import SMALL, automaton_file, moving, some_state


def around(values: np.ndarray, y: int, x: int) -> np.ndarray:
    """The 3 x 3 cells around one, zero beyond the edge."""
    return np.pad(values, 1)[y : y + 3, x : x + 3]


def change_by_hand(net: NcaNet, state: np.ndarray, y: int, x: int) -> np.ndarray:
    """What a cell adds to itself."""
    weights = {k: v.numpy().astype(float) for k, v in net.state_dict().items()}
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
    boxes = [around(channel, y, x) for channel in state]
    seen = [v for box in boxes for v in (box[1, 1], (box * sobel).sum(), (box * sobel.T).sum())]
    hidden = weights["cell.hidden.weight"][:, :, 0, 0] @ seen + weights["cell.hidden.bias"]
    return weights["cell.output.weight"][:, :, 0, 0] @ np.maximum(hidden, 0)


def step_by_hand(net: NcaNet, state: np.ndarray, step: int) -> np.ndarray:
    """One step, cell by cell, as the paper tells it."""
    spec, cells = net.spec, list(np.ndindex(state.shape[1:]))
    fires = draw_firing_mask(spec.seed, step, state.shape[1:], spec.fire_rate)
    moved = state.astype(float).copy()
    for y, x in cells:
        if fires[y, x]:
            moved[:, y, x] += change_by_hand(net, state, y, x)
    result = moved.copy()
    for y, x in cells:
        alphas = [around(values[3], y, x).max() for values in (state, moved)]
        if min(alphas) <= spec.alive_threshold:
            result[:, y, x] = 0
    return result


def test_a_step_is_that_of_the_paper_cell_by_cell() -> None:
    net, state = moving(), some_state()
    for step in (0, 1):
        expected = step_by_hand(net, state, step)
        with torch.inference_mode():
            got = net.cell(torch.from_numpy(state)[None], step)[0].numpy()
        np.testing.assert_allclose(got, expected, atol=1e-5)
        state = got
    assert (state != 0).any()
    assert (state == 0).any()


def test_the_cell_in_numpy_is_the_same_for_many_steps() -> None:
    net, state = moving(), some_state(size=(13, 8))
    cell = read_cell(net)
    assert cell is not None
    assert cell.channels == SMALL.channels
    x = torch.from_numpy(state)[None]
    with torch.inference_mode():
        for step in range(12):
            before = state.copy()
            state, x = cell.step(state, step), net.cell(x, step)
            np.testing.assert_allclose(state, x[0].numpy(), atol=1e-5)
            assert not np.array_equal(state, before)
    with torch.no_grad():
        net.cell.output.weight.zero_()  # the copy does not follow
    assert np.abs(cell.output_weight).max() > 0
    assert read_cell(torch.nn.Linear(2, 2)) is None


def test_which_cells_fire_follows_from_seed_and_step_alone() -> None:
    mask = draw_firing_mask(0, 3, (50, 60), 0.5)
    assert np.array_equal(mask, draw_firing_mask(0, 3, (50, 60), 0.5))
    assert not np.array_equal(mask, draw_firing_mask(0, 4, (50, 60), 0.5))
    assert not np.array_equal(mask, draw_firing_mask(1, 3, (50, 60), 0.5))
    assert mask.mean() == pytest.approx(0.5, abs=0.03)
    assert draw_firing_mask(0, 0, (9, 9), 1.0).all()
    with pytest.raises(ValueError, match="read-only"):
        mask[0] = True


def test_an_untrained_automaton_stays_as_it_is_and_an_empty_one_stays_empty() -> None:
    net = NcaNet(SMALL).eval()
    seed = plant_seed(SMALL, (9, 9))
    with torch.inference_mode():
        assert torch.equal(net.states(seed)[-1], seed)
        assert not moving().states(torch.zeros(1, 6, 9, 9))[-1].any()


def test_whatever_it_is_given_its_values_stay_finite() -> None:
    net = moving(replace(SMALL, steps=60), strength=5.0)
    with torch.inference_mode():
        last = net.states(torch.rand(1, 3, 9, 9))[-1]
    assert torch.isfinite(last).all()
    assert last.abs().max() <= STATE_LIMIT


def test_a_picture_becomes_a_state_and_a_state_passes() -> None:
    x = torch.rand(2, 3, 4, 5)
    state = StateEncoder(6)(x)
    assert torch.equal(state[:, :3], x)
    for k in (3, 4, 5):
        assert torch.equal(state[:, k], x.amax(1))
    assert torch.equal(StateEncoder(6)(state), state)
    assert torch.equal(ColorDecoder()(state), x)
    white = torch.zeros(1, 3, 9, 9)
    white[:, :, 4, 4] = 1
    assert torch.equal(StateEncoder(6)(white), plant_seed(SMALL, (9, 9)))
    assert ColorDecoder()(torch.full((1, 6, 2, 2), 7.0)).max() == 1


def test_a_pass_is_shorter_while_states_are_followed() -> None:
    net, x = moving(), torch.rand(1, 3, 9, 9)
    assert len(net.states(x)) == 1 + SMALL.steps
    net.follows_states = True
    assert len(net.states(x)) == 1 + SMALL.live_steps
    assert net(x).shape == (1, 3, 9, 9)


def test_it_has_as_many_weights_as_the_paper_says() -> None:
    paper = NcaNet(NcaSpec(channels=16, hidden=128))
    assert sum(p.numel() for p in paper.parameters()) == 48 * 128 + 128 + 128 * 16


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": 3},
        {"channels": 16.0},
        {"hidden": 0},
        {"steps": 0},
        {"steps": 5000},
        {"live_steps": True},
        {"fire_rate": 0.0},
        {"fire_rate": 1.5},
        {"alive_threshold": 1.0},
        {"seed": -1},
    ],
)
def test_what_is_no_automaton_is_refused_in_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        NcaSpec(**wrong)
    with pytest.raises(BadInput):
        spec_from_card(wrong)


@pytest.mark.parametrize("data", [None, 5, {"fire_rate": "often"}, {"channels": "many"}])
def test_a_card_that_says_nonsense_is_refused(data: Any) -> None:
    with pytest.raises(BadInput):
        spec_from_card(data)


def test_a_spec_goes_into_a_card_and_out_of_it() -> None:
    assert spec_from_card({**SMALL.as_dict(), "further": 1}) == SMALL


def test_its_file_is_recognized_with_and_without_a_card(tmp_path: Path) -> None:
    file = automaton_file(tmp_path)
    net = open_network(file)
    assert (net.card.architecture, net.card.size, net.card.state_channels) == ("nca", (12, 12), 6)
    assert net.states == (("encoder", 0), *(("cell", k) for k in range(SMALL.steps)))
    assert read_architecture_name(str(file)) == "nca"
    file.with_suffix(".json").unlink()
    assert read_architecture_name(str(file)) == ""
    assert detect_architecture(read_checkpoint(file)).architecture == "nca"
    net = open_network(file)
    assert net.module.spec == NcaSpec(channels=6, hidden=10)
    assert any("do not say how an automaton fires" in note for note in net.notes)


def test_weights_of_another_network_are_no_automaton(tmp_path: Path) -> None:
    state = moving().state_dict()
    assert infer_spec(state) == NcaSpec(channels=6, hidden=10)
    assert infer_spec({}) is None
    assert infer_spec({**state, "cell.hidden.weight": torch.zeros(10, 17, 1, 1)}) is None
    assert infer_spec({**state, "cell.output.weight": torch.zeros(6, 10)}) is None
    file = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(3)}, file)
    with pytest.raises(Mismatch, match="no weights of a cellular automaton"):
        open_network("nca", checkpoint=file)


def test_the_architecture_opens_untrained_and_says_so() -> None:
    net = open_network("nca")
    assert net.card.channels == 3
    assert any("random weights" in note for note in net.notes)
    assert read_architecture_name("nca") == "nca"
    assert read_architecture_name("squeezenet-imagenet") == "squeezenet1_1"
    assert read_architecture_name("resnet18") == ""


def test_a_recording_has_a_call_for_every_step(tmp_path: Path) -> None:
    net = open_network(automaton_file(tmp_path))
    picture = np.zeros((12, 12, 3), np.uint8)
    picture[6, 6] = 255
    recording = net.record(picture, ["encoder", "cell", "output"])
    assert recording["cell"].shape == (SMALL.steps, 6, 12, 12)
    states = net.module.states(torch.from_numpy(recording["encoder"]))
    np.testing.assert_allclose(recording["cell"][-1], states[-1][0].numpy(), atol=1e-5)
    np.testing.assert_allclose(
        recording["output"][0], states[-1][0, :3].clamp(0, 1).numpy(), atol=1e-5
    )
