"""Define what a synthesis aims at: a unit, a whole layer, or a weighted sum of such."""

import math
import re
from dataclasses import dataclass

from dnnvis.core.errors import UnknownUnit
from dnnvis.core.unit import Unit

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TERM = re.compile(
    rf"\s*(?P<sign>[+-]?)\s*(?:(?P<weight>{_NUMBER})\s*\*\s*)?"
    r"(?P<target>[^\[\]@#+*\s-][^\[\]@#+*\s]*(?:\[\d+\](?:@\d+,\d+)?)?(?:#-?\d+)?)\s*"
)
_LAYER = re.compile(r"(?P<layer>[^\[\]@#]+)(?:#(?P<call>-?\d+))?")


@dataclass(frozen=True)
class Term:
    """``weight`` times a unit, or times a whole layer (``channel`` None)."""

    layer: str
    channel: int | None = None
    position: tuple[int, int] | None = None
    call: int = -1
    weight: float = 1.0

    @property
    def unit(self) -> Unit:
        """Return the unit, the layer's first one where it is a whole layer."""
        return Unit(self.layer, self.channel or 0, self.position, self.call)

    @property
    def target(self) -> str:
        """Return the term without its weight: ``conv5[1]@6,7``, or ``conv5`` for a whole layer."""
        if self.channel is not None:
            return str(self.unit)
        return self.layer + ("" if self.call == -1 else f"#{self.call}")


@dataclass(frozen=True)
class Objective:
    """A sum of terms, written ``0.5*conv5[1] + conv5[2] - fc[3]``.

    ``conv5`` alone is the whole layer. A negative weight minimizes the unit's activation.
    """

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        text = ""
        for term in self.terms:
            sign = " - " if term.weight < 0 else " + "
            sign = sign if text else sign.strip().replace("+", "")
            size = abs(term.weight)
            text += sign + ("" if size == 1 else f"{size:g}*") + term.target
        return text

    @property
    def layer(self) -> str:
        """Return the layer of the first term."""
        return self.terms[0].layer

    @property
    def unit(self) -> Unit | None:
        """Return the unit where the objective is one unit with weight 1; else None."""
        first = self.terms[0]
        is_single = len(self.terms) == 1 and first.weight == 1 and first.channel is not None
        return first.unit if is_single else None

    @classmethod
    def of(cls, unit: "Unit | Objective | str") -> "Objective":
        """Return the objective for a unit, or for a text."""
        if isinstance(unit, Objective):
            return unit
        if isinstance(unit, Unit):
            return cls((Term(unit.layer, unit.channel, unit.position, unit.call),))
        return cls.parse(unit)

    @classmethod
    def parse(cls, text: str) -> "Objective":
        """Parse an objective, written as in the class's docstring.

        Raises UnknownUnit for other text.
        """
        terms: list[Term] = []
        at = 0
        while at < len(text):
            match = _TERM.match(text, at)
            if match is None or (terms and not match["sign"]):
                raise UnknownUnit(
                    f"'{text}' is no goal; write conv5[151], conv5, or 0.5*conv5[1] + conv5[2]."
                )
            terms.append(_term(match))
            at = match.end()
        if not terms:
            raise UnknownUnit("Say which unit, such as conv5[151].")
        if not any(term.weight for term in terms) or not all(
            math.isfinite(term.weight) for term in terms
        ):
            raise UnknownUnit(f"The weights of '{text}' are all zero, or not finite.")
        return cls(tuple(terms))


def _term(match: "re.Match[str]") -> Term:
    weight = float(match["weight"] or 1) * (-1 if match["sign"] == "-" else 1)
    if "[" in match["target"]:
        unit = Unit.parse(match["target"])
        return Term(unit.layer, unit.channel, unit.position, unit.call, weight)
    layer = _LAYER.fullmatch(match["target"])
    if layer is None:
        raise UnknownUnit(f"'{match['target']}' is neither a unit nor a layer.")
    call = -1 if layer["call"] is None else int(layer["call"])
    return Term(layer["layer"], None, None, call, weight)
