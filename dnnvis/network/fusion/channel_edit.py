"""Change whole channels of a layer without a hook: in a convolution's weights, or in one operation.

A convolution whose weights for a channel are 0, and whose bias there is a number, returns that
number in the whole channel; what a batch norm or a rectifier makes of it is known, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from dnnvis.core.edit import Edit
from dnnvis.network.editing.fresh_values import makes_new_values
from dnnvis.network.layer_table import RESULT, LayerTable
from dnnvis.network.layout import ChannelLayout

Weights = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class ChannelEdit:
    """An edit of whole channels, at every call of a layer."""

    #: () is all of them.
    channels: tuple[int, ...]
    #: Whether they are multiplied by ``value``, instead of set to it.
    scales: bool
    value: float
    #: How the channels lie in what the layer returns.
    layout: ChannelLayout

    @property
    def is_off(self) -> bool:
        """Return whether it sets channels to zero."""
        return not self.scales and self.value == 0

    def change(self, value: Tensor) -> None:
        """Change a value of the layer in place."""
        if self.layout.kind == "vector":
            value = value.view(len(value), -1)
        axis = self.layout.view_channel_axis(value.dim())
        if len(self.channels) > 1 and not self.scales:
            index = _index_channels(self.channels, value.device)
            value.index_fill_(axis, index, self.value)
            return
        for part in [value.select(axis, c) for c in self.channels] or [value]:
            if self.scales:
                part.mul_(self.value)
            else:
                part.fill_(self.value)

    def fold(self, weights: Weights) -> Weights:
        """Return the weight (O, ...) and bias (O,) of a layer that does the same."""
        weight, bias = weights[0].clone(), weights[1]
        bias = weight.new_zeros(len(weight)) if bias is None else bias.clone()
        for c in self.channels or range(len(weight)):
            if self.scales:
                weight[c] *= self.value
                bias[c] *= self.value
            else:
                weight[c] = 0
                bias[c] = self.value
        return weight, bias


@dataclass(frozen=True)
class ChainEdits:
    """The edits of a convolution, and of the batch norm and the rectifier behind it."""

    layer: tuple[ChannelEdit, ...] = ()
    norm: tuple[ChannelEdit, ...] = ()
    #: Channels switched off only: each rectifier that is fused keeps 0 as it is.
    activation: tuple[ChannelEdit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.layer or self.norm or self.activation)


def fold_edits(weights: Weights, edits: Sequence[ChannelEdit]) -> Weights:
    """Return weights with edits of what they give, one after the other."""
    for edit in edits:
        weights = edit.fold(weights)
    return weights


class EditChannels(nn.Module):
    """The edits of what a module returns, as a module behind it; for passes without gradients."""

    def __init__(self, edits: Sequence[ChannelEdit], inplace: bool) -> None:
        super().__init__()
        self._edits, self._inplace = tuple(edits), inplace

    def forward(self, value: Tensor) -> Tensor:
        """Return the value, edited; a copy where others may hold it."""
        result = value if self._inplace and not value.requires_grad else value.clone()
        for edit in self._edits:
            edit.change(result)
        return result


def create_edit_module(module: nn.Module, edits: Sequence[ChannelEdit]) -> EditChannels:
    """Create the module that edits what another returns."""
    return EditChannels(edits, makes_new_values(module))


def find_channel_edit(table: LayerTable, edit: Edit) -> ChannelEdit | None:
    """Return an edit as one of whole channels; None where it is of another kind."""
    owner, row = table.owner(edit.layer), table.find(edit.layer)
    is_special = (
        edit.layer in table.derived  # a direction is no channel
        or edit.layer in table.heads
        or edit.layer in table.tokens
        or edit.layer in table.paths
        or owner in table.steps
        or table.hooked_module(edit.layer) in (RESULT, *table.recurrent)
    )
    if is_special or row is None or edit.region is not None:
        return None
    if edit.action not in ("set", "scale") or (edit.call is not None and row.calls > 1):
        return None
    layouts = table.layouts[edit.layer]
    if any(layout.lead != "batch" or layout.steps for layout in layouts):
        return None
    if len({(layout.kind, layout.channel_axis) for layout in layouts}) > 1:
        return None
    return ChannelEdit(edit.channels, edit.action == "scale", edit.value, layouts[0])


@lru_cache(maxsize=256)
def _index_channels(channels: tuple[int, ...], device: torch.device) -> Tensor:
    with torch.inference_mode(False):
        return torch.tensor(channels, device=device)
