"""Run ``dnnvis reproduce atlas-attack``: patches that an activation atlas names."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.core.progress import ReportInterval

if TYPE_CHECKING:
    from dnnvis.reproduce.atlas_attack.runner import AtlasAttackConfig, AttackRecord
    from dnnvis.reproduce.common import Outcome

REPORT_INTERVAL_SECONDS = 0.5  # between two lines


def atlas_attack(
    output: Annotated[Path, typer.Option("-o", help="A folder for records, table, figure.")],
    data: Annotated[Path, typer.Option(help="The folder with cifar10-jpg.tar.")],
    layer: Annotated[str, typer.Option(help="The layer of Net2 whose atlas names patches.")] = (
        "elu5"
    ),
    layout: Annotated[
        Literal["map", "pca", "umap"], typer.Option(help="How the atlas is laid out.")
    ] = "pca",
    atlas_pictures: Annotated[
        int, typer.Option(min=100, help="Training pictures of the atlas.")
    ] = 5000,
    pictures: Annotated[
        int, typer.Option(min=1, help="Test pictures of each attacked class, at most.")
    ] = 600,
    pair: Annotated[
        list[str] | None,
        typer.Option(help="Attacked class:class aimed at, cat:dog; repeatable. Else five pairs."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of positions, spots and noise.")] = 0,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """How often patches that an atlas of Net2 names flip its answer, against two controls.

    Goes on where it was stopped; what a record in -o holds is not done again.
    """
    with options.report_errors(debug):
        from dnnvis.reproduce.atlas_attack.report import write_results
        from dnnvis.reproduce.atlas_attack.runner import (
            PAIRS,
            AtlasAttackConfig,
            parse_pair,
            reproduce,
        )
        from dnnvis.reproduce.common import ReproductionProgress, check_folder

        config = AtlasAttackConfig(
            data,
            layer,
            atlas_pictures,
            layout=layout,
            pictures=pictures,
            pairs=tuple(dict.fromkeys(map(parse_pair, pair))) if pair else PAIRS,
            seeds=(seed,),
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
    config: "AtlasAttackConfig", result: "Outcome[AttackRecord]", as_json: bool
) -> None:
    from dnnvis.reproduce.atlas_attack.report import describe_verdict

    sentences = [describe_verdict(result.records), f"The report: {config.report_path}"]
    if result.left:
        sentences.insert(0, f"{result.left} counts are left: the same command goes on.")
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
