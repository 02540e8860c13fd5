"""Run ``dnnvis concepts``: what a layer uses over a data set."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.cli.scan import Data, find_data
from dnnvis.cli.table import TIME_LEFT, open_progress_bar, show_table
from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.progress import ReportInterval

if TYPE_CHECKING:
    from collections.abc import Callable

    from dnnvis.core.concepts.concepts import ConceptSet
    from dnnvis.lenses.concepts.job import ConceptProgress

REPORT_INTERVAL_SECONDS = 0.5  # between two JSON lines
TILE_PIXELS = 112


@options.network_options
def concepts(
    net_options: options.NetworkOptions,
    net: options.Net,
    data: Data,
    layer: Annotated[str, typer.Option(help="The layer.")],
    k: Annotated[int, typer.Option("-k", min=1, help="Number of concepts, up to 60.")] = 10,
    target: Annotated[
        str | None,
        typer.Option(
            help="The unit that importance is for, as output[3]; else the commonest class."
        ),
    ] = None,
    by: Annotated[
        Literal["sobol", "drop"],
        typer.Option(help="Importance: total Sobol index, or drop of the class."),
    ] = "sobol",
    limit: Annotated[int, typer.Option(min=0, help="At most so many, evenly spread; 0 = all.")] = 0,
    positions: Annotated[
        int, typer.Option(min=1, help="Positions of each picture that are taken, at most.")
    ] = 8,
    measured: Annotated[
        int, typer.Option(min=1, help="Pictures that importance is measured on, at most.")
    ] = 16,
    design: Annotated[
        int, typer.Option(min=2, help="Points of the Sobol design, a power of two.")
    ] = 16,
    estimator: Annotated[
        Literal["jansen", "janon"], typer.Option(help="Estimator of total Sobol indices.")
    ] = "jansen",
    preset: Annotated[
        str, typer.Option(help="Preset of the concepts' pictures; none grows none.")
    ] = "live",
    every: Annotated[int, typer.Option(min=1, help="Of a film, each so many frames.")] = 1,
    seed: Annotated[int, typer.Option(help="Of positions and pictures.")] = 0,
    again: Annotated[bool, typer.Option("--again", help="Forget what is known.")] = False,
    output: Annotated[Path | None, typer.Option("-o", help="A sheet of them, OUT.png.")] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Find the concepts that a layer of NET uses over a data set, and keep them.

    Activations of some positions of each picture are factored (CRAFT, Fel et al. 2023). The
    concepts are units from then on, such as conv4.concepts~[0]. What was stopped, or killed,
    goes on with the same command.
    """
    with options.report_errors(debug), catch_interrupts() as interrupt:
        if output is not None and output.suffix.lower() != ".png":
            raise BadInput("Say where the sheet goes: -o OUT.png.")
        options.set_threads(net_options.threads)
        from dnnvis.lenses.ascent.presets import PRESETS
        from dnnvis.lenses.concepts.job import ConceptOptions, find_concepts
        from dnnvis.sources.datasets import open_data

        if preset not in (*PRESETS, "none"):
            raise BadInput(f"There is no preset '{preset}'; there are none, {', '.join(PRESETS)}.")
        network = net_options.open(net)
        settings = ConceptOptions(
            layer,
            k,
            limit or None,
            positions,
            by,
            target or "",
            measured,
            design,
            estimator,
            "" if preset == "none" else preset,
            seed,
        )
        with (
            closing(open_data(find_data(data), every)) as dataset,
            _open_reporter(json_) as report,
        ):
            try:
                result = find_concepts(
                    network,
                    dataset,
                    settings,
                    again=again,
                    report=report,
                    stop=interrupt.event,
                )
            except Cancelled as error:
                if not interrupt.is_set():
                    raise
                _print_stopped(str(error), json_)
                raise typer.Exit(interrupt.exit_status) from None
        if output is not None:
            _write(result, output)
        if json_:
            options.print_json_line(to_record(result, output))
            return
        _print(result)
        if output is not None:
            print(output)


