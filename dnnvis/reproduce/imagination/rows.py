"""The rows of the paper's tables, each with our setting and the paper's numbers."""

from dataclasses import dataclass, replace

from dnnvis.core.errors import BadInput
from dnnvis.training.life_task import LifeSetting

CPU_LIMIT_SECONDS = 300.0  # processor seconds of learning that a run may take


@dataclass(frozen=True)
class TableRow:
    """A row of the paper's tables: our setting, and the paper's numbers."""

    name: str
    title: str
    setting: LifeSetting
    #: Mean of tables 1 and 2: the greater of without and with the adversarial stage in each run.
    paper: float
    #: How many runs the paper has.
    paper_runs: int
    #: "1" or "2".
    table: str
    #: Mean of table 3 without the stage; None where it has no such row.
    paper_without: float | None = None
    #: Mean of table 3 after the stage; None where it has no such row.
    paper_after: float | None = None

    def with_seed(self, seed: int) -> LifeSetting:
        """Return the setting of the run of that seed."""
        return replace(self.setting, seed=seed, cap=CPU_LIMIT_SECONDS)


def _table_row(
    name: str, title: str, paper: float, runs: int, table: str, **setting: object
) -> TableRow:
    return TableRow(name, title, LifeSetting(**setting), paper, runs, table)  # type: ignore[arg-type]


_NO_AUTO = _table_row(
    "3-no-autoencoder", "3 steps, no autoencoder", 0.56, 22, "1", autoencoder=False
)
_NO_AUTO_DEEP = _table_row(
    "3-no-autoencoder-faithful",
    "3 steps, no autoencoder, faithful cell",
    0.56,
    22,
    "1",
    autoencoder=False,
    cell="faithful",
)
_UNSHARED = _table_row("3-unshared", "3 steps, not shared", 0.40, 20, "1", shared=False)
_UNSHARED_DEEP = _table_row(
    "3-unshared-faithful",
    "3 steps, not shared, faithful cell",
    0.40,
    20,
    "1",
    shared=False,
    cell="faithful",
)
_TWO = _table_row("2-3", "game 2, network 3", 0.73, 16, "2", steps=3, game_steps=2)
_THREE = _table_row(
    "3-2", "game 3, network 2 (faithful)", 0.74, 22, "2", steps=2, game_steps=3, cell="faithful"
)

ROWS = {
    row.name: row
    for row in (
        _table_row("2", "2 steps", 1.00, 6, "1", steps=2, game_steps=2),
        _table_row("3", "3 steps", 0.99, 42, "1"),
        _table_row("3-faithful", "3 steps, faithful cell", 0.99, 42, "1", cell="faithful"),
        _table_row("4", "4 steps", 0.93, 33, "1", steps=4, game_steps=4),
        replace(_NO_AUTO, paper_without=0.44, paper_after=0.43),
        replace(_NO_AUTO_DEEP, paper_without=0.44, paper_after=0.43),
        replace(_UNSHARED, paper_without=0.11, paper_after=0.40),
        replace(_UNSHARED_DEEP, paper_without=0.11, paper_after=0.40),
        replace(_TWO, paper_without=0.58, paper_after=0.65),
        replace(_THREE, paper_without=0.15, paper_after=0.71),
    )
}


def parse_rows(names: str) -> list[TableRow]:
    """Return the rows of a list like ``2,3,4``, all where it is empty; raise BadInput."""
    requested = [name.strip() for name in names.split(",") if name.strip()]
    for name in requested:
        if name not in ROWS:
            raise BadInput(f"There is no row '{name}'; there are {', '.join(ROWS)}.")
    return [ROWS[name] for name in requested] or list(ROWS.values())
