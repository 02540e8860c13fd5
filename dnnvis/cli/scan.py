"""``dnnvis scan``: a network looks through a data set, and its library remembers."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.core.errors import BadInput

if TYPE_CHECKING:
    from dnnvis.library.scan.scan import Report, Scanned, Standing

NAMED = 3  # unreadable pictures that are named at the end
APART = 0.2  # seconds between two JSON lines
ENDED = {signal.SIGINT: 130, signal.SIGTERM: 143}  # what a shell expects

Data = Annotated[
    Path,
    typer.Option(help="A folder of pictures (one per class, too), a film, MNIST's or a tar file."),
]
Layers = Annotated[
    list[str] | None, typer.Option(help="Layers, with commas or repeated; all of them unless said.")
]


def scan(
    net: given.Net,
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
    checkpoint: given.CheckpointOption = None,
    weights: given.Weights = None,
    size: given.Size = None,
    mean: given.Mean = None,
    std: given.Std = None,
    labels: given.Labels = None,
    device: given.Device = "cpu",
    threads: given.Threads = 0,
    trust_code: given.Trust = False,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Find the pictures that excite each unit of NET most and least, and keep them.

    A scan that was stopped, or killed, goes on where it was with the same command. Under
    torchrun the pictures are split over the processes.
    """
    with given.plainly(debug), _stopping() as stop:
        share_threads(threads)
        import dnnvis  # lazy: the help text must not cost seconds
        from dnnvis.jobs import distributed
        from dnnvis.library.scan.scan import scan as look_through
        from dnnvis.library.store.library import library_path

        shown = distributed.rank() == 0
        if shown and json_:
            _line("Opening the network ...", 0, 0, None)
        wishes = given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code)
        network = dnnvis.open(net, **wishes)
        with _reporting(shown, json_) as report:
            found = look_through(
                network, data, library or library_path(network.fingerprint),
                layers=layer_names(layers), k=k, batch=batch or None, workers=workers or None,
                limit=limit or None, every=every, again=again, report=report, stop=stop.event,
            )  # fmt: skip
        if shown:
            _tell(found, json_)
        if stop.signal is not None:
            raise typer.Exit(ENDED[stop.signal])


def share_threads(threads: int) -> None:
    """As ``options.set_threads``, but processes of torchrun on one machine share its cores."""
    import os

    beside = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    cores = max(1, (os.cpu_count() or 1) // beside)
    given.set_threads(threads or max(1, cores - 1))


def layer_names(layers: list[str] | None) -> list[str] | None:
    """The names in texts with commas; None for None. Raises BadInput for texts without any."""
    if layers is None:
        return None
    names = [name.strip() for text in layers for name in text.split(",") if name.strip()]
    if not names:
        raise BadInput("Say which layers: --layers conv1,conv2 (`dnnvis layers NET` lists them).")
    return names


# ---- being stopped ---------------------------------------------------------------------


class _Stop:
    """Set by the first Ctrl-C or SIGTERM; a second Ctrl-C ends the program at once."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.signal: signal.Signals | None = None

    def hear(self, number: int, frame: Any) -> None:
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = signal.Signals(number)
        self.event.set()


@contextmanager
def _stopping() -> Iterator[_Stop]:
    stop = _Stop()
    if threading.current_thread() is not threading.main_thread():  # where signals cannot be heard
        yield stop
        return
    before = {number: signal.signal(number, stop.hear) for number in ENDED}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# ---- what is said ----------------------------------------------------------------------


@contextmanager
def _reporting(shown: bool, as_json: bool) -> "Iterator[Report | None]":
    if not shown:
        yield None
    elif as_json:
        yield _lines()
    else:
        with _bar() as report:
            yield report


def _lines() -> "Report":
    """A JSON object a line, some a second."""
    last = 0.0

    def report(standing: "Standing") -> None:
        nonlocal last
        now = time.monotonic()
        if standing.done < standing.total and now - last < APART:
            return
        last = now
        words = "Scanning ..."
        if standing.skipped:
            words = f"Scanning ... ({standing.skipped} could not be read)"
        _line(words, standing.done, standing.total, standing.seconds_left)

    return report


def _line(words: str, done: int, total: int, left: float | None, more: Any = ()) -> None:
    left = None if left is None else round(left, 1)
    row = {"words": words, "done": done, "total": total, "seconds_left": left}
    given.say_line({**dict(more), **row})


@contextmanager
def _bar() -> "Iterator[Report]":
    """A progress bar with the time that is left."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[skipped]}"),
    )
    bar = Progress(*columns)
    task = bar.add_task("Scanning", total=None, skipped="")

    def report(standing: "Standing") -> None:
        bar.start()  # not before: an error said before it comes alone
        skipped = f"{standing.skipped} unreadable" if standing.skipped else ""
        bar.update(task, completed=standing.done, total=standing.total, skipped=skipped)

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()


def _tell(found: "Scanned", as_json: bool) -> None:
    if not as_json:
        print("\n".join(_sentences(found)))
        return
    words, known = " ".join(_sentences(found)), found.total - found.left
    _line(words, known, found.total, None, asdict(found))


def _sentences(found: "Scanned") -> Iterator[str]:
    if not found.layers:
        yield f"All asked of {found.source} was known already (--again scans it anew)."
    else:
        rate = found.seen / max(found.seconds, 1e-9)
        yield (
            f"Saw {_many(found.seen, 'picture')} of {found.source} in {found.seconds:.1f} s "
            f"({rate:.0f}/s), in {_many(len(found.layers), 'layer')}."
        )
    if found.skipped:
        first = ", ".join(list(found.skipped)[:NAMED])
        more = " ..." if len(found.skipped) > NAMED else ""
        yield f"{_many(len(found.skipped), 'picture')} could not be read: {first}{more}"
    if found.left:
        yield f"Stopped; {_many(found.left, 'picture')} are left: the same command goes on."
    yield f"The library: {found.library}"


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
