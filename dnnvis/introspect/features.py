"""Choose which activations make up the hidden vector h, and in which order.

Source: Pardo et al. 2019, section 2.3: the hidden layers, concatenated into one vector; of a
convolutional network the dense layers (section 2.5). Ours: maps are pooled or projected, and a
recurrent network gives one row for each of its states, so that a run is a trajectory.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import prod
from typing import Any

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import LayerInfo
from dnnvis.core.unit import Unit
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

POOLINGS = ("auto", "whole", "mean", "random")
ACTIVATIONS = (
    "ELU",
    "ReLU",
    "ReLU6",
    "GELU",
    "SiLU",
    "Tanh",
    "LeakyReLU",
    "CELU",
    "SELU",
    "Mish",
    "PReLU",
    "Hardswish",
    "Softplus",
    "QuickGELU",
)
PROJECTION_COLUMNS = 256  # columns of a randomly projected layer
MAX_DEFAULT_COLUMNS = 8192  # columns in all, where the layers are not named
MAX_COLUMNS = 16_384  # columns in all: the principal components of more would take hours

Step = tuple[tuple[str, int], ...]  # (layer, call) of each part


@dataclass(frozen=True)
class LayerColumns:
    """One layer's columns of h."""

    layer: str
    #: How they are computed: ``whole`` every value, ``mean`` one a channel, ``random`` Gaussian
    #: projections, ``peak`` those of the inner position with the longest vector (an atlas's map).
    how: str
    #: Shape (C, H, W) of a call.
    shape: tuple[int, int, int]
    #: First column.
    start: int
    #: Column behind the last.
    stop: int

    def extract(self, value: Tensor) -> Tensor:
        """Return (B, C, H, W) as (B, stop - start).

        Raises BadInput where the picture's size gave the layer another shape, and not only means
        are taken.
        """
        if self.how == "mean":
            return value.mean((2, 3))
        if self.how == "peak":
            return longest_vectors(value)
        if tuple(value.shape[1:]) != tuple(self.shape):
            raise BadInput(
                f"{self.layer} is {tuple(value.shape[1:])} on this picture, and {self.shape} on "
                "the map: give a picture of the size that the map was fitted on."
            )
        flat = value.flatten(1)
        if self.how == "whole":
            return flat
        return flat @ projection_matrix(self.layer, flat.shape[1], self.stop - self.start).to(flat)

    def units(self) -> list[Unit | None]:
        """Return each column's unit.

        It may be the unit's mean over its map; of a projection it is None.
        """
        channels, height, width = self.shape
        if self.how == "random":
            return [None] * (self.stop - self.start)
        if self.how in ("mean", "peak") or height * width == 1:
            return [Unit(self.layer, c) for c in range(channels)]
        positions = [(y, x) for y in range(height) for x in range(width)]
        return [Unit(self.layer, c, position) for c in range(channels) for position in positions]


def inner_range(size: int) -> tuple[int, int]:
    """Return (first, stop) of the positions of an axis without its border, where it has 3."""
    return (1, size - 1) if size >= 3 else (0, size)


def longest_vectors(value: Tensor) -> Tensor:
    """Return the longest vector among the inner positions of each of (B, C, H, W), (B, C)."""
    (top, bottom), (left, right) = inner_range(value.shape[2]), inner_range(value.shape[3])
    vectors = value[:, :, top:bottom, left:right].flatten(2)  # (B, C, positions)
    rows = torch.arange(len(vectors), device=value.device)
    return vectors[rows, :, vectors.norm(dim=1).argmax(1)]


