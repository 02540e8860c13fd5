"""The small networks' gradient descent: its schedule, and that stops and kills lose nothing."""

import itertools
import math
import threading
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.introspect import fit_loop
from dnnvis.introspect.fit_loop import Schedule, TrainingLog, learn
from dnnvis.introspect.mlp import build_mlp

ROWS = 90
PLAN = Schedule(65, 1e-3, 0.3, batch=20)  # five passes of four batches, and a bit


def data() -> tuple[Tensor, Tensor]:
    x = torch.randn(ROWS, 3, generator=torch.Generator().manual_seed(9))
    return x, torch.sin(x.sum(1, keepdim=True))


def fresh() -> nn.Sequential:
    return build_mlp(3, 1, torch.Generator().manual_seed(1))


def run(
    module: nn.Module,
    place: Path | None = None,
    seed: int = 0,
    stop: threading.Event | None = None,
    stop_at: int = -1,
    seen: list[list[int]] | None = None,
) -> TrainingLog:
    x, y = data()

    def loss(rows: Tensor, step: int) -> Tensor:
        if seen is not None:
            seen.append(rows.tolist())
        if stop is not None and step == stop_at:
            stop.set()
        return (module(x[rows]) - y[rows]).square().mean()

    return learn(module, loss, ROWS, PLAN, seed, place, stop=stop)


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


def test_the_rate_rises_and_falls_in_a_line() -> None:
    plan = Schedule(1000, 2e-3, 0.2)
    rates = [plan.rate(step) for step in range(1000)]
    assert rates[199] == pytest.approx(2e-3, rel=0.01)
    assert max(rates) <= 2e-3
    assert rates.index(max(rates)) in (199, 200)
    rise = {round(b - a, 9) for a, b in itertools.pairwise(rates[:199])}
    fall = {round(a - b, 9) for a, b in itertools.pairwise(rates[201:])}
    assert rise == {round(2e-3 / 200, 9)}
    assert fall == {round(2e-3 / 800, 9)}
    assert 0 < rates[0] < 1e-5 + 1e-9
    assert 0 < rates[-1] < 2e-6


def test_every_pass_takes_each_row_at_most_once_and_another_order() -> None:
    seen: list[list[int]] = []
    run(fresh(), seen=seen)
    assert len(seen) == 65
    passes = [list(itertools.chain.from_iterable(seen[k : k + 4])) for k in range(0, 64, 4)]
    assert all(len(rows) == 80 == len(set(rows)) for rows in passes)
    assert passes[0] != passes[1]
    other: list[list[int]] = []
    run(fresh(), seed=1, seen=other)
    assert other != seen


def test_it_learns_and_keeps_every_tenth_loss() -> None:
    learned = run(fresh())
    assert len(learned.losses) == 7  # 10, 20 ... 60, and the last
    assert learned.losses[-1] < 0.5 * learned.losses[0]
    assert learned.cpu > 0


@pytest.mark.parametrize("stop_at", [0, 27, 40])
def test_a_stopped_fit_goes_on_to_the_very_same_weights(tmp_path: Path, stop_at: int) -> None:
    whole, place = fresh(), tmp_path / "part.pt"
    wanted = run(whole)
    stop, part = threading.Event(), fresh()
    with pytest.raises(Cancelled, match="the same command goes on"):
        run(part, place, stop=stop, stop_at=stop_at)
    assert not same(part, whole)
    again, seen = fresh(), list[list[int]]()
    learned = run(again, place, seen=seen)
    assert same(again, whole)
    assert learned.losses == wanted.losses
    assert len(seen) == 65 - (stop_at // 10 + 1) * 10  # nothing was made twice


def test_a_kill_goes_back_to_the_last_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_loop, "SAVE_INTERVAL_SECONDS", 0.0)  # after every ten steps
    whole, place, killed = fresh(), tmp_path / "part.pt", fresh()
    run(whole)
    x, y = data()

    def dies(rows: Tensor, step: int) -> Tensor:
        if step == 37:
            raise KeyboardInterrupt
        return (killed(x[rows]) - y[rows]).square().mean()

    with pytest.raises(KeyboardInterrupt):
        learn(killed, dies, ROWS, PLAN, 0, place)
    again, seen = fresh(), list[list[int]]()
    run(again, place, seen=seen)
    assert len(seen) == 35
    assert same(again, whole)


def test_a_finished_fit_is_not_made_again(tmp_path: Path) -> None:
    first, second, place = fresh(), fresh(), tmp_path / "part.pt"
    run(first, place)
    seen = list[list[int]]()
    learned = run(second, place, seen=seen)
    assert seen == []
    assert same(first, second)
    assert len(learned.losses) == 7


@pytest.mark.parametrize("harm", ["gone", "cut", "garbage", "other", "half"])
def test_a_broken_save_begins_anew(tmp_path: Path, harm: str) -> None:
    whole, place = fresh(), tmp_path / "part.pt"
    run(whole)
    run(fresh(), place)
    if harm == "gone":
        place.unlink()
    elif harm == "cut":
        place.write_bytes(place.read_bytes()[:5000])
    elif harm == "garbage":
        place.write_bytes(b"no archive")
    elif harm == "other":
        torch.save({"weights": build_mlp(5, 1, torch.Generator()).state_dict()}, place)
    else:  # weights that fit, but an optimizer that does not
        state = torch.load(place, weights_only=True)
        state["optimizer"]["param_groups"] = []
        torch.save(state, place)
    again, seen = fresh(), list[list[int]]()
    run(again, place, seen=seen)
    assert len(seen) == 65
    assert same(again, whole)


def test_a_loss_that_is_no_number_is_said() -> None:
    module = fresh()

    def loss(rows: Tensor, step: int) -> Tensor:
        return module(torch.zeros(1, 3)).sum() * (math.nan if step > 4 else 1.0)

    with pytest.raises(BadInput, match="went astray"):
        learn(module, loss, ROWS, PLAN, 0)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match="cannot be written"):
        run(fresh(), tmp_path / "file" / "part.pt")


def test_progress_is_told_to_the_last_step() -> None:
    said: list[tuple[int, int]] = []
    module = fresh()
    learn(
        module,
        lambda rows, step: module(torch.ones(1, 3)).square().sum(),
        ROWS,
        PLAN,
        0,
        on_step=lambda step, steps, loss: said.append((step, steps)),
    )
    assert said[-1] == (65, 65)
