"""Run ``dnnvis tune``: the tuning curve of a unit."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.core.errors import BadInput

if TYPE_CHECKING:
    from dnnvis.core.probing.tuning import TuningCurve

BAR_WIDTH = 40  # characters of the longest bar


@options.network_options
def tune(
    net_options: options.NetworkOptions,
    net: options.Net,
    unit: Annotated[str, typer.Argument(help="Such as conv5[151], or conv5[151]@6,7.")],
    kind: Annotated[str, typer.Option(help="gratings, bars, dots or hues.")] = "gratings",
    again: Annotated[
        bool, typer.Option("--again", help="Measure it though a curve is kept.")
    ] = False,
    output: Annotated[Path | None, typer.Option("-o", help="OUT.csv or OUT.npy.")] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show what UNIT of NET responds to simple pictures: its curve is kept in the library."""
    with options.report_errors(debug):
        if output is not None and output.suffix.lower() not in (".csv", ".npy"):
            raise BadInput("Say where the numbers go: -o OUT.csv (or OUT.npy).")
        options.set_threads(net_options.threads)
        import dnnvis

        network = net_options.open(net)
        curve = dnnvis.look(network, "tuning", unit, kind=kind, renew=again)
        if output is not None:
            _write(curve, output)
        if json_:
            options.print_json_line(_to_record(curve, output))
            return
        _print(curve)
        if output is not None:
            print(output)


def _to_record(curve: "TuningCurve", output: Path | None) -> dict[str, Any]:
    selectivity = curve.selectivity()
    return {
        "unit": curve.unit,
        "kind": curve.kind,
        "axes": {axis.name: list(axis.values) for axis in curve.axes},
        "responses": curve.responses.astype(float).tolist(),
        "baseline": curve.baseline,
        "best": list(curve.best),
        "selectivity": None if selectivity is None else selectivity[0],
        "preferred": None if selectivity is None else selectivity[1],
        "caption": curve.caption,
        "created": curve.created,
        "output": None if output is None else str(output),
    }


def _print(curve: "TuningCurve") -> None:
    """Print the curve at the best value of the second axis, as bars of text."""
    axis, values = curve.axes[0], curve.curve
    low, high = float(values.min()), float(values.max())
    span = high - low or 1.0
    best = dict(zip((each.name for each in curve.axes[1:]), curve.best[1:], strict=False))
    at = "".join(f" at {name} {value:.3g}" for name, value in best.items())
    print(f"{curve.unit}, {curve.kind}: response by {axis.name} ({axis.unit}){at}")
    for value, response in zip(axis.values, values, strict=True):
        bar = "#" * round((float(response) - low) / span * BAR_WIDTH)
        print(f"{value:10.3f}  {float(response):10.4g}  {bar}")
    print(curve.describe() + ".")
    print(curve.caption + (f"; kept {curve.created}" if curve.created else "") + ".")


def _write(curve: "TuningCurve", output: Path) -> None:
    import numpy as np

    from dnnvis.core.stable_file import replace_file

    with replace_file(output, create_folder=False) as temporary:
        if output.suffix.lower() == ".npy":
            with temporary.open("wb") as file:
                np.save(file, curve.responses)
            return
        first, *rest = curve.axes
        others = rest[0].values if rest else (0.0,)
        heading = [first.name] + [f"{rest[0].name} {v:.6g}" if rest else "response" for v in others]
        rows = [
            ",".join([f"{value:.6g}", *(f"{response:.6g}" for response in responses)])
            for value, responses in zip(first.values, curve.responses, strict=True)
        ]
        temporary.write_text("\n".join([",".join(heading), *rows, ""]), encoding="utf-8")
