"""Run one lens on one unit, for scripts and the command line."""

import hashlib
import platform
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dnnvis._version import __version__
from dnnvis.core.attribution.audit import AttributionAudit
from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import (
    LensResult,
    Patterns,
    Picture,
    SkippedStep,
    Strip,
)
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit, quote_name
from dnnvis.lenses.catalog import get_lens
from dnnvis.lenses.lens import (
    Lens,
    Scene,
    needs_recording,
    params_for,
    required_layers,
    resolve_target,
)
from dnnvis.network.network import Network
from dnnvis.network.preprocess import as_batch
from dnnvis.sources.life.files import has_board_suffix, read_board_file

DEFAULTS = {"to": "input", "seed": "activation", "view": "raw"}  # settings of the backward lenses


def looks(
    net: Network, lens: str, unit: str | Unit | Objective, *, image: Any = None, **params: Any
) -> Iterator[Any]:
    """Return every result of a lens on one unit or objective, one after another.

    Args:
        net: The network.
        lens: Name of the lens, see ``catalog.LENSES``.
        unit: The unit or objective, or its text.
        image: uint8 (H, W, C), (H, W) or a path; None where the lens needs no picture.
        **params: Settings of the lens.

    Returns:
        An iterator over the lens's results, see ``look``; closing it cancels the lens.

    Raises:
        UnknownLens: There is no lens of that name.
        UnknownUnit: The network has no such unit.
        BadInput: The picture or a setting cannot be used.
        LensMissing: The lens cannot be used on this unit.
    """
    return _start(net, lens, unit, image, params)


def _start(
    net: Network,
    lens: str,
    unit: str | Unit | Objective,
    image: Any,
    params: dict[str, Any],
    is_watched: Callable[[], bool] = lambda: True,
) -> Iterator[Any]:
    """Check the arguments of ``looks``, and return its iterator."""
    kind = get_lens(lens)
    settings = params_for(kind, _without_defaults(kind, params))
    target = unit if isinstance(unit, Unit | Objective) else str(unit)
    unit_in_network, objective = resolve_target(kind, net, target)
    for name in kind.layers_of(settings):
        net.layer(name)
    reason = kind.unavailable_reason(net.info, unit_in_network)
    if reason is not None:
        raise LensMissing(reason)
    scene = Scene(net, unit_in_network, settings, objective=objective, is_watched=is_watched)
    return _run_lens(kind, scene, image)


def _without_defaults(lens: Lens, params: dict[str, Any]) -> dict[str, Any]:
    """Return the settings without those that every call may name.

    They are left out where they have the default value and the lens has no such setting (or another
    one of that name).
    """
    own = {item.name: item.default for item in fields(lens.Params)}
    redundant = {
        name
        for name, value in DEFAULTS.items()
        if params.get(name) == value and not isinstance(own.get(name), str)
    }
    return {name: value for name, value in params.items() if name not in redundant}


def look(
    net: Network, lens: str, unit: str | Unit | Objective, *, image: Any = None, **params: Any
) -> Any:
    """Return the last result of a lens on one unit or objective.

    Args:
        net: The network.
        lens: Name of the lens, see ``catalog.LENSES``.
        unit: The unit or objective, or its text.
        image: uint8 (H, W, C), (H, W) or a path; None where the lens needs no picture.
        **params: Settings of the lens.

    Returns:
        A Picture; Examples of the lens ``examples``, Patterns of ``patterns``, UnitStatistics of
        ``statistics``, a Strip of ``imagine``; for the lenses of the activation map the classes of
        core/activation_map.py (FramePosition of ``map``, MapData of ``cloud`` ...).

    Raises:
        UnknownLens: There is no lens of that name.
        UnknownUnit: The network has no such unit.
        BadInput: The picture or a setting cannot be used.
        LensMissing: The lens cannot be used on this unit, or gives no result.
    """
    last = None
    for last in _start(net, lens, unit, image, params, is_watched=lambda: False):  # noqa: B007
        pass
    if last is None:
        raise LensMissing(f"{lens} gave no picture of {unit}.")
    return last


def _run_lens(lens: Lens, scene: Scene, image: Any) -> Iterator[LensResult]:
    network = scene.network
    with_recording = needs_recording(lens)
    if with_recording and image is None:
        raise BadInput(f"{lens.name} needs a picture to look at; pass image=.")
    if image is not None:
        pixels = network.read(Path(image)) if isinstance(image, str | Path) else image
        x, batched = network.encode_batch(pixels)
        if batched and len(x) != 1:
            raise BadInput(f"{lens.name} looks at one picture at a time, not at {len(x)}.")
        # a lens must see whether the given board held anything between 0 and 1
        frame_pixels = as_batch(pixels)[0][0] if network.card.binary else network.show(x)
        scene = replace(scene, frame=Frame(frame_pixels, rule=_read_rule(image)))
        if with_recording:
            layers = required_layers(lens, network, scene.unit, scene.params)
            scene = replace(scene, recording=network.run(x, layers, gradients=lens.backward))
    origin = provenance(network, image)
    for picture in lens.look(scene):
        if isinstance(picture, SkippedStep):
            continue
        yield _finish(add_provenance(picture, origin), scene.frame)


def _finish(result: LensResult, frame: Frame | None) -> LensResult:
    """Return a result of no running source, with the frame that it is of."""
    if isinstance(result, Picture):
        return replace(result, frame=-1, image=None if frame is None else frame.pixels)
    return replace(result, frame=-1) if isinstance(result, Strip | AttributionAudit) else result


def _read_rule(image: Any) -> str:
    """Return the rule of a board's file; "" for any other picture."""
    if not isinstance(image, str | Path) or not has_board_suffix(Path(image)):
        return ""
    return read_board_file(Path(image)).rule


def add_provenance(result: LensResult, origin: dict[str, Any]) -> LensResult:
    """Return the result with ``origin`` in its recipe, where it has one."""
    if isinstance(result, Patterns):
        return result
    recipe = {**result.recipe, **origin}
    if "directions" in recipe:  # those that the result is of, or was made with
        text = f"{recipe.get('unit')} {(recipe.get('network') or {}).get('edits')}"
        sets = {name: d for name, d in recipe.pop("directions").items() if quote_name(name) in text}
        recipe |= {"directions": sets} if sets else {}
    return replace(result, recipe=recipe)


def provenance(network: Network, image: Any) -> dict[str, Any]:
    """Return what a recipe records besides the lens: network, picture, versions and machine."""
    edits = [str(edit) for edit in network.edits.active]
    directions = {each.name: each.digest for each in network.directions}
    return {
        **({"directions": directions} if directions else {}),
        "network": {
            "name": network.name,
            **network.origin,
            **({"edits": edits} if edits else {}),
        },
        "weights_sha256": network.weights_fingerprint,
        "image": _image_address(image),
        "made_with": {
            "dnnvis": __version__,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "machine": f"{platform.machine()} {platform.system()}",
            "device": str(network.device),
        },
    }


def _image_address(image: Any) -> dict[str, Any] | None:
    if image is None:
        return None
    if isinstance(image, str | Path):
        path = Path(image).expanduser().resolve()
        return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    pixels = np.ascontiguousarray(image)
    return {"shape": list(pixels.shape), "sha256": hashlib.sha256(pixels.tobytes()).hexdigest()}
