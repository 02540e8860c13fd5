"""What every command that takes NET also takes, and how errors leave the program."""

import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.engine.plan import NetworkChoice

Net = Annotated[str, typer.Argument(help="A name, file.py:factory, package:factory, checkpoint.")]
CheckpointOption = Annotated[Path | None, typer.Option(help="Weights to put into NET.")]
Weights = Annotated[str | None, typer.Option(help="random or pretrained.")]
Size = Annotated[str | None, typer.Option(help="Input size: 224 or 480x640 (H x W).")]
Mean = Annotated[str | None, typer.Option(help="Mean per channel for pixels in [0, 1].")]
Std = Annotated[str | None, typer.Option(help="Standard deviation per channel.")]
Labels = Annotated[Path | None, typer.Option(help="A text file with one class a line.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, mps ...")]
Threads = Annotated[int, typer.Option(min=0, help="Processor threads, 0 = all but one.")]
Trust = Annotated[bool, typer.Option("--trust-code", help="Run NET's own Python file.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def print_json_line(record: dict[str, Any]) -> None:
    """One JSON object on a line of its own, in one write: the processes of torchrun share an
    output."""
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


@contextmanager
def report_errors(debug: bool = False) -> Iterator[None]:
    """An error within becomes one sentence on standard error and exit status 2."""
    try:
        yield
    except (typer.Exit, BrokenPipeError):
        raise
    except Exception as error:
        if debug:
            traceback.print_exc()
        message = str(error)
        if not isinstance(error, DnnvisError):
            message = f"{type(error).__name__}: {message} (--debug shows where.)"
        print("dnnvis:", " ".join(message.split()), file=sys.stderr)
        raise typer.Exit(2) from None


def collect_open_options(
    checkpoint: Path | None,
    weights: str | None,
    size: str | None,
    mean: str | None,
    std: str | None,
    labels: Path | None,
    device: str,
    trust_code: bool,
) -> dict[str, Any]:
    """The keyword arguments of ``dnnvis.open``."""
    return {
        "checkpoint": None if checkpoint is None else str(checkpoint),
        "weights": weights,
        "size": size,
        "mean": mean,
        "std": std,
        "labels": None if labels is None else str(labels),
        "device": device,
        "trust_code": trust_code,
    }


def set_threads(threads: int) -> None:
    """Torch's own threads for this process."""
    import os

    import torch  # lazy: the help text must not cost two seconds

    torch.set_num_threads(threads or max(1, (os.cpu_count() or 2) - 1))


def build_network_choice(net: str | None, open_options: dict[str, Any]) -> NetworkChoice | None:
    """What the window is to open; None where nothing was said. Raises BadInput."""
    stated = {
        name: value for name, value in open_options.items() if value not in (None, False, "cpu")
    }
    if net is None and not stated:
        return None
    if net is None and "checkpoint" not in stated:
        raise BadInput("Say which network with --net.")
    if net is None:
        return NetworkChoice(net=str(stated.pop("checkpoint")), **stated)
    return NetworkChoice(net=net, **stated)
