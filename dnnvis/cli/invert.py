"""Run ``dnnvis invert``: what each layer still knows of a picture, as one sheet and a table."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.cli.look import parse_settings
from dnnvis.cli.table import show_table
from dnnvis.core.errors import BadInput

if TYPE_CHECKING:
    from dnnvis.core.lens_results import SynthesisResult
    from dnnvis.network.network import Network

Report = Callable[[str, float], None]  # layer, how many layers are done


@dataclass(frozen=True)
class LayerInversion:
    """Hold what came of one layer, and how long it took."""

    layer: str
    result: "SynthesisResult"
    seconds: float

    @property
    def error(self) -> float:
        """Give the normalised error of the picture's code."""
        return float(self.result.recipe["error"])


@options.network_options
def invert(
    net_options: options.NetworkOptions,
    net: options.Net,
    image: Annotated[
        Path | None, typer.Option(help="The picture whose codes are inverted.")
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="May be repeated; none: spread over the network.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="fourier (without a word) or mahendran.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the lens, name=value.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", help="SHEET.png.")] = None,
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Bring a picture back from its code at layers of NET: a sheet of pictures (with recipe),
    and the normalised error of each layer."""
    with options.report_errors(debug):
        _check_arguments(image, output)
        params = parse_settings("inversion", set_, preset=preset)
        _check_setting_names(params)
        from dnnvis.lenses.inversion.survey import pick_layers

        options.set_threads(net_options.threads)
        network = net_options.open(net)
        layer_names = list(dict.fromkeys(layer or ()))
        count = len(layer_names or pick_layers(network))
        inversions: list[LayerInversion] = []
        with _progress_bar(count, json_) as report:
            for inversion in _invert_layers(network, image, layer_names, params, report):
                inversions.append(inversion)
                if json_:
                    print(json.dumps(_to_json(inversion)), flush=True)
        recipe = _build_recipe(network, image, inversions)
        _write_sheet(network, image, inversions, recipe, output)
        _print_result(network, inversions, recipe, output, json_)


def _check_arguments(image: Path | None, output: Path | None) -> None:
    """Raise BadInput for what would otherwise be found out after all the work."""
    if image is None:
        raise BadInput("Say which picture: --image F.")
    if not image.is_file():
        raise BadInput(f"There is no picture {image}; say where it is with --image.")
    if output is None or output.suffix.lower() != ".png":
        raise BadInput("Say where the sheet goes: -o SHEET.png.")
    if not output.parent.is_dir():
        raise BadInput(f"There is no folder {output.parent} to write {output.name} into.")


def _check_setting_names(params: dict[str, Any]) -> None:
    for name in ("image", "layers", "network"):
        if name in params:
            raise BadInput(f"{name} is no setting of inversion; see `dnnvis invert --help`.")


def _invert_layers(
    network: "Network",
    image: Path | None,
    layers: list[str],
    params: dict[str, Any],
    report: Report,
) -> Iterator[LayerInversion]:
    """Yield what came of each layer; raise BadInput where nothing came of any."""
    from dnnvis.lenses.inversion.survey import survey

    done, start = 0, time.perf_counter()
    for layer, result in survey(network, image, layers, **params):
        report(layer, done + result.progress)
        if result.progress == 1:
            now = time.perf_counter()
            yield LayerInversion(layer, result, now - start)
            done, start = done + 1, now
    if not done:
        raise BadInput("No layer of this network knows anything of this picture to invert.")


@contextmanager
def _progress_bar(layers: int, as_json: bool) -> Iterator[Report]:
    """Show a progress bar with the time that is left; nothing in JSON, a pipe or a file."""
    from rich.console import Console

    if as_json or not Console().is_terminal:
        yield lambda layer, done: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, transient=True)
    task = bar.add_task("", total=layers)

    def report(layer: str, done: float) -> None:
        bar.start()  # not before: what is wrong is told without a bar
        bar.update(task, description=f"Inverting {layer}", completed=done)

    try:
        yield report
    finally:
        if bar.live.is_started:  # else it would print an empty line
            bar.stop()


def _to_json(inversion: LayerInversion) -> dict[str, Any]:
    return {
        "layer": inversion.layer,
        "error": inversion.error,
        "steps": inversion.result.step,
        "seed": inversion.result.recipe["best_seed"],
        "seconds": round(inversion.seconds, 3),
        "trouble": inversion.result.error,
    }


def _print_result(
    network: "Network",
    inversions: list[LayerInversion],
    recipe: dict[str, Any],
    output: Path | None,
    as_json: bool,
) -> None:
    if as_json:
        print(json.dumps({"output": str(output), "recipe": recipe}))
        return
    rows = []
    for inversion in inversions:
        shape = network.layer(inversion.layer.partition("#")[0]).shape
        size = " x ".join(map(str, shape))
        rows.append((inversion.layer, size, f"{inversion.error:.3g}", f"{inversion.seconds:.1f}"))
    show_table(("layer", "code", "normalised error", "seconds"), rows)
    for inversion in inversions:
        if inversion.result.error:
            print(inversion.result.error)
    print(f"{output}: the picture, then what each layer knows of it")


def _build_recipe(
    network: "Network", image: Path | None, inversions: list[LayerInversion]
) -> dict[str, Any]:
    """Build the recipe of all layers together; of one layer alone that of its picture."""
    from dnnvis.lenses.look import provenance

    first = inversions[0].result.recipe
    if len(inversions) == 1:
        return first
    layer_keys = ("unit", "objective", "error", "best_seed", "tv")  # of a layer
    return {
        **{name: value for name, value in first.items() if name not in layer_keys},
        "unit": " + ".join(inversion.layer for inversion in inversions),
        "errors": {inversion.layer: inversion.error for inversion in inversions},
        **provenance(network, image),
    }


def _write_sheet(
    network: "Network",
    image: Path | None,
    inversions: list[LayerInversion],
    recipe: dict[str, Any],
    output: Path | None,
) -> None:
    from dnnvis.imaging.colorize import values_to_rgb
    from dnnvis.imaging.sheet_labels import labeled_sheet
    from dnnvis.lenses.recipe_files import save_png

    assert output is not None  # see _check
    picture = network.show(network.encode(image)).astype("float32") / 255
    tiles = [(values_to_rgb(picture, "rgb")[0], "the picture")]
    for inversion in inversions:
        pixels = values_to_rgb(inversion.result.values, "rgb")[0]
        tiles.append((pixels, f"{inversion.layer}\nerror {inversion.error:.3g}"))
    save_png(output, labeled_sheet(tiles), recipe)
