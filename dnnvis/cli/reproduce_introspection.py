"""``dnnvis reproduce introspection``: figures 2 to 7 of Pardo et al. 2019 and their numbers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dnnvis.cli import options as given
from dnnvis.cli.interrupts import listening
from dnnvis.core.paths import user_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from dnnvis.reproduce.introspection.config import Order
    from dnnvis.reproduce.introspection.runner import Done, Standing

APART = 0.5  # seconds between two words


def introspection(
    output: Annotated[Path, typer.Option("-o", help="A folder for records, tables, figures.")],
    data: Annotated[Path, typer.Option(help="The folder with MNIST and cifar10-jpg.tar.")],
    seeds: Annotated[int, typer.Option(min=1, help="Seeds 0, 1, ... of networks and maps.")] = 3,
    nets: Annotated[str, typer.Option(help="Of these networks, or one.")] = "net1,net2",
    networks: Annotated[
        Path | None, typer.Option(help="Trained Net1s: out-SEED-0 clean, out-SEED-1 with noise.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="Examples of each data set at most, 0 = all.")
    ] = 0,
    work: Annotated[
        Path | None, typer.Option(help="Where networks, hidden vectors and maps are kept.")
    ] = None,
    json_: given.Json = False,
    debug: given.Debug = False,
) -> None:
    """Figures 2 to 7 of Pardo et al. 2019 and every number of the map (about an hour on one core).

    Net1 and its noise-trained sister for each seed, with their maps; Net2 with a map for each
    seed. Networks that lie nowhere are trained. Goes on where it was stopped; what a record in
    -o holds is not done again.
    """
    with given.plainly(debug):
        from dnnvis.reproduce.introspection.config import Order  # lazy: the help text is quick
        from dnnvis.reproduce.introspection.report import check_folder, write_results
        from dnnvis.reproduce.introspection.runner import reproduce

        order = Order(
            tuple(range(seeds)), data, output,
            work or user_data() / "reproduce" / "introspection", networks,
            tuple(name.strip() for name in nets.split(",") if name.strip()), limit,
        )  # fmt: skip
        check_folder(output)
        given.set_threads(1)
        with listening() as ending, _told(json_) as report:
            done = reproduce(order, report, ending.asked, _warn)
            write_results(order)
        _summary(order, done, json_)
        if done.stopped:
            raise typer.Exit(ending.status or 130)
        if done.problems:
            raise typer.Exit(1)


def _warn(words: str) -> None:
    typer.echo(f"dnnvis: {words}", err=True)


@contextmanager
def _told(as_json: bool) -> "Iterator[Callable[[Standing], None]]":
    """Some words a second: JSON lines, or a progress bar over all steps."""
    last = 0.0

    def due() -> bool:
        nonlocal last
        if time.monotonic() - last < APART:
            return False
        last = time.monotonic()
        return True

    def line(standing: "Standing") -> None:
        if due():
            said = {"words": standing.words, "done": round(standing.done, 3)}
            given.say_line(said | {"total": standing.total})

    if as_json:
        yield line
        return
    from rich.progress import BarColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[steps]}")
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("Introspection", total=None, steps="")

        def move(standing: "Standing") -> None:
            if due():
                bar.update(
                    task, description=standing.words, completed=standing.done,
                    total=standing.total, steps=f"{int(standing.done)}/{standing.total}",
                )  # fmt: skip

        yield move


def _summary(order: "Order", done: "Done", as_json: bool) -> None:
    place = str(order.out / "report.md")
    words = [f"{len(done.records)} records; the report: {place}"]
    if done.left:
        words.insert(0, f"{done.left} steps are left: the same command goes on.")
    for problem in done.problems:
        _warn(problem)
    if as_json:
        given.say_line(
            {
                "words": " ".join(words), "records": len(done.records), "left": done.left,
                "problems": done.problems, "stopped": done.stopped, "report": place,
            }
        )  # fmt: skip
    else:
        typer.echo("\n".join(words))
