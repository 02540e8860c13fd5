"""Load the names that a script uses; ``import dnnvis`` imports this module on first use."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dnnvis.api_concepts import (
    atlas,
    atlas_region,
    blocks,
    concepts,
    dissect,
    feeders,
    feeds,
    fit_atlas,
    weights,
)
from dnnvis.core.concepts.blocks import BuildingBlocks
from dnnvis.core.concepts.concepts import ConceptSet
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.introspect.comparison.comparison import Comparison, compare_networks
from dnnvis.introspect.map import Map
from dnnvis.lenses.ablation.sweep_arrays import sweep_arrays
from dnnvis.lenses.activation_map import storage
from dnnvis.lenses.activation_map.fitting import fit_arrays
from dnnvis.lenses.activation_map.storage import open_map
from dnnvis.lenses.atlas.atlas_file import open_atlas
from dnnvis.lenses.blocks.storage import load_directions
from dnnvis.lenses.dissection.dissection import Dissection
from dnnvis.lenses.imagination.score import life_score
from dnnvis.lenses.imagination.states import imagine_states
from dnnvis.lenses.look import look, looks
from dnnvis.lenses.saliency.curves import curve
from dnnvis.library.store.library import Library, open_library
from dnnvis.network.checkpoint import split_part
from dnnvis.network.network import Network
from dnnvis.network.opening import wrap as _wrap
from dnnvis.network.opening.given_inputs import read_inputs
from dnnvis.network.recording import Recording
from dnnvis.sources.image_files import create_reader
from dnnvis.sources.life.rule import as_boards
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.input_options import read_options

__all__ = [
    "Atlas",
    "BuildingBlocks",
    "Comparison",
    "ConceptSet",
    "Dissection",
    "Library",
    "Map",
    "Network",
    "Recording",
    "Unit",
    "atlas",
    "atlas_region",
    "blocks",
    "compare",
    "concepts",
    "curve",
    "dissect",
    "feeders",
    "feeds",
    "fit_atlas",
    "fit_map",
    "imagine",
    "library",
    "life_score",
    "look",
    "looks",
    "open",
    "open_atlas",
    "open_map",
    "sweep",
    "weights",
    "wrap",
]


def open(
    net: str,
    *,
    checkpoint: str | Path | None = None,
    weights: str | None = None,
    size: Any = None,
    mean: Any = None,
    std: Any = None,
    labels: Any = None,
    channels: Any = None,
    channel_order: str | None = None,
    output: str | int | None = None,
    part: str | None = None,
    inputs: Mapping[str, Any] | str | None = None,
    device: str = "cpu",
    trust_code: bool = False,
) -> Network:
    """Open a network by name, by factory or from a checkpoint.

    Args:
        net: Name of a bundled or torchvision network, ``file.py:factory``,
            ``package.module:factory``, or a checkpoint whose card or keys name its architecture.
        checkpoint: File of weights to load into the network.
        weights: "random", "pretrained", or None: trained for a bundled network, random (noted in
            ``notes``) for one of torchvision.
        size: Input size in pixels, (H, W) or one number for both; None: the network's own.
        mean: Mean per channel, for pixels in [0, 1]; None: the network's own.
        std: Standard deviation per channel, for pixels in [0, 1]; None: the network's own.
        labels: Names of the classes, or a file of them; None: the network's own.
        channels: Number of input channels; None: the network's own, or what it runs with.
        channel_order: In which order the network takes colors, "RGB" or "BGR"; None: its own.
        output: Which of what the network returns is its answer: ``aux``, ``0.boxes``, 1; None: the
            likeliest.
        part: Which of several named weights in a checkpoint, as ``teacher``; None: the likeliest
            that fit. ``FILE#teacher`` says the same.
        inputs: What further inputs are held at, as ``{"t": 0.5, "mask": None}``: numbers, texts,
            truth values, None, or arrays, for one picture or for all; a text as
            ``t=0.5, mask=none`` too.
        device: Torch device, such as "cpu" or "cuda".
        trust_code: Whether a Python file or package named in ``net`` may run.

    Returns:
        The network, in eval mode and without gradients on its parameters.

    Raises:
        UnknownNetwork: No network has that name.
        NotTrusted: Code would run and ``trust_code`` is False.
        Mismatch: Checkpoint and network differ.
        BadInput: A file or a setting cannot be used.
    """
    settings = _to_recipe_values(
        size=size,
        mean=mean,
        std=std,
        labels=labels,
        channels=channels,
        channel_order=channel_order,
    )
    network = open_network(
        net,
        checkpoint=checkpoint,
        weights=weights,
        **settings,
        output=output,
        part=part,
        inputs=read_inputs(inputs),
        device=device,
        trust_code=trust_code,
    )
    network.read = create_reader(network.add_note)
    network.directions.load = load_directions
    arguments = {
        "checkpoint": checkpoint,
        "weights": weights,
        **settings,
        "output": output,
        "part": part,
        "inputs": network.inputs or None,
    }
    network.origin = {"net": _absolute_path(str(net))} | {
        name: _absolute_path(value) if name in ("checkpoint", "labels") else value
        for name, value in arguments.items()
        if value is not None
    }
    return network


def _absolute_path(value: Any) -> Any:
    """Return a path, or ``file.py:factory``, that is valid in any folder; all else as it is."""
    if not isinstance(value, str | os.PathLike):
        return value
    path, part = split_part(os.fspath(value))
    if part and path.exists():
        return f"{path.resolve()}#{part}"
    file, colon, factory = os.fspath(value).rpartition(":")
    if not colon or not file.endswith(".py"):
        file, colon, factory = os.fspath(value), "", ""
    return f"{Path(file).resolve()}{colon}{factory}" if Path(file).is_file() else os.fspath(value)


def _to_recipe_values(**settings: Any) -> dict[str, Any]:
    """Return the settings as a recipe stores them.

    These are texts (paths too), or tuples of numbers or names instead of arrays and iterators.
    Raises BadInput for settings that make no sense.
    """
    checked = vars(read_options(**settings))
    return {
        name: str(value) if isinstance(value, str | os.PathLike) else checked[name]
        for name, value in settings.items()
    }


def wrap(
    module: nn.Module,
    *,
    size: int | tuple[int, int],
    mean: Sequence[float] | float = (0.0,),
    std: Sequence[float] | float = (1.0,),
    labels: Sequence[str] | None = None,
    channels: int = 3,
    output: str | int | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Network:
    """Return a Network around a deep copy of ``module``; the original stays untouched.

    Args:
        module: Any torch module that takes pixels (B, C, H, W) and returns a tensor, or a
            structure with a tensor in it.
        size: Input size in pixels, (H, W) or one number for both.
        mean: Mean per channel, for pixels in [0, 1]; one number serves all channels.
        std: Standard deviation per channel, for pixels in [0, 1]; one number serves all.
        labels: Names of the classes, in the order of the output.
        channels: Number of input channels.
        output: Which of what it returns is its answer: ``aux``, ``0.boxes``, 1; None: the
            likeliest.
        inputs: What further inputs are held at, as ``{"t": 0.5, "mask": None}``.

    Returns:
        The network, on the device of the module's parameters, in eval mode.

    Raises:
        BadInput: ``module`` is no module or cannot be copied, settings make no sense, or it
            returns no such output.
    """
    network = _wrap.wrap(
        module,
        size=size,
        mean=mean,
        std=std,
        labels=labels,
        channels=channels,
        output=output,
        inputs=inputs,
    )
    network.read = create_reader(network.add_note)
    network.directions.load = load_directions
    return network


def compare(
    a: Network,
    b: Network,
    images: NDArray[np.uint8] | Sequence[Any],
    *,
    layers: Sequence[str] | str | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare two networks on the same pictures; each gets them at its own size and channels.

    Args:
        a: The one network.
        b: The other: another checkpoint, architecture or moment of a training, or the same with
            edits.
        images: Pictures uint8 (N, H, W, C), or a sequence of N pictures or paths; N at least 4.
        layers: Names of layers of either network (``cell#1`` for one call); None: the activation
            layers, hidden states and output of each.
        seed: Seed of the random orders for the chance level.

    Returns:
        ``.cka`` (La, Lb) with ``.layer_names``, its chance level ``.chance``; ``.pairs(layer)``:
        channels of a, those of b that match them, and their correlations; ``.disagree``: numbers of
        the pictures that they answer differently; ``.notes``: what was assumed.

    Raises:
        BadInput: Fewer than 4 pictures, or pictures that one of them cannot take.
        UnknownUnit: A layer that neither has.
    """
    return compare_networks(a, b, images, layers=layers, seed=seed)


