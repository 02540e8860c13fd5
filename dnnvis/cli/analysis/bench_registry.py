"""Make commands of ``dnnvis bench`` of functions that yield figures."""

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any

import typer

from dnnvis.cli import options

app = typer.Typer(no_args_is_help=True, help="Measure speed against bare references.")

DespiteLoad = Annotated[bool, typer.Option("--despite-load", help="Measure on a busy machine.")]


@dataclass(frozen=True)
class BenchRun:
    """What a bench is given beside its own options.

    Attributes:
        load: processors that others used just before, 0.0 where the bench does not ask.
        log: says a row as soon as it is known.
    """

    load: float
    log: Callable[[str], None]


def register(
    *, name: str | None = None, window: bool = False, quiet: bool = True
) -> Callable[[Callable[..., Iterator[dict[str, Any]]]], Callable[..., None]]:
    """Make a command of ``dnnvis bench`` of a function that yields figures.

    Its first parameter is a BenchRun, the others are the command's options; --despite-load (where
    ``quiet``), --json and --debug come after them.

    Args:
        name: the command's name; None is the function's.
        window: it opens a window, in memory where there is no screen.
        quiet: it refuses a busy machine.
    """

    def decorate(measure: Callable[..., Iterator[dict[str, Any]]]) -> Callable[..., None]:
        own = list(inspect.signature(measure).parameters.values())[1:]
        signature = inspect.Signature([*own, *_shared_options(quiet)])

        @wraps(measure)
        def command(**chosen: Any) -> None:
            as_json, debug = chosen.pop("json_"), chosen.pop("debug")
            despite_load = chosen.pop("despite_load", False)
            with options.report_errors(debug):
                if window:
                    _ensure_display()
                run = BenchRun(
                    _measure_load(despite_load) if quiet else 0.0,
                    (lambda message: print(message, file=sys.stderr)) if as_json else print,
                )
                for figures in measure(run, **chosen):
                    _print_figures(figures, as_json)

        command.__signature__ = signature  # type: ignore[attr-defined]
        command.__annotations__ = {
            each.name: each.annotation for each in signature.parameters.values()
        }
        app.command(name=name)(command)
        return command

    return decorate


def _shared_options(quiet: bool) -> list[inspect.Parameter]:
    kinds = {"despite_load": DespiteLoad} if quiet else {}
    kinds |= {"json_": options.Json, "debug": options.Debug}
    return [
        inspect.Parameter(
            name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False, annotation=kind
        )
        for name, kind in kinds.items()
    ]


def _measure_load(despite_load: bool) -> float:
    from dnnvis.bench.system_load import measure_other_load, require_quiet

    return measure_other_load() if despite_load else require_quiet()


def _ensure_display() -> None:
    """Without a screen, Qt draws into memory."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _print_figures(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures), flush=True)
        return
    for name, value in figures.items():
        if isinstance(value, dict):  # median, worst, asked ...
            value = ", ".join(f"{key} {number}" for key, number in value.items())
        if not isinstance(value, list):  # rows were told one by one
            print(f"{name:>20}  {value}")
