"""Run ``dnnvis compare``: what two networks have in common, and where they differ."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.table import TIME_LEFT, open_progress_bar, show_table
from dnnvis.core.errors import BadInput

if TYPE_CHECKING:
    from dnnvis.introspect.comparison.comparison import Comparison
    from dnnvis.network.network import Network
    from dnnvis.sources.datasets import Dataset

MAX_LISTED_UNITS = 8  # of a layer, without a partner
MAX_NAMED_PICTURES = 3  # unreadable ones

First = Annotated[str, typer.Argument(help="A network, as NET elsewhere, or life-3@500.")]
Second = Annotated[str, typer.Argument(help="Another, or another step of its training.")]
DataPath = Annotated[
    Path, typer.Option(help="Pictures that both look at: a folder, a tar file, a film ...")
]
LayerNames = Annotated[
    list[str] | None,
    typer.Option(help="Layers of either, with commas or repeated; else the activation layers."),
]
Threshold = Annotated[
    float, typer.Option(min=-1, max=1, help="A pair of units correlates at least so much.")
]
EditB = Annotated[list[str] | None, typer.Option(help="As --edit, of B.")]
CheckpointB = Annotated[Path | None, typer.Option(help="Weights to put into B.")]
WeightsB = Annotated[str | None, typer.Option(help="random or pretrained, of B.")]
SizeB = Annotated[str | None, typer.Option(help="Input size of B.")]
MeanB = Annotated[str | None, typer.Option(help="Mean per channel, of B.")]
StdB = Annotated[str | None, typer.Option(help="Standard deviation per channel, of B.")]
LabelsB = Annotated[Path | None, typer.Option(help="A text file with the classes of B.")]


@options.network_options
def compare(
    net_options: options.NetworkOptions,
    a: First,
    b: Second,
    data: DataPath,
    layers: LayerNames = None,
    threshold: Threshold = 0.5,  # MIN_CORRELATION of unit_matching, whose import costs seconds
    k: Annotated[int, typer.Option("-k", min=0, help="Disagreements that are listed.")] = 20,
    limit: Annotated[int, typer.Option(min=0, help="At most so many, evenly spread; 0 = all.")] = 0,
    every: Annotated[int, typer.Option(min=1, help="Of a film, each so many frames.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the orders that give the chance level.")] = 0,
    edit_b: EditB = None,
    checkpoint_b: CheckpointB = None,
    weights_b: WeightsB = None,
    size_b: SizeB = None,
    mean_b: MeanB = None,
    std_b: StdB = None,
    labels_b: LabelsB = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Compare two networks on the same pictures: layers, units, answers.

    A and B are networks as NET elsewhere, or moments of a training as life-3@500. The options of a
    network are A's; --device, --threads and --trust-code are both's, those with -b are B's.
    """
    with options.report_errors(debug):
        options.set_threads(net_options.threads)
        from dnnvis.cli.scan import parse_layer_names
        from dnnvis.introspect.comparison.comparison import compare_networks
        from dnnvis.sources.datasets import open_data

        second_options = options.NetworkOptions(
            checkpoint=checkpoint_b,
            weights=weights_b,
            size=size_b,
            mean=mean_b,
            std=std_b,
            labels=labels_b,
            edit=edit_b,
            device=net_options.device,
            trust_code=net_options.trust_code,
        )
        names = parse_layer_names(layers)
        first, second = open_at_moment(net_options, a), open_at_moment(second_options, b)
        images = DataPictures(open_data(data, every), limit)
        with _open_reporter(json_) as report:
            result = compare_networks(
                first, second, images, layers=names, seed=seed, progress=report
            )
        result = replace(result, notes=(*images.notes, *result.notes))
        if json_:
            options.print_json_line(to_record(result, images, threshold))
            return
        _print_comparison(result, images, threshold, k)


def open_at_moment(net_options: options.NetworkOptions, net: str) -> "Network":
    """Open a network; ``life-3@500`` as it was at that step of its training.

    Raises BadInput where it was not saved at that step.
    """
    from dnnvis.network.editing.edits import make_lasting
    from dnnvis.network.snapshots import restore_step, split_moment

    name, step = split_moment(net)
    if step is None:
        return net_options.open(net)
    arguments = net_options.open_arguments()
    edits = arguments.pop("edits", ())
    network = restore_step(options.open_edited(net=name, **arguments), step)
    make_lasting(network, edits)
    return network


class DataPictures(Sequence[Any]):
    """The readable pictures of a data set, decoded when they are asked for."""

    def __init__(self, data: "Dataset", limit: int = 0) -> None:
        self.data = data
        count = len(data)
        rows: Sequence[int] = range(count)
        if limit and count > limit:
            rows = [k * count // limit for k in range(limit)]
        self.rows: list[int] = []
        self.labels: list[str] = []
        broken: list[str] = []
        for row in rows:
            try:
                _, origin = data.read(row)
            except BadInput:
                broken.append(data.name(row))
                continue
            self.rows.append(row)
            self.labels.append(origin.label)
        self.notes: tuple[str, ...] = ()
        if broken:
            listed = ", ".join(broken[:MAX_NAMED_PICTURES])
            more = " ..." if len(broken) > MAX_NAMED_PICTURES else ""
            self.notes = (f"{len(broken)} pictures could not be read: {listed}{more}",)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.data.read(row)[0] for row in self.rows[index]]
        return self.data.read(self.rows[index])[0]

    def name(self, number: int) -> str:
        """Return the name of a picture."""
        return self.data.name(self.rows[number])


