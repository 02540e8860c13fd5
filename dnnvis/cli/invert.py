"""``dnnvis invert``: what each layer still knows of a picture, as one sheet and a table."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.cli.look import settings_of
from dnnvis.cli.table import show_table
from dnnvis.core.errors import BadInput

if TYPE_CHECKING:
    from dnnvis.core.lens_results import Grown
    from dnnvis.network.network import Network

Report = Callable[[str, float], None]  # layer, how many layers are done


@dataclass(frozen=True)
class Inverted:
    """What came of one layer, and how long it took."""

    layer: str
    grown: "Grown"
    seconds: float

    @property
    def error(self) -> float:
        return float(self.grown.recipe["error"])


def invert(
    net: given.Net,
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
    """Bring a picture back from its code at layers of NET: a sheet of pictures (with recipe),
    and the normalised error of each layer."""
    with given.plainly(debug):
        _check(image, output)
        params = settings_of("inversion", set_, preset=preset)
        _check_names(params)
        import dnnvis
        from dnnvis.lenses.inversion.lens import spread

        given.set_threads(threads)
        network = dnnvis.open(
            net,
            **given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code),
        )
        named = list(dict.fromkeys(layer or ()))
        count = len(named or spread(network))
        done: list[Inverted] = []
        with _bar(count, json_) as report:
            for one in _inverted(network, image, named, params, report):
                done.append(one)
                if json_:
                    print(json.dumps(_line(one)), flush=True)
        recipe = _recipe(network, image, done)
        _write(network, image, done, recipe, output)
        _tell(network, done, recipe, output, json_)


# ---- what is asked for -------------------------------------------------------------------


def _check(image: Path | None, output: Path | None) -> None:
    """Raise BadInput for what would otherwise be found out after all the work."""
    if image is None:
        raise BadInput("Say which picture: --image F.")
    if not image.is_file():
        raise BadInput(f"There is no picture {image}; say where it is with --image.")
    if output is None or output.suffix.lower() != ".png":
        raise BadInput("Say where the sheet goes: -o SHEET.png.")
    if not output.parent.is_dir():
        raise BadInput(f"There is no folder {output.parent} to write {output.name} into.")


def _check_names(params: dict[str, Any]) -> None:
    for name in ("image", "layers", "network"):
        if name in params:
            raise BadInput(f"{name} is no setting of inversion; see `dnnvis invert --help`.")


def _inverted(
    network: "Network", image: Path | None, layers: list[str], params: dict[str, Any],
    report: Report,
) -> Iterator[Inverted]:  # fmt: skip
    """What came of each layer; raises BadInput where nothing came of any."""
    from dnnvis.lenses.inversion.lens import survey

    done, began = 0, time.perf_counter()
    for layer, grown in survey(network, image, layers, **params):
        report(layer, done + grown.progress)
        if grown.progress == 1:
            now = time.perf_counter()
            yield Inverted(layer, grown, now - began)
            done, began = done + 1, now
    if not done:
        raise BadInput("No layer of this network knows anything of this picture to invert.")


# ---- what is told ------------------------------------------------------------------------


@contextmanager
def _bar(layers: int, as_json: bool) -> Iterator[Report]:
    """A progress bar with the time that is left; nothing in JSON, a pipe or a file."""
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


def _line(one: Inverted) -> dict[str, Any]:
    return {
        "layer": one.layer,
        "error": one.error,
        "steps": one.grown.step,
        "seed": one.grown.recipe["best_seed"],
        "seconds": round(one.seconds, 3),
        "trouble": one.grown.trouble,
    }


def _tell(
    network: "Network", done: list[Inverted], recipe: dict[str, Any], output: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    if as_json:
        print(json.dumps({"output": str(output), "recipe": recipe}))
        return
    rows = []
    for one in done:
        shape = network.layer(one.layer.partition("#")[0]).shape
        size = " x ".join(map(str, shape))
        rows.append((one.layer, size, f"{one.error:.3g}", f"{one.seconds:.1f}"))
    show_table(("layer", "code", "normalised error", "seconds"), rows)
    for one in done:
        if one.grown.trouble:
            print(one.grown.trouble)
    print(f"{output}: the picture, then what each layer knows of it")


# ---- the sheet ---------------------------------------------------------------------------


def _recipe(network: "Network", image: Path | None, done: list[Inverted]) -> dict[str, Any]:
    """Of all layers together; of one layer alone that of its picture."""
    from dnnvis.lenses.look import provenance

    first = done[0].grown.recipe
    if len(done) == 1:
        return first
    own = ("unit", "objective", "error", "best_seed", "tv")  # of a layer
    return {
        **{name: value for name, value in first.items() if name not in own},
        "unit": " + ".join(one.layer for one in done),
        "errors": {one.layer: one.error for one in done},
        **provenance(network, image),
    }


def _write(
    network: "Network", image: Path | None, done: list[Inverted], recipe: dict[str, Any],
    output: Path | None,
) -> None:  # fmt: skip
    from dnnvis.cli.contact_sheet import labelled_sheet
    from dnnvis.imaging.colorize import picture_rgb  # Qt-free
    from dnnvis.lenses.recipe_files import save_png

    assert output is not None  # see _check
    seen = network.show(network.encode(image)).astype("float32") / 255
    tiles = [(picture_rgb(seen, "rgb")[0], "the picture")]
    for one in done:
        pixels = picture_rgb(one.grown.values, "rgb")[0]
        tiles.append((pixels, f"{one.layer}\nerror {one.error:.3g}"))
    save_png(output, labelled_sheet(tiles), recipe)
