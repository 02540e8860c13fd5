"""The rows of the paper's tables, each with our setting and the paper's numbers."""

from dataclasses import dataclass, replace

from dnnvis.core.errors import BadInput
from dnnvis.training.life_task import LifeSetting

CAP = 300.0  # processor seconds of learning that a run may take


@dataclass(frozen=True)
class Row:
    """``paper``: the mean of tables 1 and 2 (the greater of without and with the adversarial
    stage in each run); ``without`` and ``after`` of table 3, None where it has no such row;
    ``runs`` how many the paper has."""

    name: str
    title: str
    setting: LifeSetting
    paper: float
    runs: int
    table: str
    without: float | None = None
    after: float | None = None

    def with_seed(self, seed: int) -> LifeSetting:
        return replace(self.setting, seed=seed, cap=CAP)


def _row(name: str, title: str, paper: float, runs: int, table: str, **setting: object) -> Row:
    return Row(name, title, LifeSetting(**setting), paper, runs, table)  # type: ignore[arg-type]


_NO_AUTO = _row("3-no-autoencoder", "3 steps, no autoencoder", 0.56, 22, "1", autoencoder=False)
_NO_AUTO_DEEP = _row("3-no-autoencoder-faithful", "3 steps, no autoencoder, faithful cell",
                     0.56, 22, "1", autoencoder=False, cell="faithful")  # fmt: skip
_UNSHARED = _row("3-unshared", "3 steps, not shared", 0.40, 20, "1", shared=False)
_UNSHARED_DEEP = _row("3-unshared-faithful", "3 steps, not shared, faithful cell", 0.40, 20,
                      "1", shared=False, cell="faithful")  # fmt: skip
_TWO = _row("2-3", "game 2, network 3", 0.73, 16, "2", steps=3, game_steps=2)
_THREE = _row("3-2", "game 3, network 2 (faithful)", 0.74, 22, "2",
              steps=2, game_steps=3, cell="faithful")  # fmt: skip

ROWS = {
    row.name: row
    for row in (
        _row("2", "2 steps", 1.00, 6, "1", steps=2, game_steps=2),
        _row("3", "3 steps", 0.99, 42, "1"),
        _row("3-faithful", "3 steps, faithful cell", 0.99, 42, "1", cell="faithful"),
        _row("4", "4 steps", 0.93, 33, "1", steps=4, game_steps=4),
        replace(_NO_AUTO, without=0.44, after=0.43),
        replace(_NO_AUTO_DEEP, without=0.44, after=0.43),
        replace(_UNSHARED, without=0.11, after=0.40),
        replace(_UNSHARED_DEEP, without=0.11, after=0.40),
        replace(_TWO, without=0.58, after=0.65),
        replace(_THREE, without=0.15, after=0.71),
    )
}


def rows_named(names: str) -> list[Row]:
    """The rows of a list like ``2,3,4``; all where it is empty. Raises BadInput."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in ROWS:
            raise BadInput(f"There is no row '{name}'; there are {', '.join(ROWS)}.")
    return [ROWS[name] for name in wanted] or list(ROWS.values())
