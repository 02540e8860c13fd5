"""The training of automata: its pool, its damage, a kill, what was measured and written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.network.card import read_card
from dnnvis.training.loop import TrainingProgress, train
from dnnvis.training.nca_export import export_nca, pack_target, unpack_target
from dnnvis.training.nca_measure import HALVES, erase_half, measure_growth
from dnnvis.training.nca_task import (
    FIRST_STEPS,
    GROWTH_STEPS,
    LAST_STEPS,
    NcaSetting,
    NcaTask,
    draw_damage,
    grow,
    pad_target,
)
from dnnvis.zoo.beyond.nca import plant_seed
from dnnvis.zoo.catalog import open_network
from helpers.automata import SMALL, disk, moving, small_task


class Killed(Exception):
    """The power failed."""


def weights(task: NcaTask) -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in task.module.state_dict().items()}


def test_killed_and_gone_on_with_it_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole = small_task()
    progress = train(whole, tmp_path / "whole", score_every=50)
    expected = weights(whole)

    def kill(progress: TrainingProgress, steps: int, loss: float) -> None:
        if progress.step == 5:
            raise Killed

    with pytest.raises(Killed):
        train(small_task(), tmp_path / "killed", save_every=0, report=kill)
    again = small_task()
    resumed = train(again, tmp_path / "killed", score_every=50)
    assert weights(again).keys() == expected.keys()
    assert all(torch.equal(value, expected[key]) for key, value in weights(again).items())
    assert [row[:3] for row in resumed.curve] == [row[:3] for row in progress.curve]
    assert expected["pool"].shape == (5, 12, 12, 6)  # it is part of what is kept
    with pytest.raises(Mismatch, match="other settings"):
        train(small_task(seed=1), tmp_path / "killed")


def test_it_learns_to_grow_a_disk() -> None:
    sizes = {"hidden": 32, "channels": 8, "batch": 6, "seeds": 2, "pool": 32}
    task = small_task(disk(6), steps=1000, padding=1, **sizes)
    start = task.error(plant_seed(task.config.spec, task.size))
    losses = [task.train_step(k) for k in range(60)]
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])
    assert task.score(0)[0] < 0.5 * start
    assert np.isfinite(task.score(0)[1])


def test_the_worst_of_a_batch_is_a_seed_and_the_best_is_damaged() -> None:
    task = small_task(batch=3, damage=1)
    seed, target = task.seed_state[0], torch.zeros_like(task.seed_state[0])
    target[..., :4] = task.target
    target[..., 4:] = 0.5
    bad = torch.ones_like(target)
    task.pool[:3] = torch.stack([target, bad, target * 0.8])
    state, slots = task._draw_batch(torch.tensor([0, 1, 2]), np.random.default_rng(0))
    assert slots.tolist() == [1, 2, 0]
    assert torch.equal(state[0], seed)
    assert torch.equal(state[1], target * 0.8)
    kept = state[2] == target
    assert not kept.all()
    assert torch.equal(state[2][~kept], torch.zeros(int((~kept).sum())))


def test_damage_is_a_disk_or_about_one_half() -> None:
    rng = np.random.default_rng(0)
    shares = [1 - draw_damage((40, 40), rng).mean() for _ in range(200)]
    halves = [share for share in shares if 0.4 < share < 0.6]
    assert 70 < len(halves) < 130
    assert min(shares) > 0
    assert max(shares) < 0.62


def test_a_step_lasts_longer_as_the_run_goes_on() -> None:
    task = small_task(steps=1000)
    rngs = [np.random.default_rng(seed) for seed in range(300)]
    first, last = ({task._draw_step_count(step, rng) for rng in rngs} for step in (0, 900))
    assert (min(first), max(first)) == FIRST_STEPS
    assert (min(last), max(last)) == LAST_STEPS


def test_a_seed_that_fades_pays_for_it_and_one_that_lives_does_not() -> None:
    task = small_task()
    state = task.seed_state.clone()
    assert task._lack_of_life(state) == 0
    y, x = task.size[0] // 2, task.size[1] // 2
    state[0, y, x, 3] = 0.2
    state.requires_grad_()
    lack = task._lack_of_life(state)
    assert float(lack.detach()) == pytest.approx(0.3)
    (gradient,) = torch.autograd.grad(lack, state)
    assert gradient.nonzero().tolist() == [[0, y, x, 3]]
    assert gradient[0, y, x, 3] == -1


def test_the_rate_falls_in_the_second_half() -> None:
    task = small_task(steps=1000)
    rates = [task._rate_factor(k) for k in (0, 500, 750, 1000)]
    assert rates[0] == rates[1] == 1
    assert rates[2] == pytest.approx(0.51)
    assert rates[3] == pytest.approx(0.02)


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong in (
        {"damage": 3},
        {"seeds": 0},
        {"seeds": 3},
        {"batch": 0},
        {"pool": 2},
        {"seed": -1},
        {"steps": 0},
        {"channels": 3},
    ):
        with pytest.raises(BadInput):
            small_task(**wrong)
    setting = NcaSetting("disk", disk().digest)
    with pytest.raises(BadInput, match="another target"):
        NcaTask(replace(setting, target_digest="0"), disk())


def test_halves_are_erased_and_the_rest_stays() -> None:
    state = torch.ones(1, 4, 6, 8)
    lost = {half: (erase_half(state, half) == 0)[0, 0] for half in HALVES}
    assert torch.equal(lost["left"], ~lost["right"])
    assert torch.equal(lost["top"], ~lost["bottom"])
    assert lost["left"][:, :4].all()
    assert lost["top"][:3].all()
    assert all(int(part.sum()) == 24 for part in lost.values())
    assert state.min() == 1


def test_what_is_measured_is_the_error_of_each_state() -> None:
    net, target = moving(strength=0.01), pad_target(disk(), 2)
    figures = measure_growth(net, target, seed=3)
    assert net.cell.spec == SMALL  # its own firing is put back
    assert figures["empty"] == pytest.approx(float(target.square().mean()))
    own = measure_growth(net, target, seed=SMALL.seed)
    grown = grow(net, plant_seed(SMALL, (12, 12)))
    error = float((grown[0, :4].permute(1, 2, 0) - target).square().mean())
    assert own["grown"] == pytest.approx(error)
    left = grow(net, erase_half(grown, "left"), first_step=GROWTH_STEPS)
    error = float((left[0, :4].permute(1, 2, 0) - target).square().mean())
    assert own["healed"]["left"] == pytest.approx(error)
    assert own["grown"] != figures["grown"]  # other cells fired
    assert set(own["damaged"]) == set(HALVES)


def test_a_finished_run_is_written_with_its_target_and_figures(tmp_path: Path) -> None:
    target = disk()
    task = small_task(target)
    progress = train(task, tmp_path / "work", score_every=4)
    card = export_nca(task, progress, target, tmp_path)
    assert card == read_card(tmp_path / "nca-disk.json").with_origin("file")
    unpacked = unpack_target(card)
    assert unpacked is not None
    torch.testing.assert_close(unpacked, task.target, atol=0.5 / 255, rtol=0)
    assert card.about["measured"]["grown"] >= 0
    assert len(card.about["curve"][0]) == len(card.about["curve_columns"])
    net = open_network(str(tmp_path / "nca-disk.safetensors"))
    assert net.card.size == (12, 12)
    assert not [note for note in net.notes if "sha256" in note]
    assert net.snapshots is not None
    assert net.snapshots.steps == (0, 8)  # step 4 is no step at which all runs look


def test_a_target_in_a_card_that_is_damaged_is_none(tmp_path: Path) -> None:
    target = pad_target(disk(), 2)
    task = small_task()
    progress = train(task, tmp_path / "work")
    card = export_nca(task, progress, disk(), tmp_path)
    for text in ("", "no base64!", pack_target(target)[:-8], pack_target(target[:5]), 7):
        assert unpack_target(replace(card, about={**card.about, "target": text})) is None
    assert unpack_target(replace(card, size=(99, 99))) is None
