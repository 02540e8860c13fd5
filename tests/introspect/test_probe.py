"""What a linear probe reads in a hidden state, against numpy's least squares on the windows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.introspect import probe
from dnnvis.introspect.probe import ProbeResult, RidgeFit, probe_states
from dnnvis.network.card import Card
from dnnvis.network.network import Network
from dnnvis.sources.life.rule import history
from dnnvis.sources.life.starts import random_boards
from dnnvis.zoo.life import LifeNet, LifeSpec

Array = NDArray[Any]


def states(number: int, steps: int = 3, size: int = 12, seed: int = 0, border: str = "dead") -> Any:
    dice = np.random.default_rng(seed)
    density = dice.uniform(0.2, 0.6, number)
    return history(random_boards(number, (size, size), dice, density), steps, border)


def life(spec: LifeSpec, seed: int = 0) -> Network:
    torch.manual_seed(seed)
    about = {"border": spec.border, "game_steps": spec.steps, "life": spec.as_dict()}
    card = Card(
        "life",
        (12, 12),
        1,
        binary=True,
        architecture="life",
        states=spec.states,
        decoder="decoder",
        about=about,
    )
    return Network(LifeNet(spec), card)


def windows(hidden: Array, border: str) -> Array:
    """(B * H * W, C * 9), cell by cell, the neighbours picked one at a time."""
    number, channels, high, wide = hidden.shape
    rows = []
    for b in range(number):
        for y in range(high):
            for x in range(wide):
                row = []
                for c in range(channels):
                    for dy in (-1, 0, 1):
                        for dx in (-1, 0, 1):
                            v, u = y + dy, x + dx
                            inside = 0 <= v < high and 0 <= u < wide
                            if border == "periodic":
                                row.append(hidden[b, c, v % high, u % wide])
                            else:
                                row.append(hidden[b, c, v, u] if inside else 0.0)
                rows.append(row)
    return np.array(rows, float)


def by_least_squares(hidden: Array, wanted: Array, border: str, ridge: float) -> tuple[Any, Any]:
    """Weights and biases from numpy's lstsq: the penalty as more rows that ask for w = 0."""
    x = windows(hidden, border)
    y = np.moveaxis(wanted, 1, -1).reshape(len(x), -1).astype(float)
    variance = x.var(0).mean()
    root = np.sqrt(ridge * variance * len(x))
    above = np.hstack([x, np.ones((len(x), 1))])  # the bias costs nothing
    below = np.hstack([np.eye(x.shape[1]) * root, np.zeros((x.shape[1], 1))])
    target = np.vstack([y, np.zeros((x.shape[1], y.shape[1]))])
    solved = np.linalg.lstsq(np.vstack([above, below]), target, rcond=None)[0]
    return solved[:-1], solved[-1]


