"""``dnnvis look``: one lens on one unit of one picture, and again from its recipe."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options as given
from dnnvis.core.errors import BadInput

OPENING = ("net", "checkpoint", "weights", "size", "mean", "std", "labels")
STAMPS = ("frame", "caption", "panel", "source")  # what is added for people
MADE_FROM_OTHERS = (*("lens", "unit", "network", "weights_sha256", "image", "made_with"), *STAMPS)
ASIDE = ("net", "lens", "unit", "image")  # said by options and arguments of their own
RESULTS = (  # what came of it
    *("objective", "error", "errors", "best_seed", "steps_done", "nature_from", "contrast"),
)
ON_MAP = ("map", "cloud", "map_place", "map_picked", "constellation", "attack")  # give numbers
CLOSE = 1e-4  # relative difference of a result that is no difference


def look(
    net: Annotated[str | None, typer.Argument(help="The network.")] = None,
    unit: Annotated[
        str | None, typer.Argument(help="Such as conv5[151]@6,7#2; for ascent also sums.")
    ] = None,
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
    seed: Annotated[str | None, typer.Option(help="activation or one; a number.")] = None,
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
        _refuse_map(lens)
        if output is None or output.suffix.lower() not in (".png", ".npy"):
            raise BadInput("Say where the picture goes: -o OUT.png (or OUT.npy).")
        before = None if recipe is None else _read_recipe(recipe)
        job = _Job() if before is None else _job_of(before, recipe)
        job.open |= {"net": net} if net is not None else {}
        wishes = given.settings(checkpoint, weights, size, mean, std, labels, device, trust_code)
        job.open |= {name: value for name, value in wishes.items() if value is not None}
        job.unit, job.lens = unit or job.unit, lens or job.lens
        job.image = image or job.image
        changes = settings_of(job.lens, set_, to=to, seed=seed, view=view)
        _check_names(changes)
        job.params |= changes
        job.until = 0 if changes else job.until
        _check(job, recipe)
        given.set_threads(threads or job.threads)
        shown, made = _make(job)
        differs = [] if before is None else _differences(before, made)
        _write(shown, made, output)
        _tell(shown, made, output, differs, json_)


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
    until: int = 0  # the step at which an unfinished picture was kept, 0 = to its end


def _refuse_map(lens: str | None) -> None:
    if lens in ON_MAP:
        raise BadInput(
            f"The lens {lens} gives places on the activation map, not a picture: see them with "
            "`dnnvis map NET --image PICTURE`, or in the window."
        )


def _check_names(changes: dict[str, Any]) -> None:
    for name in ASIDE:
        if name in changes:
            raise BadInput(f"{name} is not set with --set; see `dnnvis look --help` for it.")


def _check(job: _Job, recipe: Path | None) -> None:
    if "net" not in job.open and recipe is not None:
        raise BadInput(f"{recipe} does not say how to open its network; name NET and UNIT.")
    if "net" not in job.open or not job.unit:
        raise BadInput("Say which NET and which UNIT, or give --recipe OUT.png.")
    needed = _begins_with_picture(job.lens, job.params)
    if job.image is None and job.pixels_only and needed:
        raise BadInput(f"{recipe} was not made from a file; give the picture with --image.")
    if job.image is not None and not job.image.is_file():
        if recipe is not None and not needed:
            job.image = None
            return
        raise BadInput(f"There is no picture {job.image}; say where it is with --image.")


def settings_of(lens: str, pairs: list[str] | None, **named: str | None) -> dict[str, Any]:
    """Settings of the lens from name=value pairs: those with a text as default stay text, others
    are read as JSON. Raises BadInput for a pair that is none."""
    texts = {name for name, default in _defaults(lens).items() if isinstance(default, str)}
    said = {name: value for name, value in named.items() if value is not None}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"Write a setting as name=value, not '{pair}'.")
        said[name.strip()] = value
    return {name: value if name in texts else _read(value) for name, value in said.items()}


def _defaults(lens: str) -> dict[str, Any]:
    from dnnvis.lenses.catalog import lens_named

    return {item.name: item.default for item in fields(lens_named(lens).Params)}


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _read_recipe(place: Path) -> dict[str, Any]:
    """The recipe in a file, its parts being of the kinds they must be; raises BadInput."""
    from dnnvis.lenses.recipe_files import recipe_in

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
    known = _defaults(recipe["lens"])
    told = {*ASIDE, *MADE_FROM_OTHERS, *RESULTS} - (set(known) - set(ASIDE))
    return _Job(
        open={k: v for k, v in recipe["network"].items() if k in OPENING},
        unit=recipe["unit"],
        lens=recipe["lens"],
        image=Path(kept["path"]) if "path" in kept else None,
        params={key: value for key, value in recipe.items() if key not in told},
        threads=threads,
        pixels_only=bool(kept) and "path" not in kept,
        until=_kept_at(recipe, place),
    )


def _begins_with_picture(lens: str, params: dict[str, Any]) -> bool:
    """Whether what is made depends on the picture looked at."""
    from dnnvis.lenses.catalog import lens_named
    from dnnvis.lenses.lens import looks_at_recording

    looks_at_it = looks_at_recording(lens_named(lens)) or lens == "inversion"
    return looks_at_it or params.get("start") == "frame"


def _kept_at(recipe: dict[str, Any], place: Path | None) -> int:
    steps, done = recipe.get("steps", 0), recipe.get("steps_done", 0)
    if not isinstance(steps, int) or not isinstance(done, int):
        raise BadInput(f"The recipe in {place} is broken: {done!r} of {steps!r} steps.")
    return done if 0 < done < steps else 0


def _make(job: _Job) -> tuple[Any, dict[str, Any]]:
    """What the lens shows last, or showed when it was kept on its way; and its recipe."""
    import dnnvis
    from dnnvis.core.lens_results import Patterns
    from dnnvis.lenses.look import provenance

    network = dnnvis.open(**job.open)
    look = dnnvis.looks if job.until else dnnvis.look
    shown = look(network, job.lens, job.unit, image=job.image, **job.params)
    if job.until:
        shown = _until(shown, job.until)
    recipe = getattr(shown, "recipe", {})
    if isinstance(shown, Patterns):
        recipe = {"lens": job.lens, "unit": job.unit, **job.params, **provenance(network, None)}
    return shown, recipe


def _until(pictures: Any, step: int) -> Any:
    """The picture at that step; the last one where they end before."""
    last = None
    for last in pictures:
        if last.step >= step:
            break
    return last


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What is not as it was when the recipe was written, in words."""
    differs = []
    was_seen, is_seen = before["image"] or {}, now["image"] or {}
    needed = is_seen or _begins_with_picture(before["lens"], before)
    if needed and was_seen.get("sha256") != is_seen.get("sha256"):
        differs.append("the picture is not the one of the recipe")
    if before.get("weights_sha256") != now["weights_sha256"]:
        differs.append("the weights of the network differ")
    asked = {name: before.get(name) for name in now if name not in MADE_FROM_OTHERS[2:]}
    for was, present in ((before["made_with"], now["made_with"]), (asked, now)):
        for name, value in was.items():
            if not _alike(name, value, present.get(name)):
                differs.append(f"{name} was {value}, is {present.get(name)}")
    return differs


