"""The adversarial decoder stage: what learns, what from, and what stays as it is."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.errors import DnnvisError
from dnnvis.training.life_adversarial import (
    AdversarialSetting,
    AdversarialTask,
    _draw_real_boards,
    discriminator,
)
from dnnvis.training.life_task import LifeSetting, LifeTask, accuracies
from dnnvis.training.loop import TrainingProgress, train
from dnnvis.zoo.life import LifeNet

PLAN = LifeSetting(steps=3, game_steps=3, channels=4, size=8, batch=2, seed=3, goal=2.0)
STAGE = AdversarialSetting(quiet=3, steps=5, batch=3)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> LifeNet:
    """A network that has learned a little."""
    course = LifeTask(PLAN, keep_snapshots=False)
    train(course, tmp_path_factory.mktemp("base"), stop_after=5)
    assert isinstance(course.module, LifeNet)
    return course.module


def state_of(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def frozen(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if not name.startswith("decoder.")}


def shown_by(state: dict[str, Tensor], hidden: Tensor) -> Tensor:
    """The decoder of two convolutions, with functions alone."""
    first = F.conv2d(hidden, state["decoder.conv1.weight"], state["decoder.conv1.bias"], padding=1)
    first = torch.where(first > 0, first, 0.3 * first)
    return F.conv2d(first, state["decoder.conv2.weight"], state["decoder.conv2.bias"], padding=1)


@pytest.mark.parametrize("shared", [True, False])
def test_encoder_and_cell_stay_as_they_are_to_the_bit(tmp_path: Path, shared: bool) -> None:
    plan = replace(PLAN, shared=shared)
    net = LifeTask(plan).module
    before = state_of(net)
    course = AdversarialTask(net, plan, STAGE)  # type: ignore[arg-type]
    fresh = state_of(course.network)
    train(course, tmp_path)
    assert same(state_of(net), before)
    assert same(frozen(state_of(course.network)), frozen(before))
    moved = [
        name
        for name, value in state_of(course.network).items()
        if not torch.equal(value, fresh[name])
    ]
    assert sorted(moved) == sorted(name for name in fresh if name.startswith("decoder."))
    assert not any(
        p.requires_grad
        for n, p in course.network.named_parameters()
        if not n.startswith("decoder.")
    )


def test_the_decoder_is_a_new_and_deeper_one(base: LifeNet) -> None:
    course = AdversarialTask(base, PLAN, STAGE)
    shapes = {k: tuple(v.shape) for k, v in state_of(course.network.decoder).items()}
    assert shapes == {
        "conv1.weight": (4, 4, 3, 3),
        "conv1.bias": (4,),
        "conv2.weight": (1, 4, 3, 3),
        "conv2.bias": (1,),
    }


def test_a_quiet_step_is_prediction_and_autoencoder_loss_summed(base: LifeNet) -> None:
    for autoencoder in (True, False):
        course = AdversarialTask(base, replace(PLAN, autoencoder=autoencoder), STAGE)
        state, judge = state_of(course.network), state_of(course.judge)
        states = course._base.batch(0)[: STAGE.batch]
        hidden = base.states(states[:, :1])
        loss = ((shown_by(state, hidden[-1]) - states[:, -1:]) ** 2).mean()
        if autoencoder:
            loss = loss + ((shown_by(state, hidden[0]) - states[:, :1]) ** 2).mean()
        assert course.train_step(0) == pytest.approx(loss.item(), rel=1e-5)
        assert same(state_of(course.judge), judge)  # it rests as long as nobody listens to it


@pytest.mark.parametrize("step", [STAGE.quiet, STAGE.quiet + 3])
def test_the_generators_loss_is_added_with_a_weight_that_rises(base: LifeNet, step: int) -> None:
    """- log of the probability with which each state in between passes for a real one."""
    stage = replace(STAGE, weight=0.5)
    course = AdversarialTask(base, PLAN, stage)
    control = AdversarialTask(base, PLAN, replace(stage, adversarial=False))
    state = state_of(course.network)
    hidden = base.states(course._base.batch(step)[: stage.batch, :1])
    shown = torch.cat([shown_by(state, hidden[1]), shown_by(state, hidden[2])])
    torch.manual_seed(PLAN.seed * 1_000_003 + step)  # its dropout
    with torch.no_grad():
        passes = torch.sigmoid(course.judge(shown).double())
    share = {STAGE.quiet: 1 / 5, STAGE.quiet + 3: 4 / 5}[step]
    added = 0.5 * share * -passes.log().mean().item()
    assert course.train_step(step) - control.train_step(step) == pytest.approx(added, rel=1e-3)


def test_the_discriminators_step_tells_real_from_imagined(base: LifeNet) -> None:
    """Its parameters move as Adam moves them by - log(real) - log(1 - imagined)."""
    course = AdversarialTask(base, PLAN, STAGE)
    step, state = STAGE.quiet, state_of(course.network)
    states, others = course._base.batch(step)[:3], course._base.batch(step)[3:]
    hidden = base.states(states[:, :1])
    shown = torch.cat([shown_by(state, hidden[1]), shown_by(state, hidden[2])]).detach()
    judge = discriminator(8)
    judge.load_state_dict(course.judge.state_dict())
    torch.manual_seed(PLAN.seed * 1_000_003 + step)
    judge(shown)  # the generator's turn draws from the same dice first
    real, fake = judge(_draw_real_boards(others, 6, step, PLAN.seed)), judge(shown)
    loss = F.softplus(-real).mean() + F.softplus(fake).mean()
    grads = torch.autograd.grad(loss, list(judge.parameters()))
    norm = math.sqrt(sum(float((g**2).sum()) for g in grads))
    course.train_step(step)
    for before, grad, after in zip(
        judge.parameters(), grads, course.judge.parameters(), strict=True
    ):
        cut = grad * min(1.0, 1.0 / norm)
        clear = cut.abs() > 1e-4
        moved = before - 1e-3 * cut / (cut.abs() + 1e-8)
        assert torch.allclose(moved[clear], after[clear], atol=2e-6)


def test_only_the_decoder_learns_from_the_generators_loss(base: LifeNet) -> None:
    """The discriminator gets no gradient that would make it believe more."""
    course = AdversarialTask(base, PLAN, replace(STAGE, judge=0.0))
    judge = state_of(course.judge)
    course.train_step(STAGE.quiet)
    assert same(state_of(course.judge), judge)


def test_real_boards_come_from_other_sequences_and_are_no_first_states(
    base: LifeNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Tensor] = []

    def judged(self: AdversarialTask, real: Tensor, shown: Tensor) -> None:
        seen.append(real)

    monkeypatch.setattr(AdversarialTask, "_train_discriminator", judged)
    plan = replace(PLAN, size=16, start="half")
    course = AdversarialTask(base, plan, replace(STAGE, batch=8, quiet=0, steps=20))
    for step in range(20):
        course.train_step(step)
        own, others = torch.split(course._base.batch(step), 8)
        later = {board.numpy().tobytes() for board in others[:, 1:].reshape(-1, 16, 16)}
        paired = {board.numpy().tobytes() for board in own.reshape(-1, 16, 16)}
        real = [board[0].numpy().tobytes() for board in seen[-1]]
        assert len(real) == 16
        assert set(real) <= later
        assert not set(real) & paired
        assert len(set(real)) > 8


def test_the_control_differs_in_nothing_but_the_generators_loss(base: LifeNet) -> None:
    """Without weight the stage's decoder is the control's, bit for bit; with it, it is not."""
    decoders = []
    for stage in (
        replace(STAGE, adversarial=False),
        replace(STAGE, weight=0.0),
        replace(STAGE, weight=0.5),
    ):
        course = AdversarialTask(base, PLAN, stage)
        for step in range(course.steps):
            course.train_step(step)
        decoders.append(state_of(course.network.decoder))
    control, weightless, stage_itself = decoders
    assert same(control, weightless)
    assert not same(control, stage_itself)


def test_quiet_steps_are_the_same_with_and_without_the_discriminator(base: LifeNet) -> None:
    both = [AdversarialTask(base, PLAN, replace(STAGE, adversarial=a)) for a in (True, False)]
    for step in range(STAGE.quiet):
        assert both[0].train_step(step) == both[1].train_step(step)
    assert same(state_of(both[0].network), state_of(both[1].network))


def test_states_between_are_judged_without_their_truth(base: LifeNet) -> None:
    """No true state in between enters the decoder's step."""
    course, scrambled = (AdversarialTask(base, PLAN, STAGE) for _ in range(2))
    own = scrambled._base.batch

    def batch(step: int) -> Tensor:
        states = own(step).clone()
        states[: STAGE.batch, 1:-1] = torch.nan
        return states

    scrambled._base.batch = batch  # type: ignore[method-assign]
    for step in range(course.steps):
        assert course.train_step(step) == scrambled.train_step(step)
    assert same(state_of(course.network), state_of(scrambled.network))


