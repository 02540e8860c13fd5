"""Run ``dnnvis weights``: the weights of a layer, and the circuit of a unit."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.table import show_table
from dnnvis.core.errors import BadInput
from dnnvis.core.formatting import format_number

if TYPE_CHECKING:
    from dnnvis.core.weights.circuit import CircuitUnit
    from dnnvis.core.weights.feeds import ConnectedUnit, Feeds
    from dnnvis.core.weights.summary import WeightMatrix
    from dnnvis.network.network import Network

SUFFIXES = (".png", ".npy", ".csv")
DRAWINGS = ("auto", "kernels", "matrix")
SHEET_PIXELS = 1600  # longest side of a drawn matrix
MAX_LISTED = 12  # dead, silent and duplicate kernels in a line
BAR_WIDTH, BAR_ROWS = 40, 16  # characters, and lines, of the histogram


@options.network_options
def weights(
    net_options: options.NetworkOptions,
    net: options.Net,
    layer: Annotated[str, typer.Argument(help="Such as conv5.")],
    unit: Annotated[
        str | None, typer.Option(help="Which units feed it and which it feeds: 3, or 3@6,7.")
    ] = None,
    image: Annotated[
        Path | None, typer.Option(help="Picture for weight x activation; else weights alone.")
    ] = None,
    by: Annotated[str, typer.Option(help="Ranked by auto, frame or weight.")] = "auto",
    to: Annotated[str, typer.Option(help="An earlier layer, by expanded weights.")] = "",
    linear: Annotated[
        bool, typer.Option("--linear", help="Expanded weights pass rectifiers unchanged.")
    ] = False,
    k: Annotated[int, typer.Option("-k", help="Units that are listed on either side.")] = 9,
    depth: Annotated[int, typer.Option(help="Layers back in a drawn circuit, 1 to 6.")] = 1,
    draw: Annotated[str, typer.Option(help="What -o OUT.png shows: kernels or matrix.")] = "auto",
    is_sorted: Annotated[
        bool, typer.Option("--sorted", help="Sort rows and columns by similarity.")
    ] = False,
    output: Annotated[Path | None, typer.Option("-o", help="OUT.png, OUT.npy or OUT.csv.")] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show the weights of LAYER of NET: as a matrix or kernels, and what stands out in them.

    With --unit it is the circuit around one unit. OUT.png is then drawn --depth layers back.
    """
    with options.report_errors(debug):
        _check(by, draw, output)
        options.set_threads(net_options.threads)
        network = net_options.open(net)
        if unit is None:
            matrix = _look_at_matrix(network, layer, is_sorted)
            if output is not None:
                _write_matrix(network, layer, matrix, draw, output)
            record = _to_record(matrix, output)
            if json_:
                options.print_json_line(record)
            else:
                _print_matrix(matrix, output)
            return
        address = _to_address(network, layer, unit)
        ranking = {} if by == "auto" else {"by": by}
        feeds = _look_at_feeds(network, address, image, k, to=to, linear=linear, **ranking)
        if output is not None:
            _write_feeds(network, feeds, image, output, depth=depth, k=k, by=feeds.by)
        if json_:
            options.print_json_line(_feeds_record(feeds, output))
        else:
            _print_feeds(feeds, output)


def _check(by: str, draw: str, output: Path | None) -> None:
    if by not in ("auto", "frame", "weight"):
        raise BadInput(f"--by is auto, frame or weight, not '{by}'.")
    if draw not in DRAWINGS:
        raise BadInput(f"--draw is {', '.join(DRAWINGS[:-1])} or {DRAWINGS[-1]}, not '{draw}'.")
    if output is not None and output.suffix.lower() not in SUFFIXES:
        raise BadInput("Say where it goes: -o OUT.png, OUT.npy or OUT.csv.")


def _to_address(network: "Network", layer: str, unit: str) -> str:
    """Return the text of a unit of a layer: ``3@6,7`` is its unit 3 at a place."""
    from dnnvis.core.unit import quote_name

    number, at, rest = unit.strip().partition("@")
    if not number.isdecimal():
        raise BadInput(f"--unit is a unit's number, as 3, or 3@6,7 at a place, not '{unit}'.")
    return f"{quote_name(network.layer(layer).name)}[{number}]{at}{rest}"


