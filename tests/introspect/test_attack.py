from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.introspect.attack import (
    AttackTrajectories,
    attack,
    false_alarm_lines,
    fgsm,
    first_true,
    run_attacks,
    split_paths,
    summarize_attacks,
    target_gradient,
)
from dnnvis.introspect.network_outputs import is_bounded
from dnnvis.network.opening.wrap import wrap
from helpers.linear_maps import Dense, dense, hand_map, pictures

TARGETS = np.array([0, 1, 2, 0, 1])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def weights_of(module: Dense) -> list[np.ndarray]:
    return [p.detach().numpy().astype(np.float64) for p in module.parameters()]


def by_hand(module: Dense, x: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hidden units, outputs and gradient of 1/2 |y_t - y|^2 of one picture (12,), by the chain
    rule written out."""
    w1, b1, w2, b2 = weights_of(module)
    h = sigmoid(w1 @ x + b1)
    y = sigmoid(w2 @ h + b2)
    wanted = np.eye(len(y))[target]
    at_output = (y - wanted) * y * (1 - y)
    at_hidden = (w2.T @ at_output) * h * (1 - h)
    return h, y, w1.T @ at_hidden


def test_a_whole_attack_equals_one_written_out_by_hand() -> None:
    network = dense()
    made = hand_map(network)
    x = pictures(5)
    *_, walk = attack(network, made, x, TARGETS, eps=0.03, steps=12)
    a, b = made.encoder.weights
    for k, target in enumerate(TARGETS):
        now = x[k].numpy().reshape(12).astype(np.float64)
        for step in range(13):
            h, y, gradient = by_hand(network.module, now, target)  # type: ignore[arg-type]
            z = a @ h + b
            assert np.allclose(walk.z[step, k], z, atol=1e-5)
            assert walk.predicted[step, k] == y.argmax()
            two, rich = made.estimators["2d"].weights, made.estimators["rich"].weights
            assert np.isclose(walk.expected["2d"][step, k], two[0] @ z + two[1], atol=1e-4)
            assert np.isclose(walk.expected["rich"][step, k], rich[0] @ h + rich[1], atol=1e-4)
            if step < 12:
                now = np.minimum(np.maximum(now - 0.03 * np.sign(gradient), 0), 1)
        assert np.allclose(walk.x[k].numpy().reshape(12), now, atol=1e-5)
    assert torch.equal(walk.clean, x)
    assert walk.done == 12
    assert not walk.stuck.any()


@pytest.mark.parametrize("logits", [False, True])
def test_the_gradient_is_that_of_finite_differences(logits: bool) -> None:
    module = Dense(logits).double()
    network = wrap(module, size=(3, 4), channels=1)
    x = pictures(2, seed=4).double()
    wanted = torch.eye(3, dtype=torch.float64)[[2, 0]]

    def error(pixels: Tensor) -> Tensor:
        y = module(pixels)
        y = torch.softmax(y, 1) if logits else y
        return 0.5 * ((y - wanted) ** 2).sum(1)

    recording = network.run(x, (), gradients=True, batched=True)
    found = target_gradient(recording, wanted.float(), not logits)
    with torch.no_grad():
        for place in range(12):
            step = torch.zeros(1, 1, 3, 4, dtype=torch.float64)
            step.view(-1)[place] = 1e-5
            slope = (error(x + step) - error(x - step)) / 2e-5
            assert torch.allclose(found.flatten(1)[:, place], slope, rtol=1e-3, atol=1e-6)


def test_pixels_stay_in_range_unless_they_may_leave_it() -> None:
    network = dense()
    made = hand_map(network)
    *_, held = attack(network, made, pictures(5), TARGETS, eps=0.2, steps=10)
    assert held.x.min() == 0
    assert held.x.max() == 1
    *_, free = attack(network, made, pictures(5), TARGETS, eps=0.2, steps=10, clip=False)
    assert free.x.min() < -0.2
    assert free.x.max() > 1.2
    moved = fgsm(torch.tensor([0.05, 0.5, 0.95]), torch.tensor([3.0, 0.0, -1e-9]), 0.1)
    assert torch.allclose(moved, torch.tensor([0.0, 0.5, 1.0]))
    assert max(path.max_abs for path in split_paths(held, {})) <= 1


def test_one_pass_a_step_and_one_for_the_end() -> None:
    network = dense()
    made = hand_map(network)
    is_bounded(network)  # found out once, by a pass of its own
    before = int(network.module.passes.count)  # type: ignore[union-attr, arg-type]
    walks = list(attack(network, made, pictures(5), TARGETS, steps=7, every=3))
    assert int(network.module.passes.count) - before == 8  # type: ignore[union-attr, arg-type]
    assert [walk.done for walk in walks] == [0, 3, 6, 7]


def test_what_was_shown_on_the_way_stays_as_it_was() -> None:
    network = dense()
    made = hand_map(network)
    seen, copies = [], []
    for walk in attack(network, made, pictures(5), TARGETS, eps=0.05, steps=9, every=2):
        seen.append(walk)
        copies.append((walk.z.copy(), walk.x.clone(), walk.stuck.copy()))
    for walk, (z, x, stuck) in zip(seen, copies, strict=True):
        assert np.array_equal(walk.z, z)
        assert torch.equal(walk.x, x)
        assert np.array_equal(walk.stuck, stuck)
        assert np.array_equal(walk.z, seen[-1].z[: walk.done + 1])


def test_attacks_in_one_batch_are_those_one_by_one() -> None:
    network = dense(logits=True)
    made = hand_map(network)
    x = pictures(5, seed=2)
    told: list[tuple[int, int]] = []
    whole = run_attacks(network, made, x, TARGETS, 0.02, 15)
    apart = run_attacks(
        network, made, x, TARGETS, 0.02, 15, chunk=2, report=lambda *at: told.append(at)
    )
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert np.allclose(whole.z, apart.z, atol=1e-5)
    assert np.array_equal(whole.predicted, apart.predicted)
    assert torch.allclose(whole.x, apart.x, atol=1e-6)
    assert np.array_equal(apart.targets, TARGETS)
    assert torch.equal(apart.clean, x)
    for kind in ("2d", "rich"):
        assert np.allclose(whole.expected[kind], apart.expected[kind], atol=1e-4)


def walk_of(
    predicted: list[list[int]], targets: list[int], two: list[list[float]]
) -> AttackTrajectories:
    """P attacks with a row a step."""
    said = np.array(predicted)
    x = torch.zeros(said.shape[1], 1, 1, 1)
    return AttackTrajectories(
        np.array(targets),
        np.zeros((*said.shape, 2), np.float32),
        {"2d": np.array(two)},
        said,
        np.zeros(said.shape[1], np.int64),
        x,
        x + 0.25,
    )


def test_outcomes_and_crossings_are_told_apart() -> None:
    walk = walk_of(
        #  reached, changed, resists, back again, reached but lost, over the line at once
        [[0, 0, 0, 0, 0, 0], [0, 2, 0, 1, 1, 1], [2, 2, 0, 0, 2, 1], [1, 2, 0, 0, 2, 1]],
        [1, 1, 1, 1, 1, 1],
        [
            [-5, -5, -5, -5, -5, 0],
            [-5, -1, -5, -5, -1, 0],
            [-1, 0, -5, -5, 0, 0],
            [-5, 0, -3, -5, 0, 0],
        ],
    )
    lines = {"2d": -2.0}
    told = split_paths(walk, lines)
    assert [path.outcome for path in told] == [
        "target reached",
        "label changed",
        "resisted",
        "resisted",
        "label changed",
        "target reached",
    ]
    assert [path.flipped for path in told] == [2, 1, -1, 1, 1, 1]
    assert [path.reached for path in told] == [3, -1, -1, 1, 1, 1]
    assert [path.crossed for path in told] == [2, 1, -1, -1, 1, 0]
    assert {path.crossed_rich for path in told} == {-1}  # there is no such estimate
    assert {path.crossed for path in split_paths(walk, {})} == {-1}  # nor a line
    assert all(path.max_abs == 0.25 and path.picture[0, 0, 0] == 64 for path in told)
    figures = summarize_attacks(walk, lines)
    assert figures["target reached"] == pytest.approx(2 / 6)
    assert figures["label changed"] == pytest.approx(4 / 6)
    assert figures["ever reached"] == pytest.approx(4 / 6)
    assert figures["crossed 2d"] == 1
    assert figures["crossed 2d, clean picture below"] == 1
    assert figures["above 2d at the end"] == 0.5
    assert figures["first hit, median step"] == 2


def test_the_first_step_is_found_as_a_loop_finds_it() -> None:
    true = np.random.default_rng(0).random((6, 40)) > 0.8
    for column, found in zip(true.T, first_true(true), strict=True):
        assert found == next((k for k, value in enumerate(column) if value), -1)


def test_shares_are_those_of_counting_one_by_one() -> None:
    network = dense(scale=2.0)
    made = hand_map(network)
    x = pictures(40, seed=7)
    targets = np.arange(40) % 3
    walk = run_attacks(network, made, x, targets, 0.04, 25)
    lines = false_alarm_lines(made)
    assert lines == {"2d": 0.1, "rich": 0.2}
    told = split_paths(walk, lines)
    won = [path for path in told if path.outcome == "target reached"]
    assert 0 < len(won) < 40  # else nothing is told apart here
    figures = summarize_attacks(walk, lines)
    assert figures["target reached"] == pytest.approx(len(won) / 40)
    assert figures["crossed 2d"] == pytest.approx(np.mean([path.crossed >= 0 for path in won]))
    rich = [any(value > 0.2 for value in path.expected["rich"]) for path in won]
    assert figures["crossed rich"] == pytest.approx(np.mean(rich))
    for k, path in enumerate(told):
        assert path.predicted[-1] == walk.predicted[-1, k]
        assert path.target == targets[k]
        moved = (walk.x[k] - x[k])[0].numpy()
        assert np.array_equal(path.perturbation[:, :, 0], moved)
        assert path.max_abs == np.abs(moved).max()
        assert np.array_equal(path.picture[:, :, 0], np.rint(walk.x[k, 0].numpy() * 255))


def test_where_the_gradient_is_nought_every_step_is_stuck() -> None:
    module = Dense()
    with torch.no_grad():
        module.first.bias.fill_(1e4)  # sigmoids that are exactly 1
    network = wrap(module, size=(3, 4), channels=1)
    x = pictures(2)
    walks = list(attack(network, hand_map(network), x, TARGETS[:2], steps=4, every=1))
    assert [walk.stuck.tolist() for walk in walks] == [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4]]
    assert torch.equal(walks[-1].x, x)
    assert {path.max_abs for path in split_paths(walks[-1], {})} == {0.0}


def test_one_pixel_without_a_gradient_is_not_stuck() -> None:
    module = Dense()
    with torch.no_grad():
        module.first.weight[:, 5] = 0
    network = wrap(module, size=(3, 4), channels=1)
    x = pictures(2)
    *_, walk = attack(network, hand_map(network), x, TARGETS[:2], steps=4)
    assert walk.stuck.tolist() == [0, 0]
    still = (walk.x == x).flatten(1)
    assert still.sum(1).tolist() == [1, 1]
    assert still[:, 5].all()


def test_a_map_without_estimators_still_gives_paths() -> None:
    network = dense()
    made = hand_map(network, estimators=False)
    *_, walk = attack(network, made, pictures(2), TARGETS[:2], steps=3)
    assert walk.expected == {}
    assert false_alarm_lines(made) == {}
    told = split_paths(walk, false_alarm_lines(made))
    assert all(path.crossed == path.crossed_rich == -1 and path.expected == {} for path in told)
    assert np.ptp(walk.z[:, 0], 0).max() > 0


def test_a_line_that_is_not_known_is_left_out() -> None:
    made = hand_map(dense())
    assert false_alarm_lines(replace(made, figures={"line 2d": None, "line rich": -1.0})) == {
        "rich": -1.0
    }


class Maps(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Conv2d(1, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.hidden(x)


class Cut(Dense):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).detach()


def asked(**other: Any) -> Callable[[], Any]:
    network = other.pop("network", None) or dense()
    given = {"x": pictures(2), "targets": TARGETS[:2], "steps": 3} | other
    made = given.pop("made", None) or hand_map(network)
    return lambda: list(attack(network, made, **given))


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (asked(targets=np.array([0, 3])), "classes 0 to 2"),
        (asked(targets=np.array([-1, 0])), "classes 0 to 2"),
        (asked(targets=np.array([0])), "has a target"),
        (asked(x=pictures(2)[0]), "has a target"),
        (asked(steps=0), "at least one"),
        (asked(eps=-0.1), "at least one"),
        (asked(eps=float("nan")), "at least one"),
        (asked(network=wrap(Maps(), size=(3, 4), channels=1)), "no classes"),
        (asked(network=wrap(Cut(), size=(3, 4), channels=1)), "No gradient"),
    ],
)
def test_what_cannot_be_attacked_is_refused_in_words(call: Callable[[], Any], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        call()


def test_the_map_of_another_checkpoint_is_refused() -> None:
    with pytest.raises(Mismatch):
        asked(made=hand_map(dense(seed=1)))()


def test_the_network_stays_frozen_and_the_callers_mode_is_kept() -> None:
    network = dense()
    made = hand_map(network)
    with torch.inference_mode():
        walks = list(attack(network, made, pictures(2), TARGETS[:2], eps=0.1, steps=3))
        assert torch.is_inference_mode_enabled()
    assert np.ptp(walks[-1].z[:, 0], 0).max() > 0
    assert all(p.grad is None and not p.requires_grad for p in network.module.parameters())
