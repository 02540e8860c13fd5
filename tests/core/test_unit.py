"""The text form of units, and the way back."""

import numpy as np
import pytest

from dnnvis.core.errors import UnknownUnit
from dnnvis.core.unit import Unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("conv5[151]", Unit("conv5", 151)),
        ("conv5[151]@6,7", Unit("conv5", 151, (6, 7))),
        ("conv5[151]@6,7#2", Unit("conv5", 151, (6, 7), 2)),
        ("conv5[151]#0", Unit("conv5", 151, None, 0)),
        ("layer1.0.conv2[3]@0,0", Unit("layer1.0.conv2", 3, (0, 0))),
        ("encoder.ln.cls[7]#-2", Unit("encoder.ln.cls", 7, None, -2)),
        ("output[3]", Unit("output", 3)),
        ("0[1]", Unit("0", 1)),
    ],
)
def test_text_and_unit_are_the_same_thing(text: str, unit: Unit) -> None:
    assert Unit.parse(text) == unit
    assert str(unit) == text
    assert Unit.parse(f"  {text} ") == unit


def test_any_unit_survives_being_written_and_read() -> None:
    draw = np.random.default_rng(0)
    for _ in range(200):
        channel, y, x = (int(v) for v in draw.integers(0, 5000, 3))
        place = (y, x) if draw.random() < 0.5 else None
        name = ".".join(draw.choice(["features", "3", "conv_1", "0"], 3))
        unit = Unit(name, channel, place, int(draw.integers(-3, 4)))
        assert Unit.parse(str(unit)) == unit
        assert unit.whole().position is None
        assert unit.whole().channel == channel


@pytest.mark.parametrize(
    "text",
    [
        "",
        "conv5",
        "conv5[]",
        "conv5[-1]",
        "conv5[1.5]",
        "[3]",
        "conv5[3]@1",
        "conv5[3]@1,2,3",
        "conv5[3]#",
        "conv5[3]#2@1,1",
        "conv5[3] and more",
        "a[1] + b[2]",
    ],
)
def test_other_texts_are_answered_with_an_example(text: str) -> None:
    with pytest.raises(UnknownUnit, match=r"conv5\[151\]@6,7#2"):
        Unit.parse(text)


ODD = ("a+b", "3x3[1]", "c d", "x@2", "y#1", " lead", 'say "hi"', "back\\slash", "a[1]@2,3", "2*x")


@pytest.mark.parametrize("name", [*ODD, '"quoted"', "-minus", "new\nline", ""])
def test_a_layer_of_any_name_survives_being_written_and_read(name: str) -> None:
    for unit in (Unit(name, 2), Unit(name, 0, (3, 4)), Unit(name, 1, (0, 1), -2)):
        assert Unit.parse(str(unit)) == unit
        assert Unit.parse(f" {unit} ", ODD) == unit


@pytest.mark.parametrize("name", ODD)
def test_names_of_the_network_need_no_quotes(name: str) -> None:
    if name == name.strip():  # space around a text is nobody's
        assert Unit.parse(f"{name}[2]", ODD) == Unit(name, 2)
    assert Unit.parse(f"{name}[2]@1,0#3", (*ODD, "a", "3x3")).layer in (name, name.strip())
    assert str(Unit(name, 2)).startswith('"')


def test_plain_names_are_written_as_before() -> None:
    for name in ("conv5", "layer1.0.conv2", "block-1", "0", "encoder.ln.cls", "größe"):
        assert str(Unit(name, 3)) == f"{name}[3]"