def _look_at_matrix(network: "Network", layer: str, is_sorted: bool) -> "WeightMatrix":
    import dnnvis
    from dnnvis.core.unit import Unit

    name = network.layer(layer).name
    matrix: WeightMatrix = dnnvis.look(network, "weights", Unit(name, 0), is_sorted=is_sorted)
    if matrix.message:
        raise BadInput(matrix.message)
    return matrix


def _look_at_feeds(
    network: "Network", unit: str, image: Path | None, k: int, **params: Any
) -> "Feeds":
    from dnnvis.lenses.circuits.arrays import look_at_feeds

    feeds = look_at_feeds(network, unit, image, k, **params)
    if feeds.message:
        raise BadInput(feeds.message)
    return feeds


def _print_matrix(matrix: "WeightMatrix", output: Path | None) -> None:
    summary, (units, inputs) = matrix.summary, matrix.shape
    kernel = f", kernels of {' x '.join(map(str, matrix.kernel))}" if matrix.kernel else ""
    groups = f", {matrix.groups} groups" if matrix.groups > 1 else ""
    of_owner = "" if matrix.owner == matrix.layer else f" (of {matrix.owner}, before it)"
    print(
        f"{matrix.layer}{of_owner}: {matrix.parameter}, {units:,} units of {inputs:,} "
        f"inputs{kernel}{groups}, {summary.count:,} weights"
    )
    for note in matrix.notes:
        print(note)
    norms = summary.norms
    if len(norms):
        import numpy as np

        low, median, high = (format_number(float(f(norms))) for f in (np.min, np.median, np.max))
        print(f"norm of a unit's weights: {low} to {high}, median {median}")
    print(f"dead (norm below 1e-6 of the median): {_list(summary.dead)}")
    if summary.pictures:
        print(
            f"never above 0 on the {summary.pictures:,} pictures of the library: "
            f"{_list(summary.silent)}"
        )
    else:
        print("never above 0: not known, no pictures were scanned (dnnvis scan)")
    pairs = [f"{a} = {b} ({cosine:.4f})" for a, b, cosine in summary.duplicates[:MAX_LISTED]]
    limit = f" ({summary.limit})" if summary.limit else ""
    print(f"duplicates (cosine 0.999 or more): {', '.join(pairs) or 'none'}{limit}")
    _print_histogram(matrix)
    if output is not None:
        print(output)


