"""Attribute an activation vector at one position to classes, linearly.

Source: Carter et al. 2019, section "Attributions": the attribution of a vector a at position p to
class k is a . d logit_k / d a_p, the change of the logit as a is scaled to zero, were the network
linear from there on. It is exact where it is; summed over all positions it then is the logit
without what biases add.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput, DnnvisError, LensMissing
from dnnvis.lenses.backward import backpropagate, compute_gradients
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE, OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.precision import in_float32, needs_scaling
from dnnvis.network.recording import Recording

MAX_ALL_CLASSES = 20  # of a network whose classes are all kept
TOP_CLASSES = 5  # kept of each picture where there are more: those with the largest logits
CLASS_MEANINGS = ("logits", "probabilities", "sigmoids")
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class AttributionPlan:
    """Which classes vectors are attributed to."""

    #: Layer of the logits; "" where nothing can be attributed.
    logits: str = ""
    #: The classes, the same for every picture.
    classes: tuple[int, ...] = ()
    #: How many of each picture's likeliest classes come besides.
    top: int = 0
    #: What a reader should know.
    note: str = ""

    @property
    def width(self) -> int:
        """Return how many classes each vector is attributed to."""
        return len(self.classes) + self.top if self.logits else 0


def plan_attribution(
    network: Network, layer: str, names: Sequence[str], labels: Sequence[str]
) -> AttributionPlan:
    """Plan which classes the vectors of a layer are attributed to.

    Args:
        network: The network.
        layer: The layer.
        names: The classes that the user named, by name or number; () = all of them, or of many
            the ``TOP_CLASSES`` likeliest of each picture.
        labels: Names of the network's classes.

    Returns:
        The plan; its note says why nothing is attributed where that is so.

    Raises:
        BadInput: A class that the network does not know.
    """
    logits = network.info.logits or OUTPUT
    count = network.layer(logits).shape[0]
    reason = _find_obstacle(network, layer, logits)
    if reason:
        if names:
            raise BadInput(f"No class can be named: {reason}")
        return AttributionPlan(note=f"No classes are attributed: {reason}")
    if names:
        return AttributionPlan(logits, tuple(dict.fromkeys(find_class(n, labels) for n in names)))
    if count <= MAX_ALL_CLASSES:
        return AttributionPlan(logits, tuple(range(count)))
    note = (
        f"Of {count:,} classes each picture's {TOP_CLASSES} likeliest were attributed; in a cell's "
        "mean the others count as 0."
    )
    return AttributionPlan(logits, (), TOP_CLASSES, note)


def find_class(name: str, labels: Sequence[str]) -> int:
    """Return the index of a class from its name or number; raise BadInput for another one."""
    if name in labels:
        return list(labels).index(name)
    if name.isdecimal() and int(name) < len(labels):
        return int(name)
    folded = [label.casefold() for label in labels]
    if folded.count(name.casefold()) == 1:
        return folded.index(name.casefold())
    matches = get_close_matches(name, labels, 3) or list(labels[:3])
    raise BadInput(f"The network has no class '{name}'; there are {', '.join(matches)} ...")


def _find_obstacle(network: Network, layer: str, logits: str) -> str:
    """Return in a sentence why nothing can be attributed; "" where it can."""
    if NO_GRADIENTS_NOTE in network.info.notes:
        return NO_GRADIENTS_NOTE
    channels, height, width = network.layer(logits).shape
    if network.meaning.kind not in CLASS_MEANINGS or height * width != 1 or channels < 2:
        return f"{network.name} does not answer with classes."
    try:
        recording = record(network, network.probe(1), (layer, logits))
        attribute(network, recording, layer, logits, np.zeros((1, 1), np.int64))
    except DnnvisError as error:
        return str(error)
    return ""


def record(network: Network, x: Tensor, layers: Sequence[str]) -> Recording:
    """Return a recording of pixels (B, C, H, W) with gradients, in float32 where possible."""
    float32_network = in_float32(network) or network
    return float32_network.run(x, tuple(dict.fromkeys(layers)), gradients=True, batched=True)


def attribute(
    network: Network, recording: Recording, layer: str, logits: str, classes: Ints
) -> Tensor:
    """Return activation times gradient of classes' logits, summed over units, at each position.

    Args:
        network: The network.
        recording: Of ``record``, B pictures with ``layer`` and ``logits``.
        layer: The layer whose vectors are attributed.
        logits: The layer of the logits.
        classes: Class indices of each picture, int64 (B, T).

    Returns:
        float32 (B, T, H, W).

    Raises:
        LensMissing: No gradient of the logits arrives at the layer.
    """
    target = recording.tensor(logits)  # (B, K, 1, 1)
    if target.grad_fn is None:
        raise LensMissing(f"{logits} has no gradient.")
    rows = torch.arange(len(target), device=target.device)
    activation = recording.tensor(layer).detach()
    maps = []
    for column in range(classes.shape[1]):
        start = torch.zeros_like(target)
        start[rows, torch.from_numpy(classes[:, column]).to(target.device)] = 1
        with autograd_mode(gradients=True):
            send = partial(compute_gradients, target, start, needs_scaling(network))
            gradient = backpropagate(send, layer, recording)
        if gradient is None:
            raise LensMissing(f"{layer} does not lie before {logits}: nothing arrives there.")
        maps.append((activation * gradient).sum(1).float())
    return torch.stack(maps, 1)


def choose_classes_of(plan: AttributionPlan, logits: Floats) -> Ints:
    """Return the classes of each picture, int64 (B, plan.width), from its logits (B, K).

    The plan's own come first, then the likeliest of each picture.
    """
    own = np.tile(np.array(plan.classes, np.int64), (len(logits), 1))
    likeliest = np.argsort(-logits, 1, kind="stable")[:, : plan.top]
    return np.concatenate([own.reshape(len(logits), -1), likeliest], 1).astype(np.int64)