@pytest.mark.parametrize("border", ["dead", "periodic"])
@pytest.mark.parametrize("ridge", [1e-6, 1e-2, 3.0])
def test_the_readout_is_numpys_least_squares_on_the_windows(border: str, ridge: float) -> None:
    dice = np.random.default_rng(1)
    hidden = dice.normal(2, 3, (6, 3, 5, 7)) * np.array([1, 0.1, 4])[:, None, None]
    wanted = dice.integers(0, 2, (6, 2, 5, 7))
    weight, bias = by_least_squares(hidden, wanted, border, ridge)
    fitting = RidgeFit(3, 2, border)
    fitting.add(torch.from_numpy(hidden), torch.from_numpy(wanted))
    readout = fitting.readout(ridge)
    np.testing.assert_allclose(readout.weight.reshape(2, -1).T, weight, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(readout.bias, bias, rtol=1e-6, atol=1e-8)
    read = windows(hidden, border) @ weight + bias
    np.testing.assert_allclose(
        readout.read(torch.from_numpy(hidden)).movedim(1, -1).reshape(-1, 2), read, atol=1e-8
    )


def test_portions_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(2)
    hidden = torch.from_numpy(dice.normal(size=(9, 2, 6, 6)))
    wanted = torch.from_numpy(dice.integers(0, 2, (9, 1, 6, 6)))
    whole = RidgeFit(2, 1)
    whole.add(hidden, wanted)
    monkeypatch.setattr(probe, "MAX_WINDOWS", 40)  # one board at a time
    parts = RidgeFit(2, 1)
    parts.add(hidden[:4], wanted[:4])
    parts.add(hidden[4:], wanted[4:])
    assert whole.windows == parts.windows == 9 * 36
    np.testing.assert_allclose(whole.readout().weight, parts.readout().weight, rtol=1e-9)
    np.testing.assert_allclose(whole.readout().bias, parts.readout().bias, rtol=1e-9)


@pytest.mark.parametrize("border", ["dead", "periodic"])
def test_rates_are_those_of_a_readout_worked_out_by_hand(border: str) -> None:
    spec = LifeSpec(2, channels=3, border=border)
    net = life(spec)
    fit, test = states(10, 3, 8, 1, border), states(15, 3, 8, 2, border)
    probed = probe_states(net, fit, test)
    assert (probed.fitted_boards, probed.tested_boards) == (10, 15)
    for row in range(3):
        with torch.inference_mode():
            hidden = [
                net.module.states(torch.from_numpy(boards[:, :1]).float())[row].numpy()
                for boards in (fit, test)
            ]
        weight, bias = by_least_squares(hidden[0], fit, border, probe.RIDGE)
        read = (windows(hidden[1], border) @ weight + bias).reshape(15, 64, 4) >= 0.5
        right = read == np.moveaxis(test, 1, -1).reshape(15, 64, 4)
        np.testing.assert_allclose(probed.accuracy[row], right.mean((0, 1)), atol=1e-12)
        np.testing.assert_allclose(probed.matching[row], (right.mean(1) >= 0.95).mean(0))
    commoner = [max((test[:, k] == 0).mean(), (test[:, k] == 1).mean()) for k in range(4)]
    np.testing.assert_allclose(probed.majority, commoner)


def hiding(truth: Callable[[Array], Array], mixed: Tensor) -> Callable[[Tensor], list[Tensor]]:
    """One hidden state: what ``truth`` gives for the boards, mixed with noise over channels."""

    def hidden(boards: Tensor) -> list[Tensor]:
        state = torch.from_numpy(truth(boards[:, 0].numpy().astype(np.uint8))).float()
        noise = torch.randn(len(state), len(mixed) - 1, *state.shape[1:])
        return [torch.einsum("kc,bkhw->bchw", mixed, torch.cat([state[:, None], noise], 1)) - 3]

    return hidden


def test_a_state_that_is_mixed_among_channels_is_found_and_no_other() -> None:
    torch.manual_seed(0)
    mixed = torch.randn(4, 4)
    probed = probe_states(
        hiding(lambda b: history(b, 1)[:, 1], mixed), states(60), states(60, 3, 12, 9)
    )
    assert probed.accuracy[0, 1] == 1
    assert probed.matching[0, 1] == 1
    assert max(probed.accuracy[0, [0, 2, 3]]) < 0.9
    assert max(probed.matching[0, [0, 2, 3]]) < 0.2


@pytest.mark.parametrize(("shift", "found"), [(1, True), (-1, True), (2, False)])
def test_a_state_is_found_one_cell_aside_but_not_two(shift: int, found: bool) -> None:
    def aside(boards: Array) -> Array:
        return np.roll(history(boards, 1, "periodic")[:, 1], shift, 2)

    torch.manual_seed(0)
    fit, test = states(40, 2, border="periodic"), states(40, 2, seed=3, border="periodic")
    probed = probe_states(hiding(aside, torch.eye(2)), fit, test, border="periodic")
    assert (probed.accuracy[0, 1] == 1) == found
    dead = probe_states(hiding(aside, torch.eye(2)), fit, test, border="dead")
    assert dead.accuracy[0, 1] < 1  # what was rolled over the edge is out of reach


@pytest.mark.parametrize(("wrong", "matching"), [(5, 1), (6, 0)])
def test_exactly_95_percent_is_a_match_and_living_cells_may_be_the_commoner(
    wrong: int, matching: int
) -> None:
    def hidden(boards: Tensor) -> list[Tensor]:
        seen = boards.clone()
        if boards.shape[-1] == 10:  # those to test on: 5 or 6 of 100 cells are turned over
            seen[:, 0, 4, :wrong] = 1 - seen[:, 0, 4, :wrong]
        return [seen]

    dice = np.random.default_rng(6)
    test = history(random_boards(20, (10, 10), dice, 0.8), 1)
    probed = probe_states(hidden, states(30, 1), test)
    assert (probed.accuracy[0, 0], probed.matching[0, 0]) == (1 - wrong / 100, matching)
    assert probed.majority[0] == pytest.approx((test[:, 0] == 1).mean())
    assert test[:, 0].mean() > 0.7


def test_an_untrained_network_holds_its_input_and_little_of_what_follows() -> None:
    dice = np.random.default_rng(5)
    fit = history(random_boards(120, (20, 20), dice, dice.uniform(0.2, 0.6, 120)), 3)
    test = history(random_boards(100, (20, 20), dice), 3)
    probed = probe_states(life(LifeSpec(3)), fit, test)
    assert probed.accuracy.shape == (4, 4)
    assert probed.accuracy[:, 0].min() > 0.999
    first = probed.accuracy[:, 1]  # the report: .78 to .82, the majority .69, no board matches
    assert first.min() > 0.76
    assert first.max() < 0.84
    assert probed.majority[1] == pytest.approx(0.69, abs=0.01)
    assert probed.matching[:, 1:].max() == 0
    np.testing.assert_allclose(probed.accuracy[:, 2:], [probed.majority[2:]] * 4, atol=0.01)


def test_states_that_are_not_shared_come_from_their_own_layers_in_order() -> None:
    spec = LifeSpec(2, channels=4, shared=False)
    net = life(spec)
    fit, test = states(12, 2), states(12, 2, seed=4)
    by_card = probe_states(net, fit, test)
    by_hand = probe_states(net.module.states, fit, test)
    assert by_card.accuracy.shape == (3, 3)
    np.testing.assert_array_equal(by_card.accuracy, by_hand.accuracy)


def test_constant_hidden_states_say_no_more_than_the_commoner_value() -> None:
    probed = probe_states(
        lambda boards: [torch.ones(len(boards), 2, 12, 12)],
        states(20, border="periodic"),
        states(20, seed=1, border="periodic"),
        border="periodic",
    )
    np.testing.assert_allclose(probed.accuracy[0], probed.majority)


def test_the_sentences_say_where_a_state_is_and_whether_the_decoder_shows_it() -> None:
    accuracy = np.array([[1, 0.7, 0.7, 0.7], [1, 0.998, 0.75, 0.7], [0.9, 1.0, 0.8, 0.7]])
    matching = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0.0]])  # state 1 is in both
    probed = ProbeResult(accuracy, matching, np.array([0.5, 0.69, 0.72, 0.73]), 120, 250)
    first, second = probed.describe(np.array([[0.01, 0.0]]))
    assert first.startswith(
        "Game state 1 is in the hidden vector of step 1, though the decoder cannot show it "
        "(1% of the boards): the probe reads 99.8% of the cells"
    )
    assert "the commoner value alone: 69.0%" in first
    assert "100% of the boards match" in first
    assert second.startswith("Game state 2 is in no hidden vector in a form that a linear probe")
    assert "80.0% of the cells" in second
    assert "does not show it (0%" in second
    assert "and the decoder shows it (99%" in probed.describe(np.array([[0.0, 0], [0.99, 0]]))[0]
    assert "though the decoder shows it (95%" in probed.describe(np.array([[0, 0.95]]))[1]
    assert "decoder" not in "".join(probed.describe())


