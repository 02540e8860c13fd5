"""Run ``dnnvis train maze`` and ``dnnvis train chess``: networks beyond the Game of Life."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.training_run import (
    check_network_name,
    create_output_folder,
    run_training,
)
from dnnvis.core.paths import networks_folder

SCORE_INTERVAL_STEPS = 100  # batches between two scores
FOLLOW_MAZES = 2000  # mazes on which the steps are held against what can be computed

Channels = Annotated[int, typer.Option(min=1, help="Channels of the hidden state.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random.")]
Name = Annotated[str, typer.Option(help="Of the finished network.")]
Work = Annotated[Path | None, typer.Option(help="Where the run keeps its progress.")]
Out = Annotated[
    Path | None, typer.Option(help="Folder of the finished network, if not in your data.")
]
Threads = Annotated[int, typer.Option(min=1, help="Processor threads.")]
Restart = Annotated[bool, typer.Option("--restart", help="Forget earlier progress.")]


def maze(
    size: Annotated[int, typer.Option(help="Rows and columns of training mazes, odd.")] = 9,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the finished network.")] = 30,
    channels: Channels = 32,
    most: Annotated[int, typer.Option(min=1, help="Batches in all.")] = 1500,
    seed: Seed = 0,
    name: Name = "",
    work: Work = None,
    out: Out = None,
    threads: Threads = 1,
    restart: Restart = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """A recurrent network that finds the way through mazes (three minutes of one core).

    It learns from its last output alone. Stopped at any moment it goes on from there.
    """
    with options.report_errors(debug):
        check_network_name(name)
        folder = out or networks_folder()
        create_output_folder(folder)  # before minutes of learning, not after them
        options.check_seed(seed)
        from dnnvis.reproduce.beyond.maze import measure_follow
        from dnnvis.training.beyond_export import export_maze
        from dnnvis.training.maze_task import MazeSetting, MazeTask, score_maze

        setting = MazeSetting(size=size, steps=steps, channels=channels, most=most, seed=seed)
        task = MazeTask(setting)
        progress = run_training(task, work, threads, restart, SCORE_INTERVAL_STEPS, json_)
        scores = score_maze(task.network, setting)
        scores |= measure_follow(task.network, setting, FOLLOW_MAZES)
        card = export_maze(task, progress, folder, name, scores)
        sentence = (
            f"{card.name} marks {scores['exact']:.2%} of {scores['mazes']} paths exactly "
            f"after {steps} steps"
        )
        _print_result(sentence, folder / f"{card.name}.safetensors", scores, json_)


def chess(
    plies: Annotated[int, typer.Option(min=1, help="Plies of play, and steps of the network.")] = 4,
    cell: Annotated[
        str, typer.Option(help="lean (3x3, 1x1, 1x1) or faithful (3x3 three times).")
    ] = "faithful",
    channels: Channels = 48,
    most: Annotated[int, typer.Option(min=1, help="Batches in all.")] = 30_000,
    seed: Seed = 0,
    name: Name = "",
    work: Work = None,
    out: Out = None,
    threads: Threads = 1,
    restart: Restart = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """A recurrent network that plays king and rook against king (20 minutes of one core).

    It sees first and last positions only. Stopped at any moment it goes on from there.
    """
    with options.report_errors(debug):
        check_network_name(name)
        folder = out or networks_folder()
        create_output_folder(folder)  # before minutes of learning, not after them
        options.check_seed(seed)
        from dnnvis.training.beyond_export import export_chess
        from dnnvis.training.chess_task import ChessSetting, ChessTask, score_chess

        setting = ChessSetting(steps=plies, cell=cell, channels=channels, most=most, seed=seed)
        task = ChessTask(setting)
        progress = run_training(task, work, threads, restart, SCORE_INTERVAL_STEPS, json_)
        scores = score_chess(task.network, setting)
        card = export_chess(task, progress, folder, name, scores)
        sentence = (
            f"{card.name} has all pieces right in {scores['exact']:.2%} of {scores['positions']} "
            f"positions after {plies} plies"
        )
        _print_result(sentence, folder / f"{card.name}.safetensors", scores, json_)


def _print_result(sentence: str, path: Path, scores: dict[str, Any], as_json: bool) -> None:
    if as_json:
        options.print_json_line({"words": f"{sentence}.", "file": str(path), "scores": scores})
    else:
        print(f"{sentence}. It is in {path}.")
