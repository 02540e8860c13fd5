"""The live view at moments of a network's training, and on boards of any size."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice, Plan, Request
from dnnvis.lenses.live import LiveWork
from dnnvis.network.snapshots import restore_snapshot, snapshots_path
from dnnvis.training.life_export import export_life
from dnnvis.training.life_task import LifeSetting, LifeTask
from dnnvis.training.loop import train
from dnnvis.zoo.catalog import open_network

BOARD = (np.random.default_rng(0).random((12, 10, 1)) < 0.4).astype(np.uint8) * 255


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> tuple[LifeTask, Path]:
    """Sixty steps of learning, kept every 25."""
    folder = tmp_path_factory.mktemp("moments")
    made = LifeTask(LifeSetting(steps=2, game_steps=2, most=60))
    progress = train(made, folder / "work", score_every=25)
    export_life(made, progress, folder)
    return made, folder / "life-2.safetensors"


def work_on(file: Path) -> tuple[LiveWork, list[NetworkInfo]]:
    told: list[NetworkInfo] = []
    work = LiveWork(
        lambda choice: open_network(choice.net),
        threading.Event(),
        tune_after=-1,
        notify=told.append,
    )
    work.open(NetworkChoice(net=str(file)))
    return work, told


def test_a_checkpoint_knows_the_moments_beside_it(course: tuple[LifeTask, Path]) -> None:
    network = open_network(course[1])
    assert network.info.snapshots == (0, 25, 50, 60)
    assert network.snapshots is not None
    last = restore_snapshot(network, -1)
    assert last.fingerprint == network.fingerprint
    first = restore_snapshot(network, 0)
    assert first.name == "life-2 at step 0"
    assert first.fingerprint != network.fingerprint
    untrained = LifeTask(LifeSetting(steps=2, game_steps=2)).module.state_dict()
    assert all(torch.equal(v, untrained[k]) for k, v in first.module.state_dict().items())
    with pytest.raises(BadInput, match="4 moments"):
        restore_snapshot(network, 4)


def test_moments_of_another_network_are_left_aside(
    course: tuple[LifeTask, Path], tmp_path: Path
) -> None:
    other = LifeTask(LifeSetting(steps=2, game_steps=2, channels=8, most=1))
    export_life(other, train(other, tmp_path / "work"), tmp_path)
    place = tmp_path / "life-2.safetensors"
    snapshots_path(place).write_bytes(snapshots_path(course[1]).read_bytes())
    assert open_network(place).snapshots is None
    snapshots_path(place).write_bytes(b"nothing")
    assert open_network(place).snapshots is None


def test_the_plans_moment_runs_and_is_told(course: tuple[LifeTask, Path]) -> None:
    work, told = work_on(course[1])
    plan = Plan(work.choice or NetworkChoice(), ("cell",), call=0)
    now, _, _ = work.live(plan, Frame(BOARD))
    told.clear()
    then, _, _ = work.live(replace(plan, moment=1), Frame(BOARD))
    assert [info.name for info in told] == ["life-2 at step 25"]
    assert told[0].snapshots == (0, 25, 50, 60)
    assert told[0].choice == work.choice
    network = open_network(course[1])
    assert network.snapshots is not None
    expected = restore_snapshot(network, 1).record(BOARD, ["cell"])["cell"][0]
    assert np.allclose(then.maps["cell"], expected, atol=1e-5)
    assert not np.allclose(then.maps["cell"], now.maps["cell"], atol=1e-3)
    again, _, _ = work.live(plan, Frame(BOARD))
    assert np.array_equal(again.maps["cell"], now.maps["cell"])
    assert [info.name for info in told] == ["life-2 at step 25", "life-2"]


def test_a_board_of_another_size_gives_the_layers_its_size(
    course: tuple[LifeTask, Path],
) -> None:
    work, told = work_on(course[1])
    far = Request("gradient", Unit("cell", 3, (30, 35), 0))
    plan = Plan(work.choice or NetworkChoice(), ("cell",), requests={"lens1": far})
    _, _, failures = work.live(plan, Frame(BOARD))
    assert "lens1" in failures
    assert told[-1].size == (12, 10)
    large = np.kron(BOARD[:, :, 0], np.ones((4, 4), np.uint8))[:, :, None]
    live, scenes, failures = work.live(plan, Frame(large))
    layer = told[-1].layer("cell")
    assert layer is not None
    assert layer.shape == (20, 48, 40)
    assert live.maps["cell"].shape == (20, 48, 40)
    assert "lens1" in scenes
    assert not failures
    count = len(told)
    work.live(plan, Frame(large))
    assert len(told) == count


def test_a_picture_that_is_no_board_is_cut_at_half(course: tuple[LifeTask, Path]) -> None:
    network = open_network(course[1])
    x = network.encode(np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8))
    assert x.shape == (1, 1, 20, 20)
    assert set(x.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(network.encode(BOARD), network.encode(BOARD // 255))
    assert network.encode(BOARD).shape == (1, 1, 12, 10)
