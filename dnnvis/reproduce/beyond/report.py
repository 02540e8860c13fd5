"""Write the tables, figures and conclusions of the rows beyond the Game of Life."""

from dnnvis.core.mazes.controls import FOLLOW_MARGIN
from dnnvis.core.stable_file import write_whole
from dnnvis.reproduce.beyond.chess import CONTROL_MARGIN
from dnnvis.reproduce.beyond.rows import ROWS, BeyondConfig
from dnnvis.reproduce.beyond.runner import BeyondRecord, load_records
from dnnvis.reproduce.beyond.tables import build_tables
from dnnvis.reproduce.common import (
    as_markdown,
    describe_machines,
    refuse_unwritable,
    write_csv,
)

TABLE_TITLES = {
    "training": "Training",
    "accuracy": "Exact paths by number of steps",
    "candidates": "Which truth the steps in between follow",
    "final": "The last position",
    "between": "The positions in between, the best state for each ply",
    "equation1": "Equation 1 of Wichers et al. 2022",
    "growth": "From one cell",
}
NCA_NOTE = (
    "After Mordvintsev et al. 2020: every cell runs the same small network, from one living cell "
    "on. Errors are those of red, green and blue, multiplied by alpha, and alpha, over the whole "
    "grid; each of the four halves is erased in turn. There is one training, of the weights that "
    "ship: {minutes:.0f} processor minutes of learning in all, in the runs that the card lists. "
    "Cells fire at random; the seeds are of that firing."
)
ROW_NOTES = {
    "maze": (
        "Learned on 9 x 9 squares; the loss is that of the last output alone, and no run of the "
        "training ends before step 20, so that what is decoded at steps 1 to 19 was never "
        "trained. Correlations are Matthews', over all floor squares of all mazes, averaged over "
        "these steps; the speed of each candidate was chosen on other mazes. Other ends: the same "
        "mazes with start and goal redrawn; a candidate counts as followed from "
        f"{FOLLOW_MARGIN:g} above that correlation on. The probe is a ridge regression from the "
        "channels of one square. Of mazes larger than 9 x 9 there are fewer, see the table."
    ),
    "chess": (
        "White to move; the network learns the position after 4 plies of optimal play, and is an "
        "autoencoder of the first. Of equally good moves a king's goes before a rook's, then the "
        "one to the first square in the order a1, b1 ... h8. Test positions are in no mirrored or "
        "turned form among those learned. A piece is read where its plane is largest; the probe "
        "is a ridge regression from the channels of 3 x 3 squares. A mixture of the ends takes "
        "each piece from the first position or from the network's own last answer, whichever is "
        "right more often over all positions, and the probe of the ends is given just those two: "
        "what they read of a position in between is no imagination of it. Positions count as found "
        f"where they are right at least {100 * CONTROL_MARGIN:g} percentage points more often than "
        "by the best control. At the paper's 95 % of "
        "192 cells any position matches any other: three pieces make up six cells at most, so that "
        "number says nothing here."
    ),
}


def write_results(config: BeyondConfig) -> None:
    """Write ``ROW-TABLE.csv``, ``ROW.png`` and ``report.md`` of the records there are.

    Raises BadInput where one of them cannot be read or written.
    """
    records = load_records(config)
    parts = ["# Beyond Life: what recurrent networks imagine, and grow\n"]
    with refuse_unwritable(config.out):
        for name in config.rows:
            own = [record for record in records if record.row == name]
            if own:
                parts.append(_write_row(config, name, own))
        machines = describe_machines(record.environment for record in records)
        parts.append(f"Made by `dnnvis reproduce beyond` with {machines}.\n")
        write_whole(config.report_path, "\n".join(parts))


def _write_row(config: BeyondConfig, name: str, records: list[BeyondRecord]) -> str:
    from dnnvis.reproduce.beyond.plots import draw_figures  # matplotlib takes a second

    row = ROWS[name]
    seeds = ", ".join(str(record.seed) for record in records)
    lines = [f"## {row.title}\n", f"**{row.conclude([dict(r.scores) for r in records])}**\n"]
    examples = f"; {records[0].examples:,} test examples each" if row.trains else ""
    lines += [f"{_describe_row(name, records)} Seeds {seeds}{examples}.\n"]
    lines += [f"![{row.title}]({file})\n" for file in draw_figures(name, records, config.out)]
    for stem, table in build_tables(name, records).items():
        write_csv(config.out / f"{name}-{stem}.csv", table)
        lines += [f"### {TABLE_TITLES[stem]}\n", as_markdown(table) + "\n"]
    return "\n".join(lines)


def _describe_row(name: str, records: list[BeyondRecord]) -> str:
    if name in ROW_NOTES:
        return ROW_NOTES[name]
    return NCA_NOTE.format(minutes=records[0].training["cpu_seconds"] / 60)
