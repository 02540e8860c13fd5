"""Run ``dnnvis map``: where a picture is on a network's activation map, and what that says."""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.table import show_table
from dnnvis.core.errors import BadInput
from dnnvis.core.formatting import format_cell

if TYPE_CHECKING:
    from dnnvis.lenses.activation_map.lookup import Lookup, LookupResult

ESTIMATE_LABELS = {
    "2d": "log10 error, from the map",
    "rich": "from 50 components",
    "1-max": "1 - max",
}


@options.network_options
def place_on_map(
    net_options: options.NetworkOptions,
    net: options.Net,
    image: Annotated[
        list[Path] | None, typer.Option(help="The picture, or a board (.rle); may be repeated.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--map", help="A map's file; else the one kept for NET.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Nearest examples that are named.")] = 9,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Where PICTURE is on the activation map of NET, the error expected there, who lives near.

    Of a recurrent network a row for each of its steps. Fit a map first with `dnnvis fit-map`.
    """
    with options.report_errors(debug):
        paths = _check_images(image)
        options.set_threads(net_options.threads)
        from dnnvis.lenses.activation_map.lookup import Lookup
        from dnnvis.lenses.activation_map.storage import open_map

        network = net_options.open(net)
        lookup = Lookup(open_map(network, file))
        for path in paths:
            result = lookup(network.read(path), k)
            if json_:
                for row in _json_rows(lookup, path, result):
                    options.print_json_line(row)
            else:
                _print_result(lookup, path, result)
        for note in () if json_ else lookup.map.notes:
            print(note)


def _check_images(image: list[Path] | None) -> list[Path]:
    if not image:
        raise BadInput("Say which picture: --image F.")
    for path in image:
        if not path.is_file():
            raise BadInput(f"There is no picture {path}; say where it is with --image.")
    return image


def _class_name(lookup: "Lookup", number: int) -> str:
    """Give the class's name; "" where it has none."""
    names = lookup.map.classes
    return names[number] if 0 <= number < len(names) else ""


def _json_rows(lookup: "Lookup", path: Path, result: "LookupResult") -> Iterator[dict[str, Any]]:
    """Yield for each row of the picture what is known of it, as JSON has it."""
    for step, z in enumerate(result.z):
        yield {
            "image": str(path),
            "step": step,
            "z": [round(float(v), 4) for v in z],
            "expected": {kind: _finite_or_none(v[step]) for kind, v in result.expected.items()},
            "lines": lookup.lines,
            "above": {kind: bool(v[step]) for kind, v in result.above.items()},
            "empty": bool(result.empty[step]),
            "predicted": result.predicted,
            "class": _class_name(lookup, result.predicted),
            "nearest": list(_neighbors(lookup, result, step)),
        }


def _finite_or_none(value: float) -> float | None:
    return round(float(value), 5) if isfinite(value) else None


def _neighbors(lookup: "Lookup", result: "LookupResult", step: int) -> Iterator[dict[str, Any]]:
    examples = lookup.map.examples
    for row, distance in zip(result.nearest[step], result.distances[step], strict=True):
        label = int(examples.labels[row])
        yield {
            "number": int(examples.index[row]),
            "step": int(examples.step[row]),
            "label": label,
            "class": _class_name(lookup, label),
            "distance": round(float(distance), 4),
            "test": bool(examples.test[row]),
        }


def _print_result(lookup: "Lookup", path: Path, result: "LookupResult") -> None:
    name = _class_name(lookup, result.predicted) or str(result.predicted)
    print(path if result.predicted < 0 else f"{path}: the network says {name}")
    kinds = [kind for kind in ESTIMATE_LABELS if kind in result.expected]
    kinds = [kind for kind in kinds if isfinite(result.expected[kind][0])]
    rows = [_point_row(result, kinds, step) for step in range(len(result.z))]
    if kinds:
        rows.append(["5 % line", *(format_cell(lookup.lines.get(kind)) for kind in kinds), ""])
    neighbor_rows = [
        [*_neighbor_row(neighbor)]
        for step in range(len(result.z))
        for neighbor in _neighbors(lookup, result, step)
    ]
    headers = ["place on the map", *(ESTIMATE_LABELS[kind] for kind in kinds), ""]
    _print_table(headers, rows, len(result.z), 1)
    if "2d" not in result.expected:
        print("This map has no estimator: there were no labels of the network's classes.")
    _print_table(
        ["nearest", "class", "distance"], neighbor_rows, len(result.z), result.nearest.shape[1]
    )


def _print_table(headers: list[str], rows: list[list[str]], steps: int, rows_per_step: int) -> None:
    """Print ``rows_per_step`` rows a step, which is named where there are several."""
    if steps > 1:
        headers = ["step", *headers]
        rows = [
            [str(k // rows_per_step) if k < steps * rows_per_step else "", *row]
            for k, row in enumerate(rows)
        ]
    show_table(tuple(headers), [tuple(row) for row in rows])


def _point_row(result: "LookupResult", kinds: list[str], step: int) -> list[str]:
    x, y = result.z[step]
    above = [" !" if kind in result.above and result.above[kind][step] else "" for kind in kinds]
    estimates = [
        f"{format_cell(result.expected[kind][step])}{mark}"
        for kind, mark in zip(kinds, above, strict=True)
    ]
    warnings = ["above the 5 % line (!)"] if any(above) else []
    if result.empty[step]:
        warnings.append("no example lives there: do not trust the error from the map")
    return [f"{x:.2f}, {y:.2f}", *estimates, "; ".join(warnings)]


def _neighbor_row(neighbor: dict[str, Any]) -> tuple[str, ...]:
    number = f"{neighbor['number']}{' (test)' if neighbor['test'] else ''}"
    return number, neighbor["class"] or str(neighbor["label"]), f"{neighbor['distance']:.3f}"
