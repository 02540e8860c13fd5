"""Decide where two networks answer the same picture differently."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr

Rule = Literal["names", "numbers", "boards", "none"]
ALIVE = 0.5  # from it on a cell of a predicted board is alive


@dataclass(frozen=True)
class AnswerRule:
    """How the answers of two networks are compared.

    Classes are compared by their names where both networks name them, else by number; boards cell
    by cell. Where neither is possible there are no disagreements.
    """

    #: names | numbers | boards | none.
    kind: Rule
    #: A sentence where that needs saying, else "".
    note: str = ""
    #: The class of ``b`` that has the name of each class of ``a``, int64 (Ka,), -1: none.
    same: NDArray[np.int64] | None = None
    #: Class names of each network.
    labels: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    def differ(self, a: NDArray[Any], b: NDArray[Any]) -> bool:
        """Return whether the answers to one picture, as recorded (K,) or (1, H, W), differ.

        A class that the other network does not have never agrees.
        """
        if self.kind == "none":
            return False
        if self.kind == "boards":
            first, second = np.asarray(a).squeeze(), np.asarray(b).squeeze()
            if first.shape != second.shape:
                return True
            return bool(((first >= ALIVE) != (second >= ALIVE)).any())
        k, j = predict_class(a), predict_class(b)
        return j != (k if self.same is None else int(self.same[k]))

    def name(self, which: int, answer: NDArray[Any]) -> str:
        """Return the answer of a network (0 or 1) in short: its class, or its living cells."""
        if self.kind == "boards":
            count = int((np.asarray(answer) >= ALIVE).sum())
            return tr("{count} cells alive", count=count)
        k, labels = predict_class(answer), self.labels[which]
        return labels[k] if k < len(labels) else tr("class {number}", number=k)


def predict_class(answer: NDArray[Any]) -> int:
    """Return the number of the greatest value of an answer."""
    return int(np.nan_to_num(np.asarray(answer).reshape(-1), nan=-np.inf).argmax())


def choose_rule(a: NetworkInfo, b: NetworkInfo) -> AnswerRule:
    """Return how the answers of two networks are compared.

    Args:
        a: The one network.
        b: The other.

    Returns:
        The rule; its note says why there is none, or what it assumes.
    """
    labels = a.labels, b.labels
    shapes = [info.layers[-1].shape for info in (a, b)]
    if a.binary and b.binary:
        return AnswerRule("boards")
    if a.binary or b.binary:
        name = a.name if a.binary else b.name
        return _no_rule(tr("{name} predicts boards, the other does not", name=name))
    if any(shape[1] * shape[2] != 1 or shape[0] < 2 for shape in shapes):
        return _no_rule(tr("not both answer with one of several classes"))
    counts = [shape[0] for shape in shapes]
    if all(len(names) == count for names, count in zip(labels, counts, strict=True)):
        return _compare_names(a, b)
    if counts[0] != counts[1]:
        return _no_rule(
            tr(
                "{first} has {count} classes and {second} {other}, and not both name them",
                first=a.name,
                count=counts[0],
                second=b.name,
                other=counts[1],
            )
        )
    note = tr("Not both networks name their classes: they are compared by number.")
    return AnswerRule("numbers", note, labels=labels)


def _compare_names(a: NetworkInfo, b: NetworkInfo) -> AnswerRule:
    numbers = {name.strip().lower(): k for k, name in reversed(list(enumerate(b.labels)))}
    own = [name.strip().lower() for name in a.labels]
    same = np.array([numbers.get(name, -1) for name in own], np.int64)
    if a.labels == b.labels:
        return AnswerRule("numbers", labels=(a.labels, b.labels))
    if (same < 0).all():
        return _no_rule(
            tr("{first} and {second} have no class in common", first=a.name, second=b.name)
        )
    missing = int((same < 0).sum())
    only = len(set(numbers) - set(own))
    note = ""
    if missing or only:
        note = tr(
            "Their classes differ: {missing} of {first} are none of {second}, and {only} the other "
            "way round; an answer that the other does not have counts as a disagreement.",
            missing=missing,
            first=a.name,
            second=b.name,
            only=only,
        )
    return AnswerRule("names", note, same, (a.labels, b.labels))


def _no_rule(reason: str) -> AnswerRule:
    return AnswerRule("none", tr("Their answers cannot be compared: {reason}.", reason=reason))


def list_differences(
    rule: AnswerRule, a: Sequence[NDArray[Any]], b: Sequence[NDArray[Any]]
) -> NDArray[np.int64]:
    """Return the numbers of the pictures on which the answers ``a`` and ``b`` differ."""
    differ = [rule.differ(first, second) for first, second in zip(a, b, strict=True)]
    return np.flatnonzero(np.array(differ, bool)).astype(np.int64)
