"""What is measured of maze and chess networks, on networks whose answer is known."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.reproduce.beyond.chess import conclude_chess, measure_chess
from dnnvis.reproduce.beyond.maze import conclude_maze, measure_maze
from dnnvis.reproduce.beyond.probes import RidgeProbe, apply_probe, threshold_for_share
from dnnvis.sources.chess.positions import PIECES
from dnnvis.sources.mazes.truths import CANDIDATES
from dnnvis.training.chess_task import ChessSetting
from dnnvis.training.maze_task import MazeSetting
from dnnvis.zoo.beyond.maze import MazeNet
from dnnvis.zoo.life import LifeNet

MAZE = MazeSetting(channels=4, learned_steps=8, size=7)
CHESS = ChessSetting(channels=3, cell="lean")


class FillingCell(nn.Module):
    """Fills dead ends two squares deep a step; the first channel is what is left."""

    def forward(self, state: Tensor, mazes: Tensor) -> Tensor:
        ends = (mazes[:, :1] != mazes[:, 1:2]).float()
        left = state[:, :1]
        for _ in range(2):
            padded = nn.functional.pad(left, (1, 1, 1, 1))
            around = padded[:, :, :-2, 1:-1] + padded[:, :, 2:, 1:-1]
            around = around + padded[:, :, 1:-1, :-2] + padded[:, :, 1:-1, 2:]
            left = left * torch.maximum((around > 1).float(), ends)
        return torch.cat([left, state[:, 1:]], 1)


def filling_net() -> MazeNet:
    """A maze network that does one thing: fill dead ends."""
    net = MazeNet(MAZE.spec)
    net.cell = FillingCell()
    for module in (net.encoder[0], net.decoder[0]):
        nn.init.zeros_(module.weight)
        nn.init.zeros_(module.bias)
    with torch.no_grad():
        net.encoder[0].weight[0, :2, 1, 1] = 1.0
        net.decoder[0].weight[0, 0, 1, 1] = 10.0
        net.decoder[0].bias[0] = -5.0
    relu = net.encoder[1]
    net.encoder[1] = nn.Sequential(relu, nn.Hardtanh(0, 1))
    return net


@pytest.fixture(scope="module")
def filling() -> dict[str, Any]:
    return measure_maze(filling_net(), MAZE, 40)


def test_a_network_that_fills_dead_ends_is_found_out(filling: dict[str, Any]) -> None:
    own = filling["follows"]["dead ends filled"]
    assert own["speed"] == 2.0
    assert own["mcc"] == pytest.approx(1.0)
    assert own["each"] == pytest.approx([1.0] * 7)
    assert own["chance"] < 0.8
    assert own["probe"] == pytest.approx(1.0, abs=0.02)
    assert max(v["mcc"] for k, v in filling["follows"].items() if k != "dead ends filled") < 0.99
    assert filling["accuracy"]["9"]["40"] == 1.0
    assert filling["accuracy"]["21"]["200"] == 1.0
    assert filling["accuracy"]["21"]["5"] < 1.0
    assert filling["solved"][-1] > filling["solved"][0]


def test_the_conclusion_names_it_with_its_figures(filling: dict[str, Any]) -> None:
    sentence = conclude_maze([filling, filling])
    assert "follow 'dead ends filled' (2 squares a step) most closely in every run" in sentence
    assert "correlation 1.00" in sentence


def test_where_chance_does_as_well_nothing_is_followed(filling: dict[str, Any]) -> None:
    flat = {name: {**filling["follows"][name], "mcc": 0.3, "chance": 0.25} for name in CANDIDATES}
    sentence = conclude_maze([{**filling, "follows": flat}])
    assert "follow none of the candidates" in sentence
    assert "by 0.30, and by 0.25 with other ends" in sentence


def test_an_untrained_chess_network_imagines_nothing_in_between() -> None:
    torch.manual_seed(0)
    scores = measure_chess(LifeNet(CHESS.spec), CHESS, 60)
    assert scores["examples"] == 60
    for reader in ("decoder", "probe", "copy of the first", "probe shuffled"):
        for what in ("position", *PIECES):
            table = np.array(scores[reader][what])
            assert table.shape[1] == 5
            assert ((table >= 0) & (table <= 1)).all()
    first = np.array(scores["copy of the first"]["position"][0])
    assert first.tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]  # each ply changes something
    last = np.array(scores["copy of the last"]["position"][0])
    assert last.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0]
    assert scores["final"]["position"] == scores["decoder"]["position"][4][4]
    assert scores["final if copied"]["position"] == 0.0
    copies = scores["equation 1"]["copy of the first"]
    assert copies == {"paper": 1.0, "strict": 0.0}  # 95 % of 192 cells say nothing
    assert conclude_chess([scores]).startswith("No: the position after 4 plies")


def test_a_network_that_shows_what_lies_between_is_told_so() -> None:
    torch.manual_seed(0)
    scores = measure_chess(LifeNet(CHESS.spec), CHESS, 20)
    shown = np.eye(5).tolist()
    scores = {**scores, "decoder": {**scores["decoder"], "position": shown}}
    sentence = conclude_chess([scores])
    assert sentence.startswith("In part: ")
    assert "decoded states show positions in between" in sentence
    assert "right in 100.0%" in sentence


def test_a_ridge_probe_reads_a_linear_map_given_in_parts() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(500, 6)).astype(np.float32)
    weights = rng.normal(size=(6, 2)).astype(np.float32)
    targets = features @ weights + np.array([1.0, -2.0], np.float32)
    probe = RidgeProbe(6, 2)
    for part in np.split(np.arange(500), 5):
        probe.add(features[part], targets[part])
    found = probe.solve()
    direct, *_ = np.linalg.lstsq(np.c_[features, np.ones(500)], targets, rcond=None)
    assert np.allclose(found, direct, atol=0.01)
    assert np.allclose(apply_probe(found, features), targets, atol=0.02)


def test_a_threshold_lets_the_share_through() -> None:
    values = np.arange(100, dtype=np.float32)
    assert (values > threshold_for_share(values, 0.3)).mean() == pytest.approx(0.3)