def imagine(net: Network, boards: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Decode every hidden state of ``net`` on boards of the Game of Life.

    A cell counts as alive from 0.5 on (Wichers et al. 2022, section 2.4).

    Args:
        net: A network whose card names its states and decoder.
        boards: Boards uint8 (B, H, W) of dead 0 and living 1.

    Returns:
        The decoder's raw output, float32 (B, steps + 1, H, W); state 0 is the encoder's.

    Raises:
        BadInput: Other boards, or the card of ``net`` names no states or decoder.
    """
    cells = as_boards(boards)
    if cells.ndim != 3:
        raise BadInput(f"Boards are (B, H, W), not {cells.shape}; one board is board[None].")
    return imagine_states(net, torch.from_numpy(cells.astype(np.float32))[:, None])


def library(net: Network, path: str | Path | None = None) -> Library:
    """Open the library of what is stored about the units of ``net``.

    It is a context manager with ``top(unit, k)``, ``pictures(unit)``, ``statistics(layer)``,
    ``notes()`` ...

    ``path`` None: the network's file in the user's data folder (DNNVIS_DATA overrides it),
    created where there is none. Raises BadInput where the file is another network's, of another
    version, no library, or cannot be used.
    """
    return open_library(net, path)


def fit_map(
    net: Network,
    images: NDArray[np.uint8] | Sequence[Any],
    labels: NDArray[np.int64] | Sequence[int] | None = None,
    *,
    layers: Sequence[str] | str | None = None,
    seed: int = 0,
    test: NDArray[np.bool_] | None = None,
    how: str = "auto",
    keep: bool = True,
) -> Map:
    """Fit a two-dimensional map of all hidden activations of ``net`` (Pardo et al. 2019).

    Two seeds give two different maps.

    Args:
        net: The network whose activations are mapped.
        images: Pixels uint8 (N, H, W, C), at least 20 examples.
        labels: Class indices int (N,); -1: not known. Labels that are not the network's classes
            make a map without classes (noted in ``map.notes``).
        layers: Layers whose activations are mapped. None: the hidden states of a recurrent
            network (a row each), else its dense activation layers, else all activation layers.
        seed: Seed of the fit.
        test: Examples that are left out of the fit and measured on, bool (N,); None: every tenth,
            drawn at random.
        how: How feature maps are reduced: auto (by their mean) | whole | mean | random.
        keep: Whether to save the map: ``open_map(net)`` and the window then show it from now on,
            and the previous one stays beside it.

    Returns:
        The fitted map.

    Raises:
        BadInput: Fewer than 20 examples, activations that do not vary, labels of another length.
        UnknownUnit: An unknown layer.
    """
    if keep:
        storage.check_writable(net)
    activation_map = fit_arrays(net, images, labels, layers=layers, seed=seed, test=test, how=how)
    if keep:
        storage.save_map(activation_map)
    return activation_map


def sweep(
    net: Network,
    layer: str,
    images: NDArray[np.uint8] | Sequence[Any],
    labels: NDArray[np.int64] | Sequence[int] | None = None,
    unit: str | Unit | None = None,
) -> NDArray[np.float64]:
    """Switch each unit of a layer off in turn, and measure what that does (ablation).

    The part of the network before the layer runs once for each batch of pictures.

    Args:
        net: The network; edits that are on stay on.
        layer: The layer.
        images: Pixels uint8 (N, H, W, C), or a list of pictures or paths.
        labels: Class indices int (N,): the measure is the accuracy. None: it is the agreement
            with the network's own answers.
        unit: The measure is the mean of this unit instead, over its map or at its position.

    Returns:
        The change of the measure with each unit set to 0 at all positions and calls, float64
        (C,): negative where the unit helps. Accuracy and agreement are fractions of 1.

    Raises:
        UnknownUnit: There is no such layer or unit.
        BadInput: No pictures, other pictures, or labels that are no classes, one a picture.
    """
    return sweep_arrays(net, layer, images, labels, unit)
