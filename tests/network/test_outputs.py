"""Tensors in whatever a network returns."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from types import MappingProxyType

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from dnnvis.core.errors import BadInput
from dnnvis.network.outputs import (
    answer_path,
    count_pictures,
    first_tensor,
    iter_tensors,
    list_outputs,
    path_of,
    replace_tensor,
    tensor_at,
)

A, B, C = torch.zeros(1), torch.ones(2), torch.ones(3)
Pair = namedtuple("Pair", "left right")


@dataclass
class Output:
    loss: torch.Tensor | None
    logits: torch.Tensor


def test_every_tensor_has_a_path() -> None:
    value = [A, {"aux": (B, None)}, Pair("text", C)]
    assert [path for path, _ in iter_tensors(value)] == [
        ("0",),
        ("1", "aux", "0"),
        ("2", "right"),
    ]
    for path, tensor in iter_tensors(value):
        assert tensor_at(value, path) is tensor
    assert tensor_at(value, ("1", "out")) is None


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (A, ()),
        ((A, B), ("0",)),
        ({"aux": A, "out": B}, ("out",)),
        (OrderedDict(hidden=(A, B), logits=C), ("logits",)),
        (Output(A, B), ("logits",)),
        ({"boxes": A}, ("boxes",)),
        ("text", None),
    ],
)
def test_the_answer_is_what_networks_call_so_else_the_first(
    value: object, path: tuple[str, ...] | None
) -> None:
    assert answer_path(value) == path


def test_a_number_is_a_path_or_counts_the_tensors() -> None:
    value = {"1": A, "logits": (B, C)}
    assert path_of("1", value) == ("1",)
    assert path_of("2", value) == ("logits", "1")
    with pytest.raises(BadInput, match="returns no '3'"):
        path_of("3", value)


def test_what_can_be_chosen_is_listed_with_shapes_of_one_picture() -> None:
    value = {"out": torch.zeros(1, 5), "more": (torch.zeros(1, 3, 2, 2), torch.zeros(7))}
    assert list(list_outputs(value)) == [("out", (5,)), ("more.0", (3, 2, 2)), ("more.1", (7,))]
    boxes = [{"boxes": torch.zeros(1, 4), "scores": torch.zeros(1)}]
    assert list(list_outputs(boxes)) == [("0.boxes", (1, 4)), ("0.scores", (1,))]
    assert list(list_outputs(torch.zeros(1, 10))) == [("", (10,))]


def test_a_path_that_is_not_there_names_those_that_are() -> None:
    value = [{"boxes": A, "scores": B}]
    assert path_of("0.scores", value) == ("0", "scores")
    with pytest.raises(BadInput, match=r"no 'masks'; choose one of: 0\.boxes, 0\.scores"):
        path_of("masks", value)


def test_a_list_with_an_entry_a_picture_has_a_length() -> None:
    assert count_pictures([{"boxes": A}, {"boxes": B}]) == 2
    assert count_pictures((A, B)) is None
    assert count_pictures([]) is None
    assert first_tensor({"a": None, "b": [B]}) is B


def test_a_tensor_is_replaced_wherever_it_lies_and_nothing_else_changes() -> None:
    old, other, new = torch.zeros(2), torch.ones(2), torch.full((2,), 7.0)
    packed = pack_padded_sequence(torch.zeros(3, 2, 1), torch.tensor([3, 2]))
    data = torch.full_like(packed.data, 5)
    for value, path, tensor in (
        (old, (), new),
        ((other, [old, other]), ("1", "0"), new),
        ({"out": old, 3: other}, ("out",), new),
        (OrderedDict(out={"aux": old}, kept=other), ("out", "aux"), new),
        (Pair(other, old), ("right",), new),
        (Output(other, old), ("logits",), new),
        (packed, ("data",), data),
    ):
        result = replace_tensor(value, path, tensor)
        assert type(result) is type(value)
        assert tensor_at(result, path) is tensor
        if path:
            assert tensor_at(value, path) is not tensor
        rest = [each for at, each in iter_tensors(result) if at != path]
        assert all(each is other for each in rest)


def test_what_cannot_be_made_again_is_refused_in_a_sentence() -> None:
    frozen = MappingProxyType({"out": torch.zeros(2)})
    with pytest.raises(BadInput, match="cannot be changed"):
        replace_tensor(frozen, ("out",), torch.ones(2))
