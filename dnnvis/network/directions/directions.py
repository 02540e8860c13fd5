"""Named sets of directions over the channels of a layer: layers that no module returns.

``conv4~`` is a set of k directions over the channels of ``conv4``. Its values are the coefficients
(k, H, W) of the map of ``conv4`` (see ``projection``), computed from what was recorded of
``conv4``; so ``conv4~[2]`` is a unit like any other. An edit of it changes ``conv4``: x becomes
x + (w' - w) H, where w are the coefficients and w' the edited ones. ``conv4~[2] = 0`` is thus
x - w_2 h_2, at each position. What the directions do not explain stays as it is, and the result is
not clipped, so that it may be a little below zero behind a ReLU. Where a
coefficient is made smaller, those of the changed map are the edited ones exactly: the rest is at
right angles to every direction in use. Where one is set that was zero, the rest may point away from
its direction, and the coefficient is then smaller than what was set.

Where a layer has negative values a factorization reads its positive part, and so do the
coefficients of its directions (``positive``). An edit changes x all the same; the coefficients of
the changed map are then near the edited ones, for what falls below zero is not read.

The network itself, and so its fingerprint, does not change.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput, DnnvisError, UnknownUnit
from dnnvis.core.messages import DIRECTIONS, LayerInfo
from dnnvis.core.unit import GROUP_MARK
from dnnvis.network.directions.projection import MAX_DIRECTIONS, project_nonnegative
from dnnvis.network.editing.value_edit import Reader, add_to_value, edit_value

if TYPE_CHECKING:
    from dnnvis.network.layer_table import LayerTable
    from dnnvis.network.network import Network
    from dnnvis.network.streaming import LayerOutput


@dataclass(frozen=True, eq=False)
class Directions:
    """Directions over the channels of a layer."""

    #: The name of the layer that they make: ``conv4~``.
    name: str
    #: The layer whose channels they are over.
    layer: str
    #: float32 (k, C), each of length 1.
    vectors: Tensor
    #: Whether the coefficients are of the positive part of the map; else of the map as it is.
    positive: bool = False
    #: What they were found in, in a few words.
    caption: str = ""
    #: Whether the library holds them.
    is_saved: bool = field(default=False, compare=False)

    def __len__(self) -> int:
        return len(self.vectors)

    @cached_property
    def digest(self) -> str:
        """Return a digest of the layer and the vectors, in hex."""
        values = np.ascontiguousarray(self.vectors.cpu().numpy())
        head = f"{self.layer} {self.positive} {values.shape}".encode()
        return hashlib.sha256(head + values.tobytes()).hexdigest()[:16]

    def project(self, maps: Tensor) -> Tensor:
        """Return the coefficients (B, k, H, W) of the layer's maps (B, C, H, W)."""
        return project_nonnegative(maps.clamp(min=0) if self.positive else maps, self.vectors)

    def compose(self, coefficients: Tensor) -> Tensor:
        """Return the maps (B, C, H, W) that coefficients (B, k, H, W) stand for."""
        return torch.einsum("bkhw,kc->bchw", coefficients, self.vectors.to(coefficients))

    def arrange_gradient(self, signal: Tensor) -> Tensor:
        """Return the gradient at the coefficients (B, k, H, W) for one at the maps.

        That of moving the map along each direction: h . g at each position.
        """
        return torch.einsum("bchw,kc->bkhw", signal, self.vectors.to(signal))

    def edit(self, value: Tensor, read: Reader, edit: Edit, mean: Tensor | None) -> Tensor:
        """Return a copy of what the layer returned, its coefficients edited; see the module.

        Args:
            value: What the layer returned.
            read: How it is read as (B, C, H, W).
            edit: The edit.
            mean: For ``mean``, see ``edit_value``.
        """
        coefficients = self.project(read(value).to(torch.float32))
        edited = edit_value(coefficients, lambda maps: maps, edit, mean)
        return add_to_value(value, read, self.compose(edited - coefficients), edit)


class DirectionSets:
    """The sets of directions of one network, shared by its folded and fused copies.

    ``load``: reads those that were kept, called when a set is asked for that is not here.
    """

    def __init__(self, sets: Sequence[Directions] = ()) -> None:
        self.load: Callable[[Network], Sequence[Directions]] = lambda network: ()
        self._sets = {each.name: each for each in sets}
        self._extended: tuple[LayerTable, tuple[Any, ...], LayerTable] | None = None

    def __iter__(self) -> Iterator[Directions]:
        return iter(tuple(self._sets.values()))

    def __len__(self) -> int:
        return len(self._sets)

    def get(self, name: str) -> Directions | None:
        """Return the set of that name; None where there is none."""
        return self._sets.get(name)

    def put(self, directions: Directions) -> None:
        """Add a set, in the place of one of the same name."""
        self._sets[directions.name] = directions

    def drop(self, name: str) -> None:
        """Remove a set, where it is there."""
        self._sets.pop(name, None)

    def restore(self, network: "Network") -> None:
        """Add the sets that were kept of a network, but for those that are here.

        Where they cannot be read, none are added.
        """
        with suppress(DnnvisError):
            for each in self.load(network):
                if each.name not in self._sets:
                    self.put(each)

    def find_row(self, network: "Network", name: str) -> LayerInfo | None:
        """Return the row of a set that the library may hold; None where it holds none."""
        if GROUP_MARK not in name:
            return None
        self.restore(network)
        return network.table.find(name)

    def extend(self, table: "LayerTable") -> "LayerTable":
        """Return the table with a row for each set, after that of its layer.

        The same object as long as table, names and numbers of directions are the same.
        """
        if not self._sets:
            return table
        shapes = tuple((each.name, each.layer, len(each)) for each in self._sets.values())
        known = self._extended
        if known is None or known[0] is not table or known[1] != shapes:
            self._extended = known = (table, shapes, self._add_rows(table))
        return known[2]

    def _add_rows(self, table: "LayerTable") -> "LayerTable":
        rows: list[LayerInfo] = []
        for row in table.layers:
            rows.append(row)
            rows += [
                _describe(each, row)
                for each in self._sets.values()
                if each.layer == row.name and each.vectors.shape[1] == row.shape[0]
            ]
        return replace(table, layers=tuple(rows), derived=self._sets)

    def stream(
        self, layers: Sequence[str], on_output: Callable[["LayerOutput"], None]
    ) -> tuple[list[str], Callable[["LayerOutput"], None]]:
        """Return the layers to stream, and what is to receive them, for some that are sets.

        Args:
            layers: Names of layers, sets among them.
            on_output: Receives each of ``layers``.
        """
        wanted = [each for each in self._sets.values() if each.name in layers]
        if not wanted:
            return list(layers), on_output
        own = [name for name in layers if name not in self._sets]
        streamed = list(dict.fromkeys([*own, *(each.layer for each in wanted)]))

        def receive(output: "LayerOutput") -> None:
            if output.layer in own:
                is_known = output.source in own
                on_output(output if is_known else replace(output, source="", same=False))
            for each in wanted:
                if each.layer == output.layer:
                    value = each.project(output.value.float())
                    on_output(replace(output, layer=each.name, value=value, source="", same=False))

        return streamed, receive


