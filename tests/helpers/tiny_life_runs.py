"""Runs so small that all their steps take a second; with two arguments, FOLDER and PROCESSES,
this file does them all (so that torchrun can)."""

import sys
from pathlib import Path

from dnnvis.reproduce.imagination.rows import TableRow
from dnnvis.reproduce.imagination.runner import reproduce
from dnnvis.reproduce.imagination.steps import ImaginationConfig
from dnnvis.training.life_adversarial import AdversarialSetting
from dnnvis.training.life_task import LifeSetting

GOOD = LifeSetting(
    steps=2, game_steps=2, channels=4, size=8, batch=4, goal=0.5, cool=5, most=30, warm=1
)
STAGE = AdversarialSetting(quiet=2, steps=3, batch=4)


def tiny(name: str = "tiny", setting: LifeSetting = GOOD) -> TableRow:
    return TableRow(name, f"a {name} one", setting, 0.5, 3, "1", paper_without=0.1, paper_after=0.2)


def order_in(
    folder: Path, *rows: TableRow, seeds: int = 1, boards: int = 50, **more: object
) -> ImaginationConfig:
    return ImaginationConfig(
        rows or (tiny(),),
        seeds=tuple(range(seeds)),
        work=folder / "work",
        out=folder / "out",
        boards=boards,
        stage=STAGE,
        **more,
    )


def two_by_two(folder: Path) -> ImaginationConfig:
    """Two rows, one of which fails, two seeds."""
    failing = tiny("failing", LifeSetting(**{**vars(GOOD), "goal": 2.0}))
    return order_in(folder, tiny(), failing, seeds=2)


if __name__ == "__main__":
    done = reproduce(two_by_two(Path(sys.argv[1])), int(sys.argv[2]))
    assert not done.problems
    assert not done.stopped
    assert done.left == 0
    assert len(done.records) == 4
