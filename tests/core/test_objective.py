"""What a synthesis aims at, in words and back."""

import pytest

from dnnvis.core.errors import UnknownUnit
from dnnvis.core.objective import Objective, Term
from dnnvis.core.unit import Unit


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("conv5[1]", [Term("conv5", 1)]),
        ("conv5", [Term("conv5")]),
        ("conv5#2", [Term("conv5", call=2)]),
        ("-fc[3]", [Term("fc", 3, weight=-1.0)]),
        ("0.5*conv5[1] + conv5[2]", [Term("conv5", 1, weight=0.5), Term("conv5", 2)]),
        ("conv5[2]-.5 * a.0.b[7]@3,4#1", [Term("conv5", 2), Term("a.0.b", 7, (3, 4), 1, -0.5)]),
        ("2e-1*x[0]", [Term("x", 0, weight=0.2)]),
        ("features.10[3]", [Term("features.10", 3)]),
        ("block-1[3] - block-2[3]", [Term("block-1", 3), Term("block-2", 3, weight=-1.0)]),
    ],
)
def test_text_says_a_goal(text: str, terms: list[Term]) -> None:
    assert list(Objective.parse(text).terms) == terms


@pytest.mark.parametrize(
    "text",
    ["conv5[1]", "conv5", "-fc[3]", "0.5*conv5[1] + conv5[2] - fc[3]@1,2", "conv#0", "3*a + b[1]"],
)
def test_a_goal_says_its_text(text: str) -> None:
    assert str(Objective.parse(text)) == text


@pytest.mark.parametrize("text", ["", "conv5[", "conv5[1] conv5[2]", "0.5*", "conv5[1]++", "[3]"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(UnknownUnit):
        Objective.parse(text)


def test_a_unit_is_a_goal() -> None:
    unit = Unit("conv", 3, (1, 2), 0)
    assert Objective.of(unit).unit == unit
    assert str(Objective.of(unit)) == str(unit)
    assert Objective.parse("conv[3] + conv[4]").unit is None


ODD = ("a", "b", "a+b", "3x3[1]", "c d", "x@2", "y#1", "2*x")


@pytest.mark.parametrize("name", [n for n in ODD if len(n) > 1])
def test_goals_on_layers_of_any_name_are_read_with_and_without_quotes(name: str) -> None:
    quoted = f'0.5*"{name}"[1]@2,3 - "{name}"#1 + conv[2]'
    terms = (Term(name, 1, (2, 3), -1, 0.5), Term(name, None, None, 1, -1.0), Term("conv", 2))
    assert Objective.parse(quoted).terms == terms
    assert Objective.parse(quoted.replace('"', ""), ODD).terms == terms
    assert Objective.parse(str(Objective(terms))).terms == terms


def test_a_text_of_two_meanings_is_the_layer_that_the_network_has() -> None:
    assert Objective.parse("a+b[2]").terms == (Term("a"), Term("b", 2))
    assert Objective.parse("a+b[2]", ODD).terms == (Term("a+b", 2),)
    assert Objective.parse("a + b[2]", ODD).terms == (Term("a"), Term("b", 2))
    assert Objective.parse("3x3[1]", ODD).terms == (Term("3x3[1]"),)
    assert Objective.parse("3x3[1][0]", ODD).terms == (Term("3x3[1]", 0),)
    assert Objective.of("c d[1]", ODD).unit == Unit("c d", 1)


@pytest.mark.parametrize("text", ['"a', '"a"b[1]', 'a"b[1]', "c d[1]"])
def test_unfinished_quotes_and_unknown_odd_names_are_refused(text: str) -> None:
    with pytest.raises(UnknownUnit):
        Objective.parse(text, ("a", "b"))
