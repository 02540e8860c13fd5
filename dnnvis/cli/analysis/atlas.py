"""Run ``dnnvis atlas``: what a layer's activations look like over a data set, laid out."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.cli.scan import Data, find_data, set_process_threads
from dnnvis.cli.table import TIME_LEFT, open_progress_bar
from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.progress import Eta, ReportInterval

if TYPE_CHECKING:
    from dnnvis.introspect.atlas.atlas import Atlas
    from dnnvis.lenses.atlas.building import AtlasProgress, Report
    from dnnvis.network.network import Network

REPORT_INTERVAL_SECONDS = 0.5  # between two JSON lines
STOPPED_MESSAGE = "Stopped; what is done is kept: the same command goes on."


@options.network_options
def atlas(
    net_options: options.NetworkOptions,
    net: options.Net,
    data: Data,
    layer: Annotated[str, typer.Option(help="The layer whose activations are laid out.")],
    grid: Annotated[
        str, typer.Option(help="Cells along a side; several with commas are zoom levels.")
    ] = "20",
    layout: Annotated[
        Literal["map", "pca", "umap"],
        typer.Option(help="map: an InfoVAE map fitted on the activations; umap if installed."),
    ] = "map",
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class", help="A class that cells are attributed to, may be repeated; else all."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="At most so many pictures, evenly spread; 0 = all.")
    ] = 0,
    per_picture: Annotated[
        int, typer.Option(min=0, help="Positions a picture, 0 = as the grid needs.")
    ] = 0,
    min_members: Annotated[
        int, typer.Option(min=1, help="Activations without which a cell stays empty.")
    ] = 5,
    steps: Annotated[int, typer.Option(min=0, help="Steps of each picture, 0 = 64.")] = 0,
    side: Annotated[
        int, typer.Option(min=0, help="Side of each picture, 0 = by the receptive field.")
    ] = 0,
    power: Annotated[
        float, typer.Option(min=0, max=8, help="Power of the cosine in the objective.")
    ] = 2.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives another atlas.")] = 0,
    again: Annotated[bool, typer.Option("--again", help="Forget what was done.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", help="PAGE.html: the atlas as a page of its own.")
    ] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Lay the activations of a layer of NET out, and draw what each region asks for.

    An activation atlas (Carter et al. 2019). What was stopped, or killed, goes on where it was
    with the same command; under torchrun the work is split over the processes.
    """
    with options.report_errors(debug), catch_interrupts() as interrupt:
        set_process_threads(net_options.threads)
        _check_output(output)
        from dnnvis.jobs import distributed
        from dnnvis.lenses.atlas.building import build_atlas
        from dnnvis.lenses.atlas.options import AtlasOptions

        is_main_process = distributed.get_rank() == 0
        if is_main_process and json_:
            _print_line("Opening the network ...")
        network = net_options.open(net)
        path = find_data(data)
        atlas_options = AtlasOptions(
            layer,
            str(path),
            layout,
            parse_grids(grid),
            tuple(classes or ()),
            limit,
            per_picture,
            min_members,
            steps,
            side,
            power,
            seed=seed,
            again=again,
        )
        try:
            with _open_reporter(is_main_process, json_) as report:
                result = build_atlas(network, atlas_options, None, report, interrupt.event)
        except Cancelled:
            if is_main_process:
                _print_line(STOPPED_MESSAGE) if json_ else print(STOPPED_MESSAGE)
            raise typer.Exit(interrupt.exit_status or 1) from None
        if result is not None:
            if output is not None:
                _write_page(result, network, path, output)
            _print_result(result, output, json_)


def parse_grids(text: str) -> tuple[int, ...]:
    """Return the zoom levels in a text such as ``10,20``; raise BadInput for another one."""
    try:
        grids = tuple(dict.fromkeys(int(part) for part in text.split(",") if part.strip()))
    except ValueError:
        raise BadInput(f"A grid is a number such as 20, or 10,20,40; not '{text}'.") from None
    return tuple(sorted(grids))


def _check_output(output: Path | None) -> None:
    if output is not None and output.is_dir():
        raise BadInput(f"{output} is a folder; give a file: -o NAME.html.")
    if output is not None and not output.parent.is_dir():
        raise BadInput(f"There is no folder {output.parent}; make it, or name another file.")


def _write_page(result: "Atlas", network: "Network", data: Path, output: Path) -> None:
    from dnnvis.lenses.atlas.page import write_atlas_page
    from dnnvis.sources.datasets import open_data

    with closing(open_data(data)) as dataset:
        write_atlas_page(result, output, network, dataset)


@contextmanager
def _open_reporter(is_main_process: bool, as_json: bool) -> "Iterator[Report]":
    if not is_main_process:
        yield lambda progress: None
        return
    if as_json:
        yield _json_reporter()
        return
    with open_progress_bar("{task.completed}/{task.total}", TIME_LEFT) as bar:
        tasks: dict[str, Any] = {}

        def report(progress: "AtlasProgress") -> None:
            bar.start()  # not before: an error said before it comes alone
            if progress.message not in tasks:
                tasks[progress.message] = bar.add_task(progress.message, total=progress.total)
            bar.update(tasks[progress.message], completed=progress.done, total=progress.total)

        yield report


def _json_reporter() -> "Report":
    """Print a JSON object a line, some a second, and all that begin or end a stage."""
    eta, interval = Eta(), ReportInterval(REPORT_INTERVAL_SECONDS)

    def report(progress: "AtlasProgress") -> None:
        left = eta.estimate(progress.done, progress.total, progress.message)
        is_notable = eta.is_stage_start or progress.done >= progress.total
        if interval.is_due(force=is_notable):
            _print_line(progress.message, progress.done, progress.total, left)

    return report


def _print_line(
    message: str, done: int = 0, total: int = 0, left: float | None = None, **extra: Any
) -> None:
    left = None if left is None else round(left, 1)
    options.print_json_line(
        {**extra, "words": message, "done": done, "total": total, "seconds_left": left}
    )


def _print_result(result: "Atlas", output: Path | None, as_json: bool) -> None:
    sentence = " ".join(_summary_sentences(result))
    if as_json:
        extra = {
            "figures": result.figures,
            "notes": list(result.notes),
            "page": None if output is None else str(output),
        }
        _print_line(sentence, 1, 1, None, **extra)
        return
    print(sentence)
    for note in result.notes:
        print(note)
    if output is not None:
        print(f"The page: {output}")


def _summary_sentences(result: "Atlas") -> Iterator[str]:
    yield f"{len(result.points):,} activations of {result.layer} laid out ({result.layout})."
    for level in result.levels:
        yield (
            f"{level.grid} x {level.grid}: {len(level.cells)} cells, of which "
            f"{level.recognized.mean():.0%} are nearest to their own picture."
        )
