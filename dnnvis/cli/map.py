"""``dnnvis map``: where a picture is on a network's activation map, and what that says."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.cli.table import show_table
from dnnvis.core.errors import BadInput

if TYPE_CHECKING:
    from dnnvis.lenses.activation_map.lookup import Found, Lookup

ESTIMATES = {"2d": "log10 error, from the map", "rich": "from 50 components", "1-max": "1 - max"}


def place_on_map(
    net: given.Net,
    image: Annotated[
        list[Path] | None, typer.Option(help="The picture, or a board (.rle); may be repeated.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--map", help="A map's file; else the one kept for NET.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Nearest examples that are named.")] = 9,
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
    """Where PICTURE is on the activation map of NET, the error expected there, who lives near.

    Of a recurrent network a row for each of its steps. Fit a map first with `dnnvis fit-map`.
    """
    with given.plainly(debug):
        paths = _checked(image)
        given.set_threads(threads)
        import dnnvis  # lazy: the help text must not cost seconds
        from dnnvis.lenses.activation_map.lookup import Lookup
        from dnnvis.lenses.activation_map.storage import open_map

        wishes = given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code)
        network = dnnvis.open(net, **wishes)
        ask = Lookup(open_map(network, file))
        for path in paths:
            found = ask(network.read(path), k)
            if json_:
                for row in _lines(ask, path, found):
                    given.say_line(row)
            else:
                _show(ask, path, found)
        for note in () if json_ else ask.map.notes:
            print(note)


def _checked(image: list[Path] | None) -> list[Path]:
    if not image:
        raise BadInput("Say which picture: --image F.")
    for path in image:
        if not path.is_file():
            raise BadInput(f"There is no picture {path}; say where it is with --image.")
    return image


def _class(ask: "Lookup", number: int) -> str:
    """Its name; "" where it has none."""
    names = ask.map.classes
    return names[number] if 0 <= number < len(names) else ""


def _lines(ask: "Lookup", path: Path, found: "Found") -> Iterator[dict[str, Any]]:
    """For each row of the picture what is known of it, as JSON has it."""
    for step, z in enumerate(found.z):
        yield {
            "image": str(path), "step": step, "z": [round(float(v), 4) for v in z],
            "expected": {kind: _known(v[step]) for kind, v in found.expected.items()},
            "lines": ask.lines,
            "above": {kind: bool(v[step]) for kind, v in found.above.items()},
            "empty": bool(found.empty[step]),
            "predicted": found.predicted, "class": _class(ask, found.predicted),
            "nearest": list(_neighbours(ask, found, step)),
        }  # fmt: skip


def _known(value: float) -> float | None:
    return round(float(value), 5) if isfinite(value) else None


def _neighbours(ask: "Lookup", found: "Found", step: int) -> Iterator[dict[str, Any]]:
    examples = ask.map.examples
    for row, away in zip(found.nearest[step], found.distances[step], strict=True):
        label = int(examples.labels[row])
        yield {
            "number": int(examples.index[row]), "step": int(examples.step[row]), "label": label,
            "class": _class(ask, label), "distance": round(float(away), 4),
            "test": bool(examples.test[row]),
        }  # fmt: skip


# ---- for people ------------------------------------------------------------------------


def _show(ask: "Lookup", path: Path, found: "Found") -> None:
    name = _class(ask, found.predicted) or str(found.predicted)
    print(path if found.predicted < 0 else f"{path}: the network says {name}")
    kinds = [kind for kind in ESTIMATES if kind in found.expected]
    kinds = [kind for kind in kinds if isfinite(found.expected[kind][0])]
    rows = [_place(found, kinds, step) for step in range(len(found.z))]
    if kinds:
        rows.append(["5 % line", *(_number(ask.lines.get(kind)) for kind in kinds), ""])
    near = [[*_row(one)] for step in range(len(found.z)) for one in _neighbours(ask, found, step)]
    heads = ["place on the map", *(ESTIMATES[kind] for kind in kinds), ""]
    _table(heads, rows, len(found.z), 1)
    if "2d" not in found.expected:
        print("This map has no estimator: there were no labels of the network's classes.")
    _table(["nearest", "class", "distance"], near, len(found.z), found.nearest.shape[1])


def _table(heads: list[str], rows: list[list[str]], steps: int, each: int) -> None:
    """``each`` rows a step, which is named where there are several."""
    if steps > 1:
        heads = ["step", *heads]
        rows = [[str(k // each) if k < steps * each else "", *row] for k, row in enumerate(rows)]
    show_table(tuple(heads), [tuple(row) for row in rows])


def _place(found: "Found", kinds: list[str], step: int) -> list[str]:
    x, y = found.z[step]
    above = [" !" if kind in found.above and found.above[kind][step] else "" for kind in kinds]
    said = [
        f"{_number(found.expected[kind][step])}{mark}"
        for kind, mark in zip(kinds, above, strict=True)
    ]
    words = ["above the 5 % line (!)"] if any(above) else []
    if found.empty[step]:
        words.append("no example lives there: do not trust the error from the map")
    return [f"{x:.2f}, {y:.2f}", *said, "; ".join(words)]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    number = f"{one['number']}{' (test)' if one['test'] else ''}"
    return number, one["class"] or str(one["label"]), f"{one['distance']:.3f}"
