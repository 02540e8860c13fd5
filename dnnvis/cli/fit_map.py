"""Run ``dnnvis fit-map``: map a network's whole hidden state on a data set to two dimensions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.cli.map_table import figure_rows
from dnnvis.cli.scan import REPORT_INTERVAL_SECONDS, parse_layer_names, set_process_threads
from dnnvis.cli.table import TIME_LEFT, open_progress_bar, show_table
from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.progress import Eta, ReportInterval

if TYPE_CHECKING:
    from dnnvis.introspect.fit import FitProgress, Report
    from dnnvis.introspect.map import Map

MAX_PREVIEW_POINTS = 400  # of a preview
STOPPED_MESSAGE = "Stopped; what is done is kept: the same command goes on."


@options.network_options
def fit_map(
    net_options: options.NetworkOptions,
    net: options.Net,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A folder of pictures (one per class, too), MNIST's, a tar file, a "
            "film; a network of boards needs none."
        ),
    ] = None,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            help="Layers, with commas or repeated; else the hidden states, or the dense "
            "activation layers, or all activation layers."
        ),
    ] = None,
    how: Annotated[
        str, typer.Option(help="Of layers that are maps: auto (their mean), whole, mean, random.")
    ] = "auto",
    limit: Annotated[int, typer.Option(min=0, help="At most so many, evenly spread; 0 = all.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives another map.")] = 0,
    steps: Annotated[
        int,
        typer.Option(
            min=0,
            help="Steps of the autoencoder and of the estimators, 0 = by the number of examples.",
        ),
    ] = 0,
    no_record: Annotated[
        bool, typer.Option("--no-record", help="Without the record of its learning.")
    ] = False,
    umap: Annotated[bool, typer.Option("--umap", help="UMAP beside it, if installed.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Forget what is half done.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", help="FILE.map.safetensors; else where the window looks for it."),
    ] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Fit the activation map of NET (Pardo et al. 2019), and measure how far to trust it.

    A fit that was stopped, or killed, goes on where it was with the same command. Under torchrun
    the pictures are split over the processes.
    """
    with options.report_errors(debug), catch_interrupts() as interrupt:
        set_process_threads(net_options.threads)
        _check_output(output)
        from dnnvis.introspect.fit import FitConfig
        from dnnvis.introspect.projections import check_umap
        from dnnvis.jobs import distributed
        from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_data
        from dnnvis.lenses.activation_map.storage import map_path

        if umap:
            check_umap()
        is_main_process = distributed.get_rank() == 0
        if is_main_process and json_:
            _print_line("Opening the network ...")
        network = net_options.open(net)
        names = parse_layer_names(layers)
        fit_options = MapFitOptions(
            "" if data is None else str(data),
            None if names is None else tuple(names),
            how,
            limit,
            not no_record,
            again,
            FitConfig(seed, vae_steps=steps, error_steps=steps, umap=umap),
        )
        try:
            with _open_reporter(is_main_process, json_) as report:
                fitted_map = fit_data(network, fit_options, report, interrupt.event, output=output)
        except Cancelled:
            if is_main_process:
                _print_line(STOPPED_MESSAGE) if json_ else print(STOPPED_MESSAGE)
            raise typer.Exit(interrupt.exit_status or 1) from None
        if fitted_map is not None:
            _print_result(fitted_map, output or map_path(network.fingerprint), json_)


def _check_output(output: Path | None) -> None:
    if output is not None and output.is_dir():
        raise BadInput(f"{output} is a folder; give a file: -o NAME.map.safetensors.")


@contextmanager
def _open_reporter(is_main_process: bool, as_json: bool) -> "Iterator[Report]":
    if not is_main_process:
        yield lambda progress: None
    elif as_json:
        yield _json_reporter()
    else:
        with _progress_bar() as report:
            yield report


def _json_reporter() -> "Report":
    """Print a JSON object a line, some a second.

    Also all that begin or end a stage, or have a preview.
    """
    eta, interval = Eta(), ReportInterval(REPORT_INTERVAL_SECONDS)

    def report(progress: "FitProgress") -> None:
        done, total = progress.done, progress.total
        seconds_left = eta.estimate(done, total, progress.message)
        is_notable = eta.is_stage_start or done >= total or progress.preview is not None
        if not interval.is_due(force=is_notable):
            return
        extra = {} if progress.preview is None else {"preview": preview_points(progress)}
        _print_line(progress.message, done, total, seconds_left, **extra)

    return report


def preview_points(progress: "FitProgress") -> list[list[float]]:
    """List [x, y, class] of at most ``MAX_PREVIEW_POINTS`` of a preview's dots, evenly taken.

    Class -1 = none.
    """
    z, labels = progress.preview, progress.labels
    assert z is not None
    class_ids = [-1] * len(z) if labels is None else labels.tolist()
    rows = range(0, len(z), max(1, -(-len(z) // MAX_PREVIEW_POINTS)))
    return [[*(round(float(v), 2) for v in z[k]), class_ids[k]] for k in rows]


def _print_line(
    message: str, done: int = 0, total: int = 0, seconds_left: float | None = None, **extra: Any
) -> None:
    seconds_left = None if seconds_left is None else round(seconds_left, 1)
    options.print_json_line(
        {**extra, "words": message, "done": done, "total": total, "seconds_left": seconds_left}
    )


@contextmanager
def _progress_bar() -> "Iterator[Report]":
    """Show a progress bar for each stage, with the time that it still takes."""
    with open_progress_bar("{task.completed}/{task.total}", TIME_LEFT) as bar:
        tasks: dict[str, Any] = {}

        def report(progress: "FitProgress") -> None:
            bar.start()  # not before: an error said before it comes alone
            if progress.message not in tasks:
                for task in tasks.values():
                    bar.update(task, completed=bar.tasks[task].total)
                tasks[progress.message] = bar.add_task(progress.message, total=progress.total)
            bar.update(tasks[progress.message], completed=progress.done, total=progress.total)

        yield report


def _print_result(fitted_map: "Map", path: Path, as_json: bool) -> None:
    sentence = _summary_sentence(fitted_map)
    if as_json:
        figures = json.loads(json.dumps(fitted_map.figures), parse_constant=lambda name: None)
        _print_line(
            sentence, 1, 1, None, map=str(path), figures=figures, notes=list(fitted_map.notes)
        )
        return
    show_table(("figure", "value"), figure_rows(_summary_figures(fitted_map)))
    for note in fitted_map.notes:
        print(note)
    print(sentence)
    print(f"The map: {path}")


def _summary_sentence(fitted_map: "Map") -> str:
    """Say the main figures in one sentence."""
    figures = _summary_figures(fitted_map)
    parts = [f"{len(fitted_map.z):,} places, {fitted_map.columns_.width:,} units"]
    for name, template in (
        ("kNN15", "15 neighbours say the class of {:.1%}"),
        ("auroc 2d", "AUROC of the expected error {:.3f}"),
        ("auroc 1-max", "of 1 - max {:.3f}"),
    ):
        if figures.get(name) is not None:
            parts.append(template.format(figures[name]))
    return f"Fitted: {', '.join(parts)}."


def _summary_figures(fitted_map: "Map") -> dict[str, Any]:
    from dnnvis.lenses.activation_map.labels import meaningful_figures

    return meaningful_figures(fitted_map.figures, fitted_map.labels[~fitted_map.examples.test])
