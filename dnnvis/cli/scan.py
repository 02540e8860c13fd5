"""Run ``dnnvis scan``: a network looks through a data set, and its library remembers."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.interrupts import catch_interrupts
from dnnvis.cli.table import TIME_LEFT, open_progress_bar
from dnnvis.core.errors import BadInput
from dnnvis.core.progress import ReportInterval

if TYPE_CHECKING:
    from dnnvis.library.scan.scan import Report, ScanProgress, ScanSummary
    from dnnvis.network.network import Network

MAX_NAMED_UNREADABLE = 3  # unreadable pictures that are named at the end
REPORT_INTERVAL_SECONDS = 0.2  # seconds between two JSON lines

Data = Annotated[
    Path,
    typer.Option(
        help="A folder of pictures (one per class, too), a film, MNIST's, a tar file, or demo."
    ),
]
Layers = Annotated[
    list[str] | None, typer.Option(help="Layers, with commas or repeated; all of them unless said.")
]


@options.network_options
def scan(
    net_options: options.NetworkOptions,
    net: options.Net,
    data: Data,
    layers: Layers = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Pictures kept at each end.")] = 9,
    batch: Annotated[
        int, typer.Option(min=0, help="Pictures at once, 0 = by the size of the maps.")
    ] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Decoding threads, 0 = spare cores.")] = 0,
    limit: Annotated[int, typer.Option(min=0, help="At most so many, evenly spread; 0 = all.")] = 0,
    every: Annotated[int, typer.Option(min=1, help="Of a film, each so many frames.")] = 1,
    again: Annotated[bool, typer.Option("--again", help="Forget what was known of this data.")] = (
        False
    ),
    library: Annotated[
        Path | None, typer.Option(help="The library's file; else where such libraries lie.")
    ] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Find the pictures that excite each unit of NET most and least, and keep them.

    A scan that was stopped, or killed, goes on where it was with the same command. Under
    torchrun the pictures are split over the processes.
    """
    with options.report_errors(debug), catch_interrupts() as interrupt:
        set_process_threads(net_options.threads)
        from dnnvis.jobs import distributed
        from dnnvis.library.scan.scan import scan as scan_data
        from dnnvis.library.store.preprocessing import choose_scan_library

        is_main_process = distributed.get_rank() == 0
        if is_main_process and json_:
            _print_line("Opening the network ...", 0, 0, None)
        network = net_options.open(net)
        if is_main_process:
            _print_notes(network, layers)
        with _open_reporter(is_main_process, json_) as report:
            result = scan_data(
                network,
                find_data(data),
                library or choose_scan_library(network),
                layers=parse_layer_names(layers),
                k=k,
                batch=batch or None,
                workers=workers or None,
                limit=limit or None,
                every=every,
                again=again,
                report=report,
                stop=interrupt.event,
            )
        if is_main_process:
            _print_result(result, json_)
        if interrupt.is_set():
            raise typer.Exit(interrupt.exit_status)


def find_data(data: Path) -> Path:
    """Return where the pictures are: ``demo`` names those of the demo, written the first time."""
    if str(data) != "demo" or data.exists():
        return data
    from dnnvis.core.paths import user_data_folder
    from dnnvis.sources.demo import write_frames

    folder = user_data_folder() / "demo"
    if not folder.is_dir():
        write_frames(folder)
    return folder


def _print_notes(network: "Network", layers: list[str] | None) -> None:
    """Say on standard error what the numbers of a scan depend on."""
    table = network.table
    for note in table.notes:
        print(note, file=sys.stderr)
    if table.rare and layers is None:
        print(
            f"Left out, for they do not run on every picture: {', '.join(table.rare)} "
            "(--layers takes them in).",
            file=sys.stderr,
        )


def set_process_threads(threads: int) -> None:
    """Set threads as ``options.set_threads``, but share cores between torchrun's processes.

    Those are the cores of one machine.
    """
    import os

    process_count = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    cores = max(1, (os.cpu_count() or 1) // process_count)
    options.set_threads(threads or max(1, cores - 1))


def parse_layer_names(layers: list[str] | None) -> list[str] | None:
    """List the names in texts with commas; None for None. Raises BadInput for texts without any."""
    if layers is None:
        return None
    names = [name.strip() for text in layers for name in text.split(",") if name.strip()]
    if not names:
        raise BadInput("Say which layers: --layers conv1,conv2 (`dnnvis layers NET` lists them).")
    return names


@contextmanager
def _open_reporter(is_main_process: bool, as_json: bool) -> "Iterator[Report | None]":
    if not is_main_process:
        yield None
    elif as_json:
        yield _json_reporter()
    else:
        with _progress_bar() as report:
            yield report


def _json_reporter() -> "Report":
    """Print a JSON object a line, some a second."""
    interval = ReportInterval(REPORT_INTERVAL_SECONDS)

    def report(progress: "ScanProgress") -> None:
        if not interval.is_due(force=progress.done >= progress.total):
            return
        message = "Scanning ..."
        if progress.skipped:
            message = f"Scanning ... ({progress.skipped} could not be read)"
        _print_line(message, progress.done, progress.total, progress.seconds_left)

    return report


def _print_line(
    message: str, done: int, total: int, seconds_left: float | None, extra: Any = ()
) -> None:
    seconds_left = None if seconds_left is None else round(seconds_left, 1)
    record = {"words": message, "done": done, "total": total, "seconds_left": seconds_left}
    options.print_json_line({**dict(extra), **record})


@contextmanager
def _progress_bar() -> "Iterator[Report]":
    """Show a progress bar with the time that is left."""
    columns = ("{task.completed}/{task.total}", TIME_LEFT, "{task.fields[skipped]}")
    with open_progress_bar(*columns) as bar:
        task = bar.add_task("Scanning", total=None, skipped="")

        def report(progress: "ScanProgress") -> None:
            bar.start()  # not before: an error said before it comes alone
            skipped = f"{progress.skipped} unreadable" if progress.skipped else ""
            bar.update(task, completed=progress.done, total=progress.total, skipped=skipped)

        yield report


def _print_result(result: "ScanSummary", as_json: bool) -> None:
    if not as_json:
        print("\n".join(_summary_sentences(result)))
        return
    message, known = " ".join(_summary_sentences(result)), result.total - result.left
    _print_line(message, known, result.total, None, asdict(result))


def _summary_sentences(result: "ScanSummary") -> Iterator[str]:
    if not result.layers:
        yield f"All asked of {result.source} was known already (--again scans it anew)."
    else:
        rate = result.seen / max(result.seconds, 1e-9)
        yield (
            f"Saw {_pluralize(result.seen, 'picture')} of {result.source} "
            f"in {result.seconds:.1f} s ({rate:.0f}/s), "
            f"in {_pluralize(len(result.layers), 'layer')}."
        )
    if result.skipped:
        first = ", ".join(list(result.skipped)[:MAX_NAMED_UNREADABLE])
        ellipsis = " ..." if len(result.skipped) > MAX_NAMED_UNREADABLE else ""
        yield f"{_pluralize(len(result.skipped), 'picture')} could not be read: {first}{ellipsis}"
    yield from result.notes
    if result.left:
        yield f"Stopped; {_pluralize(result.left, 'picture')} are left: the same command goes on."
    yield f"The library: {result.library}"


def _pluralize(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
