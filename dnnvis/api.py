"""What a script calls. ``import dnnvis`` loads these names on first use."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map import storage
from dnnvis.lenses.activation_map.fitting import fit_arrays
from dnnvis.lenses.activation_map.storage import open_map
from dnnvis.lenses.imagination.score import life_score
from dnnvis.lenses.imagination.states import imagine_states
from dnnvis.lenses.look import look, looks
from dnnvis.library.store.library import Library, open_library
from dnnvis.network import network as _network
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording
from dnnvis.sources.life.rule import as_boards
from dnnvis.sources.pictures import read_picture
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.input_options import read_options

__all__ = [
    "Library",
    "Map",
    "Network",
    "Recording",
    "Unit",
    "fit_map",
    "imagine",
    "library",
    "life_score",
    "look",
    "looks",
    "open",
    "open_map",
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
    device: str = "cpu",
    trust_code: bool = False,
) -> Network:
    """The network of that name: bundled, torchvision's, ``file.py:factory``,
    ``package.module:factory``, or a checkpoint whose card or keys name its architecture.

    ``weights`` None: trained for a bundled name, random (said in ``notes``) for one of
    torchvision; "random"; "pretrained". Raises UnknownNetwork, NotTrusted (code would run
    and ``trust_code`` is False), Mismatch (checkpoint and network differ), BadInput.
    """
    settings = _to_recipe_values(size=size, mean=mean, std=std, labels=labels)
    network = open_network(
        net,
        checkpoint=checkpoint,
        weights=weights,
        **settings,
        device=device,
        trust_code=trust_code,
    )
    network.read = read_picture
    arguments = {"checkpoint": checkpoint, "weights": weights, **settings}
    network.origin = {"net": _absolute_path(str(net))} | {
        name: _absolute_path(value) if name in ("checkpoint", "labels") else value
        for name, value in arguments.items()
        if value is not None
    }
    return network


def _absolute_path(value: Any) -> Any:
    """A path, or ``file.py:factory``, that can be found from any folder; all else as it is."""
    if not isinstance(value, str | os.PathLike):
        return value
    file, colon, factory = os.fspath(value).rpartition(":")
    if not colon or not file.endswith(".py"):
        file, colon, factory = os.fspath(value), "", ""
    return f"{Path(file).resolve()}{colon}{factory}" if Path(file).is_file() else os.fspath(value)


def _to_recipe_values(**settings: Any) -> dict[str, Any]:
    """The settings as a recipe keeps them: texts (paths too), or tuples of numbers or names
    instead of arrays and iterators. Raises BadInput for what makes no sense."""
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
) -> Network:
    """A Network around a deep copy of ``module``: the caller's own is untouched.

    ``size`` (H, W) or one number; ``mean`` and ``std`` for pixels in [0, 1].
    """
    network = _network.wrap(module, size=size, mean=mean, std=std, labels=labels, channels=channels)
    network.read = read_picture
    return network


def imagine(net: Network, boards: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What ``net`` imagines: its decoder on every hidden state of ``boards`` uint8 (B, H, W) of
    dead 0 and living 1, float32 (B, steps + 1, H, W), raw; state 0 is the encoder's. A cell
    counts as alive from 0.5 on (Wichers et al. 2022, section 2.4).

    Raises BadInput for other boards, and where the card of ``net`` names no states or decoder.
    """
    cells = as_boards(boards)
    if cells.ndim != 3:
        raise BadInput(f"Boards are (B, H, W), not {cells.shape}; one board is board[None].")
    return imagine_states(net, torch.from_numpy(cells.astype(np.float32))[:, None])


def library(net: Network, path: str | Path | None = None) -> Library:
    """What is remembered about the units of ``net``: a context manager with ``top(unit, k)``,
    ``pictures(unit)``, ``statistics(layer)``, ``notes()`` ...

    ``path`` None: the network's file in the user's data folder (DNNVIS_DATA overrides it),
    made where there is none. Raises BadInput where the file is another network's, of another
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
    """A two-dimensional map of all hidden activations of ``net`` (Pardo et al. 2019), fitted on
    ``images`` uint8 (N, H, W, C) with ``labels`` int (N,); -1: not known.

    ``layers`` None: the hidden states of a recurrent network (a row each), else its dense
    activation layers, else all activation layers; ``how`` maps are taken: auto (by their mean)
    | whole | mean | random. ``test`` bool (N,): which examples are kept out and measured on;
    None: every tenth by lot. Two seeds give two different maps. Labels that are not the
    network's classes make a map without classes (said in ``map.notes``). With ``save_map`` it is
    what
    ``open_map(net)`` and the window show from now on; the one before stays beside it.

    Raises BadInput for fewer than 20 examples, activations that do not vary, labels of another
    length; UnknownUnit for an unknown layer.
    """
    if keep:
        storage.check_writable(net)
    activation_map = fit_arrays(net, images, labels, layers=layers, seed=seed, test=test, how=how)
    if keep:
        storage.save_map(activation_map)
    return activation_map
