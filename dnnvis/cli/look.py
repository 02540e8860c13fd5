"""Run ``dnnvis look``: one lens on one unit of one picture, and again from its recipe."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from dnnvis.cli import options
from dnnvis.core.errors import BadInput
from dnnvis.core.paths import check_length

OPEN_KEYS = (
    *("net", "checkpoint", "weights", "size", "mean", "std", "labels", "channels"),
    *("channel_order", "output", "part", "inputs", "edits"),
)
DISPLAY_KEYS = ("frame", "caption", "panel", "source")  # what is added for people
DERIVED_KEYS = (*("lens", "unit", "network", "weights_sha256", "image", "made_with"), *DISPLAY_KEYS)
ARGUMENT_KEYS = ("net", "lens", "unit", "image")  # said by options and arguments of their own
FRAME_LENSES = ("inversion", "occlusion", "integrated", "audit")  # look at a picture by themselves
RESULT_KEYS = (  # what came of it
    *("objective", "error", "errors", "best_seed", "steps_done", "nature_from", "contrast"),
    "directions",  # digests of the sets that it is of
)
OTHER_COMMANDS = {  # of lenses that give no picture
    "tuning": "dnnvis tune NET UNIT",
    "weights": "dnnvis weights NET LAYER",
    "feeds": "dnnvis weights NET LAYER --unit K",
}
MAP_LENSES = (  # give numbers
    *("map", "cloud", "map_place", "map_picked", "constellation", "attack", "moving_map"),
)
MAX_THREADS = 1024  # of torch's own, that a recipe may ask for
RELATIVE_TOLERANCE = 1e-4  # relative difference of a result that is no difference


@options.network_options
def look(
    net_options: options.NetworkOptions,
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
    json_: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write what a lens shows of UNIT of NET on a picture, as PNG (with recipe) or .npy."""
    with options.report_errors(debug):
        _refuse_map(lens)
        _refuse_other(lens)
        if output is None or output.suffix.lower() not in (".png", ".npy"):
            raise BadInput("Say where the picture goes: -o OUT.png (or OUT.npy).")
        _refuse_sheet(lens, output)
        previous = None if recipe is None else _read_recipe(recipe)
        request = _LookRequest() if previous is None else _request_from_recipe(previous, recipe)
        request.open |= {"net": net} if net is not None else {}
        open_options = net_options.open_arguments()
        request.open |= {name: value for name, value in open_options.items() if value is not None}
        request.unit, request.lens = unit or request.unit, lens or request.lens
        if image is not None:
            request.image, request.frame = image, None
        changes = parse_settings(request.lens, set_, to=to, seed=seed, view=view)
        _check_names(changes)
        request.params |= changes
        request.stop_step = 0 if changes else request.stop_step
        _check_request(request, recipe)
        options.set_threads(net_options.threads or request.threads)
        result, new_recipe = _run_lens(request)
        differences = [] if previous is None else _find_differences(previous, new_recipe)
        _write_output(result, new_recipe, output)
        _print_result(result, new_recipe, output, differences, json_)


@dataclass
class _LookRequest:
    """Say what is to be made."""

    open: dict[str, Any] = field(default_factory=dict)
    unit: str = ""
    lens: str = "deconvnet"
    image: Path | None = None
    #: The number of a frame, where ``image`` is a film.
    frame: int | None = None
    params: dict[str, Any] = field(default_factory=dict)
    threads: int = 0
    #: Where the recipe's picture was never a file.
    pixels_only: bool = False
    stop_step: int = 0  # the step at which an unfinished picture was kept, 0 = to its end


def _refuse_map(lens: str | None) -> None:
    if lens in MAP_LENSES:
        raise BadInput(
            f"The lens {lens} gives places on the activation map, not a picture: see them with "
            "`dnnvis map NET --image PICTURE`, or in the window."
        )


def _refuse_other(lens: str | None) -> None:
    if lens in OTHER_COMMANDS:
        raise BadInput(f"The lens {lens} gives numbers: see them with `{OTHER_COMMANDS[lens]}`.")