def _print_histogram(matrix: "WeightMatrix") -> None:
    summary = matrix.summary
    step = max(1, len(summary.counts) // BAR_ROWS)
    counts = summary.counts.reshape(-1, step).sum(1)
    largest = int(counts.max(initial=0)) or 1
    for k, count in enumerate(counts):
        bar = "#" * round(int(count) / largest * BAR_WIDTH)
        print(f"{summary.edges[k * step]:10.3g}  {int(count):9,d}  {bar}")


def _list(units: tuple[int, ...]) -> str:
    if not units:
        return "none"
    more = " ..." if len(units) > MAX_LISTED else ""
    return f"{len(units)}: {', '.join(map(str, units[:MAX_LISTED]))}{more}"


def _to_record(matrix: "WeightMatrix", output: Path | None) -> dict[str, Any]:
    summary = matrix.summary
    return {
        "layer": matrix.layer,
        "owner": matrix.owner,
        "parameter": matrix.parameter,
        "shape": [*matrix.shape, *matrix.kernel],
        "groups": matrix.groups,
        "weights": summary.count,
        "invalid": summary.invalid,
        "norms": summary.norms.tolist(),
        "dead": list(summary.dead),
        "silent": list(summary.silent),
        "pictures": summary.pictures,
        "duplicates": [list(pair) for pair in summary.duplicates],
        "histogram": {"edges": summary.edges.tolist(), "counts": summary.counts.tolist()},
        "notes": [*matrix.notes, *([summary.limit] if summary.limit else [])],
        "file": None if output is None else str(output),
    }


def _print_feeds(feeds: "Feeds", output: Path | None) -> None:
    print(f"{feeds.unit}: {feeds.caption}")
    has_values = feeds.frame != -1 or not math.isnan(feeds.total)
    headers = ("unit", "adds", "weight") if has_values else ("unit", "weight")

    def rows(units: tuple["ConnectedUnit", ...]) -> list[tuple[str, ...]]:
        return [
            (
                each.name,
                *((format_number(each.value),) if has_values else ()),
                format_number(each.weight),
            )
            for each in units
        ]

    print(f"\nfed by {feeds.feeder_count:,} units, the strongest first")
    show_table(headers, rows(feeds.feeders))
    if feeds.fed:
        print(f"\nfeeds {feeds.fed_count:,} units, the strongest first")
        show_table(headers, rows(feeds.fed))
    else:
        print(f"\n{feeds.fed_message}")
    if output is not None:
        print(output)


def _feeds_record(feeds: "Feeds", output: Path | None) -> dict[str, Any]:
    return {
        "unit": feeds.unit,
        "by": feeds.by,
        "matrix": feeds.matrix,
        "after": list(feeds.after),
        "position": None if feeds.position is None else list(feeds.position),
        "total": _number(feeds.total),
        "bias": feeds.bias,
        "computed": _number(feeds.computed),
        "exact": feeds.exact,
        "feeders": [_unit_record(each) for each in feeds.feeders],
        "feeder_count": feeds.feeder_count,
        "feeds": [_unit_record(each) for each in feeds.fed],
        "feeds_count": feeds.fed_count,
        "caption": feeds.caption,
        "message": feeds.fed_message,
        "file": None if output is None else str(output),
    }


def _unit_record(each: "ConnectedUnit") -> dict[str, Any]:
    return {
        "unit": each.unit or each.name,
        "adds": _number(each.value),
        "weight": _number(each.weight),
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _write_matrix(
    network: "Network", layer: str, matrix: "WeightMatrix", draw: str, output: Path
) -> None:
    import dnnvis
    from dnnvis.lenses.recipe_files import save_png

    suffix = output.suffix.lower()
    if suffix == ".npy":
        _write_array(output, dnnvis.weights(network, layer))
    elif suffix == ".csv":
        summary = matrix.summary
        dead, silent = set(summary.dead), set(summary.silent)
        rows = [
            f"{k},{norm:.9g},{int(k in dead)},{int(k in silent)}"
            for k, norm in enumerate(summary.norms)
        ]
        _write_text(output, ["unit,norm,dead,silent", *rows])
    else:
        save_png(output, _draw(network, matrix, draw), dict(matrix.recipe))


def _draw(network: "Network", matrix: "WeightMatrix", draw: str) -> Any:
    """Draw kernels as pictures, or the matrix as a Hinton diagram or raster."""
    import dnnvis
    from dnnvis.cli.contact_sheet import kernels_sheet
    from dnnvis.core.unit import Unit
    from dnnvis.imaging.hinton import draw_matrix

    if draw != "matrix":
        kernels = dnnvis.look(network, "kernels", Unit(matrix.layer, 0))
        if kernels.weights.size and (draw == "kernels" or kernels.scales):
            return kernels_sheet(kernels)
        if draw == "kernels":
            raise BadInput(kernels.message)
    return draw_matrix(matrix.values, SHEET_PIXELS, SHEET_PIXELS)[0]


def _write_feeds(
    network: "Network",
    feeds: "Feeds",
    image: Path | None,
    output: Path,
    *,
    depth: int,
    k: int,
    by: str,
) -> None:
    suffix = output.suffix.lower()
    if suffix == ".png":
        from dnnvis.imaging.circuit_sheet import draw_circuit
        from dnnvis.lenses.circuits.circuit import trace_circuit
        from dnnvis.lenses.recipe_files import save_png

        circuit: CircuitUnit = trace_circuit(network, feeds.unit, image, depth=depth, k=k, by=by)
        save_png(output, draw_circuit(circuit), dict(feeds.recipe))
        return
    sides = (("feeder", feeds.feeders), ("feeds", feeds.fed))
    if suffix == ".npy":
        import numpy as np

        values = [[each.value, each.weight] for each in feeds.feeders]
        _write_array(output, np.array(values, np.float64).reshape(-1, 2))
        return
    rows = [
        f'{side},"{(each.unit or each.name).replace(chr(34), chr(34) * 2)}",'
        f"{each.value:.9g},{each.weight:.9g}"
        for side, units in sides
        for each in units
    ]
    _write_text(output, ["side,unit,adds,weight", *rows])


def _write_array(output: Path, values: Any) -> None:
    import numpy as np

    from dnnvis.core.stable_file import replace_file

    with replace_file(output, create_folder=False) as temporary, temporary.open("wb") as file:
        np.save(file, values)


def _write_text(output: Path, lines: list[str]) -> None:
    from dnnvis.core.stable_file import replace_file

    with replace_file(output, create_folder=False) as temporary:
        temporary.write_text("\n".join([*lines, ""]), encoding="utf-8")
