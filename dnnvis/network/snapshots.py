"""A network as it was at moments of its training: one file of stacked weights beside its own."""

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.core.stable_file import read_stable

if TYPE_CHECKING:
    from dnnvis.network.network import Network

SUFFIX = ".moments.safetensors"
FINISHED_NETWORK = "whole"  # in a moment's twins: the finished network
NON_WEIGHT_KEYS = ("steps", "accuracy")  # what is in the file besides weights


@dataclass(frozen=True, eq=False)
class Snapshots:
    """``steps`` of training, rising; ``weights`` by name, each stacked (moments, ...);
    ``accuracy`` float32 (moments, columns), what the training found there (NaN: nothing)."""

    steps: tuple[int, ...]
    weights: dict[str, Tensor]
    accuracy: Tensor

    def at(self, network: "Network", number: int) -> "Network":
        """``network`` as it was at moment ``number`` (negative from the end); a network of its
        own, with its own fingerprint. Raises BadInput for a number that there is not."""
        if not -len(self.steps) <= number < len(self.steps):
            raise BadInput(
                f"{network.name} has {len(self.steps)} moments of training, no number {number}."
            )
        number %= len(self.steps)
        cached = network.cache.setdefault("moments", {})
        if number not in cached:
            cached.clear()  # one at a time is enough: they are made in no time
            cached[number] = self._build_network(network, number)
        result: Network = cached[number]
        return result

    def _build_network(self, network: "Network", number: int) -> "Network":
        step = self.steps[number]
        with torch.inference_mode(False):
            module = copy.deepcopy(network.module)
            module.load_state_dict({k: v[number].clone() for k, v in self.weights.items()})
        about = {**network.card.about, "moment": step}
        card = replace(network.card, name=f"{network.name} at step {step}", about=about)
        result = type(network)(module, card, device=str(network.device))
        result.set_memory_format(network.memory_format)
        result.snapshots = self
        result.cache[FINISHED_NETWORK] = network
        result.read, result.origin = network.read, {**network.origin, "moment": number}
        return result


def snapshots_path(weights: Path) -> Path:
    """Where the moments of a file of weights lie, if it has any."""
    return weights.with_name(weights.stem + SUFFIX)


def read_snapshots(path: Path, state: dict[str, Any]) -> Snapshots | None:
    """The moments in a file, for a network with the weights ``state``; None where there is no
    such file. Raises BadInput where it cannot be read, Mismatch where it is another network's."""
    if not path.is_file():
        return None
    try:
        data = load(read_stable(path))
        steps = tuple(int(step) for step in data["steps"])
        accuracy = data["accuracy"]
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path} holds no moments of training: {error}") from None
    weights = {key: value for key, value in data.items() if key not in NON_WEIGHT_KEYS}
    shapes = {key: (len(steps), *value.shape) for key, value in state.items()}
    if not steps or {key: tuple(value.shape) for key, value in weights.items()} != shapes:
        raise Mismatch(f"{path} holds the moments of another network.")
    return Snapshots(steps, weights, accuracy)
