"""Run ``dnnvis reproduce``: the papers' tables and figures, made again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.reproduce_ablation import ablation
from dnnvis.cli.analysis.reproduce_atlas_attack import atlas_attack
from dnnvis.cli.analysis.reproduce_beyond import beyond
from dnnvis.cli.analysis.reproduce_dissection import dissection
from dnnvis.cli.analysis.reproduction_summary import end_command, print_summary, warn
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.cli.reproduce_introspection import introspection
from dnnvis.core.formatting import format_long_duration
from dnnvis.core.paths import user_data_folder
from dnnvis.core.progress import ReportInterval

if TYPE_CHECKING:
    from dnnvis.reproduce.common import Outcome, Report, ReproductionProgress
    from dnnvis.reproduce.imagination.records import RunRecord
    from dnnvis.reproduce.imagination.steps import ImaginationConfig

app = typer.Typer(no_args_is_help=True, help="Make a paper's tables and figures again.")
app.command()(introspection)
app.command()(ablation)
app.command()(dissection)
app.command()(atlas_attack)
app.command()(beyond)
REPORT_INTERVAL_SECONDS = 0.5  # seconds between two JSON lines


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
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Tables 1 to 3 and the order of learning of Wichers et al. 2022 (some hours on one core).

    Goes on where it was stopped; what a record in -o holds is not done again. `torchrun
    --nproc-per-node N -m dnnvis reproduce imagination ...` splits the runs over N processes.
    """
    with options.report_errors(debug):
        from dnnvis.jobs import distributed  # lazy: the help text must not cost seconds
        from dnnvis.reproduce.common import check_folder
        from dnnvis.reproduce.imagination.report import write_results
        from dnnvis.reproduce.imagination.rows import parse_rows
        from dnnvis.reproduce.imagination.runner import reproduce
        from dnnvis.reproduce.imagination.steps import ImaginationConfig

        config = ImaginationConfig(
            tuple(parse_rows(rows)),
            tuple(name.strip() for name in stages.split(",") if name.strip()),
            boards,
            seeds=tuple(range(seeds)),
            work=work or user_data_folder() / "reproduce" / "imagination",
            out=output,
        )
        check_folder(output)
        options.set_threads(1)
        with catch_interrupts() as interrupt, _open_reporter(json_) as report:
            result = reproduce(config, processes, report, interrupt.is_set, warn)
            if distributed.get_rank() == 0:
                write_results(config)
        if distributed.get_rank() == 0:
            print_summary(result, _describe(config, result), config.report_path, json_)
        end_command(result, interrupt)


@contextmanager
def _open_reporter(as_json: bool) -> "Iterator[Report]":
    from dnnvis.jobs.distributed import get_rank, get_world_size

    if as_json:
        yield _json_reporter({} if get_world_size() == 1 else {"rank": get_rank()})
    elif get_rank():
        yield lambda progress: None
    else:
        with _progress_bar(
            "" if get_world_size() == 1 else f" (this process's share of {get_world_size()})"
        ) as report:
            yield report


def _json_reporter(extra: dict[str, Any]) -> "Report":
    """Print a JSON object a line, some a second."""
    interval = ReportInterval(REPORT_INTERVAL_SECONDS)

    def report(progress: "ReproductionProgress") -> None:
        if not progress.now or not interval.is_due():
            return
        options.print_json_line(
            {
                "words": progress.message,
                "done": round(progress.done, 3),
                "total": progress.total,
                "seconds_left": round(progress.seconds_left, 1),
                **extra,
            }
        )

    return report


@contextmanager
def _progress_bar(suffix: str) -> "Iterator[Report]":
    """Show a progress bar over the steps of all runs, and the time that is left."""
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[steps]}  {task.fields[left]} left"),
    )
    interval = ReportInterval(REPORT_INTERVAL_SECONDS)
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(f"Imagination{suffix}", total=None, steps="", left="?")

        def report(progress: "ReproductionProgress") -> None:
            if not interval.is_due():
                return
            bar.update(
                task,
                description=progress.message + suffix,
                completed=progress.done,
                total=progress.total,
                steps=f"{int(progress.done)}/{progress.total}",
                left=format_long_duration(progress.seconds_left),
            )

        yield report


def _describe(config: "ImaginationConfig", result: "Outcome[RunRecord]") -> list[str]:
    runs = len(config.rows) * len(config.seeds)
    sentences = [f"{len(result.records)} of {runs} runs have a record."]
    if result.left:
        sentences.append(f"At least {result.left} steps are left: the same command goes on.")
    return [*sentences, f"The report: {config.report_path}"]
