"""Errors in code that is not ours: their type, message, line and what to do, in one sentence."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.network.opening.user_code import describe_error, read_message, translate_errors
from helpers.recording_networks import ramp


def line_of(function: Callable[..., object], text: str) -> int:
    """The number of the line of this file that holds ``text`` within a function."""
    lines, start = inspect.getsourcelines(function)
    (index,) = (k for k, line in enumerate(lines) if text in line)
    return start + index


CHECKS = """
from torch import nn

class Checks(nn.Conv2d):
    def forward(self, x):
        y = super().forward(x)
        assert y.shape[1] == 5
        return y
"""


def test_an_assertion_without_a_message_shows_its_own_line(tmp_path: Path) -> None:
    file = tmp_path / "checks.py"
    file.write_text(CHECKS)
    space: dict[str, type[nn.Module]] = {}
    exec(compile(CHECKS, str(file), "exec"), space)
    net = dnnvis.wrap(space["Checks"](3, 4, 3), size=8)
    with pytest.raises(BadInput) as caught:
        net.record(ramp())
    sentence = str(caught.value)
    assert f"AssertionError: assert y.shape[1] == 5 ({file}, line 7)." in sentence


class Narrow(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.other = nn.Conv2d(3, 4, 3), nn.Conv2d(7, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.other(self.conv(x))


def test_an_error_of_torch_names_the_line_that_called_torch_and_what_to_do() -> None:
    net = dnnvis.wrap(Narrow(), size=8)
    with pytest.raises(BadInput) as caught:
        assert net.layers
    number = line_of(Narrow.forward, "self.other")
    assert f"test_user_code.py, line {number})" in str(caught.value)
    assert "--channels" in str(caught.value)


class Rude(Exception):
    def __str__(self) -> str:
        raise SystemExit("not even this")


def test_an_error_that_cannot_be_written_is_its_type() -> None:
    assert read_message(Rude()) == ""
    assert describe_error(Rude()) == "Rude"


def test_endless_messages_are_cut_and_lines_are_joined() -> None:
    message = read_message(ValueError("one\n two\t" + "word " * 1000))
    assert message.startswith("one two word word")
    assert message.endswith("word ...")
    assert len(message) <= 404


def test_our_own_errors_and_ctrl_c_go_through_unchanged() -> None:
    for error in (LensMissing("no such lens"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, translate_errors("It failed"):
            raise error
        assert caught.value is error


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit("out"), ValueError("no")])
def test_whatever_is_raised_becomes_the_kind_of_error_that_was_named(error: BaseException) -> None:
    match = f"It failed: {type(error).__name__}"
    with pytest.raises(LensMissing, match=match), translate_errors("It failed", LensMissing):
        raise error


def test_an_installed_package_is_named_from_the_package_on(tmp_path: Path) -> None:
    file = tmp_path / "site-packages" / "theirs" / "net.py"
    file.parent.mkdir(parents=True)
    file.write_text("def fail():\n    raise ValueError('theirs')\n")
    space: dict[str, Callable[[], None]] = {}
    exec(compile(file.read_text(), str(file), "exec"), space)
    with pytest.raises(ValueError, match="theirs") as caught:
        space["fail"]()
    assert describe_error(caught.value) == "ValueError: theirs (theirs/net.py, line 2)"


class SelfMade(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        raise KeyError("only forward")


class OneWay(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.conv(SelfMade.apply(x))
        return result


def test_an_own_backward_that_raises_anything_is_a_sentence_of_the_lens() -> None:
    net = dnnvis.wrap(OneWay(), size=8)
    with pytest.raises(LensMissing, match=r"cannot be run backwards: KeyError: 'only forward' \("):
        dnnvis.look(net, "gradient", "conv[1]", image=ramp())