def _alike(name: str, was: Any, now: Any) -> bool:
    if name in RESULTS and isinstance(was, float) and isinstance(now, float):
        return abs(now - was) <= CLOSE * max(abs(was), abs(now))
    return bool(was == now)


def _write(shown: Any, recipe: dict[str, Any], output: Path) -> None:
    import numpy as np

    from dnnvis.cli.contact_sheet import pixels_of, values_of
    from dnnvis.lenses.recipe_files import save_png

    if output.suffix.lower() == ".npy":
        values = values_of(shown)
        try:
            with output.open("wb") as file:  # np.save would add .npy to .NPY
                np.save(file, values)
        except OSError as why:
            raise BadInput(f"{output} cannot be written: {why}") from None
        return
    save_png(output, pixels_of(shown), recipe)


def _tell(
    shown: Any, recipe: dict[str, Any], output: Path, differs: list[str], as_json: bool
) -> None:
    caption = getattr(shown, "caption", "") or getattr(shown, "words", "")
    if as_json:
        line = {
            "output": str(output),
            "caption": caption,
            "rectifiers": getattr(shown, "rectifiers", {}),
            "recipe": recipe,
            "differs": differs,
        }
        print(json.dumps(line | _extras(shown)))
        return
    print(f"{output}: {caption}" if caption else output)
    for sentence in _words(shown):
        print(sentence)
    for words in differs:
        print(f"Not as it was when the recipe was written: {words}.")


def _extras(shown: Any) -> dict[str, Any]:
    """What a synthesis, examples or an imagination have to say besides."""
    from dnnvis.core.lens_results import Examples, Grown, Strip

    if isinstance(shown, Grown):
        numbers = [{**asdict(one), "ratio": one.ratio} for one in shown.measures]
        return {"measures": numbers, "steps": shown.step, "trouble": shown.trouble}
    if isinstance(shown, Examples):
        items = [
            {"value": item.value, "place": item.place, "label": item.label, "where": item.where}
            for item in shown.items
        ]
        return {"examples": items}
    if isinstance(shown, Strip):
        scores = {name: value if isfinite(value) else None for name, value in shown.scores.items()}
        said = {"steps": shown.steps, "marks": shown.marks, "scores": scores, "words": shown.words}
        return said | {"decoder": shown.decoder, "decoders": shown.decoders}
    return {}


def _words(shown: Any) -> Iterator[str]:
    """The same for people."""
    from dnnvis.core.lens_results import Examples, Grown, Strip

    if isinstance(shown, Strip):
        yield from _words_of_strip(shown)

    if isinstance(shown, Grown):
        value = "normalised error" if shown.recipe.get("lens") == "inversion" else "reached"
        for one in shown.measures:
            best = "" if one.ratio is None else f" ({one.ratio:.2f} of the best natural picture)"
            yield (
                f"  {value} {one.value:.4g}{best}, high frequencies {one.high_frequency:.3f}, "
                f"total variation {one.variation:.3f}"
            )
        if shown.trouble:
            yield f"  {shown.trouble}"
    if isinstance(shown, Examples):
        for number, item in enumerate(shown.items, 1):
            yield f"  {number}. {item.value:.4g}  {item.label}  {item.where}"
        if shown.words:
            yield f"  {shown.words}"


def _words_of_strip(strip: Any) -> Iterator[str]:
    for (layer, call), mark in zip(strip.steps, strip.marks, strict=False):
        yield f"  {layer}#{call}  {mark}"
    if strip.scores:
        known = (f"{k} {v:.3g}" for k, v in strip.scores.items() if isfinite(v))
        yield f"  scores: {', '.join(known)}"
    if strip.words:
        yield f"  {strip.words}"
