"""``dnnvis look``: one lens on one unit of one picture, and again from its recipe."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.core.errors import BadInput

MADE_FROM_OTHERS = ("lens", "unit", "network", "weights_sha256", "image", "made_with")


def look(
    net: Annotated[str | None, typer.Argument(help="The network.")] = None,
    unit: Annotated[str | None, typer.Argument(help="Such as conv5[151]@6,7#2.")] = None,
    lens: Annotated[str, typer.Option(help="deconvnet, guided, gradient ...")] = "deconvnet",
    image: Annotated[Path | None, typer.Option(help="The picture to look at.")] = None,
    output: Annotated[Path | None, typer.Option("-o", help="OUT.png or OUT.npy.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="Make the picture in this PNG again.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of the lens, name=value.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="input, or an earlier layer.")] = None,
    seed: Annotated[str | None, typer.Option(help="activation or one.")] = None,
    view: Annotated[str | None, typer.Option(help="raw, gray, norm, normblur ...")] = None,
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
    """Write what a lens shows of UNIT of NET on a picture, as PNG (with recipe) or .npy."""
    with given.plainly(debug):
        if output is None:
            raise BadInput("Say where the picture goes: -o OUT.png (or OUT.npy).")
        if recipe is not None:
            job, differs = _from_recipe(recipe, image, device, trust_code, threads)
        else:
            job, differs = _from_words(net, unit, lens, image, device, trust_code), []
            job["open"] |= given.settings(
                checkpoint, weights, size, mean, std, labels, device, trust_code
            )
            job["params"] = _params(set_, to=to, seed=seed, view=view)
            given.set_threads(threads)
        picture, found = _make(job)
        differs += found
        _write(picture, output)
        _tell(picture, output, differs, json_)


def _from_words(
    net: str | None, unit: str | None, lens: str, image: Path | None, device: str, trust: bool
) -> dict[str, Any]:
    if net is None or unit is None:
        raise BadInput("Say which NET and which UNIT, or give --recipe OUT.png.")
    if image is not None and not image.is_file():
        raise BadInput(f"There is no picture {image}.")
    return {"open": {"net": net}, "unit": unit, "lens": lens, "image": image, "sha": None}


def _params(pairs: list[str] | None, **named: str | None) -> dict[str, Any]:
    params: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"Write a setting as name=value, not '{pair}'.")
        try:
            params[name] = json.loads(value)
        except ValueError:
            params[name] = value
    return params


def _from_recipe(
    place: Path, image: Path | None, device: str, trust: bool, threads: int
) -> tuple[dict[str, Any], list[str]]:
    """The job a recipe describes, and in words what is not as it was."""
    from dnnvis.lenses.keep import recipe_in

    recipe = recipe_in(place)
    network, kept = recipe.get("network") or {}, recipe.get("image") or {}
    if "net" not in network:
        raise BadInput(f"{place} was made from a network in memory; it cannot be opened by name.")
    made = recipe.get("made_with") or {}
    given.set_threads(threads or int(made.get("threads", 0)))
    path = image or (Path(kept["path"]) if "path" in kept else None)
    if kept and path is None:
        raise BadInput(f"{place} was made from pixels in memory; give the picture with --image.")
    if path is not None and not path.is_file():
        raise BadInput(f"The picture {path} of the recipe is not there; give it with --image.")
    differs = []
    if path is not None and hashlib.sha256(path.read_bytes()).hexdigest() != kept.get("sha256"):
        differs.append(f"the picture {path} is not the one of the recipe")
    opening = {key: value for key, value in network.items() if key != "name"}
    params = {key: value for key, value in recipe.items() if key not in MADE_FROM_OTHERS}
    return {
        "open": {**opening, "device": device, "trust_code": trust},
        "unit": recipe["unit"],
        "lens": recipe["lens"],
        "image": path,
        "params": params,
        "recipe": recipe,
    }, differs


def _make(job: dict[str, Any]) -> tuple[Any, list[str]]:
    import dnnvis

    network = dnnvis.open(**job["open"])
    picture = dnnvis.look(network, job["lens"], job["unit"], image=job["image"], **job["params"])
    before = job.get("recipe")
    return picture, [] if before is None else _differences(before, picture.recipe)


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What is not as it was when the recipe was written, in words."""
    differs = []
    if before.get("weights_sha256") != now["weights_sha256"]:
        differs.append("the weights of the network differ")
    for name, value in (before.get("made_with") or {}).items():
        if now["made_with"].get(name) != value:
            differs.append(f"{name} was {value}, is {now['made_with'].get(name)}")
    return differs


def _write(picture: Any, output: Path) -> None:
    import numpy as np

    from dnnvis.app.draw import picture_rgb  # Qt-free
    from dnnvis.lenses.keep import save_png

    if output.suffix.lower() == ".npy":
        try:
            np.save(output, picture.values)
        except OSError as why:
            raise BadInput(f"{output} cannot be written: {why}") from None
        return
    save_png(output, picture_rgb(picture.values, picture.scale)[0], picture.recipe)


def _tell(picture: Any, output: Path, differs: list[str], as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                {
                    "output": str(output),
                    "caption": picture.caption,
                    "rectifiers": picture.rectifiers,
                    "recipe": picture.recipe,
                    "differs": differs,
                }
            )
        )
        return
    print(f"{output}: {picture.caption}")
    for words in differs:
        print(f"Not as it was when the recipe was written: {words}.")
