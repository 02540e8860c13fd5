"""What is measured of a maze network, on one whose answer is known."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dnnvis.reproduce.beyond.maze import (
    conclude_maze,
    measure_follow,
    measure_maze,
    summarize_follow,
)
from dnnvis.sources.mazes.truths import CANDIDATES
from dnnvis.training.maze_task import MazeSetting
from dnnvis.zoo.beyond.maze import MazeNet

ROOT = Path(__file__).resolve().parents[3]
MAZE = MazeSetting(channels=4, learned_steps=8, size=7)


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
    assert "follow 'dead ends filled' (2 squares a step) in every run most closely" in sentence
    assert "correlation 1.00, with other ends 0." in sentence
    other = {name: dict(values) for name, values in filling["follows"].items()}
    other["both waves"] |= {"mcc": 1.5, "speed": 0.5}
    sentence = conclude_maze([filling, filling, {**filling, "follows": other}])
    assert "'dead ends filled' (2 squares a step) in 2 of 3 runs and 'both waves'" in sentence
    assert "(0.5 squares a step) in 1 of 3 runs most closely: correlation 1.00 to 1.50" in sentence


def test_where_chance_does_as_well_nothing_is_followed(filling: dict[str, Any]) -> None:
    flat = {name: {**filling["follows"][name], "mcc": 0.3, "chance": 0.25} for name in CANDIDATES}
    sentence = conclude_maze([{**filling, "follows": flat}])
    assert "follow none of the candidates" in sentence
    assert "by 0.30, and by 0.25 with other ends" in sentence


def test_a_card_gets_the_same_figures_as_a_record(filling: dict[str, Any]) -> None:
    kept = summarize_follow(filling)
    assert kept["follow_mazes"] == 40
    assert kept["speeds"]["dead ends filled"] == 2.0
    own, whole = kept["follows"]["dead ends filled"], filling["follows"]["dead ends filled"]
    assert own == {key: pytest.approx(whole[key], abs=1e-4) for key in ("mcc", "chance", "probe")}
    assert measure_follow(filling_net(), MAZE, 40) == kept


def test_the_card_that_ships_has_the_figures_of_the_committed_record() -> None:
    card = json.loads((ROOT / "models" / "maze-9.json").read_text())
    record = json.loads((ROOT / "assets/beyond/runs/maze-seed0.json").read_text())
    assert record["training"]["setting"] == card["setting"]
    kept = summarize_follow(record["scores"])
    assert {key: card["scores"][key] for key in kept} == kept
