"""Read a network's snapshots: one file of stacked weights beside its own."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.core.learning.live_weights import LiveWeights
from dnnvis.core.stable_file import read_stable
from dnnvis.network.cache import NetworkCache
from dnnvis.network.card import Card
from dnnvis.network.network import Network
from dnnvis.network.snapshot_weights import Snapshots

SUFFIX = ".moments.safetensors"
NON_WEIGHT_KEYS = ("steps", "accuracy")  # what is in the file besides weights
_RESTORED = NetworkCache[int, Network]()  # the latest one only, by its number


def restore_snapshot(network: Network, number: int) -> Network:
    """Return ``network`` as it was at snapshot ``number`` of its training.

    It is a network of its own, with its own fingerprint; the latest one is cached, so that the
    same number again gives the same network.

    Args:
        network: The finished network.
        number: Which of its ``snapshots``; negative from the end.

    Returns:
        The network at that snapshot.

    Raises:
        BadInput: There is no such number.
    """
    count = 0 if network.snapshots is None else len(network.snapshots.steps)
    if network.snapshots is None or not -count <= number < count:
        raise BadInput(f"{network.name} has {count} moments of training, no number {number}.")
    number %= count
    cached = _RESTORED.of(network)
    if number not in cached:
        cached.clear()  # one at a time is enough: they are built in no time
        cached[number] = _build_network(network, network.snapshots, number)
    return cached[number]


def split_moment(text: str) -> tuple[str, int | None]:
    """Split ``life-3@500`` into a network's name and a step of its training; None for no step."""
    net, mark, step = text.rpartition("@")
    if not mark or not net or not step.isdigit() or Path(text).exists():
        return text, None
    return net, int(step)


def restore_step(network: Network, step: int) -> Network:
    """Return ``network`` as it was at a step of its training.

    Raises BadInput, naming the nearest step that was saved, where that one was not.
    """
    steps = () if network.snapshots is None else network.snapshots.steps
    if not steps:
        raise BadInput(f"{network.name} has no saved moments of its training: leave out @{step}.")
    if step not in steps:
        nearest = min(steps, key=lambda each: abs(each - step))
        raise BadInput(
            f"{network.name} was not saved at step {step}; the nearest of its {len(steps)} saved "
            f"steps is @{nearest}, from @{steps[0]} to @{steps[-1]}."
        )
    return restore_snapshot(network, steps.index(step))


def _build_network(network: Network, snapshots: Snapshots, number: int) -> Network:
    step = snapshots.steps[number]
    about = {**network.card.about, "moment": step}
    card = replace(network.card, name=f"{network.name} at step {step}", about=about)
    result = _copy_network(network, card)
    with torch.inference_mode(False):
        result.module.load_state_dict({k: v[number].clone() for k, v in snapshots.weights.items()})
    result.origin = {**network.origin, "moment": number}
    return result


def _copy_network(network: Network, card: Card) -> Network:
    """Return a network with weights of its own, and the table of ``network``."""
    with torch.inference_mode(False):
        module = copy.deepcopy(network.module)
    result = type(network)(module, card, device=str(network.device))
    result.input_call, result.inputs = network.input_call, network.inputs
    result.output_path = network.output_path
    result.set_memory_format(network.memory_format)
    result.reuse_table(network)
    result.snapshots, result.finished = network.snapshots, network
    result.read, result.origin = network.read, network.origin
    return result


def copy_for_learning(network: Network) -> Network:
    """Return a copy of a network, of the same name, whose weights ``replace_weights`` replaces."""
    return _copy_network(network, network.card)


def replace_weights(network: Network, latest: LiveWeights) -> None:
    """Replace the weights of a network that ``copy_for_learning`` gave, and what followed of them.

    Args:
        network: The copy; it is another network afterwards, with another fingerprint.
        latest: The weights, all of them or those of a file.

    Raises:
        Mismatch: Names or shapes differ; the weights stay as they were.
        BadInput: Their file cannot be read.
    """
    given = _read_weights(latest.path) if latest.path else latest.weights
    own = network.module.state_dict()
    if {name: tuple(value.shape) for name, value in given.items()} != {
        name: tuple(value.shape) for name, value in own.items()
    }:
        raise Mismatch(f"The weights of step {latest.step} are not those of {network.name}.")
    with torch.inference_mode(False), torch.no_grad():
        for name, value in given.items():
            own[name].copy_(torch.as_tensor(value))
    network.caches.clear()
    network.__dict__.pop("weights_fingerprint", None)  # a cached_property


def _read_weights(path: str) -> dict[str, Tensor]:
    try:
        weights: dict[str, Tensor] = load(read_stable(Path(path)))
    except (SafetensorError, OSError, ValueError) as error:
        raise BadInput(f"{path} holds no weights: {error}") from None
    return weights


def snapshots_path(weights: Path) -> Path:
    """Return the path of the snapshots of a file of weights, if it has any."""
    return weights.with_name(weights.stem + SUFFIX)


def read_snapshots(path: Path, state: dict[str, Any]) -> Snapshots | None:
    """Read the snapshots in a file, for a network with the weights ``state``.

    None where there is no such file. Raises BadInput where it cannot be read, Mismatch where it is
    another network's.
    """
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
