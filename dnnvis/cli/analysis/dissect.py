"""Run ``dnnvis dissect``: each unit is named by the concept that it detects."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.cli.scan import parse_layer_names, set_process_threads
from dnnvis.cli.table import TIME_LEFT, open_progress_bar, show_table
from dnnvis.core.formatting import format_percent
from dnnvis.core.progress import Progress, ReportInterval

if TYPE_CHECKING:
    from dnnvis.core.probing.dissection import DissectedLayer
    from dnnvis.lenses.dissection.dissection import Dissection
    from dnnvis.library.dissection.dissect import Report

REPORT_INTERVAL_SECONDS = 0.5  # between two JSON lines
MAX_NAMED_UNREADABLE = 3
MAX_NAMED_CONCEPTS = 4  # in a row of the table over all layers
SCORE_DIGITS = 4  # after the point, of the scores in a JSON line


@options.network_options
def dissect(
    net_options: options.NetworkOptions,
    net: options.Net,
    concepts: Annotated[
        str,
        typer.Option(
            help="made (or made:SEED), a folder with images and masks, labelme's JSON files, or a "
            "folder a class."
        ),
    ] = "made",
    layer: Annotated[
        list[str] | None, typer.Option(help="Only these layers; commas, or repeated.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="At most so many pictures, evenly spread; 0 = all.")
    ] = 0,
    pictures: Annotated[int, typer.Option(min=1, help="How many are made, of made concepts.")] = (
        1000
    ),
    points: Annotated[
        int, typer.Option(min=0, help="Points a side that are compared; 0 = as many as needed.")
    ] = 0,
    upsample: Annotated[
        bool,
        typer.Option("--upsample", help="Bring maps to the pixels, as Bau et al.; slower."),
    ] = False,
    control: Annotated[
        bool, typer.Option("--control/--no-control", help="Beside it, with shuffled weights.")
    ] = True,
    again: Annotated[bool, typer.Option("--again", help="Forget what is known.")] = False,
    batch: Annotated[int, typer.Option(min=0, help="Pictures at once, 0 = chosen.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Decoding threads, 0 = spare cores.")] = 0,
    library: Annotated[
        Path | None, typer.Option(help="The library's file, instead of the network's own.")
    ] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Name the units of NET by the concepts that they detect (network dissection).

    A unit has the name of its best concept where the two overlap by 4 % or more (IoU), beside the
    same for shuffled weights. The names are kept in NET's library, where the window finds them. A
    run that was stopped, or killed, goes on with the same command; torchrun splits the pictures.
    """
    with options.report_errors(debug), catch_interrupts() as interrupt:
        set_process_threads(net_options.threads)
        from dnnvis.jobs import distributed
        from dnnvis.lenses.dissection.dissection import dissect_network
        from dnnvis.library.dissection.dissect import DissectionOptions
        from dnnvis.library.store.library import own_library_path
        from dnnvis.sources.concepts.opening import open_concepts

        is_main_process = distributed.get_rank() == 0
        if is_main_process and json_:
            options.print_json_line(_progress_record(Progress("Opening the network ...")))
        network = net_options.open(net)
        card = network.card
        names = parse_layer_names(layer)
        chosen = DissectionOptions(
            None if names is None else tuple(names),
            limit or None,
            points or None,
            upsample,
            batch or None,
            workers or None,
        )
        with (
            closing(
                open_concepts(
                    concepts,
                    card.size,
                    channels=card.channels,
                    boards=card.binary,
                    pictures=pictures,
                )
            ) as data,
            _open_reporter(is_main_process, json_) as report,
        ):
            result = dissect_network(
                network,
                data,
                library or own_library_path(network),
                chosen,
                control=control,
                again=again,
                report=report,
                stop=interrupt.event,
            )
        if is_main_process:
            _print_result(network.name, result, json_)
        if interrupt.is_set():
            raise typer.Exit(interrupt.exit_status)


@contextmanager
def _open_reporter(is_main_process: bool, as_json: bool) -> "Iterator[Report | None]":
    if not is_main_process:
        yield None
        return
    if as_json:
        interval = ReportInterval(REPORT_INTERVAL_SECONDS)

        def report_json(progress: Progress) -> None:
            if interval.is_due(force=progress.done >= progress.total):
                options.print_json_line(_progress_record(progress))

        yield report_json
        return
    columns = ("{task.completed}/{task.total}", TIME_LEFT)
    with open_progress_bar(*columns) as bar:
        task = bar.add_task("Dissecting", total=None)

        def report(progress: Progress) -> None:
            bar.start()  # not before: an error said before it comes alone
            bar.update(
                task,
                description=progress.message,
                completed=progress.done,
                total=progress.total,
            )

        yield report


def _progress_record(progress: Progress) -> dict[str, Any]:
    left = progress.seconds_left
    return {
        "words": progress.message,
        "done": progress.done,
        "total": progress.total,
        "seconds_left": None if left is None else round(left, 1),
    }


