"""How a network learns to tell a later state of the Game of Life."""

import itertools
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.sources.life.starts import draw_boards
from dnnvis.training.life_task import (
    VALIDATION_INTERVAL_STEPS,
    LifeTask,
    accuracies,
    accuracy_of,
    make_boards,
)
from dnnvis.training.loop import TrainingProgress, train
from dnnvis.zoo.life import LifeNet, LifeSpec
from helpers.life_tasks import SMALL, same, weights


def one_look_on(board: np.ndarray, periodic: bool = False) -> np.ndarray:
    """The rule once more, cell by cell."""
    high, wide = board.shape
    after = np.zeros_like(board)
    for y in range(high):
        for x in range(wide):
            around = 0
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    inside = 0 <= y + dy < high and 0 <= x + dx < wide
                    if (dy, dx) != (0, 0) and (inside or periodic):
                        around += board[(y + dy) % high, (x + dx) % wide]
            after[y, x] = around == 3 or (around == 2 and board[y, x] == 1)
    return after


def plain(state: dict[str, Tensor], first: Tensor, steps: int, residual: bool) -> list[Tensor]:
    """What the decoder makes of every state, with functions and weights alone."""

    def conv(x: Tensor, name: str) -> Tensor:
        kernel = state[f"{name}.weight"]
        return F.conv2d(x, kernel, state[f"{name}.bias"], padding=kernel.shape[-1] // 2)

    def leaky(x: Tensor) -> Tensor:
        return torch.where(x > 0, x, 0.3 * x)

    hidden = leaky(conv(first, "encoder.conv1"))
    shown = [conv(hidden, "decoder.conv1")]
    for k in range(steps):
        stem = "cell" if "cell.conv1.weight" in state else f"cells.{k}"
        change = hidden
        for number in (1, 2, 3):
            change = leaky(conv(change, f"{stem}.conv{number}"))
        hidden = hidden + change if residual else change
        shown.append(conv(hidden, "decoder.conv1"))
    return shown


@pytest.mark.parametrize("border", ["dead", "periodic"])
def test_the_boards_of_a_step_follow_the_rule(border: str) -> None:
    states = LifeTask(replace(SMALL, game_steps=3, steps=3, border=border)).batch(7)
    assert states.shape == (2, 4, 8, 8)
    assert states.dtype == torch.float32
    for sequence in states.numpy():
        for before, after in itertools.pairwise(sequence):
            assert np.array_equal(one_look_on(before, border == "periodic"), after)


def test_the_boards_of_a_step_depend_on_its_number_and_the_seed_alone() -> None:
    course, other = LifeTask(SMALL), LifeTask(SMALL)
    other.batch(80), other.batch(2)
    torch.manual_seed(5)
    for step in (
        0,
        VALIDATION_INTERVAL_STEPS - 1,
        VALIDATION_INTERVAL_STEPS,
        3 * VALIDATION_INTERVAL_STEPS + 4,
    ):
        assert torch.equal(course.batch(step), other.batch(step))
    assert not torch.equal(course.batch(3), course.batch(4))
    assert not torch.equal(LifeTask(replace(SMALL, seed=4)).batch(3), course.batch(3))


def test_training_boards_are_other_ones_than_those_it_is_judged_by() -> None:
    course = LifeTask(replace(SMALL, batch=16, size=16))
    seen = {course.batch(step)[k, 0].numpy().tobytes() for step in range(40) for k in range(16)}
    judged = {board.numpy().tobytes() for board in course.truth[:, 0] if board.sum() > 20}
    assert len(judged) > 40
    assert not seen & judged


def test_boards_begin_as_the_setting_says() -> None:
    plan = replace(SMALL, start="half")
    made = make_boards(plan, 5, np.random.default_rng(1))[:, 0].numpy()
    assert np.array_equal(made, draw_boards("half", 5, (8, 8), np.random.default_rng(1)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"autoencoder": False},
        {"shared": False},
        {"residual": False},
        {"steps": 3, "cell": "faithful"},
    ],
    ids=str,
)
def test_a_step_is_the_papers_loss_and_adams_step(changes: dict[str, Any]) -> None:
    """Mean squares of the final state and, averaged in, of the first; by hand."""
    course = LifeTask(replace(SMALL, **changes))
    plan = course.config
    before = {k: v.clone().contiguous().requires_grad_() for k, v in weights(course).items()}
    states = course.batch(0)
    shown = plain(before, states[:, :1], plan.steps, plan.residual)
    loss = ((shown[-1] - states[:, -1:]) ** 2).mean()
    if plan.autoencoder:
        loss = 0.5 * loss + 0.5 * ((shown[0] - states[:, :1]) ** 2).mean()
    grads = dict(zip(before, torch.autograd.grad(loss, list(before.values())), strict=True))
    norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in grads.values()))
    told = course.train_step(0)
    assert told == pytest.approx(loss.item(), rel=1e-5)
    rate = {"lean": 1e-2, "faithful": 5e-3}[plan.cell] / 100  # the first of 100 warming steps
    for name, after in weights(course).items():
        grad = grads[name] * min(1.0, 1.0 / norm)
        # in Adam's first step both means are the gradient's own: g / (|g| + 1e-8)
        moved = rate * grad / (grad.abs() + 1e-8)
        clear = grad.abs() > 1e-5
        assert torch.allclose((before[name] - moved)[clear], after[clear], atol=2e-6), name


