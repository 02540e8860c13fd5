"""Run ``dnnvis reproduce dissection``: the share of units that detect a concept, by layer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.core.progress import ReportInterval

if TYPE_CHECKING:
    from dnnvis.reproduce.common import Outcome
    from dnnvis.reproduce.dissection.runner import DissectionConfig, FractionsRecord

REPORT_INTERVAL_SECONDS = 0.5  # between two lines


def dissection(
    output: Annotated[Path, typer.Option("-o", help="A folder for records, table, figure.")],
    seeds: Annotated[int, typer.Option(min=1, help="Sets of pictures: seeds 0, 1, ...")] = 1,
    nets: Annotated[
        str, typer.Option(help="Of these networks, or others of the same kind.")
    ] = "squeezenet-imagenet,net2-cifar10,life-3",
    pictures: Annotated[int, typer.Option(min=10, help="Pictures that are made, each.")] = 1000,
    threads: options.Threads = 0,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Share of three bundled networks' units that detect a concept, beside shuffled weights.

    Goes on where it was stopped; what a record in -o holds is not done again.
    """
    with options.report_errors(debug):
        from dnnvis.reproduce.common import ReproductionProgress, check_folder
        from dnnvis.reproduce.dissection.report import write_results
        from dnnvis.reproduce.dissection.runner import DissectionConfig, reproduce

        config = DissectionConfig(
            tuple(name.strip() for name in nets.split(",") if name.strip()),
            pictures,
            seeds=tuple(range(seeds)),
            work=output,
            out=output,
        )
        check_folder(output)
        options.set_threads(threads)
        interval = ReportInterval(REPORT_INTERVAL_SECONDS)

        def report(progress: ReproductionProgress) -> None:
            if not interval.is_due():
                return
            if json_:
                line = {"words": progress.message, "done": round(progress.done, 3)}
                options.print_json_line(line | {"total": progress.total})
            else:
                typer.echo(f"{progress.done:.1f} of {progress.total}: {progress.message}", err=True)

        with catch_interrupts() as interrupt:
            result = reproduce(config, report, interrupt.is_set, _warn)
            write_results(config)
        _print_summary(config, result, json_)
        if result.stopped:
            raise typer.Exit(interrupt.exit_status or 130)
        if result.problems:
            raise typer.Exit(1)


def _warn(message: str) -> None:
    typer.echo(f"dnnvis: {message}", err=True)


def _print_summary(
    config: "DissectionConfig", result: "Outcome[FractionsRecord]", as_json: bool
) -> None:
    sentences = [f"{len(result.records)} networks; the report: {config.report_path}"]
    if result.left:
        sentences.insert(0, f"{result.left} networks are left: the same command goes on.")
    for problem in result.problems:
        _warn(problem)
    if as_json:
        options.print_json_line(
            {
                "words": " ".join(sentences),
                "records": len(result.records),
                "left": result.left,
                "problems": result.problems,
                "stopped": result.stopped,
                "report": str(config.report_path),
            }
        )
    else:
        typer.echo("\n".join(sentences))
