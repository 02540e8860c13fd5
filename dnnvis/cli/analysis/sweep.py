"""Run ``dnnvis sweep``: each unit of a layer is switched off in turn."""

import math
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.cli.scan import Data, find_data
from dnnvis.cli.table import TIME_LEFT, open_progress_bar, show_table
from dnnvis.core.progress import Eta, ReportInterval

if TYPE_CHECKING:
    from dnnvis.lenses.ablation.sweep import Sweep
    from dnnvis.lenses.ablation.sweep_data import Report, SweepProgress, SweptData
    from dnnvis.network.network import Network

REPORT_INTERVAL_SECONDS = 0.5  # between two JSON lines
EFFECT_DIGITS = 7  # after the point, of the numbers in a line
SHOWN_UNITS = 10  # at each end of the table
MAX_NAMED_UNREADABLE = 3


@options.network_options
def sweep(
    net_options: options.NetworkOptions,
    net: options.Net,
    data: Data,
    layer: Annotated[str, typer.Option(help="The layer whose units are switched off.")],
    unit: Annotated[
        str | None, typer.Option(help="Measure the mean of this unit, as output[3]; else accuracy.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="At most so many pictures, evenly spread; 0 = all.")
    ] = 256,
    set_to: Annotated[
        Literal["zero", "mean"],
        typer.Option(help="What an off unit is: zero, or its mean on the first pictures."),
    ] = "zero",
    again: Annotated[bool, typer.Option("--again", help="Forget what is known.")] = False,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Switch each unit of a layer of NET off in turn, and say which matter most.

    The effect is the change of the accuracy where the data's labels are NET's classes, else of
    the agreement with its own answers. What was done is in a file, which the end names; a sweep
    that was stopped, or killed, goes on from it with the same command.
    """
    with options.report_errors(debug), catch_interrupts() as interrupt:
        options.set_threads(net_options.threads)
        from dnnvis.core.unit import Unit
        from dnnvis.lenses.ablation.sweep_data import sweep_data
        from dnnvis.sources.datasets import open_data

        if json_:
            options.print_json_line(_progress_record("Opening the network ...", 0, 0, None))
        network = net_options.open(net)
        with (
            closing(open_data(find_data(data))) as dataset,
            _open_reporter(network, json_) as report,
        ):
            result = sweep_data(
                network,
                layer,
                dataset,
                unit=Unit.parse(unit) if unit else None,
                limit=limit or None,
                clamped_to=set_to,
                again=again,
                report=report,
                should_stop=interrupt.is_set,
            )
        _print_result(network, result, layer, json_)
        if interrupt.is_set():
            raise typer.Exit(interrupt.exit_status)


@contextmanager
def _open_reporter(network: "Network", as_json: bool) -> "Iterator[Report]":
    if as_json:
        yield _json_reporter(network)
        return
    columns = ("{task.completed}/{task.total} passes", TIME_LEFT, "{task.fields[pictures]}")
    with open_progress_bar(*columns) as bar:
        task = bar.add_task("Sweeping", total=None, pictures="")

        def report(progress: "SweepProgress") -> None:
            bar.start()  # not before: an error said before it comes alone
            pictures = f"{progress.pictures} of {progress.total} pictures done"
            bar.update(
                task,
                completed=progress.done,
                total=progress.passes_total,
                pictures=pictures,
            )

        yield report


def _json_reporter(network: "Network") -> "Report":
    """Print a JSON object a line, one where a batch ends and some a second.

    Each has the sweep so far.
    """
    interval, eta = ReportInterval(REPORT_INTERVAL_SECONDS), Eta()
    pictures = -1

    def report(progress: "SweepProgress") -> None:
        nonlocal pictures
        left = eta.estimate(progress.done, progress.passes_total)
        if not interval.is_due(force=progress.pictures != pictures):
            return
        pictures = progress.pictures
        line = _progress_record("Sweeping ...", progress.done, progress.passes_total, left)
        options.print_json_line(line | {"sweep": to_record(network, progress.sweep)})

    return report


def _progress_record(
    message: str, done: int, total: int, seconds_left: float | None
) -> dict[str, Any]:
    left = None if seconds_left is None else round(seconds_left, 1)
    return {"words": message, "done": done, "total": total, "seconds_left": left}


def to_record(network: "Network", sweep: "Sweep | None") -> dict[str, Any] | None:
    """Return a sweep as JSON has it: numbers of the units in the order of their channels."""
    if sweep is None:
        return None
    return {
        "network": network.name,
        "layer": sweep.layer,
        "measure": sweep.measure,
        "set_to": sweep.clamped_to,
        "baseline": _round(sweep.baseline),
        "pictures": sweep.pictures,
        "effects": [_round(value) for value in sweep.effects.tolist()],
        "fired": [_round(value) for value in sweep.fired.tolist()],
    }


def _round(value: float) -> float | None:
    """Return a number with few digits; None for NaN and infinity, which JSON does not have."""
    return round(value, EFFECT_DIGITS) if math.isfinite(value) else None


def _print_result(network: "Network", result: "SweptData", layer: str, as_json: bool) -> None:
    sentences = list(_summary_sentences(result))
    if as_json:
        done = result.total - result.left
        line = _progress_record(" ".join(sentences), done, result.total, None)
        extra = {
            "sweep": to_record(network, result.sweep),
            "file": str(result.path),
            "left": result.left,
            "unreadable": result.unreadable,
            "unlabeled": result.unlabeled,
            "notes": list(result.notes),
        }
        options.print_json_line(extra | line)
        return
    if result.sweep is not None:
        show_table(
            ("unit", "effect when off", "fires on"), list(_iterate_rows(layer, result.sweep))
        )
    print("\n".join((*sentences, f"The file: {result.path}")))


def _iterate_rows(layer: str, sweep: "Sweep") -> Iterator[tuple[str, str, str]]:
    """Yield the units whose loss hurts most, and those whose loss helps most."""
    order = sweep.order()
    first, last = order[:SHOWN_UNITS], order[SHOWN_UNITS:][-SHOWN_UNITS:]
    for part in (first, last):
        for k in part:
            effect = format_effect(float(sweep.effects[k]), sweep.measure)
            yield f"{layer}[{k}]", effect, f"{100 * sweep.fired[k]:.0f} %"
        if part is first and len(order) > 2 * SHOWN_UNITS:
            yield "...", "", ""


def format_effect(effect: float, measure: str) -> str:
    """Return an effect with its sign: in percentage points, or in the measured unit's scale."""
    if measure in ("accuracy", "agreement"):
        return f"{100 * effect:+.2f} points"
    return f"{effect:+.4g}"


def _summary_sentences(result: "SweptData") -> Iterator[str]:
    sweep = result.sweep
    if sweep is None:
        yield "Stopped before the first pictures were done; nothing is known yet."
        return
    if sweep.measure in ("accuracy", "agreement"):
        value = f"{100 * sweep.baseline:.2f} %"
    else:
        value = f"{sweep.baseline:.4g}"
    off = "0" if sweep.clamped_to == "zero" else "its mean over the first pictures"
    yield (
        f"{sweep.measure} {value} with all units on, over {_pluralize(sweep.pictures, 'picture')}; "
        f"a unit that is off is set to {off}; "
        f"{sweep.passes:,} passes, {sweep.skipped:,} not needed (the unit was 0)."
    )
    if sweep.is_whole:
        yield "The part before the layer could not be stored: every pass ran the whole network."
    if result.unlabeled:
        yield f"{_pluralize(result.unlabeled, 'picture')} of no class of the network left out."
    if result.unreadable:
        named = ", ".join(list(result.unreadable)[:MAX_NAMED_UNREADABLE])
        more = " ..." if len(result.unreadable) > MAX_NAMED_UNREADABLE else ""
        yield f"{_pluralize(len(result.unreadable), 'picture')} could not be read: {named}{more}"
    yield from result.notes
    if result.left:
        yield f"Stopped; {_pluralize(result.left, 'picture')} are left: the same command goes on."


def _pluralize(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
