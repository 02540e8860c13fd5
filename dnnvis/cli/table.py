"""Show tables and progress bars to people."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

TIME_LEFT = "time left"  # names the column of rich's own estimate


def show_table(headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print ``rows`` under ``headers``; texts are shown as they are, without markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headers, box=None, header_style="bold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console()
    if not console.is_terminal:  # a pipe or a file gets every column whole
        console.width = 240
    console.print(table)


@contextmanager
def open_progress_bar(*columns: str) -> "Iterator[Progress]":
    """Yield a bar that ``start`` draws and that ends with the block, drawn or not.

    Whatever is wrong before the first report is then told in one sentence, without a bar.

    Args:
        columns: What stands right of the bar: rich's templates, such as
            ``{task.completed}/{task.total}``, or TIME_LEFT.
    """
    from rich import progress as rich  # lazy: only where a bar is drawn

    right = [
        rich.TimeRemainingColumn() if column == TIME_LEFT else rich.TextColumn(column)
        for column in columns
    ]
    bar = rich.Progress(rich.TextColumn("{task.description}"), rich.BarColumn(), *right)
    try:
        yield bar
    finally:
        if bar.live.is_started:
            bar.stop()
