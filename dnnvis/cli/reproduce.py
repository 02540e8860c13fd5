"""``dnnvis reproduce``: the papers' tables and figures, made again."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.cli.interrupts import listening
from dnnvis.cli.reproduce_introspection import introspection
from dnnvis.core.paths import user_data

if TYPE_CHECKING:
    from dnnvis.reproduce.imagination.runner import Done, Report, Standing
    from dnnvis.reproduce.imagination.steps import Order

app = typer.Typer(no_args_is_help=True, help="Make a paper's tables and figures again.")
app.command()(introspection)
APART = 0.5  # seconds between two JSON lines


@app.callback()
def papers() -> None:
    """Make a paper's tables and figures again."""


@app.command()
def imagination(
    output: Annotated[Path, typer.Option("-o", help="A folder for records, tables, figures.")],
    seeds: Annotated[int, typer.Option(min=1, help="Runs a row: seeds 0, 1, ...")] = 5,
    rows: Annotated[str, typer.Option(help="Only these: 2,3,4,3-faithful ...")] = "",
    stages: Annotated[
        str, typer.Option(help="What is scored of each run: these, or fewer.")
    ] = "plain,adversarial,control",
    boards: Annotated[int, typer.Option(min=1, help="Test boards of each start.")] = 10_000,
    processes: Annotated[int, typer.Option(min=1, help="Runs at once on this machine.")] = 1,
    work: Annotated[
        Path | None, typer.Option(help="Where the trainings keep their progress.")
    ] = None,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Tables 1 to 3 and the order of learning of Wichers et al. 2022 (some hours on one core).

    Goes on where it was stopped; what a record in -o holds is not done again. `torchrun
    --nproc-per-node N -m dnnvis reproduce imagination ...` splits the runs over N processes.
    """
    with given.plainly(debug):
        from dnnvis.jobs import distributed  # lazy: the help text must not cost seconds
        from dnnvis.reproduce.imagination.report import check_folder, write_results
        from dnnvis.reproduce.imagination.rows import rows_named
        from dnnvis.reproduce.imagination.runner import reproduce
        from dnnvis.reproduce.imagination.steps import Order

        order = Order(
            tuple(rows_named(rows)), tuple(range(seeds)),
            work or user_data() / "reproduce" / "imagination", output,
            tuple(name.strip() for name in stages.split(",") if name.strip()), boards,
        )  # fmt: skip
        check_folder(output)
        given.set_threads(1)
        with listening() as ending, _told(json_) as report:
            done = reproduce(order, processes, report, ending.asked, _warn)
            if distributed.rank() == 0:
                write_results(order)
        if distributed.rank() == 0:
            _summary(order, done, json_)
        if done.stopped:
            raise typer.Exit(ending.status or 130)
        if done.problems:
            raise typer.Exit(1)


def _warn(words: str) -> None:
    print("dnnvis:", words, file=sys.stderr, flush=True)


# ---- what is told meanwhile --------------------------------------------------------------


@contextmanager
def _told(as_json: bool) -> "Iterator[Report]":
    from dnnvis.jobs.distributed import rank, world

    if as_json:
        yield _lines({} if world() == 1 else {"rank": rank()})
    elif rank():
        yield lambda standing: None
    else:
        with _bar("" if world() == 1 else f" (this process's share of {world()})") as report:
            yield report


def _lines(extra: dict[str, Any]) -> "Report":
    """A JSON object a line, some a second."""
    last = 0.0

    def report(standing: "Standing") -> None:
        nonlocal last
        if not standing.now or time.monotonic() - last < APART:
            return
        last = time.monotonic()
        given.say_line(
            {
                "words": "; ".join(standing.now), "done": round(standing.done, 3),
                "total": standing.total, "seconds_left": round(standing.seconds_left, 1), **extra,
            }
        )  # fmt: skip

    return report


@contextmanager
def _bar(share: str) -> "Iterator[Report]":
    """A progress bar over the steps of all runs, and the time that is left."""
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[steps]}  {task.fields[left]} left"),
    )
    last = 0.0
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(f"Imagination{share}", total=None, steps="", left="?")

        def report(standing: "Standing") -> None:
            nonlocal last
            if time.monotonic() - last < APART:
                return
            last = time.monotonic()
            bar.update(
                task, description="; ".join(standing.now) + share, completed=standing.done,
                total=standing.total, steps=f"{int(standing.done)}/{standing.total}",
                left=_clock(standing.seconds_left),
            )  # fmt: skip

        yield report


def _clock(seconds: float) -> str:
    minutes = max(0, round(seconds / 60))
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def _summary(order: "Order", done: "Done", as_json: bool) -> None:
    runs = len(order.rows) * len(order.seeds)
    words = [f"{len(done.records)} of {runs} runs have a record."]
    if done.left:
        words.append(f"At least {done.left} steps are left: the same command goes on.")
    report = order.out / "report.md"
    words.append(f"The report: {report}")
    for problem in done.problems:
        _warn(problem)
    if as_json:
        given.say_line(
            {
                "words": " ".join(words), "records": len(done.records), "left": done.left,
                "problems": done.problems, "stopped": done.stopped, "report": str(report),
            }
        )  # fmt: skip
    else:
        print("\n".join(words))
