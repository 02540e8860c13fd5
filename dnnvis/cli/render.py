"""``dnnvis render``: what every unit of a layer wants to see, into the library."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.cli.interrupts import listening
from dnnvis.cli.look import settings_of
from dnnvis.core.errors import BadInput

if TYPE_CHECKING:
    from dnnvis.core.objective import Goal
    from dnnvis.lenses.ascent.render import Made, Rendered, Report, Standing
    from dnnvis.network.network import Network

NAMED = 6  # failed goals that are named


def render(
    net: given.Net,
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
    """Render what units of NET want to see, many at once, into its library.

    Goes on where it was stopped. `torchrun --nproc-per-node N -m dnnvis render ...` splits the
    units over N processes.
    """
    with given.plainly(debug):
        if not layer and not goal:
            raise BadInput("Say which --layer or --goal; `dnnvis layers NET` lists the layers.")
        if units is not None and not layer:
            raise BadInput("--units are those of a layer; say which --layer.")
        if image is not None and not image.is_file():
            raise BadInput(f"There is no picture {image}.")
        if json_ and not os.environ.get("RANK", "0").strip("0"):
            given.say_line({"words": "Opening the network ..."})
        import dnnvis
        from dnnvis.lenses.ascent.render import render as work
        from dnnvis.lenses.ascent.render_resume import Order
        from dnnvis.lenses.catalog import lens_named
        from dnnvis.lenses.lens import params_for

        wishes = {"preset": preset, "seed": seed, **settings_of("ascent", set_)}
        params = params_for(lens_named("ascent"), wishes)
        given.set_threads(threads or _share_of_threads())
        network = dnnvis.open(
            net,
            **given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code),
        )
        goals = tuple(_goals(network, layer or [], units, goal or []))
        order = Order(goals, params, image, batch, again)
        folder = None if output is None else _made_folder(output)
        words = f"Rendering {_what(layer or [], goal or [])} ({params.preset})"
        with listening() as ending, _told(words, json_) as tell:
            report = tell if folder is None else _writing(folder, tell)
            done = work(network, order, library, report=report, stop=ending.asked)
        if folder is not None and _first():
            _write_known(network, done, folder)
        if _first():
            _summary(done, words, json_)
        if done.stopped:
            raise typer.Exit(ending.status or 1)


# ---- what is asked for -------------------------------------------------------------------


def _goals(
    network: "Network", layers: Sequence[str], units: str | None, goals: Sequence[str]
) -> "Iterator[Goal]":
    """The units of each layer (``conv5``, or ``conv5#2`` for its third call), then the goals."""
    from dnnvis.core.objective import Goal, Term

    for text in layers:
        name, _, call = text.partition("#")
        if call and not re.fullmatch(r"-?\d+", call):
            raise BadInput(f"'{call}' is no call of {name}; write {name}#2.")
        count = network.layer(name).shape[0]
        for channel in range(count) if units is None else numbers(units):
            term = Term(name, channel, None, int(call or -1))
            network.check(term.unit)
            yield Goal((term,))
    for text in goals:
        yield Goal.parse(text)


def numbers(text: str) -> list[int]:
    """``0-3,7`` as [0, 1, 2, 3, 7]; raises BadInput for any other text."""
    found: set[int] = set()
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", part)
        if ends is None:
            raise BadInput(f"Write units as 0-31,40, not '{text}'.")
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if last < first or last - first > 1_000_000:
            raise BadInput(f"Write units as 0-31,40; '{part.strip()}' is no range of them.")
        found.update(range(first, last + 1))
    return sorted(found)


def _what(layers: Sequence[str], goals: Sequence[str]) -> str:
    more = [goals[0]] if len(goals) == 1 else [f"{len(goals)} goals"] if goals else []
    return ", ".join([*layers, *more])


def _share_of_threads() -> int:
    """Under torchrun the processes of a machine share its cores; 0 when alone."""
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, (os.cpu_count() or 2) // local) if local > 1 else 0


def _first() -> bool:
    """Whether this is the process that speaks for all."""
    from dnnvis.jobs.distributed import rank

    return rank() == 0


# ---- what is told meanwhile --------------------------------------------------------------


@contextmanager
def _told(words: str, as_json: bool) -> "Iterator[Report]":
    """Says how far the work is."""
    from dnnvis.jobs.distributed import rank, world

    if as_json:
        yield _lines(words, {} if world() == 1 else {"rank": rank()})
    elif rank():
        yield lambda standing, made: None
    else:
        share = "" if world() == 1 else f", this process's share of {world()}"
        with _bar(words + share) as report:
            yield report


def _lines(words: str, extra: dict[str, Any]) -> "Report":
    """A JSON object a line: how far it is, and each finished picture."""

    def report(standing: "Standing", made: "Made | None") -> None:
        line: dict[str, Any] = {
            "words": words, "done": standing.done, "total": standing.total,
            "seconds_left": _rounded(standing.seconds_left), "failed": standing.failed, **extra,
        }  # fmt: skip
        if made is not None:
            numbers = made.measures
            line |= {
                "unit": str(made.goal), "objective": numbers.value, "ratio": numbers.ratio,
                "natural": numbers.natural,
                "high_frequency": numbers.high_frequency, "variation": numbers.variation,
            }  # fmt: skip
        given.say_line(line)

    return report


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


@contextmanager
def _bar(words: str) -> "Iterator[Report]":
    """A progress bar with the time that is left, as the render knows it."""
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[left]}"),
    )
    bar = Progress(*columns)
    task = bar.add_task(escape(words), total=None, left="")
    begun = False

    def report(standing: "Standing", made: "Made | None") -> None:
        nonlocal begun
        left = standing.seconds_left
        said = "" if left is None or not standing.growing else f"{time_words(left)} left"
        bar.update(task, completed=standing.done, total=standing.total, left=said)
        if not begun:  # before, whatever is wrong is told in one sentence, without a bar
            begun = True
            bar.start()

    try:
        yield report
    finally:
        if begun:
            bar.stop()


