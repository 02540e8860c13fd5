"""Tensors in whatever a network returns."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch

from dnnvis.core.errors import BadInput
from dnnvis.network.outputs import (
    answer_path,
    count_pictures,
    first_tensor,
    iter_tensors,
    path_of,
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
