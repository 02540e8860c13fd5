import math
from typing import Any

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.core.learning.plane_lessons import find_plane_lesson
from dnnvis.core.learning.plane_network import Mlp2dSpec
from dnnvis.sources.plane.sets import make_plane_set
from dnnvis.training.plane_run import open_plane_network
from dnnvis.training.plane_task import PlaneSetting, PlaneTrainer, change_setting
from dnnvis.zoo.beyond.mlp_2d import Mlp2d

GOAL = 0.02  # loss on the test points


def trainer(
    name: str, widths: tuple[int, ...], setting: PlaneSetting | None = None, seed: int = 0
) -> PlaneTrainer:
    module = Mlp2d(Mlp2dSpec(widths))
    module.reset(seed)
    data = make_plane_set(name, seed=seed)
    return PlaneTrainer(module, data, setting or PlaneSetting(), seed)


def learn(run: PlaneTrainer, most: int) -> float:
    """Return the loss on the test points after so many steps, or once it reaches the goal."""
    while run.step_count < most and run.measure()[1] > GOAL:
        for _ in range(50):
            run.take_step()
    return run.measure()[1]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("name", "widths"), [("circle", (6, 4)), ("xor", (6, 4)), ("gaussians", (2,))]
)
def test_the_simple_sets_are_learned_in_seconds(
    name: str, widths: tuple[int, ...], seed: int
) -> None:
    # 3,000 steps take less than two seconds of one core, ten are asked for
    assert learn(trainer(name, widths, seed=seed), 3000) <= GOAL


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_three_layers_of_eight_learn_the_spiral(seed: int) -> None:
    setting = PlaneSetting(rate=0.01, l2=0.0003)
    assert learn(trainer("spiral", (8, 8, 8), setting, seed), 8000) <= GOAL


def test_a_step_is_gradient_descent_on_the_playgrounds_loss() -> None:
    run = trainer("xor", (), PlaneSetting(0.1, "sgd", 10_000, l1=0.01, l2=0.1))
    weight = run.module.last.weight.detach().double().numpy()[0, :, 0, 0].copy()
    bias = float(run.module.last.bias.detach()[0])
    points, labels = (each.astype(np.float64) for each in run.data.part(test=False))

    def loss(w: np.ndarray, b: float) -> float:
        answers = np.tanh(points @ w + b)
        fit = 0.5 * np.mean((answers - labels) ** 2)
        return float(fit + 0.01 * np.abs(w).sum() + 0.1 / 2 * (w**2).sum())

    step = 1e-6
    slope = [
        (loss(weight + step * each, bias) - loss(weight - step * each, bias)) / (2 * step)
        for each in np.eye(2)
    ]
    bias_slope = (loss(weight, bias + step) - loss(weight, bias - step)) / (2 * step)
    run.take_step()
    found = run.module.last.weight.detach().numpy()[0, :, 0, 0]
    np.testing.assert_allclose(found, weight - 0.1 * np.array(slope), atol=1e-5)
    assert float(run.module.last.bias.detach()[0]) == pytest.approx(
        bias - 0.1 * bias_slope, abs=1e-5
    )


def test_the_first_step_of_adam_is_as_wide_as_its_rate() -> None:
    run = trainer("xor", (3,), PlaneSetting(rate=0.05, batch=10_000))
    before = run.weights()
    run.take_step()
    for name, value in run.weights().items():  # mean / root of square of one slope is its sign
        np.testing.assert_allclose(np.abs(value - before[name]), 0.05, rtol=1e-3)
    middle = run.weights()
    run.take_step()
    moved = np.abs(run.weights()["dense1.weight"] - middle["dense1.weight"])
    assert (moved < 0.0501).all()  # of two slopes it is no wider


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_optimizers_go_where_torchs_own_go(optimizer: str) -> None:
    setting = PlaneSetting(0.05, optimizer, 10_000)  # type: ignore[arg-type]
    run, twin = trainer("moons", (5, 3), setting), Mlp2d(Mlp2dSpec((5, 3)))
    build = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
    theirs = build(twin.parameters(), lr=0.05)
    points, labels = (torch.from_numpy(each) for each in run.data.part(test=False))
    for _ in range(10):
        run.take_step()
        theirs.zero_grad()
        answers = twin(points[:, :, None, None])[:, 0, 0, 0]
        (0.5 * (answers - labels).square().mean()).backward()
        theirs.step()
    for name, value in run.weights().items():
        expected = twin.state_dict()[name].numpy()
        np.testing.assert_allclose(value, expected, rtol=1e-3, atol=1e-5)


