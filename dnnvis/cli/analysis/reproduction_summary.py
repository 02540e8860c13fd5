"""How a reproduction ends: what it did in sentences or as a JSON line, and the exit status."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import Interrupt

if TYPE_CHECKING:
    from dnnvis.reproduce.common import Outcome


def warn(message: str) -> None:
    """Print a problem to standard error."""
    typer.echo(f"dnnvis: {message}", err=True)


def print_summary(
    result: "Outcome[Any]", sentences: Sequence[str], report: Path, as_json: bool
) -> None:
    """Print what a reproduction did, and every problem.

    Args:
        result: Its records, problems, and steps that are left.
        sentences: What is said of them.
        report: The report that was written.
        as_json: Print one JSON object instead of sentences.
    """
    for problem in result.problems:
        warn(problem)
    if not as_json:
        typer.echo("\n".join(sentences))
        return
    options.print_json_line(
        {
            "words": " ".join(sentences),
            "records": len(result.records),
            "left": result.left,
            "problems": result.problems,
            "stopped": result.stopped,
            "report": str(report),
        }
    )


def end_command(result: "Outcome[Any]", interrupt: Interrupt) -> None:
    """Exit with a status of its own where the reproduction was stopped, or had problems."""
    if result.stopped:
        raise typer.Exit(interrupt.exit_status or 130)
    if result.problems:
        raise typer.Exit(1)
