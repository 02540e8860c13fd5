"""Run ``dnnvis reproduce beyond``: what networks imagine of mazes and chess, what grows."""

from pathlib import Path
from typing import Annotated

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.reproduction_summary import end_command, print_summary, warn
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.core.paths import user_data_folder
from dnnvis.core.progress import ReportInterval

REPORT_INTERVAL_SECONDS = 0.5  # between two lines


def beyond(
    output: Annotated[Path, typer.Option("-o", help="A folder for records, tables, figures.")],
    rows: Annotated[str, typer.Option(help="Only these: maze,chess,nca-coffee ...")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="Runs a row: seeds 0, 1, ...")] = 3,
    examples: Annotated[int, typer.Option(min=8, help="Test examples of each run.")] = 2000,
    most: Annotated[
        int, typer.Option(min=0, help="Batches of each training; 0: as its command.")
    ] = 0,
    processes: Annotated[int, typer.Option(min=1, help="Runs at once on this machine.")] = 1,
    work: Annotated[
        Path | None, typer.Option(help="Where the trainings keep their progress.")
    ] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Networks that find ways, or play a chess ending: what do they imagine? What do automata grow?

    Goes on where it was stopped; what a record in -o holds is not done again. `torchrun
    --nproc-per-node N -m dnnvis reproduce beyond ...` splits the runs over N processes.
    """
    with options.report_errors(debug):
        from dnnvis.jobs import distributed  # lazy: the help text must not cost seconds
        from dnnvis.reproduce.beyond.report import write_results
        from dnnvis.reproduce.beyond.rows import BeyondConfig, parse_beyond_rows
        from dnnvis.reproduce.beyond.runner import reproduce
        from dnnvis.reproduce.common import ReproductionProgress, check_folder

        config = BeyondConfig(
            seeds=tuple(range(seeds)),
            work=work or user_data_folder() / "reproduce" / "beyond",
            out=output,
            rows=parse_beyond_rows(rows),
            examples=examples,
            most=most,
        )
        check_folder(output)
        options.set_threads(1)
        interval = ReportInterval(REPORT_INTERVAL_SECONDS)

        def report(progress: ReproductionProgress) -> None:
            if not progress.now or not interval.is_due():
                return
            if json_:
                line = {"words": progress.message, "done": round(progress.done, 3)}
                options.print_json_line(line | {"total": progress.total})
            else:
                typer.echo(f"{progress.done:.2f} of {progress.total}: {progress.message}", err=True)

        with catch_interrupts() as interrupt:
            result = reproduce(config, processes, report, interrupt.is_set, warn)
            if distributed.get_rank() == 0:
                write_results(config)
        if distributed.get_rank() == 0:
            runs = len(config.rows) * len(config.seeds)
            sentences = [f"{len(result.records)} of {runs} runs have a record."]
            if result.left:
                sentences.append(f"{result.left} are left: the same command goes on.")
            sentences.append(f"The report: {config.report_path}")
            print_summary(result, sentences, config.report_path, json_)
        end_command(result, interrupt)
