"""Read what a user writes of mazes after ``--source``."""

import re
from dataclasses import replace

from dnnvis.core.errors import BadInput
from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.core.mazes.maze import parse_maze, validate_maze_size
from dnnvis.sources.mazes.source import validate_maze_rate


def parse_maze_choice(text: str) -> MazeChoice:
    """Return what ``maze``, ``maze:13x13``, ``maze:9x9,2/s,seed 5`` or ``maze:S.G/###`` stand for.

    Raises BadInput for anything else, and for a size that no maze has.
    """
    choice = MazeChoice()
    options = text.partition(":")[2]
    for option in filter(None, (part.strip() for part in options.split(","))):
        choice = _apply_option(choice, option)
    return choice


def _apply_option(choice: MazeChoice, option: str) -> MazeChoice:
    if match := re.fullmatch(r"(\d{1,5})x(\d{1,5})", option):
        rows, columns = validate_maze_size((int(match[1]), int(match[2])))
        return replace(choice, rows=rows, columns=columns)
    if match := re.fullmatch(r"(\d{1,4}(\.\d+)?|\.\d+)/s", option):
        return replace(choice, rate=validate_maze_rate(float(match[1])))
    if match := re.fullmatch(r"seed (\d{1,9})", option):
        return replace(choice, seed=int(match[1]))
    if "S" in option and "G" in option:
        parse_maze(option)
        return replace(choice, text=option)
    raise BadInput(
        f"'{option}' says nothing about a maze; write a size (9x9, 13x13), a speed (2/s), a seed "
        "(seed 5), or the maze itself in rows of #, ., S and G with / between."
    )
