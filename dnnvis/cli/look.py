"""``dnnvis look``: one lens on one unit of one picture, and again from its recipe."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.core.errors import BadInput

OPENING = ("net", "checkpoint", "weights", "size", "mean", "std", "labels")
STAMPS = ("frame", "caption", "panel")  # what the window adds for people
MADE_FROM_OTHERS = (*("lens", "unit", "network", "weights_sha256", "image", "made_with"), *STAMPS)


def look(
    net: Annotated[str | None, typer.Argument(help="The network.")] = None,
    unit: Annotated[str | None, typer.Argument(help="Such as conv5[151]@6,7#2.")] = None,
    lens: Annotated[
        str | None, typer.Option(help="deconvnet (without a word), guided, gradient ...")
    ] = None,
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
        if output is None or output.suffix.lower() not in (".png", ".npy"):
            raise BadInput("Say where the picture goes: -o OUT.png (or OUT.npy).")
        before = None if recipe is None else _read_recipe(recipe)
        job = _Job() if before is None else _job_of(before, recipe)
        job.open |= {"net": net} if net is not None else {}
        wishes = given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code)
        job.open |= {name: value for name, value in wishes.items() if value is not None}
        job.unit, job.lens = unit or job.unit, lens or job.lens
        job.image = image or job.image
        job.params |= _params(job.lens, set_, to=to, seed=seed, view=view)
        _check(job, recipe)
        given.set_threads(threads or job.threads)
        picture = _make(job)
        differs = [] if before is None else _differences(before, picture.recipe)
        _write(picture, output)
        _tell(picture, output, differs, json_)


@dataclass
class _Job:
    """What is to be made; ``pixels_only`` where the recipe's picture was never a file."""

    open: dict[str, Any] = field(default_factory=dict)
    unit: str = ""
    lens: str = "deconvnet"
    image: Path | None = None
    params: dict[str, Any] = field(default_factory=dict)
    threads: int = 0
    pixels_only: bool = False


def _check(job: _Job, recipe: Path | None) -> None:
    if "net" not in job.open and recipe is not None:
        raise BadInput(f"{recipe} does not say how to open its network; name NET and UNIT.")
    if "net" not in job.open or not job.unit:
        raise BadInput("Say which NET and which UNIT, or give --recipe OUT.png.")
    if job.image is None and job.pixels_only:
        raise BadInput(f"{recipe} was not made from a file; give the picture with --image.")
    if job.image is not None and not job.image.is_file():
        raise BadInput(f"There is no picture {job.image}; say where it is with --image.")


def _params(lens: str, pairs: list[str] | None, **named: str | None) -> dict[str, Any]:
    """Settings of the lens: those with a text as default stay text, others are read as JSON."""
    from dnnvis.lenses.catalog import lens_named

    texts = {item.name for item in fields(lens_named(lens).Params) if isinstance(item.default, str)}
    params: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"Write a setting as name=value, not '{pair}'.")
        params[name] = value if name in texts else _read(value)
    return params


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _read_recipe(place: Path) -> dict[str, Any]:
    """The recipe in a file, its parts being of the kinds they must be; raises BadInput."""
    from dnnvis.lenses.keep import recipe_in

    recipe = recipe_in(place)
    for part in ("network", "image", "made_with"):
        recipe[part] = recipe.get(part) or {}
        if not isinstance(recipe[part], dict):
            raise BadInput(f"The recipe in {place} is broken: {part} is {recipe[part]!r}.")
    return recipe


def _job_of(recipe: dict[str, Any], place: Path | None) -> _Job:
    kept, threads = recipe["image"], recipe["made_with"].get("threads", 0)
    texts = (recipe["unit"], recipe["lens"], kept.get("path", ""))
    if not all(isinstance(text, str) for text in texts) or not isinstance(threads, int):
        raise BadInput(f"The recipe in {place} is broken: {texts}, {threads!r} threads.")
    return _Job(
        open={k: v for k, v in recipe["network"].items() if k in OPENING},
        unit=recipe["unit"],
        lens=recipe["lens"],
        image=Path(kept["path"]) if "path" in kept else None,
        params={key: value for key, value in recipe.items() if key not in MADE_FROM_OTHERS},
        threads=threads,
        pixels_only=bool(kept) and "path" not in kept,
    )


def _make(job: _Job) -> Any:
    import dnnvis

    network = dnnvis.open(**job.open)
    return dnnvis.look(network, job.lens, job.unit, image=job.image, **job.params)


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What is not as it was when the recipe was written, in words."""
    differs = []
    if (before["image"] or {}).get("sha256") != (now["image"] or {}).get("sha256"):
        differs.append("the picture is not the one of the recipe")
    if before.get("weights_sha256") != now["weights_sha256"]:
        differs.append("the weights of the network differ")
    asked = {name: before.get(name) for name in now if name not in MADE_FROM_OTHERS[2:]}
    for was, present in ((before["made_with"], now["made_with"]), (asked, now)):
        for name, value in was.items():
            if present.get(name) != value:
                differs.append(f"{name} was {value}, is {present.get(name)}")
    return differs


def _write(picture: Any, output: Path) -> None:
    import numpy as np

    from dnnvis.app.draw import picture_rgb  # Qt-free
    from dnnvis.lenses.keep import save_png

    if output.suffix.lower() == ".npy":
        try:
            with output.open("wb") as file:  # np.save would add .npy to .NPY
                np.save(file, picture.values)
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
