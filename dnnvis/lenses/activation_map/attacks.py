"""The lens ``attack``: the frame changed step by step towards each other class, on the map.

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
from dnnvis.introspect.attack import (
    DEFAULT_EPS,
    DEFAULT_STEPS,
    attack,
    false_alarm_lines,
    split_paths,
)
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.map_cache import get_cached_map
from dnnvis.lenses.activation_map.noise import true_class
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.layer_table import OUTPUT

MAX_CLASSES = 10  # with more classes only the likeliest ones are targets
UPDATE_INTERVAL_SECONDS = 0.02  # seconds between two partial results


@dataclass(frozen=True)
class AttackParams:
    """Settings of the lens ``attack``."""

    #: How far one step moves each pixel, in [0, 1].
    eps: float = field(default=DEFAULT_EPS, metadata={"range": (0.0, 0.5)})
    #: Number of steps.
    steps: int = field(default=DEFAULT_STEPS, metadata={"range": (1, 500)})
    #: Version of the fitted map; another value reads the map from disk again.
    version: int = 0


@dataclass(frozen=True)
class AttackLens(LensDefaults):
    """Targeted attacks (FGSM) on the frame, followed on the activation map.

    Yields Attacks: every class but the predicted one (of more than 10 classes the nine likeliest)
    is attacked at once, and every few steps all paths so far are yielded. Where there is nothing to
    attack, or no map, ``message`` says so. Raises BadInput without a frame.
    """

    name: str = "attack"
    title: str = "targeted attack (FGSM)"
    source: str = "Pardo et al. 2019, section 3.5; Kurakin et al. 2017"
    backward: bool = False
    Params: type[AttackParams] = AttackParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: the lens suits every unit."""
        return None

    def layers_of(self, params: AttackParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[Attacks]:
        """Yield the results for ``scene``, see the class."""
        network, params = scene.network, scene.params
        if scene.frame is None:
            raise BadInput("An attack needs a picture to begin with.")
        recipe = {"lens": self.name, **asdict(params)}
        header: dict[str, Any] = {
            "unit": str(scene.unit),
            "frame": scene.frame.number,
            "network": network.name,
            "recipe": recipe,
        }
        cached = get_cached_map(network, params.version)
        activation_map, reason = cached.map, no_target_reason(network.info)
        if activation_map is None or reason:
            yield Attacks(message=reason or cached.reason, **header)
            return
        x = network.encode(scene.frame.pixels)
        start, targets = choose_targets(network.run(x, batched=True).result)
        batch = x.expand(len(targets), -1, -1, -1)
        lines = false_alarm_lines(activation_map)
        message = _describe_attacks(scene, activation_map, start, network.layer(OUTPUT).shape[0])
        last_update = 0.0
        for walk in attack(
            network, activation_map, batch, targets, params.eps, params.steps, every=1
        ):
            if (
                time.perf_counter() - last_update < UPDATE_INTERVAL_SECONDS
                and walk.done < params.steps
            ):
                continue
            yield Attacks(
                message=message,
                **header,
                progress=walk.done / params.steps,
                label=start,
                eps=params.eps,
                steps=params.steps,
                done=walk.done,
                clean=network.show(x),
                paths=split_paths(walk, lines),
            )
            last_update = time.perf_counter()


def no_target_reason(info: NetworkInfo) -> str:
    """Return why a network has no class to be led to; "" where it has one."""
    output = info.layer(OUTPUT)
    classes, height, width = (0, 1, 1) if output is None else output.shape
    if info.binary or info.states:
        return f"{info.name} answers with a board, not with a class: there is nothing to attack."
    if height * width > 1:
        return f"{info.name} answers with maps, not with a class: there is nothing to attack."
    if classes < 2:
        return f"{info.name} has no two classes: there is no other one to attack."
    return ""


def choose_targets(output: torch.Tensor | None) -> tuple[int, NDArray[np.int64]]:
    """Return the likeliest class of outputs (1, K) and the target classes in ascending order.

    Targets are all other classes; of more than ``MAX_CLASSES`` classes only the next likeliest
    ones.
    """
    assert output is not None  # the pass went to its end
    ranking = output.flatten(1).float()[0].argsort(descending=True, stable=True)
    order = ranking.cpu().numpy().astype(np.int64)
    return int(order[0]), np.sort(order[1:MAX_CLASSES])


def _describe_attacks(scene: Scene, activation_map: Map, start: int, classes: int) -> str:
    """Return what a reader must know about the attacks besides their paths."""
    assert scene.frame is not None
    sentences = []
    label = true_class(activation_map, scene.frame)
    if label not in (-1, start):
        sentences.append(
            f"The clean picture is of class {activation_map.classes[label]}, but "
            f"{scene.network.name} says {activation_map.classes[start]}: the attacks begin there."
        )
    if classes > MAX_CLASSES:
        sentences.append(
            f"Of {classes:,} classes the {MAX_CLASSES - 1} next likely ones are the targets."
        )
    if not activation_map.estimators:
        sentences.append("This map has no estimator of the error: nothing can raise an alarm.")
    elif not false_alarm_lines(activation_map):
        sentences.append("This map has no false-alarm line: no right example was there to draw it.")
    return " ".join(sentences)


ATTACK = AttackLens()
