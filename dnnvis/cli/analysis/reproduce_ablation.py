"""Run ``dnnvis reproduce ablation``: accuracy by the share of units that are off."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dnnvis.cli import options
from dnnvis.cli.analysis.reproduction_summary import end_command, print_summary, warn
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.core.progress import ReportInterval

if TYPE_CHECKING:
    from dnnvis.reproduce.ablation.runner import AblationConfig, CurveRecord
    from dnnvis.reproduce.common import Outcome

REPORT_INTERVAL_SECONDS = 0.5  # between two lines


def ablation(
    output: Annotated[Path, typer.Option("-o", help="A folder for records, table, figure.")],
    data: Annotated[Path, typer.Option(help="The folder with MNIST and cifar10-jpg.tar.")],
    seeds: Annotated[int, typer.Option(min=1, help="Random orders: seeds 0, 1, ...")] = 3,
    nets: Annotated[str, typer.Option(help="Of these networks, or one.")] = "net1,net2",
    pictures: Annotated[
        int, typer.Option(min=1, help="Training pictures of the sweep, and test pictures.")
    ] = 1000,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Accuracy of Net1 and Net2 as units are switched off at random, and in a sweep's order.

    Goes on where it was stopped; what a record in -o holds is not done again.
    """
    with options.report_errors(debug):
        from dnnvis.reproduce.ablation.report import write_results
        from dnnvis.reproduce.ablation.runner import AblationConfig, reproduce
        from dnnvis.reproduce.common import ReproductionProgress, check_folder

        config = AblationConfig(
            data,
            tuple(name.strip() for name in nets.split(",") if name.strip()),
            pictures,
            seeds=tuple(range(seeds)),
            work=output,
            out=output,
        )
        check_folder(output)
        options.set_threads(1)
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
            result = reproduce(config, report, interrupt.is_set, warn)
            write_results(config)
        print_summary(result, _describe(config, result), config.report_path, json_)
        end_command(result, interrupt)


def _describe(config: "AblationConfig", result: "Outcome[CurveRecord]") -> list[str]:
    left = [f"{result.left} curves are left: the same command goes on."] if result.left else []
    return [*left, f"{len(result.records)} curves; the report: {config.report_path}"]
