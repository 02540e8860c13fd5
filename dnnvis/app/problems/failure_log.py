"""The failures so far, equal ones counted once, without any Qt."""

from dataclasses import dataclass, replace

from dnnvis.core.messages import Failure


@dataclass(frozen=True)
class Fault:
    """``first`` and ``last`` are clock times like 12:03:44."""

    failure: Failure
    first: str
    last: str
    times: int = 1


def added(
    faults: tuple[Fault, ...], failure: Failure, clock: str, most: int = 200
) -> tuple[Fault, ...]:
    """``faults`` with one more failure, newest first; a known sentence is counted, moved to
    the front, and keeps its first time. At most ``most`` are kept."""
    same = [f for f in faults if _same(f.failure, failure)]
    others = [f for f in faults if not _same(f.failure, failure)]
    if same:
        newest = replace(same[0], failure=failure, last=clock, times=same[0].times + 1)
    else:
        newest = Fault(failure, clock, clock)
    return (newest, *others)[:most]


def text_of(faults: tuple[Fault, ...]) -> str:
    """Everything, to be pasted into a report."""
    return "\n".join(f"{line_of(f)}\n{f.failure.details}".rstrip() + "\n" for f in faults)


def line_of(fault: Fault) -> str:
    """One line: when, what, how often."""
    when = fault.first if fault.first == fault.last else f"{fault.first}–{fault.last}"
    often = "" if fault.times == 1 else f"  ({fault.times} times)"
    return f"{when}  {fault.failure.sentence}{often}"


def _same(one: Failure, other: Failure) -> bool:
    return (one.sentence, one.kind) == (other.sentence, other.kind)
