"""Rules of two states: notations, names, and what is refused."""

import pytest

from dnnvis.core.errors import BadInput
from dnnvis.core.life.life_rule import (
    LIFE_RULE,
    RULE_NAMES,
    LifeRule,
    describe_rule,
    format_rule,
    parse_rule,
)


@pytest.mark.parametrize(
    ("text", "born", "survive"),
    [
        ("", (3,), (2, 3)),
        ("B3/S23", (3,), (2, 3)),
        ("b3s32", (3,), (2, 3)),
        (" s23 / b3 ", (3,), (2, 3)),
        ("23/3", (3,), (2, 3)),  # the older notation: survival first
        ("Conway's Life", (3,), (2, 3)),
        ("23/3/2", (3,), (2, 3)),  # Generations of two states
        ("B3/S23/C2", (3,), (2, 3)),
        ("/2", (2,), ()),
        ("B2/S", (2,), ()),
        ("B234", (2, 3, 4), ()),
        ("high life", (3, 6), (2, 3)),
        ("day and night", (3, 6, 7, 8), (3, 4, 6, 7, 8)),
        ("Day & Night", (3, 6, 7, 8), (3, 4, 6, 7, 8)),
        ("2x2", (3, 6), (1, 2, 5)),
        ("B0/S8", (0,), (8,)),
    ],
)
def test_every_way_to_write_a_rule_is_read(
    text: str, born: tuple[int, ...], survive: tuple[int, ...]
) -> None:
    assert parse_rule(text) == LifeRule(born, survive)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("WireWorld", "WireWorld is no rule that is known here"),
        ("B9/S23", "no rule that is known"),
        ("/", "no rule"),
        ("b", "no rule"),
        ("3", "no rule"),
        ("B2/S/C3", "Generations rule, whose cells age through 3 states"),
        ("345/2/4", "Generations rule, whose cells age through 4 states"),
        ("B2/S/G25", "through 25 states"),
        ("B2-a/S12", "asks where the neighbors are"),
        ("B2/S34H", "counts other neighbors"),
        ("R5,C0,M1,S34..58,B34..45,NM", "looks farther"),
        ("9" * 5000, "9999... is no rule"),
    ],
)
def test_other_rules_are_refused_in_words(text: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        parse_rule(text)


def test_names_stand_for_their_rules() -> None:
    for name, rule in RULE_NAMES.items():
        assert format_rule(name) == format_rule(rule) == rule
        assert describe_rule(rule) == f"{name} ({rule})"
    assert len(set(RULE_NAMES.values())) == len(RULE_NAMES)
    assert describe_rule("b4s4") == "B4/S4"
    assert LIFE_RULE == "B3/S23"