class Killed(Exception):
    """The power failed."""


def killed_at(step: int) -> Callable[[TrainingProgress, int, float], None]:
    def report(progress: TrainingProgress, steps: int, loss: float) -> None:
        if progress.step == step:
            raise Killed

    return report


@pytest.mark.parametrize("step", [2, 3, 6])
def test_killed_and_taken_up_again_it_ends_with_the_same_bits(
    base: LifeNet, tmp_path: Path, step: int
) -> None:
    whole = AdversarialTask(base, PLAN, STAGE)
    train(whole, tmp_path / "whole")
    with pytest.raises(Killed):
        train(
            AdversarialTask(base, PLAN, STAGE),
            tmp_path / "killed",
            report=killed_at(step),
            save_every=-1,
        )
    torch.manual_seed(99)
    again = AdversarialTask(base, PLAN, STAGE)
    assert train(again, tmp_path / "killed").step == STAGE.quiet + STAGE.steps
    assert same(state_of(again.module), state_of(whole.module))
    assert same(state_of(again.network), state_of(whole.network))


def test_scores_are_those_of_the_new_network(base: LifeNet) -> None:
    course = AdversarialTask(base, PLAN, STAGE)
    final, start, *between = course.score(0)
    assert [start, *between, final] == accuracies(course.network, course.truth)
    assert len(course.curve_columns) == 4 + 3
    uneven = replace(PLAN, game_steps=2)
    assert len(AdversarialTask(base, uneven, STAGE).score(0)) == 2