@contextmanager
def _open_reporter(as_json: bool) -> "Iterator[Callable[[ConceptProgress], None]]":
    if as_json:
        interval = ReportInterval(REPORT_INTERVAL_SECONDS)

        def report_line(progress: "ConceptProgress") -> None:
            if interval.is_due(force=progress.done == 0):
                options.print_json_line(_progress_record(progress))

        yield report_line
        return
    with open_progress_bar("{task.completed}/{task.total}", TIME_LEFT) as bar:
        task = bar.add_task("Concepts", total=None)

        def report(progress: "ConceptProgress") -> None:
            bar.start()
            title = progress.stage.capitalize()
            bar.update(
                task, description=title, completed=progress.done, total=progress.total or None
            )

        yield report


def _progress_record(progress: "ConceptProgress") -> dict[str, Any]:
    return {
        "words": f"{progress.stage.capitalize()} ...",
        "done": progress.done,
        "total": progress.total,
        "seconds_left": None,
    }


def _print_stopped(message: str, as_json: bool) -> None:
    if as_json:
        options.print_json_line({"words": message, "done": 0, "total": 0, "seconds_left": None})
    else:
        print(message)


def to_record(result: "ConceptSet", output: Path | None) -> dict[str, Any]:
    """Return concepts as ``--json`` prints them."""
    return {
        "layer": result.layer,
        "target": result.target,
        "measure": result.measure,
        "explained": round(result.explained, 6),
        "pictures": result.pictures,
        "measured": result.measured,
        "caption": result.caption,
        "concepts": [
            {
                "unit": str(each.unit),
                "share": round(each.share, 6),
                "importance": {name: round(v, 6) for name, v in each.importance.items()},
                "has_picture": each.picture is not None,
                "examples": [
                    {"where": one.where, "value": round(one.value, 6)} for one in each.examples
                ],
            }
            for each in result.concepts
        ],
        "output": None if output is None else str(output),
    }


def _print(result: "ConceptSet") -> None:
    names = {"sobol": "total Sobol index", "drop": "drop"}
    measures = [name for name in names if any(name in each.importance for each in result.concepts)]
    rows = [
        (
            str(each.unit),
            *(f"{each.importance[name]:+.3f}" for name in measures),
            f"{100 * each.share:.1f} %",
            each.examples[0].where if each.examples else "",
        )
        for each in result.concepts
    ]
    show_table(("concept", *(names[name] for name in measures), "energy", "strongest in"), rows)
    print(f"{result.message or result.caption}.")


def _write(result: "ConceptSet", output: Path) -> None:
    """Write a row a concept: its picture, and the crops in which it is strongest."""
    import numpy as np

    from dnnvis.imaging.colorize import to_three_channels
    from dnnvis.imaging.contact_sheet import PAPER_GRAY, arrange_tiles
    from dnnvis.imaging.sheet_labels import label_tile
    from dnnvis.imaging.shrink_pixels import resize_pixels
    from dnnvis.lenses.recipe_files import save_png

    columns = 1 + max((len(each.examples) for each in result.concepts), default=0)
    blank = np.full((TILE_PIXELS, TILE_PIXELS, 3), PAPER_GRAY, np.uint8)
    tiles = []
    for each in result.concepts:
        value = each.importance.get(result.measure)
        text = "" if value is None else f"{result.measure} {value:+.3f}"
        pictures = [blank if each.picture is None else each.picture]
        pictures += [one.pixels for one in each.examples]
        labels = [f"{each.unit}\n{text}", *(f"{one.value:.3g}" for one in each.examples)]
        while len(pictures) < columns:
            pictures.append(blank)
            labels.append("")
        for picture, label in zip(pictures, labels, strict=True):
            pixels = resize_pixels(to_three_channels(picture), TILE_PIXELS, TILE_PIXELS)
            tiles.append(label_tile(pixels, label, TILE_PIXELS))
    save_png(output, arrange_tiles(tiles, columns), result.recipe | {"lens": "concepts"})