def _refuse_sheet(lens: str | None, output: Path) -> None:
    if lens == "audit" and output.suffix.lower() != ".npy":
        raise BadInput(
            "The lens audit gives curves and numbers, not a picture: they are printed, and -o "
            "OUT.npy has the curves."
        )


def _check_names(changes: dict[str, Any]) -> None:
    for name in ARGUMENT_KEYS:
        if name in changes:
            raise BadInput(f"{name} is not set with --set; see `dnnvis look --help` for it.")


def _check_request(request: _LookRequest, recipe: Path | None) -> None:
    if "net" not in request.open and recipe is not None:
        raise BadInput(f"{recipe} does not say how to open its network; name NET and UNIT.")
    if "net" not in request.open or not request.unit:
        raise BadInput("Say which NET and which UNIT, or give --recipe OUT.png.")
    needs_image = _needs_image(request.lens, request.params)
    if request.image is None and request.pixels_only and needs_image:
        raise BadInput(f"{recipe} was not made from a file; give the picture with --image.")
    if request.image is not None:
        check_length(request.image)
    if request.image is not None and not request.image.is_file():
        if recipe is not None and not needs_image:
            request.image = None
            return
        raise BadInput(f"There is no picture {request.image}; say where it is with --image.")


def parse_settings(lens: str, pairs: list[str] | None, **overrides: str | None) -> dict[str, Any]:
    """Read settings of the lens from name=value pairs.

    Those with a text as default stay text, others are read as JSON. Raises BadInput for a pair that
    is none.
    """
    text_names = {
        name for name, default in _default_settings(lens).items() if isinstance(default, str)
    }
    raw_values = {name: value for name, value in overrides.items() if value is not None}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadInput(f"Write a setting as name=value, not '{pair}'.")
        raw_values[name.strip()] = value
    return {
        name: value if name in text_names else _parse_value(value)
        for name, value in raw_values.items()
    }


def _default_settings(lens: str) -> dict[str, Any]:
    from dnnvis.lenses.catalog import get_lens

    return {item.name: item.default for item in fields(get_lens(lens).Params)}