def _describe(directions: Directions, parent: LayerInfo) -> LayerInfo:
    title = f"{parent.title}{GROUP_MARK}" if parent.title else ""
    return replace(
        parent,
        name=directions.name,
        kind=DIRECTIONS,
        shape=(len(directions), *parent.shape[1:]),
        parameters=0,
        part_of=parent.name,
        title=title if directions.name == f"{parent.name}{GROUP_MARK}" else "",
    )


def use_directions(network: "Network", sets: DirectionSets) -> "Network":
    """Return the same network with other sets of directions; all else is shared."""
    view = network.copy_with(network.module)
    view.directions = sets
    return view


def add_directions(
    network: "Network", layer: str, vectors: Any, name: str = "", positive: bool = False
) -> str:
    """Name directions over a layer's channels, in the place of those of the same name.

    Args:
        network: The network; its copies for gradients and speed have them too.
        layer: The layer.
        vectors: Numbers (k, C), k from 1 to 60; each is scaled to length 1.
        name: Name of the set, which ends with ``~``; "" takes the layer's with a ``~`` behind it.
        positive: Whether the positive part of the map is projected, else the map as it is.

    Returns:
        The name: ``NAME[2]`` is a unit from now on.

    Raises:
        UnknownUnit: There is no such layer.
        BadInput: Other numbers, or a layer that cannot have directions.
    """
    directions = build_directions(network, layer, vectors, name, positive=positive)
    put_directions(network, directions)
    return directions.name


def put_directions(network: "Network", directions: Directions) -> None:
    """Have a network use directions; raise BadInput where it was opened with edits of others."""
    if any(edit.layer == directions.name for edit in network.edits.lasting):
        raise BadInput(
            f"The network was opened with edits of {directions.name}; open it without them to "
            "change its directions."
        )
    network.directions.put(directions)


def build_directions(
    network: "Network",
    layer: str,
    vectors: Any,
    name: str = "",
    caption: str = "",
    *,
    positive: bool = False,
) -> Directions:
    """Return directions that a network can take; arguments and errors as ``add_directions``."""
    row = network.layer(layer)
    _check_layer(network, row)
    name = name or f"{row.name}{GROUP_MARK}"
    if not name.endswith(GROUP_MARK):
        raise BadInput(f"The name of a set of directions ends with ~, as {row.name}~; not {name}.")
    if any(name == each.name for each in network.layers):
        raise BadInput(f"{network.name} has a layer {name} of its own; choose another name.")
    values = torch.as_tensor(np.array(vectors, np.float32))
    if values.dim() != 2 or not 1 <= len(values) <= MAX_DIRECTIONS:
        raise BadInput(
            f"Directions are numbers (k, C) with k from 1 to {MAX_DIRECTIONS}, "
            f"not {tuple(values.shape)}."
        )
    if values.shape[1] != row.shape[0]:
        raise BadInput(
            f"{row.name} has {row.shape[0]} channels; directions over it are (k, {row.shape[0]}), "
            f"not {tuple(values.shape)}."
        )
    lengths = values.norm(dim=1, keepdim=True)
    if not bool(torch.isfinite(values).all()) or not bool((lengths > 0).all()):
        raise BadInput("A direction is zero or not finite; it points nowhere.")
    return Directions(name, row.name, values / lengths, positive, caption)


def _check_layer(network: "Network", row: LayerInfo) -> None:
    table = network.table
    if not row.shape[0]:
        raise UnknownUnit(f"{row.name} returned no values when it was listed: it has no units.")
    if row.name in table.derived or row.name in table.heads or row.name in table.parts:
        raise BadInput(
            f"{row.name} ({row.kind}) cannot have directions of its own; choose a layer that a "
            "module returns."
        )


def list_lasting_texts(network: "Network") -> list[str]:
    """Return lasting edits as the fingerprint has them: with the directions that they act on."""
    digests = {each.name: f" {each.digest}" for each in network.directions}
    return [f"{edit}{digests.get(edit.layer, '')}" for edit in network.edits.lasting]
