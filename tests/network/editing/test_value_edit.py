"""One value, edited: against plain loops over its entries."""

import numpy as np
import pytest
import torch
from torch import Tensor

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.network.editing.value_edit import ValueEdit, average, edit_value, merge_edits
from dnnvis.network.layout import ChannelLayout

LAYOUTS = {
    "maps": (ChannelLayout("maps"), (2, 5, 3, 4)),
    "last": (ChannelLayout("last"), (2, 3, 4, 5)),
    "tokens": (ChannelLayout("tokens", grid=(3, 4), prefix=1), (2, 13, 5)),
    "ordered": (
        ChannelLayout("tokens", grid=(2, 2), order=(3, 1, 2, 0), positions=4),
        (2, 4, 5),
    ),
    "vector": (ChannelLayout("vector"), (2, 5)),
    "time": (ChannelLayout("tokens", lead="time"), (7, 2, 5)),
}
EDITS = [
    Edit("x", (1,)),
    Edit("x", (0, 3), value=2.5),
    Edit("x", action="scale", value=-2.0),
    Edit("x", (4,), (0, 0, 1, 1), action="scale", value=3.0),
    Edit("x", (2,), action="swap", other=4),
    Edit("x", (2,), (0, 0, 1, 1), action="swap", other=4),
    Edit("x", (1, 2), action="mean"),
]