def _parse_value(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _read_recipe(path: Path) -> dict[str, Any]:
    """Read the recipe in a file, its parts being of the kinds they must be; raises BadInput."""
    from dnnvis.lenses.recipe_files import read_recipe

    recipe = read_recipe(path)
    for part in ("network", "image", "made_with"):
        recipe[part] = recipe.get(part) or {}
        if not isinstance(recipe[part], dict):
            raise BadInput(f"The recipe in {path} is broken: its {part} is no object ({{...}}).")
    return recipe


def _request_from_recipe(recipe: dict[str, Any], path: Path | None) -> _LookRequest:
    image, threads = recipe["image"], recipe["made_with"].get("threads", 0)
    texts = (recipe["unit"], recipe["lens"], image.get("path", ""))
    frame = image.get("frame") if "path" in image else None
    threads_valid = type(threads) is int and 0 <= threads <= MAX_THREADS
    numbers_valid = threads_valid and isinstance(frame, int | None)
    if not all(isinstance(text, str) for text in texts) or not numbers_valid:
        raise BadInput(
            f"The recipe in {path} is broken: its unit, lens and path are no texts, or its frame "
            f"and threads no whole numbers (up to {MAX_THREADS} threads)."
        )
    defaults = _default_settings(recipe["lens"])
    excluded = {*ARGUMENT_KEYS, *DERIVED_KEYS, *RESULT_KEYS} - (set(defaults) - set(ARGUMENT_KEYS))
    return _LookRequest(
        open={k: v for k, v in recipe["network"].items() if k in OPEN_KEYS},
        unit=recipe["unit"],
        lens=recipe["lens"],
        image=Path(image["path"]) if "path" in image else None,
        frame=frame,
        params={key: value for key, value in recipe.items() if key not in excluded},
        threads=threads,
        pixels_only=bool(image) and "path" not in image,
        stop_step=_saved_step(recipe, path),
    )


def _needs_image(lens: str, params: dict[str, Any]) -> bool:
    """Tell whether what is made depends on the picture looked at."""
    from dnnvis.lenses.catalog import get_lens
    from dnnvis.lenses.lens import needs_recording

    uses_image = needs_recording(get_lens(lens)) or lens in FRAME_LENSES
    return uses_image or params.get("start") == "frame"


def _saved_step(recipe: dict[str, Any], path: Path | None) -> int:
    steps, done = recipe.get("steps", 0), recipe.get("steps_done", 0)
    if not isinstance(steps, int) or not isinstance(done, int):
        raise BadInput(f"The recipe in {path} is broken: its steps are no whole numbers.")
    return done if 0 < done < steps else 0


def _run_lens(request: _LookRequest) -> tuple[Any, dict[str, Any]]:
    """Give what the lens shows last, or showed when it was kept on its way; and its recipe."""
    import dnnvis
    from dnnvis.core.lens_results import Patterns
    from dnnvis.lenses.look import provenance

    network = options.open_edited(**request.open)
    look = dnnvis.looks if request.stop_step else dnnvis.look
    image = _read_film_frame(request) if request.frame is not None else request.image
    result = look(network, request.lens, request.unit, image=image, **request.params)
    if request.stop_step:
        result = _picture_at_step(result, request.stop_step)
    recipe = getattr(result, "recipe", {})
    if isinstance(result, Patterns):
        recipe = {
            "lens": request.lens,
            "unit": request.unit,
            **request.params,
            **provenance(network, None),
        }
    if request.frame is not None and recipe.get("image"):
        origin = {"path": str(request.image), "frame": request.frame}
        recipe["image"] = {**origin, "pixels_sha256": recipe["image"]["sha256"]}
    return result, recipe


def _read_film_frame(request: _LookRequest) -> Any:
    """Read the frame of a film as uint8 (H, W, 3); raises BadInput where there is none."""
    from dnnvis.sources.film import Film

    film = Film(request.image or Path())
    try:
        if not 0 <= (request.frame or 0) < len(film):
            raise BadInput(f"{request.image} has {len(film):,} frames, no frame {request.frame}.")
        return film.read(request.frame or 0)
    finally:
        film.close()


def _picture_at_step(pictures: Any, step: int) -> Any:
    """Give the picture at that step; the last one where they end before."""
    last = None
    for last in pictures:
        if last.step >= step:
            break
    return last


def _find_differences(previous: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """Say in words what is not as it was when the recipe was written."""
    differences = []
    previous_image, current_image = previous["image"] or {}, current["image"] or {}
    needs_image = current_image or _needs_image(previous["lens"], previous)
    if needs_image and _picture_digest(previous_image) != _picture_digest(current_image):
        differences.append("the picture is not the one of the recipe")
    if previous.get("weights_sha256") != current["weights_sha256"]:
        differences.append("the weights of the network differ")
    previous_settings = {
        name: previous.get(name) for name in current if name not in DERIVED_KEYS[2:]
    }
    for old_values, new_values in (
        (previous["made_with"], current["made_with"]),
        (previous_settings, current),
    ):
        for name, value in old_values.items():
            if not _is_close(name, value, new_values.get(name)):
                differences.append(f"{name} was {value}, is {new_values.get(name)}")
    return differences


def _picture_digest(image: dict[str, Any]) -> Any:
    """Return the sha256 of the file, or of the pixels where they were a frame's."""
    return image.get("sha256") or image.get("pixels_sha256")


def _is_close(name: str, previous: Any, current: Any) -> bool:
    if name in RESULT_KEYS and isinstance(previous, float) and isinstance(current, float):
        return abs(current - previous) <= RELATIVE_TOLERANCE * max(abs(previous), abs(current))
    return bool(previous == current)


def _write_output(result: Any, recipe: dict[str, Any], output: Path) -> None:
    import numpy as np

    from dnnvis.cli.contact_sheet import result_pixels, result_values
    from dnnvis.core.stable_file import replace_file
    from dnnvis.lenses.recipe_files import save_png

    if output.suffix.lower() == ".npy":
        values = result_values(result)
        with replace_file(output, create_folder=False) as temporary, temporary.open("wb") as file:
            np.save(file, values)
        return
    save_png(output, result_pixels(result), recipe)


def _print_result(
    result: Any, recipe: dict[str, Any], output: Path, differences: list[str], as_json: bool
) -> None:
    caption = getattr(result, "caption", "") or getattr(result, "message", "")
    if as_json:
        line = {
            "output": str(output),
            "caption": caption,
            "rectifiers": getattr(result, "rectifiers", {}),
            "recipe": recipe,
            "differs": differences,
        }
        print(json.dumps(line | _extra_fields(result)))
        return
    print(f"{output}: {caption}" if caption else output)
    for sentence in _result_lines(result):
        print(sentence)
    for difference in differences:
        shown = difference.encode("utf-8", "backslashreplace").decode()  # half characters, too
        print(f"Not as it was when the recipe was written: {shown}.")


def _extra_fields(result: Any) -> dict[str, Any]:
    """Give what a synthesis, examples, an imagination or an audit have to say besides."""
    from dnnvis.cli.analysis.audit_text import audit_fields
    from dnnvis.core.attribution.audit import AttributionAudit
    from dnnvis.core.lens_results import Examples, Strip, SynthesisResult

    if isinstance(result, SynthesisResult):
        numbers = [{**asdict(metrics), "ratio": metrics.ratio} for metrics in result.measures]
        return {"measures": numbers, "steps": result.step, "trouble": result.error}
    if isinstance(result, Examples):
        items = [
            {"value": item.value, "place": item.position, "label": item.label, "where": item.where}
            for item in result.items
        ]
        return {"examples": items, "stale": result.stale}
    if isinstance(result, AttributionAudit):
        return audit_fields(result)
    if isinstance(result, Strip):
        scores = {name: value if isfinite(value) else None for name, value in result.scores.items()}
        record = {
            "steps": result.steps,
            "marks": result.marks,
            "scores": scores,
            "words": result.message,
        }
        return record | {"decoder": result.decoder, "decoders": result.decoders}
    return {}


def _result_lines(result: Any) -> Iterator[str]:
    """Say the same for people."""
    from dnnvis.cli.analysis.audit_text import audit_lines
    from dnnvis.core.attribution.audit import AttributionAudit
    from dnnvis.core.lens_results import Examples, Strip, SynthesisResult

    if isinstance(result, AttributionAudit):
        yield from audit_lines(result)
    if isinstance(result, Strip):
        yield from _strip_lines(result)

    if isinstance(result, SynthesisResult):
        value = "normalised error" if result.recipe.get("lens") == "inversion" else "reached"
        for metrics in result.measures:
            best = (
                ""
                if metrics.ratio is None
                else f" ({metrics.ratio:.2f} of the best natural picture)"
            )
            yield (
                f"  {value} {metrics.value:.4g}{best}, "
                f"high frequencies {metrics.high_frequency:.3f}, "
                f"total variation {metrics.variation:.3f}"
            )
        if result.error:
            yield f"  {result.error}"
    if isinstance(result, Examples):
        yield from _example_lines(result)


def _example_lines(examples: Any) -> Iterator[str]:
    for number, item in enumerate(examples.items, 1):
        yield f"  {number}. {item.value:.4g}  {item.label}  {item.where}"
    if examples.message:
        yield f"  {examples.message}"
    if examples.stale:
        yield f"  Stale: {examples.stale}."


def _strip_lines(strip: Any) -> Iterator[str]:
    for (layer, call), mark in zip(strip.steps, strip.marks, strict=False):
        yield f"  {layer}#{call}  {mark}"
    if strip.scores:
        known = (f"{k} {v:.3g}" for k, v in strip.scores.items() if isfinite(v))
        yield f"  scores: {', '.join(known)}"
    if strip.message:
        yield f"  {strip.message}"
