"""Define what a synthesis aims at: a unit, a whole layer, or a weighted sum of such."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

from dnnvis.core.errors import UnknownUnit
from dnnvis.core.unit import (
    PLAIN_NAME,
    QUOTED_NAME,
    SUFFIX,
    Unit,
    odd_names,
    quote_name,
    resolve_name,
    write_out_groups,
)

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"


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
        return quote_name(self.layer) + ("" if self.call == -1 else f"#{self.call}")


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
    def of(cls, unit: "Unit | Objective | str", names: Collection[str] = ()) -> "Objective":
        """Return the objective for a unit, or for a text (see ``parse``)."""
        if isinstance(unit, Objective):
            return unit
        if isinstance(unit, Unit):
            return cls((Term(unit.layer, unit.channel, unit.position, unit.call),))
        return cls.parse(unit, names)

    @classmethod
    def parse(cls, text: str, names: Collection[str] = ()) -> "Objective":
        """Parse an objective, written as in the class's docstring.

        Args:
            text: The text.
            names: Layer names that need no quotes, whatever is in them; where a text can be read
                in two ways (``a+b[1]``), the one with such a name counts. A mapping also says
                which name each stands for.

        Returns:
            The objective.

        Raises:
            UnknownUnit: For other text.
        """
        text, odd = write_out_groups(text, names), odd_names(names)
        guard = f"(?!{odd[:-1]})" if odd else ""  # 2*x may be a layer's name
        weight = rf"(?:{guard}(?P<weight>{_NUMBER})\s*\*\s*)?"
        name = f"(?P<layer>{odd}{QUOTED_NAME}|{PLAIN_NAME})"
        term = re.compile(rf"\s*(?P<sign>[+-]?)\s*{weight}{name}{SUFFIX}\s*", re.DOTALL)
        terms: list[Term] = []
        at = 0
        while at < len(text):
            match = term.match(text, at)
            if match is None or (terms and not match["sign"]):
                raise UnknownUnit(
                    f"'{text}' is no goal; write conv5[151], conv5, or 0.5*conv5[1] + conv5[2]."
                )
            terms.append(_term(match, names))
            at = match.end()
        if not terms:
            raise UnknownUnit("Say which unit, such as conv5[151].")
        if not any(term.weight for term in terms) or not all(
            math.isfinite(term.weight) for term in terms
        ):
            raise UnknownUnit(f"The weights of '{text}' are all zero, or not finite.")
        return cls(tuple(terms))


def _term(match: "re.Match[str]", names: Collection[str]) -> Term:
    weight = float(match["weight"] or 1) * (-1 if match["sign"] == "-" else 1)
    layer = resolve_name(match["layer"], names)
    channel = None if match["channel"] is None else int(match["channel"])
    position = None if match["y"] is None else (int(match["y"]), int(match["x"]))
    return Term(layer, channel, position, int(match["call"] or -1), weight)