@pytest.mark.parametrize(("size", "side"), [(16, 2), (20, 3), (8, 1)])
def test_the_discriminator_has_the_published_shape(size: int, side: int) -> None:
    judge = discriminator(size)
    convs = [part for part in judge if isinstance(part, torch.nn.Conv2d)]
    assert [(c.in_channels, c.out_channels, c.stride) for c in convs] == [
        (1, 4, (2, 2)),
        (4, 8, (2, 2)),
        (8, 16, (2, 2)),
    ]
    assert judge(torch.zeros(5, 1, size, size)).shape == (5, 1)
    assert judge[-1].in_features == 16 * side * side
    assert [part.p for part in judge if isinstance(part, torch.nn.Dropout)] == [0.3] * 3


def test_a_network_of_one_step_has_nothing_in_between() -> None:
    plan = replace(PLAN, steps=1, game_steps=1)
    with pytest.raises(DnnvisError, match="no states in between"):
        AdversarialTask(LifeTask(plan).module, plan, STAGE)  # type: ignore[arg-type]


def test_the_dice_of_a_step_are_its_own() -> None:
    states = torch.from_numpy(np.random.default_rng(0).random((5, 4, 2, 2), np.float32))
    first = _draw_real_boards(states, 50, 7, 3)
    assert torch.equal(first, _draw_real_boards(states, 50, 7, 3))
    assert not torch.equal(first, _draw_real_boards(states, 50, 8, 3))
    assert not torch.equal(first, _draw_real_boards(states, 50, 7, 4))
