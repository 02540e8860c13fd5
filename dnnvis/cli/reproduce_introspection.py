"""Run ``dnnvis reproduce introspection``: figures 2 to 7 of Pardo et al. 2019 and their numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.reproduction_summary import end_command, print_summary, warn
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.core.paths import user_data_folder
from dnnvis.core.progress import ReportInterval

if TYPE_CHECKING:
    from dnnvis.reproduce.common import Outcome, Report, ReproductionProgress
    from dnnvis.reproduce.introspection.config import IntrospectionConfig
    from dnnvis.reproduce.introspection.records import StepRecord

REPORT_INTERVAL_SECONDS = 0.5  # seconds between two words


def introspection(
    output: Annotated[Path, typer.Option("-o", help="A folder for records, tables, figures.")],
    data: Annotated[Path, typer.Option(help="The folder with MNIST and cifar10-jpg.tar.")],
    seeds: Annotated[int, typer.Option(min=1, help="Seeds 0, 1, ... of networks and maps.")] = 3,
    nets: Annotated[str, typer.Option(help="Of these networks, or one.")] = "net1,net2",
    networks: Annotated[
        Path | None, typer.Option(help="Trained Net1s: out-SEED-0 clean, out-SEED-1 with noise.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="Examples of each data set at most, 0 = all.")
    ] = 0,
    work: Annotated[
        Path | None, typer.Option(help="Where networks, hidden vectors and maps are kept.")
    ] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Figures 2 to 7 of Pardo et al. 2019 and every number of the map (about an hour on one core).

    Net1 and its noise-trained sister for each seed, with their maps; Net2 with a map for each
    seed. Networks that lie nowhere are trained. Goes on where it was stopped; what a record in
    -o holds is not done again.
    """
    with options.report_errors(debug):
        from dnnvis.reproduce.common import check_folder  # lazy: the help text is quick
        from dnnvis.reproduce.introspection.config import IntrospectionConfig
        from dnnvis.reproduce.introspection.report import write_results
        from dnnvis.reproduce.introspection.runner import reproduce

        config = IntrospectionConfig(
            data,
            networks,
            tuple(name.strip() for name in nets.split(",") if name.strip()),
            limit,
            seeds=tuple(range(seeds)),
            work=work or user_data_folder() / "reproduce" / "introspection",
            out=output,
        )
        check_folder(output)
        options.set_threads(1)
        with catch_interrupts() as interrupt, _open_reporter(json_) as report:
            result = reproduce(config, report, interrupt.is_set, warn)
            write_results(config)
        print_summary(result, _describe(config, result), config.report_path, json_)
        end_command(result, interrupt)


@contextmanager
def _open_reporter(as_json: bool) -> "Iterator[Report]":
    """Report some words a second: JSON lines, or a progress bar over all steps."""
    interval = ReportInterval(REPORT_INTERVAL_SECONDS)

    def print_line(progress: "ReproductionProgress") -> None:
        if interval.is_due():
            record = {"words": progress.message, "done": round(progress.done, 3)}
            options.print_json_line(record | {"total": progress.total})

    if as_json:
        yield print_line
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[steps]}")
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("Introspection", total=None, steps="")

        def update_bar(progress: "ReproductionProgress") -> None:
            if interval.is_due():
                bar.update(
                    task,
                    description=progress.message,
                    completed=progress.done,
                    total=progress.total,
                    steps=f"{int(progress.done)}/{progress.total}",
                )

        yield update_bar


def _describe(config: "IntrospectionConfig", result: "Outcome[StepRecord]") -> list[str]:
    left = [f"{result.left} steps are left: the same command goes on."] if result.left else []
    return [*left, f"{len(result.records)} records; the report: {config.report_path}"]