def test_the_loss_is_half_the_mean_square() -> None:
    run = trainer("circle", (3,))
    for test, found in zip((False, True), run.measure(), strict=True):
        points, labels = run.data.part(test)
        with torch.inference_mode():
            answers = run.module(torch.from_numpy(points)[:, :, None, None]).numpy().reshape(-1)
        assert found == pytest.approx(((answers - labels) ** 2).mean() / 2, abs=1e-6)


def test_every_point_is_learned_once_a_pass() -> None:
    run = trainer("circle", (2,), PlaneSetting(batch=30))
    count = len(run.data.part(test=False)[1])
    chosen = [run._choose_batch() for _ in range(count // 30)]
    assert sorted(torch.cat(chosen).tolist()) == list(range(count))


def test_the_same_seed_goes_the_same_way_also_after_a_reset() -> None:
    first, second = trainer("moons", (4,)), trainer("moons", (4,))
    second.take_step()
    second.reset(0)
    for _ in range(20):
        assert first.take_step() == second.take_step()
    second.reset(1)
    assert second.step_count == 0
    assert not np.array_equal(first.weights()["dense1.weight"], second.weights()["dense1.weight"])


def test_settings_change_on_the_way() -> None:
    run = trainer("circle", (4,))
    run.take_step()
    run.change(PlaneSetting(rate=0.5, optimizer="sgd"))
    before = run.weights()
    run.take_step()
    assert not np.array_equal(before["last.weight"], run.weights()["last.weight"])
    run.change(PlaneSetting(rate=1e-30, optimizer="sgd"))
    before = run.weights()
    run.take_step()
    np.testing.assert_array_equal(before["last.weight"], run.weights()["last.weight"])
    assert run.step_count == 3


def test_a_training_that_diverges_says_so_and_keeps_finite_weights() -> None:
    module = Mlp2d(Mlp2dSpec((8, 8, 8), "linear", ("x", "y", "xx", "yy")))
    run = PlaneTrainer(module, make_plane_set("circle"), PlaneSetting(1000, "sgd", l2=10))
    last = run.weights()
    for _ in range(200):
        run.take_step()
        if not run.check() or run.diverged:
            break
        last = run.weights()
    assert "has diverged" in run.diverged
    assert "1000" in run.diverged
    assert all(np.isfinite(value).all() for value in last.values())
    assert run.describe_warning(math.nan) == run.diverged
    run.reset(0)
    assert run.diverged == ""
    assert run.check()


def test_a_rate_that_leaves_it_stuck_is_said() -> None:
    run = trainer("circle", (4, 2), PlaneSetting(rate=100.0))
    for _ in range(400):
        run.take_step()
    assert "no lower than at the start" in run.describe_warning(run.measure()[0])
    well = trainer("circle", (4, 2))
    for _ in range(400):
        well.take_step()
    assert well.describe_warning(well.measure()[0]) == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rate": 0}, "learning rate is above 0"),
        ({"rate": math.nan}, "learning rate is above 0"),
        ({"rate": "fast"}, "learning rate is above 0"),
        ({"batch": 0}, "batch is from 1"),
        ({"batch": 2.5}, "whole number"),
        ({"l1": -1}, "L1 is from 0"),
        ({"optimizer": "magic"}, "adam or sgd"),
        ({"momentum": 1}, "no setting momentum"),
    ],
)
def test_settings_that_cannot_be_are_said(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        change_setting(PlaneSetting(), changes)


def learn_lesson(name: str, steps: int) -> PlaneTrainer:
    lesson = find_plane_lesson(name)
    module = open_plane_network(lesson.net, 0)
    run = PlaneTrainer(module, make_plane_set(lesson.data), PlaneSetting(**lesson.setting))
    for _ in range(steps):
        run.take_step()
    return run


def test_any_of_the_redundant_units_can_be_switched_off() -> None:
    run = learn_lesson("redundant", 800)
    assert run.measure()[1] <= GOAL
    points, labels = run.data.part(test=True)
    x = torch.from_numpy(points)[:, :, None, None]
    with torch.inference_mode():
        for unit in range(8):
            weight = run.module.last.weight[0, unit].clone()
            run.module.last.weight[0, unit] = 0
            answers = run.module(x).numpy().reshape(-1)
            run.module.last.weight[0, unit] = weight
            assert (np.sign(answers) == labels).mean() >= 0.97


def test_the_rate_that_destroys_leaves_nothing_learned() -> None:
    run = learn_lesson("failed", 350)
    assert "no lower than at the start" in run.describe_warning(run.measure()[0])


def test_many_features_bend_along_the_spiral_at_once() -> None:
    assert learn_lesson("spiral", 1000).measure()[1] <= GOAL
