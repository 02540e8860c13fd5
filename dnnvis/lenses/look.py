"""One lens, one unit, one picture: what a script and the command line call."""

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dnnvis._version import __version__
from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import LensResult, Patterns, Picture, Strip
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
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

DEFAULTS = {"to": "input", "seed": "activation", "view": "raw"}  # of the backward lenses


def looks(
    net: Network, lens: str, unit: str | Unit | Objective, *, image: Any = None, **params: Any
) -> Iterator[Any]:
    """Every picture the lens yields, see ``look``."""
    kind = get_lens(lens)
    settings = params_for(kind, _without_defaults(kind, params))
    target = unit if isinstance(unit, Unit | Objective) else str(unit)
    unit_in_network, objective = resolve_target(kind, net, target)
    for name in kind.layers_of(settings):
        net.layer(name)
    reason = kind.unavailable_reason(net.info, unit_in_network)
    if reason is not None:
        raise LensMissing(reason)
    return _run_lens(kind, Scene(net, unit_in_network, settings, objective=objective), image)


def _without_defaults(lens: Lens, params: dict[str, Any]) -> dict[str, Any]:
    """The settings without those that every call may name, where they say what is so anyway
    and the lens has none of them (or another of that name)."""
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
    """The last picture of a lens on one unit: a Picture; of the lens ``examples`` Examples, of
    ``patterns`` Patterns, of ``statistics`` UnitStatistics, of ``imagine`` a Strip; those of the
    activation map what core/activation_map.py names (of ``map`` Here, of ``cloud`` Cloud ...).

    ``image`` uint8 (H, W, C), (H, W) or a path. Raises UnknownLens, UnknownUnit, BadInput
    (also for unknown parameters), LensMissing where the lens does not apply.
    """
    last = None
    for last in looks(net, lens, unit, image=image, **params):  # noqa: B007
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
        # of a board the lens sees what was given too: whether it held anything between 0 and 1
        frame_pixels = as_batch(pixels)[0][0] if network.card.binary else network.show(x)
        scene = replace(scene, frame=Frame(frame_pixels))
        if with_recording:
            layers = required_layers(lens, network, scene.unit, scene.params)
            scene = replace(scene, recording=network.run(x, layers, gradients=lens.backward))
    origin = provenance(network, image)
    for picture in lens.look(scene):
        result = add_provenance(picture, origin)
        yield replace(result, frame=-1) if isinstance(result, Picture | Strip) else result


def add_provenance(result: LensResult, origin: dict[str, Any]) -> LensResult:
    """The same with ``origin`` in its recipe, where it has one."""
    if isinstance(result, Patterns):
        return result
    return replace(result, recipe={**result.recipe, **origin})


def provenance(network: Network, image: Any) -> dict[str, Any]:
    """What a recipe says besides the lens: network, picture, and what it was made with."""
    return {
        "network": {"name": network.name, **network.origin},
        "weights_sha256": network.fingerprint,
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
