"""``dnnvis fit-map``: a network's whole hidden state on a data set, as a map in two dimensions."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.cli.interrupts import listening
from dnnvis.cli.map_table import figure_rows
from dnnvis.cli.scan import APART, layer_names, share_threads
from dnnvis.cli.table import show_table
from dnnvis.core.errors import BadInput, Cancelled

if TYPE_CHECKING:
    from dnnvis.introspect.fit import Report, Standing
    from dnnvis.introspect.map import Map

DOTS = 400  # of a preview
SAID = "Stopped; what is done is kept: the same command goes on."


def fit_map(
    net: given.Net,
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
    """Fit the activation map of NET (Pardo et al. 2019), and measure how far to trust it.

    A fit that was stopped, or killed, goes on where it was with the same command. Under torchrun
    the pictures are split over the processes.
    """
    with given.plainly(debug), listening() as ending:
        share_threads(threads)
        _check_output(output)
        import dnnvis  # lazy: the help text must not cost seconds
        from dnnvis.introspect.fit import Wishes
        from dnnvis.introspect.projections import check_umap
        from dnnvis.jobs import distributed
        from dnnvis.lenses.activation_map.fitting import Asked, fit_data
        from dnnvis.lenses.activation_map.storage import map_path

        if umap:
            check_umap()
        shown = distributed.rank() == 0
        if shown and json_:
            _line("Opening the network ...")
        wishes = given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code)
        network = dnnvis.open(net, **wishes)
        names = layer_names(layers)
        asked = Asked(
            "" if data is None else str(data), None if names is None else tuple(names), how, limit,
            not no_record, again, Wishes(seed, vae_steps=steps, error_steps=steps, umap=umap),
        )  # fmt: skip
        try:
            with _reporting(shown, json_) as report:
                made = fit_data(network, asked, report, ending.event, output=output)
        except Cancelled:
            if shown:
                _line(SAID) if json_ else print(SAID)
            raise typer.Exit(ending.status or 1) from None
        if made is not None:
            _tell(made, output or map_path(network.fingerprint), json_)


def _check_output(output: Path | None) -> None:
    if output is not None and output.is_dir():
        raise BadInput(f"{output} is a folder; give a file: -o NAME.map.safetensors.")


# ---- what is said ----------------------------------------------------------------------


@contextmanager
def _reporting(shown: bool, as_json: bool) -> "Iterator[Report]":
    if not shown:
        yield lambda standing: None
    elif as_json:
        yield _lines()
    else:
        with _bar() as report:
            yield report


def _lines() -> "Report":
    """A JSON object a line, some a second; all that begin or end a stage, or have a preview."""
    stage, last = Stage(), 0.0

    def report(standing: "Standing") -> None:
        nonlocal last
        begins, left = stage.left(standing)
        now = time.monotonic()
        ends = begins or standing.done >= standing.total or standing.preview is not None
        if not ends and now - last < APART:
            return
        last = now
        more = {} if standing.preview is None else {"preview": dots(standing)}
        _line(standing.words, standing.done, standing.total, left, **more)

    return report


class Stage:
    """How long the stage that is under way still takes, at its rate so far."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._words, self._since, self._behind = clock, "", 0.0, 0

    def left(self, standing: "Standing") -> tuple[bool, float | None]:
        """Whether this is its first word; and seconds, None where that is not known yet."""
        now = self._clock()
        if standing.words != self._words or standing.done < self._behind:
            self._words, self._since, self._behind = standing.words, now, standing.done
            return True, None
        made = standing.done - self._behind
        left = (now - self._since) * (standing.total - standing.done) / made if made else None
        return False, left


def dots(standing: "Standing") -> list[list[float]]:
    """[x, y, class] of at most ``DOTS`` of a preview's dots, evenly taken; class -1 = none."""
    z, labels = standing.preview, standing.labels
    assert z is not None
    known = [-1] * len(z) if labels is None else labels.tolist()
    rows = range(0, len(z), max(1, -(-len(z) // DOTS)))
    return [[*(round(float(v), 2) for v in z[k]), known[k]] for k in rows]


def _line(
    words: str, done: int = 0, total: int = 0, left: float | None = None, **more: Any
) -> None:
    left = None if left is None else round(left, 1)
    given.say_line({**more, "words": words, "done": done, "total": total, "seconds_left": left})


@contextmanager
def _bar() -> "Iterator[Report]":
    """A progress bar for each stage, with the time that it still takes."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns)
    tasks: dict[str, Any] = {}

    def report(standing: "Standing") -> None:
        bar.start()  # not before: an error said before it comes alone
        if standing.words not in tasks:
            for task in tasks.values():
                bar.update(task, completed=bar.tasks[task].total)
            tasks[standing.words] = bar.add_task(standing.words, total=standing.total)
        bar.update(tasks[standing.words], completed=standing.done, total=standing.total)

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()


def _tell(made: "Map", place: Path, as_json: bool) -> None:
    words = _sentence(made)
    if as_json:
        figures = json.loads(json.dumps(made.figures), parse_constant=lambda name: None)
        _line(words, 1, 1, None, map=str(place), figures=figures, notes=list(made.notes))
        return
    show_table(("figure", "value"), figure_rows(_figures(made)))
    for note in made.notes:
        print(note)
    print(words)
    print(f"The map: {place}")


def _sentence(made: "Map") -> str:
    """The main figures in one sentence."""
    figures = _figures(made)
    parts = [f"{len(made.z):,} places, {made.columns_.width:,} units"]
    for name, words in (
        ("kNN15", "15 neighbours say the class of {:.1%}"),
        ("auroc 2d", "AUROC of the expected error {:.3f}"),
        ("auroc 1-max", "of 1 - max {:.3f}"),
    ):
        if figures.get(name) is not None:
            parts.append(words.format(figures[name]))
    return f"Fitted: {', '.join(parts)}."


def _figures(made: "Map") -> dict[str, Any]:
    from dnnvis.lenses.activation_map.labels import telling

    return telling(made.figures, made.labels[~made.examples.test])
