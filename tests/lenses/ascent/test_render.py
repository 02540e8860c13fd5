from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.core.objective import Objective
from dnnvis.core.progress import Eta
from dnnvis.lenses.ascent import render as rendering
from dnnvis.lenses.ascent.batch_ascent import BatchAscent
from dnnvis.lenses.ascent.render import render
from dnnvis.library.store.library import open_library
from dnnvis.network.network import Network
from helpers.render_networks import (  # noqa: F401 (fixtures)
    QUICK,
    UNITS,
    net_fixture,
    order,
    place_fixture,
    units,
)


def test_a_picture_does_not_depend_on_its_neighbours(net: Network, tmp_path: Path) -> None:
    """Alone, five at once, and in another order among others: the same pictures."""
    found = []
    for number, (batch, channels) in enumerate([(1, range(7)), (5, range(7)), (4, (6, 3, 0, 5))]):
        path = tmp_path / f"{number}.sqlite"
        goals = units(*channels)
        render(net, order(goals, steps=64, gain=0.15, batch=batch), path)
        with open_library(net, path) as library:
            found.append({str(goal): library.pictures(goal)[0] for goal in goals})
    alone, five, turned = found
    assert len({kept.recipe["steps_done"] for kept in alone.values()}) > 1  # they left apart
    for others in (five, turned):
        for goal, kept in others.items():
            same = alone[goal]
            assert kept.recipe["steps_done"] == same.recipe["steps_done"]
            assert kept.recipe["objective"] == pytest.approx(same.recipe["objective"], rel=1e-4)
            apart = kept.pixels.astype(int) - same.pixels.astype(int)
            assert np.abs(apart).max() <= 1
            assert np.allclose(kept.curve, same.curve, rtol=1e-3, atol=1e-4)


def test_it_is_the_picture_that_the_lens_itself_makes(net: Network, place: Path) -> None:
    render(net, order(), place)
    with open_library(net, place) as library:
        for channel in (0, 4):
            kept = library.newest_by_channel("2")[channel]
            lens = dnnvis.look(net, "ascent", f"2[{channel}]", **QUICK)
            assert np.abs(kept.pixels - lens.values * 255).max() <= 1
            assert kept.measures is not None
            assert lens.measures[0].natural is None
            assert kept.measures.value == pytest.approx(lens.measures[0].value, rel=1e-4)
            told = {"objective"}
            assert {k: v for k, v in kept.recipe.items() if k not in told} == {
                k: v for k, v in lens.recipe.items() if k not in told
            }
            assert np.allclose(kept.curve.ravel(), lens.curve.ravel(), rtol=1e-4)


@pytest.fixture
def admitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(pictures on their way, pictures that come) at every admission."""
    seen: list[tuple[int, int]] = []
    admit = BatchAscent.add

    def noted(self: BatchAscent, goals: Any, *rest: Any) -> None:
        seen.append((len(self.rows), len(goals)))
        admit(self, goals, *rest)

    monkeypatch.setattr(BatchAscent, "add", noted)
    return seen


def test_a_finished_picture_makes_room_for_the_next(
    net: Network, place: Path, admitted: list[tuple[int, int]]
) -> None:
    render(net, order(steps=64, gain=0.15, batch=3), place)
    assert admitted[0] == (0, 3)
    assert any(growing for growing, _ in admitted)
    assert all(growing + coming == 3 for growing, coming in admitted[:-2])
    assert sum(coming for _, coming in admitted) == UNITS


def test_pictures_that_go_in_step_go_in_whole_batches(
    net: Network, place: Path, admitted: list[tuple[int, int]]
) -> None:
    done = render(net, order(preset="lapnorm", steps=6, window=None, batch=3), place)
    assert admitted == [(0, 3), (0, 3), (0, 1)]
    assert done.rendered == UNITS


def test_goals_of_several_layers_and_sums_are_rendered_together(net: Network, place: Path) -> None:
    goals = (
        *units(1, 2),
        *units(5, layer="0"),
        Objective.parse("0.5*2[1] - 2[3]"),
        Objective.parse("0"),
    )
    assert render(net, order(goals), place).rendered == 5
    with open_library(net, place) as library:
        for goal in goals:
            (kept,) = library.pictures(goal)
            x = torch.from_numpy(kept.pixels).permute(2, 0, 1)[None].float() / 255
            value = {
                "2[1]": lambda r: r["2"][-1, 1].mean(),
                "2[2]": lambda r: r["2"][-1, 2].mean(),
                "0[5]": lambda r: r["0"][-1, 5].mean(),
                "0.5*2[1] - 2[3]": lambda r: 0.5 * r["2"][-1, 1].mean() - r["2"][-1, 3].mean(),
                "0": lambda r: np.square(r["0"][-1]).mean(),
            }[str(goal)](net.run(x, ["0", "2"]))
            assert kept.recipe["objective"] == pytest.approx(value, rel=0.02)


def test_a_preset_that_starts_from_a_frame_does_so(
    net: Network, place: Path, noise: Callable[..., np.ndarray]
) -> None:
    picture = noise(16, 16, 3)
    wishes = {"preset": "deepdream", "steps": 4, "window": None}
    with pytest.raises(BadInput, match="starts from a picture"):
        render(net, order(units(1), **wishes), place)
    render(net, order(units(1), image=picture, **wishes), place)
    lens = dnnvis.look(net, "ascent", "2[1]", image=picture, **wishes)
    with open_library(net, place) as library:
        assert np.abs(library.newest_by_channel("2")[1].pixels - lens.values * 255).max() <= 1
    assert render(net, order(units(1), image=picture, **wishes), place).rendered == 0
    assert (
        render(net, order(units(1), image=noise(16, 16, 3, seed=1), **wishes), place).rendered == 1
    )


def test_numbers_are_measured_against_the_librarys_own_best_example(
    net: Network, place: Path, tmp_path: Path, noise: Callable[..., np.ndarray]
) -> None:
    from PIL import Image

    from dnnvis.library.scan.scan import scan

    for seed in range(4):
        Image.fromarray(noise(16, 16, 3, seed=seed)).save(tmp_path / f"{seed}.png")
    scan(net, tmp_path, place)
    render(net, order(units(2)), place)
    with open_library(net, place) as library:
        kept = library.newest_by_channel("2")[2]
        pictures = np.stack([noise(16, 16, 3, seed=seed) for seed in range(4)])
        best = net.record(pictures, "2")["2"][:, -1, 2].mean((1, 2)).max()
        assert kept.measures is not None
        assert kept.measures.natural == pytest.approx(best, rel=1e-4)


def test_the_time_left_is_that_of_the_steps_so_far(
    net: Network, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step takes two seconds of this clock, whatever the real one says."""
    now, step = [100.0], BatchAscent.step
    clock = partial(rendering._StepClock, eta=Eta(lambda: now[0]))
    monkeypatch.setattr(rendering, "_StepClock", clock)

    def slow(self: BatchAscent) -> Any:
        now[0] += 2.0
        return step(self)

    monkeypatch.setattr(BatchAscent, "step", slow)
    left: list[float | None] = []
    render(
        net,
        order(batch=1, steps=10),
        place,
        report=lambda standing, made: left.append(standing.seconds_left) if made else None,
    )
    assert left == pytest.approx([20.0 * (UNITS - done) for done in range(1, UNITS + 1)])
