"""Define the rules of two-state boards, by which a cell is born or survives, and their notation.

A rule counts the living ones among a cell's eight neighbors. ``B36/S23`` is born with 3 or 6 and
survives with 2 or 3; the same rule is ``23/36`` in the older notation, survival first.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from dnnvis.core.errors import BadInput

LIFE_RULE = "B3/S23"  # Conway 1970, what the bundled networks were trained on

#: Name -> rule, as the archives of patterns have them.
RULE_NAMES = {
    "Life": LIFE_RULE,
    "HighLife": "B36/S23",
    "Day & Night": "B3678/S34678",
    "Seeds": "B2/S",
    "Life without Death": "B3/S012345678",
    "2x2": "B36/S125",
    "34 Life": "B34/S34",
    "Amoeba": "B357/S1358",
    "Anneal": "B4678/S35678",
    "Assimilation": "B345/S4567",
    "Coral": "B3/S45678",
    "Diamoeba": "B35678/S5678",
    "Gnarl": "B1/S1",
    "Live Free or Die": "B2/S0",
    "Long Life": "B345/S5",
    "Maze": "B3/S12345",
    "Move": "B368/S245",
    "Pedestrian Life": "B38/S23",
    "Replicator": "B1357/S1357",
    "Serviettes": "B234/S",
    "Stains": "B3678/S235678",
    "Walled Cities": "B45678/S2345",
}
_NAMES_BY_RULE = {rule: name for name, rule in RULE_NAMES.items()}
MAX_RULE_LENGTH = 60  # characters of a rule that can be read

_BORN_FIRST = re.compile(r"b(?=[0-8]|/?s)([0-8]*)(?:/?s([0-8]*))?")
_SURVIVAL_FIRST = re.compile(r"s([0-8]*)/?b([0-8]*)")
_DIGITS_ONLY = re.compile(r"(?=/?[0-8])([0-8]*)/([0-8]*)")
_GENERATIONS = re.compile(r"(b?[0-8]*/s?[0-8]*/|b?[0-8]*s[0-8]*/?[cg]|s[0-8]*/b[0-8]*/)[cg]?(\d+)")
_OTHER_FORMS = (
    (r"[bs0-8/]*[vh]", "counts other neighbors than the eight around a cell"),
    (r"[bs0-8/]*[a-z\-][bs0-8/a-z\-]*", "asks where the neighbors are, not only how many"),
    (r"r\d+,c\d+,.*", "looks farther than the next neighbors"),
)


@dataclass(frozen=True)
class LifeRule:
    """A rule of two states that counts eight neighbors."""

    #: Numbers of living neighbors with which a dead cell comes to life, ascending.
    born: tuple[int, ...]
    #: Numbers of living neighbors with which a living cell stays alive, ascending.
    survive: tuple[int, ...]

    def __str__(self) -> str:
        born, survive = ("".join(map(str, counts)) for counts in (self.born, self.survive))
        return f"B{born}/S{survive}"


@lru_cache(maxsize=64)
def parse_rule(text: str) -> LifeRule:
    """Parse ``B36/S23``, ``b36s23``, ``S23/B36``, ``23/36`` or a name (see RULE_NAMES).

    "" is Conway's rule. Raises BadInput, which says what kind of rule it is, for Generations,
    other neighborhoods, and all else.
    """
    compact = _expand_name(text)
    generations = None if _match_plain(compact) else _GENERATIONS.fullmatch(compact)
    if generations and generations[2] == "2":
        compact = generations[1].rstrip("/cg")  # two states: dead and alive
    elif generations:
        raise BadInput(
            f"{_quote(text)} is a Generations rule, whose cells age through {generations[2][:9]} "
            f"states; {_SUPPORTED}"
        )
    counts = _match_plain(compact)
    if counts is None:
        raise BadInput(f"{_quote(text)} {_explain_other_form(compact)}; {_SUPPORTED}")
    return LifeRule(*(tuple(sorted({int(digit) for digit in digits})) for digits in counts))


_SUPPORTED = "boards run by rules of two states such as B3/S23 or B36/S23."


def format_rule(text: str) -> str:
    """Return the rule in B/S notation, its counts ascending; raise BadInput where it is none."""
    return str(parse_rule(text))


def describe_rule(text: str) -> str:
    """Return the rule with its name, where it has one: ``HighLife (B36/S23)``."""
    rule = format_rule(text)
    return f"{_NAMES_BY_RULE[rule]} ({rule})" if rule in _NAMES_BY_RULE else rule


def _simplify_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("&", "and"))


_RULES_BY_NAME = {_simplify_name(name): rule for name, rule in RULE_NAMES.items()}
_RULES_BY_NAME |= dict.fromkeys(("", "conway", "conwayslife", "gameoflife"), LIFE_RULE)


def _expand_name(text: str) -> str:
    """Return the rule in small letters without blanks, written out where ``text`` is a name."""
    if len(text) > MAX_RULE_LENGTH:
        return "?"
    compact = "".join(text.lower().split())
    name = _simplify_name(compact)
    return _RULES_BY_NAME.get(name, compact).lower() if name or not compact else compact


def _match_plain(compact: str) -> tuple[str, str] | None:
    """Return the digits (born, survive) of a rule of two states; None where it is none."""
    if match := _BORN_FIRST.fullmatch(compact):
        return match[1], match[2] or ""
    match = _SURVIVAL_FIRST.fullmatch(compact) or _DIGITS_ONLY.fullmatch(compact)
    return None if match is None else (match[2], match[1])


def _quote(text: str) -> str:
    short = " ".join(text.split())
    return short if len(short) <= 40 else f"{short[:37]}..."


def _explain_other_form(compact: str) -> str:
    if not re.match(r"[bs]?[0-8]|r\d", compact):
        return "is no rule that is known here"
    for form, reason in _OTHER_FORMS:
        if re.fullmatch(form, compact):
            return reason
    return "is no rule that is known here"
