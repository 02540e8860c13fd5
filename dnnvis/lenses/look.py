"""One lens, one unit, one picture: what a script and the command line call."""

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dnnvis import __version__
from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import Patterns, Picture, Shown, Strip
from dnnvis.core.objective import Goal
from dnnvis.core.unit import Unit
from dnnvis.lenses.catalog import lens_named
from dnnvis.lenses.lens import Lens, Scene, aimed, looks_at_recording, params_for, recorded
from dnnvis.network.network import Network
from dnnvis.network.preprocess import as_batch

DEFAULTS = {"to": "input", "seed": "activation", "view": "raw"}  # of the backward lenses


def looks(
    net: Network, lens: str, unit: str | Unit | Goal, *, image: Any = None, **params: Any
) -> Iterator[Any]:
    """Every picture the lens yields, see ``look``."""
    kind = lens_named(lens)
    settings = params_for(kind, _without_defaults(kind, params))
    wish = unit if isinstance(unit, Unit | Goal) else str(unit)
    place, goal = aimed(kind, net, wish)
    for name in kind.layers_of(settings):
        net.layer(name)
    why = kind.missing(net.info, place)
    if why is not None:
        raise LensMissing(why)
    return _pictures(kind, Scene(net, place, settings, goal=goal), image)


def _without_defaults(lens: Lens, params: dict[str, Any]) -> dict[str, Any]:
    """The settings without those that every call may name, where they say what is so anyway
    and the lens has none of them (or another of that name)."""
    own = {item.name: item.default for item in fields(lens.Params)}
    same = {
        name for name, value in DEFAULTS.items()
        if params.get(name) == value and not isinstance(own.get(name), str)
    }  # fmt: skip
    return {name: value for name, value in params.items() if name not in same}


def look(
    net: Network, lens: str, unit: str | Unit | Goal, *, image: Any = None, **params: Any
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


def _pictures(lens: Lens, scene: Scene, image: Any) -> Iterator[Shown]:
    network = scene.network
    follows = looks_at_recording(lens)
    if follows and image is None:
        raise BadInput(f"{lens.name} needs a picture to look at; pass image=.")
    if image is not None:
        pixels = network.read(Path(image)) if isinstance(image, str | Path) else image
        x, batched = network.encoded(pixels)
        if batched and len(x) != 1:
            raise BadInput(f"{lens.name} looks at one picture at a time, not at {len(x)}.")
        # of a board the lens sees what was given too: whether it held anything between 0 and 1
        seen = as_batch(pixels)[0][0] if network.card.binary else network.show(x)
        scene = replace(scene, frame=Frame(seen))
        if follows:
            layers = recorded(lens, network, scene.unit, scene.params)
            scene = replace(scene, recording=network.run(x, layers, gradients=lens.backward))
    made = provenance(network, image)
    for picture in lens.look(scene):
        shown = stamped(picture, made)
        yield replace(shown, frame=-1) if isinstance(shown, Picture | Strip) else shown


def stamped(shown: Shown, made: dict[str, Any]) -> Shown:
    """The same with ``made`` in its recipe, where it has one."""
    if isinstance(shown, Patterns):
        return shown
    return replace(shown, recipe={**shown.recipe, **made})


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