def time_words(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


# ---- pictures as files -------------------------------------------------------------------


def _made_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise BadInput(f"The folder {folder} cannot be made: {why.strerror}.") from None
    return folder


def file_name(goal: str) -> str:
    """``conv4[3].png``, and for sums what a file may be called."""
    return re.sub(r"[^\w.\[\]@#+,-]+", "_", goal.replace(" ", "").replace("*", "x")) + ".png"


def _writing(folder: Path, tell: "Report") -> "Report":
    """Each finished picture as a PNG too."""

    def report(standing: "Standing", made: "Made | None") -> None:
        if made is not None:
            _write(folder, str(made.goal), made.values, made.recipe)
        tell(standing, made)

    return report


def _write(folder: Path, goal: str, values: Any, recipe: dict[str, Any]) -> None:
    from dnnvis.imaging.colorize import picture_rgb  # Qt-free
    from dnnvis.lenses.recipe_files import save_png

    save_png(folder / file_name(goal), picture_rgb(values, "rgb")[0], recipe)


def _write_known(network: "Network", done: "Rendered", folder: Path) -> None:
    """The pictures that were in the library before."""
    from dnnvis.library.store.library import open_library

    if not done.known:
        return
    with open_library(network, done.library, create=False) as library:
        for number in done.known.values():
            kept = library.picture(number)
            _write(folder, kept.goal, kept.pixels.astype("float32") / 255, kept.recipe)


# ---- what is told in the end -------------------------------------------------------------


def _summary(done: "Rendered", words: str, as_json: bool) -> None:
    sentences = list(_sentences(done))
    if not as_json:
        print("\n".join(sentences))
        return
    behind = done.made + len(done.known) + sum(map(len, done.failed.values()))
    line = {
        "words": " ".join(sentences), "done": behind, "total": behind + done.left,
        "seconds_left": None if done.left else 0.0, "made": done.made, "known": len(done.known),
        "failed": {why: list(goals) for why, goals in done.failed.items()},
        "seconds": round(done.seconds, 3), "stopped": done.stopped, "library": done.library,
    }  # fmt: skip
    given.say_line(line)


def _sentences(done: "Rendered") -> Iterator[str]:
    if done.stopped:
        yield f"Stopped; {done.left} were left to do: the same command goes on from here."
    each = f", {done.seconds / done.made:.2g} s each" if done.made else ""
    yield f"{_pictures(done.made)} made in {time_words(done.seconds)}{each}."
    if done.known:
        yield f"{_pictures(len(done.known))} of these settings had been made before."
    for why, goals in done.failed.items():
        more = "" if len(goals) <= NAMED else f" and {len(goals) - NAMED} more"
        yield f"{len(goals)} could not be made ({', '.join(goals[:NAMED])}{more}): {why}"
    yield f"They lie in the library {done.library}."


def _pictures(count: int) -> str:
    return f"{count:,} picture" + ("" if count == 1 else "s")