def numbers(shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def expected_maps(maps: np.ndarray, edit: Edit, mean: float) -> np.ndarray:
    """The edit by loops over a copy of (B, C, H, W)."""
    result = maps.copy()
    batch, channels, height, width = maps.shape
    top, left, bottom, right = edit.region or (0, 0, height, width)
    for b in range(batch):
        for c in edit.channels or range(channels):
            for y in range(top, bottom):
                for x in range(left, right):
                    old = maps[b, c, y, x]
                    if edit.action == "swap":
                        result[b, c, y, x] = maps[b, edit.other, y, x]
                        result[b, edit.other, y, x] = old
                    else:
                        choices = {"set": edit.value, "scale": old * edit.value, "mean": mean}
                        result[b, c, y, x] = choices[edit.action]
    return result


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_the_entries_of_the_edit_change_and_no_others(name: str, edit: Edit) -> None:
    layout, shape = LAYOUTS[name]
    value = numbers(shape)
    original = value.clone()
    result = edit_value(value, lambda v: layout.arrange(v, 2), edit, torch.tensor(0.75))
    assert torch.equal(value, original)
    assert result.shape == value.shape
    before = layout.arrange(original, 2).numpy()
    after = layout.arrange(result, 2).numpy()
    np.testing.assert_array_equal(after, expected_maps(before, edit, 0.75))
    if name == "tokens":  # what is no position stays
        assert torch.equal(result[:, 0], value[:, 0])


@pytest.mark.parametrize("name", ["maps", "ordered"])
@pytest.mark.parametrize("edit", [EDITS[0], EDITS[2], EDITS[4]], ids=str)
def test_gradients_are_those_of_the_edited_values(name: str, edit: Edit) -> None:
    layout, shape = LAYOUTS[name]
    value = numbers(shape).double().requires_grad_()

    def run(v: Tensor) -> Tensor:
        return edit_value(v, lambda u: layout.arrange(u, 2), edit).pow(2)

    assert torch.autograd.gradcheck(run, (value,))


def test_the_memory_format_stays() -> None:
    value = numbers((2, 5, 3, 4)).contiguous(memory_format=torch.channels_last)
    result = edit_value(value, ChannelLayout("maps").arrange, Edit("x", (1,)))
    assert result.is_contiguous(memory_format=torch.channels_last)


def test_the_same_value_for_every_picture_is_edited_once() -> None:
    layout = ChannelLayout("maps", lead="none")
    value = numbers((5, 3, 4))
    edit = Edit("x", (1,), action="scale", value=2.0)
    result = edit_value(value, lambda v: layout.arrange(v, 3), edit)
    assert torch.equal(result[1], value[1] * 2)
    assert torch.equal(result[0], value[0])


def test_means_are_over_pictures_and_positions() -> None:
    maps = numbers((3, 5, 2, 4))
    whole = average(maps, Edit("x", (1, 3), action="mean"))
    assert whole.shape == (2, 1, 1)
    assert whole.flatten().tolist() == pytest.approx(
        [float(maps[:, c].numpy().mean()) for c in (1, 3)], abs=1e-6
    )
    at = average(maps, Edit("x", (2,), (1, 0, 2, 3), action="mean"))
    np.testing.assert_allclose(at[0], maps[:, 2, 1:2, 0:3].numpy().mean(0), atol=1e-6)


def test_what_cannot_be_edited_is_refused_in_a_sentence() -> None:
    read = ChannelLayout("maps").arrange
    with pytest.raises(BadInput, match="floating-point"):
        edit_value(torch.zeros(1, 2, 3, 3, dtype=torch.int64), read, Edit("x", (1,)))
    with pytest.raises(BadInput, match="floating-point"):
        edit_value(torch.zeros(1, 2, 3, 3, dtype=torch.complex64), read, Edit("x", (1,)))
    with pytest.raises(BadInput, match="lies outside"):
        edit_value(torch.zeros(1, 2, 3, 3), read, Edit("x", (1,), (2, 2, 4, 3)))
    with pytest.raises(BadInput, match="no mean"):
        edit_value(torch.zeros(1, 2, 3, 3), read, Edit("x", (1,), action="mean"))


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_in_place_is_the_same_and_again_with_what_was_worked_out(name: str, edit: Edit) -> None:
    layout, shape = LAYOUTS[name]
    value, mean = numbers(shape), torch.tensor(0.75)
    operation = ValueEdit(edit, lambda v: layout.arrange(v, 2))
    expected = edit_value(value, lambda v: layout.arrange(v, 2), edit, mean)
    for _ in range(2):
        assert torch.equal(operation.apply(value, mean), expected)
    assert torch.equal(operation.apply(value.clone(), mean, inplace=True), expected)
    larger = torch.cat([value, value])  # another shape
    assert torch.equal(
        ValueEdit(edit, lambda v: layout.arrange(v, 4)).apply(larger[: 2 * len(value)], mean),
        edit_value(larger, lambda v: layout.arrange(v, 4), edit, mean),
    )


def test_edits_that_follow_one_another_become_one_where_the_values_stay() -> None:
    def merge(*texts: str) -> list[str]:
        return [str(edit) for edit in merge_edits([Edit.parse(text) for text in texts])]

    assert merge("x[1] = 0", "x[4] = 0", "x[2] = 0", "x[1] = 0") == ["x[1,4,2] = 0"]
    assert merge("x[1] *= 2", "x[2] *= 2") == ["x[1:3] *= 2"]
    assert len(merge("x[1] *= 2", "x[1] *= 2")) == 2  # four times
    assert len(merge("x[1] = 0", "x[2] = 1", "x[3] = 0")) == 3
    assert len(merge("x[1] = 0", "x[2] = -0")) == 2
    assert len(merge("x[1]@1,1 = 0", "x[2] = 0")) == 2
    assert len(merge("x[1]#1 = 0", "x[2] = 0")) == 2
    assert len(merge("x = 0", "x[2] = 0")) == 2
    assert len(merge("x[1] = mean", "x[2] = mean")) == 2
    assert len(merge("x[1] <-> x[2]", "x[1] <-> x[2]")) == 2


@pytest.mark.parametrize("seed", range(20))
def test_merged_edits_give_the_same_bits(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    pick = torch.randint(0, 5, (12, 3), generator=generator).tolist()
    actions = ["= 0", "= 2.5", "*= 0", "*= 3", "*= 3"]
    edits = [Edit.parse(f"x[{a},{b}] {actions[c]}") for a, b, c in pick]
    read = ChannelLayout("maps").arrange
    one_by_one = merged = numbers((2, 5, 3, 4))
    for edit in edits:
        one_by_one = edit_value(one_by_one, read, edit)
    for edit in merge_edits(edits):
        merged = edit_value(merged, read, edit)
    assert one_by_one.numpy().tobytes() == merged.numpy().tobytes()
