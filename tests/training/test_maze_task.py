"""How a maze network learns: from its last output alone, and the same again after a kill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.core.mazes.maze import parse_maze
from dnnvis.network.card import read_card
from dnnvis.sources.mazes.draw import draw_mazes
from dnnvis.sources.mazes.truths import MazeTruths
from dnnvis.training.beyond_export import export_maze
from dnnvis.training.loop import TrainingProgress, train
from dnnvis.training.maze_task import (
    MazeSetting,
    MazeTask,
    as_maze_input,
    mark_paths,
    path_accuracy,
    score_maze,
)

TINY = MazeSetting(
    steps=4, channels=4, size=5, batch=8, learned_steps=3, free_steps=4, warm=2, most=6
)


class Killed(Exception):
    """The power failed."""


def weights(task: MazeTask) -> list[torch.Tensor]:
    return [value.clone() for value in task.network.state_dict().values()]


def test_killed_and_resumed_it_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole = MazeTask(TINY)
    train(whole, tmp_path / "whole", score_every=2)

    def kill(progress: TrainingProgress, steps: int, loss: float) -> None:
        if progress.step == 4:
            raise Killed

    with pytest.raises(Killed):
        train(MazeTask(TINY), tmp_path / "cut", report=kill, save_every=0.0, score_every=2)
    again = MazeTask(TINY)
    progress = train(again, tmp_path / "cut", score_every=2)
    assert progress.step == 6
    assert all(map(torch.equal, weights(whole), weights(again)))


def test_only_the_last_output_is_in_the_loss() -> None:
    """The gradient of a step is that of the last state's loss, computed here by hand."""
    task = MazeTask(replace(TINY, free_steps=0, clip=1e9))
    net = task.network
    pictures, path, floor = task.batch(0)
    state = net.encode(pictures)
    for _ in range(3):
        state = net.cell(state, pictures)
    p = torch.sigmoid(net.logits(state))
    cross = -(path * p.log() + (1 - path) * (1 - p).log())
    expected = torch.autograd.grad((cross * floor).sum() / floor.sum(), list(net.parameters()))
    loss = task.train_step(0)
    assert loss == pytest.approx(float(((cross * floor).sum() / floor.sum()).detach()), rel=1e-5)
    for parameter, gradient in zip(net.parameters(), expected, strict=True):
        assert torch.allclose(parameter.grad, gradient, atol=1e-6)


def test_no_training_ends_before_the_learned_steps() -> None:
    """With free steps too, the decoder is asked once, and after the last step."""
    task = MazeTask(replace(TINY, most=40))
    calls: list[str] = []
    task.network.cell.register_forward_hook(lambda *_: calls.append("step"))
    task.network.decoder[0].register_forward_hook(lambda *_: calls.append("decode"))
    lengths = set()
    for step in range(20, 40):
        calls.clear()
        task.train_step(step)
        assert calls.count("decode") == 1
        assert calls[-1] == "decode"
        lengths.add(calls.count("step"))
    assert min(lengths) >= TINY.learned_steps
    assert max(lengths) <= TINY.learned_steps + TINY.free_steps
    assert [task.free_steps_at(step) for step in (0, 20, 39)] == [0, 2, 4]
    assert len(lengths) > 2


def test_it_learns_on_mazes_whose_path_is_known() -> None:
    task = MazeTask(TINY)
    pictures, path, floor = task.batch(3)
    assert pictures.shape == (8, 3, 5, 5)
    assert not torch.equal(pictures, task.batch(4)[0])
    assert torch.equal(pictures, MazeTask(TINY).batch(3)[0])
    assert (path <= floor).all()
    ends = (pictures[:, 0] != pictures[:, 1]).float()[:, None]  # green or red
    assert (ends <= path).all()
    assert ends.sum() == 16


def test_marks_after_several_numbers_of_steps_are_those_of_one_pass_each() -> None:
    task, mazes = MazeTask(TINY), draw_mazes(5, (5, 7), np.random.default_rng(0))
    marked = mark_paths(task.network, mazes, (0, 2, 5), batch=2)
    for k, steps in ((1, 2), (2, 5)):
        with torch.no_grad():
            answer = task.network(as_maze_input(mazes), steps=steps)
        assert np.array_equal(marked[k], (answer[:, 0] >= 0.5).numpy())


def test_a_path_is_exact_or_not() -> None:
    maze = parse_maze("S.G/.#./...")
    path = MazeTruths(maze).path
    assert path_accuracy(path, maze) == (1.0, 1.0)
    on_the_wall = path.copy()
    on_the_wall[0, 1, 1] = True
    assert path_accuracy(on_the_wall, maze) == (1.0, 1.0)
    wrong = path.copy()
    wrong[0, 2, 2] = True
    assert path_accuracy(wrong, maze) == (0.0, 7 / 8)


def test_the_finished_network_is_written_with_its_card(tmp_path: Path) -> None:
    task = MazeTask(replace(TINY, most=1))
    progress = train(task, tmp_path / "work")
    scores = {"exact": 0.5}
    export_maze(task, progress, tmp_path / "out", "", scores)
    card = read_card(tmp_path / "out" / "maze-5.json")
    assert card.size == (5, 5)
    assert card.about["maze"] == {"steps": 4, "channels": 4}
    assert card.about["scores"] == scores
    assert card.about["setting"]["learned_steps"] == 3


def test_the_score_counts_fresh_mazes() -> None:
    scores = score_maze(MazeTask(TINY).network, TINY)
    assert scores["mazes"] == 2000
    assert 0 <= scores["exact"] <= scores["squares"] <= 1


@pytest.mark.parametrize("change", [{"size": 8}, {"most": 0}, {"free_steps": -1}, {"steps": 0}])
def test_a_setting_without_sense_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        replace(TINY, **change)