def test_states_in_between_never_enter_the_loss() -> None:
    """The same step with anything in their place moves every weight the same."""
    course, scrambled = (LifeTask(replace(SMALL, steps=4, game_steps=4)) for _ in range(2))
    own = scrambled.batch

    def batch(step: int) -> Tensor:
        states = own(step).clone()
        states[:, 1:-1] = torch.nan
        return states

    scrambled.batch = batch  # type: ignore[method-assign]
    assert course.train_step(0) == scrambled.train_step(0)
    assert same(weights(course), weights(scrambled))


def test_the_first_and_the_final_state_do_enter_the_loss() -> None:
    for place in (0, -1):
        course, changed = LifeTask(SMALL), LifeTask(SMALL)
        states = changed.batch(0).clone()
        states[:, place] = 1 - states[:, place]
        changed.batch = lambda step, states=states: states  # type: ignore[method-assign]
        course.train_step(0), changed.train_step(0)
        assert not same(weights(course), weights(changed))


def test_a_large_gradient_is_cut_to_the_norm_of_one() -> None:
    course = LifeTask(SMALL)
    with torch.no_grad():
        course.module.get_parameter("decoder.conv1.weight").mul_(1000)
    course.train_step(0)
    norm = math.sqrt(sum(float((p.grad**2).sum()) for p in course.module.parameters()))
    assert norm == pytest.approx(1.0, rel=1e-4)


def test_the_rate_rises_stays_and_falls_as_half_a_cosine() -> None:
    course = LifeTask(replace(SMALL, warm=100, cool=400))
    rate = course.optimizers[0].param_groups[0]

    def at(step: int) -> float:
        course.train_step(step)
        return float(rate["lr"])

    assert [at(0), at(49), at(99), at(5000)] == pytest.approx([1e-4, 5e-3, 1e-2, 1e-2])
    course.reached = 600
    places = [600, 700, 800, 900, 999]
    expected = [1e-2 * math.cos(math.pi * (step - 600) / 800) ** 2 for step in places]
    assert [at(step) for step in places] == pytest.approx(expected)
    assert at(1000) == pytest.approx(0.0, abs=1e-12)


def test_the_rate_is_the_cells_own_unless_it_is_said() -> None:
    rates = [LifeTask(replace(SMALL, cell=c)).rate for c in ("lean", "faithful")]
    assert rates == [1e-2, 5e-3]
    assert LifeTask(replace(SMALL, rate=0.02)).rate == 0.02


def told(course: LifeTask, *rows: tuple[int, float], cpu: float = 0.0) -> LifeTask:
    curve = [[step, 0.1, right, 1.0, 1.0, 0.5] for step, right in rows]
    course.on_progress(TrainingProgress(step=rows[-1][0], curve=curve, cpu=cpu))
    return course


def test_the_run_ends_a_while_after_the_first_look_at_the_goal() -> None:
    plan = replace(SMALL, goal=0.99, cool=400, most=5000)
    assert told(LifeTask(plan), (25, 0.5)).steps == 5000
    course = told(LifeTask(plan), (25, 0.5), (50, 0.99), (75, 0.2))
    assert (course.reached, course.steps) == (50, 450)
    assert told(LifeTask(replace(plan, most=300)), (50, 0.99)).steps == 300


def test_the_cap_ends_it_at_the_next_look() -> None:
    plan = replace(SMALL, cap=10.0)
    assert told(LifeTask(plan), (75, 0.5), cpu=9.9).steps == plan.most
    assert told(LifeTask(plan), (75, 0.5), cpu=10.0).steps == 75
    assert told(LifeTask(SMALL), (75, 0.5), cpu=1e9).steps == SMALL.most


def test_a_look_where_a_run_was_kept_does_not_count_as_reaching_the_goal() -> None:
    """It would lie elsewhere than the looks of the run that was not kept."""
    course = told(LifeTask(replace(SMALL, goal=0.99)), (25, 0.5), (31, 0.995))
    assert course.reached is None


def test_the_cap_counts_learning_alone(tmp_path: Path) -> None:
    course = LifeTask(replace(SMALL, cap=1e-6))
    progress = train(course, tmp_path, score_every=VALIDATION_INTERVAL_STEPS)
    assert progress.step == VALIDATION_INTERVAL_STEPS
    assert 0 < progress.cpu < 60


def test_accuracies_are_shares_of_equal_cells() -> None:
    torch.manual_seed(0)
    net = LifeNet(LifeSpec(steps=3, channels=4))
    truth = LifeTask(replace(SMALL, steps=3, game_steps=3)).truth[:20]
    shown = net.imagine(truth[:, :1]).detach().numpy()
    alive = np.where(shown >= 0.5, 1, 0)
    expected = [float(np.mean(alive[:, k] == truth[:, k].numpy())) for k in range(4)]
    assert accuracies(net, truth) == pytest.approx(expected)
    assert accuracy_of(net, truth) == pytest.approx(expected[-1])


@pytest.mark.parametrize(("steps", "game"), [(2, 2), (3, 2), (2, 3)])
def test_a_row_of_the_curve_has_its_columns(tmp_path: Path, steps: int, game: int) -> None:
    course = LifeTask(replace(SMALL, steps=steps, game_steps=game, most=3))
    row = train(course, tmp_path, score_every=VALIDATION_INTERVAL_STEPS).curve[-1]
    assert len(row) == len(course.curve_columns)
    right = accuracy_of(course.module, course.truth)  # type: ignore[arg-type]
    columns = dict(zip(course.curve_columns, row, strict=True))
    assert columns["accuracy"] == pytest.approx(right)
    assert ("state 1" in columns) == (steps == game)