@dataclass(frozen=True)
class Columns:
    """The columns of h."""

    #: Layers, one after another.
    parts: tuple[LayerColumns, ...]
    #: For each row of an example which call of which layer gives each part.
    steps: tuple[Step, ...]
    #: How they were chosen.
    description: str = ""

    @property
    def width(self) -> int:
        """Return the number D of columns."""
        return self.parts[-1].stop

    @property
    def layers(self) -> tuple[str, ...]:
        """Return the layers that must be recorded."""
        return tuple(dict.fromkeys(layer for step in self.steps for layer, _ in step))

    def rows(self, recording: Recording) -> Tensor:
        """Return the hidden vectors of a recording, float32 (B, steps, width)."""
        rows = [
            torch.cat(
                [
                    part.extract(recording.tensor(*at))
                    for part, at in zip(self.parts, step, strict=True)
                ],
                1,
            )
            for step in self.steps
        ]
        return torch.stack(rows, 1).float()

    def units(self) -> list[Unit | None]:
        """Return what each column is; see ``LayerColumns.units``."""
        return [unit for part in self.parts for unit in part.units()]

    def as_json(self) -> dict[str, Any]:
        """Return the columns in lists, dicts, strings and numbers."""
        data = asdict(self)
        data["words"] = data.pop("description")  # its key in files
        return data


def columns_from_json(data: dict[str, Any]) -> Columns:
    """Return the Columns that ``as_json`` wrote; raise KeyError or TypeError for others."""
    parts = tuple(LayerColumns(**{**part, "shape": tuple(part["shape"])}) for part in data["parts"])
    steps = tuple(tuple((str(a), int(c)) for a, c in step) for step in data["steps"])
    return Columns(parts, steps, str(data.get("words", "")))


@lru_cache(maxsize=64)  # a frame cannot wait for millions of draws
def projection_matrix(layer: str, inputs: int, outputs: int) -> Tensor:
    """Return a Gaussian matrix that preserves lengths in the mean (Johnson & Lindenstrauss 1984).

    Args:
        layer: Name of the layer.
        inputs: Number of values.
        outputs: Number of projections.

    Returns:
        The matrix (inputs, outputs), not to be changed; the same for the same name and sizes.
    """
    generator = torch.Generator().manual_seed(zlib.crc32(f"{layer} {inputs} {outputs}".encode()))
    matrix: Tensor = torch.randn(inputs, outputs, generator=generator) / float(outputs) ** 0.5
    return matrix


def choose_columns(
    network: Network, layers: Sequence[str] | str | None = None, how: str = "auto"
) -> Columns:
    """Choose the columns of h for a network.

    Args:
        network: The network.
        layers: Names of the layers. None: its hidden states where the card names such; else every
            time step of its last recurrent module; else its dense activation layers; else all
            activation layers, pooled.
        how: How maps are reduced: ``auto`` (vectors whole, maps by their mean) | whole | mean |
            random.

    Returns:
        The columns.

    Raises:
        UnknownUnit: An unknown layer.
        BadInput: Layers that are not called equally often, more than ``MAX_COLUMNS`` columns, or
            nothing to map.
    """
    columns = _choose(network, layers, how)
    if columns.width > MAX_COLUMNS:
        raise BadInput(
            f"These layers have {columns.width:,} activations, more than {MAX_COLUMNS:,}: take the "
            "mean of each map, random projections, or fewer layers."
        )
    return columns


def _choose(network: Network, layers: Sequence[str] | str | None, how: str) -> Columns:
    if how not in POOLINGS:
        raise BadInput(f"Maps are taken {', '.join(POOLINGS)}, not '{how}'.")
    if layers is not None:
        names = [layers] if isinstance(layers, str) else list(layers)
        if not names:
            raise BadInput("Name at least one layer whose activations make the map.")
        return _columns_of_layers([network.layer(name) for name in dict.fromkeys(names)], how)
    if network.states:
        return _columns_of_states(network, how)
    inner = {module for module, _ in network.table.parts.values()}
    recurrent = [row for row in network.layers if row.name in inner]
    if recurrent:
        return _columns_of_layers(recurrent[-1:], how)
    return _columns_of_layers(_default_layers(network, how), how, calls=1)