def test_progress_rises_to_1_and_may_end_the_probing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "MAX_WINDOWS", 3 * 144)
    told: list[float] = []
    net = life(LifeSpec(2, channels=2))
    probe_states(net, states(6, 2), states(6, 2, seed=1), report=told.append)
    assert told == pytest.approx([0.25, 0.5, 0.75, 1])

    def enough(done: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        probe_states(net, states(6, 2), states(6, 2, seed=1), report=enough)


def test_what_cannot_be_probed_is_refused_in_a_sentence() -> None:
    fit, test = states(4, 2), states(4, 2, seed=1)
    nameless = Network(LifeNet(LifeSpec(2)), Card("mine", (12, 12), 1))
    with pytest.raises(BadInput, match="card of mine names no hidden states"):
        probe_states(nameless, fit, test)
    with pytest.raises(BadInput, match="different numbers of states"):
        probe_states(life(LifeSpec(2)), fit, states(4, 3))
    with pytest.raises(BadInput, match="0 for a dead cell"):
        probe_states(life(LifeSpec(2)), fit * 255, test)
    with pytest.raises(BadInput, match=r"\(B, T \+ 1, H, W\)"):
        probe_states(life(LifeSpec(2)), fit[0], test)
    with pytest.raises(BadInput, match=r"\(B, T \+ 1, H, W\)"):
        probe_states(life(LifeSpec(2)), fit[:0], test)
    with pytest.raises(BadInput, match="dead or periodic"):
        probe_states(life(LifeSpec(2)), fit, test, border="open")
    with pytest.raises(BadInput, match="no hidden states to probe"):
        probe_states(lambda boards: [], fit, test)
    with pytest.raises(BadInput, match="not of the size of the hidden state"):
        probe_states(lambda boards: [torch.zeros(len(boards), 2, 6, 6)], fit, test)
    with pytest.raises(BadInput, match="not finite"):
        probe_states(lambda boards: [torch.full((len(boards), 2, 12, 12), np.nan)], fit, test)
    with pytest.raises(BadInput, match="ridge above 0"):
        probe_states(life(LifeSpec(2)), fit, test, ridge=0)
    with pytest.raises(BadInput, match="some boards"):
        RidgeFit(2, 1).readout()
    with pytest.raises(BadInput, match=r"is \(B, 2, H, W\)"):
        RidgeFit(2, 1).add(torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4))
