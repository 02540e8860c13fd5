"""Run ``dnnvis render``: what every unit of a layer wants to see, into the library."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.cli.look import parse_settings
from dnnvis.cli.table import open_progress_bar
from dnnvis.core.errors import BadInput
from dnnvis.core.formatting import format_duration

if TYPE_CHECKING:
    from dnnvis.core.objective import Objective
    from dnnvis.lenses.ascent.render import RenderedPicture, RenderProgress, RenderSummary, Report
    from dnnvis.network.network import Network

MAX_NAMED_FAILURES = 6  # failed goals that are named


@options.network_options
def render(
    net_options: options.NetworkOptions,
    net: options.Net,
    layer: Annotated[list[str] | None, typer.Option(help="All its units; may be repeated.")] = None,
    units: Annotated[str | None, typer.Option(help="Only these of each layer: 0-31,40.")] = None,
    goal: Annotated[
        list[str] | None, typer.Option(help='Such as "0.5*conv4[1] + conv4[2]"; repeatable.')
    ] = None,
    preset: Annotated[str, typer.Option(help="default, live, fine, maco ...")] = "default",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the preset, name=value.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Each unit starts from this seed.")] = 0,
    image: Annotated[Path | None, typer.Option(help="Where a preset starts from a frame.")] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Pictures at once; tried out if not said.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what is in the library.")] = False,
    library: Annotated[Path | None, typer.Option(help="Its file, if not NET's own.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", help="A folder for PNGs, with recipes.")
    ] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Render what units of NET want to see, many at once, into its library.

    Goes on where it was stopped. `torchrun --nproc-per-node N -m dnnvis render ...` splits the
    units over N processes.
    """
    with options.report_errors(debug):
        if not layer and not goal:
            raise BadInput("Say which --layer or --goal; `dnnvis layers NET` lists the layers.")
        if units is not None and not layer:
            raise BadInput("--units are those of a layer; say which --layer.")
        if image is not None and not image.is_file():
            raise BadInput(f"There is no picture {image}.")
        if json_ and not os.environ.get("RANK", "0").strip("0"):
            options.print_json_line({"words": "Opening the network ..."})
        from dnnvis.lenses.ascent.render import render as render_objectives
        from dnnvis.lenses.ascent.render_resume import RenderConfig
        from dnnvis.lenses.catalog import get_lens
        from dnnvis.lenses.lens import params_for

        settings = {"preset": preset, "seed": seed, **parse_settings("ascent", set_)}
        params = params_for(get_lens("ascent"), settings)
        options.set_threads(net_options.threads or _threads_per_process())
        network = net_options.open(net)
        objectives = tuple(_parse_objectives(network, layer or [], units, goal or []))
        config = RenderConfig(objectives, params, image, batch, again)
        folder = None if output is None else _create_folder(output)
        description = f"Rendering {_describe_targets(layer or [], goal or [])} ({params.preset})"
        with catch_interrupts() as interrupt, _open_reporter(description, json_) as report_progress:
            report = (
                report_progress if folder is None else _saving_reporter(folder, report_progress)
            )
            result = render_objectives(
                network, config, library, report=report, stop=interrupt.is_set
            )
        if folder is not None and _is_main_process():
            _save_known_pictures(network, result, folder)
        if _is_main_process():
            _print_summary(result, description, json_)
        if result.stopped:
            raise typer.Exit(interrupt.exit_status or 1)


def _parse_objectives(
    network: "Network", layers: Sequence[str], units: str | None, objectives: Sequence[str]
) -> "Iterator[Objective]":
    """List the units of each layer, then the goals.

    A layer is ``conv5``, or ``conv5#2`` for its third call.
    """
    from dnnvis.core.objective import Objective, Term

    for text in layers:
        name, call = _split_call(network, text)
        if call and not re.fullmatch(r"-?\d+", call):
            raise BadInput(f"'{call}' is no call of {name}; write {name}#2.")
        row = network.layer(name)
        name, count = row.name, row.shape[0]
        for channel in range(count) if units is None else parse_unit_numbers(units):
            term = Term(name, channel, None, int(call or -1))
            network.check(term.unit)
            yield Objective((term,))
    for text in objectives:
        yield Objective.parse(text, network.table.names)


def _split_call(network: "Network", text: str) -> tuple[str, str]:
    """Split ``conv5#2`` into name and call, "" where none is named."""
    if network.table.find(text) is not None:
        return text, ""
    name, mark, call = text.rpartition("#")
    return (name, call) if mark else (text, "")


def parse_unit_numbers(text: str) -> list[int]:
    """Read ``0-3,7`` as [0, 1, 2, 3, 7]; raise BadInput for any other text."""
    unit_numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", part)
        if match is None:
            raise BadInput(f"Write units as 0-31,40, not '{text}'.")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first > 1_000_000:
            raise BadInput(f"Write units as 0-31,40; '{part.strip()}' is no range of them.")
        unit_numbers.update(range(first, last + 1))
    return sorted(unit_numbers)


def _describe_targets(layers: Sequence[str], objectives: Sequence[str]) -> str:
    others = (
        [objectives[0]]
        if len(objectives) == 1
        else [f"{len(objectives)} goals"]
        if objectives
        else []
    )
    return ", ".join([*layers, *others])


def _threads_per_process() -> int:
    """Share a machine's cores among its processes under torchrun; 0 when alone."""
    local_processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, (os.cpu_count() or 2) // local_processes) if local_processes > 1 else 0


