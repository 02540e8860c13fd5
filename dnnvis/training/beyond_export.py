"""Write a finished maze or chess network as a file of weights and a card."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from dnnvis.network.card import Card
from dnnvis.sources.chess.positions import PIECES
from dnnvis.training.chess_task import ChessTask
from dnnvis.training.export import describe_training, write_network
from dnnvis.training.loop import TrainingProgress
from dnnvis.training.maze_task import MazeTask
from dnnvis.zoo.beyond.maze_nets import maze_card
from dnnvis.zoo.life_nets import life_card

CHESS_SIZE = (8, 8)


def export_maze(
    task: MazeTask, progress: TrainingProgress, folder: Path, name: str, scores: dict[str, Any]
) -> Card:
    """Write a maze network and its card.

    Args:
        task: The task that was trained.
        progress: Its progress at the end.
        folder: Where the files are written.
        name: Name of the network; "": the task's.
        scores: Copied into the card as they are.

    Returns:
        The card.
    """
    side = task.config.size
    about = {
        "title": f"Maze, {side} x {side} squares: marks the way from start to goal",
        "source": (
            "Schwarzschild et al. 2021, Can You Learn an Algorithm?; Bansal et al. 2022, "
            "End-to-end Algorithm Synthesis with Recurrent Networks"
        ),
        "data": f"mazes drawn by a random depth-first walk, {side} x {side} squares",
        **_describe(task, progress),
        "departures": (
            f"one residual block of {task.config.channels} channels; a number of steps without "
            f"gradient that grows up to {task.config.free_steps} in training, then "
            f"{task.config.learned_steps} with it, and the loss of the last output alone"
        ),
        "scores": scores,
    }
    card = replace(maze_card(task.config.spec, name or task.name, about), size=(side, side))
    write_network(task.network, card, folder)
    return card


def export_chess(
    task: ChessTask, progress: TrainingProgress, folder: Path, name: str, scores: dict[str, Any]
) -> Card:
    """Write a chess network and its card; see ``export_maze``."""
    plies = task.config.steps
    about = {
        "title": f"King and rook against king, {plies} plies of optimal play",
        "source": "Wichers et al. 2022, Visualizing Neural Network Imagination, the last section",
        "data": "positions with White to move, the pieces in a plane each",
        "pieces": list(PIECES),
        "autoencoder": task.config.autoencoder,
        **_describe(task, progress),
        "departures": "an ending with known optimal play in place of chess problems",
        "scores": scores,
    }
    card = replace(life_card(task.config.spec, name or task.name, about), size=CHESS_SIZE)
    write_network(task.network, card, folder)
    return card


def _describe(task: MazeTask | ChessTask, progress: TrainingProgress) -> dict[str, Any]:
    entries = describe_training(task, progress)
    return entries | {"learning_cpu_seconds": round(progress.cpu, 1)}