def _columns_of_states(network: Network, how: str) -> Columns:
    """Return a row per hidden state; its channels are the columns."""
    rows = [network.layer(layer) for layer, _ in network.states]
    if len({row.shape[0] for row in rows}) > 1:
        raise BadInput(
            f"The states of {network.name} have different channels; name one layer with --layers."
        )
    last = rows[-1]
    part = _layer_columns(last, "mean" if how == "auto" else how, 0)
    steps = tuple((at,) for at in network.states)
    description = f"{len(steps)} hidden states, one row each; {_describe_pooling(part)}"
    return Columns((part,), steps, description)


def _columns_of_layers(rows: list[LayerInfo], how: str, calls: int = 0) -> Columns:
    """Return the columns of layers.

    ``calls`` 0: as many rows as calls; 1: only the last call.
    """
    counts = {row.calls for row in rows}
    if not calls and len(counts) > 1:
        call_counts = ", ".join(f"{row.name} {row.calls}x" for row in rows)
        raise BadInput(
            f"These layers are not called equally often ({call_counts}): no common rows."
        )
    parts: list[LayerColumns] = []
    for row in rows:
        parts.append(_layer_columns(row, how, parts[-1].stop if parts else 0))
    row_count = calls or counts.pop()
    steps = tuple(
        tuple((row.name, row.calls - row_count + step) for row in rows) for step in range(row_count)
    )
    descriptions = sorted({_describe_pooling(part) for part in parts})
    layers = "1 layer" if len(parts) == 1 else f"{len(parts)} layers"
    each = f", {row_count} calls, one row each" if row_count > 1 else ""
    return Columns(tuple(parts), steps, f"{layers}{each}; {', '.join(descriptions)}")


def _layer_columns(row: LayerInfo, how: str, start: int) -> LayerColumns:
    _, height, width = row.shape
    if how == "auto":
        how = "whole" if height * width == 1 else "mean"
    if how == "mean" and height * width == 1:
        how = "whole"
    layer_width = {"whole": prod(row.shape), "mean": row.shape[0], "random": PROJECTION_COLUMNS}[
        how
    ]
    if how == "random" and prod(row.shape) <= PROJECTION_COLUMNS:
        how, layer_width = "whole", prod(row.shape)
    return LayerColumns(row.name, how, row.shape, start, start + layer_width)


def _describe_pooling(part: LayerColumns) -> str:
    if part.how == "mean":
        return "the mean of each map"
    return "whole" if part.how == "whole" else f"{PROJECTION_COLUMNS} random projections each"


def _default_layers(network: Network, how: str) -> list[LayerInfo]:
    """Return default layers, from the end backwards, up to ``MAX_DEFAULT_COLUMNS`` columns.

    See ``choose_columns``.
    """
    rows = [row for row in network.layers if row.name != OUTPUT]
    chosen: list[LayerInfo] = []
    width = 0
    for row in reversed(_candidate_layers(network, rows)):
        layer_width = _layer_columns(row, how, 0).stop
        if width + layer_width > MAX_DEFAULT_COLUMNS and chosen:
            break
        chosen.insert(0, row)
        width += layer_width
    if not chosen:
        raise BadInput(f"{network.name} has no hidden layer to map; name some with --layers.")
    return chosen


def _candidate_layers(network: Network, rows: list[LayerInfo]) -> list[LayerInfo]:
    output = network.layer(OUTPUT).shape
    active = [row for row in rows if row.kind in ACTIVATIONS]
    dense = [row for row in active if _is_vector(row)]
    linear = [row for row in rows if row.kind == "Linear" and row.shape != output]
    output_layers = [row for row in rows if row.kind == "Linear" and row.shape == output]
    hidden = [row for row in _leaves(rows) if row not in output_layers]
    return dense or active or [row for row in linear if _is_vector(row)] or hidden


def _is_vector(row: LayerInfo) -> bool:
    return row.shape[1] * row.shape[2] == 1


def _leaves(rows: list[LayerInfo]) -> Iterator[LayerInfo]:
    """Yield layers with weights that hold no other layer."""
    for row in rows:
        inside = any(other.name.startswith(f"{row.name}.") for other in rows)
        if row.parameters and not inside:
            yield row
