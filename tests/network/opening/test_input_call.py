"""How a picture and what is held constant are handed to a module."""

from typing import Any

import pytest
import torch
from torch import nn

from dnnvis.network.opening.input_call import (
    STACK_FRAMES,
    TOKENS,
    HeldInput,
    HeldKind,
    InputCall,
    RecordingDictionary,
)

X = torch.arange(48.0).reshape(2, 2, 3, 4) / 47


class Echo(nn.Module):
    """Returns what it was called with."""

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return args, kwargs


def test_as_it_stands_the_picture_is_the_only_argument() -> None:
    args, kwargs = InputCall()(Echo(), X)
    assert len(args) == 1
    assert args[0] is X
    assert kwargs == {}


def test_a_named_picture_and_what_is_held_go_by_their_names() -> None:
    call = InputCall("image", held=(HeldInput("t", "integer"), HeldInput("other", "picture")))
    args, kwargs = call(Echo(), X)
    assert args == ()
    assert kwargs["image"] is X
    assert kwargs["other"] is X
    assert kwargs["t"].tolist() == [0, 0]


def test_in_a_dictionary_the_picture_lies_at_its_key() -> None:
    ((values,), kwargs) = InputCall(key="image", held=(HeldInput("meta", "vector", 3),))(Echo(), X)
    assert kwargs == {}
    assert values["image"] is X
    assert values["meta"].tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("kind", "shape", "dtype", "value", "words"),
    [
        ("integer", (2,), torch.long, 0, "a is held at 0"),
        ("number", (2,), torch.float32, 0, "a is held at 0"),
        ("vector", (2, 5), torch.float32, 0, "a is held at 5 zeros"),
        ("mask", (2, 3, 4), torch.float32, 1, "a is held at 1 everywhere"),
        ("tokens", (1, TOKENS), torch.long, 0, "a is held at 8 tokens of number 0"),
        ("tokens a picture", (2, TOKENS), torch.long, 0, "a is held at 8 tokens of number 0"),
    ],
)
def test_a_held_input_has_its_shape_and_is_said(
    kind: HeldKind, shape: tuple[int, ...], dtype: torch.dtype, value: int, words: str
) -> None:
    held = HeldInput("a", kind, 5)
    built = held.build(X)
    assert tuple(built.shape) == shape
    assert built.dtype == dtype
    assert bool((built == value).all())
    assert str(held) == words


def test_numbers_have_the_type_of_the_network() -> None:
    assert HeldInput("t", "number").build(X.double()).dtype == torch.float64


def test_signals_are_the_middle_row_and_stacks_copies() -> None:
    row = InputCall(form="row").shape_picture(X)
    assert torch.equal(row, X[:, :, 1, :])
    stack = InputCall(form="stack").shape_picture(X)
    assert stack.shape == (2, 2, STACK_FRAMES, 3, 4)
    assert all(torch.equal(stack[:, :, k], X) for k in range(STACK_FRAMES))


def test_integers_are_rounded_bytes() -> None:
    x = torch.tensor([0.0, 0.5, 1.0, -1.0, 2.0]).reshape(1, 1, 1, 5)
    pixels = InputCall(form="integers").shape_picture(x)
    assert pixels.dtype == torch.uint8
    assert pixels.flatten().tolist() == [0, 128, 255, 0, 255]


def test_what_is_assumed_is_a_sentence_each() -> None:
    assert InputCall().notes("net") == ()
    notes = InputCall(key="image", form="row", held=(HeldInput("t", "integer"),)).notes("net")
    assert notes == (
        "net takes a dictionary; the picture is its 'image'.",
        "net takes more than a picture: t is held at 0.",
        "net takes signals of one axis, and is given the middle row of the picture.",
    )


def test_a_dictionary_lists_what_is_read_and_not_there() -> None:
    values = RecordingDictionary({"image": 1})
    assert values["image"] == 1
    assert values.get("meta", 7) == 7
    assert values.get("image") == 1
    with pytest.raises(KeyError):
        values["mask"]
    assert values.missing == ["meta", "mask"]
