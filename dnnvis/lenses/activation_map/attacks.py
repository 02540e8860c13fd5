"""The frame changed step by step towards each other class, on the map.

Source: Pardo et al. 2019, section 3.5 and Figure 6.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.activation_map import Attacks
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.introspect.attack import EPS, STEPS, attack, lines_of, paths
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.map_cache import opened
from dnnvis.lenses.activation_map.noise import true_class
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.layer_table import OUTPUT

MOST = 10  # classes of which all are targets; of more the likeliest
PATIENCE = 0.02  # seconds of attacking after which its paths so far are shown


@dataclass(frozen=True)
class AttackParams:
    """``eps``: how far a step moves each pixel of [0, 1]; how many ``steps``; another
    ``version`` opens the map anew."""

    eps: float = field(default=EPS, metadata={"range": (0.0, 0.5)})
    steps: int = field(default=STEPS, metadata={"range": (1, 500)})
    version: int = 0


@dataclass(frozen=True)
class AttackLens(LensDefaults):
    """Yields Attacks: every class but the predicted one (of more than 10 the nine likeliest)
    is attacked at once, and every few steps all paths so far are shown. Where there is nothing
    to attack, or no map, its words say so."""

    name: str = "attack"
    title: str = "targeted attack (FGSM)"
    source: str = "Pardo et al. 2019, section 3.5; Kurakin et al. 2017"
    backward: bool = False
    Params: type[AttackParams] = AttackParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: AttackParams) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[Attacks]:
        network, params = scene.network, scene.params
        if scene.frame is None:
            raise BadInput("An attack needs a picture to begin with.")
        recipe = {"lens": self.name, **asdict(params)}
        stamp: dict[str, Any] = {
            "unit": str(scene.unit), "frame": scene.frame.number, "network": network.name,
            "recipe": recipe,
        }  # fmt: skip
        found = opened(network, params.version)
        made, why = found.map, no_target(network.info)
        if made is None or why:
            yield Attacks(words=why or found.why, **stamp)
            return
        x = network.encode(scene.frame.pixels)
        start, targets = others(network.run(x, batched=True).result)
        many = x.expand(len(targets), -1, -1, -1)
        lines = lines_of(made)
        words = _words(scene, made, start, network.layer(OUTPUT).shape[0])
        shown = 0.0
        for walk in attack(network, made, many, targets, params.eps, params.steps, every=1):
            if time.perf_counter() - shown < PATIENCE and walk.done < params.steps:
                continue
            yield Attacks(
                words=words, **stamp,
                progress=walk.done / params.steps, label=start, eps=params.eps,
                steps=params.steps, done=walk.done, clean=network.show(x),
                paths=paths(walk, lines),
            )  # fmt: skip
            shown = time.perf_counter()


def no_target(info: NetworkInfo) -> str:
    """Why a network has no class that it could be led to; "" where it has."""
    output = info.layer(OUTPUT)
    classes, high, wide = (0, 1, 1) if output is None else output.shape
    if info.binary or info.states:
        return f"{info.name} answers with a board, not with a class: there is nothing to attack."
    if high * wide > 1:
        return f"{info.name} answers with maps, not with a class: there is nothing to attack."
    if classes < 2:
        return f"{info.name} has no two classes: there is no other one to attack."
    return ""


def others(output: torch.Tensor | None) -> tuple[int, NDArray[np.int64]]:
    """The likeliest class of outputs (1, K), and the others in order, of more than ``MOST``
    classes the next likely ones."""
    assert output is not None  # the pass went to its end
    likely = output.flatten(1).float()[0].argsort(descending=True, stable=True)
    order = likely.cpu().numpy().astype(np.int64)
    return int(order[0]), np.sort(order[1:MOST])


def _words(scene: Scene, made: Map, start: int, classes: int) -> str:
    """What is to be known of the attacks besides their paths."""
    assert scene.frame is not None
    said = []
    label = true_class(made, scene.frame)
    if label not in (-1, start):
        said.append(
            f"The clean picture is of class {made.classes[label]}, but {scene.network.name} says "
            f"{made.classes[start]}: the attacks begin there."
        )
    if classes > MOST:
        said.append(f"Of {classes:,} classes the {MOST - 1} next likely ones are the targets.")
    if not made.estimators:
        said.append("This map has no estimator of the error: nothing can raise an alarm.")
    elif not lines_of(made):
        said.append("This map has no false-alarm line: no right example was there to draw it.")
    return " ".join(said)


ATTACK = AttackLens()
