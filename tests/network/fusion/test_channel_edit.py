"""Edits of whole channels, in weights and in one operation: against loops over the values."""

import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.edit import Edit
from dnnvis.network.fusion.channel_edit import (
    ChannelEdit,
    create_edit_module,
    find_channel_edit,
    fold_edits,
)
from dnnvis.network.layout import ChannelLayout

MAPS = ChannelLayout("maps")
EDITS = [
    ChannelEdit((1,), False, 0.0, MAPS),
    ChannelEdit((0, 3), False, 2.5, MAPS),
    ChannelEdit((2, 1), True, -1.5, MAPS),
    ChannelEdit((), True, 0.5, MAPS),
    ChannelEdit((), False, 1.0, MAPS),
]


def edit_by_loops(value: Tensor, edit: ChannelEdit, axis: int) -> Tensor:
    parts = list(value.unbind(axis))
    for c in edit.channels or range(len(parts)):
        parts[c] = parts[c] * edit.value if edit.scales else torch.full_like(parts[c], edit.value)
    return torch.stack(parts, axis)


@pytest.mark.parametrize("edit", EDITS, ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_weights_do_what_the_edit_does(edit: ChannelEdit, bias: bool) -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 4, 3, bias=bias).double().requires_grad_(False)
    x = torch.randn(2, 3, 6, 5).double()
    weights = layer.weight.clone(), None if layer.bias is None else layer.bias.clone()
    weight, shift = fold_edits((layer.weight, layer.bias), (edit, EDITS[2]))
    result = torch.conv2d(x, weight, shift)
    expected = edit_by_loops(edit_by_loops(layer(x), edit, 1), EDITS[2], 1)
    torch.testing.assert_close(result, expected)
    assert torch.equal(layer.weight, weights[0])
    assert (layer.bias is None) == (weights[1] is None)
    if layer.bias is not None:
        assert torch.equal(layer.bias, weights[1])


@pytest.mark.parametrize(
    ("kind", "shape", "axis"),
    [("maps", (2, 4, 3, 5), 1), ("last", (2, 3, 5, 4), 3), ("tokens", (2, 7, 4), 2)],
)
@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_one_operation_changes_these_channels_alone(
    edit: ChannelEdit, kind: str, shape: tuple[int, ...], axis: int
) -> None:
    edit = ChannelEdit(edit.channels, edit.scales, edit.value, ChannelLayout(kind))  # type: ignore[arg-type]
    value = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    original = value.clone()
    changed = create_edit_module(nn.Identity(), [edit])(value)
    assert torch.equal(value, original)  # an Identity returns what it was given
    assert torch.equal(changed, edit_by_loops(original, edit, axis))
    in_place = create_edit_module(nn.Conv2d(1, 1, 1), [edit])(value)
    assert in_place is value
    assert torch.equal(value, changed)


def test_a_vector_is_edited_by_its_flat_channels() -> None:
    value = torch.randn(2, 4, 1, 1)
    edit = ChannelEdit((3,), False, 7.0, ChannelLayout("vector"))
    changed = create_edit_module(nn.Identity(), [edit])(value)
    assert torch.equal(changed[:, 3], torch.full((2, 1, 1), 7.0))
    assert torch.equal(changed[:, :3], value[:, :3])


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("0[1] = 0", True),
        ("0[1] *= 3", True),
        ("0 *= 3", True),
        ("0[1]#0 = 2", True),  # its only call
        ("1[1]#0 = 2", False),  # one of two
        ("1[1] = 2", True),
        ("0[1] = mean", False),
        ("0[1]@2,3 = 0", False),
        ("0[1] <-> 0[2]", False),
        ("output[1] = 0", False),
    ],
)
def test_what_is_an_edit_of_whole_channels(text: str, is_whole: bool) -> None:
    relu = nn.ReLU()
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 4, 3), relu, nn.Conv2d(4, 4, 3), relu), size=9)
    edit = Edit.parse(text, net.table.names)
    found = find_channel_edit(net.table, edit)
    assert (found is not None) == is_whole
    if found is not None:
        assert found.channels == edit.channels
        assert found.scales == (edit.action == "scale")