def to_record(result: "Comparison", images: DataPictures, threshold: float) -> dict[str, Any]:
    """Return a comparison as ``--json`` prints it; what is not a number is None."""
    a, b = result.layer_names
    return {
        "a": result.names[0],
        "b": result.names[1],
        "pictures": result.pictures,
        "layers_a": list(a),
        "layers_b": list(b),
        "cka": [[_as_number(value) for value in row] for row in result.cka],
        "chance": [[_as_number(value) for value in row] for row in result.chance],
        "units": [_unit_record(result, name, threshold) for name in a if result.partner(name)],
        "threshold": threshold,
        "disagree": [
            {
                "picture": images.name(number),
                "number": number,
                "label": images.labels[number],
                "a": result.answers[0][number],
                "b": result.answers[1][number],
            }
            for number in map(int, result.disagree)
        ],
        "notes": list(result.notes),
    }


def _unit_record(result: "Comparison", layer: str, threshold: float) -> dict[str, Any]:
    pairs = result.pairs(layer)
    a, b = result.without_partner(layer, threshold)
    return {
        "layer": layer,
        "partner": result.partner(layer),
        "pairs": [[int(i), int(j), _as_number(value)] for i, j, value in zip(*pairs, strict=True)],
        "chance": _as_number(result.chance_correlation(layer)),
        "without_a": a.tolist(),
        "without_b": b.tolist(),
    }


def _as_number(value: Any) -> float | None:
    number = round(float(value), 4)
    return number if number == number else None


def _print_comparison(
    result: "Comparison", images: DataPictures, threshold: float, listed: int
) -> None:
    print(f"A: {result.names[0]}, B: {result.names[1]}, on {result.pictures} pictures")
    for note in result.notes:
        print(note)
    print("\nLinear CKA of each layer of A with each of B; 1 = the same up to rotation and scale")
    a, b = result.layer_names
    numbers = tuple(str(k) for k in range(1, len(b) + 1))
    show_table(
        ("A", *numbers),
        [(name, *map(_format, row)) for name, row in zip(a, result.cka.tolist(), strict=True)],
    )
    print("B: " + ", ".join(f"{k} {name}" for k, name in zip(numbers, b, strict=True)))
    print(
        f"\nUnits matched by correlation over pictures and positions (maps are averaged to a "
        f"common grid of at most 16 x 16); without a partner: below {threshold:g}"
    )
    show_table(
        ("A", "most similar in B", "CKA", "matched with", "mean r", "by chance", "without partner"),
        [_format_layer(result, row, threshold) for row in range(len(a))],
    )
    _print_disagreements(result, images, listed)


def _format_layer(result: "Comparison", row: int, threshold: float) -> tuple[str, ...]:
    a, b = result.layer_names
    values = result.cka[row].tolist()
    known = [k for k, value in enumerate(values) if value == value]
    best = max(known, key=lambda k: values[k]) if known else -1
    head = (a[row], b[best], _format(values[best])) if known else (a[row], "does not vary", "")
    partner = result.partner(a[row])
    if not partner:
        return (*head, "", "", "", "")
    correlation = [v for v in result.pairs(a[row]).correlation.tolist() if v == v]
    mean = sum(correlation) / len(correlation) if correlation else float("nan")
    chance = result.chance_correlation(a[row])
    counts = result.layers[0][row].shape[0], result.layers[1][b.index(partner)].shape[0]
    missing = [
        f"{name} {len(units)} of {count}{_list_units(units)}"
        for name, units, count in zip(
            "AB", result.without_partner(a[row], threshold), counts, strict=True
        )
    ]
    return (*head, partner, _format(mean), _format(chance), "; ".join(missing))


def _list_units(channels: Any) -> str:
    listed = ", ".join(str(each) for each in channels[:MAX_LISTED_UNITS])
    more = " ..." if len(channels) > MAX_LISTED_UNITS else ""
    return f" ({listed}{more})" if listed else ""


def _print_disagreements(result: "Comparison", images: DataPictures, listed: int) -> None:
    if result.rule.kind == "none":
        return  # a note has the reason
    count = len(result.disagree)
    print(f"\nThey disagree on {count} of {result.pictures} pictures.")
    numbers = [int(number) for number in result.disagree[:listed]]
    if not numbers:
        return
    show_table(
        ("picture", "label", "A", "B"),
        [
            (images.name(n), images.labels[n], result.answers[0][n], result.answers[1][n])
            for n in numbers
        ],
    )
    if count > listed:
        print(f"... and {count - listed} more (-k lists more).")


def _format(value: float) -> str:
    return f"{value:.2f}" if value == value else "-"


@contextmanager
def _open_reporter(as_json: bool) -> "Iterator[Any]":
    """Yield what is called with (done, total): a bar on a terminal, else nothing."""
    if as_json or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with open_progress_bar("{task.completed}/{task.total}", TIME_LEFT) as bar:
        task = bar.add_task("Comparing", total=None)

        def report(done: int, total: int) -> None:
            bar.start()
            bar.update(task, completed=done, total=total)

        yield report