def _print_result(network: str, result: "Dissection", as_json: bool) -> None:
    sentences = list(_summary_sentences(result))
    if as_json:
        options.print_json_line(
            {
                "network": network,
                "layers": [_to_record(layer, result) for layer in result.layers],
                "left": result.left,
                "unreadable": result.skipped,
                "notes": list(result.notes),
                "library": result.library,
                "words": " ".join(sentences),
                "done": result.total - result.left,
                "total": result.total,
                "seconds_left": None,
            }
        )
        return
    if len(result.layers) == 1:
        (layer,) = result.layers
        show_table(
            ("concept", "units", "control", "best unit", layer.measure),
            list(_iterate_concepts(layer, result.control_of(layer.layer))),
        )
    elif result.layers:
        show_table(
            ("layer", "units", "with a name", "control", "most frequent"),
            [_describe_layer(layer, result.control_of(layer.layer)) for layer in result.layers],
        )
    print("\n".join(sentences))


def _iterate_concepts(
    layer: "DissectedLayer", control: "DissectedLayer | None"
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield a row for each concept that any unit has, or any of the control."""
    groups = layer.count_by_concept()
    others = {} if control is None else control.count_by_concept()
    scores = layer.best_scores
    for concept in dict.fromkeys((*groups, *others)):
        channels = groups[concept].tolist() if concept in groups else []
        best = f"{layer.layer}[{channels[0]}]" if channels else ""
        score = f"{scores[channels[0]]:.3f}" if channels else ""
        in_control = "" if control is None else str(len(others.get(concept, ())))
        yield concept, str(len(channels)), in_control, best, score


def _describe_layer(
    layer: "DissectedLayer", control: "DissectedLayer | None"
) -> tuple[str, str, str, str, str]:
    groups = layer.count_by_concept()
    frequent = ", ".join(
        f"{concept} {len(channels)}"
        for concept, channels in list(groups.items())[:MAX_NAMED_CONCEPTS]
    )
    mark = "" if layer.measure == "iou" else " (AUROC)"
    own = format_percent(layer.has_name.mean()) + mark
    other = "" if control is None else format_percent(control.has_name.mean())
    return layer.layer, str(len(layer.scores)), own, other, frequent


def _to_record(layer: "DissectedLayer", result: "Dissection") -> dict[str, Any]:
    """Return a layer as JSON has it; units without a name are left out."""
    control = result.control_of(layer.layer)
    scores = layer.best_scores
    return {
        "layer": layer.layer,
        "measure": layer.measure,
        "units": len(layer.scores),
        "fire": int(layer.fires.sum()),
        "named": int(layer.has_name.sum()),
        "control_named": None if control is None else int(control.has_name.sum()),
        "control_fire": None if control is None else int(control.fires.sum()),
        "names": {
            str(k): [layer.name(k), round(float(scores[k]), SCORE_DIGITS)]
            for k in range(len(scores))
            if layer.name(k)
        },
        "concepts": {name: len(units) for name, units in layer.count_by_concept().items()},
        "control_concepts": None
        if control is None
        else {name: len(units) for name, units in control.count_by_concept().items()},
        "pictures": layer.pictures,
        "points": layer.points,
        "notes": list(layer.notes),
    }


def _summary_sentences(result: "Dissection") -> Iterator[str]:
    if not result.layers:
        yield "Stopped before all pictures were seen; no unit has a name yet."
    elif result.seen:
        rate = result.seen / max(result.seconds, 1e-9)
        kind = "with the control" if result.control else "without a control"
        yield (
            f"Saw {_pluralize(result.seen, 'picture')} {kind} in {result.seconds:.1f} s "
            f"({rate:.0f}/s), in {_pluralize(len(result.layers), 'layer')}."
        )
    else:
        yield "All asked was known already (--again dissects anew)."
    silent = sum(int((~layer.fires).sum()) for layer in result.layers)
    if silent:
        yield f"{_pluralize(silent, 'unit')} never fired, so nothing is said of them."
    silent = sum(int((~layer.fires).sum()) for layer in result.control)
    if silent:
        yield f"Of the control {_pluralize(silent, 'unit')} never fired."
    unreadable = result.skipped or {}
    if unreadable:
        first = ", ".join(list(unreadable)[:MAX_NAMED_UNREADABLE])
        ellipsis = " ..." if len(unreadable) > MAX_NAMED_UNREADABLE else ""
        yield f"{_pluralize(len(unreadable), 'picture')} could not be read: {first}{ellipsis}"
    yield from result.notes
    yield from dict.fromkeys(note for layer in result.layers for note in layer.notes)
    if result.left:
        yield f"Stopped; {_pluralize(result.left, 'picture')} are left: the same command goes on."
    if result.library:
        yield f"The library: {result.library}"


def _pluralize(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