def _is_main_process() -> bool:
    """Tell whether this is the process that speaks for all."""
    from dnnvis.jobs.distributed import get_rank

    return get_rank() == 0


@contextmanager
def _open_reporter(description: str, as_json: bool) -> "Iterator[Report]":
    """Say how far the work is."""
    from dnnvis.jobs.distributed import get_rank, get_world_size

    if as_json:
        yield _json_reporter(description, {} if get_world_size() == 1 else {"rank": get_rank()})
    elif get_rank():
        yield lambda progress, picture: None
    else:
        suffix = "" if get_world_size() == 1 else f", this process's share of {get_world_size()}"
        with _progress_bar(description + suffix) as report:
            yield report


def _json_reporter(description: str, extra: dict[str, Any]) -> "Report":
    """Print a JSON object a line: how far it is, and each finished picture."""

    def report(progress: "RenderProgress", picture: "RenderedPicture | None") -> None:
        line: dict[str, Any] = {
            "words": description,
            "done": progress.done,
            "total": progress.total,
            "seconds_left": _round_seconds(progress.seconds_left),
            "failed": progress.failed,
            **extra,
        }
        if picture is not None:
            metrics = picture.measures
            line |= {
                "unit": str(picture.objective),
                "objective": metrics.value,
                "ratio": metrics.ratio,
                "natural": metrics.natural,
                "high_frequency": metrics.high_frequency,
                "variation": metrics.variation,
            }
        options.print_json_line(line)

    return report


def _round_seconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


@contextmanager
def _progress_bar(description: str) -> "Iterator[Report]":
    """Show a progress bar with the time that is left, as the render knows it."""
    from rich.markup import escape

    with open_progress_bar("{task.completed}/{task.total}", "{task.fields[left]}") as bar:
        task = bar.add_task(escape(description), total=None, left="")

        def report(progress: "RenderProgress", picture: "RenderedPicture | None") -> None:
            seconds_left = progress.seconds_left
            time_left = (
                ""
                if seconds_left is None or not progress.growing
                else f"{format_duration(seconds_left)} left"
            )
            bar.update(task, completed=progress.done, total=progress.total, left=time_left)
            bar.start()

        yield report


def _create_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"The folder {folder} cannot be made: {error.strerror}.") from None
    return folder


def file_name(objective: str) -> str:
    """Name a file ``conv4[3].png``, and for sums what a file may be called."""
    return re.sub(r"[^\w.\[\]@#+,-]+", "_", objective.replace(" ", "").replace("*", "x")) + ".png"


def _saving_reporter(folder: Path, report_progress: "Report") -> "Report":
    """Save each finished picture as a PNG too."""

    def report(progress: "RenderProgress", picture: "RenderedPicture | None") -> None:
        if picture is not None:
            _save_picture(folder, str(picture.objective), picture.values, picture.recipe)
        report_progress(progress, picture)

    return report


def _save_picture(folder: Path, objective: str, values: Any, recipe: dict[str, Any]) -> None:
    from dnnvis.imaging.colorize import values_to_rgb
    from dnnvis.lenses.recipe_files import save_png

    save_png(folder / file_name(objective), values_to_rgb(values, "rgb")[0], recipe)


def _save_known_pictures(network: "Network", result: "RenderSummary", folder: Path) -> None:
    """Save the pictures that were in the library before."""
    from dnnvis.library.store.library import open_library

    if not result.known:
        return
    with open_library(network, result.library, create=False) as library:
        for number in result.known.values():
            picture = library.picture(number)
            _save_picture(
                folder, picture.objective, picture.pixels.astype("float32") / 255, picture.recipe
            )


def _print_summary(result: "RenderSummary", description: str, as_json: bool) -> None:
    sentences = list(_summary_sentences(result))
    if not as_json:
        print("\n".join(sentences))
        return
    finished = result.rendered + len(result.known) + sum(map(len, result.failed.values()))
    line = {
        "words": " ".join(sentences),
        "done": finished,
        "total": finished + result.left,
        "seconds_left": None if result.left else 0.0,
        "made": result.rendered,
        "known": len(result.known),
        "failed": {reason: list(objectives) for reason, objectives in result.failed.items()},
        "seconds": round(result.seconds, 3),
        "stopped": result.stopped,
        "library": result.library,
    }
    options.print_json_line(line)


def _summary_sentences(result: "RenderSummary") -> Iterator[str]:
    if result.stopped:
        yield f"Stopped; {result.left} were left to do: the same command goes on from here."
    per_picture = f", {result.seconds / result.rendered:.2g} s each" if result.rendered else ""
    duration = format_duration(result.seconds)
    yield f"{_count_pictures(result.rendered)} made in {duration}{per_picture}."
    if result.known:
        yield f"{_count_pictures(len(result.known))} of these settings had been made before."
    for reason, objectives in result.failed.items():
        others = (
            ""
            if len(objectives) <= MAX_NAMED_FAILURES
            else f" and {len(objectives) - MAX_NAMED_FAILURES} more"
        )
        named = ", ".join(objectives[:MAX_NAMED_FAILURES])
        yield f"{len(objectives)} could not be made ({named}{others}): {reason}"
    yield f"They lie in the library {result.library}."


def _count_pictures(count: int) -> str:
    return f"{count:,} picture" + ("" if count == 1 else "s")
